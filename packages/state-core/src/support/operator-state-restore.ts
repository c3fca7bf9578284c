// Restored operator state: read and checked when the backend is made, decoded when a program asks for it.
//
//   R1. A state that nobody asks for stays as it was written and goes into every snapshot unchanged.
//   R2. Elements of several handles follow one another in the order of the handles; of a broadcast key the last wins.
//   R3. A stream is read once and checked whole before any of it is used.
//   R4. Keys of a broadcast state may migrate: the whole map is decoded at once, and nothing else depends on their bytes.
//       Of two old keys that become the same new one the last wins.

import type { StateHandleReader } from '../checkpoint-storage/checkpoint-stream.js';
import { StateError } from '../error/state-error.js';
import type {
  OperatorStateHandle,
  OperatorStateMode,
  OperatorStatePartitions,
} from '../handle/operator-state-handle.js';
import { streamStateSizeBytes } from '../handle/stream-state-handle.js';
import { BUILT_IN_TYPES } from '../serialization/custom-serializer.js';
import { deserializeFromBytes, deserializeKeyFromBytes, serializeToBytes } from '../serialization/key-bytes.js';
import { restoreSerializer } from '../serialization/restore-serializer.js';
import { describeSnapshot } from '../serialization/serializer-snapshot.js';
import {
  isKeySerializer,
  type KeySerializer,
  type SerializerSnapshot,
  type TypeSerializer,
  type ValueReader,
} from '../serialization/type-serializer.js';
import { OperatorStateContent, type OperatorStateSchema } from './operator-state-format.js';

/** Elements of a list that were written under one schema. */
export interface RestoredListPart {
  readonly schema: OperatorStateSchema;
  readonly elements: readonly Uint8Array[];
}

/** Entries of a broadcast state that were written under one schema. */
export interface RestoredBroadcastPart {
  readonly schema: OperatorStateSchema;
  readonly entries: readonly (readonly [key: Uint8Array, value: Uint8Array])[];
}

/** A restored state that nobody has asked for yet. */
export type RestoredOperatorState =
  | {
      readonly name: string;
      readonly mode: Exclude<OperatorStateMode, 'BROADCAST'>;
      readonly parts: RestoredListPart[];
    }
  | { readonly name: string; readonly mode: 'BROADCAST'; readonly parts: RestoredBroadcastPart[] };

/**
 * Reads what the handles name (R2, R3).
 *
 * @throws StateError `file-missing`, `bytes-truncated`, `checksum-mismatch`, `snapshot-invalid`,
 * `format-version-unsupported`, `path-not-allowed`, `storage-*`.
 */
export async function restoreOperatorState(
  handles: readonly OperatorStateHandle[],
  reader: StateHandleReader,
  signal: AbortSignal,
): Promise<Map<string, RestoredOperatorState>> {
  const states = new Map<string, RestoredOperatorState>();
  for (const handle of handles) {
    signal.throwIfAborted();
    const content = OperatorStateContent.open(await readStream(handle, reader, signal), handle.checksum);
    for (const partitions of handle.states) addPartitions(states, partitions, content);
  }
  return states;
}

async function readStream(
  handle: OperatorStateHandle,
  reader: StateHandleReader,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const input = await reader.openInput(handle.stream, signal);
  try {
    const known = streamStateSizeBytes(handle.stream);
    if (known > 0 && known !== input.sizeBytes) {
      throw invalid(`its stream has ${input.sizeBytes} bytes, the checkpoint names ${known}`);
    }
    return await input.read(0, input.sizeBytes);
  } finally {
    await input.close();
  }
}

function addPartitions(
  states: Map<string, RestoredOperatorState>,
  partitions: OperatorStatePartitions,
  content: OperatorStateContent,
): void {
  const { name, mode, offsets } = partitions;
  const regions = content.regions.filter((region) => region.name === name && region.mode === mode);
  if (regions.length === 0) throw invalid(`it has no ${mode} state '${name}', which the checkpoint names`);
  const known = states.get(name) ?? ({ name, mode, parts: [] } as RestoredOperatorState);
  if (known.mode !== mode) throw invalid(`its state '${name}' is ${known.mode} in one subtask and ${mode} in another`);
  states.set(name, known);
  let found = 0;
  for (const region of regions) {
    if (known.mode === 'BROADCAST') {
      if (!offsets.includes(region.start)) continue;
      known.parts.push({ schema: region.schema, entries: content.entries(region) });
      found++;
    } else {
      const elements = content.elements(region, offsets);
      known.parts.push({ schema: region.schema, elements });
      found += elements.length;
    }
  }
  if (found !== offsets.length)
    throw invalid(`${offsets.length - found} of the positions of its state '${name}' lie outside the state`);
}

/** The list that a program asks for, out of what was restored, and the serializer to go on with. */
export function decodeRestoredList<T>(
  name: string,
  parts: readonly RestoredListPart[],
  serializer: TypeSerializer<T>,
): { readonly serializer: TypeSerializer<T>; readonly elements: T[] } {
  let current = serializer;
  const elements: T[] = [];
  for (const { schema, elements: stored } of parts) {
    const resolved = resolveValues(name, schema.value, current);
    current = resolved.serializer;
    for (const bytes of stored) elements.push(deserializeFromBytes(resolved.reader, bytes));
  }
  return { serializer: current, elements };
}

