// List state over a store: appending reads nothing.
//
//   LS1. An empty list is no entry.
//   LS2. A call that fails changes nothing.
//   LS3. Of a list with time to live every element has a stamp. NeverReturnExpired: reading takes expired elements away.
//        ReturnExpiredIfNotCleanedUp: it gives them too, and the list goes when all of them have expired. With OnReadAndWrite
//        reading leaves the elements that have not expired, all with the time of the slice. Merging keeps the stamps.

import type { InternalListState } from '../state-backend/internal-state.js';
import { checkValues } from '../support/checked-iterables.js';
import { MergedEntry, mergeNamespaces } from '../support/merge-namespaces.js';
import type { TtlPolicy } from '../support/ttl-policy.js';
import type { CellTable } from './cell-table.js';
import { ListCell } from './list-cell.js';
import { keepUnexpired, replaceList, sizeOfList } from './list-changes.js';
import { StoredFoundState } from './stored-found-state.js';
import { unexpired } from './unexpired.js';
import { CELL_BYTES } from './value-sizes.js';

/** So many elements are joined to a list rather than added one by one. */
const JOINED_FROM = 8;

/** Elements with their stamps, if they have any. */
interface Elements<T> {
  readonly values: T[];
  readonly stampsMs: number[] | undefined;
}

/** A list per key and namespace. */
export class StoredListState<K, N, T> extends StoredFoundState<K, N, T, ListCell> implements ListStateOf<K, N, T> {
  /** Whether the store has a list where {@link found} is nothing: known until a cell comes to the table. */
  private fetchedMoves = -1;
  private fetchedThere = false;
  private readonly detach = (element: unknown): unknown => {
    const { passing } = this;
    return passing.isLive ? passing.copyIn(passing.detach(element as T)) : element;
  };

  get(): Iterable<T> {
    const values = this.read();
    if (values === undefined) return [];
    const { passing, valueSerializer } = this;
    if (passing.copies) return values.map((element) => valueSerializer.copy(element));
    if (!passing.isLive) return values.slice();
    for (const element of values) passing.verify(element);
    const cell = this.find();
    // What waits to be written, or is nobody's any more, must stay as it is.
    if (cell === undefined || cell.values !== values || cell.elder !== undefined || this.isFrozen(cell)) {
      return values.map((element) => passing.copyIn(valueSerializer.copy(element)));
    }
    return values.slice();
  }

  add(value: T): void {
    this.table();
    checkElement(value);
    this.append([this.passing.copyIn(value)]);
  }

  addAll(values: Iterable<T>): void {
    this.table();
    checkValues(values);
    if (!this.passing.copies && isPlainArray(values) && values.length >= JOINED_FROM) {
      this.checkIn(values);
      this.append(values, true);
      return;
    }
    const elements = this.copiesIn(values);
    // The key is looked at after: what gave the elements may have chosen another on the way.
    if (elements.length > 0) this.append(elements);
  }

  update(values: Iterable<T>): void {
    this.table();
    this.replace(this.copiesIn(values));
  }

  clear(): void {
    this.beginAccess();
    this.makeRoom();
    this.put([], undefined);
  }

  getInternal(): readonly T[] | undefined {
    const values = this.read();
    return values === undefined || values.length === 0 ? undefined : values;
  }

  updateInternal(values: readonly T[]): void {
    this.table();
    this.replace([...values]);
  }

  mergeNamespaces(target: N, sources: Iterable<N>): void {
    this.table();
    mergeNamespaces<N, Elements<T>>(target, sources, {
      take: (namespace) => this.takeFrom(namespace),
      join: (first, second) => ({
        values: [...first.values, ...second.values],
        stampsMs: first.stampsMs && second.stampsMs && [...first.stampsMs, ...second.stampsMs],
      }),
      store: (namespace, { values, stampsMs }) =>
        this.inNamespace(namespace, () => {
          this.makeRoom();
          // A copy of the arrays: those of a source are shared with what waits to be written.
          this.put(values.slice(), stampsMs?.slice());
        }),
    });
  }

