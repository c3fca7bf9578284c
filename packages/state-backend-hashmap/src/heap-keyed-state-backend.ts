// The keyed state of one subtask on the heap.
//
// Owns: putting together the parts (current key, registry, tables, snapshots) and the walks over all keys. Leaves the
// entries to table/, the states to state/, what a snapshot contains to snapshot/ and the building blocks of the core.
//
//   HB1. Access is synchronous and touches no storage: what was restored is in memory before creation ends, decoded or
//        not.
//   HB2. A freeze changes no table: each finds out when it is changed or walked next.
//   HB3. Close gives running snapshots up and waits for them before the tables go.

import {
  type KeyGroupRange,
  type KeySerializer,
  type StateDescriptor,
  type StateOf,
  StateOptions,
} from '@tidemark/state-core';
import type {
  KeyedStateBackend,
  KeyedStateBackendParameters,
  KeyedStateHandle,
  KeyedStateOf,
  KeyGroupedInternalPriorityQueue,
  KeySelectionListener,
  PriorityQueueDescriptor,
  PriorityQueueElement,
  SnapshotContext,
  SnapshotResult,
  SnapshotView,
  StateMetrics,
  StateRestoreReport,
} from '@tidemark/state-core/spi';
import type { ValuePassingOptions } from '@tidemark/state-core/support';
import {
  AsyncSnapshotCallable,
  CloseableRegistry,
  CurrentKey,
  type FrozenIncrement,
  IdleWork,
  type IncrementalSnapshotParameters,
  type KeyedStateRegistration,
  KeyedStateRegistry,
  KeyedStateTracking,
  type PriorityQueueRegistration,
  RestoredKeyedState,
  restoredRecordCount,
  SnapshotBases,
  SnapshotChain,
  TtlCleanup,
  TtlClock,
  type TtlPolicy,
  tooManyConcurrentSnapshots,
  writeIncrementalSnapshot,
  writeKeyedSnapshot,
} from '@tidemark/state-core/support';
import type { SnapshotMode } from './hash-map-state-backend-options.js';
import { HeapChangesWriter } from './snapshot/heap-changes-writer.js';
import { uninterrupted } from './snapshot/uninterrupted-context.js';
import { type CreatedHeapState, createHeapState } from './state/create-heap-state.js';
import { HeapPriorityQueue } from './state/heap-priority-queue.js';
import { isVoidNamespace } from './state/heap-state.js';
import { tableTtlOf } from './state/table-ttl.js';
import { EpochClock } from './table/epoch-clock.js';
import { MapTable } from './table/map-table.js';
import type { StateTable, TableTypes } from './table/state-table.js';
import { StateTables } from './table/state-tables.js';
import { type SweptTable, TtlTableCursor } from './table/ttl-table-cursor.js';

/** How many snapshots of one backend may be written at the same time. */
export const MAX_CONCURRENT_SNAPSHOTS: number = 4;

/** Keyed state as live values in one slot table per state and key group. */
export class HeapKeyedStateBackend<K> implements KeyedStateBackend<K> {
  readonly keySerializer: KeySerializer<K>;
  readonly numberOfKeyGroups: number;
  readonly keyGroupRange: KeyGroupRange;

  private readonly parameters: KeyedStateBackendParameters<K>;
  private readonly snapshotMode: SnapshotMode;
  private readonly restored: RestoredKeyedState;
  private readonly registry: KeyedStateRegistry;
  private readonly currentKey: CurrentKey<K>;
  private readonly passing: ValuePassingOptions;
  private readonly epochs: EpochClock = new EpochClock();
  private readonly bases: SnapshotBases;
  private readonly states: Map<string, OpenedState<K>> = new Map();
  private readonly queues: Map<string, OpenedQueue> = new Map();
  private readonly snapshots: CloseableRegistry;
  private readonly idleDecoding: IdleWork;
  private readonly tracking: KeyedStateTracking<K> | undefined;
  private readonly ttlClock: TtlClock;
  private readonly ttlCleanup: TtlCleanup;
  private hasTtl = false;
  private runningSnapshots = 0;
  private lastState: LastState | undefined = undefined;
  private closing: Promise<void> | undefined = undefined;

