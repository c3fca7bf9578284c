// Map state on the heap: one slot per map entry.

import type { KeyIdentity, KeySerializer, MapStateIterator } from '@tidemark/state-core';
import type { InternalMapState } from '@tidemark/state-core/spi';
import { checkEntries } from '@tidemark/state-core/support';
import { MapOwner } from '../table/map-owner.js';
import type { MapTable } from '../table/map-table.js';
import {
  type EntryPassage,
  type EntryPassing,
  HeapMapEntries,
  HeapMapKeys,
  HeapMapValues,
} from './heap-map-iterator.js';
import { HeapState, type HeapStateParameters } from './heap-state.js';

/** Has the map of a key without entries, for walks: nothing is ever put into it. */
const NOBODY = new MapOwner(undefined, undefined);

/** A map per key and namespace. Iteration follows the order in which entries came. */
export class HeapMapState<K, N, UK, UV> extends HeapState<K, N, UV, MapTable> implements MapStateOf<K, N, UK, UV> {
  private readonly mapKeySerializer: KeySerializer<UK>;
  private readonly entryPassing: EntryPassing<UK, UV>;

  constructor(parameters: HeapStateParameters<K, MapTable>) {
    super(parameters);
    const mapKeySerializer = this.registration.mapKeySerializer as KeySerializer<UK>;
    const copiesMapKeys = !mapKeySerializer.isImmutableType && !parameters.passing.objectReuse;
    this.mapKeySerializer = mapKeySerializer;
    this.entryPassing = { mapKeySerializer, copiesMapKeys, values: this.passing };
  }

  get(key: UK): UV | undefined {
    const table = this.table();
    if (table.keepsValues) return this.keptValue(table, key);
    const slot = this.slotOf(table, key);
    return slot < 0 ? undefined : this.passing.copyOut(table.values[slot] as UV, table, slot);
  }

  put(key: UK, value: UV): void {
    const table = this.table();
    checkValue(value);
    this.store(table, key, this.passing.copyIn(value));
  }

  putAll(entries: Iterable<readonly [UK, UV]>): void {
    this.table();
    checkEntries(entries);
    const keys: UK[] = [];
    const copies: UV[] = [];
    for (const [key, value] of entries) {
      checkValue(value);
      keys.push(key);
      copies.push(this.passing.copyIn(value));
    }
    if (keys.length === 0) return;
    // Before anything is stored: what is no map key is found here.
    const identities = keys.map((key) => this.mapKeySerializer.identity(key));
    // Looked up now: what gave the entries may have chosen another key on the way.
    const table = this.table();
    const { currentKey } = this;
    const owner = table.ownerFor(currentKey.identity, this.namespaceIdentity, currentKey.key, this.namespace);
    for (let index = 0; index < keys.length; index++) {
      table.put(owner, identities[index] as KeyIdentity, keys[index], copies[index]);
    }
  }

  remove(key: UK): void {
    const table = this.table();
    const slot = this.slotOf(table, key);
    if (slot >= 0) table.remove(slot);
  }

  contains(key: UK): boolean {
    return this.slotOf(this.table(), key) >= 0;
  }

  isEmpty(): boolean {
    return this.owner(this.table()) === undefined;
  }

  clear(): void {
    const table = this.table();
    const owner = this.owner(table);
    if (owner !== undefined) table.clear(owner);
  }

  entries(): MapStateIterator<[UK, UV], UV> {
    const table = this.table();
    return new HeapMapEntries(table, this.owner(table) ?? NOBODY, this.entryPassing, this.passage(table));
  }

  keys(): MapStateIterator<UK, UV> {
    const table = this.table();
    return new HeapMapKeys(table, this.owner(table) ?? NOBODY, this.entryPassing, this.passage(table));
  }

  values(): MapStateIterator<UV, UV> {
    const table = this.table();
    return new HeapMapValues(table, this.owner(table) ?? NOBODY, this.entryPassing, this.passage(table));
  }

  [Symbol.iterator](): MapStateIterator<[UK, UV], UV> {
    return this.entries();
  }

  /** What becomes of entries that a walk comes to; `undefined` where nothing does. */
  protected passage(_table: MapTable): EntryPassage | undefined {
    return undefined;
  }

  protected owner(table: MapTable): MapOwner | undefined {
    return table.findOwner(this.currentKey.identity, this.namespaceIdentity);
  }

  protected slotOf(table: MapTable, key: UK): number {
    const owner = this.owner(table);
    return owner === undefined ? -1 : table.find(owner, this.mapKeySerializer.identity(key));
  }

  private store(table: MapTable, key: UK, value: UV): void {
    const { currentKey } = this;
    const identity = this.mapKeySerializer.identity(key);
    const owner = table.ownerFor(currentKey.identity, this.namespaceIdentity, currentKey.key, this.namespace);
    table.put(owner, identity, key, value);
  }

  /** As {@link get}, of a table that keeps values beside the slots. */
  private keptValue(table: MapTable, key: UK): UV | undefined {
    const owner = this.owner(table);
    if (owner === undefined) return undefined;
    const value = table.keptOf(owner, this.mapKeySerializer.identity(key)) as UV | undefined;
    return value === undefined || !this.passing.copies ? value : this.valueSerializer.copy(value);
  }
}

// The stored value of a map state is the map, its serializer that of the map values.
type MapStateOf<K, N, UK, UV> = Omit<InternalMapState<K, N, UK, UV>, 'valueSerializer'>;

function checkValue(value: unknown): void {
  if (value === undefined) throw new TypeError('you cannot put undefined into a MapState; use remove(key)');
}
