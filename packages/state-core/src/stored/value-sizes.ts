// How much memory the values of one state take, as far as it can be told without looking at them.
//
//   VS1. Texts and bytes by their length, values of fixed length by that, others by the average of what was stored.
//   VS2. A cell counts as what it takes of the memory of the process where cells have come and gone for long. Its object and its
//        places in the index and in lists take 250 bytes; holes where others were, and what the collector lets accumulate
//        before it looks, take nearly as much again.
//   VS3. A map counts besides its entries as long as any of them is in memory (MO1 of map-cell.ts).

/** What a cell takes besides its value, in bytes (VS2). */
export const CELL_BYTES: number = 448;
/** What a map takes besides its entries, in bytes (VS3). */
export const MAP_BYTES: number = 320;
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
  private averageBytes = 64;

  constructor(fixedLength: number | undefined) {
    this.fixedCellBytes = fixedLength === undefined ? undefined : CELL_BYTES + fixedLength;
  }

  /** A value was stored in so many bytes. */
  stored(sizeBytes: number): void {
    this.averageBytes += (sizeBytes - this.averageBytes) * NEWEST;
  }

  /** Of a cell with a value. */
  ofCell(value: unknown): number {
    return this.fixedCellBytes ?? CELL_BYTES + this.ofValue(value);
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
