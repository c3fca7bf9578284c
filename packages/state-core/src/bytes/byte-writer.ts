// A growing buffer that serializers write into: one per writer, reused from value to value.
//
//   W1. The buffer never shrinks and never exceeds MAX_SERIALIZED_BYTES; the limit is checked before allocation.
//   W2. `view()` and the arrays handed to others alias the buffer until the next write; `toBytes()` copies. Views of the same few
//       bytes are the same array.
//   W3. Multi-byte numbers are big-endian, so that encoded order can follow numeric order.

import { StateError } from '../error/state-error.js';
import { encodeWtf8, wtf8LengthMax } from './wtf8.js';

/** No serialized key, value or stream block is larger: 2^31 - 1 bytes, the limit of Flink's embedded store. */
export const MAX_SERIALIZED_BYTES: number = 2 ** 31 - 1;

/** The longest view that is made once for all. */
const SHARED_VIEW_BYTES_MAX = 128;
const LOOP_BYTES_MAX = 32;

/**
 * The public side of a {@link ByteWriter}, by structure: private fields would make the writers of two installed copies of
 * the core strangers to each other's types.
 */
export type ByteOutput = Pick<ByteWriter, keyof ByteWriter>;

/** Writes bytes, numbers and text one after another. Not for concurrent use. */
export class ByteWriter {
  private buffer: Uint8Array<ArrayBuffer>;
  private data: DataView<ArrayBuffer>;
  private end = 0;
  /** Views from the start of the buffer, by length. */
  private views: (Uint8Array<ArrayBuffer> | undefined)[] = [];

  constructor(initialCapacityBytes = 256) {
    this.buffer = new Uint8Array(Math.max(16, initialCapacityBytes));
    this.data = new DataView(this.buffer.buffer);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.end;
  }

  /** Forgets everything written; keeps the buffer. */
  reset(): void {
    this.end = 0;
  }

  /** Forgets what was written after `length` bytes. */
  truncate(length: number): void {
    if (length < 0 || length > this.end) throw new RangeError(`cannot truncate ${this.end} bytes to ${length}`);
    this.end = length;
  }

  /** What was written, without a copy: valid until the next write (W2). */
  view(start = 0, end: number = this.end): Uint8Array<ArrayBuffer> {
    // Making an array costs more than writing a few bytes does.
    if (start !== 0 || end > SHARED_VIEW_BYTES_MAX || end < 0) return this.buffer.subarray(start, end);
    let view = this.views[end];
    if (view === undefined) {
      view = this.buffer.subarray(0, end);
      this.views[end] = view;
    }
    return view;
  }

  /** A copy of what was written. */
  toBytes(): Uint8Array<ArrayBuffer> {
    return this.buffer.slice(0, this.end);
  }

  /**
   * Makes room for `count` more bytes.
   *
   * @throws StateError `value-too-large` past {@link MAX_SERIALIZED_BYTES}, before anything is allocated.
   */
  reserve(count: number): void {
    const needed = this.end + count;
    if (needed <= this.buffer.length) return;
    if (needed > MAX_SERIALIZED_BYTES) throw valueTooLarge(needed);
    const capacity = Math.min(MAX_SERIALIZED_BYTES, Math.max(needed, this.buffer.length * 2));
    const grown = new Uint8Array(capacity);
    grown.set(this.buffer.subarray(0, this.end));
    this.buffer = grown;
    this.data = new DataView(grown.buffer);
    this.views = [];
  }

  writeUint8(value: number): void {
    if (this.end === this.buffer.length) this.reserve(1);
    this.buffer[this.end++] = value;
  }

  writeUint16(value: number): void {
    this.reserve(2);
    this.data.setUint16(this.end, value);
    this.end += 2;
  }

  writeUint32(value: number): void {
    this.reserve(4);
    this.data.setUint32(this.end, value);
    this.end += 4;
  }

  writeInt32(value: number): void {
    this.reserve(4);
    this.data.setInt32(this.end, value);
    this.end += 4;
  }

  writeInt64(value: bigint): void {
    this.reserve(8);
    this.data.setBigInt64(this.end, value);
    this.end += 8;
  }

  /** Writes an integer of at most 53 bits and a sign as a 64-bit two's complement number. */
  writeSafeInteger(value: number): void {
    this.reserve(8);
    const high = Math.floor(value / 4294967296);
    this.data.setInt32(this.end, high);
    this.data.setUint32(this.end + 4, value - high * 4294967296);
    this.end += 8;
  }

