// The map of one key and namespace: from map key to the slot of the entry.
//
//   elements  identity | slot | value    identity | slot | value    ...
//             ^ place 0                  ^ place 3
//
//   MO1. Few entries are elements of this array itself, which is smaller and faster to search and to walk than a Map; many are
//        a Map. An array in a field would be one more place in memory to go to on every access.
//   MO2. Retired slots are still found here; `live` counts the others, `size` all.
//   MO3. `structure` moves when an entry comes or goes, for iterators.
//   MO4. What stands beside a slot is what its table put there: reading it there spares the way to the values of the table.
//        Where all of it are numbers the engine stores them without boxes.
//   MO5. Only elements are used of what an array can do, by index: methods that return arrays would make maps of them.

import type { KeyIdentity } from '@tidemark/state-core';

/** Up to here the elements are searched from end to end. */
const FLAT_ENTRIES_MAX = 16;
/** Elements by entry. */
export const PLACE_STRIDE = 3;

/** The map of one key and namespace. */
export class MapOwner extends Array<unknown> {
  live = 0;
  structure = 0;
  /** Entries, retired ones included. */
  size = 0;
  /** MO1; then there are no elements. */
  private large: Map<KeyIdentity, number> | undefined = undefined;
  readonly key: unknown;
  readonly namespace: unknown;

  constructor(key: unknown, namespace: unknown) {
    super();
    this.key = key;
    this.namespace = namespace;
  }

  /** Whether the entries are elements (MO1). */
  get isFlat(): boolean {
    return this.large === undefined;
  }

  /** The slot of a map key; -1 when there is none. */
  get(identity: KeyIdentity): number {
    if (this.large !== undefined) return this.large.get(identity) ?? -1;
    const place = this.placeOf(identity);
    return place < 0 ? -1 : (this[place + 1] as number);
  }

  /** Where the elements of a map key begin; -1 when there is none, and in large maps. */
  placeOf(identity: KeyIdentity): number {
    for (let place = 0; place < this.length; place += PLACE_STRIDE) if (this[place] === identity) return place;
    return -1;
  }

  /** Adds a map key that is not there. */
  add(identity: KeyIdentity, slot: number, value: unknown): void {
    this.size++;
    if (this.large !== undefined) {
      this.large.set(identity, slot);
      return;
    }
    const { length } = this;
    this[length] = identity;
    this[length + 1] = slot;
    this[length + 2] = value;
    if (this.size > FLAT_ENTRIES_MAX) this.enlarge();
  }

  /** Replaces what stands beside a slot (MO4). */
  setValue(slot: number, value: unknown): void {
    const place = this.placeOfSlot(slot);
    if (place >= 0) this[place + 2] = value;
  }

  /** Takes out an entry that is there. @param identityOf - Called for the slots of large maps only. */
  delete(slot: number, identityOf: (slot: number) => KeyIdentity): void {
    this.size--;
    if (this.large !== undefined) {
      this.large.delete(identityOf(slot));
      return;
    }
    const length = this.length - PLACE_STRIDE;
    for (let place = this.placeOfSlot(slot); place < length; place++) this[place] = this[place + PLACE_STRIDE];
    this.length = length;
  }

  /** The slots in the order in which the entries came, as of now. */
  slots(): number[] {
    if (this.large !== undefined) return [...this.large.values()];
    const slots: number[] = [];
    for (let place = 0; place < this.length; place += PLACE_STRIDE) slots.push(this[place + 1] as number);
    return slots;
  }

  private placeOfSlot(slot: number): number {
    for (let place = 0; place < this.length; place += PLACE_STRIDE) if (this[place + 1] === slot) return place;
    return -1;
  }

  private enlarge(): void {
    const large = new Map<KeyIdentity, number>();
    for (let place = 0; place < this.length; place += PLACE_STRIDE) {
      large.set(this[place] as KeyIdentity, this[place + 1] as number);
    }
    this.large = large;
    this.length = 0;
  }
}
