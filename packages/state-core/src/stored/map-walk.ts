// Walks over the map of one key: what the store has, merged with what is in memory, in the order of the paths.
//
//   MW1. Bound to the map that was current when it was made; choosing another key does not move it.
//   MW2. Fails when entries came or went other than through this walk; replacing a value is no such change, nor is that the
//        time of an entry is up. So the entries are those of the beginning, wherever they are written meanwhile.
//   MW3. Entries that are dirty at the beginning come from memory, all others from the store, read in chunks; what memory
//        has newer counts. A chunk of which something was written to the store is read again.
//   MW4. Nothing of the store stays open between two calls. What a chunk has is decoded when it is given.
//   MW5. An owner is held while it is walked over; where there is none, none is made for the walk (MO1 of map-cell.ts). At
//        most WALKS_MAX walks of a state are in progress: the oldest then fails.
//   MW6. Most walks are over maps of which nothing is in memory: they need nothing but the chunk, as long as there is no owner.

import { StateError } from '../error/state-error.js';
import type { KeyIdentity } from '../serialization/type-serializer.js';
import type { MapStateIterator } from '../state/state.js';
import { concurrentModification } from '../support/concurrent-modification.js';
import type { CellCache } from './cell-cache.js';
import type { CellTable } from './cell-table.js';
import { EntryChunk } from './entry-chunk.js';
import {
  beginLoose,
  endLoose,
  type LooseWalk,
  type MapCell,
  type MapOwner,
  type MapPlace,
  type OwnerWalk,
} from './map-cell.js';
import { NOTHING } from './stored-table.js';
import { type PathOrder, WalkMemory } from './walk-memory.js';

const FIRST_CHUNK = 16;
const CHUNK_MAX = 256;
const WALKS_MAX = 1024;
/** What waits for the next walk, of each kind, and how large it may be. */
const KEPT = 2;
const KEPT_BYTES_MAX = 65_536;

/** What a walk gives of entries. */
export type WalkSight = 'keys' | 'values' | 'entries' | 'all';

/** The entry that a walk has come to; the next one takes its place. */
export interface MapEntry {
  /** Unless only values are looked at. */
  mapKey: unknown;
  /** Where all is looked at. */
  identity: KeyIdentity;
  /** Unless only keys are looked at. */
  value: unknown;
  stampMs: number;
  /** The cell that holds the value; `undefined` for one that was read for this walk alone. */
  cell: MapCell | undefined;
}

/** The map that is walked over. */
export interface WalkedMap extends MapPlace {
  /** For a change. */
  ownerToChange(): MapOwner;
}

/** What a walk does with entries of a map. */
export interface MapEntries {
  identityOf(mapKey: unknown): KeyIdentity;
  ownerAt(place: MapPlace): MapOwner;
  /** Whether the entry is given; may take it away. Absent where all are. Needs a walk that looks at all. */
  readonly reach?: ((map: WalkedMap, entry: MapEntry) => boolean) | undefined;
  /** The entry was given; may take it away. Needs a walk that looks at all. */
  readonly leave?: ((map: WalkedMap, entry: MapEntry) => void) | undefined;
  remove(owner: MapOwner, entry: MapEntry): void;
  write(owner: MapOwner, entry: MapEntry, value: unknown): void;
}

interface ListedWalk {
  before: ListedWalk | undefined;
  behind: ListedWalk | undefined;
  lose(): void;
}

/** The walks of one state that have not ended (MW5), and what they read into. */
export class WalksInProgress {
  private first: ListedWalk | undefined = undefined;
  private last: ListedWalk | undefined = undefined;
  private count = 0;
  /** The chunk that was given back last; a list that is empty in between would be made anew. */
  private chunk: EntryChunk | undefined = undefined;
  private readonly chunks: EntryChunk[] = [];
  private readonly memories: WalkMemory[] = [];

  constructor(private readonly order: PathOrder) {}

  begin(walk: ListedWalk): void {
    const { last } = this;
    walk.before = last;
    if (last === undefined) this.first = walk;
    else last.behind = walk;
    this.last = walk;
    if (++this.count > WALKS_MAX) this.first?.lose();
  }

