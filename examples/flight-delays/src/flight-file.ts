// Reads the three million flights, row group by row group: the file can be resumed at any record, and a row group is
// the least that can be decoded without decoding it twice.

import { fileURLToPath } from 'node:url';
import { type AsyncBuffer, asyncBufferFromFile, type FileMetaData, parquetMetadataAsync, parquetRead } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import type { Flight } from './flight.js';

/** Flights that stand next to each other in the file. */
export interface FlightBatch {
  /** Position of the first flight in the file, from 0. */
  readonly firstRecord: number;
  readonly flights: readonly Flight[];
}

/** An open file of flights. */
export class FlightFile {
  private readonly file: AsyncBuffer;
  private readonly metadata: FileMetaData;

  private constructor(file: AsyncBuffer, metadata: FileMetaData) {
    this.file = file;
    this.metadata = metadata;
  }

  /** Opens the file that the package vega-datasets brings. */
  static async open(): Promise<FlightFile> {
    const path = fileURLToPath(new URL('../data/flights-3m.parquet', import.meta.resolve('vega-datasets')));
    const file = await asyncBufferFromFile(path);
    return new FlightFile(file, await parquetMetadataAsync(file));
  }

  get numberOfFlights(): number {
    return Number(this.metadata.num_rows);
  }

  /** The flights from record `start` to record `end` (exclusive), a row group at a time. */
  async *read(start: number, end: number): AsyncGenerator<FlightBatch> {
    let groupStart = 0;
    for (const group of this.metadata.row_groups) {
      const groupEnd = groupStart + Number(group.num_rows);
      if (groupEnd > start && groupStart < end) {
        const flights = await this.readRows(groupStart, groupEnd);
        const firstRecord = Math.max(start, groupStart);
        yield { firstRecord, flights: flights.slice(firstRecord - groupStart, Math.min(end, groupEnd) - groupStart) };
      }
      groupStart = groupEnd;
    }
  }

  private async readRows(rowStart: number, rowEnd: number): Promise<Flight[]> {
    const columns = new Map<string, unknown[]>();
    await parquetRead({
      file: this.file,
      metadata: this.metadata,
      compressors,
      columns: ['date', 'delay', 'origin', 'destination'],
      rowStart,
      rowEnd,
      onChunk({ columnName, columnData, rowStart: chunkStart }) {
        const column = columns.get(columnName) ?? new Array<unknown>(rowEnd - rowStart);
        columns.set(columnName, column);
        for (let index = 0; index < columnData.length; index++)
          column[chunkStart - rowStart + index] = columnData[index];
      },
    });
    const column = (name: string): unknown[] => {
      const values = columns.get(name);
      if (values === undefined) throw new Error(`the file of flights has no column ${name}`);
      return values;
    };
    const [dates, delays, origins, destinations] = ['date', 'delay', 'origin', 'destination'].map(column) as [
      unknown[],
      unknown[],
      unknown[],
      unknown[],
    ];
    // 64-bit integers arrive as bigint; delays are minutes and fit a number.
    return Array.from({ length: rowEnd - rowStart }, (_, index) => ({
      departureMs: (dates[index] as Date).getTime(),
      delayMinutes: Number(delays[index]),
      origin: String(origins[index]),
      destination: String(destinations[index]),
    }));
  }
}
