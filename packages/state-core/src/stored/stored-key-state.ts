// What the states with one value per key and namespace have in common: finding, storing and removing it.
//
//   SK1. A value that was read past the cells belongs to whoever reads it; where it is kept as well, one of the two is a
//        copy.
//   SK2. What was read past the cells counts until a cell comes to the table: then it says nothing any more.
//   SK3. Only the cell of the current epoch is written into.

import { concurrentModification } from '../support/concurrent-modification.js';
import { MergedEntry } from '../support/merge-namespaces.js';
import type { TtlPolicy } from '../support/ttl-policy.js';
import { KeyCell } from './cell.js';
import { expireCell, removeCell, renewCell } from './cell-changes.js';
import type { CellTable } from './cell-table.js';
import { StoredFoundState } from './stored-found-state.js';
import { NOTHING } from './stored-table.js';

/** A keyed state with one value per key and namespace. */
export abstract class StoredKeyState<K, N, V> extends StoredFoundState<K, N, V, KeyCell> {
  /** Of the value that was read past the cells last (SK2). */
  private fetchedMoves = -1;
  private fetchedThere = false;
  private readonly detach = (value: unknown): unknown => this.passing.detach(value as V);

  clear(): void {
    this.beginAccess();
    this.makeRoom();
    this.remove(this.find());
  }

  /** What is stored, or `undefined`. Not copied. */
  getInternal(): V | undefined {
    const value = this.read();
    return value === NOTHING ? undefined : (value as V);
  }

  /** Replaces what is stored. Not copied. */
  updateInternal(value: V): void {
    if (value === undefined) this.clear();
    else this.store(value);
  }

  /** What is stored at the current key, {@link NOTHING} when there is nothing. Not copied. */
  protected read(): unknown {
    this.beginAccess();
    // Reading what has a time stamp may change it.
    if (this.ttl !== undefined) this.makeRoomToRead();
    const cell = this.find();
    if (cell === undefined) return this.fetch(true);
    this.cache.hits++;
    return this.ttl === undefined ? this.use(cell) : this.useStamped(cell, this.ttl);
  }

  /** As {@link read}, for a program: nothing that is kept, unless values are live. */
  protected readForProgram(): unknown {
    this.beginAccess();
    if (this.ttl !== undefined) this.makeRoomToRead();
    const cell = this.find();
    if (cell === undefined) {
      const value = this.fetch(true);
      // Kept as a cell: then the program gets a copy of it.
      return value !== NOTHING && this.passing.copies && this.found?.isIndexed === true && this.found.value === value
        ? this.valueSerializer.copy(value as V)
        : value;
    }
    this.cache.hits++;
    const value = this.ttl === undefined ? this.use(cell) : this.useStamped(cell, this.ttl);
    if (value === NOTHING) return NOTHING;
    if (this.passing.copies) return this.valueSerializer.copy(value as V);
    return this.passing.isLive ? this.handOut(cell, value as V) : value;
  }

  /** Sets the value of the current key. */
  protected store(value: V): void {
    this.beginAccess();
    this.makeRoom();
    this.put(this.find(), value);
  }

  protected lookInto({ cells }: CellTable): KeyCell | undefined {
    return cells.get(this.currentKey.identity, this.namespaceIdentity);
  }

  /** After {@link find} found nothing: what the store has. With `mayKeep` it may become a cell. */
  protected fetch(mayKeep: boolean): unknown {
    const table = this.foundTable as CellTable;
    const { cache, currentKey } = this;
    const { stored, types } = table;
    cache.misses++;
    const path = cache.paths.path(types, currentKey.key, this.namespace);
    const value = stored.read(path);
    this.fetchedSelection = this.foundSelection;
    this.fetchedMoves = table.moves;
    this.fetchedThere = value !== NOTHING;
    if (value === NOTHING) return NOTHING;
    table.sizes.stored(stored.readSizeBytes);
    if (this.ttl !== undefined) return this.fetchStamped(table, value, stored.readStampMs as number, this.ttl, mayKeep);
    if (mayKeep && cache.admits(path, types.stateId)) this.keep(table, value, 0);
    return value;
  }

  /** Replaces the value of the current key, given the cell that {@link find} found. */
  protected put(cell: KeyCell | undefined, value: V): void {
    const { cache, ttl } = this;
    if (cell !== undefined && cell.dirtyEpoch === cache.epoch && cell.value !== NOTHING) {
      cell.value = value;
      if (cell.isTouch || cell.elder !== undefined) {
        cell.isTouch = false;
        cache.replaced(cell);
      }
      if (cell.table.sizes.fixedCellBytes === undefined) cache.resize(cell, cell.table.sizes.ofCell(value));
    } else {
      this.putSlow(cell, value);
    }
    if (ttl !== undefined) (this.found as KeyCell).stampMs = this.nowMs(ttl);
  }

