// Whether the program can read what is stored of a state, decided from schemas alone.
//
// Owns: the verdict about one state and the readers that follow from it, one for each stored schema. Leaves the key
// serializer to restored-keyed-state.ts, which asks before any state is looked at.
//
//   RC1. The verdict needs no entry: it is known before the first record.
//   RC2. Namespaces and map keys never migrate: their bytes decide where an entry lives.
//   RC3. A reconfigured serializer replaces the one of the descriptor for good.

import { StateError } from '../error/state-error.js';
import { describeSnapshot, snapshotsEqual } from '../serialization/serializer-snapshot.js';
import {
  isKeySerializer,
  type KeySerializer,
  type SchemaCompatibility,
  type SerializerSnapshot,
  type TypeSerializer,
} from '../serialization/type-serializer.js';
import type { RecordReader } from '../snapshot-format/segment-contract.js';
import type { SegmentStateKind, StateSchema } from '../snapshot-format/segment-header.js';
import { type StateDescriptor, valueSerializerOf } from '../state/state-descriptor.js';
import type { RestoredState } from './restored-keyed-state.js';

/** How the values of a restored state are read, and what they are written with from now on. */
export interface ValueReading {
  readonly valueSerializer: TypeSerializer<unknown>;
  /** Whether any part of the state has to be brought to today's schema. */
  readonly migrates: boolean;
  readonly readers: ReadonlyMap<StateSchema, RecordReader['value']>;
}

/**
 * Decides how the values and map keys of a restored state are read.
 *
 * @throws StateError `state-type-incompatible`, `value-serializer-incompatible`, `key-serializer-incompatible`.
 */
export function readValues(restored: RestoredState, descriptor: StateDescriptor): ValueReading {
  if (restored.kind !== descriptor.kind) throw kindDiffers(restored, descriptor);
  for (const schema of restored.schemas) if (schema.mapKey !== undefined) checkMapKey(schema.mapKey, descriptor);
  const valueSerializer = reconfigured(restored, descriptor);
  const readers = new Map<StateSchema, RecordReader['value']>();
  let migrates = false;
  for (const schema of restored.schemas) {
    const answer = valueSerializer.resolveCompatibility(schema.value);
    if (answer.outcome === 'incompatible') throw valueDiffers(descriptor, schema, answer.reason);
    if (answer.outcome === 'compatible-after-migration') migrates = true;
    readers.set(schema, answer.outcome === 'compatible-after-migration' ? answer.previous : valueSerializer);
  }
  return { valueSerializer, migrates, readers };
}

/**
 * The serializer that namespaces of a restored state are read and written with.
 *
 * @throws StateError `namespace-serializer-incompatible`.
 */
export function readNamespaces(restored: RestoredState, given: KeySerializer<unknown>): KeySerializer<unknown> {
  let serializer = given;
  for (const { namespace } of restored.schemas) {
    const answer = serializer.resolveCompatibility(namespace);
    if (answer.outcome === 'compatible-as-is') continue;
    if (answer.outcome === 'compatible-with-reconfigured-serializer' && isKeySerializer(answer.serializer)) {
      serializer = answer.serializer;
      continue;
    }
    throw namespaceDiffers(restored.name, namespace, given.snapshot(), reasonOf(answer));
  }
  return serializer;
}

/** One that had to be reconfigured at first has to be every time (RC3): the state keeps the reconfigured one. */
export function checkNamespacesAgain(
  stateName: string,
  inUse: SerializerSnapshot,
  asked: KeySerializer<unknown>,
): void {
  const snapshot = asked.snapshot();
  if (snapshotsEqual(inUse, snapshot)) return;
  if (asked.resolveCompatibility(inUse).outcome === 'compatible-with-reconfigured-serializer') return;
  throw namespaceDiffers(stateName, inUse, snapshot, 'the state is in use');
}

/** The error for namespaces of another type than those stored or in use. */
export function namespaceDiffers(
  stateName: string,
  previousSnapshot: SerializerSnapshot,
  currentSnapshot: SerializerSnapshot,
  reason: string,
): StateError {
  const [previous, current] = [describeSnapshot(previousSnapshot), describeSnapshot(currentSnapshot)];
  return new StateError(
    'namespace-serializer-incompatible',
    `the namespaces of state '${stateName}' are of another type:\n  before:  ${previous}\n  program: ${current}\n  ${reason}\nNamespaces never migrate: go back to the type before, or give the state a new name.`,
    { details: { stateName, previous, current, reason } },
  );
}

/** The error for values of another type than those stored or in use. */
export function valueTypeDiffers(
  stateName: string,
  previousSnapshot: SerializerSnapshot,
  currentSnapshot: SerializerSnapshot,
  reason: string,
): StateError {
  const [previous, current] = [describeSnapshot(previousSnapshot), describeSnapshot(currentSnapshot)];
  return new StateError(
    'value-serializer-incompatible',
    `the values of state '${stateName}' cannot be read with the type of the program:\n  before:  ${previous}\n  program: ${current}\n  ${reason}\nGive the type a migration, go back to the type before, or give the state a new name.`,
    { details: { stateName, previous, current, reason } },
  );
}

function reconfigured(restored: RestoredState, descriptor: StateDescriptor): TypeSerializer<unknown> {
  let serializer = valueSerializerOf(descriptor);
  for (const schema of restored.schemas) {
    const answer = serializer.resolveCompatibility(schema.value);
    if (answer.outcome === 'compatible-with-reconfigured-serializer') serializer = answer.serializer;
  }
  return serializer;
}

function checkMapKey(previous: SerializerSnapshot, descriptor: StateDescriptor): void {
  if (descriptor.kind !== 'map') return;
  const answer = descriptor.key.resolveCompatibility(previous);
  if (answer.outcome === 'compatible-as-is') return;
  const [before, current] = [describeSnapshot(previous), describeSnapshot(descriptor.key.snapshot())];
  throw new StateError(
    'key-serializer-incompatible',
    `the map keys of state '${descriptor.name}' are of another type:\n  stored:  ${before}\n  program: ${current}\n  ${reasonOf(answer)}\nMap keys never migrate: go back to the stored type, or give the state a new name.`,
    { details: { stateName: descriptor.name, previous: before, current, reason: reasonOf(answer) } },
  );
}

/** The error for a state that was stored as another sort than the one of the program. */
export function kindDiffers(
  restored: RestoredState,
  { name, kind }: { readonly name: string; readonly kind: SegmentStateKind },
): StateError {
  return new StateError(
    'state-type-incompatible',
    `state '${name}' was written as ${restored.kind} state, the program declares a ${kind} state; declare the sort that was written, or give the state a new name`,
    { details: { stateName: name, previous: restored.kind, current: kind } },
  );
}

function valueDiffers(descriptor: StateDescriptor, schema: StateSchema, reason: string): StateError {
  return valueTypeDiffers(descriptor.name, schema.value, valueSerializerOf(descriptor).snapshot(), reason);
}

function reasonOf(answer: SchemaCompatibility<unknown>): string {
  return answer.outcome === 'incompatible' ? answer.reason : 'the type would have to migrate';
}
