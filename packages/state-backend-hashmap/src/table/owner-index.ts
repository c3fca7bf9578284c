// The index of a map table in the void namespace: from the identity of a key to its map, through the flat index of the
// type of the key where there is one.
//
//   number    0        1        2        3
//   keys      'a'      'b'               'd'        what the flat index compares with
//   owners    map      map               map        a number that became free is given out again

import type { KeyIdentity, KeySerializer } from '@tidemark/state-core';
import { createFlatIndex } from './create-flat-index.js';
import { type KeyIndex, VoidNamespaceIndex } from './key-index.js';
import type { MapOwner } from './map-owner.js';

/** Finds maps by keys of a type that has a flat index. */
class OwnerIndex implements KeyIndex<MapOwner> {
  readonly keys: (KeyIdentity | undefined)[] = [];
  private owners: (MapOwner | undefined)[] = [];
  private free: number[] = [];
  private readonly numbers: KeyIndex<number>;

  constructor(createNumbers: (places: OwnerIndex) => KeyIndex<number>) {
    this.numbers = createNumbers(this);
  }

  get(key: KeyIdentity): MapOwner | undefined {
    const number = this.numbers.get(key, 0);
    return number === undefined ? undefined : this.owners[number];
  }

  set(key: KeyIdentity, _namespace: KeyIdentity, owner: MapOwner): void {
    const known = this.numbers.get(key, 0);
    const number = known ?? this.free.pop() ?? this.owners.length;
    this.keys[number] = key;
    this.owners[number] = owner;
    if (known === undefined) this.numbers.set(key, 0, number);
  }

  delete(key: KeyIdentity): void {
    const number = this.numbers.get(key, 0);
    if (number === undefined) return;
    this.numbers.delete(key, 0);
    this.keys[number] = undefined;
    this.owners[number] = undefined;
    this.free.push(number);
  }

  clear(): void {
    this.numbers.clear();
    this.keys.length = 0;
    this.owners = [];
    this.free = [];
  }

  *entriesOf(): Iterable<MapOwner> {
    for (const owner of this.owners) if (owner !== undefined) yield owner;
  }
}

/** The index of maps by keys of a type. */
export function createOwnerIndex(key: KeySerializer<unknown>): KeyIndex<MapOwner> {
  const hasFlatIndex = createFlatIndex(key, { keys: [] }) !== undefined;
  if (!hasFlatIndex) return new VoidNamespaceIndex();
  return new OwnerIndex((places) => createFlatIndex(key, places) as KeyIndex<number>);
}