/** The entries that a program asks for, out of what was restored, and the serializers to go on with. */
export function decodeRestoredBroadcast<K, V>(
  name: string,
  parts: readonly RestoredBroadcastPart[],
  keySerializer: KeySerializer<K>,
  valueSerializer: TypeSerializer<V>,
): {
  readonly keySerializer: KeySerializer<K>;
  readonly valueSerializer: TypeSerializer<V>;
  readonly entries: (readonly [K, V])[];
} {
  let keys = keySerializer;
  let values = valueSerializer;
  const entries: (readonly [K, V])[] = [];
  for (const { schema, entries: stored } of parts) {
    const resolvedKeys = resolveKeys(name, schema.key, keys);
    const resolvedValues = resolveValues(name, schema.value, values);
    keys = resolvedKeys.serializer;
    values = resolvedValues.serializer;
    for (const [key, value] of stored)
      entries.push([resolvedKeys.read(key), deserializeFromBytes(resolvedValues.reader, value)]);
  }
  return { keySerializer: keys, valueSerializer: values, entries };
}

function resolveValues<T>(
  name: string,
  previous: SerializerSnapshot,
  serializer: TypeSerializer<T>,
): { readonly serializer: TypeSerializer<T>; readonly reader: ValueReader<T> } {
  const answer = serializer.resolveCompatibility(previous);
  switch (answer.outcome) {
    case 'compatible-as-is':
      return { serializer, reader: serializer };
    case 'compatible-after-migration':
      return { serializer, reader: answer.previous };
    case 'compatible-with-reconfigured-serializer':
      return { serializer: answer.serializer, reader: answer.serializer };
    case 'incompatible':
      throw incompatible('value-serializer-incompatible', `values of operator state '${name}'`, name, {
        previous,
        serializer,
        reason: answer.reason,
      });
  }
}

/** What goes on with the keys of a broadcast state, and what reads the stored ones (R4). */
function resolveKeys<K>(
  name: string,
  previous: SerializerSnapshot | undefined,
  serializer: KeySerializer<K>,
): { readonly serializer: KeySerializer<K>; read(bytes: Uint8Array): K } {
  const asIs = (own: KeySerializer<K>) => ({
    serializer: own,
    read: (bytes: Uint8Array) => deserializeKeyFromBytes(own, bytes),
  });
  if (previous === undefined) return asIs(serializer);
  const answer = serializer.resolveCompatibility(previous);
  if (answer.outcome === 'compatible-as-is') return asIs(serializer);
  if (answer.outcome === 'compatible-with-reconfigured-serializer' && isKeySerializer(answer.serializer))
    return asIs(answer.serializer);
  const read = answer.outcome === 'compatible-after-migration' ? oldKeys(answer.previous, previous) : undefined;
  if (read !== undefined) return { serializer, read };
  const reason =
    answer.outcome === 'incompatible'
      ? answer.reason
      : 'stored keys are canonical bytes, and what would have to read them is no KeySerializer';
  throw incompatible('key-serializer-incompatible', `keys of broadcast state '${name}'`, name, {
    previous,
    serializer,
    reason,
  });
}

/** Reads stored keys for a migration: its reader takes the bytes of values, into which canonical bytes are turned. */
function oldKeys<K>(reader: ValueReader<K>, previous: SerializerSnapshot): ((bytes: Uint8Array) => K) | undefined {
  if (isKeySerializer(reader as TypeSerializer<K>))
    return (bytes) => deserializeKeyFromBytes(reader as KeySerializer<K>, bytes);
  if (!BUILT_IN_TYPES.has(previous.type)) return undefined;
  const old = restoreSerializer(previous);
  if (!isKeySerializer(old)) return undefined;
  return (bytes) => deserializeFromBytes(reader, serializeToBytes(old, deserializeKeyFromBytes(old, bytes)));
}

function incompatible(
  code: 'key-serializer-incompatible' | 'value-serializer-incompatible',
  what: string,
  stateName: string,
  {
    previous,
    serializer,
    reason,
  }: {
    readonly previous: SerializerSnapshot;
    readonly serializer: { snapshot(): SerializerSnapshot };
    readonly reason: string;
  },
): StateError {
  const [before, current] = [describeSnapshot(previous), describeSnapshot(serializer.snapshot())];
  return new StateError(
    code,
    `the restored ${what} cannot be read with the type of the program:\n  before:  ${before}\n  program: ${current}\n  ${reason}\nGive the type a migration, go back to the type before, or give the state a new name.`,
    { details: { stateName, previous: before, current, reason } },
  );
}

function invalid(what: string): StateError {
  return new StateError(
    'snapshot-invalid',
    `the operator state cannot be restored: ${what}; restore from another checkpoint and keep this one for study`,
    { details: { what } },
  );
}