  private constructor(
    parameters: KeyedStateBackendParameters<K>,
    restored: RestoredKeyedState,
    snapshotMode: SnapshotMode,
  ) {
    const { keySerializer, numberOfKeyGroups, keyGroupRange, restoredCheckpointId, config, operatorIdentifier } =
      parameters;
    const { clock, scheduler, ttlProcessingTimeMs = () => clock.nowMs() } = parameters;
    this.parameters = parameters;
    this.snapshotMode = snapshotMode;
    this.restored = restored;
    this.keySerializer = keySerializer;
    this.numberOfKeyGroups = numberOfKeyGroups;
    this.keyGroupRange = keyGroupRange;
    this.currentKey = new CurrentKey(parameters);
    this.ttlClock = new TtlClock({
      processingTimeMs: ttlProcessingTimeMs,
      keyGroupRange,
      restored: restored.ttlClocks,
    });
    this.ttlCleanup = new TtlCleanup({ clock, scheduler, sample: () => this.ttlClock.sample() });
    this.registry = new KeyedStateRegistry({
      keySerializer: keySerializer as KeySerializer<unknown>,
      restored,
      restoredCheckpointId,
      ttlClock: this.ttlClock,
    });
    this.passing = {
      objectReuse: config.get(StateOptions.OBJECT_REUSE),
      checkMutation: config.get(StateOptions.CHECK_MUTATION),
    };
    this.bases = new SnapshotBases(
      (isRemembering, forgettableEpoch) => {
        this.epochs.isRemembering = isRemembering;
        this.epochs.forgettableEpoch = forgettableEpoch;
      },
      restoredBaseOf(parameters, restored),
    );
    this.tracking = KeyedStateTracking.from({ config, clock, keyContext: this.currentKey, keySerializer });
    this.snapshots = new CloseableRegistry({ description: `the keyed state of ${operatorIdentifier}` });
    this.idleDecoding = new IdleWork(scheduler, clock, () => this.decodeStep());
  }

  /**
   * Makes the keyed state of one subtask and restores it.
   *
   * @throws StateError `key-serializer-incompatible`, `value-serializer-incompatible`, `state-type-incompatible`,
   * `max-parallelism-mismatch`, `state-already-registered`, `capability-missing`, codes of kind `corrupt`, `storage-*`;
   * nothing is left open then.
   */
  static async create<K>(
    parameters: KeyedStateBackendParameters<K>,
    snapshotMode: SnapshotMode = 'async',
  ): Promise<HeapKeyedStateBackend<K>> {
    const restored = await RestoredKeyedState.load(parameters);
    const backend = new HeapKeyedStateBackend(parameters, restored, snapshotMode);
    for (const descriptor of parameters.declaredStates) backend.registry.declare(descriptor);
    return backend;
  }

  get restoreReport(): StateRestoreReport {
    return this.registry.report();
  }

  setCurrentKey(key: K): void {
    this.currentKey.setCurrentKey(key);
  }

  getCurrentKey(): K | undefined {
    return this.currentKey.getCurrentKey();
  }

  clearCurrentKey(): void {
    this.currentKey.clearCurrentKey();
  }

  getCurrentKeyGroup(): number {
    return this.currentKey.getCurrentKeyGroup();
  }

  registerKeySelectionListener(listener: KeySelectionListener<K>): void {
    this.currentKey.registerKeySelectionListener(listener);
  }

  deregisterKeySelectionListener(listener: KeySelectionListener<K>): boolean {
    return this.currentKey.deregisterKeySelectionListener(listener);
  }

  getOrCreateKeyedState<N, D extends StateDescriptor>(
    namespaceSerializer: KeySerializer<N>,
    descriptor: D,
  ): KeyedStateOf<K, N, D> {
    this.currentKey.checkOpen();
    const registration = this.registry.register(namespaceSerializer as KeySerializer<unknown>, descriptor);
    const created = this.states.get(registration.name) ?? this.createState(registration);
    if (registration.ttl !== undefined) this.ttlCleanup.settingsChanged();
    return created.forProgram as KeyedStateOf<K, N, D>;
  }

