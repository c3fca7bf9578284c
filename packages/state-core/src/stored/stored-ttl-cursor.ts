// A walk over all entries of a state that takes expired ones away: first what the store has, then what is in memory alone.
//
//   TT1. Key groups that were not opened are left alone: opening them brings their stamps with it.
//   TT2. The walk holds a place, not an entry: whatever changes between two steps is no concern of it.
//   TT3. What memory knows of an entry counts, not what the store says.

import { ByteReader } from '../bytes/byte-reader.js';
import type { TtlCursor } from '../support/ttl-cleanup.js';
import type { TtlPolicy } from '../support/ttl-policy.js';
import { type Cell, KeyCell } from './cell.js';
import type { CellCache } from './cell-cache.js';
import { expireCell, renewCell } from './cell-changes.js';
import type { CellTable } from './cell-table.js';
import type { CellTables } from './cell-tables.js';
import { ListCell } from './list-cell.js';
import { keepUnexpired, sizeOfList } from './list-changes.js';
import { MapCell, makeOwner, ownerAt } from './map-cell.js';
import { roomToRead } from './stored-state.js';
import { NOTHING, type StoredPath } from './stored-table.js';
import { unexpired } from './unexpired.js';

const CHUNK_MAX = 256;
const NO_BYTES: Uint8Array = new Uint8Array(0);

/** Walks over the tables of a state. */
export class StoredTtlCursor implements TtlCursor {
  private index = 0;
  private after: Uint8Array | undefined = undefined;
  /** What is in memory of the table, once its stored entries were walked over. */
  private memory: readonly Cell[] | undefined = undefined;
  private memoryPosition = 0;

  constructor(
    private readonly tables: CellTables,
    private readonly cache: CellCache,
    private readonly policy: TtlPolicy,
    private readonly detach: (value: unknown) => unknown,
  ) {}

  advance(entriesMax: number): number {
    // It runs with whatever the program does, reads as well: where the store is full it waits.
    if (!roomToRead(this.cache)) return 0;
    let seen = 0;
    while (seen < entriesMax) {
      if (this.index >= this.tables.length) {
        this.index = 0;
        break;
      }
      const table = this.tables.madeAt(this.index);
      if (table === undefined) {
        this.index++;
        continue;
      }
      const looked =
        this.memory === undefined
          ? this.lookIntoStore(table, entriesMax - seen)
          : this.lookIntoMemory(table, this.memory, entriesMax - seen);
      seen += looked;
    }
    return seen;
  }

  private lookIntoStore(table: CellTable, entriesMax: number): number {
    const limit = Math.min(CHUNK_MAX, entriesMax);
    const chunk = table.stored.scanPaths(NO_BYTES, this.after, limit);
    const nowMs = this.policy.nowMs(table.keyGroup);
    for (const found of chunk) {
      this.after = found.path;
      if (this.isAsItWas(table, found, nowMs)) continue;
      roomToRead(this.cache);
      if (table.types.isList) this.sweepList(table, this.listAt(table, found.path));
      else this.sweepCell(table, this.cellAt(table, found.path), nowMs);
    }
    if (chunk.length < limit) {
      this.after = undefined;
      this.memory = [...table.newest()].filter((cell) => cell.dirtyEpoch !== 0 && cell.isPresent);
      this.memoryPosition = 0;
    }
    return chunk.length;
  }

  private lookIntoMemory(table: CellTable, memory: readonly Cell[], entriesMax: number): number {
    const nowMs = this.policy.nowMs(table.keyGroup);
    const start = this.memoryPosition;
    while (this.memoryPosition < memory.length && this.memoryPosition - start < entriesMax) {
      const cell = memory[this.memoryPosition++] as Cell;
      if (!cell.isIndexed) continue;
      roomToRead(this.cache);
      if (!cell.isIndexed) continue;
      if (cell instanceof ListCell) this.sweepList(table, cell);
      else this.sweepCell(table, cell, nowMs);
    }
    const looked = this.memoryPosition - start;
    if (this.memoryPosition >= memory.length) {
      this.memory = undefined;
      this.index++;
    }
    return looked;
  }

  private isAsItWas({ types, keyGroup }: CellTable, { stampMs, oldestStampMs }: StoredPath, nowMs: number): boolean {
    const { policy } = this;
    const oldestMs = types.isList ? oldestStampMs : stampMs;
    return (
      oldestMs !== undefined &&
      !policy.isExpired(oldestMs, nowMs, keyGroup) &&
      policy.storedStampMs(oldestMs, keyGroup) === oldestMs
    );
  }

