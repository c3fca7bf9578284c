// Walks over the map of one key: what the store has, merged with what is in memory, in the order of the paths.
//
//   MW1. Bound to the map that was current when it was made; choosing another key does not move it.
//   MW2. Fails when entries came or went other than through this walk; replacing a value is no such change, nor is that the
//        time of an entry is up. So the entries are those of the beginning, wherever they are written meanwhile.
//   MW3. Entries that are dirty at the beginning come from memory, all others from the store, read in chunks; what memory
//        has newer counts. A chunk of which something was written to the store is read again.
//   MW4. Nothing of the store stays open between two calls.
//   MW5. An owner is held while it is walked over. At most WALKS_MAX walks of a state are in progress: the oldest then fails.

import { ByteReader } from '../bytes/byte-reader.js';
import { StateError } from '../error/state-error.js';
import { compareBytes, latin1OfBytes } from '../serialization/key-bytes.js';
import type { KeyIdentity } from '../serialization/type-serializer.js';
import type { MapStateIterator } from '../state/state.js';
import { concurrentModification } from '../support/concurrent-modification.js';
import type { CellCache } from './cell-cache.js';
import type { MapCell, MapOwner, OwnerWalk } from './map-cell.js';
import { NOTHING, type StoredEntry } from './stored-table.js';

const FIRST_CHUNK = 16;
const CHUNK_MAX = 256;
const WALKS_MAX = 1024;

/** An entry that a walk has come to. */
export interface MapEntry {
  readonly mapKey: unknown;
  readonly identity: KeyIdentity;
  value: unknown;
  readonly stampMs: number;
  /** The cell that holds the value; `undefined` for one that was read for this walk alone. */
  cell: MapCell | undefined;
}

/** What a walk does with entries of a map. */
export interface MapEntries {
  identityOf(mapKey: unknown): KeyIdentity;
  /** Whether the entry is given; may take it away. Absent where all are. */
  readonly reach?: ((owner: MapOwner, entry: MapEntry) => boolean) | undefined;
  /** The entry was given; may take it away. */
  readonly leave?: ((owner: MapOwner, entry: MapEntry) => void) | undefined;
  remove(owner: MapOwner, entry: MapEntry): void;
  write(owner: MapOwner, entry: MapEntry, value: unknown): void;
}

/** The walks of one state that have not ended (MW5). */
export class WalksInProgress {
  private readonly walks: Set<{ lose(): void }> = new Set();

  begin(walk: { lose(): void }): void {
    this.walks.add(walk);
    if (this.walks.size <= WALKS_MAX) return;
    const [oldest] = this.walks;
    oldest?.lose();
  }

  end(walk: { lose(): void }): void {
    this.walks.delete(walk);
  }
}

interface MemoryEntry {
  readonly cell: MapCell;
  readonly path: Uint8Array;
  /** What decides the order. */
  readonly order: Uint8Array;
}

const NO_ENTRIES: readonly MemoryEntry[] = [];
const NO_IDENTITIES: ReadonlySet<KeyIdentity> = new Set();

/** An iterator over the entries of a map, their keys or their values. */
export class MapWalk<E, UV> implements MapStateIterator<E, UV>, OwnerWalk {
  private structure: number;
  private isOver = false;
  private isLost = false;
  private last: MapEntry | undefined = undefined;
  private memory: readonly MemoryEntry[] = NO_ENTRIES;
  private inMemory: ReadonlySet<KeyIdentity> = NO_IDENTITIES;
  private nextInMemory = 0;
  private chunk: readonly StoredEntry[] = [];
  private nextInChunk = 0;
  private chunkSize = FIRST_CHUNK;
  private hasMore: boolean;
  /** The path of the stored entry that was looked at last. */
  private after: Uint8Array | undefined = undefined;
  private afterText = '';
  private isStale = false;
  private readonly prefix: Uint8Array;

  constructor(
    private readonly owner: MapOwner,
    private readonly walks: WalksInProgress,
    private readonly cache: CellCache,
    private readonly entries: MapEntries,
    private readonly give: (entry: MapEntry) => E,
    private readonly orderOf: ((path: Uint8Array) => Uint8Array) | undefined,
  ) {
    this.structure = owner.structure;
    this.prefix = owner.prefix(cache.paths);
    this.hasMore = owner.clearing === undefined;
    this.takeMemory();
    owner.walks.add(this);
    walks.begin(this);
  }

  next(): IteratorResult<E, undefined> {
    if (this.isOver) {
      this.checkUnchanged();
      this.last = undefined;
      return { done: true, value: undefined };
    }
    this.checkUnchanged();
    const { entries, owner } = this;
    for (let entry = this.step(); entry !== undefined; entry = this.step()) {
      if (entries.reach?.(owner, entry) === false) continue;
      this.last = entry;
      const value = this.give(entry);
      entries.leave?.(owner, entry);
      return { done: false, value };
    }
    this.last = undefined;
    this.end();
    return { done: true, value: undefined };
  }

