// One slot per map entry: the table of map states. Touching one entry of a million freezes and writes one entry.
//
//   MT1. An owner is the map of one key and namespace; it is in the index as long as it has slots, retired ones included.
//   MT2. An owner without live entries is nothing that a program can see.
//   MT3. Where `keepsValues`, the values of flat maps stand in their arrays as well as in the slots, from where only snapshots
//        read them: what changes one changes the other. Not so where something else may write into slots, as time to live
//        and object reuse do.

import type { KeyIdentity, KeySerializer } from '@tidemark/state-core';
import type { RecordVisitor } from '@tidemark/state-core/support';
import { concurrentModification, nothingToTouch } from '@tidemark/state-core/support';
import { type KeyIndex, NamespaceIndex } from './key-index.js';
import { MapOwner } from './map-owner.js';
import { createOwnerIndex } from './owner-index.js';
import { ABSENT, Slots } from './slots.js';
import type { StateTable, TableTypes } from './state-table.js';

/** A table with one slot per map entry. */
export class MapTable extends Slots implements StateTable {
  /** The map that each slot belongs to. */
  owners: (MapOwner | undefined)[] = [];
  /** The map key in each slot. */
  mapKeys: unknown[] = [];
  /** Maps with an entry. */
  entryCount = 0;
  /** Whether every map key is the same as its identity. */
  keysAreIdentities = true;
  /** MT3. */
  readonly keepsValues: boolean;

  private clearing: 'no' | 'new entries' | 'old entries' = 'no';
  private readonly types: TableTypes;
  private readonly mapKeySerializer: KeySerializer<unknown>;
  private readonly index: KeyIndex<MapOwner>;
  private readonly identityOf = (slot: number): KeyIdentity => this.mapKeySerializer.identity(this.mapKeys[slot]);

  constructor(types: TableTypes, keyGroup = 0, keepsValues = false) {
    super(types.clock, types.ttl, keyGroup);
    this.keepsValues = keepsValues;
    this.types = types;
    this.mapKeySerializer = types.mapKey as KeySerializer<unknown>;
    this.index = types.isVoidNamespace ? createOwnerIndex(types.key) : new NamespaceIndex();
  }

  /** The map of a key and namespace, `undefined` when it has no entry. */
  findOwner(key: KeyIdentity, namespace: KeyIdentity): MapOwner | undefined {
    const owner = this.index.get(key, namespace);
    return owner === undefined || owner.live === 0 ? undefined : owner;
  }

  /** The map of a key and namespace, made when there is none: an entry must follow. */
  ownerFor(keyIdentity: KeyIdentity, namespaceIdentity: KeyIdentity, key: unknown, namespace: unknown): MapOwner {
    const existing = this.index.get(keyIdentity, namespaceIdentity);
    if (existing !== undefined) return existing;
    const { key: keySerializer, namespace: namespaceSerializer } = this.types;
    const owner = new MapOwner(
      keySerializer.isImmutableType ? key : keySerializer.copy(key),
      namespaceSerializer.isImmutableType ? namespace : namespaceSerializer.copy(namespace),
    );
    this.index.set(keyIdentity, namespaceIdentity, owner);
    return owner;
  }

  /** The slot of a map key; -1 when there is no entry, or its time was up. */
  find(owner: MapOwner, mapKey: KeyIdentity): number {
    const slot = owner.get(mapKey);
    // Without retired entries the value tells nothing more.
    if (slot < 0 || (owner.live !== owner.size && this.values[slot] === ABSENT)) return -1;
    return this.stamps === undefined || this.stamps.reach(slot) ? slot : -1;
  }

  /** The value of a map key, `undefined` when there is no entry. Only where values are kept (MT3). */
  keptOf(owner: MapOwner, mapKey: KeyIdentity): unknown {
    if (owner.isFlat && owner.live === owner.size) {
      const place = owner.placeOf(mapKey);
      return place < 0 ? undefined : owner[place + 2];
    }
    const slot = this.find(owner, mapKey);
    return slot < 0 ? undefined : this.values[slot];
  }

  /** Sets the value of a map key. Returns its slot. */
  put(owner: MapOwner, mapKeyIdentity: KeyIdentity, mapKey: unknown, value: unknown): number {
    const place = owner.placeOf(mapKeyIdentity);
    if (place >= 0 && this.keepsValues) owner[place + 2] = value;
    let slot = place >= 0 ? (owner[place + 1] as number) : owner.isFlat ? -1 : owner.get(mapKeyIdentity);
    if (slot >= 0 && (owner.live === owner.size || this.values[slot] !== ABSENT)) {
      if (this.changed[slot] !== this.clock.epoch) this.touch(slot);
      this.values[slot] = value;
      if (this.stamps !== undefined) this.stamps.write(slot);
      return slot;
    }
    if (slot >= 0) {
      this.revive(slot, value);
    } else {
      slot = this.allocate();
      this.values[slot] = value;
      this.owners[slot] = owner;
      this.mapKeys[slot] = this.mapKeySerializer.isImmutableType ? mapKey : this.mapKeySerializer.copy(mapKey);
      if (this.keysAreIdentities) this.keysAreIdentities = Object.is(mapKeyIdentity, mapKey);
      owner.add(mapKeyIdentity, slot, this.keepsValues ? value : 0);
    }
    if (this.stamps !== undefined) this.stamps.write(slot);
    if (owner.live++ === 0) this.entryCount++;
    owner.structure++;
    return slot;
  }