  private sweepCell(table: CellTable, cell: Cell | undefined, nowMs: number): void {
    if (cell === undefined || cell.value === NOTHING) return;
    const { policy, cache } = this;
    if (policy.isExpired(cell.stampMs, nowMs, table.keyGroup)) {
      expireCell(cache, cell, policy);
      table.moves++;
      return;
    }
    const storedMs = policy.storedStampMs(cell.stampMs, table.keyGroup);
    if (storedMs !== cell.stampMs) renewCell(cache, cell, storedMs, this.detach);
  }

  private sweepList(table: CellTable, cell: ListCell | undefined): void {
    const { policy, cache } = this;
    if (cell !== undefined && !cell.isWhole) {
      const list = table.stored.readList(cell.encode(cache.paths));
      cell.complete(list?.values ?? [], list === undefined ? [] : list.stampsMs);
      cell.there = list !== undefined;
      cache.resize(cell, sizeOfList(cell));
    }
    if (cell === undefined || cell.values.length === 0) return;
    const { keyGroup } = table;
    const stampsMs = cell.stampsMs as number[];
    const rest = unexpired(cell.values, stampsMs, policy, policy.nowMs(keyGroup), keyGroup);
    if (rest.stampsMs === stampsMs) return;
    policy.expiredEntries += cell.values.length - rest.values.length;
    table.moves++;
    keepUnexpired(cache, cell, rest, this.detach);
  }

  /** The newest cell of a stored entry; `undefined` where memory says that there is none. */
  private cellAt(table: CellTable, path: Uint8Array): Cell | undefined {
    const { types } = table;
    const input = new ByteReader(path);
    const key = types.key.deserializeKey(input);
    const namespace = types.namespace.deserializeKey(input);
    const keyIdentity = types.key.identity(key);
    const namespaceIdentity = types.namespace.identity(namespace);
    if (!types.isMap) {
      const existing = table.cells.get(keyIdentity, namespaceIdentity);
      if (existing !== undefined) return existing;
      const value = table.stored.read(path);
      if (value === NOTHING) return undefined;
      return this.added(table, new KeyCell(table, keyIdentity, namespaceIdentity, key, namespace, value, true));
    }
    const mapKey = types.mapKey.deserializeKey(input);
    const identity = types.mapKey.identity(mapKey);
    let owner = ownerAt(table, keyIdentity, namespaceIdentity);
    if (owner?.clearing !== undefined) return undefined;
    const existing = owner?.cells.get(identity);
    if (existing !== undefined) return existing;
    const value = table.stored.read(path);
    if (value === NOTHING) return undefined;
    owner ??= makeOwner({ table, keyIdentity, namespaceIdentity, key, namespace });
    return this.added(table, new MapCell(owner, identity, mapKey, value, true));
  }

  private added(table: CellTable, cell: Cell): Cell {
    // Not that of the walk: what waited in memory may have been written since.
    cell.stampMs = table.stored.readStampMs ?? 0;
    cell.sizeBytes = table.sizes.ofCell(cell.value);
    cell.enter();
    table.moves++;
    this.cache.addClean(cell);
    return cell;
  }

  /** The list at a path, wholly in memory; `undefined` where memory says that there is none. */
  private listAt(table: CellTable, path: Uint8Array): ListCell | undefined {
    const { types, stored } = table;
    const input = new ByteReader(path);
    const key = types.key.deserializeKey(input);
    const namespace = types.namespace.deserializeKey(input);
    const keyIdentity = types.key.identity(key);
    const namespaceIdentity = types.namespace.identity(namespace);
    const existing = table.cells.get(keyIdentity, namespaceIdentity) as ListCell | undefined;
    if (existing !== undefined) return existing;
    const list = stored.readList(path);
    if (list === undefined) return undefined;
    const cell = new ListCell(table, keyIdentity, namespaceIdentity, key, namespace, undefined, true);
    cell.values = list.values;
    cell.stampsMs = list.stampsMs;
    cell.isWhole = true;
    cell.sizeBytes = sizeOfList(cell);
    cell.enter();
    table.moves++;
    this.cache.addClean(cell);
    return cell;
  }
}
