// The keyed state of one subtask over a keyed store.
//
// Owns: putting together the parts (current key, registry, cells, stored entries, snapshots) and the walks over all keys.
// Leaves what is in memory to the cells, bytes and what snapshots contain to stored-entries.ts, and states to the files of
// their names.
//
//   SB1. Access is synchronous. Where a store has to be waited for, `prepare(keys)` comes first.
//   SB2. A freeze counts on: what is in memory finds out when it is changed or written next.
//   SB3. Close gives running snapshots up and waits for them, then the stored entries go, then the store.

import { StateOptions } from '../config/state-options.js';
import type { KeyedStateHandle } from '../handle/keyed-state-handle.js';
import { computeKeyGroupForKeyHash } from '../key-group/key-group-assignment.js';
import type { KeyGroupRange } from '../key-group/key-group-range.js';
import type { KeySerializer } from '../serialization/type-serializer.js';
import type { StateDescriptor, StateOf } from '../state/state-descriptor.js';
import type {
  KeyedStateBackend,
  KeyedStateOf,
  KeySelectionListener,
  StateMetrics,
} from '../state-backend/keyed-state-backend.js';
import type { KeyedStateBackendParameters } from '../state-backend/keyed-state-backend-parameters.js';
import type { KeyedStore } from '../state-backend/keyed-store.js';
import type {
  KeyGroupedInternalPriorityQueue,
  PriorityQueueDescriptor,
  PriorityQueueElement,
} from '../state-backend/priority-queue.js';
import type { SnapshotContext, SnapshotView } from '../state-backend/snapshot-context.js';
import type { StateRestoreReport } from '../state-backend/state-restore-report.js';
import { AsyncSnapshotCallable } from '../support/async-snapshot-callable.js';
import { CloseableRegistry } from '../support/closeable-registry.js';
import { CurrentKey } from '../support/keyed-current-key.js';
import { type KeyedStateRegistration, KeyedStateRegistry } from '../support/keyed-state-registry.js';
import { KeyedStateTracking } from '../support/keyed-state-tracking.js';
import type { PriorityQueueRegistration } from '../support/priority-queue-registration.js';
import { IdleWork } from '../support/restored-idle-work.js';
import { RestoredKeyedState } from '../support/restored-keyed-state.js';
import { restoredRecordCount } from '../support/restored-record-count.js';
import { SnapshotChain } from '../support/snapshot-chain.js';
import { tooManyConcurrentSnapshots } from '../support/too-many-concurrent-snapshots.js';
import { TtlCleanup } from '../support/ttl-cleanup.js';
import { TtlClock } from '../support/ttl-clock.js';
import type { TtlPolicy } from '../support/ttl-policy.js';
import { ValuePassing, type ValuePassingOptions } from '../support/value-passing.js';
import { CellCache } from './cell-cache.js';
import { CellTables } from './cell-tables.js';
import { createStoredState } from './create-stored-state.js';
import { entryCountOf, type LooksLeft } from './entry-count.js';
import { keysOfTable } from './key-walk.js';
import { RestoredSpill } from './restored-spill.js';
import { StoredEntries } from './stored-entries.js';
import { StoredPriorityQueue } from './stored-priority-queue.js';
import { isVoidNamespace, type StoredState } from './stored-state.js';
import { StoredTtlCursor } from './stored-ttl-cursor.js';
import { ValueSizes } from './value-sizes.js';

/** How many snapshots of one backend may be written at the same time. */
export const MAX_CONCURRENT_STORED_SNAPSHOTS: number = 4;
/** How often figures may ask the store whether something is there. */
const LOOKS_OF_METRICS_MAX = 10_000;
/** Records written in one step of idle time. */
const RECORDS_PER_IDLE_STEP = 64;

/** What a {@link StoredKeyedStateBackend} is made of besides what every backend gets. */
export interface StoredKeyedStateBackendOptions {
  /** For messages and snapshots. */
  readonly backendName: string;
  /** Closed with the backend. */
  readonly store: KeyedStore;
  /** What may be kept in memory, in bytes, estimated; 0 writes everything through. */
  readonly cacheBytes: number;
  /** Handed what to call when `cacheBytes` is to become another number. */
  readonly watchCacheBytes?: ((onChange: (cacheBytes: number) => void) => void) | undefined;
  /**
   * Where priority queues are: `store` keeps the first elements of each key group and what is not written yet in memory, `heap`
   * all of them; the store has them all for snapshots. Default `store`.
   */
  readonly queuesIn?: 'store' | 'heap' | undefined;
}

