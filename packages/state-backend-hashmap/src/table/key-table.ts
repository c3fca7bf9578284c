// One slot per key and namespace: the table of value, list, reducing, aggregating and folding states.
//
//   KT1. The index leads to the slot of every entry, and to retired slots, which count as empty.
//   KT2. Keys and namespaces are kept as they came with the first value; mutable ones are copied.

import type { KeyIdentity } from '@tidemark/state-core';
import { VOID_NAMESPACE } from '@tidemark/state-core/spi';
import type { RecordVisitor } from '@tidemark/state-core/support';
import { concurrentModification, listTooShort, nothingToTouch } from '@tidemark/state-core/support';
import { createFlatIndex } from './create-flat-index.js';
import { type KeyIndex, NamespaceIndex, VoidNamespaceIndex } from './key-index.js';
import { ABSENT, Slots } from './slots.js';
import { StampedList } from './stamped-list.js';
import type { StateTable, TableTypes } from './state-table.js';
import { settleTimeOfLists, sweepLists } from './sweep-lists.js';

function createSlotIndex({ key, isVoidNamespace }: TableTypes, table: KeyTable): KeyIndex<number> {
  return isVoidNamespace ? (createFlatIndex(key, table) ?? new VoidNamespaceIndex()) : new NamespaceIndex();
}

/** A table with one slot per key and namespace. */
export class KeyTable extends Slots implements StateTable {
  /** The key in each slot. */
  keys: unknown[] = [];
  /** The namespace in each slot; empty when there is only the void namespace. */
  namespaces: unknown[] = [];
  /** Of lists with time to live: snapshots of earlier epochs may hold elements without the time that is known by now. */
  timedEpoch = 0;

  private readonly types: TableTypes;
  private readonly index: KeyIndex<number>;
  private readonly keyGroup: number;

  constructor(types: TableTypes, keyGroup = 0) {
    super(types.clock, types.ttl, keyGroup);
    this.keyGroup = keyGroup;
    this.types = types;
    this.index = createSlotIndex(types, this);
  }

  get entryCount(): number {
    return this.live;
  }

  /** The slot of an entry; -1 when there is none, or its time was up. */
  find(key: KeyIdentity, namespace: KeyIdentity): number {
    const slot = this.index.get(key, namespace);
    if (slot === undefined || this.values[slot] === ABSENT) return -1;
    return this.stamps === undefined || this.stamps.reach(slot) ? slot : -1;
  }

  /** Sets the value of an entry, new or not. */
  put(
    keyIdentity: KeyIdentity,
    namespaceIdentity: KeyIdentity,
    key: unknown,
    namespace: unknown,
    value: unknown,
  ): void {
    let slot = this.index.get(keyIdentity, namespaceIdentity);
    if (slot === undefined) {
      slot = this.insert(keyIdentity, namespaceIdentity, key, namespace, value);
    } else if (this.values[slot] === ABSENT) {
      this.revive(slot, value);
    } else {
      if (this.changed[slot] !== this.clock.epoch) this.touch(slot);
      this.values[slot] = value;
    }
    if (this.stamps !== undefined) this.stamps.write(slot);
  }

  /** Replaces the value in the slot of an entry. */
  replace(slot: number, value: unknown): void {
    if (this.changed[slot] !== this.clock.epoch) this.touch(slot);
    this.values[slot] = value;
    if (this.stamps !== undefined) this.stamps.write(slot);
  }

  /** Removes the entry in a slot. */
  remove(slot: number): void {
    this.vacate(slot);
  }

  expire(slot: number): void {
    this.vacateUnnoticed(slot);
  }

  /**
   * Gives their stamp to what was written before there was a mark of event time.
   *
   * @returns Whether a snapshot of `baseEpoch` may hold any of it without.
   */
  settleTime(baseEpoch: number, frozenEpoch: number): boolean {
    const { ttl } = this.types;
    if (ttl === undefined || ttl.policy.time === 'processing') return false;
    if (this.stamps !== undefined) return this.stamps.settleTime(baseEpoch, frozenEpoch);
    return settleTimeOfLists(this, ttl, this.keyGroup, baseEpoch, frozenEpoch);
  }

  /** Takes away what has expired, in the slots from `start` to before `end`. */
  sweep(start: number, end: number): void {
    if (this.stamps !== undefined) this.stamps.sweep(start, end);
    else if (this.types.ttl?.perElement) sweepLists(this, this.types.ttl, this.keyGroup, start, end);
  }

  *keysOf(namespace: KeyIdentity): Iterable<unknown> {
    const structure = this.structure;
    const slots = this.index.entriesOf(namespace);
    // Where entries may expire during the walk, the index may move under it.
    for (const slot of this.types.ttl === undefined ? slots : [...slots]) {
      if (this.values[slot] === ABSENT) continue;
      yield this.keys[slot];
      if (this.structure !== structure) throw concurrentModification('the keys of a state');
    }
  }

