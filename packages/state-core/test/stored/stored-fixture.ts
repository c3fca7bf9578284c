// Stored entries over a store, without anything in memory in front: changes go to the tables at once.

import type { KeyedStateHandle } from '../../src/handle/keyed-state-handle.js';
import { KeyGroupRange } from '../../src/key-group/key-group-range.js';
import { int32 } from '../../src/serialization/integer-serializers.js';
import { serializeKeyToBytes } from '../../src/serialization/key-bytes.js';
import { string } from '../../src/serialization/string-serializer.js';
import type { KeySerializer } from '../../src/serialization/type-serializer.js';
import { voidNamespaceSerializer } from '../../src/state/namespace.js';
import {
  ListStateDescriptor,
  MapStateDescriptor,
  type StateDescriptor,
  ValueStateDescriptor,
} from '../../src/state/state-descriptor.js';
import { StateTtlConfig } from '../../src/state/state-ttl-config.js';
import type { SnapshotContext, SnapshotKind, SnapshotSharing } from '../../src/state-backend/snapshot-context.js';
import type { DirtyCells } from '../../src/stored/dirty-cells.js';
import { RestoredSpill } from '../../src/stored/restored-spill.js';
import { StoredEntries, type StoredView } from '../../src/stored/stored-entries.js';
import type { PathHash } from '../../src/stored/stored-paths.js';
import type { StoredTables } from '../../src/stored/stored-table.js';
import { CloseableRegistry } from '../../src/support/closeable-registry.js';
import { KeyedStateRegistry } from '../../src/support/keyed-state-registry.js';
import { RestoredKeyedState } from '../../src/support/restored-keyed-state.js';
import { SnapshotChain } from '../../src/support/snapshot-chain.js';
import { TtlClock } from '../../src/support/ttl-clock.js';
import { MemoryCheckpointStreams } from '../support/memory-checkpoint-streams.js';
import { SortedStore } from './sorted-store.js';

export const KEY_GROUPS = 4;
const range = KeyGroupRange.of(0, KEY_GROUPS - 1);

export const ttlOf = (cleanupFullSnapshot = false): StateTtlConfig =>
  StateTtlConfig.of({ ttlMs: 100, cleanupFullSnapshot });

export const values: StateDescriptor = new ValueStateDescriptor('values', { type: string });
export const maps: StateDescriptor = new MapStateDescriptor('maps', { key: string, value: string });
export const lists: StateDescriptor = new ListStateDescriptor('lists', { type: string });

export interface FixtureOptions {
  readonly store?: SortedStore;
  readonly key?: KeySerializer<unknown>;
  readonly states?: readonly StateDescriptor[];
  readonly pathHash?: PathHash;
  readonly blockBeginningsBytesMax?: number;
  readonly restore?: readonly KeyedStateHandle[];
  readonly restoredCheckpointId?: number;
  readonly nowMs?: () => number;
}

export interface SnapshotOptions {
  readonly checkpointId: number;
  readonly base?: number | undefined;
  readonly kind?: SnapshotKind;
  readonly sharing?: SnapshotSharing;
  /** Called whenever the writer gives the loop back. */
  readonly onYield?: () => void;
  readonly shouldYield?: () => boolean;
  readonly streams?: MemoryCheckpointStreams;
}

/** Nothing is dirty: everything was written at once. */
export const NOTHING_DIRTY: Omit<DirtyCells, 'epoch' | 'freeze'> = {
  flush: () => true,
  dirtyKeyGroups: () => [],
  dirtyBytes: 0,
};

export class StoredFixture {
  epoch = 1;
  readonly store: SortedStore;
  readonly entries: StoredEntries;
  readonly registry: KeyedStateRegistry;
  readonly restored: RestoredKeyedState;
  readonly ttlClock: TtlClock;
  readonly tables: ReadonlyMap<string, StoredTables>;
  readonly key: KeySerializer<unknown>;
  private readonly spill: RestoredSpill;

  private constructor(options: FixtureOptions, store: SortedStore, spill: RestoredSpill, restored: RestoredKeyedState) {
    const { key = int32 as KeySerializer<unknown>, pathHash, restoredCheckpointId, restore = [] } = options;
    const { states = [values, maps, lists], nowMs = () => 0, blockBeginningsBytesMax } = options;
    this.store = store;
    this.key = key;
    this.spill = spill;
    this.restored = restored;
    this.ttlClock = new TtlClock({ processingTimeMs: nowMs, keyGroupRange: range, restored: restored.ttlClocks });
    this.registry = new KeyedStateRegistry({
      keySerializer: key,
      restored,
      restoredCheckpointId,
      ttlClock: this.ttlClock,
    });
    const chain = restoredCheckpointId === undefined ? undefined : SnapshotChain.ofRestored(restore, range, restored);
    this.entries = new StoredEntries({
      store,
      keySerializer: key,
      restored,
      restoredBase: chain && { checkpointId: restoredCheckpointId as number, chain },
      ...(pathHash === undefined ? {} : { pathHash }),
      ...(blockBeginningsBytesMax === undefined ? {} : { blockBeginningsBytesMax }),
    });
    const tables = new Map<string, StoredTables>();
    for (const descriptor of states) {
      const registration = this.registry.register(voidNamespaceSerializer as KeySerializer<unknown>, descriptor);
      tables.set(descriptor.name, this.entries.openState(registration));
    }
    this.tables = tables;
  }

