// One slot per key and namespace: the table of value, list, reducing, aggregating and folding states.
//
//   KT1. The index leads to the slot of every entry, and to retired slots, which count as empty.
//   KT2. Keys and namespaces are kept as they came with the first value; mutable ones are copied.

import type { KeyIdentity } from '@tidemark/state-core';
import { VOID_NAMESPACE } from '@tidemark/state-core/spi';
import type { RecordVisitor } from '@tidemark/state-core/support';
import { concurrentModification } from './concurrent-modification.js';
import { IntegerIndex } from './integer-index.js';
import { type KeyIndex, NamespaceIndex, VoidNamespaceIndex } from './key-index.js';
import { ABSENT, Slots } from './slots.js';
import type { StateTable, TableTypes } from './state-table.js';

/** Keys of these types are identified by an integer that a flat index can hold. */
const INTEGER_TYPES: ReadonlySet<string> = new Set(['int32', 'safeInteger']);

function createSlotIndex({ key, isVoidNamespace }: TableTypes): KeyIndex<number> {
  if (!isVoidNamespace) return new NamespaceIndex();
  return INTEGER_TYPES.has(key.snapshot().type) ? new IntegerIndex() : new VoidNamespaceIndex();
}

/** A table with one slot per key and namespace. */
export class KeyTable extends Slots implements StateTable {
  /** The key in each slot. */
  keys: unknown[] = [];
  /** The namespace in each slot; empty when there is only the void namespace. */
  namespaces: unknown[] = [];

  private readonly types: TableTypes;
  private readonly index: KeyIndex<number>;

  constructor(types: TableTypes) {
    super(types.clock);
    this.types = types;
    this.index = createSlotIndex(types);
  }

  get entryCount(): number {
    return this.live;
  }

  /** The slot of an entry; -1 when there is none. */
  find(key: KeyIdentity, namespace: KeyIdentity): number {
    const slot = this.index.get(key, namespace);
    return slot === undefined || this.values[slot] === ABSENT ? -1 : slot;
  }

  /** Sets the value of an entry, new or not. */
  put(
    keyIdentity: KeyIdentity,
    namespaceIdentity: KeyIdentity,
    key: unknown,
    namespace: unknown,
    value: unknown,
  ): void {
    const slot = this.index.get(keyIdentity, namespaceIdentity);
    if (slot === undefined) {
      this.insert(keyIdentity, namespaceIdentity, key, namespace, value);
    } else if (this.values[slot] === ABSENT) {
      this.revive(slot, value);
    } else {
      if (this.changed[slot] !== this.clock.epoch) this.touch(slot);
      this.values[slot] = value;
    }
  }

  /** Replaces the value in the slot of an entry. */
  replace(slot: number, value: unknown): void {
    if (this.changed[slot] !== this.clock.epoch) this.touch(slot);
    this.values[slot] = value;
  }

  /** Removes the entry in a slot. */
  remove(slot: number): void {
    this.vacate(slot);
  }

  *keysOf(namespace: KeyIdentity): Iterable<unknown> {
    const structure = this.structure;
    for (const slot of this.index.entriesOf(namespace)) {
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
    const { key: keySerializer, namespace: namespaceSerializer } = this.types;
    const find = (key: unknown, namespace: unknown): number =>
      this.find(keySerializer.identity(key), namespaceSerializer.identity(namespace));
    const remove = (key: unknown, namespace: unknown): void => {
      const slot = find(key, namespace);
      if (slot >= 0) this.remove(slot);
    };
    const put = (key: unknown, namespace: unknown, value: unknown): void =>
      this.put(keySerializer.identity(key), namespaceSerializer.identity(namespace), key, namespace, value);
    return {
      put: (key, namespace, _mapKey, value) => put(key, namespace, value),
      delete: remove,
      clear: remove,
      reset: () => {
        for (let slot = 0; slot < this.count; slot++) if (this.values[slot] !== ABSENT) this.remove(slot);
      },
      splice: (key, namespace, from, elements) => {
        const slot = find(key, namespace);
        const list = slot < 0 ? [] : (this.values[slot] as unknown[]);
        list.length = Math.min(list.length, from);
        for (const element of elements) list.push(element);
        if (list.length > 0) put(key, namespace, list);
        else if (slot >= 0) this.remove(slot);
      },
    };
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
  ): void {
    const { key: keySerializer, namespace: namespaceSerializer, isVoidNamespace } = this.types;
    const slot = this.allocate();
    this.values[slot] = value;
    this.keys[slot] = keySerializer.isImmutableType ? key : keySerializer.copy(key);
    if (!isVoidNamespace) {
      this.namespaces[slot] = namespaceSerializer.isImmutableType ? namespace : namespaceSerializer.copy(namespace);
    }
    this.index.set(keyIdentity, namespaceIdentity, slot);
  }
}
