// Encodings whose byte order is the order of the values: the parts that canonical key bytes are made of.
//
//   int32         [ 4 bytes: two's complement, big-endian, sign bit flipped ]
//   safeInteger   [ 8 bytes: the same, 64 bits ]            int64 the same
//   float64       [ 8 bytes: IEEE 754, big-endian; sign bit flipped if it is 0, else all bits flipped ]
//   text, bytes   [ content, every 00 as 00 FF ] [ 00 01 ]
//
//   O1. One value, one form: -0 and every NaN but one are never written, and refused when read.
//   O2. Every encoding ends by itself, so that parts can follow one another and keep their order: 00 01 sorts before
//       00 FF, hence "a" before "a\0", and before any other byte, hence "a" before "ab".
//   O3. Text is compared as its WTF-8 bytes are, which is by code points and not by UTF-16 units.

import type { ByteReader } from '../bytes/byte-reader.js';
import { ByteWriter } from '../bytes/byte-writer.js';
import { decodeWtf8 } from '../bytes/wtf8.js';
import { StateError } from '../error/state-error.js';

const ESCAPED_ZERO = 0xff;
const TERMINATOR = 0x01;
const SIGN_BIT = 0x80000000 | 0;
const SIGN_BIT_64 = 2n ** 63n;
const TWO_32 = 4294967296;

const scratch: DataView<ArrayBuffer> = new DataView(new ArrayBuffer(8));

/** The error for bytes that no serializer of ours wrote. */
export function invalidBytes(what: string, position: number): StateError {
  return new StateError(
    'bytes-invalid',
    `the bytes are not what the serializer wrote: ${what} at position ${position}`,
    {
      details: { position },
    },
  );
}

export function writeOrderedInt32(value: number, output: ByteWriter): void {
  output.writeInt32(value ^ SIGN_BIT);
}

export function readOrderedInt32(input: ByteReader): number {
  return input.readInt32() ^ SIGN_BIT;
}

export function writeOrderedSafeInteger(value: number, output: ByteWriter): void {
  const high = Math.floor(value / TWO_32);
  output.writeInt32(high ^ SIGN_BIT);
  output.writeUint32(value - high * TWO_32);
}

/** @throws StateError `bytes-invalid` for an integer beyond 53 bits. */
export function readOrderedSafeInteger(input: ByteReader): number {
  const position = input.position;
  const high = input.readInt32() ^ SIGN_BIT;
  const value = high * TWO_32 + input.readUint32();
  if (!Number.isSafeInteger(value)) throw invalidBytes('an integer beyond 53 bits', position);
  return value;
}

export function writeOrderedInt64(value: bigint, output: ByteWriter): void {
  output.writeInt64(BigInt.asIntN(64, value - SIGN_BIT_64));
}

export function readOrderedInt64(input: ByteReader): bigint {
  return BigInt.asIntN(64, input.readInt64() + SIGN_BIT_64);
}

/** Writes -0 as 0 and every NaN as one, after positive infinity (O1). */
export function writeOrderedFloat64(value: number, output: ByteWriter): void {
  scratch.setFloat64(0, Number.isNaN(value) ? Number.NaN : value + 0);
  const high = scratch.getInt32(0);
  const low = scratch.getInt32(4);
  output.writeInt32(high < 0 ? ~high : high ^ SIGN_BIT);
  output.writeInt32(high < 0 ? ~low : low);
}

/** @throws StateError `bytes-invalid` for -0 and for a NaN other than the canonical one (O1). */
export function readOrderedFloat64(input: ByteReader): number {
  const position = input.position;
  const high = input.readInt32();
  const low = input.readInt32();
  scratch.setInt32(0, high < 0 ? high ^ SIGN_BIT : ~high);
  scratch.setInt32(4, high < 0 ? low : ~low);
  const value = scratch.getFloat64(0);
  if (Object.is(value, -0)) throw invalidBytes('a negative zero as a key', position);
  if (Number.isNaN(value)) requireCanonicalNaN(scratch.getUint32(0), scratch.getUint32(4), position);
  return value;
}

/** @throws StateError `bytes-invalid` unless the two halves are the one NaN that is written. */
export function requireCanonicalNaN(high: number, low: number, position: number): void {
  if (high !== 0x7ff80000 || low !== 0) throw invalidBytes('a NaN that is not the canonical one', position);
}

export function writeEscapedBytes(bytes: Uint8Array, output: ByteWriter): void {
  let start = 0;
  for (let zero = bytes.indexOf(0); zero >= 0; zero = bytes.indexOf(0, start)) {
    output.writeBytes(bytes.subarray(start, zero + 1));
    output.writeUint8(ESCAPED_ZERO);
    start = zero + 1;
  }
  output.writeBytes(start === 0 ? bytes : bytes.subarray(start));
  output.writeUint8(0);
  output.writeUint8(TERMINATOR);
}

export function writeEscapedText(text: string, output: ByteWriter): void {
  let start = 0;
  for (let zero = text.indexOf('\0'); zero >= 0; zero = text.indexOf('\0', start)) {
    output.writeWtf8(text.slice(start, zero));
    output.writeUint8(0);
    output.writeUint8(ESCAPED_ZERO);
    start = zero + 1;
  }
  output.writeWtf8(start === 0 ? text : text.slice(start));
  output.writeUint8(0);
  output.writeUint8(TERMINATOR);
}

/** A copy of the content. @throws StateError `bytes-truncated` or `bytes-invalid`. */
export function readEscapedBytes(input: ByteReader): Uint8Array<ArrayBuffer> {
  const first = readEscapedChunk(input);
  if (first.isLast) return new Uint8Array(first.bytes);
  const joined = new ByteWriter(first.bytes.length + 64);
  for (let chunk = first; ; chunk = readEscapedChunk(input)) {
    joined.writeBytes(chunk.bytes);
    if (chunk.isLast) return joined.toBytes();
    joined.writeUint8(0);
  }
}

/** @throws StateError `bytes-truncated` or `bytes-invalid`. */
export function readEscapedText(input: ByteReader): string {
  let text = '';
  for (;;) {
    // A sequence of WTF-8 never holds a 00, but surrogates on both sides of one are lone and stay so.
    const chunk = readEscapedChunk(input);
    text += decodeWtf8(chunk.bytes, 0, chunk.bytes.length);
    if (chunk.isLast) return text;
    text += '\0';
  }
}

function readEscapedChunk(input: ByteReader): { readonly bytes: Uint8Array; readonly isLast: boolean } {
  const bytes = input.readView(input.countBefore(0));
  const position = input.position;
  input.readUint8();
  const mark = input.readUint8();
  if (mark !== TERMINATOR && mark !== ESCAPED_ZERO)
    throw invalidBytes(`00 ${mark.toString(16)} inside a key`, position);
  return { bytes, isLast: mark === TERMINATOR };
}

/** Negative, zero or positive by code points, a lone surrogate being a code point of its own (O3). */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const shared = Math.min(a.length, b.length);
  let index = 0;
  while (index < shared && a.charCodeAt(index) === b.charCodeAt(index)) index++;
  // A shared high surrogate is a character of its own in one text and half of a pair in the other.
  if (index > 0 && (a.charCodeAt(index - 1) & 0xfc00) === 0xd800) {
    const difference = codePointOrEnd(a, index - 1) - codePointOrEnd(b, index - 1);
    if (difference !== 0) return difference;
  }
  return codePointOrEnd(a, index) - codePointOrEnd(b, index);
}

function codePointOrEnd(text: string, index: number): number {
  return text.codePointAt(index) ?? -1;
}
