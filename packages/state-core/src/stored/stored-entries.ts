// The keyed state of one subtask in a keyed store: what a backend holds besides what is in memory.
//
//   StoredEntries    tables by state and key group; freezing, writing and letting go of snapshots
//     stored-state-table, stored-list-table    values and lists as bytes
//     frozen-views                             what running snapshots still have to see
//     change-runs                              what changed since a base
//     restored-group-loader                    chains of a restored snapshot into the store, at the first touch
//
//   SE1. The order of calls: `freezeView` right after the cells froze; `write` once; `release` always, at the end of
//        whatever became of it. What is written to tables between these belongs to later epochs or is asked for by `write`.
//   SE2. A key group of a state must be opened before the first cell of it is made, also where nothing is read: what was
//        restored counts as older than every change.
//   SE3. Of a key group whose values were restored under another schema than today's, the chain is carried as long as nothing
//        of the key group changed: a value that cannot be brought to today's schema fails the access and loses nothing.
//   SE4. After `close` nothing is called any more; the store is closed by whoever opened it.

import type { KeyedStateHandle } from '../handle/keyed-state-handle.js';
import type { KeySerializer } from '../serialization/type-serializer.js';
import type { KeyedStore } from '../state-backend/keyed-store.js';
import type { SnapshotContext, SnapshotResult } from '../state-backend/snapshot-context.js';
import {
  type IncrementalSnapshotParameters,
  writeIncrementalSnapshot,
} from '../support/incremental-snapshot-writer.js';
import { writeKeyedSnapshot } from '../support/keyed-snapshot-writer.js';
import type { RestoredChain, RestoredChains, RestoredKeyedState } from '../support/restored-keyed-state.js';
import { type FrozenIncrement, type SnapshotBase, SnapshotBases } from '../support/snapshot-bases.js';
import type { FrozenTtlTime } from '../support/ttl-clock.js';
import { ChangeRuns } from './change-runs.js';
import type { DirtyCells } from './dirty-cells.js';
import { type FrozenView, FrozenViews } from './frozen-views.js';
import { PackedBuffers } from './packed-records.js';
import { RestoredGroupLoader } from './restored-group-loader.js';
import { StoreBatches } from './store-batches.js';
import { StoreWork } from './store-work.js';
import { type ListAccess, StoredListTable } from './stored-list-table.js';
import { type PathHash, StoredPaths } from './stored-paths.js';
import { StoredQueueTable } from './stored-queue-table.js';
import type { StoreAccess } from './stored-records.js';
import type { StoredRegistration } from './stored-registration.js';
import { StoredSchemas } from './stored-schemas.js';
import { StoredStateTable } from './stored-state-table.js';
import type { StoredTable, StoredTables } from './stored-table.js';
import { StoredViewWriter } from './stored-view-writer.js';

/** Records that are asked for in one step of writing what is dirty. */
const RECORDS_PER_STEP = 256;

/** What {@link StoredEntries} is made from. */
export interface StoredEntriesParameters {
  readonly store: KeyedStore;
  readonly keySerializer: KeySerializer<unknown>;
  readonly restored: RestoredKeyedState;
  /** The restored checkpoint, where increments may build on it. */
  readonly restoredBase?: Omit<SnapshotBase, 'epoch'> | undefined;
  /** Tells long paths apart. Default 128 bits; a test takes fewer. */
  readonly pathHash?: PathHash;
  /** Restored entries go into blocks until these take so much memory. Default 8 MiB; a test takes less. */
  readonly blockBeginningsBytesMax?: number;
}

/** A snapshot between its freeze and its release. */
export interface StoredView {
  readonly epoch: number;
}

/** What {@link StoredEntries.write} is given besides what was frozen. */
export type StoredWriteParameters<K> = Omit<IncrementalSnapshotParameters<K>, 'increment' | 'entries' | 'restored'>;