  writeFloat64(value: number): void {
    this.reserve(8);
    this.data.setFloat64(this.end, value);
    this.end += 8;
  }

  /** Unsigned LEB128 of an integer from 0 to 2^53 - 1: 1 to 8 bytes. */
  writeVarint(value: number): void {
    this.reserve(8);
    let rest = value;
    while (rest >= 0x80) {
      // Bit operations work on 32 bits; larger values need arithmetic.
      this.buffer[this.end++] = rest < 0x80000000 ? (rest & 0x7f) | 0x80 : (rest % 128) | 0x80;
      rest = rest < 0x80000000 ? rest >>> 7 : Math.floor(rest / 128);
    }
    this.buffer[this.end++] = rest;
  }

  writeBytes(bytes: Uint8Array): void {
    const { length } = bytes;
    this.reserve(length);
    const { buffer, end } = this;
    // A call of `set` costs more than copying a few bytes.
    if (length > LOOP_BYTES_MAX) buffer.set(bytes, end);
    else for (let index = 0; index < length; index++) buffer[end + index] = bytes[index] as number;
    this.end += length;
  }

  /** A varint length, then the bytes. */
  writeLengthPrefixed(bytes: Uint8Array): void {
    this.writeVarint(bytes.length);
    this.writeBytes(bytes);
  }

  /** A varint length in bytes, then the text as WTF-8: lone surrogates survive. */
  writeString(text: string): void {
    const start = this.end;
    this.reserve(5 + wtf8LengthMax(text));
    // The length is known only afterwards; guess the size of its varint from the text and move the bytes if wrong.
    const guess = varintLength(text.length);
    this.end = encodeWtf8(text, this.buffer, start + guess);
    const byteLength = this.end - start - guess;
    const actual = varintLength(byteLength);
    if (actual !== guess) this.buffer.copyWithin(start + actual, start + guess, this.end);
    this.end = start;
    this.writeVarint(byteLength);
    this.end += byteLength;
  }

  /** The text as WTF-8 without a length. */
  writeWtf8(text: string): void {
    this.reserve(wtf8LengthMax(text));
    this.end = encodeWtf8(text, this.buffer, this.end);
  }

  /** Overwrites 4 bytes written earlier. */
  setUint32(position: number, value: number): void {
    if (position < 0 || position + 4 > this.end) throw new RangeError(`no 4 bytes at ${position} of ${this.end}`);
    this.data.setUint32(position, value);
  }

  /**
   * Writes what `body` writes, preceded by its varint length: for parts that a reader must be able to skip.
   */
  writeSized(body: (writer: ByteOutput) => void): void {
    const start = this.beginSized();
    body(this);
    this.endSized(start);
  }

  /** Begins a part that its varint length will precede. Returns what {@link endSized} needs. */
  beginSized(): number {
    this.writeUint8(0);
    return this.end - 1;
  }

  /** Ends the part that {@link beginSized} began at `start`. */
  endSized(start: number): void {
    const byteLength = this.end - start - 1;
    if (byteLength < 0x80) this.buffer[start] = byteLength;
    else this.setVarint(start, byteLength);
  }

  /** Puts a varint in the place of the one byte at `position`; what follows moves. */
  setVarint(position: number, value: number): void {
    if (position < 0 || position >= this.end) throw new RangeError(`no byte at ${position} of ${this.end}`);
    const size = varintLength(value);
    const end = this.end + size - 1;
    // All that writeVarint() may ask for, so that it does not grow the buffer while the end is drawn back.
    this.reserve(8);
    if (size > 1) this.buffer.copyWithin(position + size, position + 1, this.end);
    this.end = position;
    this.writeVarint(value);
    this.end = end;
  }
}

/** How many bytes {@link ByteWriter.writeVarint} takes for `value`. */
export function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) length++;
  return length;
}

/** The error for a serialized form over {@link MAX_SERIALIZED_BYTES}. */
export function valueTooLarge(sizeBytes: number): StateError {
  return new StateError(
    'value-too-large',
    `a serialized key or value would take ${sizeBytes} bytes, the most is ${MAX_SERIALIZED_BYTES}; split it, for example into the elements of a ListState or the entries of a MapState`,
    { details: { sizeBytes, sizeBytesMax: MAX_SERIALIZED_BYTES } },
  );
}
