// map: a Map whose keys differ by value.
//
//   value bytes   [ varint: count ] ( [ key, as a value ] [ value ] ) …      in the order of insertion, which comes back
//
//   D1. Two equal keys are refused when written and when read.

import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteWriter } from '../bytes/byte-writer.js';
import { distinctKeys } from './distinct-keys.js';
import { checkElement, type ElementSerializer } from './element-serializer.js';
import { invalidBytes } from './ordered-bytes.js';
import { partRefused, refuse, refuseValue } from './refusal.js';
import { requireKeySerializer } from './require-key-serializer.js';
import { combineParts, incompatible, resolveAgainst, resolvePart } from './schema-compatibility.js';
import {
  asPlainData,
  checkOwnSnapshot,
  describeSnapshot,
  LAYOUT_VERSION,
  snapshotParameter,
} from './serializer-snapshot.js';
import type {
  KeySerializer,
  SchemaCompatibility,
  SerializerSnapshot,
  TypeSerializer,
  ValueReader,
} from './type-serializer.js';

class MapSerializer<K, V> implements TypeSerializer<Map<K, V>> {
  readonly typeName: string;
  readonly isImmutableType = false;
  readonly fixedLength = undefined;
  readonly parts: readonly TypeSerializer<unknown>[];
  private readonly key: KeySerializer<K>;
  private readonly value: TypeSerializer<V>;
  private readonly schema: SerializerSnapshot;

  constructor(key: KeySerializer<K>, value: TypeSerializer<V>) {
    checkElement(key, 'map');
    checkElement(value, 'map');
    this.key = requireKeySerializer(key, 'the keys of a map');
    this.value = value;
    this.parts = [key, value];
    const parameters = { key: asPlainData(key.snapshot()), value: asPlainData(value.snapshot()) };
    this.schema = checkOwnSnapshot({ type: 'map', version: LAYOUT_VERSION, parameters });
    this.typeName = describeSnapshot(this.schema);
  }

  serialize(value: Map<K, V>, output: ByteWriter): void {
    if (!(value instanceof Map)) throw refuseValue('a Map', value);
    const start = output.length;
    const distinct = distinctKeys(this.key);
    let at = 0;
    let part = 'key';
    try {
      output.writeVarint(value.size);
      for (const [entryKey, entryValue] of value) {
        part = 'key';
        this.key.serialize(entryKey, output);
        if (distinct?.add(entryKey) === false) throw refuse('keys that differ by value', 'equal to an earlier key');
        part = 'value';
        this.value.serialize(entryValue, output);
        at++;
      }
    } catch (error) {
      throw partRefused(error, `.entries[${at}].${part}`, output, start);
    }
  }

  deserialize(input: ByteReader): Map<K, V> {
    return this.read(input, this.key, this.value);
  }

  copy(value: Map<K, V>): Map<K, V> {
    if (!(value instanceof Map)) throw refuseValue('a Map', value);
    if (this.key.isImmutableType && this.value.isImmutableType) return new Map(value);
    const copied = new Map<K, V>();
    for (const [entryKey, entryValue] of value) copied.set(this.key.copy(entryKey), this.value.copy(entryValue));
    return copied;
  }

  snapshot(): SerializerSnapshot {
    return this.schema;
  }

  resolveCompatibility(previous: SerializerSnapshot): SchemaCompatibility<Map<K, V>> {
    return resolveAgainst(this.schema, previous, (checked) => {
      if (checked.type !== 'map' || checked.version !== LAYOUT_VERSION) return incompatible(checked, this.schema);
      const parts = [
        resolvePart('.key', this.key, snapshotParameter(checked, 'key')),
        resolvePart('.value', this.value, snapshotParameter(checked, 'value')),
      ];
      return combineParts(parts, {
        reader: ([key, value]) => ({
          deserialize: (input: ByteReader) => this.read(input, key as ValueReader<K>, value as ValueReader<V>),
        }),
        rebuild: ([key, value]) => new MapSerializer<K, V>(key as KeySerializer<K>, value as TypeSerializer<V>),
      });
    });
  }

  private read(input: ByteReader, keys: ValueReader<K>, values: ValueReader<V>): Map<K, V> {
    const count = input.readCount(2);
    const value = new Map<K, V>();
    const distinct = distinctKeys(this.key);
    for (let index = 0; index < count; index++) {
      const position = input.position;
      const key = keys.deserialize(input);
      value.set(key, values.deserialize(input));
      if (distinct?.add(key) === false || value.size !== index + 1)
        throw invalidBytes('a repeated key of a map', position);
    }
    return value;
  }
}

/**
 * A Map, in its order of insertion. Its keys compare by value, hence need a key serializer.
 *
 * A map that grows record by record belongs in a MapState: a value is read and written as a whole.
 *
 * @throws StateError `key-type-unsupported` for keys that cannot be keys.
 */
export function map<K, V>(
  key: KeySerializer<K> & { readonly isOptional?: never },
  value: ElementSerializer<V>,
): TypeSerializer<Map<K, V>> {
  return new MapSerializer<K, V>(key, value);
}