  /** Takes the array unless it is the program's. */
  private append(values: readonly T[], isOfProgram = false): void {
    this.beginAccess();
    this.makeRoom();
    const { cache, ttl } = this;
    let cell = this.find();
    if (cell === undefined) {
      cell = this.newCell(this.foundTable as CellTable, this.knownThere());
      cell.isWhole = cell.there === false;
      cell.values = [];
      cell.stampsMs = ttl && [];
      cache.addDirty(cell);
      if (cell.isWhole) cell.table.structure++;
    } else {
      if (!cell.isPresent) cell.table.structure++;
      if (cell.dirtyEpoch === 0) {
        cell.start = cell.values.length;
        cell.storedCount = cell.start;
        cache.dirty(cell);
      } else if (cell.dirtyEpoch !== cache.epoch) {
        cell = cache.succeed(cell) as ListCell;
        this.found = cell;
      }
    }
    const sizeBytes = cell.sizeBytes + cell.table.sizes.ofElements(values);
    const before = cell.values;
    // Growing bit by bit leaves garbage behind; an elder shares the array (LC5 of list-cell.ts).
    const isJoined = values.length >= JOINED_FROM && values.length * 2 >= before.length;
    if (cell.elder === undefined && before.length === 0) cell.values = isOfProgram ? [...values] : (values as T[]);
    else if (cell.elder === undefined && isJoined) cell.values = before.concat(values);
    else for (let index = 0; index < values.length; index++) before.push(values[index]);
    if (ttl !== undefined && cell.stampsMs !== undefined) {
      const nowMs = this.nowMs(ttl);
      for (let count = values.length; count > 0; count--) cell.stampsMs.push(nowMs);
    }
    cache.resize(cell, sizeBytes);
  }

  private replace(values: T[]): void {
    this.beginAccess();
    this.makeRoom();
    const stampsMs = this.ttl && new Array<number>(values.length).fill(this.nowMs(this.ttl));
    this.put(values, stampsMs);
  }

  /** Replaces the list of the current key. Takes the arrays. @param isExpiry - Its time was up: no change that walks notice. */
  private put(values: T[], stampsMs: number[] | undefined, isExpiry = false): void {
    const { cache } = this;
    let cell = this.find();
    const isEmpty = values.length === 0;
    if (cell === undefined) {
      const table = this.foundTable as CellTable;
      const there = this.knownThere();
      if (isEmpty && there === false) return;
      if (!isExpiry && there !== undefined && there === isEmpty) table.structure++;
      cell = this.newCell(table, there);
      cache.addDirty(cell);
    } else {
      if (isEmpty && !cell.isPresent) return;
      if (!isExpiry && isEmpty === cell.isPresent) {
        cell.table.structure++;
        cell.table.moves++;
      }
    }
    this.found = replaceList(cache, cell, values, stampsMs);
  }

  /** The elements of the current key after what reading does to them; not copied. */
  private read(): T[] | undefined {
    this.beginAccess();
    if (this.ttl !== undefined) this.makeRoomToRead();
    const list = this.readAll();
    if (list === undefined || list.values.length === 0) return undefined;
    return this.ttl === undefined ? list.values : this.reach(list, this.ttl);
  }

  /** All elements, expired ones too; a clean list may be kept. */
  private readAll(): Elements<T> | undefined {
    const { cache } = this;
    const cell = this.find();
    if (cell?.isWhole) {
      cache.hits++;
      cell.isReferenced = true;
      return cell as Elements<T>;
    }
    cache.misses++;
    const table = this.foundTable as CellTable;
    const path = this.path();
    const stored = table.stored.readList(path);
    if (stored !== undefined) table.sizes.stored(stored.sizeBytes / stored.values.length);
    if (cell !== undefined) {
      const sizeBytes = cell.sizeBytes;
      cell.complete(stored?.values ?? [], stored === undefined ? this.ttl && [] : stored.stampsMs);
      cell.there = stored !== undefined;
      cache.resize(cell, Math.max(sizeBytes, sizeOfList(cell)));
      return cell as Elements<T>;
    }
    this.fetchedSelection = this.foundSelection;
    this.fetchedMoves = table.moves;
    this.fetchedThere = stored !== undefined;
    if (stored === undefined) return undefined;
    if (!cache.admits(path, table.types.stateId)) return stored as Elements<T>;
    return this.keep(table, stored.values, stored.stampsMs) as Elements<T>;
  }

  private keep(table: CellTable, values: unknown[], stampsMs: number[] | undefined): ListCell {
    const cell = this.newCell(table, true);
    cell.values = values;
    cell.stampsMs = stampsMs;
    cell.isWhole = true;
    cell.sizeBytes = sizeOfList(cell);
    this.cache.addClean(cell);
    return cell;
  }

  /** Does to a list what reading does (LS3), and gives the elements that the program gets. */
  private reach(list: Elements<T>, policy: TtlPolicy): T[] {
    const nowMs = this.nowMs(policy);
    const { values, stampsMs } = list as { values: T[]; stampsMs: number[] };
    const rest = unexpired(values, stampsMs, policy, nowMs, this.currentKey.keyGroup);
    const isSame = rest.values === values && rest.stampsMs === stampsMs;
    if (rest.values.length === 0) {
      policy.expiredEntries += values.length;
      this.put([], undefined, true);
    } else if (policy.renewsOnRead) {
      if (!isSame || stampsMs.some((stampMs) => stampMs !== nowMs)) {
        policy.expiredEntries += values.length - rest.values.length;
        const renewed = isSame ? values.slice() : (rest.values as T[]);
        this.put(this.detached(renewed), new Array<number>(renewed.length).fill(nowMs), true);
      }
    } else if (!isSame && !policy.returnsExpired) {
      policy.expiredEntries += values.length - rest.values.length;
      const cell = this.find() ?? this.keep(this.foundTable as CellTable, values, stampsMs);
      this.found = keepUnexpired(this.cache, cell, rest, this.detach);
    }
    return policy.returnsExpired ? values : (rest.values as T[]);
  }

