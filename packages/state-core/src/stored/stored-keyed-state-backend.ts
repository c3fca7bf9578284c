// The keyed state of one subtask over a keyed store.
//
// Owns: putting together the parts (cells, stored entries, queues) and listing and counting what is in them. Leaves the life of
// the backend to keyed-state-access.ts, what is in memory to the cells, bytes and what snapshots contain to stored-entries.ts,
// and states to the files of their names.
//
//   SB1. Access is synchronous. Where a store has to be waited for, `prepare(keys)` comes first.
//   SB2. A freeze counts on: what is in memory finds out when it is changed or written next.
//   SB3. Once no snapshot runs any more the stored entries are closed, and the store last.

import { computeKeyGroupForKeyHash } from '../key-group/key-group-assignment.js';
import type { KeySerializer } from '../serialization/type-serializer.js';
import type { StateMetrics } from '../state-backend/keyed-state-backend.js';
import type { KeyedStateBackendParameters } from '../state-backend/keyed-state-backend-parameters.js';
import type { KeyedStore } from '../state-backend/keyed-store.js';
import type { SnapshotContext } from '../state-backend/snapshot-context.js';
import { type FrozenKeyedState, KeyedStateAccess, type OpenedKeyedState } from '../support/keyed-state-access.js';
import type { KeyedStateRegistration } from '../support/keyed-state-registry.js';
import { isVoidNamespace } from '../support/namespaced-state.js';
import type { PriorityQueueRegistration } from '../support/priority-queue-registration.js';
import { IdleWork } from '../support/restored-idle-work.js';
import { RestoredKeyedState } from '../support/restored-keyed-state.js';
import { restoredRecordCount } from '../support/restored-record-count.js';
import { restoredBaseOf } from '../support/snapshot-bases.js';
import type { TtlCursor } from '../support/ttl-cleanup.js';
import type { TtlPolicy } from '../support/ttl-policy.js';
import { ValuePassing } from '../support/value-passing.js';
import { CellCache } from './cell-cache.js';
import { CellTables } from './cell-tables.js';
import { createStoredState } from './create-stored-state.js';
import { entryCountOf, type LooksLeft } from './entry-count.js';
import { keysOfTable } from './key-walk.js';
import { RestoredSpill } from './restored-spill.js';
import { StoredEntries } from './stored-entries.js';
import { StoredPriorityQueue } from './stored-priority-queue.js';
import type { StoredState } from './stored-state.js';
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
export class StoredKeyedStateBackend<K> extends KeyedStateAccess<K, OpenedState<K>, StoredPriorityQueue<K>> {
  /** There where the store has entries that have to be waited for. */
  readonly prepare?: (keys: readonly K[]) => void | Promise<void>;

  private readonly options: StoredKeyedStateBackendOptions;
  private readonly cache: CellCache;
  private readonly entries: StoredEntries;
  private readonly idleWriting: IdleWork;
  private readonly idleStoreWork: IdleWork;

  private constructor(
    parameters: KeyedStateBackendParameters<K>,
    options: StoredKeyedStateBackendOptions,
    restored: RestoredKeyedState,
    private readonly spill: RestoredSpill,
  ) {
    super(parameters, {
      backendName: options.backendName,
      maxConcurrentSnapshots: MAX_CONCURRENT_STORED_SNAPSHOTS,
      restored,
    });
    const { keySerializer, keyGroupRange, clock, scheduler } = parameters;
    const { store } = options;
    this.options = options;
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
      batch: (write) => this.entries.batches.run(write),
      work: this.entries.work,
      onSoftLimit: () => this.idleWriting.wake(),
    });
    options.watchCacheBytes?.((cacheBytes) => this.cache.changeBudget(cacheBytes));
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
      return new StoredKeyedStateBackend(parameters, options, restored, spill);
    } catch (error) {
      spill.close();
      await options.store.close();
      throw error;
    }
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

  notifyCheckpointAborted(checkpointId: number): void {
    this.entries.abort(checkpointId);
  }

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
    for (const name of this.names()) {
      const count = this.entriesOf(name, left);
      if (count !== undefined) entriesOfStates[`${name}.entries`] = count;
      entries = entries === undefined || count === undefined ? undefined : entries + count;
    }
    return {
      ...this.figures(),
      cacheBudgetBytes: this.cache.budgetBytes,
      ...this.cache.figures(),
      ...this.entries.metrics(),
      ...(entries === undefined ? {} : { entries }),
      ...entriesOfStates,
    };
  }

  protected freeze(context: SnapshotContext): FrozenKeyedState<K> {
    const epoch = this.cache.freeze();
    const view = this.entries.freezeView(context, epoch);
    return {
      write: (parameters) => this.entries.write(view, this.cache, parameters),
      release: () => {
        this.cache.release(epoch);
        this.entries.release(view);
        this.idleStoreWork.wake();
      },
    };
  }

  protected stopIdleWork(): void {
    this.idleWriting.stop();
    this.idleStoreWork.stop();
  }

  protected async letGo(): Promise<void> {
    this.cache.close();
    this.entries.close();
    this.spill.close();
    await this.options.store.close();
  }

  protected openState(registration: KeyedStateRegistration): OpenedState<K> {
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
      charge: (bytes) => this.cache.charge(bytes),
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
    this.idleStoreWork.wake();
    return { state, tables, passing };
  }

  protected openQueue(registration: PriorityQueueRegistration): StoredPriorityQueue<K> {
    const { currentKey, keySerializer, keyGroupRange, restored, cache } = this;
    this.idleStoreWork.wake();
    return new StoredPriorityQueue({
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
  }

  protected ttlCursorOf({ tables, passing }: OpenedState<K>, policy: TtlPolicy): TtlCursor {
    return new StoredTtlCursor(tables, this.cache, policy, (value) => passing.detach(value as never));
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
}

/** A state and what it is made of. */
interface OpenedState<K> extends OpenedKeyedState {
  readonly state: StoredState<K, unknown, never>;
  readonly tables: CellTables;
  readonly passing: ValuePassing<never>;
}
