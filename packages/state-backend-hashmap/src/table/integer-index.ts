// The index of a table whose keys are integers: open addressing in flat arrays, about twice as fast as a `Map` and half
// its size.
//
//   bucket    0      1      2      3     ...  capacity - 1      capacity is a power of two, at most half full
//   keys      7             23     15                           Float64Array
//   slots     4      0      9      2                            Int32Array: slot + 1; 0 is an empty bucket
//
//   II1. A key is found between its home bucket and the next empty one.
//   II2. Removal moves later keys of the run back, so that no marks of removed keys gather.

import type { KeyIdentity } from '@tidemark/state-core';
import type { KeyIndex } from './key-index.js';

const CAPACITY_MIN = 16;
/** 2^32 divided by the golden ratio: spreads neighbouring integers over all buckets. */
const SPREAD = 0x9e3779b1;

/** Finds slots by integer keys in the void namespace. */
export class IntegerIndex implements KeyIndex<number> {
  private keys: Float64Array = new Float64Array(CAPACITY_MIN);
  private slots: Int32Array = new Int32Array(CAPACITY_MIN);
  private mask: number = CAPACITY_MIN - 1;
  private shift: number = 32 - Math.log2(CAPACITY_MIN);
  private size = 0;

  get(key: KeyIdentity): number | undefined {
    const { keys, slots, mask } = this;
    for (let bucket = this.homeOf(key as number); ; bucket = (bucket + 1) & mask) {
      const slot = slots[bucket] as number;
      if (slot === 0) return undefined;
      if (keys[bucket] === key) return slot - 1;
    }
  }

  set(key: KeyIdentity, _namespace: KeyIdentity, slot: number): void {
    if ((this.size + 1) * 2 > this.mask + 1) this.resize((this.mask + 1) * 2);
    const bucket = this.bucketOf(key as number);
    if (this.slots[bucket] === 0) this.size++;
    this.keys[bucket] = key as number;
    this.slots[bucket] = slot + 1;
  }

  delete(key: KeyIdentity): void {
    const { keys, slots, mask } = this;
    let hole = this.bucketOf(key as number);
    if (slots[hole] === 0) return;
    this.size--;
    for (let next = (hole + 1) & mask; slots[next] !== 0; next = (next + 1) & mask) {
      const home = this.homeOf(keys[next] as number);
      // A key may move back into the hole unless its home lies behind it (II1).
      if (((next - home) & mask) < ((next - hole) & mask)) continue;
      keys[hole] = keys[next] as number;
      slots[hole] = slots[next] as number;
      hole = next;
    }
    slots[hole] = 0;
  }

  clear(): void {
    this.size = 0;
    this.resize(CAPACITY_MIN);
  }

  /** The slots as of the call: removals move keys back (II2) and would make a walk miss some and repeat others. */
  *entriesOf(): Iterable<number> {
    const slots = this.slots.slice();
    for (let bucket = 0; bucket < slots.length; bucket++) if (slots[bucket] !== 0) yield (slots[bucket] as number) - 1;
  }

  private bucketOf(key: number): number {
    const { keys, slots, mask } = this;
    let bucket = this.homeOf(key);
    while (slots[bucket] !== 0 && keys[bucket] !== key) bucket = (bucket + 1) & mask;
    return bucket;
  }

  private homeOf(key: number): number {
    // Integers beyond 32 bits add what the bit operations cut off.
    const low = key | 0;
    const mixed = low === key ? low : low ^ Math.imul((key / 4294967296) | 0, 0x85ebca6b);
    return Math.imul(mixed, SPREAD) >>> this.shift;
  }

  private resize(capacity: number): void {
    const { keys, slots, size } = this;
    this.keys = new Float64Array(capacity);
    this.slots = new Int32Array(capacity);
    this.mask = capacity - 1;
    this.shift = 32 - Math.log2(capacity);
    if (size === 0) return;
    for (let bucket = 0; bucket < slots.length; bucket++) {
      if (slots[bucket] === 0) continue;
      const moved = this.bucketOf(keys[bucket] as number);
      this.keys[moved] = keys[bucket] as number;
      this.slots[moved] = slots[bucket] as number;
    }
  }
}
