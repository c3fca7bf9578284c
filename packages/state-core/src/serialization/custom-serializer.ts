// serializer({...}): a type of one's own. opaque: its bytes in a program that does not know it.
//
//   value bytes   [ varint: length ] [ what the program's serialize wrote ]
//
//   X1. The length belongs to the format, so that a field of a type that is gone can be skipped, and carried along.
//   X2. What the program throws is wrapped: a failing serialize is `value-not-serializable`, a failing deserialize
//       `bytes-invalid`, both with the cause.

import { ByteReader } from '../bytes/byte-reader.js';
import type { ByteWriter } from '../bytes/byte-writer.js';
import { isStateError, StateError } from '../error/state-error.js';
import { withScratchWriter } from './key-bytes.js';
import { refuse, refuseValue } from './refusal.js';
import { afterMigration, incompatible, resolveAgainst } from './schema-compatibility.js';
import { checkOwnSnapshot, describeSnapshot, parameterOf } from './serializer-snapshot.js';
import type { SchemaCompatibility, SerializerSnapshot, TypeSerializer, ValueReader } from './type-serializer.js';

/** The names of the built-in types, which no other type may take. */
export const BUILT_IN_TYPES: ReadonlySet<string> = new Set(
  (
    'boolean int32 safeInteger int64 float64 string bytes date bigint json msgpack ' +
    'literal tuple list set map nullable optional union struct'
  ).split(' '),
);

/** A type of one's own. */
export interface CustomSerializerDefinition<T> {
  /** Name of the type in stored schemas: unique in the program and never changed. */
  readonly name: string;
  /** Version of the bytes, from 1, which is the default. Raise it together with an entry in `migrate`. */
  readonly version?: number;
  /** Writes one value. The writer is the value's own: nothing has to be delimited. */
  serialize(value: T, output: ByteWriter): void;
  /** Reads one value, all bytes of the input. */
  deserialize(input: ByteReader): T;
  /** A copy that shares nothing mutable; by way of bytes when left out. */
  copy?(value: T): T;
  /** Whether values never change; then they are not copied. */
  readonly immutable?: boolean;
  /** By stored version: reads the bytes of that version. */
  readonly migrate?: { readonly [version: number]: (input: ByteReader) => T };
}

class CustomSerializer<T> implements TypeSerializer<T> {
  readonly typeName: string;
  readonly isImmutableType: boolean;
  readonly fixedLength = undefined;
  private readonly definition: CustomSerializerDefinition<T>;
  private readonly schema: SerializerSnapshot;

  constructor(definition: CustomSerializerDefinition<T>) {
    const version = definition.version ?? 1;
    this.definition = definition;
    this.isImmutableType = definition.immutable === true;
    this.schema = checkOwnSnapshot({ type: definition.name, version, parameters: { custom: true } });
    this.typeName = describeSnapshot(this.schema);
  }

  serialize(value: T, output: ByteWriter): void {
    withScratchWriter((writer) => {
      try {
        this.definition.serialize(value, writer);
      } catch (error) {
        if (isStateError(error)) throw error;
        throw refuse(`${this.typeName}, whose serialize failed`, 'a value that made it throw', error);
      }
      output.writeLengthPrefixed(writer.view());
    });
  }

  deserialize(input: ByteReader): T {
    return this.read(input, this.definition.deserialize.bind(this.definition));
  }

  copy(value: T): T {
    if (this.isImmutableType) return value;
    if (this.definition.copy !== undefined) return this.definition.copy(value);
    return withScratchWriter((writer) => {
      this.serialize(value, writer);
      return this.deserialize(new ByteReader(writer.toBytes()));
    });
  }

  snapshot(): SerializerSnapshot {
    return this.schema;
  }

  resolveCompatibility(previous: SerializerSnapshot): SchemaCompatibility<T> {
    return resolveAgainst(this.schema, previous, (checked) => {
      if (checked.type !== this.schema.type || !isCustomSnapshot(checked)) return incompatible(checked, this.schema);
      const migrate = this.definition.migrate?.[checked.version];
      if (migrate !== undefined && checked.version < this.schema.version) {
        return afterMigration({ deserialize: (input: ByteReader) => this.read(input, migrate) });
      }
      const why =
        checked.version > this.schema.version
          ? 'the stored version is newer'
          : `no migrate function takes version ${checked.version}`;
      return incompatible(checked, this.schema, why);
    });
  }