  getPartitionedState<N, D extends StateDescriptor>(
    namespace: N,
    namespaceSerializer: KeySerializer<N>,
    descriptor: D,
  ): KeyedStateOf<K, N, D> {
    const { lastState } = this;
    if (lastState?.descriptor === descriptor && lastState.namespaceSerializer === namespaceSerializer) {
      this.currentKey.checkOpen();
      lastState.state.setCurrentNamespace(namespace);
      return lastState.state as unknown as KeyedStateOf<K, N, D>;
    }
    const state = this.getOrCreateKeyedState(namespaceSerializer, descriptor);
    state.setCurrentNamespace(namespace);
    this.lastState = { descriptor, namespaceSerializer, state: state as unknown as LastState['state'] };
    return state;
  }

  *getKeys<N>(stateName: string, namespace: N): Iterable<K> {
    this.currentKey.checkOpen();
    const registration = this.registry.get(stateName);
    if (registration === undefined) return;
    const identity = registration.namespaceSerializer.identity(namespace);
    for (const table of this.tablesOf(stateName))
      for (const key of table.keysOf(identity)) yield this.keyForProgram(key);
  }

  *getKeysAndNamespaces<N>(stateName: string): Iterable<readonly [key: K, namespace: N]> {
    this.currentKey.checkOpen();
    const namespaceSerializer = this.registry.get(stateName)?.namespaceSerializer;
    if (namespaceSerializer === undefined) return;
    for (const table of this.tablesOf(stateName)) {
      for (const [key, namespace] of table.keysAndNamespaces()) {
        yield [this.keyForProgram(key), namespaceSerializer.copy(namespace) as N];
      }
    }
  }

  applyToAllKeys<N, D extends StateDescriptor>(
    namespace: N,
    namespaceSerializer: KeySerializer<N>,
    descriptor: D,
    apply: (key: K, state: StateOf<D>) => void,
  ): void {
    const outerKey = this.currentKey.getCurrentKey();
    const state = this.getOrCreateKeyedState(namespaceSerializer, descriptor);
    // Collected first: the function may add and remove entries.
    const keys = [...this.getKeys(descriptor.name, namespace)];
    try {
      for (const key of keys) {
        this.currentKey.setCurrentKey(key);
        state.setCurrentNamespace(namespace);
        apply(key, state);
      }
    } finally {
      if (outerKey === undefined) this.currentKey.clearCurrentKey();
      else this.currentKey.setCurrentKey(outerKey);
    }
  }

  createPriorityQueue<N, P>(
    descriptor: PriorityQueueDescriptor<N, P>,
  ): KeyGroupedInternalPriorityQueue<PriorityQueueElement<K, N, P>> {
    this.currentKey.checkOpen();
    const registration = this.registry.registerPriorityQueue(descriptor as PriorityQueueDescriptor<unknown, unknown>);
    const opened = this.queues.get(registration.name) ?? this.openQueue(registration);
    return opened.queue as HeapPriorityQueue<K, N, P>;
  }

  advanceEventTime(timestampMs: number): void {
    this.currentKey.checkOpen();
    this.ttlClock.advanceEventTime(timestampMs);
  }

