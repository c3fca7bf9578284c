// How much memory the values of one state take, as far as it can be told without looking at them.
//
//   VS1. Texts and bytes by their length, values of fixed length by that, others by the average of what was stored.
//   VS2. A cell counts as what it takes of the memory of the process where cells have come and gone for long. Its object and its
//        places in the index and in lists take 250 bytes; holes where others were, and what the collector lets accumulate
//        before it looks, take nearly as much again.
//   VS3. An entry of a map counts with what it takes besides when it is the only one of its map in memory.

/** What a cell takes besides its value, in bytes (VS2). */
export const CELL_BYTES: number = 448;
/** What an entry of a map may take more (VS3): its map. */
const MAP_BYTES = 320;
/** How an object in memory compares to its bytes. */
const OBJECT_FACTOR = 4;
/** A place in an array. */
const PLACE_BYTES = 8;
/** Weight of the newest size in the average. */
const NEWEST = 1 / 16;

/** Estimates of one state. */
export class ValueSizes {
  /** Of a cell with any value; `undefined` where that differs. */
  readonly fixedCellBytes: number | undefined;
  private readonly cellBytes: number;
  private averageBytes = 64;

  constructor(fixedLength: number | undefined, isMap = false) {
    this.cellBytes = isMap ? CELL_BYTES + MAP_BYTES : CELL_BYTES;
    this.fixedCellBytes = fixedLength === undefined ? undefined : this.cellBytes + fixedLength;
  }

  /** A value was stored in so many bytes. */
  stored(sizeBytes: number): void {
    this.averageBytes += (sizeBytes - this.averageBytes) * NEWEST;
  }

  /** Of a cell with a value. */
  ofCell(value: unknown): number {
    return this.fixedCellBytes ?? this.cellBytes + this.ofValue(value);
  }

  /** Of elements of a list, with their places in the array; a number takes no more than its place. */
  ofElements(values: readonly unknown[]): number {
    let bytes = values.length * PLACE_BYTES;
    for (let index = 0; index < values.length; index++) {
      const value = values[index];
      if (typeof value !== 'number') bytes += this.ofValue(value);
    }
    return bytes;
  }

  /** Of a value. */
  ofValue(value: unknown): number {
    if (typeof value === 'string') return value.length;
    if (value instanceof Uint8Array) return value.byteLength;
    return typeof value === 'object' && value !== null ? Math.ceil(this.averageBytes * OBJECT_FACTOR) : 8;
  }
}
