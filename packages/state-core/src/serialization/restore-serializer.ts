// From a stored schema back to a serializer: what reads the bytes of a program that is gone.
//
//   Z1. Every schema that a built-in serializer wrote gives a serializer that reads its bytes, and the same schema again.
//   Z2. A hostile schema gives a StateError `snapshot-invalid`; depth and size are bounded before it is walked.
//   Z3. A type of one's own is read by a known serializer that is compatible, else as an OpaqueValue. What does not come
//       from serializer({...}) has no length that a stranger could read: without its serializer it is missing.

import { isStateError, StateError } from '../error/state-error.js';
import { nullable, optional } from './absence-serializers.js';
import { bigint } from './bigint-serializer.js';
import { boolean } from './boolean-serializer.js';
import { bytes } from './bytes-serializer.js';
import { BUILT_IN_TYPES, isCustomSnapshot, opaque } from './custom-serializer.js';
import { date } from './date-serializer.js';
import { float64 } from './float64-serializer.js';
import { int32, int64, safeInteger } from './integer-serializers.js';
import { json } from './json-serializer.js';
import { list } from './list-serializer.js';
import { literalFromSnapshot } from './literal-serializer.js';
import { map } from './map-serializer.js';
import { msgpack } from './msgpack-serializer.js';
import type { RestoreOptions } from './restore-options.js';
import {
  checkSnapshot,
  describeSnapshot,
  invalid,
  LAYOUT_VERSION,
  namedSnapshotsParameter,
  parameterOf,
  snapshotListParameter,
  snapshotParameter,
} from './serializer-snapshot.js';
import { set } from './set-serializer.js';
import { string } from './string-serializer.js';
import { schemaVersionOf } from './struct-evolution.js';
import { StructSerializer } from './struct-serializer.js';
import { tupleOf } from './tuple-serializer.js';
import type { KeySerializer, SerializerSnapshot, TypeSerializer } from './type-serializer.js';
import { unionOf } from './union-serializer.js';

type AnyElement = TypeSerializer<unknown> & { readonly isOptional?: never };
type AnyKey = KeySerializer<unknown> & { readonly isOptional?: never };
type Rebuild = (part: SerializerSnapshot) => AnyElement;

const LEAVES: ReadonlyMap<string, TypeSerializer<unknown>> = new Map<string, TypeSerializer<unknown>>([
  ['boolean', boolean],
  ['int32', int32],
  ['safeInteger', safeInteger],
  ['int64', int64],
  ['float64', float64],
  ['string', string],
  ['bytes', bytes],
  ['date', date],
  ['bigint', bigint],
  ['json', json],
  ['msgpack', msgpack],
]);

/**
 * The serializer that a stored schema describes: reads what was written under it, and writes it again unchanged.
 *
 * @param options - Serializers of one's own that may occur in it.
 * @throws StateError `snapshot-invalid` for a schema that no serializer wrote, `serializer-missing` for one of a type that
 * is neither built in nor given.
 */
export function restoreSerializer(snapshot: SerializerSnapshot, options: RestoreOptions = {}): TypeSerializer<unknown> {
  const checked = checkSnapshot(snapshot);
  const known = knownCustom(options.custom ?? []);
  const rebuild: Rebuild = (part) => rebuildType(part, rebuild, known) as AnyElement;
  try {
    return rebuild(checked);
  } catch (error) {
    if (isStateError(error, 'snapshot-invalid') || isStateError(error, 'serializer-missing')) throw error;
    // Constructors refuse what no program can have declared: a set of lists, a repeated literal.
    throw invalid(
      `${describeSnapshot(checked)} is not a type (${error instanceof Error ? error.message : String(error)})`,
    );
  }
}