  *keysAndNamespaces(): Iterable<readonly [unknown, unknown]> {
    const structure = this.structure;
    for (let slot = 0; slot < this.count; slot++) {
      if (this.values[slot] === ABSENT) continue;
      yield [this.keys[slot], this.namespaceAt(slot)];
      if (this.structure !== structure) throw concurrentModification('the keys of a state');
    }
  }

  /** The namespace in a slot. */
  namespaceAt(slot: number): unknown {
    return this.types.isVoidNamespace ? VOID_NAMESPACE : this.namespaces[slot];
  }

  loader(): RecordVisitor {
    this.isLoading = true;
    const { key: keySerializer, namespace: namespaceSerializer } = this.types;
    const find = (key: unknown, namespace: unknown): number =>
      this.find(keySerializer.identity(key), namespaceSerializer.identity(namespace));
    const remove = (key: unknown, namespace: unknown): void => {
      const slot = find(key, namespace);
      if (slot >= 0) this.remove(slot);
    };
    const put = (key: unknown, namespace: unknown, value: unknown): void =>
      this.put(keySerializer.identity(key), namespaceSerializer.identity(namespace), key, namespace, value);
    const { stamps } = this;
    return {
      put: (key, namespace, _mapKey, value, timestampMs) => {
        put(key, namespace, value);
        if (stamps === undefined || timestampMs === undefined) return;
        const slot = this.index.get(keySerializer.identity(key), namespaceSerializer.identity(namespace));
        stamps.set(slot as number, timestampMs);
      },
      delete: remove,
      clear: remove,
      trim: (key, namespace, count) => {
        const slot = find(key, namespace);
        const list = slot < 0 ? undefined : (this.values[slot] as StampedList | unknown[]);
        const held = list?.length ?? 0;
        if (list === undefined || count > held) throw listTooShort(count, held);
        if (list instanceof StampedList) list.trim(count);
        else list.splice(0, count);
        if (count === held) this.remove(slot);
      },
      touch: (key, namespace, _mapKey, timestampMs) => {
        // Not found as the program finds it: the stamp that is renewed may have expired.
        const slot = this.index.get(keySerializer.identity(key), namespaceSerializer.identity(namespace));
        if (slot === undefined || this.values[slot] === ABSENT) throw nothingToTouch();
        stamps?.set(slot, timestampMs);
      },
      reset: () => {
        for (let slot = 0; slot < this.count; slot++) if (this.values[slot] !== ABSENT) this.remove(slot);
      },
      splice: (key, namespace, from, elements, timestampsMs) => {
        const slot = find(key, namespace);
        const held = slot < 0 ? 0 : (this.values[slot] as { readonly length: number }).length;
        if (from > held) throw listTooShort(from, held);
        if (timestampsMs !== undefined && this.types.ttl !== undefined) {
          const list = slot < 0 ? StampedList.from([], []) : (this.values[slot] as StampedList);
          list.splice(from, elements, timestampsMs);
          if (list.length > 0) put(key, namespace, list);
          else if (slot >= 0) this.remove(slot);
          return;
        }
        const list = slot < 0 ? [] : (this.values[slot] as unknown[]);
        list.length = Math.min(list.length, from);
        for (const element of elements) list.push(element);
        if (list.length > 0) put(key, namespace, list);
        else if (slot >= 0) this.remove(slot);
      },
    };
  }

  /** The slot that the index has of a key and namespace, whatever stands in it; -1 when it has none (KT1). */
  placeOf(key: unknown, namespace: unknown): number {
    const { key: keySerializer, namespace: namespaceSerializer } = this.types;
    return this.index.get(keySerializer.identity(key), namespaceSerializer.identity(namespace)) ?? -1;
  }

  protected logRemoval(slot: number): void {
    this.log.removed(this.keys[slot], this.namespaceAt(slot), this.live);
  }

  protected forget(slot: number): void {
    const { key, namespace, isVoidNamespace } = this.types;
    this.index.delete(key.identity(this.keys[slot]), isVoidNamespace ? 0 : namespace.identity(this.namespaces[slot]));
    this.keys[slot] = undefined;
    if (!isVoidNamespace) this.namespaces[slot] = undefined;
  }

  protected forgetAll(): void {
    this.keys = [];
    this.namespaces = [];
    this.index.clear();
  }

  private insert(
    keyIdentity: KeyIdentity,
    namespaceIdentity: KeyIdentity,
    key: unknown,
    namespace: unknown,
    value: unknown,
  ): number {
    const { key: keySerializer, namespace: namespaceSerializer, isVoidNamespace } = this.types;
    // Copied first: one that throws leaves the table as it is.
    const ownKey = keySerializer.isImmutableType ? key : keySerializer.copy(key);
    const ownNamespace =
      isVoidNamespace || namespaceSerializer.isImmutableType ? namespace : namespaceSerializer.copy(namespace);
    const slot = this.allocate();
    this.values[slot] = value;
    this.keys[slot] = ownKey;
    if (!isVoidNamespace) this.namespaces[slot] = ownNamespace;
    this.index.set(keyIdentity, namespaceIdentity, slot);
    return slot;
  }
}