/** Keyed state in a keyed store, with the values in use in memory. */
export class StoredKeyedStateBackend<K> implements KeyedStateBackend<K> {
  readonly keySerializer: KeySerializer<K>;
  readonly numberOfKeyGroups: number;
  readonly keyGroupRange: KeyGroupRange;
  /** There where the store has entries that have to be waited for. */
  readonly prepare?: (keys: readonly K[]) => void | Promise<void>;

  private readonly parameters: KeyedStateBackendParameters<K>;
  private readonly options: StoredKeyedStateBackendOptions;
  private readonly restored: RestoredKeyedState;
  private readonly registry: KeyedStateRegistry;
  private readonly currentKey: CurrentKey<K>;
  private readonly passing: ValuePassingOptions;
  private readonly cache: CellCache;
  private readonly entries: StoredEntries;
  private readonly states: Map<string, OpenedState<K>> = new Map();
  // The types of namespace and priority differ from queue to queue.
  private readonly queues: Map<string, StoredPriorityQueue<K, never, never>> = new Map();
  private readonly snapshots: CloseableRegistry;
  private readonly idleWriting: IdleWork;
  private readonly idleStoreWork: IdleWork;
  private readonly tracking: KeyedStateTracking<K> | undefined;
  private readonly ttlClock: TtlClock;
  private readonly ttlCleanup: TtlCleanup;
  private hasTtl = false;
  private runningSnapshots = 0;
  private lastState: LastState | undefined = undefined;
  private closing: Promise<void> | undefined = undefined;

  private constructor(
    parameters: KeyedStateBackendParameters<K>,
    options: StoredKeyedStateBackendOptions,
    restored: RestoredKeyedState,
    private readonly spill: RestoredSpill,
  ) {
    const { keySerializer, numberOfKeyGroups, keyGroupRange, restoredCheckpointId, config, operatorIdentifier } =
      parameters;
    const { clock, scheduler, ttlProcessingTimeMs = () => clock.nowMs() } = parameters;
    const { store } = options;
    this.parameters = parameters;
    this.options = options;
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
    this.entries = new StoredEntries({
      store,
      keySerializer: keySerializer as KeySerializer<unknown>,
      restored,
      restoredBase: restoredBaseOf(parameters, restored),
    });
    this.idleWriting = new IdleWork(scheduler, clock, () => this.writeInIdleTime());
    this.idleStoreWork = new IdleWork(scheduler, clock, () => this.workOnStore());
    this.cache = new CellCache({
      budgetBytes: options.cacheBytes,
      firstKeyGroup: keyGroupRange.first,
      numberOfKeyGroups: keyGroupRange.numberOfKeyGroups,
      clock,
      batch: store.batch === undefined ? (write) => write() : (write) => store.batch?.(write),
      work: this.entries.work,
      onSoftLimit: () => this.idleWriting.wake(),
    });
    options.watchCacheBytes?.((cacheBytes) => this.cache.changeBudget(cacheBytes));
    this.tracking = KeyedStateTracking.from({ config, clock, keyContext: this.currentKey, keySerializer });
    this.snapshots = new CloseableRegistry({ description: `the keyed state of ${operatorIdentifier}` });
    if (store.prepare !== undefined) this.prepare = (keys) => store.prepare?.(this.keyGroupsOf(keys));
  }

  /**
   * Makes the keyed state of one subtask and restores it. The store belongs to the backend, also when this fails.
   *
   * @throws StateError `key-serializer-incompatible`, `value-serializer-incompatible`, `state-type-incompatible`,
   * `max-parallelism-mismatch`, `state-already-registered`, codes of kind `corrupt`, `storage-*`; nothing is left open then.
   */
  static async create<K>(
    parameters: KeyedStateBackendParameters<K>,
    options: StoredKeyedStateBackendOptions,
  ): Promise<StoredKeyedStateBackend<K>> {
    const spill = new RestoredSpill(options.store);
    try {
      const restored = await RestoredKeyedState.load({ ...parameters, keepPayload: spill.keepPayload });
      const backend = new StoredKeyedStateBackend(parameters, options, restored, spill);
      for (const descriptor of parameters.declaredStates) backend.registry.declare(descriptor);
      return backend;
    } catch (error) {
      spill.close();
      await options.store.close();
      throw error;
    }
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
    const opened = this.states.get(registration.name) ?? this.openState(registration);
    if (registration.ttl !== undefined) this.ttlCleanup.settingsChanged();
    return opened.forProgram as KeyedStateOf<K, N, D>;
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
    const tables = this.states.get(stateName)?.tables;
    if (registration === undefined || tables === undefined) return;
    const { namespaceSerializer } = registration;
    const identity = namespaceSerializer.identity(namespace);
    for (const table of tables.all()) {
      for (const [key, of] of keysOfTable(table, this.cache.paths, tables.orderOf))
        if (namespaceSerializer.identity(of) === identity) yield this.keyForProgram(key);
    }
  }

