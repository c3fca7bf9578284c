// nullable: a value or null. optional: a field of a struct, present or absent.
//
//   value bytes   [ 00 ]  none          [ 01 ] [ value ]
//   key bytes     [ 00 ]  none          [ 01 ] [ key ]        none sorts first
//
//   A1. A type becomes nullable or optional by migration: each old value is read and gets its marker byte.
//   A2. undefined is never a stored element: optional(...) is accepted as a field of a struct and nowhere else.

import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteWriter } from '../bytes/byte-writer.js';
import { checkElement, type ElementSerializer } from './element-serializer.js';
import { hashOfKeyBytes, identityOfKeyBytes } from './key-bytes.js';
import { invalidBytes } from './ordered-bytes.js';
import { partRefused } from './refusal.js';
import { afterMigration, combineParts, incompatible, resolveAgainst, resolvePart } from './schema-compatibility.js';
import {
  asPlainData,
  checkOwnSnapshot,
  describeSnapshot,
  LAYOUT_VERSION,
  snapshotParameter,
} from './serializer-snapshot.js';
import {
  isKeySerializer,
  type KeySerializer,
  type SchemaCompatibility,
  type SerializerSnapshot,
  type TypeSerializer,
  type ValueReader,
} from './type-serializer.js';

/** The serializer of a field that may be absent; for structs only. */
export interface OptionalSerializer<T> extends TypeSerializer<T | undefined> {
  readonly isOptional: true;
}

/** The serializer of a field of a key that may be absent; for structs only. */
export type OptionalKeySerializer<T> = OptionalSerializer<T> & KeySerializer<T | undefined>;

class AbsenceSerializer<T, None extends null | undefined> implements TypeSerializer<T | None> {
  readonly typeName: string;
  readonly isImmutableType: boolean;
  readonly isKeySerializer: boolean;
  readonly isOptional: boolean;
  readonly fixedLength = undefined;
  readonly parts: readonly TypeSerializer<unknown>[];
  private readonly value: TypeSerializer<T>;
  private readonly none: None;
  private readonly schema: SerializerSnapshot;

  constructor(value: TypeSerializer<T>, none: None) {
    const type = none === null ? 'nullable' : 'optional';
    checkElement(value, type);
    this.value = value;
    this.none = none;
    this.parts = [value];
    this.isOptional = none === undefined;
    this.isImmutableType = value.isImmutableType;
    this.isKeySerializer = isKeySerializer(value);
    const parameters = { value: asPlainData(value.snapshot()) };
    this.schema = checkOwnSnapshot({ type, version: LAYOUT_VERSION, parameters });
    this.typeName = describeSnapshot(this.schema);
  }

  serialize(value: T | None, output: ByteWriter): void {
    if (value === this.none) {
      output.writeUint8(0);
      return;
    }
    const start = output.length;
    output.writeUint8(1);
    try {
      this.value.serialize(value as T, output);
    } catch (error) {
      throw partRefused(error, '', output, start);
    }
  }

  deserialize(input: ByteReader): T | None {
    return readPresence(input) ? this.value.deserialize(input) : this.none;
  }

  copy(value: T | None): T | None {
    return value === this.none ? value : this.value.copy(value as T);
  }

  snapshot(): SerializerSnapshot {
    return this.schema;
  }

  resolveCompatibility(previous: SerializerSnapshot): SchemaCompatibility<T | None> {
    return resolveAgainst(this.schema, previous, (checked) => {
      if (checked.type !== this.schema.type) return this.resolveWithoutMarker(checked);
      if (checked.version !== LAYOUT_VERSION) return incompatible(checked, this.schema);
      return combineParts([resolvePart('', this.value, snapshotParameter(checked, 'value'))], {
        reader: ([part]) => this.reader(part as ValueReader<T>),
        rebuild: ([part]) => new AbsenceSerializer<T, None>(part as TypeSerializer<T>, this.none),
      });
    });
  }

  identity(key: T | None): string {
    return identityOfKeyBytes(this.asKey(), key);
  }

  hash(key: T | None): number {
    return hashOfKeyBytes(this.asKey(), key);
  }

  serializeKey(key: T | None, output: ByteWriter): void {
    if (key === this.none) {
      output.writeUint8(0);
      return;
    }
    const start = output.length;
    output.writeUint8(1);
    try {
      (this.value as KeySerializer<T>).serializeKey(key as T, output);
    } catch (error) {
      throw partRefused(error, '', output, start);
    }
  }

  deserializeKey(input: ByteReader): T | None {
    return readPresence(input) ? (this.value as KeySerializer<T>).deserializeKey(input) : this.none;
  }

  compare(a: T | None, b: T | None): number {
    if (a === this.none || b === this.none) return Number(a !== this.none) - Number(b !== this.none);
    return (this.value as KeySerializer<T>).compare(a as T, b as T);
  }

  private reader(value: ValueReader<T>): ValueReader<T | None> {
    return { deserialize: (input: ByteReader) => (readPresence(input) ? value.deserialize(input) : this.none) };
  }

  private resolveWithoutMarker(previous: SerializerSnapshot): SchemaCompatibility<T | None> {
    const answer = this.value.resolveCompatibility(previous);
    switch (answer.outcome) {
      case 'incompatible':
        return incompatible(previous, this.schema);
      case 'compatible-after-migration':
        return afterMigration<T | None>(answer.previous);
      case 'compatible-with-reconfigured-serializer':
        return afterMigration<T | None>(answer.serializer);
      default:
        return afterMigration<T | None>(this.value);
    }
  }

  private asKey(): KeySerializer<T | None> {
    return this as unknown as KeySerializer<T | None>;
  }
}

/** Whether a marker byte announces a value. @throws StateError `bytes-invalid` for another byte than 0 and 1. */
export function readPresence(input: ByteReader): boolean {
  const marker = input.readUint8();
  if (marker > 1) throw invalidBytes(`the byte ${marker} before a value that may be missing`, input.position - 1);
  return marker === 1;
}

/** A value or null: one byte more than the value. A key when its part is one; null sorts first. */
export function nullable<T>(value: KeySerializer<T> & { readonly isOptional?: never }): KeySerializer<T | null>;
export function nullable<T>(value: ElementSerializer<T>): TypeSerializer<T | null>;
export function nullable<T>(value: TypeSerializer<T>): TypeSerializer<T | null> {
  return new AbsenceSerializer<T, null>(value, null);
}

/**
 * A field of a struct that may be absent: one byte, and the value when it is there.
 *
 * A stored struct without the field can be read by one that has it. undefined counts as absent.
 *
 * @example struct({ name: string, note: optional(string) })   // { name: string; note?: string | undefined }
 */
export function optional<T>(value: KeySerializer<T> & { readonly isOptional?: never }): OptionalKeySerializer<T>;
export function optional<T>(value: ElementSerializer<T>): OptionalSerializer<T>;
export function optional<T>(value: TypeSerializer<T>): OptionalSerializer<T> {
  return new AbsenceSerializer<T, undefined>(value, undefined) as unknown as OptionalSerializer<T>;
}