  /** Removes the value of the current key, given the cell that {@link find} found. */
  protected remove(cell: KeyCell | undefined): void {
    if (cell !== undefined) {
      this.removeFound(cell);
      return;
    }
    const table = this.foundTable as CellTable;
    const there = this.knownThere(table);
    if (there === false) return;
    if (there !== undefined) table.structure++;
    table.moves++;
    this.addCell(table, NOTHING, there);
  }

  /**
   * Replaces the accumulator of the current key by what `change` makes of it; `create` makes the first.
   *
   * @throws StateError `concurrent-modification` when `change` adds or removes entries of the state, or takes this one away.
   */
  protected accumulate(create: () => V, change: (accumulator: V) => V): void {
    this.beginAccess();
    this.makeRoom();
    const found = this.readToChange();
    if (found === NOTHING) {
      const value = create();
      this.put(this.find(), value);
      return;
    }
    const cell = this.find();
    const table = this.foundTable as CellTable;
    const { moves } = table;
    const { selection } = this.currentKey;
    const isFrozen = cell !== undefined && cell.dirtyEpoch !== 0 && cell.dirtyEpoch !== this.cache.epoch;
    const accumulator = isFrozen ? this.passing.detach(found as V) : (found as V);
    let changed: V;
    try {
      changed = change(accumulator);
    } catch (error) {
      // A copy of what the store has may have been changed half-way: the store has the value as it was.
      if (cell?.isIndexed && cell.dirtyEpoch === 0 && !this.valueSerializer.isImmutableType) this.cache.drop(cell);
      throw error;
    }
    const isSame = table.moves === moves && selection === this.currentKey.selection;
    const now = isSame ? this.find() : undefined;
    if (!isSame || cell?.isDead || now?.value === NOTHING)
      throw concurrentModification('the state that a function adds to');
    this.put(now, changed);
  }

  /** The entry of the current key in a namespace, for a merge. */
  protected takeFrom(namespace: N): MergedEntry<V> | undefined {
    return this.inNamespace(namespace, () => {
      this.makeRoom();
      const found = this.readToChange();
      const cell = this.find();
      if (found === NOTHING) return undefined;
      const stored = found as V;
      const { passing } = this;
      const copy = (): V => {
        const detached = passing.detach(stored);
        return passing.isLive ? passing.copyIn(detached) : detached;
      };
      // What no cell holds is nobody's, and what a cell holds stays as it is until the merge is done.
      const value = cell === undefined ? stored : copy();
      const identity = this.namespaceIdentity;
      return new MergedEntry(
        `${typeof identity}${identity}`,
        value,
        () => value,
        () => this.removeFrom(namespace),
      );
    });
  }

  /** Stores a value of the current key in another namespace than the chosen one. */
  protected storeIn(namespace: N, value: V): void {
    this.inNamespace(namespace, () => {
      this.makeRoom();
      this.put(this.find(), value);
    });
  }

  /** What was given although its time was up goes with that (TP3 of ttl-policy.ts). */
  protected dropReturned(): void {
    const policy = this.ttl;
    if (policy === undefined || !policy.returnsExpired) return;
    const cell = this.find();
    if (cell === undefined || cell.value === NOTHING) return;
    const { keyGroup } = this.currentKey;
    if (policy.isExpired(cell.stampMs, policy.nowMs(keyGroup), keyGroup)) expireCell(this.cache, cell, policy);
  }

  /** What is stored, not copied, where it is about to be replaced: it need not be kept. */
  private readToChange(): unknown {
    const cell = this.find();
    if (cell === undefined) return this.fetch(false);
    this.cache.hits++;
    return this.ttl === undefined ? this.use(cell) : this.useStamped(cell, this.ttl);
  }

  private removeFrom(namespace: N): void {
    this.inNamespace(namespace, () => {
      this.makeRoom();
      this.remove(this.find());
    });
  }

  private use(cell: KeyCell): unknown {
    cell.isReferenced = true;
    return cell.value;
  }

