// Walks over the map of one key.
//
//   HI1. Bound to the map that was current when it was made; choosing another key does not move it.
//   HI2. Fails when entries came or went other than through this iterator; replacing a value is no such change, nor is that
//        the time of an entry is up.
//   HI3. A walk goes over the array of a small map itself, and every entry in it is there, as long as nothing but this
//        iterator can change it: entries that expire, and retired ones that are reclaimed, go without notice, and then it
//        goes over a copy and looks whether each entry is still there.
//   HI4. An entry that was given and has gone because its time was up is there again when its value is set.

import type { KeyIdentity, MapStateIterator } from '@tidemark/state-core';
import { StateError } from '@tidemark/state-core';
import { concurrentModification } from '@tidemark/state-core/support';
import type { MapOwner } from '../table/map-owner.js';
import type { MapTable } from '../table/map-table.js';

/** What becomes of entries that a walk comes to. */
export interface EntryPassage {
  /** Whether the entry is given; may take it away. Default it is. */
  enter?(slot: number): boolean;
  /** The entry was given; may take it away. */
  leave?(slot: number): void;
  /** Puts an entry back that was given and has expired (HI4). Absent where entries do not expire. */
  putBack?(mapKey: unknown, value: unknown): { readonly owner: MapOwner; readonly slot: number };
}

/** What an iterator gives of an entry and takes for it. */
export interface EntryView<E, UV> {
  read(table: MapTable, slot: number): E;
  write(value: UV): unknown;
}

const NO_SLOT = -1;

/** An iterator over the entries of a map, their keys or their values. */
export class HeapMapIterator<E, UV> implements MapStateIterator<E, UV> {
  private owner: MapOwner;
  private places: readonly (KeyIdentity | number)[];
  private readonly stride: number;
  private position: number;
  /** Whether the walk goes over the map itself (HI3). */
  private isInPlace: boolean;
  private structure: number;
  private last = NO_SLOT;
  private lastMapKey: unknown = undefined;

  /** @param passage - For entries that expire. */
  constructor(
    private readonly table: MapTable,
    owner: MapOwner,
    private readonly view: EntryView<E, UV>,
    private readonly passage: EntryPassage | undefined,
  ) {
    this.owner = owner;
    this.structure = owner.structure;
    const { isFlat } = owner;
    this.stride = isFlat ? 2 : 1;
    this.position = isFlat ? 1 : 0;
    const places = owner.places();
    this.isInPlace = isFlat && passage === undefined && owner.live === owner.size;
    this.places = isFlat && !this.isInPlace ? places.slice() : places;
  }

  next(): IteratorResult<E, undefined> {
    this.checkUnchanged();
    const { table, owner, places, passage } = this;
    while (this.position < places.length) {
      const slot = places[this.position] as number;
      this.position += this.stride;
      if (!this.isInPlace && !table.holds(owner, slot)) continue;
      if (passage?.enter !== undefined && !passage.enter(slot)) continue;
      this.last = slot;
      if (passage === undefined) return { done: false, value: this.view.read(table, slot) };
      this.lastMapKey = table.mapKeys[slot];
      const value = this.view.read(table, slot);
      passage.leave?.(slot);
      return { done: false, value };
    }
    this.last = NO_SLOT;
    return { done: true, value: undefined };
  }

  remove(): void {
    const slot = this.requireLast('remove()');
    // Removal changes the array of a small map (HI3).
    if (this.isInPlace) this.places = this.places.slice();
    this.isInPlace = false;
    // Its time may have been up: then it is gone, as asked.
    if (this.table.holds(this.owner, slot)) this.table.remove(slot);
    this.structure = this.owner.structure;
    this.last = NO_SLOT;
  }

  setValue(value: UV): void {
    if (value === undefined) throw new TypeError('you cannot put undefined into a MapState; use remove()');
    const slot = this.requireLast('setValue()');
    const { table, view, passage } = this;
    const written = view.write(value);
    if (table.holds(this.owner, slot)) {
      table.replace(slot, written);
      return;
    }
    if (passage?.putBack === undefined) throw concurrentModification('a map state');
    const place = passage.putBack(this.lastMapKey, written);
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