interface OpenView extends StoredView {
  readonly frozen: FrozenView;
  readonly restored: RestoredChains;
  readonly increment: FrozenIncrement | undefined;
}

/** The stored entries of one subtask. */
export class StoredEntries {
  /** Everything that was written for states. */
  readonly work: StoreWork = new StoreWork();
  /** All batches of the store. */
  readonly batches: StoreBatches;
  private readonly parameters: StoredEntriesParameters;
  private readonly access: StoreAccess;
  private readonly bases: SnapshotBases;
  private readonly states: Map<number, StateTables> = new Map();
  /** The epoch that changes are made in now. */
  private epoch = 1;
  private lists = 0;

  constructor(parameters: StoredEntriesParameters) {
    const { store, pathHash, restoredBase } = parameters;
    this.parameters = parameters;
    this.batches = new StoreBatches(store);
    const runs = new ChangeRuns(store.openScratch && (() => openScratch(store, 'changes')));
    this.access = {
      store,
      paths: new StoredPaths(store.pathBytesMax, pathHash),
      views: new FrozenViews(store, this.batches, (keyGroup, stateId) => this.states.get(stateId)?.peek(keyGroup)),
      runs,
      work: this.work,
      batches: this.batches,
      packed: new PackedBuffers(parameters.blockBeginningsBytesMax),
    };
    this.bases = new SnapshotBases((isRemembering, epoch) => runs.remember(isRemembering, epoch), restoredBase);
  }

  /** The tables of a state; the same at every call. */
  openState(registration: StoredRegistration): StoredTables {
    let tables = this.states.get(registration.id);
    if (tables === undefined) {
      tables = new StateTables(registration, this.parameters, this.access, {
        epoch: () => this.epoch,
        nextList: () => ++this.lists,
      });
      this.states.set(registration.id, tables);
    }
    return tables;
  }

  /** Freezes what the snapshot sees. @param epoch - The epoch that the freeze of the cells ended. */
  freezeView(context: SnapshotContext, epoch: number): StoredView {
    const { restored } = this.parameters;
    this.epoch = epoch + 1;
    const view: OpenView = {
      epoch,
      frozen: this.access.views.open(epoch),
      restored: restored.freeze(),
      increment: this.bases.freeze(context, epoch),
    };
    return view;
  }

  /**
   * Writes what a view sees: what is still dirty into the store, and that into the streams of the context.
   *
   * @throws StateError as `writeKeyedSnapshot`, as ST5 of stored-table.ts, and what cells cannot be written with (DC3).
   */
  async write<K>(
    view: StoredView,
    cells: DirtyCells,
    parameters: StoredWriteParameters<K> & { readonly ttlTime: FrozenTtlTime },
  ): Promise<SnapshotResult<KeyedStateHandle>> {
    const { increment, restored } = view as OpenView;
    const { context } = parameters.run;
    for (const keyGroup of cells.dirtyKeyGroups(view.epoch)) {
      while (!cells.flush(keyGroup, view.epoch, RECORDS_PER_STEP, context.shouldYield))
        if (context.shouldYield()) await context.yieldNow();
      if (context.shouldYield()) await context.yieldNow();
    }
    const entries = this.writerOf(view as OpenView, parameters.ttlTime);
    const raw = this.withOrigins(restored, view.epoch);
    if (increment === undefined) return writeKeyedSnapshot({ ...parameters, restored: raw, entries });
    const written = await writeIncrementalSnapshot({ ...parameters, restored: raw, entries, increment });
    const { handle, chain, ...facts } = written;
    this.bases.complete(increment, chain);
    return { jobManagerOwned: handle, ...facts };
  }

  /** A view is needed no more, whatever became of it. Idempotent. */
  release(view: StoredView): void {
    const { frozen, increment } = view as OpenView;
    this.access.views.release(frozen);
    if (this.access.views.running === 0) for (const tables of this.states.values()) tables.forgetOrigins();
    if (increment !== undefined) this.bases.release(increment);
  }

