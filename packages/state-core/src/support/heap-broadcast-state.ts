// A broadcast state: a map that every subtask of an operator holds with the same content.
//
//   B1. Keys compare by value: by the identity that their serializer gives.
//   B2. What goes in and out is the caller's own, as in partitionable-list-state.ts.
//   B3. A frozen map is never changed again: the state goes on with another one.

import type { KeyIdentity, KeySerializer, TypeSerializer } from '../serialization/type-serializer.js';
import type { BroadcastState, ReadOnlyBroadcastState } from '../state/state.js';
import type { OperatorStateAccess } from './partitionable-list-state.js';

/** {@link BroadcastState} on the heap. */
export class HeapBroadcastState<K, V> implements BroadcastState<K, V> {
  readonly name: string;
  readonly keySerializer: KeySerializer<K>;
  readonly valueSerializer: TypeSerializer<V>;
  private readonly access: OperatorStateAccess;
  private content: Map<KeyIdentity, readonly [key: K, value: V]> = new Map();
  private isFrozen = false;

  constructor(
    name: string,
    keySerializer: KeySerializer<K>,
    valueSerializer: TypeSerializer<V>,
    access: OperatorStateAccess,
  ) {
    this.name = name;
    this.keySerializer = keySerializer;
    this.valueSerializer = valueSerializer;
    this.access = access;
  }

  /** @throws TypeError for an undefined key. StateError `backend-closed`. */
  get(key: K): V | undefined {
    this.access.checkOpen();
    const entry = this.content.get(this.identity(key));
    return entry === undefined ? undefined : this.outside(this.valueSerializer, entry[1]);
  }

  /** @throws TypeError for an undefined key. StateError `backend-closed`. */
  contains(key: K): boolean {
    this.access.checkOpen();
    return this.content.has(this.identity(key));
  }

  /** @throws TypeError for an undefined key or value. StateError `backend-closed`. */
  put(key: K, value: V): void {
    this.access.checkOpen();
    this.putChecked(key, value);
  }

  /** @throws TypeError for an undefined key or value; nothing is put then. StateError `backend-closed`. */
  putAll(entries: Iterable<readonly [K, V]>): void {
    this.access.checkOpen();
    const all = [...entries];
    for (const [key, value] of all) this.checkEntry(key, value);
    for (const [key, value] of all) this.putChecked(key, value);
  }

  /** @throws TypeError for an undefined key. StateError `backend-closed`. */
  remove(key: K): void {
    this.access.checkOpen();
    const identity = this.identity(key);
    if (!this.content.has(identity)) return;
    this.thaw();
    this.content.delete(identity);
  }

  clear(): void {
    this.access.checkOpen();
    this.replace(new Map());
  }

  *entries(): IterableIterator<[K, V]> {
    this.access.checkOpen();
    for (const [key, value] of this.content.values()) {
      yield [this.outside(this.keySerializer, key), this.outside(this.valueSerializer, value)];
    }
  }

  /** Copies, whatever the settings: changing them changes nothing. */
  *immutableEntries(): IterableIterator<readonly [K, V]> {
    this.access.checkOpen();
    for (const [key, value] of this.content.values()) {
      yield [this.keySerializer.copy(key), this.valueSerializer.copy(value)];
    }
  }

  [Symbol.iterator](): IterableIterator<[K, V]> {
    return this.entries();
  }

  /** The entries as they are now, to be written later (B3). */
  freeze(): ReadonlyMap<unknown, readonly [K, V]> {
    if (this.access.objectReuse) return this.deepCopy();
    this.isFrozen = true;
    return this.content;
  }

  private deepCopy(): ReadonlyMap<unknown, readonly [K, V]> {
    const copy = new Map<KeyIdentity, readonly [K, V]>();
    for (const [identity, [key, value]] of this.content) {
      copy.set(identity, [this.keySerializer.copy(key), this.valueSerializer.copy(value)]);
    }
    return copy;
  }

  private thaw(): void {
    if (this.isFrozen) this.replace(new Map(this.content));
  }

  private replace(content: Map<KeyIdentity, readonly [K, V]>): void {
    this.content = content;
    this.isFrozen = false;
  }

  private putChecked(key: K, value: V): void {
    this.checkEntry(key, value);
    const entry: readonly [K, V] = [this.outside(this.keySerializer, key), this.outside(this.valueSerializer, value)];
    this.thaw();
    this.content.set(this.identity(key), entry);
  }

  private checkEntry(key: K, value: V): void {
    this.identity(key);
    if (value === undefined) throw new TypeError(`undefined cannot be a value of the broadcast state '${this.name}'`);
  }

  private identity(key: K): KeyIdentity {
    if (key === undefined) throw new TypeError(`undefined cannot be a key of the broadcast state '${this.name}'`);
    return this.keySerializer.identity(key);
  }

  private outside<T>(serializer: TypeSerializer<T>, value: T): T {
    return serializer.isImmutableType || this.access.objectReuse ? value : serializer.copy(value);
  }
}

/** The side of a broadcast state that may not change it: an object without the methods that do. */
export function readOnlyBroadcastState<K, V>(state: BroadcastState<K, V>): ReadOnlyBroadcastState<K, V> {
  return Object.freeze({
    get: (key: K) => state.get(key),
    contains: (key: K) => state.contains(key),
    immutableEntries: () => state.immutableEntries(),
  });
}
