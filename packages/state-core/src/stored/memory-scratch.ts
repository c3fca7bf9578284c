// Scratch space for stores that bring none.

import type { KeyedStoreScratch } from '../state-backend/keyed-store.js';

/** Keeps what is appended in memory. */
export class InMemoryScratch implements KeyedStoreScratch {
  lengthBytes = 0;
  private parts: { readonly start: number; readonly bytes: Uint8Array }[] = [];

  append(bytes: Uint8Array): number {
    const start = this.lengthBytes;
    this.parts.push({ start, bytes: new Uint8Array(bytes) });
    this.lengthBytes += bytes.length;
    return start;
  }

  read(position: number, lengthBytes: number): Uint8Array {
    const bytes = new Uint8Array(lengthBytes);
    let index = this.indexOf(position);
    for (let filled = 0; filled < lengthBytes; index++) {
      const part = this.parts[index];
      if (part === undefined) throw new RangeError(`no ${lengthBytes} bytes at ${position} of ${this.lengthBytes}`);
      const from = position + filled - part.start;
      const piece = part.bytes.subarray(from, from + lengthBytes - filled);
      bytes.set(piece, filled);
      filled += piece.length;
    }
    return bytes;
  }

  close(): void {
    this.parts = [];
    this.lengthBytes = 0;
  }

  /** The last part that starts at or before a position. */
  private indexOf(position: number): number {
    let low = 0;
    let high = this.parts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.parts[middle] as { start: number }).start <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