  static async create(options: FixtureOptions = {}): Promise<StoredFixture> {
    const store = options.store ?? new SortedStore();
    const spill = new RestoredSpill(store);
    const restored = await RestoredKeyedState.load({
      stateHandles: options.restore ?? [],
      keySerializer: options.key ?? int32,
      numberOfKeyGroups: KEY_GROUPS,
      keyGroupRange: range,
      stateReader: new MemoryCheckpointStreams(),
      signal: new AbortController().signal,
      operatorIdentifier: 'test',
      keepPayload: spill.keepPayload,
    } as never);
    return new StoredFixture(options, store, spill, restored);
  }

  freeze(options: SnapshotOptions): FrozenSnapshot {
    const context = contextOf(options);
    const view = this.entries.freezeView(context, this.epoch++);
    return new FrozenSnapshot(this, context, view);
  }

  async snapshot(options: SnapshotOptions): Promise<KeyedStateHandle> {
    const frozen = this.freeze(options);
    try {
      return await frozen.write();
    } finally {
      frozen.release();
    }
  }

  close(): void {
    this.entries.close();
    this.restored.clear();
    this.spill.close();
  }
}

export class FrozenSnapshot {
  private readonly registrations;
  private readonly ttlTime;

  constructor(
    private readonly fixture: StoredFixture,
    private readonly context: SnapshotContext,
    private readonly view: StoredView,
  ) {
    this.registrations = fixture.registry.registrations;
    this.ttlTime = fixture.ttlClock.freeze();
  }

  async write(): Promise<KeyedStateHandle> {
    const { fixture, context, registrations } = this;
    const result = await fixture.entries.write(
      this.view,
      { ...NOTHING_DIRTY, epoch: fixture.epoch, freeze: () => 0 },
      {
        run: { context, closeables: new CloseableRegistry({ description: 'test' }) },
        keySerializer: fixture.key,
        numberOfKeyGroups: KEY_GROUPS,
        keyGroupRange: range,
        registrations,
        restampingOf: fixture.registry.restampingAsOf(registrations),
        ttlTime: this.ttlTime,
        random: { fill: (bytes) => void crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>) },
        backendName: 'test',
      },
    );
    return result.jobManagerOwned as KeyedStateHandle;
  }

  release(): void {
    this.fixture.entries.release(this.view);
  }
}

function contextOf(options: SnapshotOptions): SnapshotContext {
  const { checkpointId, base, kind = 'checkpoint', onYield, shouldYield = () => onYield !== undefined } = options;
  const { sharing = kind === 'savepoint' ? 'no-sharing' : 'forward-backward', streams } = options;
  return {
    checkpointId,
    timestampMs: 0,
    base,
    kind,
    sharing,
    nowMs: 0,
    streams: streams ?? new MemoryCheckpointStreams(),
    signal: new AbortController().signal,
    shouldYield,
    yieldNow: async () => {
      await Promise.resolve();
      onYield?.();
    },
  };
}

/** The path of a key, with a map key behind it. */
export function pathOf(key: unknown, mapKey?: string, serializer: KeySerializer<unknown> = int32 as never): Uint8Array {
  const bytes = serializeKeyToBytes(serializer, key);
  if (mapKey === undefined) return bytes;
  const rest = serializeKeyToBytes(string, mapKey);
  const path = new Uint8Array(bytes.length + rest.length);
  path.set(bytes);
  path.set(rest, bytes.length);
  return path;
}

/** Everything that is stored, by state and path: text of values and lists. */
export function contentOf(fixture: StoredFixture): ReadonlyMap<string, unknown> {
  const content = new Map<string, unknown>();
  for (const [name, tables] of fixture.tables) {
    for (let keyGroup = 0; keyGroup < KEY_GROUPS; keyGroup++) {
      const table = tables.open(keyGroup);
      const isList = fixture.registry.get(name)?.kind === 'list';
      const none = new Uint8Array(0);
      for (const { path } of table.scanPaths(none, undefined, 100_000)) {
        const at = `${name} ${keyGroup} ${Buffer.from(path).toString('hex')}`;
        if (isList) {
          const list = table.readList(path);
          content.set(at, list?.stampsMs === undefined ? list?.values : { values: list.values, at: list.stampsMs });
        } else {
          const value = table.read(path);
          content.set(at, table.readStampMs === undefined ? value : { value, at: table.readStampMs });
        }
      }
    }
  }
  return content;
}
