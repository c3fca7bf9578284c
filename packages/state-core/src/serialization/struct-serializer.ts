// struct: objects with named fields.
//
//   value bytes   [ field ] [ field ] …   in the order of declaration, each as its serializer writes it
//   key bytes     [ key ] [ key ] …       the same order: structs sort by their first field, then by the next
//   no fields     [ 00 ]                  every value takes at least one byte, so that a count of them can be bounded
//
//   R1. Names are in the stored schema, not in the bytes; struct-evolution.ts brings the two together.
//   R2. Properties without a field are not stored and not copied; the prototype of a class instance is not kept.
//   R3. A refused value leaves the writer as it was.

import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteWriter } from '../bytes/byte-writer.js';
import { optional } from './absence-serializers.js';
import { asKeySerializers, checkSerializer, fixedLengthOf, isOptionalSerializer } from './element-serializer.js';
import { hashOfKeyBytes, identityOfKeyBytes, withScratchWriter } from './key-bytes.js';
import { fieldStep, partRefused, refuseValue } from './refusal.js';
import type { RestoreSerializer } from './restore-options.js';
import { resolveAgainst } from './schema-compatibility.js';
import { checkOwnSnapshot, describeSnapshot, LAYOUT_VERSION, namedAsPlainData } from './serializer-snapshot.js';
import {
  fieldValue,
  readEmptyStruct,
  type StructCodec,
  type StructField,
  structCodec,
  structFromValues,
} from './struct-codec.js';
import { type EvolvingStruct, resolveStruct } from './struct-evolution.js';
import {
  isKeySerializer,
  type KeySerializer,
  type PlainData,
  type SchemaCompatibility,
  type SerializerSnapshot,
  type TypeSerializer,
} from './type-serializer.js';

/** What a struct is made of. */
export interface StructDefinition {
  /** The serializers by field name, in the order of declaration. */
  readonly entries: readonly (readonly [name: string, serializer: TypeSerializer<unknown>])[];
  readonly defaults: ReadonlyMap<string, unknown>;
  readonly schemaVersion: number;
  readonly migrate: ReadonlyMap<number, (old: unknown) => unknown>;
}

/** The serializer behind `struct(...)`. */
export class StructSerializer<T extends object> implements TypeSerializer<T> {
  readonly typeName: string;
  readonly isImmutableType: false = false;
  readonly isKeySerializer: boolean;
  readonly fixedLength: number | undefined;
  readonly parts: readonly TypeSerializer<unknown>[];
  /** The serializers by field name. */
  readonly fields: { readonly [name: string]: TypeSerializer<unknown> };
  /** The fields in order, as the codec takes them. */
  readonly structFields: readonly StructField[];
  // Own properties and not methods: a call site that sees one struct then calls that struct's generated code directly.
  readonly serialize: (value: T, output: ByteWriter) => void;
  readonly deserialize: (input: ByteReader) => T;
  readonly copy: (value: T) => T;
  private readonly definition: StructDefinition;
  private readonly restore: RestoreSerializer;
  private readonly schema: SerializerSnapshot;

  /** @throws TypeError for a part that is no serializer or a default that its field does not take. */
  constructor(definition: StructDefinition, restore: RestoreSerializer) {
    const { entries } = definition;
    for (const [, serializer] of entries) checkSerializer(serializer, 'struct');
    this.definition = definition;
    this.restore = restore;
    this.structFields = entries.map(([name, serializer]) => ({
      name,
      serializer,
      isOptional: isOptionalSerializer(serializer),
    }));
    this.parts = entries.map(([, serializer]) => serializer);
    this.fields = Object.freeze(Object.fromEntries(entries));
    this.isKeySerializer = this.parts.every((part) => isKeySerializer(part));
    this.fixedLength = entries.length === 0 ? 1 : fixedLengthOf(this.parts);
    checkDefaults(this.fields, definition.defaults);
    const codec = structCodec(this.structFields) as unknown as StructCodec;
    this.serialize = codec.serialize;
    this.deserialize = codec.deserialize as (input: ByteReader) => T;
    this.copy = codec.copy as (value: T) => T;
    this.schema = checkOwnSnapshot({
      type: 'struct',
      version: LAYOUT_VERSION,
      parameters: parametersOf(this.structFields, definition),
    });
    this.typeName = describeSnapshot(this.schema);
  }