  snapshot(context: SnapshotContext): SnapshotView<KeyedStateHandle> {
    this.currentKey.checkOpen();
    const { clock, operatorIdentifier } = this.parameters;
    if (this.runningSnapshots >= MAX_CONCURRENT_SNAPSHOTS) {
      throw tooManyConcurrentSnapshots(context.checkpointId, operatorIdentifier, MAX_CONCURRENT_SNAPSHOTS);
    }
    const { registrations } = this.registry;
    const restored = this.restored.freeze();
    const frozen = this.epochs.freeze();
    const increment = this.bases.freeze(context, frozen.epoch);
    const ttlTime = this.ttlClock.freeze();
    this.runningSnapshots++;
    const entries = new HeapChangesWriter(
      this.keySerializer as KeySerializer<unknown>,
      {
        peek: ({ name }, keyGroup) => this.openedOf(name)?.tables.peek(keyGroup),
        verify: ({ name }, value) => this.states.get(name)?.state.verifyUnchanged(value as never),
      },
      frozen,
      ttlTime,
    );
    return new AsyncSnapshotCallable<KeyedStateHandle>({
      context: this.snapshotMode === 'sync' ? uninterrupted(context) : context,
      owner: this.snapshots,
      clock,
      call: (run) =>
        this.write(increment, {
          run,
          keySerializer: this.keySerializer,
          numberOfKeyGroups: this.numberOfKeyGroups,
          keyGroupRange: this.keyGroupRange,
          registrations,
          restored,
          entries,
          restampingOf: this.registry.restampingAsOf(registrations),
          rewritingOf: this.registry.rewritingAsOf(registrations),
          ttlTime,
          random: this.parameters.random,
          backendName: 'hashmap',
        }),
      cleanup: () => {
        this.runningSnapshots--;
        this.epochs.release(frozen);
        if (increment !== undefined) this.bases.release(increment);
        for (const { tables } of [...this.states.values(), ...this.queues.values()]) {
          for (const table of tables.made()) {
            table.releaseView(frozen);
            table.log.forget();
          }
        }
      },
    });
  }

  private async write(
    increment: FrozenIncrement | undefined,
    parameters: Omit<IncrementalSnapshotParameters<K>, 'increment'>,
  ): Promise<SnapshotResult<KeyedStateHandle>> {
    if (increment === undefined) {
      return writeKeyedSnapshot(parameters);
    }
    const { handle, chain, ...kept } = await writeIncrementalSnapshot({ ...parameters, increment });
    this.bases.complete(increment, chain);
    return { jobManagerOwned: handle, ...kept };
  }

  // The base that a checkpoint names says what is needed no more: completion and replacement say nothing else (N4 of
  // snapshot-context.ts).
  notifyCheckpointComplete(): void {}
  notifyCheckpointAborted(checkpointId: number): void {
    this.bases.abort(checkpointId);
  }
  notifyCheckpointSubsumed(): void {}

  numKeyValueStateEntries(): number {
    this.currentKey.checkOpen();
    let count = 0;
    for (const name of this.states.keys()) for (const table of this.tablesOf(name)) count += table.entryCount;
    return count;
  }

  /**
   * `entries` and `<state>.entries` count map entries and elements of queues one by one; what was restored and not decoded
   * yet counts as it is stored, since counting decodes nothing.
   */
  metrics(): StateMetrics {
    const entriesOfStates: Record<string, number> = {};
    let decodedEntries = 0;
    let entries = 0;
    for (const name of new Set([...this.restored.states.keys(), ...this.states.keys(), ...this.queues.keys()])) {
      let decoded = 0;
      for (const table of this.openedOf(name)?.tables.made() ?? []) decoded += table.live;
      const count = decoded + restoredRecordCount(this.restored, name);
      entriesOfStates[`${name}.entries`] = count;
      decodedEntries += decoded;
      entries += count;
    }
    let expiredEntries = 0;
    for (const { ttl } of this.registry.registrations) expiredEntries += ttl?.expiredEntries ?? 0;
    return {
      registeredStates: this.registry.size,
      entries,
      decodedEntries,
      rawBytes: this.restored.sizeBytes,
      expiredEntries,
      runningSnapshots: this.runningSnapshots,
      ...entriesOfStates,
      ...this.tracking?.metrics(),
    };
  }