  /** Once for each that began. */
  end(walk: ListedWalk): void {
    const { before, behind } = walk;
    if (before === undefined) this.first = behind;
    else before.behind = behind;
    if (behind === undefined) this.last = before;
    else behind.before = before;
    walk.before = undefined;
    walk.behind = undefined;
    this.count--;
  }

  takeChunk(): EntryChunk {
    const { chunk } = this;
    if (chunk === undefined) return this.chunks.pop() ?? new EntryChunk();
    this.chunk = undefined;
    return chunk;
  }

  giveChunk(chunk: EntryChunk): void {
    if (this.chunks.length >= KEPT || chunk.bytes.length > KEPT_BYTES_MAX) return;
    chunk.clear();
    if (this.chunk === undefined) this.chunk = chunk;
    else this.chunks.push(chunk);
  }

  takeMemory(): WalkMemory {
    return this.memories.pop() ?? new WalkMemory(this.order);
  }

  giveMemory(memory: WalkMemory): void {
    if (this.memories.length >= KEPT || memory.sizeBytes > KEPT_BYTES_MAX) return;
    memory.clear();
    this.memories.push(memory);
  }
}

/** What the walks of a state have in common. */
export interface WalkSurroundings {
  readonly walks: WalksInProgress;
  readonly cache: CellCache;
  readonly entries: MapEntries;
}

/** An iterator over the entries of a map, their keys or their values. */
export class MapWalk<E, UV> implements MapStateIterator<E, UV>, LooseWalk, WalkedMap, ListedWalk {
  readonly table: CellTable;
  readonly keyIdentity: KeyIdentity;
  readonly namespaceIdentity: KeyIdentity;
  readonly key: unknown;
  readonly namespace: unknown;
  before: ListedWalk | undefined = undefined;
  behind: ListedWalk | undefined = undefined;
  nextOfOwner: OwnerWalk | undefined = undefined;
  private owner: MapOwner | undefined;
  private structure = 0;
  private isOver = false;
  private isLost = false;
  /** MW6. */
  private isPlain: boolean;
  private readonly entry: MapEntry = { mapKey: undefined, identity: 0, value: undefined, stampMs: 0, cell: undefined };
  private hasLast = false;
  /** Where the entry is in the chunk, as long as not all is known of it. */
  private lastInChunk = -1;
  private memory: WalkMemory | undefined = undefined;
  /** Stored entries up to the one before this were given. */
  private nextInMemory = 0;
  private chunk: EntryChunk | undefined = undefined;
  private nextInChunk = 0;
  private chunkSize = FIRST_CHUNK;
  private hasMore: boolean;
  /** The path of the stored entry before the chunk. */
  private after: Uint8Array | undefined = undefined;
  private isStale = false;
  private readonly prefix: Uint8Array;
  private readonly seesKeys: boolean;
  private readonly seesValues: boolean;
  private readonly seesAll: boolean;

  /**
   * @param map - The owner, or where there is none the place of the map.
   */
  constructor(
    map: MapOwner | MapPlace,
    owner: MapOwner | undefined,
    private readonly surroundings: WalkSurroundings,
    private readonly give: (entry: MapEntry) => E,
    sight: WalkSight,
  ) {
    const { cache, walks } = surroundings;
    this.table = map.table;
    this.keyIdentity = map.keyIdentity;
    this.namespaceIdentity = map.namespaceIdentity;
    this.key = map.key;
    this.namespace = map.namespace;
    this.seesKeys = sight !== 'values';
    this.seesValues = sight !== 'keys';
    this.seesAll = sight === 'all';
    this.owner = owner;
    this.isPlain = owner === undefined && !this.seesAll;
    if (owner === undefined) {
      this.chunk = walks.takeChunk();
      this.prefix = this.chunk.keepPrefix(cache.paths.path(map.table.types, map.key, map.namespace));
      this.hasMore = true;
      beginLoose(this);
    } else {
      this.structure = owner.structure;
      this.prefix = owner.prefix(cache.paths);
      this.hasMore = owner.clearing === undefined;
      if (owner.live > 0) this.takeMemory(owner);
      owner.hold(this);
    }
    walks.begin(this);
  }

