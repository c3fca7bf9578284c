// bigint: whole numbers of any size. Values and keys have the same bytes, whose order is the numbers' order.
//
//   0                                   [ 80 ]
//   n > 0, magnitude of 1..119 bytes    [ 80 + length ] [ magnitude, big-endian, no leading 00 ]
//   n > 0, longer                       [ F7 + L ] [ length in L bytes, no leading 00 ] [ magnitude ]
//   n < 0                               every byte of the form of -n, inverted
//
//   B1. One number, one form: leading zeros, a long form for a short length and 7F (an inverted zero) are refused.

import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteWriter } from '../bytes/byte-writer.js';
import { hashOfKeyBytes } from './key-bytes.js';
import { invalidBytes } from './ordered-bytes.js';
import { refuseValue } from './refusal.js';
import { resolveLeaf } from './schema-compatibility.js';
import type { KeySerializer, SchemaCompatibility, SerializerSnapshot, ValueReader } from './type-serializer.js';

const ZERO = 0x80;
const SHORT_LENGTH_MAX = 119;
const LONG_FORM = ZERO + SHORT_LENGTH_MAX;

/** More bytes than any bigint of the engine has. */
const MAGNITUDE_BYTES_MAX = 2 ** 28;

const SNAPSHOT: SerializerSnapshot = Object.freeze({ type: 'bigint', version: 1 });

const WIDENED: ReadonlyMap<string, ValueReader<bigint>> = new Map([
  ['int32', { deserialize: (input: ByteReader): bigint => BigInt(input.readInt32()) }],
  ['safeInteger', { deserialize: (input: ByteReader): bigint => BigInt(input.readSafeInteger()) }],
  ['int64', { deserialize: (input: ByteReader): bigint => input.readInt64() }],
]);

class BigintSerializer implements KeySerializer<bigint> {
  readonly typeName = 'bigint';
  readonly isImmutableType = true;
  readonly isKeySerializer = true;
  readonly fixedLength = undefined;

  serialize(value: bigint, output: ByteWriter): void {
    const number = checked(value);
    if (number === 0n) output.writeUint8(ZERO);
    else writeMagnitude(number < 0n ? -number : number, number < 0n ? 0xff : 0, output);
  }

  deserialize(input: ByteReader): bigint {
    const position = input.position;
    const first = input.readUint8();
    if (first === ZERO) return 0n;
    if (first === (ZERO ^ 0xff)) throw invalidBytes('a negative zero', position);
    return first > ZERO ? readMagnitude(input, first, 0) : -readMagnitude(input, first ^ 0xff, 0xff);
  }

  copy(value: bigint): bigint {
    return value;
  }

  snapshot(): SerializerSnapshot {
    return SNAPSHOT;
  }

  resolveCompatibility(previous: SerializerSnapshot): SchemaCompatibility<bigint> {
    return resolveLeaf(SNAPSHOT, previous, WIDENED);
  }

  identity(key: bigint): bigint {
    return checked(key);
  }

  hash(key: bigint): number {
    return hashOfKeyBytes(this, key);
  }

  serializeKey(key: bigint, output: ByteWriter): void {
    this.serialize(key, output);
  }

  deserializeKey(input: ByteReader): bigint {
    return this.deserialize(input);
  }

  compare(a: bigint, b: bigint): number {
    return a < b ? -1 : a > b ? 1 : 0;
  }
}

function checked(value: bigint): bigint {
  if (typeof value !== 'bigint') throw refuseValue('a bigint', value);
  return value;
}

function writeMagnitude(magnitude: bigint, mask: number, output: ByteWriter): void {
  const digits = magnitude.toString(16);
  const length = (digits.length + 1) >>> 1;
  output.reserve(length + 9);
  if (length <= SHORT_LENGTH_MAX) {
    output.writeUint8((ZERO + length) ^ mask);
  } else {
    const lengthBytes = bytesOf(length);
    output.writeUint8((LONG_FORM + lengthBytes.length) ^ mask);
    for (const byte of lengthBytes) output.writeUint8(byte ^ mask);
  }
  let at = digits.length & 1;
  if (at === 1) output.writeUint8(digitAt(digits, 0) ^ mask);
  for (; at < digits.length; at += 2) output.writeUint8(((digitAt(digits, at) << 4) | digitAt(digits, at + 1)) ^ mask);
}

function readMagnitude(input: ByteReader, header: number, mask: number): bigint {
  const position = input.position - 1;
  const length = header <= LONG_FORM ? header - ZERO : readLongLength(input, header - LONG_FORM, mask, position);
  const magnitude = input.readView(length);
  if (((magnitude[0] as number) ^ mask) === 0) throw invalidBytes('a bigint with leading zeros', position);
  if (length <= 6) {
    let small = 0;
    for (const byte of magnitude) small = small * 256 + (byte ^ mask);
    return BigInt(small);
  }
  if (length > MAGNITUDE_BYTES_MAX) throw invalidBytes('a bigint that is too long', position);
  const digits: string[] = ['0x'];
  for (const byte of magnitude) digits.push(HEX[byte ^ mask] as string);
  try {
    return BigInt(digits.join(''));
  } catch {
    // The engine's limit is lower than ours, so it wrote no such number.
    throw invalidBytes('a bigint that is too long', position);
  }
}

function readLongLength(input: ByteReader, count: number, mask: number, position: number): number {
  let length = 0;
  for (let index = 0; index < count; index++) {
    const byte = input.readUint8() ^ mask;
    if (index === 0 && byte === 0) throw invalidBytes('a length with leading zeros', position);
    length = length * 256 + byte;
  }
  if (length <= SHORT_LENGTH_MAX) throw invalidBytes('a long form for a short bigint', position);
  return length;
}

function bytesOf(length: number): number[] {
  const parts: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) parts.unshift(rest % 256);
  return parts;
}

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function digitAt(digits: string, index: number): number {
  const code = digits.charCodeAt(index);
  return code <= 57 ? code - 48 : code - 87;
}

/** Whole numbers of any size. Counters within 64 bits are smaller and faster as int64, within 53 as safeInteger. */
export const bigint: KeySerializer<bigint> = new BigintSerializer();