  *getKeysAndNamespaces<N>(stateName: string): Iterable<readonly [key: K, namespace: N]> {
    this.currentKey.checkOpen();
    const namespaceSerializer = this.registry.get(stateName)?.namespaceSerializer;
    const tables = this.states.get(stateName)?.tables;
    if (namespaceSerializer === undefined || tables === undefined) return;
    for (const table of tables.all()) {
      for (const [key, namespace] of keysOfTable(table, this.cache.paths, tables.orderOf))
        yield [this.keyForProgram(key), namespaceSerializer.copy(namespace) as N];
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
    const queue = this.queues.get(registration.name) ?? this.openQueue(registration);
    return queue as unknown as StoredPriorityQueue<K, N, P>;
  }

  advanceEventTime(timestampMs: number): void {
    this.currentKey.checkOpen();
    this.ttlClock.advanceEventTime(timestampMs);
  }

  snapshot(context: SnapshotContext): SnapshotView<KeyedStateHandle> {
    this.currentKey.checkOpen();
    const { clock, operatorIdentifier, random } = this.parameters;
    if (this.runningSnapshots >= MAX_CONCURRENT_STORED_SNAPSHOTS) {
      throw tooManyConcurrentSnapshots(context.checkpointId, operatorIdentifier, MAX_CONCURRENT_STORED_SNAPSHOTS);
    }
    const { registrations } = this.registry;
    const epoch = this.cache.freeze();
    const view = this.entries.freezeView(context, epoch);
    const ttlTime = this.ttlClock.freeze();
    this.runningSnapshots++;
    return new AsyncSnapshotCallable<KeyedStateHandle>({
      context,
      owner: this.snapshots,
      clock,
      call: (run) =>
        this.entries.write(view, this.cache, {
          run,
          keySerializer: this.keySerializer,
          numberOfKeyGroups: this.numberOfKeyGroups,
          keyGroupRange: this.keyGroupRange,
          registrations,
          restampingOf: this.registry.restampingAsOf(registrations),
          rewritingOf: this.registry.rewritingAsOf(registrations),
          ttlTime,
          random,
          backendName: this.options.backendName,
        }),
      cleanup: () => {
        this.runningSnapshots--;
        this.cache.release(epoch);
        this.entries.release(view);
        this.idleStoreWork.wake();
      },
    });
  }

  // The base that a checkpoint names says what is needed no more: completion and replacement say nothing else (N4 of
  // snapshot-context.ts).
  notifyCheckpointComplete(): void {}
  notifyCheckpointAborted(checkpointId: number): void {
    this.entries.abort(checkpointId);
  }
  notifyCheckpointSubsumed(): void {}

  numKeyValueStateEntries(): number {
    this.currentKey.checkOpen();
    let count = 0;
    for (const { tables } of this.states.values()) {
      for (const table of tables.all()) {
        // As on the heap: the maps, not their entries.
        if (table.types.isMap) for (const _ of keysOfTable(table, this.cache.paths, tables.orderOf)) count++;
        else count += entryCountOf(table, this.cache.paths) ?? 0;
      }
    }
    return count;
  }

  /**
   * `entries` and `<state>.entries` count map entries and elements of queues one by one; what was restored and not opened yet
   * counts as it is stored. Where writes without looking have left the number unknown, and finding out would take long, they
   * are left out.
   */
  metrics(): StateMetrics {
    const entriesOfStates: Record<string, number> = {};
    let entries: number | undefined = 0;
    const left = { looks: LOOKS_OF_METRICS_MAX };
    for (const name of new Set([...this.restored.states.keys(), ...this.states.keys(), ...this.queues.keys()])) {
      const count = this.entriesOf(name, left);
      if (count !== undefined) entriesOfStates[`${name}.entries`] = count;
      entries = entries === undefined || count === undefined ? undefined : entries + count;
    }
    let expiredEntries = 0;
    for (const { ttl } of this.registry.registrations) expiredEntries += ttl?.expiredEntries ?? 0;
    return {
      registeredStates: this.registry.size,
      rawBytes: this.restored.sizeBytes,
      expiredEntries,
      runningSnapshots: this.runningSnapshots,
      cacheBudgetBytes: this.cache.budgetBytes,
      ...this.cache.figures(),
      ...this.entries.metrics(),
      ...(entries === undefined ? {} : { entries }),
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
    this.idleWriting.stop();
    this.idleStoreWork.stop();
    this.ttlCleanup.stop();
    this.lastState = undefined;
    await this.snapshots.close();
    this.states.clear();
    this.queues.clear();
    this.cache.close();
    this.entries.close();
    this.restored.clear();
    this.spill.close();
    await this.options.store.close();
  }

  private openState(registration: KeyedStateRegistration): OpenedState<K> {
    const { keyGroupRange, restored, keySerializer, currentKey, cache } = this;
    const { name, ttl, kind, valueSerializer, namespaceSerializer, mapKeySerializer } = registration;
    const { objectReuse } = this.passing;
    const passing = new ValuePassing<never>(name, valueSerializer as never, this.passing);
    const tables = new CellTables({
      registration,
      keyGroupRange,
      restored,
      stored: this.entries.openState(registration),
      ttl,
      sizes: new ValueSizes(kind === 'list' ? undefined : valueSerializer.fixedLength),
      verify: (value) => passing.verify(value as never),
      types: {
        stateId: registration.id,
        stateName: name,
        key: keySerializer as KeySerializer<unknown>,
        namespace: namespaceSerializer,
        hasNamespaces: !isVoidNamespace(registration),
        mapKey: mapKeySerializer ?? (keySerializer as KeySerializer<unknown>),
        isMap: kind === 'map',
        isList: kind === 'list',
      },
    });
    const state = createStoredState<K>(kind, { currentKey, keySerializer, cache, tables, passing, objectReuse });
    const opened = { state, tables, forProgram: this.tracking?.track(state, registration) ?? state };
    this.states.set(name, opened);
    this.idleStoreWork.wake();
    if (ttl !== undefined) this.cleanUp(ttl, tables, (value) => passing.detach(value as never));
    return opened;
  }

  private openQueue(registration: PriorityQueueRegistration): StoredPriorityQueue<K, never, never> {
    const { currentKey, keySerializer, keyGroupRange, restored, cache } = this;
    const queue = new StoredPriorityQueue<K, never, never>({
      registration,
      currentKey,
      keySerializer,
      keyGroupRange,
      restored,
      stored: this.entries.openState(registration),
      cache,
      objectReuse: this.passing.objectReuse,
      keepsAll: this.options.queuesIn === 'heap',
    });
    this.queues.set(registration.name, queue);
    this.idleStoreWork.wake();
    return queue;
  }

  private cleanUp(policy: TtlPolicy, tables: CellTables, detach: (value: unknown) => unknown): void {
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
      createCursor: () => new StoredTtlCursor(tables, this.cache, policy, detach),
      setOnAccess: (onAccess) => {
        tables.onAccess = onAccess;
      },
    });
  }

