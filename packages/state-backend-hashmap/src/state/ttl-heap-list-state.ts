// List state with time to live: a stamp for every element.
//
//   TL1. HL1 to HL3 of heap-list-state.ts hold for elements and stamps together.
//   TL2. NeverReturnExpired: reading takes expired elements away. ReturnExpiredIfNotCleanedUp: it gives them too, and the list
//        goes when all of them have expired.
//   TL3. With OnReadAndWrite reading leaves the elements that have not expired, all with the time of the slice.
//   TL4. Merging keeps the stamps of the elements.

import { MergedEntry, mergeNamespaces } from '@tidemark/state-core/support';
import { FrozenList } from '../table/frozen-list.js';
import type { KeyTable } from '../table/key-table.js';
import type { TableTtl } from '../table/slot-stamps.js';
import { StampedList } from '../table/stamped-list.js';
import { keepRest, noteEnds } from '../table/sweep-lists.js';
import { HeapListState } from './heap-list-state.js';
import type { HeapStateParameters } from './heap-state.js';
import { tableTtlOf } from './table-ttl.js';

/** One list of stamped elements per key and namespace. */
export class TtlHeapListState<K, N, T> extends HeapListState<K, N, T> {
  private readonly ttl: TableTtl;

  constructor(parameters: HeapStateParameters<K, KeyTable>) {
    super(parameters);
    this.ttl = tableTtlOf(this.registration, parameters.passing).ttl as TableTtl;
  }

  override get(): Iterable<T> {
    const table = this.table();
    const slot = table.find(this.currentKey.identity, this.namespaceIdentity);
    if (slot < 0) return [];
    const given = this.reach(table, slot) as T[];
    const { passing, valueSerializer } = this;
    if (!passing.isLive) return passing.copies ? given.map((element) => valueSerializer.copy(element)) : given.slice();
    for (const element of given) passing.verify(element);
    const list = table.values[slot];
    // What is given only once is nobody's any more, but a snapshot may still have to write it.
    if (!(list instanceof StampedList) || list.elements !== given) return given.map((one) => valueSerializer.copy(one));
    if (!table.isAwaitedBySnapshot(slot)) return given.slice();
    const copies = given.map((element) => passing.copyIn(valueSerializer.copy(element)));
    table.replace(slot, StampedList.from(copies, list.stampsMs.slice()));
    return copies.slice();
  }

  override getInternal(): readonly T[] | undefined {
    const table = this.table();
    const slot = table.find(this.currentKey.identity, this.namespaceIdentity);
    if (slot < 0) return undefined;
    const elements = this.reach(table, slot) as T[];
    return elements.length === 0 ? undefined : elements;
  }

  override mergeNamespaces(target: N, sources: Iterable<N>): void {
    mergeNamespaces<N, StampedList>(target, sources, {
      take: (namespace) => this.takeStamped(namespace),
      join: (first, second) =>
        StampedList.from([...first.elements, ...second.elements], [...first.stampsMs, ...second.stampsMs]),
      store: (namespace, list) => {
        const { identity, key } = this.currentKey;
        this.table().put(identity, this.namespaceSerializer.identity(namespace), key, namespace, list);
      },
    });
  }

  protected override append(table: KeyTable, values: readonly T[]): void {
    const slot = table.find(this.currentKey.identity, this.namespaceIdentity);
    if (slot < 0) {
      this.put(table, values as T[]);
      return;
    }
    const list = table.values[slot] as StampedList;
    if (table.changed[slot] !== table.clock.epoch) {
      const { elements, stampsMs, length } = list;
      noteEnds(table, slot, list);
      if (table.isAwaitedBySnapshot(slot)) table.touch(slot, new FrozenList(elements, length, stampsMs, list));
      else table.touch(slot);
    }
    const nowMs = this.nowMs();
    for (const value of values) list.append(value, nowMs);
  }

  protected override put(table: KeyTable, elements: T[]): void {
    const { identity, key } = this.currentKey;
    if (elements.length === 0) this.clear();
    else table.put(identity, this.namespaceIdentity, key, this.namespace, StampedList.of(elements, this.nowMs()));
  }

  private nowMs(): number {
    return this.ttl.policy.nowMs(this.currentKey.keyGroup);
  }

  /** Reads a list: does to it what reading does (TL2, TL3), and gives the elements that the program gets. */
  private reach(table: KeyTable, slot: number): readonly unknown[] {
    const { policy } = this.ttl;
    const list = table.values[slot] as StampedList;
    const nowMs = this.nowMs();
    const rest = list.unexpired(policy, nowMs, this.currentKey.keyGroup);
    const given = policy.returnsExpired ? list : rest;
    if (rest.length === 0) keepRest(table, slot, list, rest, this.ttl);
    else if (policy.renewsOnRead) this.renew(table, slot, list, rest, nowMs);
    else if (rest !== list && !policy.returnsExpired) keepRest(table, slot, list, rest, this.ttl);
    const stored = table.values[slot];
    return given.length === rest.length && stored instanceof StampedList ? stored.elements : given.elements;
  }

  private renew(table: KeyTable, slot: number, list: StampedList, rest: StampedList, nowMs: number): void {
    if (rest === list && list.stampsMs.every((stampMs) => stampMs === nowMs)) return;
    const elements = rest === list ? list.elements.slice() : rest.elements;
    keepRest(table, slot, list, StampedList.of(elements, nowMs), this.ttl);
  }

  private takeStamped(namespace: N): MergedEntry<StampedList> | undefined {
    const table = this.table();
    const { identity, keyGroup } = this.currentKey;
    const namespaceIdentity = this.namespaceSerializer.identity(namespace);
    const slot = table.find(identity, namespaceIdentity);
    if (slot < 0) return undefined;
    const list = table.values[slot] as StampedList;
    const { policy, copy } = this.ttl;
    const rest = policy.returnsExpired ? list : list.unexpired(policy, this.nowMs(), keyGroup);
    if (rest.length === 0) {
      table.remove(slot);
      return undefined;
    }
    // A snapshot may hold the arrays and, with object reuse, the elements: what goes on from here needs its own.
    const value = table.isAwaitedBySnapshot(slot)
      ? StampedList.from(copy ? rest.elements.map(copy) : rest.elements.slice(), rest.stampsMs.slice())
      : rest;
    const remove = (): void => {
      const found = table.find(identity, namespaceIdentity);
      if (found >= 0) table.remove(found);
    };
    return new MergedEntry(slot, value, () => value, remove);
  }
}
