// union: objects that one property, the tag, tells apart.
//
//   value bytes   [ varint: index of the alternative ] [ the struct of the alternative, without the tag ]
//   key bytes     [ 2 bytes: index, big-endian ] [ key of the struct ]
//
//   U1. Alternatives added at the end leave the bytes of the others as they are; added elsewhere or reordered they need
//       a migration; a removed one is incompatible.
//   U2. The tag's name is not in the bytes: renaming the property keeps them.

import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteWriter } from '../bytes/byte-writer.js';
import { hashOfKeyBytes, identityOfKeyBytes } from './key-bytes.js';
import { ALTERNATIVES_MAX } from './literal-serializer.js';
import { invalidBytes } from './ordered-bytes.js';
import { fieldStep, kindOfValue, partRefused, refusalWithin, refuse, refuseValue } from './refusal.js';
import {
  afterMigration,
  combineParts,
  incompatible,
  incompatibleReasons,
  type PartCompatibility,
  readerOfPart,
  resolveAgainst,
  resolvePart,
} from './schema-compatibility.js';
import {
  checkOwnSnapshot,
  describeSnapshot,
  LAYOUT_VERSION,
  namedAsPlainData,
  namedSnapshotsParameter,
} from './serializer-snapshot.js';
import { defineField, fieldValue, readEmptyStruct, type StructCodec, structCodec } from './struct-codec.js';
import { StructSerializer } from './struct-serializer.js';
import type {
  Infer,
  KeySerializer,
  SchemaCompatibility,
  SerializerSnapshot,
  TypeSerializer,
  ValueReader,
} from './type-serializer.js';

/** The alternatives of a union: structs by the value of the tag. */
export interface UnionAlternatives {
  readonly [name: string]: TypeSerializer<object> & { readonly fields: object };
}

type Flat<T> = { [N in keyof T]: T[N] };

/** The objects of a union: those of an alternative together with the tag. */
export type UnionValue<Tag extends string, A extends UnionAlternatives> = {
  [N in keyof A & string]: Flat<{ [T in Tag]: N } & Infer<A[N]>>;
}[keyof A & string];

/** Serializer of a union: of keys when all its alternatives are. */
export type UnionSerializerOf<Tag extends string, A extends UnionAlternatives> = A[keyof A] extends {
  readonly isKeySerializer: true;
}
  ? KeySerializer<UnionValue<Tag, A>>
  : TypeSerializer<UnionValue<Tag, A>>;

interface Alternative {
  readonly name: string;
  readonly struct: StructSerializer<object>;
  /** Reads and writes the struct's bytes as an object with the tag. */
  readonly codec: StructCodec;
}

class UnionSerializer implements TypeSerializer<object> {
  readonly typeName: string;
  readonly isImmutableType = false;
  readonly isKeySerializer: boolean;
  readonly fixedLength = undefined;
  readonly parts: readonly TypeSerializer<unknown>[];
  private readonly tag: string;
  private readonly alternatives: readonly Alternative[];
  private readonly indexes: ReadonlyMap<unknown, number>;
  private readonly schema: SerializerSnapshot;

  constructor(tag: string, structs: readonly (readonly [name: string, struct: StructSerializer<object>])[]) {
    this.tag = tag;
    this.alternatives = structs.map(([name, struct]) => ({ name, struct, codec: taggedCodec(tag, name, struct) }));
    this.indexes = new Map(structs.map(([name], index) => [name, index]));
    this.parts = structs.map(([, struct]) => struct);
    this.isKeySerializer = structs.every(([, struct]) => struct.isKeySerializer);
    const alternatives = namedAsPlainData(structs.map(([name, struct]) => ({ name, type: struct.snapshot() })));
    this.schema = checkOwnSnapshot({ type: 'union', version: LAYOUT_VERSION, parameters: { tag, alternatives } });
    this.typeName = describeSnapshot(this.schema);
  }

  serialize(value: object, output: ByteWriter): void {
    const index = this.indexOf(value);
    const start = output.length;
    output.writeVarint(index);
    try {
      this.alternativeAt(index).codec.serialize(value, output);
    } catch (error) {
      throw partRefused(error, '', output, start);
    }
  }

  deserialize(input: ByteReader): object {
    return this.alternativeAt(this.readIndex(input)).codec.deserialize(input);
  }

  copy(value: object): object {
    return this.alternativeAt(this.indexOf(value)).codec.copy(value);
  }

  snapshot(): SerializerSnapshot {
    return this.schema;
  }

  resolveCompatibility(previous: SerializerSnapshot): SchemaCompatibility<object> {
    return resolveAgainst(this.schema, previous, (checked) => {
      if (checked.type !== 'union' || checked.version !== LAYOUT_VERSION) return incompatible(checked, this.schema);
      const stored = namedSnapshotsParameter(checked, 'alternatives');
      const targets = stored.map(({ name }) => this.indexes.get(name) ?? -1);
      const removed = stored.filter((_, index) => targets[index] === -1);
      if (removed.length > 0) {
        return incompatible(
          checked,
          this.schema,
          `${removed.map(({ name }) => JSON.stringify(name)).join(', ')} is no longer an alternative`,
        );
      }
      const parts = stored.map(({ name, type }, index) =>
        resolvePart(`<${name}>`, this.alternativeAt(targets[index] as number).struct, type),
      );
      return this.combine(parts, targets);
    });
  }

  identity(key: object): string {
    return identityOfKeyBytes(this.asKey(), key);
  }

  hash(key: object): number {
    return hashOfKeyBytes(this.asKey(), key);
  }

  serializeKey(key: object, output: ByteWriter): void {
    const index = this.indexOf(key);
    const start = output.length;
    output.writeUint16(index);
    try {
      this.alternativeAt(index).struct.serializeKey(key, output);
    } catch (error) {
      throw partRefused(error, '', output, start);
    }
  }

