// Walks over the map of one key.
//
//   HI1. Bound to the map that was current when it was made; choosing another key does not move it.
//   HI2. Fails when entries came or went other than through this iterator; replacing a value is no such change, nor is that
//        the time of an entry is up.
//   HI3. An entry that was given and has gone because its time was up is there again when its value is set.

import type { MapStateIterator } from '@tidemark/state-core';
import { StateError } from '@tidemark/state-core';
import { concurrentModification } from '../table/concurrent-modification.js';
import type { MapOwner } from '../table/map-owner.js';
import type { MapTable } from '../table/map-table.js';

/** What becomes of entries that a walk comes to. */
export interface EntryPassage {
  /** Whether the entry is given; may take it away. Default it is. */
  enter?(slot: number): boolean;
  /** The entry was given; may take it away. */
  leave?(slot: number): void;
  /** Puts an entry back that was given and has expired (HI3). Absent where entries do not expire. */
  putBack?(mapKey: unknown, value: unknown): { readonly owner: MapOwner; readonly slot: number };
}

/** What an iterator gives of an entry and takes for it. */
export interface EntryView<E, UV> extends EntryPassage {
  read(table: MapTable, slot: number): E;
  write(value: UV): unknown;
}

const NO_SLOT = -1;

/** An iterator over the entries of a map, their keys or their values. */
export class HeapMapIterator<E, UV> implements MapStateIterator<E, UV> {
  private readonly slots: readonly number[];
  private owner: MapOwner;
  private position = 0;
  private structure: number;
  private last = NO_SLOT;
  private lastMapKey: unknown = undefined;

  constructor(
    private readonly table: MapTable,
    owner: MapOwner,
    private readonly view: EntryView<E, UV>,
  ) {
    this.owner = owner;
    this.slots = owner.slots();
    this.structure = owner.structure;
  }

  next(): IteratorResult<E, undefined> {
    this.checkUnchanged();
    const { table, owner, view } = this;
    while (this.position < this.slots.length) {
      const slot = this.slots[this.position++] as number;
      if (!table.holds(owner, slot) || (view.enter !== undefined && !view.enter(slot))) continue;
      this.last = slot;
      this.lastMapKey = table.mapKeys[slot];
      const value = view.read(table, slot);
      view.leave?.(slot);
      return { done: false, value };
    }
    this.last = NO_SLOT;
    return { done: true, value: undefined };
  }

  remove(): void {
    const slot = this.requireLast('remove()');
    // Its time may have been up: then it is gone, as asked.
    if (this.table.holds(this.owner, slot)) this.table.remove(slot);
    this.structure = this.owner.structure;
    this.last = NO_SLOT;
  }

  setValue(value: UV): void {
    if (value === undefined) throw new TypeError('you cannot put undefined into a MapState; use remove()');
    const slot = this.requireLast('setValue()');
    const { table, view } = this;
    const written = view.write(value);
    if (table.holds(this.owner, slot)) {
      table.replace(slot, written);
      return;
    }
    if (view.putBack === undefined) throw concurrentModification('a map state');
    const place = view.putBack(this.lastMapKey, written);
    this.owner = place.owner;
    this.structure = place.owner.structure;
    this.last = place.slot;
  }

  [Symbol.iterator](): this {
    return this;
  }

  private requireLast(call: string): number {
    this.checkUnchanged();
    if (this.last !== NO_SLOT) return this.last;
    throw new StateError(
      'concurrent-modification',
      `${call} needs an entry: call it once after next() has returned one`,
    );
  }

  private checkUnchanged(): void {
    if (this.owner.structure !== this.structure) throw concurrentModification('a map state');
  }
}