  next(): IteratorResult<E, undefined> {
    const { chunk } = this;
    if (!this.isPlain || chunk === undefined || this.nextInChunk >= chunk.length) return this.findNext();
    return { done: false, value: this.giveStored(chunk) };
  }

  /** The next of the chunk, where nothing is in memory. */
  private giveStored(chunk: EntryChunk): E {
    const { entry } = this;
    const index = this.nextInChunk;
    if (this.seesKeys) entry.mapKey = this.mapKeyAt(chunk, index);
    if (this.seesValues) entry.value = this.table.stored.readEntry(chunk, index);
    this.nextInChunk = index + 1;
    this.lastInChunk = index;
    this.hasLast = true;
    return this.give(entry);
  }

  private findNext(): IteratorResult<E, undefined> {
    this.checkUnchanged();
    this.hasLast = false;
    if (this.isOver) return { done: true, value: undefined };
    const { entry } = this;
    const { entries } = this.surroundings;
    while (this.step()) {
      if (entries.reach?.(this, entry) === false) continue;
      this.hasLast = true;
      const value = this.give(entry);
      entries.leave?.(this, entry);
      return { done: false, value };
    }
    this.lastInChunk = -1;
    this.end();
    return { done: true, value: undefined };
  }

  return(): IteratorResult<E, undefined> {
    this.end();
    return { done: true, value: undefined };
  }

  remove(): void {
    this.requireLast('remove()');
    const owner = this.ownerToChange();
    this.surroundings.entries.remove(owner, this.entry);
    this.structure = owner.structure;
    this.hasLast = false;
  }

  setValue(value: UV): void {
    if (value === undefined) throw new TypeError('you cannot put undefined into a MapState; use remove()');
    this.requireLast('setValue()');
    const owner = this.ownerToChange();
    this.surroundings.entries.write(owner, this.entry, value);
    this.structure = owner.structure;
  }

  [Symbol.iterator](): this {
    return this;
  }

  ownerToChange(): MapOwner {
    if (this.owner?.isIndexed) return this.owner;
    const owner = this.surroundings.entries.ownerAt(this);
    this.owner = owner;
    this.isPlain = false;
    return owner;
  }

  adopt(owner: MapOwner): void {
    this.owner = owner;
    this.isPlain = false;
    this.structure = owner.structure;
  }

  wrote(): void {
    this.isStale = true;
  }

  lose(): void {
    this.isLost = true;
    this.end();
  }

  /** Goes on to the next entry; false at the end. */
  private step(): boolean {
    for (;;) {
      const isStored = this.hasStored();
      const { memory } = this;
      if (memory !== undefined) {
        const next = this.nextInMemory;
        // It was given when it was in memory alone, and was written since.
        if (isStored && next > 0 && this.compareToStored(memory, next - 1) >= 0) {
          this.nextInChunk++;
          continue;
        }
        if (next < memory.length && (!isStored || this.compareToStored(memory, next) <= 0)) {
          if (this.takeFromMemory(memory, next)) return true;
          continue;
        }
      }
      if (!isStored) return false;
      if (this.takeStored(this.chunk as EntryChunk)) return true;
    }
  }

  private takeFromMemory(memory: WalkMemory, rank: number): boolean {
    const { entry } = this;
    const cell = memory.cellAt(rank);
    this.nextInMemory = rank + 1;
    this.lastInChunk = -1;
    entry.mapKey = cell.mapKey;
    entry.identity = cell.mapKeyIdentity;
    const newest = cell.isIndexed ? cell : this.owner?.cells.get(cell.mapKeyIdentity);
    entry.cell = newest;
    if (newest !== undefined) {
      if (newest.value === NOTHING) return false;
      newest.isReferenced = true;
      entry.value = newest.value;
      entry.stampMs = newest.stampMs;
      return true;
    }
    // Written and evicted since the beginning; or gone, when its time was up.
    const { stored } = this.table;
    entry.value = stored.read(memory.pathAt(rank));
    entry.stampMs = stored.readStampMs ?? 0;
    return entry.value !== NOTHING;
  }