  /** Replaces the value in the slot of an entry of a map. */
  replace(owner: MapOwner, slot: number, value: unknown): void {
    if (this.changed[slot] !== this.clock.epoch) this.touch(slot);
    this.values[slot] = value;
    if (this.keepsValues) owner.setValue(slot, value);
    if (this.stamps !== undefined) this.stamps.write(slot);
  }

  /** Removes the entry in a slot. */
  remove(slot: number): void {
    const owner = this.owners[slot] as MapOwner;
    if (--owner.live === 0) this.entryCount--;
    owner.structure++;
    this.vacate(slot);
  }

  expire(slot: number): void {
    if (--(this.owners[slot] as MapOwner).live === 0) this.entryCount--;
    this.vacateUnnoticed(slot);
  }

  /** Whether an entry of this map stands in the slot. */
  holds(owner: MapOwner, slot: number): boolean {
    return this.owners[slot] === owner && this.values[slot] !== ABSENT;
  }

  /** As of a table of keys: gives their stamp to entries that were written before there was a mark of event time. */
  settleTime(baseEpoch: number, frozenEpoch: number): boolean {
    if (this.stamps === undefined || this.stamps.policy.time === 'processing') return false;
    return this.stamps.settleTime(baseEpoch, frozenEpoch);
  }

  /** Takes expired entries away, in the slots from `start` to before `end`. */
  sweep(start: number, end: number): void {
    this.stamps?.sweep(start, end);
  }

  /** Removes all entries of a map. */
  clear(owner: MapOwner): void {
    this.clearing = 'new entries';
    for (const slot of owner.slots()) if (this.values[slot] !== ABSENT) this.remove(slot);
    // One note for all of them.
    if ((this.clearing as string) === 'old entries') this.log.cleared(owner.key, owner.namespace, this.live);
    this.clearing = 'no';
  }

  *keysOf(namespace: KeyIdentity): Iterable<unknown> {
    const structure = this.structure;
    const owners = this.index.entriesOf(namespace);
    // Where entries may expire during the walk, the index may move under it.
    for (const owner of this.stamps === undefined ? owners : [...owners]) {
      if (owner.live === 0) continue;
      yield owner.key;
      if (this.structure !== structure) throw concurrentModification('the keys of a state');
    }
  }

  *keysAndNamespaces(): Iterable<readonly [unknown, unknown]> {
    const structure = this.structure;
    const seen = new Set<MapOwner>();
    for (let slot = 0; slot < this.count; slot++) {
      const owner = this.owners[slot];
      if (owner === undefined || owner.live === 0 || seen.has(owner)) continue;
      seen.add(owner);
      yield [owner.key, owner.namespace];
      if (this.structure !== structure) throw concurrentModification('the keys of a state');
    }
  }

  loader(): RecordVisitor {
    this.isLoading = true;
    const { key: keySerializer, namespace: namespaceSerializer } = this.types;
    const owner = (key: unknown, namespace: unknown): MapOwner | undefined =>
      this.findOwner(keySerializer.identity(key), namespaceSerializer.identity(namespace));
    return {
      put: (key, namespace, mapKey, value, timestampMs) => {
        const to = this.ownerFor(keySerializer.identity(key), namespaceSerializer.identity(namespace), key, namespace);
        const slot = this.put(to, this.mapKeySerializer.identity(mapKey), mapKey, value);
        if (timestampMs !== undefined) this.stamps?.set(slot, timestampMs);
      },
      delete: (key, namespace, mapKey) => {
        const from = owner(key, namespace);
        const slot = from === undefined ? -1 : this.find(from, this.mapKeySerializer.identity(mapKey));
        if (slot >= 0) this.remove(slot);
      },
      clear: (key, namespace) => {
        const cleared = owner(key, namespace);
        if (cleared !== undefined) this.clear(cleared);
      },
      touch: (key, namespace, mapKey, timestampMs) => {
        // Not found as the program finds it: the stamp that is renewed may have expired.
        const slot = owner(key, namespace)?.get(this.mapKeySerializer.identity(mapKey)) ?? -1;
        if (slot < 0 || this.values[slot] === ABSENT) throw nothingToTouch();
        this.stamps?.set(slot, timestampMs);
      },
      reset: () => {
        for (let slot = 0; slot < this.count; slot++) if (this.values[slot] !== ABSENT) this.remove(slot);
      },
      splice: () => {},
    };
  }

  /** The slot that the index has of a map entry, whatever stands in it; -1 when it has none (MO2 of map-owner.ts). */
  placeOf(key: unknown, namespace: unknown, mapKey: unknown): number {
    const { key: keySerializer, namespace: namespaceSerializer } = this.types;
    const owner = this.index.get(keySerializer.identity(key), namespaceSerializer.identity(namespace));
    return owner === undefined ? -1 : owner.get(this.mapKeySerializer.identity(mapKey));
  }

  protected logRemoval(slot: number): void {
    if (this.clearing === 'no') {
      const { key, namespace } = this.owners[slot] as MapOwner;
      this.log.removedFromMap(key, namespace, this.mapKeys[slot], this.live);
    } else {
      this.clearing = 'old entries';
    }
  }

  protected forget(slot: number): void {
    const owner = this.owners[slot] as MapOwner;
    owner.delete(slot, this.identityOf);
    this.owners[slot] = undefined;
    this.mapKeys[slot] = undefined;
    if (owner.size > 0) return;
    const { key, namespace } = this.types;
    this.index.delete(key.identity(owner.key), namespace.identity(owner.namespace));
  }

  protected forgetAll(): void {
    this.owners = [];
    this.mapKeys = [];
    this.index.clear();
  }
}