  close(): Promise<void> {
    this.closing ??= this.closeOnce();
    return this.closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private async closeOnce(): Promise<void> {
    this.currentKey.close();
    this.idleDecoding.stop();
    this.ttlCleanup.stop();
    this.lastState = undefined;
    await this.snapshots.close();
    this.states.clear();
    this.queues.clear();
    this.restored.clear();
  }

  private createState(registration: KeyedStateRegistration): OpenedState<K> {
    const { keyGroupRange, restored, keySerializer, currentKey, passing } = this;
    const created = createHeapState(
      { currentKey, keySerializer, passing },
      { registration, keyGroupRange, restored },
      {
        clock: this.epochs,
        key: keySerializer as KeySerializer<unknown>,
        namespace: registration.namespaceSerializer,
        mapKey: registration.mapKeySerializer,
        isVoidNamespace: isVoidNamespace(registration),
        ...tableTtlOf(registration, passing),
      },
    );
    const opened = { ...created, forProgram: this.tracking?.track(created.state, registration) ?? created.state };
    this.states.set(registration.name, opened);
    if (registration.ttl !== undefined) this.cleanUp(registration.ttl, created.tables as StateTables<SweptTable>);
    this.idleDecoding.wake();
    return opened;
  }

  private openQueue(registration: PriorityQueueRegistration): OpenedQueue {
    const { keyGroupRange, restored, currentKey, keySerializer, passing } = this;
    const types: TableTypes = {
      clock: this.epochs,
      key: keySerializer as KeySerializer<unknown>,
      namespace: registration.namespaceSerializer,
      mapKey: registration.mapKeySerializer,
      isVoidNamespace: isVoidNamespace(registration),
    };
    const tables = new StateTables({ registration, keyGroupRange, restored, createTable: () => new MapTable(types) });
    const { objectReuse } = passing;
    const queue = new HeapPriorityQueue({ currentKey, keySerializer, keyGroupRange, tables, objectReuse });
    const opened = { queue, tables };
    this.queues.set(registration.name, opened);
    this.idleDecoding.wake();
    return opened;
  }

  /** The state or queue of a name. */
  private openedOf(
    name: string,
  ): { readonly tables: CreatedHeapState<K>['tables'] | OpenedQueue['tables'] } | undefined {
    return this.states.get(name) ?? this.queues.get(name);
  }

  private cleanUp(policy: TtlPolicy, tables: StateTables<SweptTable>): void {
    const { ttlClock, ttlCleanup } = this;
    ttlClock.sample();
    // Without any time to live choosing a key costs nothing for it.
    if (!this.hasTtl) {
      this.hasTtl = true;
      this.currentKey.registerKeySelectionListener(() => {
        ttlClock.sample();
        ttlCleanup.recordBegins();
      });
    }
    ttlCleanup.add({
      policy,
      createCursor: () => new TtlTableCursor(tables),
      setOnAccess: (onAccess) => {
        tables.onAccess = onAccess;
      },
    });
  }

  private tablesOf(stateName: string): Iterable<StateTable> {
    return this.states.get(stateName)?.tables.all() ?? [];
  }

  private decodeStep(): boolean {
    for (const { tables } of this.states.values()) if (tables.decodeStep()) return true;
    for (const { tables } of this.queues.values()) if (tables.decodeStep()) return true;
    return false;
  }

  private keyForProgram(key: unknown): K {
    const { keySerializer } = this;
    return keySerializer.isImmutableType || this.passing.objectReuse ? (key as K) : keySerializer.copy(key as K);
  }
}

/** What the first increment may build on, where it may. */
function restoredBaseOf<K>(
  { restoredCheckpointId, stateHandles, keyGroupRange }: KeyedStateBackendParameters<K>,
  restored: RestoredKeyedState,
): { readonly checkpointId: number; readonly chain: SnapshotChain } | undefined {
  if (restoredCheckpointId === undefined) return undefined;
  const chain = SnapshotChain.ofRestored(stateHandles, keyGroupRange, restored);
  return chain && { checkpointId: restoredCheckpointId, chain };
}

/** A state as the backend has it, and as the program gets it: the same object unless its calls are tracked. */
interface OpenedState<K> extends CreatedHeapState<K> {
  readonly forProgram: unknown;
}

/** A queue and the tables that it is kept in. */
interface OpenedQueue {
  // The types of namespace and priority differ from queue to queue.
  readonly queue: unknown;
  readonly tables: StateTables<MapTable, PriorityQueueRegistration>;
}

interface LastState {
  readonly descriptor: StateDescriptor;
  readonly namespaceSerializer: unknown;
  readonly state: { setCurrentNamespace(namespace: unknown): void };
}
