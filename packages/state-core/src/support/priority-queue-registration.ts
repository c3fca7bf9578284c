// What is checked of a queue when the program asks for it, and its schema.
//
//   PR1. The bytes of namespace and priority are where an element lives: neither ever migrates.
//   PR2. A queue is a map without values: its entries have a value of no bytes.

import { StateError } from '../error/state-error.js';
import { requireKeySerializer } from '../serialization/require-key-serializer.js';
import { describeSnapshot, snapshotsEqual } from '../serialization/serializer-snapshot.js';
import type { KeySerializer, SerializerSnapshot, TypeSerializer } from '../serialization/type-serializer.js';
import { voidNamespaceSerializer } from '../state/namespace.js';
import type { PriorityQueueDescriptor } from '../state-backend/priority-queue.js';
import type { EntriesRegistration } from './keyed-state-registry.js';
import { checkNamespacesAgain, kindDiffers, readNamespaces } from './restored-compatibility.js';
import type { RestoredState } from './restored-keyed-state.js';
import type { TtlRestamping } from './ttl-restamping.js';

/** A queue that the program uses. */
export interface PriorityQueueRegistration extends EntriesRegistration {
  readonly kind: 'priority-queue';
  /** Of the priorities. */
  readonly mapKeySerializer: KeySerializer<unknown>;
}

/** What a registration of a queue is made from, besides its descriptor. */
export interface QueueRegistrationParameters {
  readonly id: number;
  readonly keySerializer: KeySerializer<unknown>;
  readonly restored: RestoredState | undefined;
  readonly restamping: TtlRestamping;
}

const NO_VALUE: TypeSerializer<unknown> = voidNamespaceSerializer as TypeSerializer<unknown>;

/** The registration of a queue that was not registered yet. @throws as `KeyedStateRegistry.registerPriorityQueue`. */
export function createQueueRegistration(
  descriptor: PriorityQueueDescriptor<unknown, unknown>,
  { id, keySerializer, restored, restamping }: QueueRegistrationParameters,
): PriorityQueueRegistration {
  const { name } = descriptor;
  if (typeof name !== 'string' || name.length === 0)
    throw new TypeError('a priority queue needs a name: a string that is not empty');
  const given = keySerializerOf(descriptor.namespace, 'namespace', `the namespaces of queue '${name}'`);
  const priority = keySerializerOf(descriptor.priority, 'priority', `the priorities of queue '${name}'`);
  if (restored !== undefined && restored.kind !== 'priority-queue') {
    throw kindDiffers(restored, { kind: 'priority-queue', name });
  }
  for (const { mapKey } of restored?.schemas ?? []) checkPriorities(name, mapKey as SerializerSnapshot, priority);
  const namespace = restored === undefined ? given : readNamespaces(restored, given);
  return {
    id,
    name,
    kind: 'priority-queue',
    namespaceSerializer: namespace,
    valueSerializer: NO_VALUE,
    mapKeySerializer: priority,
    schema: {
      id,
      name,
      kind: 'priority-queue',
      namespace: namespace.snapshot(),
      value: NO_VALUE.snapshot(),
      mapKey: priority.snapshot(),
      ttl: false,
    },
    readerOf: () => ({ key: keySerializer, namespace, mapKey: priority, value: NO_VALUE, ttl: false, stateName: name }),
    ttl: undefined,
    restamping,
  };
}

/** The registration of a queue that is asked for again. @throws as `KeyedStateRegistry.registerPriorityQueue`. */
export function checkQueueAgain(
  existing: PriorityQueueRegistration,
  { namespace, priority }: PriorityQueueDescriptor<unknown, unknown>,
): PriorityQueueRegistration {
  const { name, schema, namespaceSerializer, mapKeySerializer } = existing;
  if (namespace !== namespaceSerializer) {
    checkNamespacesAgain(
      name,
      schema.namespace,
      keySerializerOf(namespace, 'namespace', `the namespaces of queue '${name}'`),
    );
  }
  if (priority === mapKeySerializer) return existing;
  const asked = keySerializerOf(priority, 'priority', `the priorities of queue '${name}'`).snapshot();
  if (!snapshotsEqual(mapKeySerializer.snapshot(), asked)) {
    throw prioritiesDiffer(name, mapKeySerializer.snapshot(), asked, 'the queue is in use');
  }
  return existing;
}

function keySerializerOf(
  serializer: KeySerializer<unknown>,
  option: 'namespace' | 'priority',
  what: string,
): KeySerializer<unknown> {
  if (typeof serializer?.serialize !== 'function') {
    throw new TypeError(
      `${what}: a type is missing in '${option}'; the descriptor of a queue takes { name: 'timers', namespace: voidNamespaceSerializer, priority: safeInteger }`,
    );
  }
  return requireKeySerializer(serializer, what);
}

function checkPriorities(name: string, stored: SerializerSnapshot, priority: KeySerializer<unknown>): void {
  const answer = priority.resolveCompatibility(stored);
  if (answer.outcome === 'compatible-as-is') return;
  const reason = answer.outcome === 'incompatible' ? answer.reason : 'the type would have to migrate';
  throw prioritiesDiffer(name, stored, priority.snapshot(), reason);
}

function prioritiesDiffer(
  stateName: string,
  before: SerializerSnapshot,
  now: SerializerSnapshot,
  reason: string,
): StateError {
  const [previous, current] = [describeSnapshot(before), describeSnapshot(now)];
  return new StateError(
    'key-serializer-incompatible',
    `the priorities of queue '${stateName}' are of another type:\n  before:  ${previous}\n  program: ${current}\n  ${reason}\nPriorities never migrate: go back to the type before, or give the queue a new name.`,
    { details: { stateName, previous, current, reason } },
  );
}
