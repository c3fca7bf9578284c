// Whether a struct can read what an older struct wrote: by the names of the fields, whatever their order.
//
//   V1. added      needs a default or optional(...)
//   V2. removed    its bytes are skipped, with a serializer rebuilt from the stored schema
//   V3. reordered  read in the old order, built in the new one
//   V4. changed    as the type of the field decides: int32 widens to float64, t to nullable(t), a struct evolves
//   V5. optional -> required needs a default, which stands for the absent ones
//   V6. A stored version with an entry in `migrate` is always migrated by it, even where the names would fit: the
//       meaning changed. An older version without one is refused once `migrate` has any, a newer one always.

import type { ByteReader } from '../bytes/byte-reader.js';
import { isStateError, StateError } from '../error/state-error.js';
import { readPresence } from './absence-serializers.js';
import { fieldStep } from './refusal.js';
import type { RestoreSerializer } from './restore-options.js';
import {
  AS_IS,
  afterMigration,
  combineParts,
  incompatible,
  incompatibleReasons,
  type PartCompatibility,
  readerOfPart,
  resolvePart,
} from './schema-compatibility.js';
import {
  describeSnapshot,
  invalid,
  LAYOUT_VERSION,
  type NamedSnapshot,
  namedSnapshotsParameter,
  parameterOf,
  snapshotParameter,
} from './serializer-snapshot.js';
import { readEmptyStruct, type StructField, structFromValues } from './struct-codec.js';
import type { SchemaCompatibility, SerializerSnapshot, TypeSerializer, ValueReader } from './type-serializer.js';

/** What the evolution of a struct depends on. */
export interface EvolvingStruct {
  readonly fields: readonly StructField[];
  /** The serializer of a field's value without the marker of optional(...), in the order of `fields`. */
  readonly fieldValues: readonly TypeSerializer<unknown>[];
  readonly defaults: ReadonlyMap<string, unknown>;
  readonly schemaVersion: number;
  readonly migrate: ReadonlyMap<number, (old: unknown) => unknown>;
  readonly schema: SerializerSnapshot;
  readonly restore: RestoreSerializer;
  rebuild(serializers: readonly TypeSerializer<unknown>[]): TypeSerializer<object>;
}

/** The answer of a struct about a stored schema that differs from its own. */
export function resolveStruct(struct: EvolvingStruct, previous: SerializerSnapshot): SchemaCompatibility<object> {
  if (previous.type !== 'struct' || previous.version !== LAYOUT_VERSION) return incompatible(previous, struct.schema);
  const before = schemaVersionOf(previous);
  const migrate = struct.migrate.get(before);
  if (before < struct.schemaVersion && migrate !== undefined) return migrated(struct, previous, before, migrate);
  if (before > struct.schemaVersion) {
    return incompatible(previous, struct.schema, `version ${before} is newer than version ${struct.schemaVersion}`);
  }
  if (before < struct.schemaVersion && struct.migrate.size > 0) {
    return incompatible(previous, struct.schema, `no migrate function takes version ${before}`);
  }
  return resolveByName(struct, previous);
}

/** The version that a stored struct was given; 1 when it was given none. */
export function schemaVersionOf(snapshot: SerializerSnapshot): number {
  const version = parameterOf(snapshot, 'version') ?? 1;
  if (!Number.isSafeInteger(version) || (version as number) < 1) throw invalid('the version of a struct');
  return version as number;
}

function migrated(
  struct: EvolvingStruct,
  previous: SerializerSnapshot,
  version: number,
  migrate: (old: unknown) => unknown,
): SchemaCompatibility<object> {
  const old = struct.restore(previous, { custom: struct.fieldValues });
  return afterMigration({
    deserialize: (input: ByteReader) =>
      runMigration(() => migrate(old.deserialize(input)) as object, `version ${version} of a struct`),
  });
}

/** Runs a migrate function of the program. @throws StateError `value-serializer-incompatible` when it throws. */
export function runMigration<T>(migrate: () => T, from: string): T {
  try {
    return migrate();
  } catch (error) {
    if (isStateError(error)) throw error;
    throw new StateError('value-serializer-incompatible', `the migrate function for ${from} failed on a stored value`, {
      cause: error,
    });
  }
}

/** How one stored field is read, and the field of today that takes it. */
interface StoredField {
  readonly hadMarker: boolean;
  /** Index in today's fields; -1 when the field was removed. */
  readonly target: number;
  readonly part: PartCompatibility;
}

