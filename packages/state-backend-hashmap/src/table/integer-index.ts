// The index of a table whose keys are integers: open addressing in one flat array, about twice as fast as a `Map` and half
// its size.
//
//   bucket    0        1        2        3     ...  capacity - 1      capacity is a power of two, at most half full
//   pairs     7 | 4    0 | 0   23 | 9   15 | 2                         Int32Array: key, slot + 1; 0 is an empty bucket
//
//   II1. A key is found between its home bucket and the next empty one.
//   II2. A key and its slot lie side by side: looking one up touches one line of the processor's cache.
//   II3. Keys beyond 32 bits are folded into 32. From the first of them on, keys that look the same here are told apart by
//        the keys themselves, which the table keeps by slot: a key is in the table before it is set here, and until it has
//        been deleted here.
//   II4. Removal moves later keys of the run back, so that no marks of removed keys gather.

import type { KeyIdentity } from '@tidemark/state-core';
import type { KeyIndex } from './key-index.js';

const CAPACITY_MIN = 16;
/** 2^32 divided by the golden ratio: spreads neighbouring integers over all buckets. */
const SPREAD = 0x9e3779b1;
const FOLD = 0x85ebca6b;

/** Finds slots by integer keys in the void namespace. */
export class IntegerIndex implements KeyIndex<number> {
  private pairs: Int32Array = new Int32Array(CAPACITY_MIN * 2);
  private mask: number = CAPACITY_MIN - 1;
  private shift: number = 32 - Math.log2(CAPACITY_MIN);
  private size = 0;
  /** Whether a key beyond 32 bits was ever set (II3). */
  private isWide = false;

  /** @param table - Has the key in each slot (II3). */
  constructor(private readonly table: { readonly keys: readonly unknown[] }) {}

  get(key: KeyIdentity): number | undefined {
    const low = (key as number) | 0;
    if (this.isWide || low !== key) return this.getWide(key as number);
    const { pairs, mask } = this;
    for (let bucket = Math.imul(low, SPREAD) >>> this.shift; ; bucket = (bucket + 1) & mask) {
      const place = pairs[bucket * 2 + 1] as number;
      if (place === 0) return undefined;
      if (pairs[bucket * 2] === low) return place - 1;
    }
  }

  set(key: KeyIdentity, _namespace: KeyIdentity, slot: number): void {
    if ((this.size + 1) * 2 > this.mask + 1) this.resize((this.mask + 1) * 2);
    if (((key as number) | 0) !== key) this.isWide = true;
    const { pairs } = this;
    const bucket = this.bucketOf(key as number);
    if (pairs[bucket * 2 + 1] === 0) this.size++;
    pairs[bucket * 2] = folded(key as number);
    pairs[bucket * 2 + 1] = slot + 1;
  }

  delete(key: KeyIdentity): void {
    const { pairs, mask } = this;
    if (!this.isWide && ((key as number) | 0) !== key) return;
    let hole = this.bucketOf(key as number);
    if (pairs[hole * 2 + 1] === 0) return;
    this.size--;
    for (let next = (hole + 1) & mask; pairs[next * 2 + 1] !== 0; next = (next + 1) & mask) {
      const home = this.homeOf(pairs[next * 2] as number);
      // A key may move back into the hole unless its home lies behind it (II1).
      if (((next - home) & mask) < ((next - hole) & mask)) continue;
      pairs[hole * 2] = pairs[next * 2] as number;
      pairs[hole * 2 + 1] = pairs[next * 2 + 1] as number;
      hole = next;
    }
    pairs[hole * 2 + 1] = 0;
  }

  clear(): void {
    this.size = 0;
    this.isWide = false;
    this.resize(CAPACITY_MIN);
  }

  /** The slots as of the call: removals move keys back (II4) and would make a walk miss some and repeat others. */
  *entriesOf(): Iterable<number> {
    const places = this.pairs.filter((place, index) => (index & 1) === 1 && place !== 0);
    for (const place of places) yield place - 1;
  }

  private getWide(key: number): number | undefined {
    if (!this.isWide) return undefined;
    const place = this.pairs[this.bucketOf(key) * 2 + 1] as number;
    return place === 0 ? undefined : place - 1;
  }

  /** The bucket of a key, or the empty one that it would get. */
  private bucketOf(key: number): number {
    const { pairs, mask, isWide } = this;
    const { keys } = this.table;
    const fold = folded(key);
    for (let bucket = this.homeOf(fold); ; bucket = (bucket + 1) & mask) {
      const place = pairs[bucket * 2 + 1] as number;
      if (place === 0) return bucket;
      if (pairs[bucket * 2] === fold && (!isWide || keys[place - 1] === key)) return bucket;
    }
  }

  private homeOf(fold: number): number {
    return Math.imul(fold, SPREAD) >>> this.shift;
  }

  private resize(capacity: number): void {
    const { pairs, size } = this;
    const moved = new Int32Array(capacity * 2);
    this.pairs = moved;
    this.mask = capacity - 1;
    this.shift = 32 - Math.log2(capacity);
    if (size === 0) return;
    for (let index = 0; index < pairs.length; index += 2) {
      if (pairs[index + 1] === 0) continue;
      // All keys are different: the next empty bucket is theirs.
      let bucket = this.homeOf(pairs[index] as number);
      while (moved[bucket * 2 + 1] !== 0) bucket = (bucket + 1) & this.mask;
      moved[bucket * 2] = pairs[index] as number;
      moved[bucket * 2 + 1] = pairs[index + 1] as number;
    }
  }
}

/** An integer in 32 bits: itself where it fits, else with what was cut off mixed in. */
function folded(key: number): number {
  const low = key | 0;
  return low === key ? low : low ^ Math.imul(Math.floor(key / 4294967296), FOLD);
}