  private read(input: ByteReader, read: (input: ByteReader) => T): T {
    const own = new ByteReader(input.readLengthPrefixedView());
    let value: T;
    try {
      value = read(own);
    } catch (error) {
      if (isStateError(error)) throw error;
      throw new StateError('bytes-invalid', `the deserialize of ${this.typeName} failed on stored bytes`, {
        cause: error,
      });
    }
    own.expectEnd();
    return value;
  }
}

/** Whether a stored schema is that of a type made by {@link serializer}. */
export function isCustomSnapshot(snapshot: SerializerSnapshot): boolean {
  return parameterOf(snapshot, 'custom') === true && !BUILT_IN_TYPES.has(snapshot.type);
}

/**
 * A serializer for a type of one's own. It serves for values; for keys implement KeySerializer, or key by a primitive.
 *
 * @throws TypeError for a missing name or function; RangeError for a name of a built-in type or a version below 1.
 * @example
 * const money = serializer<Money>({
 *   name: 'money',
 *   immutable: true,
 *   serialize: (value, output) => { output.writeSafeInteger(value.cents); output.writeString(value.currency); },
 *   deserialize: (input) => new Money(input.readSafeInteger(), input.readString()),
 * });
 */
export function serializer<T>(definition: CustomSerializerDefinition<T>): TypeSerializer<T> {
  const { name, version = 1 } = definition;
  if (typeof name !== 'string' || name === '')
    throw new TypeError('a serializer needs a name: it finds the type again in stored state');
  if (typeof definition.serialize !== 'function' || typeof definition.deserialize !== 'function') {
    throw new TypeError(`the serializer ${name} needs serialize and deserialize`);
  }
  if (BUILT_IN_TYPES.has(name)) throw new RangeError(`${name} is the name of a built-in type`);
  if (!Number.isSafeInteger(version) || version < 1)
    throw new RangeError(`the version of ${name} is an integer from 1, not ${version}`);
  return new CustomSerializer(definition);
}

/** A value of a type of one's own, in a program that does not have its serializer. */
export class OpaqueValue {
  /** Name of the type. */
  readonly type: string;
  /** Version of the bytes. */
  readonly version: number;
  /** What the type's serialize wrote. */
  readonly bytes: Uint8Array;

  constructor(type: string, version: number, bytes: Uint8Array) {
    this.type = type;
    this.version = version;
    this.bytes = bytes;
  }
}

class OpaqueSerializer implements TypeSerializer<OpaqueValue> {
  readonly typeName: string;
  readonly isImmutableType = false;
  readonly fixedLength = undefined;
  private readonly schema: SerializerSnapshot;

  constructor(schema: SerializerSnapshot) {
    this.schema = schema;
    this.typeName = describeSnapshot(schema);
  }

  serialize(value: OpaqueValue, output: ByteWriter): void {
    const { type, version } = this.schema;
    if (!(value instanceof OpaqueValue)) throw refuseValue(`an OpaqueValue of ${this.typeName}`, value);
    if (value.type !== type || value.version !== version)
      throw refuse(`an OpaqueValue of ${this.typeName}`, `one of ${value.type} v${value.version}`);
    output.writeLengthPrefixed(value.bytes);
  }

  deserialize(input: ByteReader): OpaqueValue {
    return new OpaqueValue(this.schema.type, this.schema.version, input.readBytes(input.readVarint()));
  }

  copy(value: OpaqueValue): OpaqueValue {
    return new OpaqueValue(value.type, value.version, new Uint8Array(value.bytes));
  }

  snapshot(): SerializerSnapshot {
    return this.schema;
  }

  resolveCompatibility(previous: SerializerSnapshot): SchemaCompatibility<OpaqueValue> {
    return resolveAgainst(this.schema, previous, (checked) => incompatible(checked, this.schema));
  }
}

/** A serializer that carries the values of an unknown type along, byte for byte (X1). */
export function opaque(snapshot: SerializerSnapshot): TypeSerializer<OpaqueValue> & ValueReader<OpaqueValue> {
  return new OpaqueSerializer(snapshot);
}