  /** A checkpoint will never complete. */
  abort(checkpointId: number): void {
    this.bases.abort(checkpointId);
  }

  /**
   * Does some work that may wait, a block or a batch of it; false when there is none: removes what no snapshot wants any more,
   * brings restored key groups of states in use into the store, and has their entries stand by themselves there.
   *
   * @throws StateError as ST5: the access that needs the same meets the error itself.
   */
  idleStep(): boolean {
    if (this.access.views.step(RECORDS_PER_STEP)) return true;
    for (const tables of this.states.values()) if (tables.loadStep()) return true;
    for (const tables of this.states.values()) if (tables.unpackStep()) return true;
    return false;
  }

  /** Whether payloads of what was restored may still be asked for, though all of it is in the store (SE3). */
  get keepsOrigins(): boolean {
    for (const tables of this.states.values()) if (tables.hasOrigins) return true;
    return false;
  }

  /** Figures about the store. */
  metrics(): Readonly<Record<string, number | string>> {
    const { store, runs, views } = this.access;
    return {
      preImages: views.preImages,
      changeBytes: runs.lengthBytes,
      forgottenChanges: runs.forgottenTables,
      ...store.metrics?.(),
    };
  }

  /** Gives scratch space back. */
  close(): void {
    this.access.runs.close();
    this.states.clear();
  }

  /** What is carried: what was raw at the freeze, and what is in the store and has not changed (SE3). */
  private withOrigins(restored: RestoredChains, epoch: number): RestoredChains {
    const origins = new Map<string, ReadonlyMap<number, RestoredChain>>();
    for (const tables of this.states.values()) {
      const chains = tables.originsAt(epoch);
      if (chains.size > 0) origins.set(tables.name, chains);
    }
    if (origins.size === 0) return restored;
    return {
      states: restored.states,
      ttlClocks: restored.ttlClocks,
      chainOf: (name, keyGroup) => restored.chainOf(name, keyGroup) ?? origins.get(name)?.get(keyGroup),
      keyGroupsOf: (name) => {
        const more = [...(origins.get(name)?.keys() ?? [])];
        return [...new Set([...restored.keyGroupsOf(name), ...more])].sort((a, b) => a - b);
      },
    };
  }

  private writerOf(view: OpenView, ttlTime: FrozenTtlTime): StoredViewWriter {
    const { access, parameters, states } = this;
    return new StoredViewWriter({
      access,
      keySerializer: parameters.keySerializer,
      view: view.frozen,
      ttlTime,
      tableOf: ({ id }, keyGroup) => {
        const table = states.get(id)?.peek(keyGroup);
        return table && { table, schemas: table.state.schemas };
      },
    });
  }
}

interface Counters {
  epoch(): number;
  nextList(): number;
}

class StateTables implements StoredTables {
  readonly orderOf?: (path: Uint8Array) => Uint8Array;
  readonly orderedBytes?: number;
  private readonly tables: Map<number, StoredStateTable> = new Map();
  private readonly state: ListAccess;
  private readonly restored: RestoredKeyedState;
  /** Key groups whose chain is kept. */
  private readonly withOrigin: Set<number> = new Set();
  /** Tables of which restored entries are in blocks. */
  private readonly packed: StoredStateTable[] = [];
  /** What is being brought into the store in idle steps. */
  private loading: RestoredGroupLoader | undefined = undefined;

  constructor(
    registration: StoredRegistration,
    { keySerializer, restored }: StoredEntriesParameters,
    access: StoreAccess,
    private readonly counters: Counters,
  ) {
    const schemas = new StoredSchemas(registration);
    this.restored = restored;
    this.state = { ...access, registration, keySerializer, schemas, nextList: () => counters.nextList() };
    if (access.paths.plainMax !== Number.POSITIVE_INFINITY) {
      this.orderOf = (path) => access.paths.storedOf(path);
      this.orderedBytes = access.paths.prefixMax;
    }
  }

  get name(): string {
    return this.state.registration.name;
  }

