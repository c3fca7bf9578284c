// Whole numbers: int32 and safeInteger as JavaScript numbers, int64 as bigint.
//
//   value bytes   [ 4 or 8 bytes: two's complement, big-endian ]
//   key bytes     the same with the sign bit flipped: see ordered-bytes.ts
//
//   N1. -0 is a whole number here: it is written as 0.
//   N2. int32 widens to safeInteger, safeInteger to int64; each loses nothing.

import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteWriter } from '../bytes/byte-writer.js';
import { javaInt64Hash, javaSafeIntegerHash } from '../key-group/key-hash.js';
import {
  readOrderedInt32,
  readOrderedInt64,
  readOrderedSafeInteger,
  writeOrderedInt32,
  writeOrderedInt64,
  writeOrderedSafeInteger,
} from './ordered-bytes.js';
import { refuseValue } from './refusal.js';
import { resolveLeaf } from './schema-compatibility.js';
import type { KeySerializer, SchemaCompatibility, SerializerSnapshot, ValueReader } from './type-serializer.js';

const INT32_SNAPSHOT: SerializerSnapshot = Object.freeze({ type: 'int32', version: 1 });
const SAFE_INTEGER_SNAPSHOT: SerializerSnapshot = Object.freeze({ type: 'safeInteger', version: 1 });
const INT64_SNAPSHOT: SerializerSnapshot = Object.freeze({ type: 'int64', version: 1 });

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

class Int32Serializer implements KeySerializer<number> {
  readonly typeName = 'int32';
  readonly isImmutableType = true;
  readonly isKeySerializer = true;
  readonly fixedLength = 4;

  serialize(value: number, output: ByteWriter): void {
    output.writeInt32(checkedInt32(value));
  }

  deserialize(input: ByteReader): number {
    return input.readInt32();
  }

  copy(value: number): number {
    return value;
  }

  snapshot(): SerializerSnapshot {
    return INT32_SNAPSHOT;
  }

  resolveCompatibility(previous: SerializerSnapshot): SchemaCompatibility<number> {
    return resolveLeaf(INT32_SNAPSHOT, previous);
  }

  identity(key: number): number {
    return checkedInt32(key);
  }

  hash(key: number): number {
    return checkedInt32(key);
  }

  serializeKey(key: number, output: ByteWriter): void {
    writeOrderedInt32(checkedInt32(key), output);
  }

  deserializeKey(input: ByteReader): number {
    return readOrderedInt32(input);
  }

  compare(a: number, b: number): number {
    return a - b;
  }
}

class SafeIntegerSerializer implements KeySerializer<number> {
  readonly typeName = 'safeInteger';
  readonly isImmutableType = true;
  readonly isKeySerializer = true;
  readonly fixedLength = 8;

  serialize(value: number, output: ByteWriter): void {
    output.writeSafeInteger(checkedSafeInteger(value));
  }

  deserialize(input: ByteReader): number {
    return input.readSafeInteger();
  }

  copy(value: number): number {
    return value;
  }

  snapshot(): SerializerSnapshot {
    return SAFE_INTEGER_SNAPSHOT;
  }

  resolveCompatibility(previous: SerializerSnapshot): SchemaCompatibility<number> {
    return resolveLeaf(SAFE_INTEGER_SNAPSHOT, previous, widenedToSafeInteger);
  }

  identity(key: number): number {
    return checkedSafeInteger(key);
  }

  hash(key: number): number {
    return javaSafeIntegerHash(checkedSafeInteger(key));
  }

  serializeKey(key: number, output: ByteWriter): void {
    writeOrderedSafeInteger(checkedSafeInteger(key), output);
  }

  deserializeKey(input: ByteReader): number {
    return readOrderedSafeInteger(input);
  }

  compare(a: number, b: number): number {
    return a - b;
  }
}

class Int64Serializer implements KeySerializer<bigint> {
  readonly typeName = 'int64';
  readonly isImmutableType = true;
  readonly isKeySerializer = true;
  readonly fixedLength = 8;

  serialize(value: bigint, output: ByteWriter): void {
    output.writeInt64(checkedInt64(value));
  }

  deserialize(input: ByteReader): bigint {
    return input.readInt64();
  }

  copy(value: bigint): bigint {
    return value;
  }

  snapshot(): SerializerSnapshot {
    return INT64_SNAPSHOT;
  }

  resolveCompatibility(previous: SerializerSnapshot): SchemaCompatibility<bigint> {
    return resolveLeaf(INT64_SNAPSHOT, previous, widenedToInt64);
  }

  identity(key: bigint): bigint {
    return checkedInt64(key);
  }

  hash(key: bigint): number {
    return javaInt64Hash(checkedInt64(key));
  }

  serializeKey(key: bigint, output: ByteWriter): void {
    writeOrderedInt64(checkedInt64(key), output);
  }

  deserializeKey(input: ByteReader): bigint {
    return readOrderedInt64(input);
  }

  compare(a: bigint, b: bigint): number {
    return a < b ? -1 : a > b ? 1 : 0;
  }
}

function checkedInt32(value: number): number {
  // The bit operation also turns -0 into 0 (N1); of a bigint and a number it would throw on its own.
  const whole = typeof value === 'number' ? value | 0 : undefined;
  if (whole === undefined || whole !== value) throw refuseValue('int32, a whole number from -2^31 to 2^31 - 1', value);
  return whole;
}

function checkedSafeInteger(value: number): number {
  if (!Number.isSafeInteger(value))
    throw refuseValue('safeInteger, a whole number from -(2^53 - 1) to 2^53 - 1', value);
  return value + 0;
}

function checkedInt64(value: bigint): bigint {
  if (typeof value !== 'bigint' || value < INT64_MIN || value > INT64_MAX) {
    throw refuseValue('int64, a bigint from -2^63 to 2^63 - 1', value);
  }
  return value;
}

/** Whole numbers from -2^31 to 2^31 - 1: 4 bytes. As a key hashed as Java's Integer. */
export const int32: KeySerializer<number> = new Int32Serializer();

/** Whole numbers from -(2^53 - 1) to 2^53 - 1: 8 bytes. As a key hashed as Java's Long; the choice for ids and timestamps. */
export const safeInteger: KeySerializer<number> = new SafeIntegerSerializer();

/** A bigint of at most 64 bits with its sign: 8 bytes. As a key hashed as Java's Long, slower than {@link safeInteger}. */
export const int64: KeySerializer<bigint> = new Int64Serializer();

const widenedToSafeInteger: ReadonlyMap<string, ValueReader<number>> = new Map([['int32', int32]]);

const widenedToInt64: ReadonlyMap<string, ValueReader<bigint>> = new Map([
  ['int32', { deserialize: (input: ByteReader): bigint => BigInt(input.readInt32()) }],
  ['safeInteger', { deserialize: (input: ByteReader): bigint => BigInt(input.readSafeInteger()) }],
]);
