// List state on the heap: one array per key and namespace.
//
//   HL1. The array in a slot is appended to or replaced, never changed otherwise: a snapshot keeps it with its length.
//   HL2. Arrays are never empty: an empty list is no entry.
//   HL3. A call that fails changes nothing.

import type { InternalListState } from '@tidemark/state-core/spi';
import { checkValues, MergedEntry, mergeNamespaces } from '@tidemark/state-core/support';
import { FrozenList } from '../table/frozen-list.js';
import type { KeyTable } from '../table/key-table.js';
import { HeapState } from './heap-state.js';

/** One live array per key and namespace. */
export class HeapListState<K, N, T> extends HeapState<K, N, T, KeyTable> implements ListStateOf<K, N, T> {
  get(): Iterable<T> {
    const table = this.table();
    const slot = table.find(this.currentKey.identity, this.namespaceIdentity);
    if (slot < 0) return [];
    const elements = table.values[slot] as T[];
    if (this.passing.isLive) return this.liveElements(table, slot, elements);
    return this.passing.copies ? elements.map((element) => this.valueSerializer.copy(element)) : elements.slice();
  }

  add(value: T): void {
    const table = this.table();
    checkElement(value);
    this.append(table, [this.passing.copyIn(value)]);
  }

  addAll(values: Iterable<T>): void {
    this.table();
    const elements = this.copiesIn(values);
    // The table is looked up after: what gave the elements may have chosen another key on the way.
    if (elements.length > 0) this.append(this.table(), elements);
  }

  update(values: Iterable<T>): void {
    this.table();
    const elements = this.copiesIn(values);
    this.put(this.table(), elements);
  }

  clear(): void {
    const table = this.table();
    const slot = table.find(this.currentKey.identity, this.namespaceIdentity);
    if (slot >= 0) table.remove(slot);
  }

  getInternal(): readonly T[] | undefined {
    const table = this.table();
    const slot = table.find(this.currentKey.identity, this.namespaceIdentity);
    return slot < 0 ? undefined : (table.values[slot] as T[]);
  }

  updateInternal(values: readonly T[]): void {
    this.put(this.table(), [...values]);
  }

  mergeNamespaces(target: N, sources: Iterable<N>): void {
    mergeNamespaces<N, readonly T[]>(target, sources, {
      take: (namespace) => this.takeFrom(namespace),
      join: (first, second) => [...first, ...second],
      store: (namespace, elements) => this.storeIn(namespace, elements),
    });
  }

  private takeFrom(namespace: N): MergedEntry<readonly T[]> | undefined {
    const table = this.table();
    const { identity } = this.currentKey;
    const namespaceIdentity = this.namespaceSerializer.identity(namespace);
    const slot = table.find(identity, namespaceIdentity);
    if (slot < 0) return undefined;
    const elements = table.values[slot] as T[];
    // A snapshot may hold the array: the list that goes on from here is appended to, so it needs one of its own.
    const value = table.isAwaitedBySnapshot(slot) ? elements.slice() : elements;
    const remove = (): void => {
      const found = table.find(identity, namespaceIdentity);
      if (found >= 0) table.remove(found);
    };
    return new MergedEntry(slot, value, () => value, remove);
  }

  private storeIn(namespace: N, elements: readonly T[]): void {
    const { identity, key } = this.currentKey;
    this.table().put(identity, this.namespaceSerializer.identity(namespace), key, namespace, elements);
  }

  protected append(table: KeyTable, values: readonly T[]): void {
    const slot = table.find(this.currentKey.identity, this.namespaceIdentity);
    if (slot < 0) {
      this.put(table, values as T[]);
      return;
    }
    const elements = table.values[slot] as T[];
    if (table.changed[slot] !== table.clock.epoch) {
      const { length } = elements;
      if (table.clock.isRemembering) {
        table.log.endsChange(slot, elements, 0, length, table.changed[slot] as number, table.live);
      }
      if (table.isAwaitedBySnapshot(slot)) table.touch(slot, new FrozenList(elements, elements.length));
      else table.touch(slot);
    }
    for (const value of values) elements.push(value);
  }

  protected put(table: KeyTable, elements: T[]): void {
    const { currentKey } = this;
    if (elements.length > 0)
      table.put(currentKey.identity, this.namespaceIdentity, currentKey.key, this.namespace, elements);
    else this.clear();
  }

  private copiesIn(values: Iterable<T>): T[] {
    checkValues(values);
    // An array is taken over whole: element by element it would be grown several times on the way.
    const elements: T[] = isPlainArray(values) ? values.slice() : [...values];
    for (let index = 0; index < elements.length; index++) {
      const value = elements[index] as T;
      checkElement(value);
      elements[index] = this.passing.copyIn(value);
    }
    return elements;
  }

  /** With object reuse: the elements themselves, but copies of those that a running snapshot still has to write. */
  private liveElements(table: KeyTable, slot: number, elements: T[]): T[] {
    for (const element of elements) this.passing.verify(element);
    if (!table.isAwaitedBySnapshot(slot)) return elements.slice();
    const copies = elements.map((element) => this.passing.copyIn(this.valueSerializer.copy(element)));
    table.replace(slot, copies);
    return copies.slice();
  }
}

// The stored value of a list state is the array, its serializer that of the elements.
type ListStateOf<K, N, T> = Omit<InternalListState<K, N, T>, 'valueSerializer'>;

/** Whether its elements are what iterating gives, and a slice of it is a plain array too. */
function isPlainArray<T>(values: Iterable<T>): values is T[] {
  return Object.getPrototypeOf(values) === Array.prototype && values[Symbol.iterator] === Array.prototype.values;
}

function checkElement(value: unknown): void {
  if (value === undefined) throw new TypeError('you cannot add undefined to a ListState');
}