  snapshot(): SerializerSnapshot {
    return this.schema;
  }

  resolveCompatibility(previous: SerializerSnapshot): SchemaCompatibility<T> {
    return resolveAgainst(
      this.schema,
      previous,
      (checked) => resolveStruct(this.evolving(), checked) as SchemaCompatibility<T>,
    );
  }

  identity(key: T): string {
    return identityOfKeyBytes(this.asKey(), key);
  }

  hash(key: T): number {
    return hashOfKeyBytes(this.asKey(), key);
  }

  serializeKey(key: T, output: ByteWriter): void {
    if (typeof key !== 'object' || key === null) throw refuseValue('an object', key);
    const start = output.length;
    if (this.structFields.length === 0) output.writeUint8(0);
    for (const { name, serializer } of this.structFields) {
      try {
        (serializer as KeySerializer<unknown>).serializeKey(fieldValue(key, name), output);
      } catch (error) {
        throw partRefused(error, fieldStep(name), output, start);
      }
    }
  }

  deserializeKey(input: ByteReader): T {
    if (this.structFields.length === 0) readEmptyStruct(input);
    const values = asKeySerializers(this.parts).map((part) => part.deserializeKey(input));
    return structFromValues(this.structFields, values) as T;
  }

  compare(a: T, b: T): number {
    for (const { name, serializer } of this.structFields) {
      const difference = (serializer as KeySerializer<unknown>).compare(fieldValue(a, name), fieldValue(b, name));
      if (difference !== 0) return difference;
    }
    return 0;
  }

  private evolving(): EvolvingStruct {
    const { entries, defaults, schemaVersion, migrate } = this.definition;
    return {
      fields: this.structFields,
      fieldValues: this.parts.map(withoutMarker),
      defaults,
      schemaVersion,
      migrate,
      schema: this.schema,
      restore: this.restore,
      rebuild: (serializers) => {
        const rebuilt = entries.map(([name, before], index) => [name, markedAs(before, serializers[index])] as const);
        return new StructSerializer({ ...this.definition, entries: rebuilt }, this.restore);
      },
    };
  }

  private asKey(): KeySerializer<T> {
    return this as unknown as KeySerializer<T>;
  }
}

function withoutMarker(serializer: TypeSerializer<unknown>): TypeSerializer<unknown> {
  if (!isOptionalSerializer(serializer)) return serializer;
  return (serializer as unknown as { readonly parts: readonly TypeSerializer<unknown>[] })
    .parts[0] as TypeSerializer<unknown>;
}

function markedAs(before: TypeSerializer<unknown>, now: TypeSerializer<unknown> | undefined): TypeSerializer<unknown> {
  if (now === undefined) return before;
  return isOptionalSerializer(before)
    ? (optional(now as TypeSerializer<unknown> & { isOptional?: never }) as TypeSerializer<unknown>)
    : now;
}

function parametersOf(
  fields: readonly StructField[],
  definition: StructDefinition,
): { readonly [name: string]: PlainData } {
  const named = namedAsPlainData(fields.map(({ name, serializer }) => ({ name, type: serializer.snapshot() })));
  return definition.schemaVersion === 1 ? { fields: named } : { fields: named, version: definition.schemaVersion };
}

function checkDefaults(
  fields: { readonly [name: string]: TypeSerializer<unknown> },
  defaults: ReadonlyMap<string, unknown>,
): void {
  for (const [name, value] of defaults) {
    const serializer = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (serializer === undefined) throw new TypeError(`there is a default for ${name}, but no such field`);
    try {
      withScratchWriter((writer) => serializer.serialize(value, writer));
    } catch (error) {
      throw new TypeError(`the default of the field ${name} is not a value of ${serializer.typeName}`, {
        cause: error,
      });
    }
  }
}
