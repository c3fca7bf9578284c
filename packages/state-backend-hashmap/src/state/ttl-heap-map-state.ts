// Map state with time to live: a stamp for every entry. That a single expired entry is found or not is up to the table;
// here are walks, and what reading does to an entry that may be given once more.

import type { KeySerializer } from '@tidemark/state-core';
import type { MapTable } from '../table/map-table.js';
import type { SlotStamps } from '../table/slot-stamps.js';
import type { EntryPassage } from './heap-map-iterator.js';
import { HeapMapState } from './heap-map-state.js';

/** A map per key and namespace whose entries expire one by one. */
export class TtlHeapMapState<K, N, UK, UV> extends HeapMapState<K, N, UK, UV> {
  override get(key: UK): UV | undefined {
    const value = super.get(key);
    this.dropReturned(key);
    return value;
  }

  override contains(key: UK): boolean {
    const isThere = super.contains(key);
    this.dropReturned(key);
    return isThere;
  }

  override isEmpty(): boolean {
    const table = this.table();
    const owner = this.owner(table);
    if (owner === undefined) return true;
    const stamps = stampsOf(table);
    // What may still be given is there.
    if (stamps.policy.returnsExpired) return false;
    for (const slot of owner.slots()) {
      if (!table.holds(owner, slot)) continue;
      if (!stamps.isExpired(slot)) return false;
      stamps.expire(slot);
    }
    return true;
  }

  protected override passage(table: MapTable): EntryPassage {
    const stamps = stampsOf(table);
    const { identity, key } = this.currentKey;
    const { namespaceIdentity, namespace } = this;
    const mapKeySerializer = this.registration.mapKeySerializer as KeySerializer<unknown>;
    return {
      enter: (slot) => stamps.reach(slot),
      leave: (slot) => {
        if (stamps.policy.returnsExpired && stamps.isExpired(slot)) stamps.expire(slot);
      },
      putBack: (mapKey, value) => {
        const owner = table.ownerFor(identity, namespaceIdentity, key, namespace);
        return { owner, slot: table.put(owner, mapKeySerializer.identity(mapKey), mapKey, value) };
      },
    };
  }

  private dropReturned(key: UK): void {
    if (!this.registration.ttl?.returnsExpired) return;
    const table = this.tables.peek(this.currentKey.keyGroup) as MapTable;
    const slot = this.slotOf(table, key);
    const stamps = stampsOf(table);
    if (slot >= 0 && stamps.isExpired(slot)) stamps.expire(slot);
  }
}

function stampsOf(table: MapTable): SlotStamps {
  return table.stamps as SlotStamps;
}
