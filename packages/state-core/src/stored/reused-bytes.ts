// Bytes that are put together from parts of other arrays, in one buffer that is used again and again.
//
//   RB1. A view is valid until the next bytes are put together. Views of the same few bytes are the same array.

const CAPACITY_BYTES = 512;
/** The longest view that is made once for all. */
const SHARED_VIEW_BYTES_MAX = 128;
const LOOP_BYTES_MAX = 48;

/** Puts bytes together without an array for each part. */
export class ReusedBytes {
  private buffer: Uint8Array<ArrayBuffer> = new Uint8Array(CAPACITY_BYTES);
  private views: (Uint8Array | undefined)[] = [];
  private end = 0;

  /** Bytes that were appended. */
  get length(): number {
    return this.end;
  }

  /** The array that they are in, from its beginning on. */
  get bytes(): Uint8Array {
    return this.buffer;
  }

  reset(): void {
    this.end = 0;
  }

  appendByte(value: number): void {
    this.reserve(1);
    this.buffer[this.end++] = value;
  }

  /** Appends an integer of at most 53 bits and a sign as a big-endian 64-bit two's complement number. */
  appendSafeInteger(value: number): void {
    this.reserve(8);
    const high = Math.floor(value / 4294967296);
    this.appendInt32(high);
    this.appendInt32(value - high * 4294967296);
  }

  /** Appends the bytes of `source` from `start` to `end`. */
  append(source: Uint8Array, start: number, end: number): void {
    const length = end - start;
    this.reserve(length);
    const { buffer } = this;
    // A call of `set` costs more than copying a few bytes.
    if (length > LOOP_BYTES_MAX) buffer.set(source.subarray(start, end), this.end);
    else for (let index = 0; index < length; index++) buffer[this.end + index] = source[start + index] as number;
    this.end += length;
  }

  view(): Uint8Array {
    const { end } = this;
    if (end > SHARED_VIEW_BYTES_MAX) return this.buffer.subarray(0, end);
    let view = this.views[end];
    if (view === undefined) {
      view = this.buffer.subarray(0, end);
      this.views[end] = view;
    }
    return view;
  }

  private appendInt32(value: number): void {
    for (let shift = 24; shift >= 0; shift -= 8) this.buffer[this.end++] = value >>> shift;
  }

  private reserve(count: number): void {
    const needed = this.end + count;
    if (needed <= this.buffer.length) return;
    const grown = new Uint8Array(Math.max(needed, 2 * this.buffer.length));
    grown.set(this.buffer.subarray(0, this.end));
    this.buffer = grown;
    this.views = [];
  }
}
