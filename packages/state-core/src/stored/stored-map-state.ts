// Map state over a store: one cell per entry that is in memory.
//
//   SM1. What a map in memory does not know of an entry the store says, unless a clearing hides it (MO2 of map-cell.ts).
//   SM2. While a map is walked over, every change looks whether it adds or removes an entry: the walk fails then.

import { ByteReader } from '../bytes/byte-reader.js';
import type { KeyIdentity, KeySerializer } from '../serialization/type-serializer.js';
import type { MapStateIterator } from '../state/state.js';
import type { InternalMapState } from '../state-backend/internal-state.js';
import { checkEntries } from '../support/checked-iterables.js';
import type { TtlPolicy } from '../support/ttl-policy.js';
import { expireCell, removeCell, renewCell } from './cell-changes.js';
import type { CellTable } from './cell-table.js';
import { ClearCell, MapCell, type MapOwner, type MapPlace, makeOwner, ownerAt } from './map-cell.js';
import {
  type MapEntries,
  type MapEntry,
  MapWalk,
  type WalkedMap,
  type WalkSight,
  type WalkSurroundings,
  WalksInProgress,
} from './map-walk.js';
import { StoredFoundState } from './stored-found-state.js';
import { roomToRead, type StoredStateParameters } from './stored-state.js';
import { NOTHING } from './stored-table.js';
import { CELL_BYTES } from './value-sizes.js';

/** Paths looked at at first when it is asked whether a map is empty. */
const FIRST_LOOK = 4;
const LOOK_MAX = 256;

