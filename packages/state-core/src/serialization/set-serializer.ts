// set: a Set whose elements differ by value.
//
//   value bytes   [ varint: count ] [ element ] …      in the order of insertion, which comes back
//
//   D1. Two equal elements are refused when written and when read: a struct, a Date or bytes equal by content is one.

import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteWriter } from '../bytes/byte-writer.js';
import { distinctKeys } from './distinct-keys.js';
import { checkElement } from './element-serializer.js';
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

class SetSerializer<T> implements TypeSerializer<Set<T>> {
  readonly typeName: string;
  readonly isImmutableType = false;
  readonly fixedLength = undefined;
  readonly parts: readonly TypeSerializer<unknown>[];
  private readonly element: KeySerializer<T>;
  private readonly schema: SerializerSnapshot;

  constructor(element: KeySerializer<T>) {
    checkElement(element, 'set');
    this.element = requireKeySerializer(element, 'the elements of a set');
    this.parts = [element];
    const parameters = { element: asPlainData(element.snapshot()) };
    this.schema = checkOwnSnapshot({ type: 'set', version: LAYOUT_VERSION, parameters });
    this.typeName = describeSnapshot(this.schema);
  }

  serialize(value: Set<T>, output: ByteWriter): void {
    if (!(value instanceof Set)) throw refuseValue('a Set', value);
    const start = output.length;
    const distinct = distinctKeys(this.element);
    let at = 0;
    try {
      output.writeVarint(value.size);
      for (const element of value) {
        this.element.serialize(element, output);
        if (distinct?.add(element) === false)
          throw refuse('elements that differ by value', 'equal to an earlier element');
        at++;
      }
    } catch (error) {
      throw partRefused(error, `[${at}]`, output, start);
    }
  }

  deserialize(input: ByteReader): Set<T> {
    return this.read(input, this.element);
  }

  copy(value: Set<T>): Set<T> {
    if (!(value instanceof Set)) throw refuseValue('a Set', value);
    if (this.element.isImmutableType) return new Set(value);
    const copied = new Set<T>();
    for (const element of value) copied.add(this.element.copy(element));
    return copied;
  }

  snapshot(): SerializerSnapshot {
    return this.schema;
  }

  resolveCompatibility(previous: SerializerSnapshot): SchemaCompatibility<Set<T>> {
    return resolveAgainst(this.schema, previous, (checked) => {
      if (checked.type !== 'set' || checked.version !== LAYOUT_VERSION) return incompatible(checked, this.schema);
      return combineParts([resolvePart('[]', this.element, snapshotParameter(checked, 'element'))], {
        reader: ([element]) => ({ deserialize: (input: ByteReader) => this.read(input, element as ValueReader<T>) }),
        rebuild: ([element]) => new SetSerializer<T>(element as KeySerializer<T>),
      });
    });
  }

  private read(input: ByteReader, reader: ValueReader<T>): Set<T> {
    const count = input.readCount();
    const value = new Set<T>();
    const distinct = distinctKeys(this.element);
    for (let index = 0; index < count; index++) {
      const position = input.position;
      const element = reader.deserialize(input);
      value.add(element);
      if (distinct?.add(element) === false || value.size !== index + 1)
        throw invalidBytes('a repeated element of a set', position);
    }
    return value;
  }
}

/**
 * A Set, in its order of insertion. Its elements compare by value, hence need a key serializer.
 *
 * @throws StateError `key-type-unsupported` for elements that cannot be keys.
 */
export function set<T>(element: KeySerializer<T> & { readonly isOptional?: never }): TypeSerializer<Set<T>> {
  return new SetSerializer<T>(element);
}
