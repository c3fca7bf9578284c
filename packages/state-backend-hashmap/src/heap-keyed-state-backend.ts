// The keyed state of one subtask on the heap.
//
// Owns: putting together the parts (tables, states, queues, snapshots) and listing and counting what is in them. Leaves the
// life of the backend to the core, the entries to table/, the states to state/, what a snapshot contains to snapshot/.
//
//   HB1. Access is synchronous and touches no storage: what was restored is in memory before creation ends, decoded or
//        not.
//   HB2. A freeze changes no table: each finds out when it is changed or walked next.

import type { KeySerializer } from '@tidemark/state-core';
import type {
  KeyedStateBackendParameters,
  KeyedStateHandle,
  SnapshotContext,
  SnapshotView,
  StateMetrics,
} from '@tidemark/state-core/spi';
import {
  type FrozenKeyedState,
  type FrozenTtlTime,
  IdleWork,
  isVoidNamespace,
  KeyedStateAccess,
  type KeyedStateRegistration,
  type PriorityQueueRegistration,
  RestoredKeyedState,
  restoredBaseOf,
  restoredRecordCount,
  SnapshotBases,
  type TtlCursor,
  writeIncrementalSnapshot,
  writeKeyedSnapshot,
} from '@tidemark/state-core/support';
import type { SnapshotMode } from './hash-map-state-backend-options.js';
import { HeapChangesWriter } from './snapshot/heap-changes-writer.js';
import { uninterrupted } from './snapshot/uninterrupted-context.js';
import { type CreatedHeapState, createHeapState } from './state/create-heap-state.js';
import { HeapPriorityQueue } from './state/heap-priority-queue.js';
import { tableTtlOf } from './state/table-ttl.js';
import { EpochClock } from './table/epoch-clock.js';
import { MapTable } from './table/map-table.js';
import type { StateTable, TableTypes } from './table/state-table.js';
import { StateTables } from './table/state-tables.js';
import { type SweptTable, TtlTableCursor } from './table/ttl-table-cursor.js';

/** How many snapshots of one backend may be written at the same time. */
export const MAX_CONCURRENT_SNAPSHOTS: number = 4;

/** Keyed state as live values in one slot table per state and key group. */
export class HeapKeyedStateBackend<K> extends KeyedStateAccess<
  K,
  CreatedHeapState<K>,
  // The types of namespace and priority differ from queue to queue.
  HeapPriorityQueue<K, never, never>
> {
  private readonly snapshotMode: SnapshotMode;
  private readonly epochs: EpochClock = new EpochClock();
  private readonly bases: SnapshotBases;
  private readonly idleDecoding: IdleWork;

  private constructor(
    parameters: KeyedStateBackendParameters<K>,
    restored: RestoredKeyedState,
    snapshotMode: SnapshotMode,
  ) {
    super(parameters, { backendName: 'hashmap', maxConcurrentSnapshots: MAX_CONCURRENT_SNAPSHOTS, restored });
    this.snapshotMode = snapshotMode;
    this.bases = new SnapshotBases(
      (isRemembering, forgettableEpoch) => {
        this.epochs.isRemembering = isRemembering;
        this.epochs.forgettableEpoch = forgettableEpoch;
      },
      restoredBaseOf(parameters, restored),
    );
    this.idleDecoding = new IdleWork(parameters.scheduler, parameters.clock, () => this.decodeStep());
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
    return new HeapKeyedStateBackend(parameters, await RestoredKeyedState.load(parameters), snapshotMode);
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

  override snapshot(context: SnapshotContext): SnapshotView<KeyedStateHandle> {
    return super.snapshot(this.snapshotMode === 'sync' ? uninterrupted(context) : context);
  }

  notifyCheckpointAborted(checkpointId: number): void {
    this.bases.abort(checkpointId);
  }

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
    for (const name of this.names()) {
      let decoded = 0;
      for (const table of this.openedOf(name)?.tables.made() ?? []) decoded += table.live;
      const count = decoded + restoredRecordCount(this.restored, name);
      entriesOfStates[`${name}.entries`] = count;
      decodedEntries += decoded;
      entries += count;
    }
    return { ...this.figures(), entries, decodedEntries, ...entriesOfStates };
  }

  protected freeze(context: SnapshotContext, ttlTime: FrozenTtlTime): FrozenKeyedState<K> {
    const restored = this.restored.freeze();
    const frozen = this.epochs.freeze();
    const increment = this.bases.freeze(context, frozen.epoch);
    const entries = new HeapChangesWriter(
      this.keySerializer as KeySerializer<unknown>,
      {
        peek: ({ name }, keyGroup) => this.openedOf(name)?.tables.peek(keyGroup),
        verify: ({ name }, value) => this.states.get(name)?.state.verifyUnchanged(value as never),
      },
      frozen,
      ttlTime,
    );
    return {
      write: async (parameters) => {
        if (increment === undefined) return writeKeyedSnapshot({ ...parameters, restored, entries });
        const written = await writeIncrementalSnapshot({ ...parameters, restored, entries, increment });
        const { handle, chain, ...kept } = written;
        this.bases.complete(increment, chain);
        return { jobManagerOwned: handle, ...kept };
      },
      release: () => {
        this.epochs.release(frozen);
        if (increment !== undefined) this.bases.release(increment);
        for (const { tables } of [...this.states.values(), ...this.queues.values()]) {
          for (const table of tables.made()) {
            table.releaseView(frozen);
            table.log.forget();
          }
        }
      },
    };
  }

  protected stopIdleWork(): void {
    this.idleDecoding.stop();
  }

  protected letGo(): void {}

  protected openState(registration: KeyedStateRegistration): CreatedHeapState<K> {
    const { keyGroupRange, restored, keySerializer, currentKey, passing } = this;
    this.idleDecoding.wake();
    return createHeapState(
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
  }

  protected openQueue(registration: PriorityQueueRegistration): HeapPriorityQueue<K, never, never> {
    const { keyGroupRange, restored, currentKey, keySerializer, passing } = this;
    const types: TableTypes = {
      clock: this.epochs,
      key: keySerializer as KeySerializer<unknown>,
      namespace: registration.namespaceSerializer,
      mapKey: registration.mapKeySerializer,
      isVoidNamespace: isVoidNamespace(registration),
    };
    const tables = new StateTables({ registration, keyGroupRange, restored, createTable: () => new MapTable(types) });
    this.idleDecoding.wake();
    return new HeapPriorityQueue({
      currentKey,
      keySerializer,
      keyGroupRange,
      tables,
      objectReuse: passing.objectReuse,
    });
  }

  protected ttlCursorOf({ tables }: CreatedHeapState<K>): TtlCursor {
    return new TtlTableCursor(tables as StateTables<SweptTable>);
  }

  /** The state or queue of a name. */
  private openedOf(name: string): CreatedHeapState<K> | HeapPriorityQueue<K, never, never> | undefined {
    return this.states.get(name) ?? this.queues.get(name);
  }

  private tablesOf(stateName: string): Iterable<StateTable> {
    return this.states.get(stateName)?.tables.all() ?? [];
  }

  private decodeStep(): boolean {
    for (const { tables } of this.states.values()) if (tables.decodeStep()) return true;
    for (const { tables } of this.queues.values()) if (tables.decodeStep()) return true;
    return false;
  }
}
