// date: a Date with a time; an invalid Date is refused.
//
//   value bytes   [ 8 bytes: milliseconds since 1970, two's complement, big-endian ]
//   key bytes     the same with the sign bit flipped

import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteWriter } from '../bytes/byte-writer.js';
import { hashOfKeyBytes } from './key-bytes.js';
import { invalidBytes, readOrderedSafeInteger, writeOrderedSafeInteger } from './ordered-bytes.js';
import { refuseValue } from './refusal.js';
import { resolveLeaf } from './schema-compatibility.js';
import type { KeySerializer, SchemaCompatibility, SerializerSnapshot } from './type-serializer.js';

const SNAPSHOT: SerializerSnapshot = Object.freeze({ type: 'date', version: 1 });

class DateSerializer implements KeySerializer<Date> {
  readonly typeName = 'date';
  readonly isImmutableType = false;
  readonly isKeySerializer = true;
  readonly fixedLength = 8;

  serialize(value: Date, output: ByteWriter): void {
    output.writeSafeInteger(timeOf(value));
  }

  deserialize(input: ByteReader): Date {
    return dateAt(input.readSafeInteger(), input.position - 8);
  }

  copy(value: Date): Date {
    return new Date(timeOf(value));
  }

  snapshot(): SerializerSnapshot {
    return SNAPSHOT;
  }

  resolveCompatibility(previous: SerializerSnapshot): SchemaCompatibility<Date> {
    return resolveLeaf(SNAPSHOT, previous);
  }

  identity(key: Date): number {
    return timeOf(key);
  }

  hash(key: Date): number {
    return hashOfKeyBytes(this, key);
  }

  serializeKey(key: Date, output: ByteWriter): void {
    writeOrderedSafeInteger(timeOf(key), output);
  }

  deserializeKey(input: ByteReader): Date {
    return dateAt(readOrderedSafeInteger(input), input.position - 8);
  }

  compare(a: Date, b: Date): number {
    return timeOf(a) - timeOf(b);
  }
}

function timeOf(value: Date): number {
  const timeMs = value instanceof Date ? value.getTime() : Number.NaN;
  if (Number.isNaN(timeMs)) throw refuseValue('a Date with a time', value);
  return timeMs;
}

function dateAt(timeMs: number, position: number): Date {
  const date = new Date(timeMs);
  if (Number.isNaN(date.getTime())) throw invalidBytes('a time outside the range of Date', position);
  return date;
}

/** A point in time to the millisecond: 8 bytes. As a key it compares by its time. */
export const date: KeySerializer<Date> = new DateSerializer();
