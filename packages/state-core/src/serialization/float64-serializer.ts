// float64: every JavaScript number.
//
//   value bytes   [ 8 bytes: IEEE 754, big-endian ]       keeps -0; one NaN
//   key bytes     see ordered-bytes.ts                    -0 is 0; one NaN, after positive infinity

import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteWriter } from '../bytes/byte-writer.js';
import { javaFloat64Hash } from '../key-group/key-hash.js';
import { int32, safeInteger } from './integer-serializers.js';
import { readOrderedFloat64, requireCanonicalNaN, writeOrderedFloat64 } from './ordered-bytes.js';
import { refuseValue } from './refusal.js';
import { resolveLeaf } from './schema-compatibility.js';
import type {
  KeyIdentity,
  KeySerializer,
  SchemaCompatibility,
  SerializerSnapshot,
  ValueReader,
} from './type-serializer.js';

const SNAPSHOT: SerializerSnapshot = Object.freeze({ type: 'float64', version: 1 });

/** Every whole number of these types is a float64 without loss. */
const WIDENED: ReadonlyMap<string, ValueReader<number>> = new Map([
  ['int32', int32],
  ['safeInteger', safeInteger],
]);

class Float64Serializer implements KeySerializer<number> {
  readonly typeName = 'float64';
  readonly isImmutableType = true;
  readonly isKeySerializer = true;
  readonly fixedLength = 8;

  serialize(value: number, output: ByteWriter): void {
    output.writeFloat64(Number.isNaN(checked(value)) ? Number.NaN : value);
  }

  deserialize(input: ByteReader): number {
    const value = input.readFloat64();
    if (Number.isNaN(value)) requireWrittenNaN(input);
    return value;
  }

  copy(value: number): number {
    return value;
  }

  snapshot(): SerializerSnapshot {
    return SNAPSHOT;
  }

  resolveCompatibility(previous: SerializerSnapshot): SchemaCompatibility<number> {
    return resolveLeaf(SNAPSHOT, previous, WIDENED);
  }

  identity(key: number): KeyIdentity {
    // NaN differs from itself, an identity must not.
    return Number.isNaN(checked(key)) ? 'NaN' : key + 0;
  }

  hash(key: number): number {
    return javaFloat64Hash(checked(key) + 0);
  }

  serializeKey(key: number, output: ByteWriter): void {
    writeOrderedFloat64(checked(key), output);
  }

  deserializeKey(input: ByteReader): number {
    return readOrderedFloat64(input);
  }

  compare(a: number, b: number): number {
    if (a < b) return -1;
    if (a > b) return 1;
    return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  }
}

function checked(value: number): number {
  if (typeof value !== 'number') throw refuseValue('a number', value);
  return value;
}

function requireWrittenNaN(input: ByteReader): void {
  const position = input.position - 8;
  input.seek(position);
  requireCanonicalNaN(input.readUint32(), input.readUint32(), position);
}

/** Every number: 8 bytes. As a key hashed as Java's Double, with -0 as 0. */
export const float64: KeySerializer<number> = new Float64Serializer();