function rebuildType(
  snapshot: SerializerSnapshot,
  rebuild: Rebuild,
  known: ReadonlyMap<string, TypeSerializer<unknown>>,
): TypeSerializer<unknown> {
  const own = known.get(snapshot.type);
  if (own !== undefined) return restoreCustom(own, snapshot);
  if (isCustomSnapshot(snapshot)) return opaque(snapshot);
  if (snapshot.version !== LAYOUT_VERSION && BUILT_IN_TYPES.has(snapshot.type))
    throw invalid(`version ${snapshot.version} of the type ${snapshot.type} is not known`);
  switch (snapshot.type) {
    case 'literal':
      return literalFromSnapshot(snapshot);
    case 'nullable':
      return nullable(rebuild(snapshotParameter(snapshot, 'value')));
    case 'optional':
      return optional(rebuild(snapshotParameter(snapshot, 'value')));
    case 'list':
      return list(rebuild(snapshotParameter(snapshot, 'element')));
    case 'set':
      return set(rebuild(snapshotParameter(snapshot, 'element')) as unknown as AnyKey);
    case 'map':
      return map(
        rebuild(snapshotParameter(snapshot, 'key')) as unknown as AnyKey,
        rebuild(snapshotParameter(snapshot, 'value')),
      );
    case 'tuple':
      return tupleOf(snapshotListParameter(snapshot, 'elements').map(rebuild));
    case 'struct':
      return rebuildStruct(snapshot, rebuild);
    case 'union':
      return rebuildUnion(snapshot, rebuild);
    default:
      return leaf(snapshot);
  }
}

function leaf(snapshot: SerializerSnapshot): TypeSerializer<unknown> {
  const serializer = LEAVES.get(snapshot.type);
  if (serializer === undefined) throw missing(snapshot);
  return serializer;
}

function missing(snapshot: SerializerSnapshot): StateError {
  const type = JSON.stringify(snapshot.type);
  return new StateError(
    'serializer-missing',
    `the stored schema has values of type ${type}, which is not built in, and no serializer was given that reads them; give the one that wrote them:\n  restoreSerializer(snapshot, { custom: [mySerializer] })`,
    { details: { type: snapshot.type, version: snapshot.version } },
  );
}

function rebuildStruct(snapshot: SerializerSnapshot, rebuild: Rebuild): StructSerializer<object> {
  const entries = namedSnapshotsParameter(snapshot, 'fields').map(({ name, type }) => [name, rebuild(type)] as const);
  const schemaVersion = schemaVersionOf(snapshot);
  return new StructSerializer<object>(
    { entries, defaults: new Map(), schemaVersion, migrate: new Map() },
    restoreSerializer,
  );
}

function rebuildUnion(snapshot: SerializerSnapshot, rebuild: Rebuild): TypeSerializer<object> {
  const tag = parameterOf(snapshot, 'tag');
  if (typeof tag !== 'string') throw invalid('a union without a tag');
  return unionOf(
    tag,
    namedSnapshotsParameter(snapshot, 'alternatives').map(({ name, type }) => [name, rebuild(type)] as const),
  );
}

function restoreCustom(own: TypeSerializer<unknown>, snapshot: SerializerSnapshot): TypeSerializer<unknown> {
  const answer = own.resolveCompatibility(snapshot);
  switch (answer.outcome) {
    case 'compatible-as-is':
      return own;
    case 'compatible-with-reconfigured-serializer':
      return answer.serializer;
    case 'compatible-after-migration':
      // Reads the old bytes, writes today's: enough for a migration, which only reads.
      return Object.create(own, {
        deserialize: { value: answer.previous.deserialize.bind(answer.previous) },
        snapshot: { value: () => snapshot },
      }) as TypeSerializer<unknown>;
    default:
      return isCustomSnapshot(snapshot) ? opaque(snapshot) : leaf(snapshot);
  }
}

/** The serializers of one's own among these types and their parts, by name. */
function knownCustom(types: readonly TypeSerializer<unknown>[]): ReadonlyMap<string, TypeSerializer<unknown>> {
  const known = new Map<string, TypeSerializer<unknown>>();
  const pending = [...types];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { type } = next.snapshot();
    const parts = (next as { readonly parts?: readonly TypeSerializer<unknown>[] }).parts;
    if (parts !== undefined) pending.push(...parts);
    else if (!LEAVES.has(type) && type !== 'literal') known.set(type, next);
  }
  return known;
}
