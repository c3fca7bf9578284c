// The operator state of one subtask, always on the heap, whichever backend keeps the keyed state.
//
//   D1. One name is one state of one mode, for lists and broadcast states together.
//   D2. Asking again gives the same object; the descriptor of the second call is not compared.
//   D3. What was restored is decoded when it is first asked for; what nobody asks for is kept (operator-state-restore.ts).

import { StateOptions } from '../config/state-options.js';
import { StateError } from '../error/state-error.js';
import type { OperatorStateHandle, OperatorStateMode } from '../handle/operator-state-handle.js';
import type { BroadcastState, ListState } from '../state/state.js';
import type { ListStateDescriptor, MapStateDescriptor } from '../state/state-descriptor.js';
import type { OperatorStateBackendParameters } from '../state-backend/keyed-state-backend-parameters.js';
import type { OperatorStateBackend } from '../state-backend/operator-state-backend.js';
import type { SnapshotContext, SnapshotView } from '../state-backend/snapshot-context.js';
import { CloseableRegistry } from './closeable-registry.js';
import { HeapBroadcastState } from './heap-broadcast-state.js';
import {
  decodeRestoredBroadcast,
  decodeRestoredList,
  type RestoredOperatorState,
  restoreOperatorState,
} from './operator-state-restore.js';
import { OperatorStateSnapshotStrategy, type RegisteredOperatorState } from './operator-state-snapshot-strategy.js';
import { type OperatorStateAccess, PartitionableListState } from './partitionable-list-state.js';

/** The most states of one operator. */
const STATES_MAX = 32_767;

/**
 * The {@link OperatorStateBackend} of every state backend of ours. Flink's DefaultOperatorStateBackend.
 *
 * @example
 * const backend = await DefaultOperatorStateBackend.create(parameters);
 * const buffered = backend.getListState(new ListStateDescriptor('buffered', { type: string }));
 */
export class DefaultOperatorStateBackend implements OperatorStateBackend {
  private readonly registered: Map<string, RegisteredOperatorState> = new Map();
  private readonly restored: Map<string, RestoredOperatorState>;
  private readonly snapshots: CloseableRegistry = new CloseableRegistry({ description: 'the operator state backend' });
  private readonly strategy: OperatorStateSnapshotStrategy;
  private readonly operatorIdentifier: string;
  private readonly access: OperatorStateAccess;
  private closed = false;

  private constructor(parameters: OperatorStateBackendParameters, restored: Map<string, RestoredOperatorState>) {
    this.operatorIdentifier = parameters.operatorIdentifier;
    const objectReuse = parameters.config.get(StateOptions.OBJECT_REUSE);
    this.access = { checkOpen: () => this.checkOpen(), objectReuse };
    this.restored = restored;
    const source = { registered: this.registered, restored };
    this.strategy = new OperatorStateSnapshotStrategy(source, this.snapshots, parameters.clock);
  }

  /**
   * Makes the operator state of one subtask and restores it.
   *
   * @throws StateError `file-missing`, `bytes-truncated`, `checksum-mismatch`, `snapshot-invalid`,
   * `format-version-unsupported`, `path-not-allowed`, `storage-*`. The reason of the signal once it has fired.
   */
  static async create(parameters: OperatorStateBackendParameters): Promise<DefaultOperatorStateBackend> {
    const restored = await restoreOperatorState(parameters.stateHandles, parameters.stateReader, parameters.signal);
    return new DefaultOperatorStateBackend(parameters, restored);
  }

  /** @throws StateError `state-already-registered`, `state-type-incompatible`, `value-serializer-incompatible`, `too-many-states`, `backend-closed`. */
  getListState<T>(descriptor: ListStateDescriptor<T>): ListState<T> {
    return this.listState(descriptor, 'SPLIT_DISTRIBUTE');
  }

  /** @throws StateError as {@link getListState}. */
  getUnionListState<T>(descriptor: ListStateDescriptor<T>): ListState<T> {
    return this.listState(descriptor, 'UNION');
  }

