// Walks over the map of one key.
//
//   HI1. Bound to the map that was current when it was made; choosing another key does not move it.
//   HI2. Fails when entries came or went other than through this iterator; replacing a value is no such change, nor is that
//        the time of an entry is up.
//   HI3. A walk goes over the array of a small map itself, and every entry in it is there with its value, as long as nothing
//        but this iterator can change it: entries that expire, and retired ones that are reclaimed, go without notice, and
//        then it goes over a copy and looks whether each entry is still there.
//   HI4. An entry that was given and has gone because its time was up is there again when its value is set.
//   HI5. Each sort of walk has a `next` of its own, short enough to be compiled into the loop of the program: then neither
//        results nor entries are ever made.

import type { KeySerializer, MapStateIterator } from '@tidemark/state-core';
import { StateError } from '@tidemark/state-core';
import { concurrentModification, type ValuePassing } from '@tidemark/state-core/support';
import { type MapOwner, PLACE_STRIDE } from '../table/map-owner.js';
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

/** How the keys and values of a map state go in and out. */
export interface EntryPassing<UK, UV> {
  readonly mapKeySerializer: KeySerializer<UK>;
  readonly copiesMapKeys: boolean;
  readonly values: ValuePassing<UV>;
}

const NO_SLOT = -1;

/** What all walks over a map have in common. */
abstract class HeapMapIterator<E, UK, UV> implements MapStateIterator<E, UV> {
  protected readonly table: MapTable;
  protected owner: MapOwner;
  protected places: readonly unknown[];
  /** Where {@link places} has the slot of the entry that comes next; in place between its key and its value. */
  protected position: number;
  /** Whether the walk goes over the map itself (HI3). */
  protected isInPlace: boolean;
  /** As in place, and keys and values are given as they stand there. */
  protected isPlain: boolean;
  protected structure: number;
  protected last: number = NO_SLOT;
  private readonly passing: EntryPassing<UK, UV>;
  private readonly passage: EntryPassage | undefined;
  private stride: number;
  private lastMapKey: unknown = undefined;

  /** @param passage - For entries that expire. */
  constructor(table: MapTable, owner: MapOwner, passing: EntryPassing<UK, UV>, passage: EntryPassage | undefined) {
    this.table = table;
    this.owner = owner;
    this.passing = passing;
    this.passage = passage;
    this.structure = owner.structure;
    const { isFlat } = owner;
    this.isInPlace = isFlat && table.keepsValues && passage === undefined && owner.live === owner.size;
    this.isPlain = this.isInPlace && table.keysAreIdentities && !passing.copiesMapKeys && !passing.values.copies;
    this.stride = this.isInPlace ? PLACE_STRIDE : 1;
    this.position = this.isInPlace ? 1 : 0;
    this.places = this.isInPlace ? owner : owner.slots();
  }

  abstract next(): IteratorResult<E, undefined>;
  /** What the walk gives of the entry in a slot. */
  protected abstract read(slot: number): E;

  remove(): void {
    const slot = this.requireLast('remove()');
    if (this.isInPlace) this.leavePlace();
    // Its time may have been up: then it is gone, as asked.
    if (this.table.holds(this.owner, slot)) this.table.remove(slot);
    this.structure = this.owner.structure;
    this.last = NO_SLOT;
  }

  setValue(value: UV): void {
    if (value === undefined) throw new TypeError('you cannot put undefined into a MapState; use remove()');
    const slot = this.requireLast('setValue()');
    const { table, passage, owner } = this;
    const written = this.passing.values.copyIn(value);
    if (table.holds(owner, slot)) {
      table.replace(owner, slot, written);
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

  /** The next result of a walk that looks at each entry before it gives it. */
  protected nextOfSlots(): IteratorResult<E, undefined> {
    this.checkUnchanged();
    const { table, owner, places, passage } = this;
    while (this.position < places.length) {
      const slot = places[this.position] as number;
      this.position += this.stride;
      if (!this.isInPlace && !table.holds(owner, slot)) continue;
      if (passage?.enter !== undefined && !passage.enter(slot)) continue;
      this.last = slot;
      if (passage === undefined) return { done: false, value: this.read(slot) };
      this.lastMapKey = table.mapKeys[slot];
      const value = this.read(slot);
      passage.leave?.(slot);
      return { done: false, value };
    }
    this.last = NO_SLOT;
    return { done: true, value: undefined };
  }

  protected mapKeyAt(slot: number): UK {
    const key = this.table.mapKeys[slot] as UK;
    return this.passing.copiesMapKeys ? this.passing.mapKeySerializer.copy(key) : key;
  }

  protected valueAt(slot: number): UV {
    const { table } = this;
    return this.passing.values.copyOut(table.values[slot] as UV, table, slot);
  }

  /** Removal changes the array of a small map: what is left of the walk goes over its slots as they are now (HI3). */
  private leavePlace(): void {
    this.places = this.owner.slots();
    this.position = (this.position - 1) / PLACE_STRIDE;
    this.stride = 1;
    this.isInPlace = false;
    this.isPlain = false;
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

/** A walk that gives pairs of key and value. */
export class HeapMapEntries<UK, UV> extends HeapMapIterator<[UK, UV], UK, UV> {
  next(): IteratorResult<[UK, UV], undefined> {
    const { places, position } = this;
    if (!this.isPlain || this.owner.structure !== this.structure || position >= places.length) {
      return this.nextOfSlots();
    }
    this.position = position + PLACE_STRIDE;
    this.last = places[position] as number;
    return { done: false, value: [places[position - 1] as UK, places[position + 1] as UV] };
  }

  protected read(slot: number): [UK, UV] {
    return [this.mapKeyAt(slot), this.valueAt(slot)];
  }
}

/** A walk that gives the keys. */
export class HeapMapKeys<UK, UV> extends HeapMapIterator<UK, UK, UV> {
  next(): IteratorResult<UK, undefined> {
    const { places, position } = this;
    if (!this.isPlain || this.owner.structure !== this.structure || position >= places.length) {
      return this.nextOfSlots();
    }
    this.position = position + PLACE_STRIDE;
    this.last = places[position] as number;
    return { done: false, value: places[position - 1] as UK };
  }

  protected read(slot: number): UK {
    return this.mapKeyAt(slot);
  }
}

/** A walk that gives the values. */
export class HeapMapValues<UK, UV> extends HeapMapIterator<UV, UK, UV> {
  next(): IteratorResult<UV, undefined> {
    const { places, position } = this;
    if (!this.isPlain || this.owner.structure !== this.structure || position >= places.length) {
      return this.nextOfSlots();
    }
    this.position = position + PLACE_STRIDE;
    this.last = places[position] as number;
    return { done: false, value: places[position + 1] as UV };
  }

  protected read(slot: number): UV {
    return this.valueAt(slot);
  }
}
