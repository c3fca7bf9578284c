// What a map had in memory alone when a walk over it began: cells in the order of their paths.
//
// Owns: that order, also against entries of the store. Leaves what the cells say by now to map-walk.ts.
//
//   WM1. Paths are kept without what all paths of the map begin with. Nothing is made for an entry: one array has them all,
//        and is used again.
//   WM2. The order is that of the store: of paths that are longer than `orderedBytes` it is `orderOf`, then the path.

import { ByteWriter } from '../bytes/byte-writer.js';
import { compareByteRanges, compareBytes } from '../serialization/key-bytes.js';
import type { EntryChunk } from './entry-chunk.js';
import type { MapCell } from './map-cell.js';

const CAPACITY_BYTES = 512;

/** How the store orders paths (see `StoredTables`). */
export interface PathOrder {
  readonly orderOf: ((path: Uint8Array) => Uint8Array) | undefined;
  /** Paths up to this length are ordered as they are. */
  readonly orderedBytes: number;
}

/** Cells of a map in the order of their paths. */
export class WalkMemory {
  /** Number of cells. */
  length = 0;
  private readonly cells: (MapCell | undefined)[] = [];
  /** Of each cell, as they were added: where its path ends. */
  private readonly ends: number[] = [];
  private readonly writer: ByteWriter = new ByteWriter(CAPACITY_BYTES);
  private bytes: Uint8Array = new Uint8Array(0);
  private longest = 0;
  private prefix: Uint8Array = new Uint8Array(0);
  /** Which cell comes when; `undefined` where they were added in order. */
  private ranks: number[] | undefined = undefined;

  constructor(private readonly order: PathOrder) {}

  /** Room taken, in bytes. */
  get sizeBytes(): number {
    return this.writer.length + this.ends.length * 16;
  }

  /** @throws StateError `value-not-serializable`, `value-too-large`. */
  add(cell: MapCell): void {
    const { writer, length } = this;
    const start = writer.length;
    cell.table.types.mapKey.serializeKey(cell.mapKey, writer);
    const end = writer.length;
    if (end - start > this.longest) this.longest = end - start;
    this.cells[length] = cell;
    this.ends[length] = end;
    this.length = length + 1;
  }

  /** After the last was added. @param prefix - What the paths of all entries of the map begin with. */
  arrange(prefix: Uint8Array): void {
    this.prefix = prefix;
    this.bytes = this.writer.view();
    for (let index = 1; index < this.length; index++) {
      if (this.compare(index - 1, index) < 0) continue;
      const ranks = Array.from({ length: this.length }, (_, rank) => rank);
      this.ranks = ranks.sort((a, b) => this.compare(a, b));
      return;
    }
  }

  cellAt(rank: number): MapCell {
    return this.cells[this.indexOf(rank)] as MapCell;
  }

  /** A copy of the path. */
  pathAt(rank: number): Uint8Array {
    return this.pathOf(this.indexOf(rank));
  }

  /** Negative, zero or positive as a cell comes before, is that of, or comes after an entry of a chunk. */
  compareToStored(rank: number, chunk: EntryChunk, entry: number): number {
    const index = this.indexOf(rank);
    // One that is ordered as it is stands to every other as their bytes do.
    if (!this.isOrdered && chunk.longestPath > this.order.orderedBytes)
      return comparePaths(this.pathOf(index), chunk.pathOf(entry), this.order);
    const start = chunk.pathStart(entry) + this.prefix.length;
    return compareByteRanges(this.bytes, this.start(index), this.end(index), chunk.bytes, start, chunk.pathEnd(entry));
  }

  clear(): void {
    for (let index = 0; index < this.length; index++) this.cells[index] = undefined;
    this.length = 0;
    this.longest = 0;
    this.ranks = undefined;
    this.writer.reset();
  }

  /** Whether all paths are ordered as they are. */
  private get isOrdered(): boolean {
    return this.prefix.length + this.longest <= this.order.orderedBytes;
  }

  private compare(a: number, b: number): number {
    if (!this.isOrdered) return comparePaths(this.pathOf(a), this.pathOf(b), this.order);
    return compareByteRanges(this.bytes, this.start(a), this.end(a), this.bytes, this.start(b), this.end(b));
  }

  private indexOf(rank: number): number {
    return this.ranks === undefined ? rank : (this.ranks[rank] as number);
  }

  private start(index: number): number {
    return index === 0 ? 0 : (this.ends[index - 1] as number);
  }

  private end(index: number): number {
    return this.ends[index] as number;
  }

  private pathOf(index: number): Uint8Array {
    const { prefix } = this;
    const rest = this.bytes.subarray(this.start(index), this.end(index));
    const path = new Uint8Array(prefix.length + rest.length);
    path.set(prefix);
    path.set(rest, prefix.length);
    return path;
  }
}

function comparePaths(a: Uint8Array, b: Uint8Array, { orderOf }: PathOrder): number {
  if (orderOf === undefined) return compareBytes(a, b);
  return compareBytes(orderOf(a), orderOf(b)) || compareBytes(a, b);
}