  /** @throws StateError as {@link getListState}, and `key-serializer-incompatible`. */
  getBroadcastState<K, V>(descriptor: MapStateDescriptor<K, V>): BroadcastState<K, V> {
    const known = this.find(descriptor.name, 'BROADCAST');
    if (known !== undefined) return known as unknown as BroadcastState<K, V>;
    const { name } = descriptor;
    const parts = this.takeRestored(name, 'BROADCAST')?.parts as
      | Extract<RestoredOperatorState, { mode: 'BROADCAST' }>['parts']
      | undefined;
    const { keySerializer, valueSerializer, entries } = decodeRestoredBroadcast(
      name,
      parts ?? [],
      descriptor.key,
      descriptor.value,
    );
    const state = new HeapBroadcastState(name, keySerializer, valueSerializer, this.access);
    state.putAll(entries);
    this.register('BROADCAST', state as unknown as RegisteredOperatorState['state']);
    return state;
  }

  getRegisteredStateNames(): ReadonlySet<string> {
    return this.names((mode) => mode !== 'BROADCAST');
  }

  getRegisteredBroadcastStateNames(): ReadonlySet<string> {
    return this.names((mode) => mode === 'BROADCAST');
  }

  snapshot(context: SnapshotContext): SnapshotView<OperatorStateHandle> {
    this.checkOpen();
    return this.strategy.prepare(context);
  }

  // Snapshots are complete in themselves: what becomes of them changes nothing here.
  notifyCheckpointComplete(_checkpointId: number): void {}
  notifyCheckpointAborted(_checkpointId: number): void {}
  notifyCheckpointSubsumed(_checkpointId: number): void {}

  async close(): Promise<void> {
    this.closed = true;
    await this.snapshots.close();
    this.registered.clear();
    this.restored.clear();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private checkOpen(): void {
    if (!this.closed) return;
    throw new StateError(
      'backend-closed',
      `the operator state of ${this.operatorIdentifier} has been closed: use no state after close()`,
    );
  }

  private listState<T>(descriptor: ListStateDescriptor<T>, mode: 'SPLIT_DISTRIBUTE' | 'UNION'): ListState<T> {
    const known = this.find(descriptor.name, mode);
    if (known !== undefined) return known as unknown as ListState<T>;
    const { name } = descriptor;
    const parts = this.takeRestored(name, mode)?.parts as
      | Extract<RestoredOperatorState, { mode: 'UNION' | 'SPLIT_DISTRIBUTE' }>['parts']
      | undefined;
    const { serializer, elements } = decodeRestoredList(name, parts ?? [], descriptor.type);
    const state = new PartitionableListState(name, serializer, this.access, elements);
    this.register(mode, state as unknown as RegisteredOperatorState['state']);
    return state;
  }

  private find(name: string, mode: OperatorStateMode): RegisteredOperatorState['state'] | undefined {
    this.checkOpen();
    const known = this.registered.get(name);
    if (known === undefined || known.mode === mode) return known?.state;
    throw new StateError(
      'state-already-registered',
      `the operator state '${name}' is in use as ${known.mode} and asked for as ${mode}: a state has one mode; use ${accessorOf(known.mode)} or another name`,
      { details: { stateName: name, mode, registeredMode: known.mode } },
    );
  }

  private takeRestored(name: string, mode: OperatorStateMode): RestoredOperatorState | undefined {
    const restored = this.restored.get(name);
    if (restored === undefined && this.registered.size + this.restored.size >= STATES_MAX) throw tooManyStates(name);
    if (restored === undefined || restored.mode === mode) return restored;
    throw new StateError(
      'state-type-incompatible',
      `the operator state '${name}' was restored as ${restored.mode} and is asked for as ${mode}: use ${accessorOf(restored.mode)}, or another name`,
      { details: { stateName: name, mode, restoredMode: restored.mode } },
    );
  }

  private register(mode: OperatorStateMode, state: RegisteredOperatorState['state']): void {
    this.registered.set(state.name, { mode, state });
    this.restored.delete(state.name);
  }

  private names(wanted: (mode: OperatorStateMode) => boolean): ReadonlySet<string> {
    const names = new Set<string>();
    for (const [name, { mode }] of [...this.registered, ...this.restored]) {
      if (wanted(mode)) names.add(name);
    }
    return names;
  }
}

function accessorOf(mode: OperatorStateMode): string {
  if (mode === 'BROADCAST') return 'getBroadcastState';
  return mode === 'UNION' ? 'getUnionListState' : 'getListState';
}

function tooManyStates(name: string): StateError {
  return new StateError(
    'too-many-states',
    `the operator state '${name}' would be one more than the ${STATES_MAX} that an operator may have; keep the parts in one state, for example as the entries of a broadcast state`,
    { details: { stateName: name, statesMax: STATES_MAX } },
  );
}