  peek(keyGroup: number): StoredStateTable | undefined {
    return this.tables.get(keyGroup);
  }

  get hasOrigins(): boolean {
    return this.withOrigin.size > 0;
  }

  /** The chains of tables that have not changed up to an epoch, where they are kept. */
  originsAt(epoch: number): ReadonlyMap<number, RestoredChain> {
    const chains = new Map<number, RestoredChain>();
    for (const keyGroup of this.withOrigin) {
      const { origin, firstChangeEpoch } = this.tables.get(keyGroup) as StoredStateTable;
      if (origin !== undefined && firstChangeEpoch > epoch) chains.set(keyGroup, origin);
    }
    return chains;
  }

  /** Lets go of chains that no view wants any more. */
  forgetOrigins(): void {
    for (const keyGroup of this.withOrigin) {
      const table = this.tables.get(keyGroup) as StoredStateTable;
      if (table.firstChangeEpoch === Number.POSITIVE_INFINITY) continue;
      table.origin = undefined;
      this.withOrigin.delete(keyGroup);
    }
  }

  open(keyGroup: number): StoredTable {
    return this.tables.get(keyGroup) ?? this.create(keyGroup);
  }

  /** Brings a little of what was restored into the store; false when nothing is left. @throws as {@link open}. */
  loadStep(): boolean {
    if (this.loading === undefined) {
      const [keyGroup] = this.restored.keyGroupsOf(this.state.registration.name);
      if (keyGroup === undefined) return false;
      this.loading = this.loaderOf(keyGroup);
    }
    if (this.loading !== undefined) this.advance(this.loading, false);
    return true;
  }

  /** Has a few restored entries stand by themselves; false when all do. @throws as {@link open}. */
  unpackStep(): boolean {
    const table = this.packed.at(-1);
    if (table === undefined) return false;
    if (!table.unpackSome(RECORDS_PER_STEP)) this.packed.pop();
    return true;
  }

  private create(keyGroup: number): StoredStateTable {
    const loader = this.loading?.table.keyGroup === keyGroup ? this.loading : this.loaderOf(keyGroup);
    if (loader !== undefined) {
      this.advance(loader, true);
      return loader.table;
    }
    const table = this.tableOf(keyGroup);
    this.tables.set(keyGroup, table);
    return table;
  }

  private advance(loader: RestoredGroupLoader, isToEnd: boolean): void {
    const { keyGroup } = loader.table;
    try {
      if (isToEnd) loader.finish();
      else loader.step();
    } catch (error) {
      // The chain stays: the next access begins anew.
      if (this.loading === loader) this.loading = undefined;
      throw error;
    }
    if (!loader.isDone) return;
    if (this.loading === loader) this.loading = undefined;
    loader.table.loaded(this.counters.epoch());
    if (loader.table.records.endLoading()) this.packed.push(loader.table);
    if (loader.isMigrating) {
      loader.table.origin = loader.chain;
      this.withOrigin.add(keyGroup);
    }
    this.tables.set(keyGroup, loader.table);
    this.restored.drop(this.state.registration.name, keyGroup);
  }

  private loaderOf(keyGroup: number): RestoredGroupLoader | undefined {
    const chain = this.restored.chainOf(this.state.registration.name, keyGroup);
    return chain && new RestoredGroupLoader(this.state, this.tableOf(keyGroup), chain);
  }

  private tableOf(keyGroup: number): StoredStateTable {
    const { state } = this;
    const { kind } = state.registration.schema;
    if (kind === 'list') return new StoredListTable(state, keyGroup);
    return kind === 'priority-queue' ? new StoredQueueTable(state, keyGroup) : new StoredStateTable(state, keyGroup);
  }
}

function openScratch(store: KeyedStore, purpose: string): ReturnType<NonNullable<KeyedStore['openScratch']>> {
  return (store.openScratch as NonNullable<KeyedStore['openScratch']>)(purpose);
}