  return(): IteratorResult<E, undefined> {
    this.end();
    return { done: true, value: undefined };
  }

  remove(): void {
    const last = this.requireLast('remove()');
    this.entries.remove(this.owner, last);
    this.structure = this.owner.structure;
    this.last = undefined;
  }

  setValue(value: UV): void {
    if (value === undefined) throw new TypeError('you cannot put undefined into a MapState; use remove()');
    this.entries.write(this.owner, this.requireLast('setValue()'), value);
    this.structure = this.owner.structure;
  }

  [Symbol.iterator](): this {
    return this;
  }

  wrote(path: string): void {
    if (this.nextInChunk >= this.chunk.length) return;
    if (this.orderOf !== undefined || path > this.afterText) this.isStale = true;
  }

  lose(): void {
    this.isLost = true;
    this.end();
  }

  private step(): MapEntry | undefined {
    for (;;) {
      const stored = this.peekStored();
      const inMemory = this.memory[this.nextInMemory];
      if (stored === undefined && inMemory === undefined) return undefined;
      const isMemoryFirst =
        inMemory !== undefined &&
        (stored === undefined || compareBytes(inMemory.order, this.orderOf?.(stored.path) ?? stored.path) < 0);
      const entry = isMemoryFirst ? this.takeFromMemory(inMemory) : this.takeStored(stored as StoredEntry);
      if (entry !== undefined) return entry;
    }
  }

  private takeFromMemory({ cell, path }: MemoryEntry): MapEntry | undefined {
    this.nextInMemory++;
    const { mapKeyIdentity: identity, mapKey } = cell;
    const newest = this.owner.cells.get(identity);
    if (newest !== undefined) {
      if (newest.value === NOTHING) return undefined;
      newest.isReferenced = true;
      return { mapKey, identity, value: newest.value, stampMs: newest.stampMs, cell: newest };
    }
    // Written and evicted since the beginning; or gone, when its time was up.
    const { stored } = cell.table;
    const value = stored.read(path);
    if (value === NOTHING) return undefined;
    return { mapKey, identity, value, stampMs: stored.readStampMs ?? 0, cell: undefined };
  }

  private takeStored({ path, value, stampMs }: StoredEntry): MapEntry | undefined {
    this.nextInChunk++;
    this.after = path;
    const { owner, entries } = this;
    const mapKey = owner.table.types.mapKey.deserializeKey(new ByteReader(path, this.prefix.length));
    const identity = entries.identityOf(mapKey);
    if (this.inMemory.size > 0 && this.inMemory.has(identity)) return undefined;
    const cell = owner.cells.size === 0 ? undefined : owner.cells.get(identity);
    if (cell === undefined) return { mapKey, identity, value, stampMs: stampMs ?? 0, cell: undefined };
    if (cell.value === NOTHING) return undefined;
    return { mapKey, identity, value: cell.value, stampMs: cell.stampMs, cell };
  }

  private peekStored(): StoredEntry | undefined {
    if (this.isStale) {
      this.isStale = false;
      this.read();
    }
    while (this.nextInChunk >= this.chunk.length) {
      if (!this.hasMore) return undefined;
      this.read();
      this.chunkSize = Math.min(CHUNK_MAX, this.chunkSize * 4);
    }
    return this.chunk[this.nextInChunk];
  }

  private read(): void {
    const { stored } = this.owner.table;
    this.chunk = stored.scan(this.prefix, this.after, this.chunkSize);
    // Where paths are shortened a chunk may be a little longer.
    this.hasMore = this.chunk.length >= this.chunkSize;
    this.nextInChunk = 0;
    if (this.after !== undefined) this.afterText = latin1OfBytes(this.after);
  }

  /** Entries that are dirty now: they may not be in the store, and come from memory (MW3). */
  private takeMemory(): void {
    const { owner, cache, orderOf } = this;
    if (owner.live === 0) return;
    const memory: MemoryEntry[] = [];
    const identities = new Set<KeyIdentity>();
    const isAllInMemory = owner.clearing !== undefined;
    for (const cell of owner.cells.values()) {
      if (cell.value === NOTHING || (cell.dirtyEpoch === 0 && !isAllInMemory)) continue;
      const path = cell.encode(cache.paths).slice();
      memory.push({ cell, path, order: orderOf?.(path) ?? path });
      identities.add(cell.mapKeyIdentity);
    }
    this.inMemory = identities;
    this.memory = memory.sort((a, b) => compareBytes(a.order, b.order));
  }

  private requireLast(call: string): MapEntry {
    this.checkUnchanged();
    if (this.last !== undefined) return this.last;
    throw new StateError(
      'concurrent-modification',
      `${call} needs an entry: call it once after next() has returned one`,
    );
  }

  private checkUnchanged(): void {
    if (this.isLost || this.owner.structure !== this.structure) throw concurrentModification('a map state');
  }

  private end(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.chunk = [];
    this.memory = NO_ENTRIES;
    this.walks.end(this);
    this.owner.walks.delete(this);
    this.owner.release();
  }
}
