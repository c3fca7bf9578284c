// Walks over the map of one key.
//
//   HI1. Bound to the map that was current when it was made; choosing another key does not move it.
//   HI2. Fails when entries came or went other than through this iterator; replacing a value is no such change.

import type { MapStateIterator } from '@tidemark/state-core';
import { StateError } from '@tidemark/state-core';
import { concurrentModification } from '../table/concurrent-modification.js';
import type { MapOwner } from '../table/map-owner.js';
import type { MapTable } from '../table/map-table.js';
import { ABSENT } from '../table/slots.js';

/** What an iterator gives of an entry and takes for it. */
export interface EntryView<E, UV> {
  read(table: MapTable, slot: number): E;
  write(value: UV): unknown;
}

const NO_SLOT = -1;

/** An iterator over the entries of a map, their keys or their values. */
export class HeapMapIterator<E, UV> implements MapStateIterator<E, UV> {
  private readonly slots: readonly number[];
  private position = 0;
  private structure: number;
  private last = NO_SLOT;

  constructor(
    private readonly table: MapTable,
    private readonly owner: MapOwner,
    private readonly view: EntryView<E, UV>,
  ) {
    this.slots = owner.slots();
    this.structure = owner.structure;
  }

  next(): IteratorResult<E, undefined> {
    this.checkUnchanged();
    while (this.position < this.slots.length) {
      const slot = this.slots[this.position++] as number;
      if (this.table.values[slot] === ABSENT) continue;
      this.last = slot;
      return { done: false, value: this.view.read(this.table, slot) };
    }
    this.last = NO_SLOT;
    return { done: true, value: undefined };
  }

  remove(): void {
    const slot = this.requireLast('remove()');
    this.table.remove(slot);
    this.structure = this.owner.structure;
    this.last = NO_SLOT;
  }

  setValue(value: UV): void {
    if (value === undefined) throw new TypeError('you cannot put undefined into a MapState; use remove()');
    this.table.replace(this.requireLast('setValue()'), this.view.write(value));
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
