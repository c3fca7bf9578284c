// What the states with one slot per key and namespace have in common: finding, storing and removing the entry.

import { MergedEntry } from '@tidemark/state-core/support';
import type { KeyTable } from '../table/key-table.js';
import { HeapState } from './heap-state.js';

/** A keyed state on the heap with one value per key and namespace. */
export abstract class HeapKeyState<K, N, V> extends HeapState<K, N, V, KeyTable> {
  clear(): void {
    const table = this.table();
    const slot = table.find(this.currentKey.identity, this.namespaceIdentity);
    if (slot >= 0) table.remove(slot);
  }

  /** What is stored, or `undefined`. Not copied. */
  getInternal(): V | undefined {
    const table = this.table();
    const slot = table.find(this.currentKey.identity, this.namespaceIdentity);
    return slot < 0 ? undefined : (table.values[slot] as V);
  }

  /** Replaces what is stored. Not copied. */
  updateInternal(value: V): void {
    if (value === undefined) this.clear();
    else this.store(this.table(), value);
  }

  /** After a read: what was given although its time was up goes with that (TP3 of ttl-policy.ts). */
  protected dropReturned(): void {
    const { keyGroup, identity } = this.currentKey;
    const table = this.tables.peek(keyGroup);
    if (table?.stamps === undefined || !table.stamps.policy.returnsExpired) return;
    const slot = table.find(identity, this.namespaceIdentity);
    if (slot >= 0 && table.stamps.isExpired(slot)) table.stamps.expire(slot);
  }

  protected store(table: KeyTable, value: V): void {
    const { currentKey } = this;
    table.put(currentKey.identity, this.namespaceIdentity, currentKey.key, this.namespace, value);
  }

  /** Stores a value of the current key in another namespace than the chosen one. */
  protected storeIn(namespace: N, value: V): void {
    const { identity, key } = this.currentKey;
    this.table().put(identity, this.namespaceSerializer.identity(namespace), key, namespace, value);
  }

  /** The entry of the current key in a namespace, for a merge. */
  protected takeFrom(namespace: N): MergedEntry<V> | undefined {
    const table = this.table();
    const { identity } = this.currentKey;
    const namespaceIdentity = this.namespaceSerializer.identity(namespace);
    const slot = table.find(identity, namespaceIdentity);
    if (slot < 0) return undefined;
    const stored = table.values[slot] as V;
    const copy = (): V => {
      const detached = this.passing.detach(stored);
      return this.passing.isLive ? this.passing.copyIn(detached) : detached;
    };
    const value = table.isAwaitedBySnapshot(slot) ? copy() : stored;
    const remove = (): void => {
      const found = table.find(identity, namespaceIdentity);
      if (found >= 0) table.remove(found);
    };
    return new MergedEntry(slot, value, value === stored ? copy : () => value, remove);
  }
}