/** A map per key and namespace. Iteration follows the order of the encoded map keys. */
export class StoredMapState<K, N, UK, UV>
  extends StoredFoundState<K, N, UV, MapOwner>
  implements MapStateOf<K, N, UK, UV>
{
  private readonly mapKeySerializer: KeySerializer<UK>;
  private readonly copiesMapKeys: boolean;
  private readonly walked: WalkSurroundings;
  private readonly giveEntry = (entry: MapEntry): [UK, UV] => [this.mapKeyOf(entry), this.valueOf_(entry)];
  private readonly giveKey = (entry: MapEntry): UK => this.mapKeyOf(entry);
  private readonly giveValue = (entry: MapEntry): UV => this.valueOf_(entry);
  private readonly detach = (value: unknown): unknown => this.passing.detach(value as UV);
  /** The entry that was read past the cells last: known until a cell comes to the table. */
  private fetchedMoves = -1;
  private fetchedMapKey: KeyIdentity = 0;
  private fetchedThere = false;

  constructor(parameters: StoredStateParameters<K, UV> & { readonly objectReuse: boolean }) {
    super(parameters);
    this.mapKeySerializer = this.registration.mapKeySerializer as KeySerializer<UK>;
    this.copiesMapKeys = !this.mapKeySerializer.isImmutableType && !parameters.objectReuse;
    const { cache, tables } = this;
    this.walked = { walks: new WalksInProgress(tables), cache, entries: this.walkedEntries() };
  }

  get(key: UK): UV | undefined {
    this.beginAccess();
    if (this.ttl !== undefined) this.makeRoomToRead();
    const owner = this.find();
    const identity = this.mapKeySerializer.identity(key);
    const { passing } = this;
    const cell = owner?.cells.get(identity);
    if (cell !== undefined) {
      this.cache.hits++;
      const value = this.use(cell);
      if (value === NOTHING) return undefined;
      const given = passing.copies ? this.valueSerializer.copy(value as UV) : this.handOut(cell, value as UV);
      this.dropReturned(identity);
      return given;
    }
    const value = this.fetch(owner, key, identity);
    if (value === NOTHING) return undefined;
    const isKept = passing.copies && this.find()?.cells.get(identity)?.value === value;
    const given = isKept ? this.valueSerializer.copy(value as UV) : (value as UV);
    this.dropReturned(identity);
    return given;
  }

  put(key: UK, value: UV): void {
    this.table();
    checkValue(value);
    this.beginAccess();
    this.store(key, this.passing.copyIn(value));
  }

  putAll(entries: Iterable<readonly [UK, UV]>): void {
    this.table();
    checkEntries(entries);
    const copies: [UK, UV][] = [];
    for (const [key, value] of entries) {
      checkValue(value);
      copies.push([key, this.passing.copyIn(value)]);
    }
    this.beginAccess();
    // The key is looked at after: what gave the entries may have chosen another on the way.
    for (const [key, value] of copies) this.store(key, value);
  }

  remove(key: UK): void {
    this.beginAccess();
    this.makeRoom();
    const owner = this.find();
    this.removeEntry(owner, key, this.mapKeySerializer.identity(key));
  }

  contains(key: UK): boolean {
    this.beginAccess();
    if (this.ttl !== undefined) this.makeRoomToRead();
    const owner = this.find();
    const identity = this.mapKeySerializer.identity(key);
    const cell = owner?.cells.get(identity);
    let isThere: boolean;
    if (cell !== undefined) {
      this.cache.hits++;
      isThere = this.use(cell) !== NOTHING;
    } else if (this.ttl !== undefined) {
      isThere = this.fetch(owner, key, identity) !== NOTHING;
    } else {
      isThere = this.look(owner, key, identity);
    }
    if (isThere) this.dropReturned(identity);
    return isThere;
  }

  isEmpty(): boolean {
    this.beginAccess();
    if (this.ttl !== undefined) return this.isEmptyOfUnexpired(this.ttl);
    const owner = this.find();
    if (owner !== undefined && owner.live > 0) return false;
    return owner?.clearing !== undefined || !this.storeHasMore(owner);
  }

  clear(): void {
    this.beginAccess();
    this.makeRoom();
    const { cache } = this;
    const found = this.find();
    const table = this.foundTable as CellTable;
    if (found?.clearing !== undefined && found.cells.size === 0) return;
    if (this.isWatched(found, table) && !this.isAbsent(found)) {
      table.structure++;
      if (found !== undefined) found.structure++;
    }
    table.moves++;
    const owner = found ?? this.newOwner();
    // Held, so that it stays in the index when the last of its cells goes.
    const { clearing } = owner;
    const isFrozen = clearing !== undefined && clearing.dirtyEpoch !== cache.epoch;
    if (clearing === undefined) {
      const cell = new ClearCell(owner);
      cell.sizeBytes = CELL_BYTES;
      cell.enter();
      cache.addDirty(cell);
    } else if (isFrozen) {
      cache.succeed(clearing);
    }
    for (const cell of [...owner.cells.values()]) {
      if (cell.dirtyEpoch !== 0 && cell.dirtyEpoch !== cache.epoch) cache.leave(cell);
      else cache.drop(cell);
    }
  }

  entries(): MapStateIterator<[UK, UV], UV> {
    return this.iterate(this.giveEntry, 'entries');
  }

  keys(): MapStateIterator<UK, UV> {
    return this.iterate(this.giveKey, 'keys');
  }

  values(): MapStateIterator<UV, UV> {
    return this.iterate(this.giveValue, 'values');
  }

  [Symbol.iterator](): MapStateIterator<[UK, UV], UV> {
    return this.entries();
  }

  private iterate<E>(give: (entry: MapEntry) => E, sight: WalkSight): MapStateIterator<E, UV> {
    this.beginAccess();
    return this.walk(this.walked, give, this.ttl === undefined ? sight : 'all');
  }

  private walk<E>(walked: WalkSurroundings, give: (entry: MapEntry) => E, sight: WalkSight): MapWalk<E, UV> {
    const owner = this.find();
    return new MapWalk<E, UV>(owner ?? this.place(), owner, walked, give, sight);
  }

  /** What a walk does with entries. */
  private walkedEntries(): MapEntries {
    const { ttl, cache, mapKeySerializer, passing } = this;
    return {
      ownerAt: (place) => ownerAt(place.table, place.keyIdentity, place.namespaceIdentity) ?? makeOwner(place),
      reach: ttl && ((map, entry) => this.reachEntry(map, entry, ttl)),
      leave: ttl?.returnsExpired
        ? (map, entry) => {
            const { keyGroup } = map.table;
            if (!ttl.isExpired(entry.stampMs, ttl.nowMs(keyGroup), keyGroup)) return;
            roomToRead(cache);
            expireCell(cache, this.cellOf(map.ownerToChange(), entry), ttl);
          }
        : undefined,
      remove: (owner, entry) => {
        cache.makeRoom();
        this.removeEntry(this.entered(owner), entry.mapKey as UK, entry.identity, true);
      },
      write: (owner, entry, value) => {
        if (value === undefined) throw new TypeError('you cannot put undefined into a MapState; use remove()');
        cache.makeRoom();
        this.storeIn(this.entered(owner), entry.mapKey as UK, entry.identity, passing.copyIn(value as UV));
      },
      identityOf: (mapKey) => mapKeySerializer.identity(mapKey as UK),
    };
  }

  private reachEntry(map: WalkedMap, entry: MapEntry, ttl: TtlPolicy): boolean {
    const { cache } = this;
    const { keyGroup } = map.table;
    const nowMs = ttl.nowMs(keyGroup);
    const { stampMs } = entry;
    if (policyPasses(ttl, stampMs, nowMs)) return true;
    const isExpired = ttl.isExpired(stampMs, nowMs, keyGroup);
    if (isExpired && ttl.returnsExpired) return true;
    const renewedMs = isExpired ? stampMs : ttl.renewsOnRead ? nowMs : ttl.storedStampMs(stampMs, keyGroup);
    if (!isExpired && renewedMs === stampMs) return true;
    roomToRead(cache);
    const cell = this.cellOf(map.ownerToChange(), entry);
    if (isExpired) {
      expireCell(cache, cell, ttl);
      return false;
    }
    entry.cell = renewCell(cache, cell, renewedMs, this.detach) as MapCell;
    entry.value = entry.cell.value;
    return true;
  }

  private mapKeyOf({ mapKey }: MapEntry): UK {
    return this.copiesMapKeys ? this.mapKeySerializer.copy(mapKey as UK) : (mapKey as UK);
  }

  private valueOf_({ value, cell }: MapEntry): UV {
    if (cell === undefined) return value as UV;
    return this.passing.copies ? this.valueSerializer.copy(value as UV) : this.handOut(cell, value as UV);
  }

  protected lookInto(table: CellTable): MapOwner | undefined {
    return ownerAt(table, this.currentKey.identity, this.namespaceIdentity);
  }

  /** After {@link find} found nothing: the map of the current key, which is not in memory. */
  private place(): MapPlace {
    const { currentKey, namespaceIdentity } = this;
    const { identity: keyIdentity, key } = currentKey;
    const namespace = this.ownNamespace(this.namespace as N);
    return { table: this.foundTable as CellTable, keyIdentity, namespaceIdentity, key, namespace };
  }

  private newOwner(): MapOwner {
    const owner = makeOwner(this.place());
    this.found = owner;
    return owner;
  }

  /** The map that is in the index, after a walk over it has ended. */
  private entered(owner: MapOwner): MapOwner {
    if (owner.isIndexed) return owner;
    const { table, keyIdentity, namespaceIdentity } = owner;
    const existing = ownerAt(table, keyIdentity, namespaceIdentity);
    if (existing !== undefined) return existing;
    owner.enter();
    return owner;
  }

  /** The value of a cell, after what reading does to it. */
  private use(cell: MapCell): unknown {
    cell.isReferenced = true;
    const policy = this.ttl;
    if (policy === undefined || cell.value === NOTHING) return cell.value;
    const { keyGroup } = this.currentKey;
    const nowMs = policy.nowMs(keyGroup);
    const { stampMs } = cell;
    if (policyPasses(policy, stampMs, nowMs)) return cell.value;
    if (policy.isExpired(stampMs, nowMs, keyGroup)) {
      if (policy.returnsExpired) return cell.value;
      expireCell(this.cache, cell, policy);
      return NOTHING;
    }
    const renewedMs = policy.renewsOnRead ? nowMs : policy.storedStampMs(stampMs, keyGroup);
    return renewedMs === stampMs ? cell.value : renewCell(this.cache, cell, renewedMs, this.detach).value;
  }

  /** What the store has of an entry that has no cell. */
  private fetch(owner: MapOwner | undefined, key: UK, identity: KeyIdentity): unknown {
    if (owner?.clearing !== undefined) return NOTHING;
    const table = this.foundTable as CellTable;
    const { cache, ttl } = this;
    const { stored, types } = table;
    cache.misses++;
    const path = this.path(owner, key);
    const value = stored.read(path);
    this.fetched(table, identity, value !== NOTHING);
    if (value === NOTHING) return NOTHING;
    table.sizes.stored(stored.readSizeBytes);
    if (ttl === undefined) {
      if (cache.admits(path, types.stateId)) this.keep(owner, key, identity, value, 0);
      return value;
    }
    const stampMs = stored.readStampMs as number;
    const { keyGroup } = table;
    const nowMs = ttl.nowMs(keyGroup);
    const isExpired = ttl.isExpired(stampMs, nowMs, keyGroup);
    const renewedMs = isExpired ? stampMs : ttl.renewsOnRead ? nowMs : ttl.storedStampMs(stampMs, keyGroup);
    if (!isExpired && renewedMs === stampMs) {
      if (cache.admits(path, types.stateId)) this.keep(owner, key, identity, value, stampMs);
      return value;
    }
    const cell = this.keep(owner, key, identity, value, stampMs);
    if (!isExpired) {
      renewCell(cache, cell, renewedMs, undefined);
      return value;
    }
    if (ttl.returnsExpired) return value;
    expireCell(cache, cell, ttl);
    return NOTHING;
  }

  /** Whether the store has an entry that has no cell. */
  private look(owner: MapOwner | undefined, key: UK, identity: KeyIdentity): boolean {
    if (owner?.clearing !== undefined) return false;
    const table = this.foundTable as CellTable;
    this.cache.misses++;
    const isThere = table.stored.has(this.path(owner, key));
    this.fetched(table, identity, isThere);
    return isThere;
  }

  private fetched(table: CellTable, identity: KeyIdentity, isThere: boolean): void {
    this.fetchedSelection = this.foundSelection;
    this.fetchedMoves = table.moves;
    this.fetchedMapKey = identity;
    this.fetchedThere = isThere;
  }

  private keep(owner: MapOwner | undefined, key: UK, identity: KeyIdentity, value: unknown, stampMs: number): MapCell {
    const of = owner ?? this.newOwner();
    const cell = this.newCell(of, key, identity, value, true);
    cell.stampMs = stampMs;
    this.cache.addClean(cell);
    return cell;
  }

  private newCell(
    owner: MapOwner,
    key: UK,
    identity: KeyIdentity,
    value: unknown,
    there: boolean | undefined,
  ): MapCell {
    const { mapKeySerializer } = this;
    const own = mapKeySerializer.isImmutableType ? key : mapKeySerializer.copy(key);
    const cell = new MapCell(owner, identity, own, value, there);
    cell.sizeBytes = owner.table.sizes.ofCell(value);
    cell.enter();
    this.fetchedSelection = -1;
    return cell;
  }

  /** A cell for an entry that a walk gave, which need not have one. */
  private cellOf(owner: MapOwner, { identity, mapKey, value, stampMs }: MapEntry): MapCell {
    const existing = owner.cells.get(identity);
    if (existing !== undefined) return existing;
    const cell = this.newCell(owner, mapKey as UK, identity, value, true);
    cell.stampMs = stampMs;
    this.cache.addClean(cell);
    owner.table.moves++;
    return cell;
  }

  private store(key: UK, value: UV): void {
    this.makeRoom();
    const identity = this.mapKeySerializer.identity(key);
    const owner = this.find() ?? this.newOwner();
    this.storeIn(owner, key, identity, value);
  }

  private storeIn(owner: MapOwner, key: UK, identity: KeyIdentity, value: UV): void {
    const { cache, ttl } = this;
    const { table } = owner;
    let cell = owner.cells.get(identity);
    if (cell !== undefined && cell.dirtyEpoch === cache.epoch && cell.value !== NOTHING) {
      cell.value = value;
      if (cell.isTouch || cell.elder !== undefined) {
        cell.isTouch = false;
        cache.replaced(cell);
      }
      if (table.sizes.fixedCellBytes === undefined) cache.resize(cell, table.sizes.ofCell(value));
    } else if (cell === undefined) {
      const there = this.knownThere(owner, key, identity);
      if (there === false) this.moved(owner);
      table.moves++;
      cell = this.newCell(owner, key, identity, value, there);
      cache.addDirty(cell);
    } else {
      if (cell.value === NOTHING) this.moved(owner);
      const wasPresent = cell.value !== NOTHING;
      if (cell.dirtyEpoch === 0) cache.dirty(cell);
      else if (cell.dirtyEpoch !== cache.epoch) cell = cache.succeed(cell) as MapCell;
      cell.value = value;
      cell.isTouch = false;
      if (!wasPresent) owner.live++;
      cache.replaced(cell);
      cache.resize(cell, table.sizes.ofCell(value));
    }
    if (ttl !== undefined) cell.stampMs = ttl.nowMs(table.keyGroup);
  }

  private removeEntry(owner: MapOwner | undefined, key: UK, identity: KeyIdentity, isThere = false): void {
    const cell = owner?.cells.get(identity);
    if (cell !== undefined) {
      if (cell.value === NOTHING) return;
      this.moved(cell.owner);
      removeCell(this.cache, cell);
      return;
    }
    const table = owner?.table ?? (this.foundTable as CellTable);
    const there = isThere || this.knownThere(owner, key, identity);
    if (there === false) return;
    const of = owner ?? this.newOwner();
    if (there) this.moved(of);
    table.moves++;
    this.cache.addDirty(this.newCell(of, key, identity, NOTHING, there));
  }

  /** An entry came or goes. */
  private moved(owner: MapOwner): void {
    owner.structure++;
    owner.table.structure++;
    owner.table.moves++;
  }

  /** Whether the store has an entry without a cell, where that is known or has to be (SM2). */
  private knownThere(owner: MapOwner | undefined, key: UK, identity: KeyIdentity): boolean | undefined {
    if (owner?.clearing !== undefined) return false;
    const table = owner?.table ?? (this.foundTable as CellTable);
    const isKnown =
      this.fetchedSelection === this.foundSelection &&
      this.fetchedMoves === table.moves &&
      this.fetchedMapKey === identity &&
      (owner === undefined || owner === this.found);
    if (isKnown) return this.fetchedThere;
    if (!this.isWatched(owner, table)) return undefined;
    return table.stored.has(this.path(owner, key));
  }

  private isWatched(owner: MapOwner | undefined, table: CellTable): boolean {
    return table.keyWalks > 0 || (owner !== undefined && owner.firstWalk !== undefined);
  }

  private path(owner: MapOwner | undefined, key: UK): Uint8Array {
    const { paths } = this.cache;
    if (owner !== undefined) return paths.pathOfEntry(owner.table.types, owner.prefix(paths), key);
    return paths.pathOf((this.foundTable as CellTable).types, this.currentKey.key, this.namespace, key);
  }

  /** Whether there is no entry, expired ones counted. */
  private isAbsent(owner: MapOwner | undefined): boolean {
    if (owner !== undefined && owner.live > 0) return false;
    return owner?.clearing !== undefined || !this.storeHasMore(owner);
  }

  /** Whether the store has an entry of the current map that no cell says to be gone. */
  private storeHasMore(owner: MapOwner | undefined): boolean {
    const table = this.foundTable as CellTable;
    const { paths } = this.cache;
    const prefix =
      owner === undefined ? paths.path(table.types, this.currentKey.key, this.namespace).slice() : owner.prefix(paths);
    if (owner === undefined || owner.cells.size === 0) return table.stored.scanPaths(prefix, undefined, 1).length > 0;
    const { mapKeySerializer } = this;
    let after: Uint8Array | undefined;
    for (let limit = FIRST_LOOK; ; limit = Math.min(LOOK_MAX, limit * 4)) {
      const found = table.stored.scanPaths(prefix, after, limit);
      for (const { path } of found) {
        const mapKey = table.types.mapKey.deserializeKey(new ByteReader(path, prefix.length));
        if (owner.cells.get(mapKeySerializer.identity(mapKey as UK))?.value !== NOTHING) return true;
      }
      if (found.length < limit) return false;
      after = found.at(-1)?.path;
    }
  }

  private isEmptyOfUnexpired(policy: TtlPolicy): boolean {
    this.makeRoomToRead();
    if (this.isAbsent(this.find())) return true;
    // What may still be given is there.
    if (policy.returnsExpired) return false;
    const { keyGroup } = this.currentKey;
    const walk = this.iterateRaw();
    try {
      for (const entry of walk) {
        if (!policy.isExpired(entry.stampMs, policy.nowMs(keyGroup), keyGroup)) return false;
        roomToRead(this.cache);
        const owner = this.find() ?? this.newOwner();
        expireCell(this.cache, this.cellOf(owner, entry), policy);
      }
    } finally {
      walk.return();
    }
    return true;
  }

  /** A walk that does nothing to entries. */
  private iterateRaw(): MapWalk<MapEntry, UV> {
    const entries = { ...this.walked.entries, reach: undefined, leave: undefined };
    return this.walk({ ...this.walked, entries }, (entry) => entry, 'all');
  }

  private dropReturned(identity: KeyIdentity): void {
    const policy = this.ttl;
    if (policy === undefined || !policy.returnsExpired) return;
    const cell = this.find()?.cells.get(identity);
    if (cell === undefined || cell.value === NOTHING) return;
    const { keyGroup } = this.currentKey;
    if (policy.isExpired(cell.stampMs, policy.nowMs(keyGroup), keyGroup)) expireCell(this.cache, cell, policy);
  }

  private handOut(cell: MapCell, value: UV): UV {
    const { passing } = this;
    if (!passing.isLive) return value;
    passing.verify(value);
    // What waits in an earlier epoch must stay as it is: the program gets another one.
    if (cell.dirtyEpoch === 0 || cell.dirtyEpoch === this.cache.epoch) return value;
    return passing.copyIn(this.valueSerializer.copy(value));
  }
}

// The stored value of a map state is the map, its serializer that of the map values.
type MapStateOf<K, N, UK, UV> = Omit<InternalMapState<K, N, UK, UV>, 'valueSerializer'>;

function checkValue(value: unknown): void {
  if (value === undefined) throw new TypeError('you cannot put undefined into a MapState; use remove(key)');
}

/** Whether an entry is as it was: not expired, and not to be stamped anew. */
function policyPasses({ ttlMs, renewsOnRead }: TtlPolicy, stampMs: number, nowMs: number): boolean {
  return stampMs === nowMs || (stampMs + ttlMs > nowMs && !renewsOnRead);
}
