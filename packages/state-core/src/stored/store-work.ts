// How much was written to the store: what decides how long a step takes, whatever a cell stands for.
//
//   WK1. One for each record put or removed, and one more for each BYTES_PER_UNIT of its value.

const BYTES_PER_UNIT = 4096;

/** Counts what is written to one store. */
export class StoreWork {
  units = 0;

  /** A record was put with so many bytes, or removed. */
  wrote(valueBytes: number): void {
    this.units += 1 + Math.floor(valueBytes / BYTES_PER_UNIT);
  }
}