function resolveByName(struct: EvolvingStruct, previous: SerializerSnapshot): SchemaCompatibility<object> {
  const named = namedSnapshotsParameter(previous, 'fields');
  const stored = named.map((field) => storedField(struct, field));
  const problems = [incompatibleReasons(stored.map(({ part }) => part)), ...missingValues(struct, stored)];
  const reasons = problems.filter((reason) => reason !== undefined);
  if (reasons.length > 0) return { outcome: 'incompatible', reason: reasons.join('\n') };
  if (!sameLayout(struct, stored)) return afterMigration(evolvedReader(struct, stored));
  return combineParts(
    stored.map(({ part }) => part),
    {
      reader: () => evolvedReader(struct, stored),
      rebuild: (serializers) => struct.rebuild(serializers),
    },
  );
}

function storedField(struct: EvolvingStruct, { name, type }: NamedSnapshot): StoredField {
  const hadMarker = type.type === 'optional';
  const valueType = hadMarker ? snapshotParameter(type, 'value') : type;
  const step = fieldStep(name);
  const target = struct.fields.findIndex((field) => field.name === name);
  if (target >= 0) {
    const part = resolvePart(step, struct.fieldValues[target] as TypeSerializer<unknown>, valueType);
    return { hadMarker, target, part };
  }
  const removed = removedField(struct, valueType);
  return { hadMarker, target, part: { step, serializer: removed.serializer, answer: removed.answer } };
}

function removedField(
  struct: EvolvingStruct,
  type: SerializerSnapshot,
): { readonly serializer: TypeSerializer<unknown>; readonly answer: SchemaCompatibility<unknown> } {
  try {
    return { serializer: struct.restore(type, { custom: struct.fieldValues }), answer: AS_IS };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const reason = `$: the field was removed but its bytes cannot be skipped (${why}); was ${describeSnapshot(type)}, is not there`;
    return {
      serializer: struct.fieldValues[0] as TypeSerializer<unknown>,
      answer: { outcome: 'incompatible', reason },
    };
  }
}

function missingValues(struct: EvolvingStruct, stored: readonly StoredField[]): string[] {
  const reasons: string[] = [];
  struct.fields.forEach((field, index) => {
    if (field.isOptional || struct.defaults.has(field.name)) return;
    const before = stored.find(({ target }) => target === index);
    const type = describeSnapshot(field.serializer.snapshot());
    const fix = 'give it a default (struct(fields, { defaults })) or make it optional(...)';
    if (before === undefined)
      reasons.push(`$${fieldStep(field.name)}: the field was added, ${fix}; was not there, is ${type}`);
    else if (before.hadMarker)
      reasons.push(`$${fieldStep(field.name)}: the field was optional, ${fix}; was optional, is ${type}`);
  });
  return reasons;
}

function sameLayout(struct: EvolvingStruct, stored: readonly StoredField[]): boolean {
  return (
    stored.length === struct.fields.length &&
    stored.every(({ hadMarker, target }, index) => target === index && hadMarker === struct.fields[index]?.isOptional)
  );
}

function evolvedReader(struct: EvolvingStruct, stored: readonly StoredField[]): ValueReader<object> {
  const readers = stored.map(({ hadMarker, target, part }) => ({ hadMarker, target, reader: readerOfPart(part) }));
  // What is absent from a field that was optional and still is stays absent; a default stands for everything else.
  const defaulted = struct.fields.map(
    ({ name, isOptional }, index) =>
      struct.defaults.has(name) && !(isOptional && stored.some(({ target }) => target === index)),
  );
  return {
    deserialize(input: ByteReader): object {
      const values = new Array<unknown>(struct.fields.length);
      if (readers.length === 0) readEmptyStruct(input);
      for (const { hadMarker, target, reader } of readers) {
        const value = hadMarker && !readPresence(input) ? undefined : reader.deserialize(input);
        if (target >= 0) values[target] = value;
      }
      struct.fields.forEach(({ name }, index) => {
        if (values[index] !== undefined || defaulted[index] !== true) return;
        const serializer = struct.fieldValues[index] as TypeSerializer<unknown>;
        values[index] = serializer.copy(struct.defaults.get(name));
      });
      return structFromValues(struct.fields, values);
    },
  };
}
