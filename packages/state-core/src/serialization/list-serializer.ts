// list: arrays of any length whose elements have one type.
//
//   value bytes   [ varint: count ] [ element ] …
//
//   I1. A count is compared with the bytes that are left before anything is allocated; every element takes at least one.

import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteWriter } from '../bytes/byte-writer.js';
import { checkElement, type ElementSerializer } from './element-serializer.js';
import { partRefused, refuseValue } from './refusal.js';
import { combineParts, incompatible, resolveAgainst, resolvePart } from './schema-compatibility.js';
import {
  asPlainData,
  checkOwnSnapshot,
  describeSnapshot,
  LAYOUT_VERSION,
  snapshotParameter,
} from './serializer-snapshot.js';
import type { SchemaCompatibility, SerializerSnapshot, TypeSerializer, ValueReader } from './type-serializer.js';

class ListSerializer<T> implements TypeSerializer<T[]> {
  readonly typeName: string;
  readonly isImmutableType = false;
  readonly fixedLength = undefined;
  readonly parts: readonly TypeSerializer<unknown>[];
  private readonly element: TypeSerializer<T>;
  private readonly schema: SerializerSnapshot;

  constructor(element: TypeSerializer<T>) {
    checkElement(element, 'list');
    if (element.fixedLength === 0)
      throw new TypeError('the elements of a list take at least one byte each: their count could not be bounded');
    this.element = element;
    this.parts = [element];
    const parameters = { element: asPlainData(element.snapshot()) };
    this.schema = checkOwnSnapshot({ type: 'list', version: LAYOUT_VERSION, parameters });
    this.typeName = describeSnapshot(this.schema);
  }

  serialize(value: T[], output: ByteWriter): void {
    if (!Array.isArray(value)) throw refuseValue('an array', value);
    const start = output.length;
    const count = value.length;
    let at = 0;
    try {
      output.writeVarint(count);
      // By index: a hole reads as undefined, which no element takes.
      for (; at < count; at++) this.element.serialize(value[at] as T, output);
    } catch (error) {
      throw partRefused(error, `[${at}]`, output, start);
    }
  }

  deserialize(input: ByteReader): T[] {
    return readList(input, this.element, this.element.fixedLength);
  }

  copy(value: T[]): T[] {
    if (!Array.isArray(value)) throw refuseValue('an array', value);
    if (this.element.isImmutableType) return value.slice();
    return Array.from(value, (element) => this.element.copy(element));
  }

  snapshot(): SerializerSnapshot {
    return this.schema;
  }

  resolveCompatibility(previous: SerializerSnapshot): SchemaCompatibility<T[]> {
    return resolveAgainst(this.schema, previous, (checked) => {
      if (checked.type !== 'list' || checked.version !== LAYOUT_VERSION) return incompatible(checked, this.schema);
      return combineParts([resolvePart('[]', this.element, snapshotParameter(checked, 'element'))], {
        reader: ([element]) => ({ deserialize: (input: ByteReader) => readList(input, element as ValueReader<T>, 1) }),
        rebuild: ([element]) => new ListSerializer<T>(element as TypeSerializer<T>),
      });
    });
  }
}

function readList<T>(input: ByteReader, element: ValueReader<T>, elementBytesMin: number | undefined): T[] {
  const count = input.readCount(elementBytesMin ?? 1);
  const value: T[] = [];
  for (let index = 0; index < count; index++) value.push(element.deserialize(input));
  return value;
}

/**
 * Arrays of any length. undefined, and so a hole, is no element; where one may be missing take nullable(...).
 *
 * A list that grows record by record belongs in a ListState: a value is read and written as a whole.
 */
export function list<T>(element: ElementSerializer<T>): TypeSerializer<T[]> {
  return new ListSerializer<T>(element);
}