  private takeStored(chunk: EntryChunk): boolean {
    const { entry, owner, table } = this;
    const { entries } = this.surroundings;
    const index = this.nextInChunk;
    const hasCells = owner !== undefined && owner.cells.size > 0;
    if (this.seesKeys || hasCells) entry.mapKey = this.mapKeyAt(chunk, index);
    if (this.seesAll || hasCells) entry.identity = entries.identityOf(entry.mapKey);
    const cell = hasCells ? owner.cells.get(entry.identity) : undefined;
    entry.cell = cell;
    if (cell !== undefined) {
      this.nextInChunk++;
      this.lastInChunk = -1;
      entry.value = cell.value;
      entry.stampMs = cell.stampMs;
      return cell.value !== NOTHING;
    }
    if (this.seesValues) {
      entry.value = table.stored.readEntry(chunk, index);
      entry.stampMs = table.stored.readStampMs ?? 0;
    }
    this.nextInChunk++;
    this.lastInChunk = this.seesAll ? -1 : index;
    return true;
  }

  private mapKeyAt(chunk: EntryChunk, index: number): unknown {
    return this.table.types.mapKey.deserializeKey(chunk.readPath(index, this.prefix.length));
  }

  /** Whether the chunk has another entry. */
  private hasStored(): boolean {
    if (this.isStale) {
      // Only where the store counts, and not all of it was looked at.
      if (this.chunk !== undefined && this.nextInChunk < this.chunk.length) this.read();
      this.isStale = false;
    }
    while (this.chunk === undefined || this.nextInChunk >= this.chunk.length) {
      if (!this.hasMore) return false;
      this.read();
      this.chunkSize = Math.min(CHUNK_MAX, this.chunkSize * 4);
    }
    return true;
  }

  private read(): void {
    this.chunk ??= this.surroundings.walks.takeChunk();
    const { chunk } = this;
    if (this.nextInChunk > 0) this.after = chunk.pathOf(this.nextInChunk - 1);
    this.nextInChunk = 0;
    this.lastInChunk = -1;
    try {
      this.table.stored.scanInto(this.prefix, this.after, this.chunkSize, chunk);
    } catch (error) {
      chunk.clear();
      this.hasMore = true;
      throw error;
    }
    // Where paths are shortened a chunk may be a little longer.
    this.hasMore = chunk.length >= this.chunkSize;
  }

  /** How an entry in memory stands to the next of the chunk. */
  private compareToStored(memory: WalkMemory, rank: number): number {
    return memory.compareToStored(rank, this.chunk as EntryChunk, this.nextInChunk);
  }

  /** Entries that are dirty now: they may not be in the store, and come from memory (MW3). */
  private takeMemory(owner: MapOwner): void {
    const isAllInMemory = owner.clearing !== undefined;
    let memory: WalkMemory | undefined;
    for (const cell of owner.cells.values()) {
      if ((cell.dirtyEpoch === 0 && !isAllInMemory) || cell.value === NOTHING) continue;
      memory ??= this.surroundings.walks.takeMemory();
      memory.add(cell);
    }
    memory?.arrange(this.prefix);
    this.memory = memory;
  }

  private requireLast(call: string): void {
    this.checkUnchanged();
    if (!this.hasLast)
      throw new StateError(
        'concurrent-modification',
        `${call} needs an entry: call it once after next() has returned one`,
      );
    if (this.lastInChunk < 0) return;
    const { entry } = this;
    if (!this.seesKeys) entry.mapKey = this.mapKeyAt(this.chunk as EntryChunk, this.lastInChunk);
    entry.identity = this.surroundings.entries.identityOf(entry.mapKey);
    this.lastInChunk = -1;
  }

  private checkUnchanged(): void {
    const { owner } = this;
    if (this.isLost || (owner !== undefined && owner.structure !== this.structure))
      throw concurrentModification('a map state');
  }

  private end(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.isPlain = false;
    const { owner, chunk } = this;
    const { walks } = this.surroundings;
    // What is not known yet of the last entry is still there.
    if (chunk !== undefined && this.lastInChunk < 0) {
      this.chunk = undefined;
      walks.giveChunk(chunk);
    }
    const { memory } = this;
    if (memory !== undefined) {
      this.memory = undefined;
      walks.giveMemory(memory);
    }
    walks.end(this);
    if (owner === undefined) endLoose(this);
    else owner.letGo(this);
  }
}
