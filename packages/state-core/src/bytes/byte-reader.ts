// Reads what a ByteWriter wrote. Trusts nothing: every read is checked against the end.
//
//   R1. A read past the end is a StateError `bytes-truncated`, never undefined and never a zero.
//   R2. A length read from the bytes is compared with what remains before anything is allocated for it.
//   R3. Making a reader allocates nothing but itself: many read one small value.

import { StateError } from '../error/state-error.js';
import { decodeWtf8 } from './wtf8.js';

/** The public side of a {@link ByteReader}, by structure, for the same reason as `ByteOutput`. */
export type ByteInput = Pick<ByteReader, keyof ByteReader>;

/** Eight bytes to read numbers from that are not put together from bytes. */
const scratch: DataView<ArrayBuffer> = new DataView(new ArrayBuffer(8));

/** Reads bytes, numbers and text one after another from a fixed array. */
export class ByteReader {
  private bytes: Uint8Array;
  private at: number;
  private stop: number;

  /** Reads `bytes` from `start` to `end`, positions within the array. The array must not change meanwhile. */
  constructor(bytes: Uint8Array, start = 0, end: number = bytes.length) {
    if (start < 0 || end > bytes.length || start > end)
      throw new RangeError(`no range [${start}, ${end}) in ${bytes.length} bytes`);
    this.bytes = bytes;
    this.at = start;
    this.stop = end;
  }

  /** Makes a reader that nobody else has any more read something else, as if it were new. */
  static renew(reader: ByteReader, bytes: Uint8Array, start: number, end: number): ByteReader {
    if (start < 0 || end > bytes.length || start > end)
      throw new RangeError(`no range [${start}, ${end}) in ${bytes.length} bytes`);
    reader.bytes = bytes;
    reader.at = start;
    reader.stop = end;
    return reader;
  }

  /** Position of the next read, counted from the start of the array. */
  get position(): number {
    return this.at;
  }

  /** Bytes left. */
  get remaining(): number {
    return this.stop - this.at;
  }

  /** Moves to `position` of the array, within the range given at construction. */
  seek(position: number): void {
    if (position < 0 || position > this.stop) throw truncated(this.at, position - this.at, this.remaining);
    this.at = position;
  }

  readUint8(): number {
    if (this.at >= this.stop) throw truncated(this.at, 1, 0);
    return this.bytes[this.at++] as number;
  }

  readUint16(): number {
    const at = this.advance(2);
    const { bytes } = this;
    return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  }

  readUint32(): number {
    return this.int32At(this.advance(4)) >>> 0;
  }

  readInt32(): number {
    return this.int32At(this.advance(4));
  }

  readInt64(): bigint {
    this.fillScratch();
    return scratch.getBigInt64(0);
  }

  /** @throws StateError `bytes-invalid` for a number beyond 2^53 - 1 in either direction. */
  readSafeInteger(): number {
    const at = this.advance(8);
    const value = this.int32At(at) * 4294967296 + (this.int32At(at + 4) >>> 0);
    if (!Number.isSafeInteger(value)) throw invalid(at, 'an integer beyond 53 bits');
    return value;
  }

  readFloat64(): number {
    this.fillScratch();
    return scratch.getFloat64(0);
  }

  /** @throws StateError `bytes-invalid` for a number beyond 2^53 - 1 or a form longer than needed. */
  readVarint(): number {
    const start = this.at;
    let value = 0;
    let factor = 1;
    for (let index = 0; index < 8; index++) {
      const byte = this.readUint8();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        // One number has one form: otherwise two different byte strings could stand for the same key.
        if (byte === 0 && index > 0) throw invalid(start, 'a varint longer than needed');
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      factor *= 128;
    }
    throw invalid(start, 'a varint beyond 53 bits');
  }

  /** How many bytes come before the next `byte`. @throws StateError `bytes-truncated` when there is none. */
  countBefore(byte: number): number {
    const at = this.bytes.indexOf(byte, this.at);
    if (at < 0 || at >= this.stop) throw truncated(this.at, this.remaining + 1, this.remaining);
    return at - this.at;
  }

  /** The next `count` bytes without a copy: an alias of the array. */
  readView(count: number): Uint8Array {
    const at = this.advance(count);
    return this.bytes.subarray(at, at + count);
  }

  /** A copy of the next `count` bytes. */
  readBytes(count: number): Uint8Array<ArrayBuffer> {
    const at = this.advance(count);
    // Not slice(): the array may be a Node Buffer, whose slice() is an alias.
    const copy = new Uint8Array(count);
    copy.set(this.bytes.subarray(at, at + count));
    return copy;
  }

  /** What {@link ByteWriter.writeLengthPrefixed} wrote, as an alias of the array. */
  readLengthPrefixedView(): Uint8Array {
    return this.readView(this.readVarint());
  }

  /** What {@link ByteWriter.writeString} wrote. */
  readString(): string {
    return this.readWtf8(this.readVarint());
  }

  /** `count` bytes of WTF-8. @throws StateError `bytes-invalid` when they are not. */
  readWtf8(count: number): string {
    const at = this.advance(count);
    return decodeWtf8(this.bytes, at, at + count);
  }

  /**
   * A count of elements that each take at least `bytesEach` bytes: refused when the rest cannot hold them, so that a
   * hostile count allocates nothing.
   */
  readCount(bytesEach = 1): number {
    const start = this.at;
    const count = this.readVarint();
    if (count * bytesEach > this.remaining)
      throw invalid(start, `a count of ${count} elements in ${this.remaining} bytes`);
    return count;
  }

  /** @throws StateError `bytes-invalid` when bytes are left over: one value, one form. */
  expectEnd(): void {
    if (this.at !== this.stop) throw invalid(this.at, `${this.remaining} bytes after the end of the value`);
  }

  private int32At(at: number): number {
    const { bytes } = this;
    return (
      ((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)
    );
  }

  private fillScratch(): void {
    const at = this.advance(8);
    scratch.setInt32(0, this.int32At(at));
    scratch.setInt32(4, this.int32At(at + 4));
  }

  private advance(count: number): number {
    const at = this.at;
    if (count > this.stop - at) throw truncated(at, count, this.stop - at);
    this.at = at + count;
    return at;
  }
}

function truncated(position: number, wanted: number, remaining: number): StateError {
  return new StateError(
    'bytes-truncated',
    `the bytes end too early: ${wanted} wanted at position ${position}, ${remaining} there; they were cut off or written by another serializer`,
    { details: { position, wanted, remaining } },
  );
}

function invalid(position: number, what: string): StateError {
  return new StateError(
    'bytes-invalid',
    `the bytes are not what the serializer wrote: ${what} at position ${position}`,
    {
      details: { position },
    },
  );
}