  /** Elements that the program may change in place are not shared with what waits to be written. */
  private detached(values: T[]): T[] {
    return this.passing.isLive ? values.map((element) => this.detach(element) as T) : values;
  }

  private takeFrom(namespace: N): MergedEntry<Elements<T>> | undefined {
    return this.inNamespace(namespace, () => {
      this.makeRoom();
      const list = this.readAll();
      if (list === undefined || list.values.length === 0) return undefined;
      const { ttl } = this;
      let taken = list;
      if (ttl !== undefined && !ttl.returnsExpired) {
        const { values, stampsMs } = list as { values: T[]; stampsMs: number[] };
        const rest = unexpired(values, stampsMs, ttl, this.nowMs(ttl), this.currentKey.keyGroup);
        if (rest.values.length === 0) {
          this.put([], undefined);
          return undefined;
        }
        taken = rest as Elements<T>;
      }
      const values = this.detached(taken.values.slice());
      const value = { values, stampsMs: taken.stampsMs?.slice() };
      const identity = this.namespaceIdentity;
      const remove = (): void =>
        this.inNamespace(namespace, () => {
          this.makeRoom();
          this.put([], undefined);
        });
      return new MergedEntry(`${typeof identity}${identity}`, value, () => value, remove);
    });
  }

  protected lookInto({ cells }: CellTable): ListCell | undefined {
    return cells.get(this.currentKey.identity, this.namespaceIdentity) as ListCell | undefined;
  }

  private knownThere(): boolean | undefined {
    const table = this.foundTable as CellTable;
    if (this.fetchedSelection === this.foundSelection && this.fetchedMoves === table.moves) return this.fetchedThere;
    return table.keyWalks > 0 ? table.stored.has(this.path()) : undefined;
  }

  private newCell(table: CellTable, there: boolean | undefined): ListCell {
    const { currentKey, namespaceIdentity } = this;
    const namespace = this.ownNamespace(this.namespace as N);
    const cell = new ListCell(
      table,
      currentKey.identity,
      namespaceIdentity,
      currentKey.key,
      namespace,
      undefined,
      there,
    );
    cell.sizeBytes = CELL_BYTES;
    cell.enter();
    table.moves++;
    this.found = cell;
    return cell;
  }

  private path(): Uint8Array {
    return this.cache.paths.path((this.foundTable as CellTable).types, this.currentKey.key, this.namespace);
  }

  private isFrozen({ dirtyEpoch }: ListCell): boolean {
    return dirtyEpoch !== 0 && dirtyEpoch !== this.cache.epoch;
  }

  /** @throws TypeError, StateError `value-not-serializable`. */
  private checkIn(values: readonly T[]): void {
    for (let index = 0; index < values.length; index++) {
      const value = values[index] as T;
      checkElement(value);
      this.passing.copyIn(value);
    }
  }

  private copiesIn(values: Iterable<T>): T[] {
    checkValues(values);
    const { passing } = this;
    if (isPlainArray(values) && values.length >= JOINED_FROM) {
      // All at once, in the size that they need; few get room to grow.
      const elements = [...values];
      for (let index = 0; index < elements.length; index++) {
        const value = elements[index] as T;
        checkElement(value);
        const own = passing.copyIn(value);
        if (own !== value) elements[index] = own;
      }
      return elements;
    }
    const elements: T[] = [];
    for (const value of values) {
      checkElement(value);
      elements.push(passing.copyIn(value));
    }
    return elements;
  }
}

// The stored value of a list state is the array, its serializer that of the elements.
type ListStateOf<K, N, T> = Omit<InternalListState<K, N, T>, 'valueSerializer'>;

/** An array that gives its elements as every array does. */
function isPlainArray<T>(values: Iterable<T>): values is readonly T[] & Iterable<T> {
  if (!Array.isArray(values) || values[Symbol.iterator] !== Array.prototype[Symbol.iterator]) return false;
  return (values as { readonly [Symbol.isConcatSpreadable]?: unknown })[Symbol.isConcatSpreadable] === undefined;
}

function checkElement(value: unknown): void {
  if (value === undefined) throw new TypeError('you cannot add undefined to a ListState');
}
