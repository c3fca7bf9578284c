// tuple: arrays of a fixed length whose elements have a type each.
//
//   value bytes   [ element ] [ element ] …       no elements: [ 00 ]
//   key bytes     [ key ] [ key ] …               no elements: [ 00 ]

import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteWriter } from '../bytes/byte-writer.js';
import { checkElement, type ElementSerializer, fixedLengthOf } from './element-serializer.js';
import { hashOfKeyBytes, identityOfKeyBytes } from './key-bytes.js';
import { partRefused, refuse, refuseValue } from './refusal.js';
import { combineParts, incompatible, resolveAgainst, resolvePart } from './schema-compatibility.js';
import {
  asPlainData,
  checkOwnSnapshot,
  describeSnapshot,
  LAYOUT_VERSION,
  snapshotListParameter,
} from './serializer-snapshot.js';
import { readEmptyStruct } from './struct-codec.js';
import {
  type Infer,
  isKeySerializer,
  type KeySerializer,
  type SchemaCompatibility,
  type SerializerSnapshot,
  type TypeSerializer,
  type ValueReader,
} from './type-serializer.js';

/** The arrays of a tuple. */
export type TupleValue<S extends readonly TypeSerializer<unknown>[]> = { -readonly [I in keyof S]: Infer<S[I]> };

/** Serializer of a tuple: of keys when all its elements are. */
export type TupleSerializerOf<S extends readonly TypeSerializer<unknown>[]> = S[number] extends {
  readonly isKeySerializer: true;
}
  ? KeySerializer<TupleValue<S>>
  : TypeSerializer<TupleValue<S>>;

class TupleSerializer implements TypeSerializer<unknown[]> {
  readonly typeName: string;
  readonly isImmutableType = false;
  readonly isKeySerializer: boolean;
  readonly fixedLength: number | undefined;
  readonly parts: readonly TypeSerializer<unknown>[];
  private readonly schema: SerializerSnapshot;

  constructor(elements: readonly TypeSerializer<unknown>[]) {
    for (const element of elements) checkElement(element, 'tuple');
    this.parts = Object.freeze([...elements]);
    this.isKeySerializer = elements.every((element) => isKeySerializer(element));
    this.fixedLength = elements.length === 0 ? 1 : fixedLengthOf(elements);
    const parameters = { elements: elements.map((element) => asPlainData(element.snapshot())) };
    this.schema = checkOwnSnapshot({ type: 'tuple', version: LAYOUT_VERSION, parameters });
    this.typeName = describeSnapshot(this.schema);
  }

  serialize(value: unknown[], output: ByteWriter): void {
    this.checkArray(value);
    const start = output.length;
    if (this.parts.length === 0) output.writeUint8(0);
    let at = 0;
    try {
      for (; at < this.parts.length; at++) (this.parts[at] as TypeSerializer<unknown>).serialize(value[at], output);
    } catch (error) {
      throw partRefused(error, `[${at}]`, output, start);
    }
  }

  deserialize(input: ByteReader): unknown[] {
    return readTuple(input, this.parts);
  }

  copy(value: unknown[]): unknown[] {
    this.checkArray(value);
    return this.parts.map((part, index) => part.copy(value[index]));
  }

  snapshot(): SerializerSnapshot {
    return this.schema;
  }

  resolveCompatibility(previous: SerializerSnapshot): SchemaCompatibility<unknown[]> {
    return resolveAgainst(this.schema, previous, (checked) => {
      if (checked.type !== 'tuple' || checked.version !== LAYOUT_VERSION) return incompatible(checked, this.schema);
      const elements = snapshotListParameter(checked, 'elements');
      if (elements.length !== this.parts.length) {
        return incompatible(checked, this.schema, `${elements.length} elements became ${this.parts.length}`);
      }
      const parts = this.parts.map((part, index) =>
        resolvePart(`[${index}]`, part, elements[index] as SerializerSnapshot),
      );
      return combineParts(parts, {
        reader: (readers) => ({ deserialize: (input: ByteReader) => readTuple(input, readers) }),
        rebuild: (serializers) => new TupleSerializer(serializers),
      });
    });
  }

  identity(key: unknown[]): string {
    return identityOfKeyBytes(this.asKey(), key);
  }

  hash(key: unknown[]): number {
    return hashOfKeyBytes(this.asKey(), key);
  }

  serializeKey(key: unknown[], output: ByteWriter): void {
    this.checkArray(key);
    const start = output.length;
    if (this.parts.length === 0) output.writeUint8(0);
    let at = 0;
    try {
      for (; at < this.parts.length; at++) this.keyPart(at).serializeKey(key[at], output);
    } catch (error) {
      throw partRefused(error, `[${at}]`, output, start);
    }
  }

  deserializeKey(input: ByteReader): unknown[] {
    if (this.parts.length === 0) readEmptyStruct(input);
    return this.parts.map((_, index) => this.keyPart(index).deserializeKey(input));
  }

  compare(a: unknown[], b: unknown[]): number {
    for (let index = 0; index < this.parts.length; index++) {
      const difference = this.keyPart(index).compare(a[index], b[index]);
      if (difference !== 0) return difference;
    }
    return 0;
  }

  private keyPart(index: number): KeySerializer<unknown> {
    return this.parts[index] as KeySerializer<unknown>;
  }

  private asKey(): KeySerializer<unknown[]> {
    return this as unknown as KeySerializer<unknown[]>;
  }

  private checkArray(value: unknown[]): void {
    if (!Array.isArray(value)) throw refuseValue(`an array of ${this.parts.length} elements`, value);
    if (value.length !== this.parts.length) {
      throw refuse(`an array of ${this.parts.length} elements`, `an array of ${value.length} elements`);
    }
  }
}

function readTuple(input: ByteReader, parts: readonly ValueReader<unknown>[]): unknown[] {
  if (parts.length === 0) readEmptyStruct(input);
  const value = new Array<unknown>(parts.length);
  for (let index = 0; index < parts.length; index++)
    value[index] = (parts[index] as ValueReader<unknown>).deserialize(input);
  return value;
}

/**
 * Arrays with one serializer for each element, such as `[string, number]`.
 *
 * A key when all its elements are; ordered by the first element, then by the next.
 *
 * @example tuple(string, int32)
 */
export function tuple<const S extends readonly ElementSerializer<unknown>[]>(...elements: S): TupleSerializerOf<S> {
  return new TupleSerializer(elements) as unknown as TupleSerializerOf<S>;
}

/** As {@link tuple}, for elements known only at run time. */
export function tupleOf(elements: readonly TypeSerializer<unknown>[]): TypeSerializer<unknown[]> {
  return new TupleSerializer(elements);
}