  private entriesOf(stateName: string, left: LooksLeft): number | undefined {
    const queue = this.queues.get(stateName);
    if (queue !== undefined) return queue.entryCount;
    let count = restoredRecordCount(this.restored, stateName);
    for (const table of this.states.get(stateName)?.tables.made() ?? []) {
      const inTable = entryCountOf(table, this.cache.paths, left);
      if (inTable === undefined) return undefined;
      count += inTable;
    }
    return count;
  }

  /** Idle work below the cells; false when there is none. */
  private workOnStore(): boolean {
    if (this.entries.idleStep()) return true;
    this.giveScratchBack();
    return this.options.store.maintain?.() === true;
  }

  /** Nothing of what was restored is read from scratch space once all of it was taken and no snapshot carries it. */
  private giveScratchBack(): void {
    if (this.runningSnapshots === 0 && this.restored.sizeBytes === 0 && !this.entries.keepsOrigins) this.spill.close();
  }

  /** Writes some of what is dirty; false when there is not too much of it any more. */
  private writeInIdleTime(): boolean {
    return this.cache.isOverSoftLimit && this.cache.drain(RECORDS_PER_IDLE_STEP) > 0;
  }

  private keyGroupsOf(keys: readonly K[]): number[] {
    const keyGroups = new Set<number>();
    for (const key of keys) {
      keyGroups.add(computeKeyGroupForKeyHash(this.keySerializer.hash(key), this.numberOfKeyGroups));
    }
    return [...keyGroups].sort((a, b) => a - b);
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
interface OpenedState<K> {
  readonly state: StoredState<K, unknown, never>;
  readonly tables: CellTables;
  readonly forProgram: unknown;
}

interface LastState {
  readonly descriptor: StateDescriptor;
  readonly namespaceSerializer: unknown;
  readonly state: { setCurrentNamespace(namespace: unknown): void };
}
