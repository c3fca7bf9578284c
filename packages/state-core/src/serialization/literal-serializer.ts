// literal: one of a fixed list of strings, numbers and booleans; an enumeration.
//
//   value bytes   [ varint: index in the list ]
//   key bytes     [ 2 bytes: index, big-endian ]    keys sort as the list does
//
//   L1. Alternatives added at the end keep the bytes of the others: compatible as is, for keys too.
//   L2. Alternatives added elsewhere, or reordered, need a migration; a removed one is incompatible.

import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteWriter } from '../bytes/byte-writer.js';
import { hashOfKeyBytes } from './key-bytes.js';
import { invalidBytes } from './ordered-bytes.js';
import { refuseValue } from './refusal.js';
import { AS_IS, afterMigration, incompatible, resolveAgainst } from './schema-compatibility.js';
import { checkOwnSnapshot, describeSnapshot, invalid, LAYOUT_VERSION, listParameter } from './serializer-snapshot.js';
import type { KeySerializer, SchemaCompatibility, SerializerSnapshot, ValueReader } from './type-serializer.js';

/** What an alternative of {@link literal} may be. */
export type LiteralValue = string | number | boolean;

/** The most alternatives of a literal or a union: their index has two bytes in a key. */
export const ALTERNATIVES_MAX: number = 65_536;

class LiteralSerializer<T extends LiteralValue> implements KeySerializer<T> {
  readonly typeName: string;
  readonly isImmutableType = true;
  readonly isKeySerializer = true;
  readonly fixedLength: number | undefined;
  private readonly values: readonly T[];
  private readonly indexes: ReadonlyMap<unknown, number>;
  private readonly schema: SerializerSnapshot;

  constructor(values: readonly T[]) {
    this.values = values;
    this.indexes = new Map(values.map((value, index) => [value, index]));
    this.fixedLength = values.length <= 128 ? 1 : undefined;
    this.schema = checkOwnSnapshot({ type: 'literal', version: LAYOUT_VERSION, parameters: { values } });
    this.typeName = describeSnapshot(this.schema);
  }

  serialize(value: T, output: ByteWriter): void {
    output.writeVarint(this.indexOf(value));
  }

  deserialize(input: ByteReader): T {
    const position = input.position;
    return this.valueAt(input.readVarint(), position);
  }

  copy(value: T): T {
    return value;
  }

  snapshot(): SerializerSnapshot {
    return this.schema;
  }

  resolveCompatibility(previous: SerializerSnapshot): SchemaCompatibility<T> {
    return resolveAgainst(this.schema, previous, (checked) => {
      if (checked.type !== 'literal' || checked.version !== LAYOUT_VERSION) return incompatible(checked, this.schema);
      const before = literalValues(checked);
      const removed = before.filter((value) => !this.indexes.has(value));
      if (removed.length > 0) {
        return incompatible(
          checked,
          this.schema,
          `${removed.map((value) => JSON.stringify(value)).join(', ')} is no longer an alternative`,
        );
      }
      if (before.every((value, index) => this.indexes.get(value) === index)) return AS_IS;
      return afterMigration(new LiteralSerializer(before) as ValueReader<LiteralValue> as ValueReader<T>);
    });
  }

  identity(key: T): number {
    return this.indexOf(key);
  }

  hash(key: T): number {
    return hashOfKeyBytes(this, key);
  }

  serializeKey(key: T, output: ByteWriter): void {
    output.writeUint16(this.indexOf(key));
  }

  deserializeKey(input: ByteReader): T {
    const position = input.position;
    return this.valueAt(input.readUint16(), position);
  }

  compare(a: T, b: T): number {
    return this.indexOf(a) - this.indexOf(b);
  }

  private indexOf(value: T): number {
    const index = this.indexes.get(value);
    if (index === undefined) throw refuseValue(this.typeName, value);
    return index;
  }

  private valueAt(index: number, position: number): T {
    if (index >= this.values.length) throw invalidBytes(`alternative ${index} of ${this.values.length}`, position);
    return this.values[index] as T;
  }
}

/**
 * One of the given strings, numbers and booleans: 1 byte up to 128 alternatives.
 *
 * Add alternatives at the end: then stored values, and stored keys, stay as they are.
 *
 * @throws RangeError for no alternative, a repeated one, or a number that JSON does not hold (NaN, an infinity, -0).
 * @example literal('open', 'closed')
 */
export function literal<const V extends readonly [LiteralValue, ...LiteralValue[]]>(
  ...values: V
): KeySerializer<V[number]> {
  return new LiteralSerializer<V[number]>(checkedAlternatives(values));
}

/** The alternatives of a stored literal. @throws StateError `snapshot-invalid` when they are none. */
export function literalValues(snapshot: SerializerSnapshot): readonly LiteralValue[] {
  const values = listParameter(snapshot, 'values');
  try {
    return checkedAlternatives(values as readonly LiteralValue[]);
  } catch {
    throw invalid('the alternatives of a literal');
  }
}

/** The serializer of a stored literal. @throws StateError `snapshot-invalid`. */
export function literalFromSnapshot(snapshot: SerializerSnapshot): KeySerializer<LiteralValue> {
  return new LiteralSerializer(literalValues(snapshot));
}

function checkedAlternatives<T extends LiteralValue>(values: readonly T[]): readonly T[] {
  if (values.length === 0 || values.length > ALTERNATIVES_MAX)
    throw new RangeError(`a literal has 1 to ${ALTERNATIVES_MAX} alternatives`);
  if (new Set(values).size !== values.length) throw new RangeError('an alternative of a literal is repeated');
  for (const value of values) {
    if (
      typeof value === 'number'
        ? !Number.isFinite(value) || Object.is(value, -0)
        : typeof value !== 'string' && typeof value !== 'boolean'
    ) {
      throw new RangeError(
        `an alternative of a literal is a string, a finite number or a boolean, not ${String(value)}`,
      );
    }
  }
  return Object.freeze([...values]);
}