  deserializeKey(input: ByteReader): object {
    const position = input.position;
    const index = input.readUint16();
    const alternative = this.alternatives[index];
    if (alternative === undefined) throw invalidBytes(`alternative ${index} of ${this.alternatives.length}`, position);
    return this.withTag(alternative, alternative.struct.deserializeKey(input));
  }

  compare(a: object, b: object): number {
    const index = this.indexOf(a);
    const difference = index - this.indexOf(b);
    return difference !== 0 ? difference : this.alternativeAt(index).struct.compare(a, b);
  }

  private combine(parts: readonly PartCompatibility[], targets: readonly number[]): SchemaCompatibility<object> {
    const reader = (): ValueReader<object> => this.storedReader(parts, targets);
    if (targets.some((target, index) => target !== index)) {
      const reason = incompatibleReasons(parts);
      return reason === undefined ? afterMigration(reader()) : { outcome: 'incompatible', reason };
    }
    return combineParts(parts, {
      reader,
      rebuild: (structs) => {
        const rebuilt = this.alternatives.map(
          ({ name, struct }, index) => [name, (structs[index] ?? struct) as StructSerializer<object>] as const,
        );
        return new UnionSerializer(this.tag, rebuilt);
      },
    });
  }

  private storedReader(parts: readonly PartCompatibility[], targets: readonly number[]): ValueReader<object> {
    const readers = parts.map(readerOfPart);
    return {
      deserialize: (input: ByteReader): object => {
        const position = input.position;
        const stored = input.readVarint();
        if (stored >= readers.length) throw invalidBytes(`alternative ${stored} of ${readers.length}`, position);
        const alternative = this.alternativeAt(targets[stored] as number);
        return this.withTag(alternative, (readers[stored] as ValueReader<object>).deserialize(input));
      },
    };
  }

  private withTag(alternative: Alternative, fields: object): object {
    const value = {};
    defineField(value, this.tag, alternative.name);
    for (const [name, field] of Object.entries(fields)) defineField(value, name, field);
    return value;
  }

  private indexOf(value: object): number {
    if (typeof value !== 'object' || value === null) throw refuseValue('an object', value);
    const name = fieldValue(value, this.tag);
    const index = this.indexes.get(name);
    if (index !== undefined) return index;
    const expected = `one of ${this.alternatives.map((alternative) => JSON.stringify(alternative.name)).join(', ')}`;
    throw refusalWithin(refuse(expected, kindOfValue(name)), fieldStep(this.tag));
  }

  private readIndex(input: ByteReader): number {
    const position = input.position;
    const index = input.readVarint();
    if (index >= this.alternatives.length)
      throw invalidBytes(`alternative ${index} of ${this.alternatives.length}`, position);
    return index;
  }

  private alternativeAt(index: number): Alternative {
    return this.alternatives[index] as Alternative;
  }

  private asKey(): KeySerializer<object> {
    return this as unknown as KeySerializer<object>;
  }
}

function taggedCodec(tag: string, name: string, struct: StructSerializer<object>): StructCodec {
  const serializer = new TagSerializer(name, struct.structFields.length === 0) as unknown as TypeSerializer<unknown>;
  return structCodec([{ name: tag, serializer, isOptional: false }, ...struct.structFields]);
}

/** Stands for the tag in the codec of one alternative: always the same value, and no bytes but those of an empty struct. */
class TagSerializer {
  readonly isImmutableType = true;
  private readonly name: string;
  private readonly isAlone: boolean;

  constructor(name: string, isAlone: boolean) {
    this.name = name;
    this.isAlone = isAlone;
  }

  serialize(_value: string, output: ByteWriter): void {
    if (this.isAlone) output.writeUint8(0);
  }

  deserialize(input: ByteReader): string {
    if (this.isAlone) readEmptyStruct(input);
    return this.name;
  }

  copy(value: string): string {
    return value;
  }
}

/**
 * Objects of several shapes, told apart by the property `tag`: a discriminated union.
 *
 * Add alternatives at the end: then stored values stay as they are. Each alternative evolves as a struct does.
 *
 * @throws TypeError for an alternative that is no struct or that has a field named like the tag.
 * @throws RangeError for no alternative or more than 65,536.
 * @example
 * const Shape = union('kind', { circle: struct({ radius: float64 }), square: struct({ side: float64 }) });
 * type Shape = Infer<typeof Shape>;   // { kind: 'circle'; radius: number } | { kind: 'square'; side: number }
 */
export function union<const Tag extends string, A extends UnionAlternatives>(
  tag: Tag,
  alternatives: A,
): UnionSerializerOf<Tag, A> {
  return unionOf(tag, Object.entries(alternatives)) as unknown as UnionSerializerOf<Tag, A>;
}

/** As {@link union}, for alternatives known only at run time. */
export function unionOf(
  tag: string,
  alternatives: readonly (readonly [name: string, struct: TypeSerializer<unknown>])[],
): TypeSerializer<object> {
  if (alternatives.length === 0 || alternatives.length > ALTERNATIVES_MAX) {
    throw new RangeError(`a union has 1 to ${ALTERNATIVES_MAX} alternatives, not ${alternatives.length}`);
  }
  const structs = alternatives.map(([name, struct]) => {
    if (!(struct instanceof StructSerializer))
      throw new TypeError(`the alternative ${name} of a union is not a struct(...)`);
    if (Object.hasOwn(struct.fields, tag))
      throw new TypeError(`the alternative ${name} has a field ${tag}, which is the tag of the union`);
    return [name, struct as StructSerializer<object>] as const;
  });
  return new UnionSerializer(tag, structs);
}