  /** The value of a cell that may have expired, after what reading does to it. */
  private useStamped(cell: KeyCell, policy: TtlPolicy): unknown {
    cell.isReferenced = true;
    if (cell.value === NOTHING) return NOTHING;
    const { keyGroup } = this.currentKey;
    const nowMs = policy.nowMs(keyGroup);
    const { stampMs } = cell;
    if (stampMs === nowMs || (stampMs + policy.ttlMs > nowMs && !policy.renewsOnRead)) return cell.value;
    if (policy.isExpired(stampMs, nowMs, keyGroup)) {
      if (policy.returnsExpired) return cell.value;
      expireCell(this.cache, cell, policy);
      return NOTHING;
    }
    const renewedMs = policy.renewsOnRead ? nowMs : policy.storedStampMs(stampMs, keyGroup);
    if (renewedMs === stampMs) return cell.value;
    const renewed = renewCell(this.cache, cell, renewedMs, this.detach);
    this.found = renewed as KeyCell;
    return renewed.value;
  }

  private fetchStamped(
    table: CellTable,
    value: unknown,
    stampMs: number,
    policy: TtlPolicy,
    mayKeep: boolean,
  ): unknown {
    const { keyGroup } = this.currentKey;
    const nowMs = policy.nowMs(keyGroup);
    const isExpired = policy.isExpired(stampMs, nowMs, keyGroup);
    const renewedMs = isExpired ? stampMs : policy.renewsOnRead ? nowMs : policy.storedStampMs(stampMs, keyGroup);
    if (!isExpired && renewedMs === stampMs) {
      if (mayKeep && this.cache.admits(this.pathAgain(table), table.types.stateId)) this.keep(table, value, stampMs);
      return value;
    }
    // All of these change the state: the value needs a cell.
    this.makeRoomToRead();
    const cell = this.keep(table, value, stampMs);
    if (!isExpired) {
      renewCell(this.cache, cell, renewedMs, undefined);
      return value;
    }
    if (policy.returnsExpired) return value;
    expireCell(this.cache, cell, policy);
    return NOTHING;
  }

  private pathAgain(table: CellTable): Uint8Array {
    return this.cache.paths.path(table.types, this.currentKey.key, this.namespace);
  }

  private keep(table: CellTable, value: unknown, stampMs: number): KeyCell {
    const cell = this.newCell(table, value, true);
    cell.stampMs = stampMs;
    this.cache.addClean(cell);
    return cell;
  }

  private putSlow(cell: KeyCell | undefined, value: V): void {
    const { cache } = this;
    if (cell === undefined) {
      const table = this.foundTable as CellTable;
      const there = this.knownThere(table);
      if (there === false) table.structure++;
      table.moves++;
      this.addCell(table, value, there);
      return;
    }
    const { table } = cell;
    const { sizes } = table;
    if (cell.value === NOTHING) {
      table.structure++;
      table.moves++;
    }
    let target = cell;
    if (cell.dirtyEpoch === 0) cache.dirty(cell);
    else if (cell.dirtyEpoch !== cache.epoch) target = cache.succeed(cell) as KeyCell;
    target.value = value;
    target.isTouch = false;
    cache.replaced(target);
    cache.resize(target, sizes.ofCell(value));
    this.found = target;
  }

  private removeFound(cell: KeyCell): void {
    if (cell.value === NOTHING) return;
    cell.table.structure++;
    cell.table.moves++;
    removeCell(this.cache, cell);
  }

  /** Whether the store has something at the current key, where that is known or has to be. */
  private knownThere(table: CellTable): boolean | undefined {
    if (this.fetchedSelection === this.foundSelection && this.fetchedMoves === table.moves) return this.fetchedThere;
    return table.keyWalks > 0 ? table.stored.has(this.pathAgain(table)) : undefined;
  }

  private addCell(table: CellTable, value: unknown, there: boolean | undefined): void {
    this.cache.addDirty(this.newCell(table, value, there));
  }

  private newCell(table: CellTable, value: unknown, there: boolean | undefined): KeyCell {
    const { currentKey, namespaceIdentity } = this;
    const namespace = this.ownNamespace(this.namespace as N);
    const cell = new KeyCell(table, currentKey.identity, namespaceIdentity, currentKey.key, namespace, value, there);
    cell.sizeBytes = table.sizes.ofCell(value);
    cell.enter();
    this.found = cell;
    this.fetchedSelection = -1;
    return cell;
  }

  private handOut(cell: KeyCell, value: V): V {
    const { passing } = this;
    passing.verify(value);
    // What waits in an earlier epoch must stay as it is: the program gets another one.
    if (cell.dirtyEpoch === 0 || cell.dirtyEpoch === this.cache.epoch) return value;
    return passing.copyIn(this.valueSerializer.copy(value));
  }
}
