// The index of a table whose keys are text: open addressing over hashes in a flat array. Where a `Map` follows a chain and
// looks at the text of each key in it, this looks at numbers, and at one text: the one that is looked for.
//
//   bucket    0           1          2           3       ...  capacity - 1      capacity is a power of two, at most half full
//   pairs     hash | 4    0 | 0      hash | 9    hash | 2                       Int32Array: hash, slot + 1; 0 is an empty bucket
//
//   TI1. A key is found between its home bucket and the next empty one. Equal hashes are told apart by the keys themselves,
//        which the table keeps by slot: a key is in the table before it is set here, and until it has been deleted here.
//   TI2. Removal moves later keys of the run back, so that no marks of removed keys gather.
//   TI3. Whoever chooses keys may choose them so that hashes meet. Once a run is longer than RUN_MAX, a `Map` takes over:
//        its hashes are seeded.

import type { KeyIdentity } from '@tidemark/state-core';
import type { KeyIndex } from './key-index.js';

const CAPACITY_MIN = 16;
/** 2^32 divided by the golden ratio: spreads hashes over all buckets. */
const SPREAD = 0x9e3779b1;
const MULTIPLIER = 0x01000193;
const HASH_START = 0x811c9dc5 | 0;
/** A table at most half full has runs of some ten buckets; so long a run is no accident. */
const RUN_MAX = 256;

/** Finds slots by text keys in the void namespace. */
export class TextIndex implements KeyIndex<number> {
  private pairs: Int32Array = new Int32Array(CAPACITY_MIN * 2);
  private mask: number = CAPACITY_MIN - 1;
  private shift: number = 32 - Math.log2(CAPACITY_MIN);
  private size = 0;
  /** TI3: in use once runs were too long. */
  private large: Map<KeyIdentity, number> | undefined = undefined;

  /** @param table - Has the key in each slot (TI1). */
  constructor(private readonly table: { readonly keys: readonly unknown[] }) {}

  get(key: KeyIdentity): number | undefined {
    if (this.large !== undefined) return this.large.get(key);
    const { pairs, mask } = this;
    const { keys } = this.table;
    const hash = hashOf(key as string);
    for (let bucket = this.homeOf(hash); ; bucket = (bucket + 1) & mask) {
      const place = pairs[bucket * 2 + 1] as number;
      if (place === 0) return undefined;
      if (pairs[bucket * 2] === hash && keys[place - 1] === key) return place - 1;
    }
  }

  set(key: KeyIdentity, _namespace: KeyIdentity, slot: number): void {
    if (this.large !== undefined) {
      this.large.set(key, slot);
      return;
    }
    if ((this.size + 1) * 2 > this.mask + 1) this.resize((this.mask + 1) * 2);
    const hash = hashOf(key as string);
    const bucket = this.bucketOf(hash, key);
    if (((bucket - this.homeOf(hash)) & this.mask) > RUN_MAX) {
      this.enlarge().set(key, slot);
      return;
    }
    const { pairs } = this;
    if (pairs[bucket * 2 + 1] === 0) this.size++;
    pairs[bucket * 2] = hash;
    pairs[bucket * 2 + 1] = slot + 1;
  }

  delete(key: KeyIdentity): void {
    if (this.large !== undefined) {
      this.large.delete(key);
      return;
    }
    const { pairs, mask } = this;
    let hole = this.bucketOf(hashOf(key as string), key);
    if (pairs[hole * 2 + 1] === 0) return;
    this.size--;
    for (let next = (hole + 1) & mask; pairs[next * 2 + 1] !== 0; next = (next + 1) & mask) {
      const home = this.homeOf(pairs[next * 2] as number);
      // A key may move back into the hole unless its home lies behind it (TI1).
      if (((next - home) & mask) < ((next - hole) & mask)) continue;
      pairs[hole * 2] = pairs[next * 2] as number;
      pairs[hole * 2 + 1] = pairs[next * 2 + 1] as number;
      hole = next;
    }
    pairs[hole * 2 + 1] = 0;
  }

  clear(): void {
    this.large = undefined;
    this.size = 0;
    this.resize(CAPACITY_MIN);
  }

  /** The slots as of the call: removals move keys back (TI2) and would make a walk miss some and repeat others. */
  *entriesOf(): Iterable<number> {
    if (this.large !== undefined) {
      yield* this.large.values();
      return;
    }
    const places = this.pairs.filter((place, index) => (index & 1) === 1 && place !== 0);
    for (const place of places) yield place - 1;
  }

  private bucketOf(hash: number, key: KeyIdentity): number {
    const { pairs, mask } = this;
    const { keys } = this.table;
    let bucket = this.homeOf(hash);
    for (; ; bucket = (bucket + 1) & mask) {
      const place = pairs[bucket * 2 + 1] as number;
      if (place === 0 || (pairs[bucket * 2] === hash && keys[place - 1] === key)) return bucket;
    }
  }

  private homeOf(hash: number): number {
    return Math.imul(hash, SPREAD) >>> this.shift;
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

  private enlarge(): Map<KeyIdentity, number> {
    const large = new Map<KeyIdentity, number>();
    for (const slot of this.entriesOf()) large.set(this.table.keys[slot] as string, slot);
    this.large = large;
    this.pairs = new Int32Array(0);
    return large;
  }
}

/** Not Java's hash: keys of one key group have that in common modulo the number of groups. */
function hashOf(text: string): number {
  let hash = HASH_START;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), MULTIPLIER);
  return hash ^ (hash >>> 15);
}
