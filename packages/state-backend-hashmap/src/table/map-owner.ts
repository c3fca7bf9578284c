// The map of one key and namespace: from map key to the slot of the entry.
//
//   MO1. Few entries are a flat array [identity, slot, identity, slot, ...], which is smaller and faster to search and to
//        walk than a Map; many are a Map.
//   MO2. Retired slots are still found here; `live` counts the others.
//   MO3. `structure` moves when an entry comes or goes, for iterators.

import type { KeyIdentity } from '@tidemark/state-core';

/** Up to here the array is searched from end to end. */
const FLAT_ENTRIES_MAX = 16;

/** The map of one key and namespace. */
export class MapOwner {
  live = 0;
  structure = 0;
  /** MO1: pairs of identity and slot; unused when {@link large} is there. */
  private flat: (KeyIdentity | number)[] = [];
  private large: Map<KeyIdentity, number> | undefined = undefined;

  constructor(
    readonly key: unknown,
    readonly namespace: unknown,
  ) {}

  /** Entries, retired ones included. */
  get size(): number {
    return this.large === undefined ? this.flat.length >> 1 : this.large.size;
  }

  /** The slot of a map key; -1 when there is none. */
  get(identity: KeyIdentity): number {
    if (this.large !== undefined) return this.large.get(identity) ?? -1;
    const flat = this.flat;
    for (let index = 0; index < flat.length; index += 2) if (flat[index] === identity) return flat[index + 1] as number;
    return -1;
  }

  /** Adds a map key that is not there. */
  add(identity: KeyIdentity, slot: number): void {
    if (this.large !== undefined) {
      this.large.set(identity, slot);
      return;
    }
    // Growing an empty array takes room for 16 more; most maps of timers stay with one entry.
    if (this.flat.length === 0) {
      this.flat = [identity, slot];
      return;
    }
    this.flat.push(identity, slot);
    if (this.flat.length > FLAT_ENTRIES_MAX * 2) this.enlarge();
  }

  delete(identity: KeyIdentity): void {
    if (this.large !== undefined) {
      this.large.delete(identity);
      return;
    }
    const flat = this.flat;
    for (let index = 0; index < flat.length; index += 2) {
      if (flat[index] !== identity) continue;
      flat.splice(index, 2);
      return;
    }
  }

  /**
   * The slots for a walk, in the order in which the entries came: every second element of what is returned when
   * {@link isFlat}, from the second on, else every element. A flat map gives its own array, which changes when an entry
   * comes or goes.
   */
  places(): readonly (KeyIdentity | number)[] {
    return this.large === undefined ? this.flat : [...this.large.values()];
  }

  /** Whether the map is an array (MO1). */
  get isFlat(): boolean {
    return this.large === undefined;
  }

  /** The slots in the order in which the entries came, as of now. */
  slots(): number[] {
    if (this.large !== undefined) return [...this.large.values()];
    const slots: number[] = [];
    for (let index = 1; index < this.flat.length; index += 2) slots.push(this.flat[index] as number);
    return slots;
  }

  private enlarge(): void {
    const large = new Map<KeyIdentity, number>();
    for (let index = 0; index < this.flat.length; index += 2) {
      large.set(this.flat[index] as KeyIdentity, this.flat[index + 1] as number);
    }
    this.large = large;
    this.flat = [];
  }
}
