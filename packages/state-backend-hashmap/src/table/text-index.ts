// The index of a table whose keys are text: open addressing over hashes (flat-pairs.ts). Where a `Map` follows a chain and looks
// at the text of each key in it, this looks at numbers, and at one text: the one that is looked for.
//
//   TI1. Equal hashes are told apart by the keys themselves, which the table keeps by slot: a key is in the table before it is
//        set here, and until it has been deleted here.
//   TI2. Whoever chooses keys may choose them so that hashes meet. Once a run is longer than RUN_MAX, a `Map` takes over:
//        its hashes are seeded.

import type { KeyIdentity } from '@tidemark/state-core';
import { CAPACITY_MIN, emptyPairs, homeOf, rehashed, removeBucket, shiftOf, slotsOf } from './flat-pairs.js';
import type { KeyIndex } from './key-index.js';

const MULTIPLIER = 0x01000193;
const HASH_START = 0x811c9dc5 | 0;
/** A table at most half full has runs of some ten buckets; so long a run is no accident. */
const RUN_MAX = 256;

/** Finds slots by text keys in the void namespace. */
export class TextIndex implements KeyIndex<number> {
  private pairs: Int32Array = emptyPairs(CAPACITY_MIN);
  private mask: number = CAPACITY_MIN - 1;
  private shift: number = shiftOf(CAPACITY_MIN);
  private size = 0;
  /** TI2: in use once runs were too long. */
  private large: Map<KeyIdentity, number> | undefined = undefined;

  /** @param table - Has the key in each slot (TI1). */
  constructor(private readonly table: { readonly keys: readonly unknown[] }) {}

  get(key: KeyIdentity): number | undefined {
    if (this.large !== undefined) return this.large.get(key);
    const { pairs, mask } = this;
    const { keys } = this.table;
    const hash = hashOf(key as string);
    for (let bucket = homeOf(hash, this.shift); ; bucket = (bucket + 1) & mask) {
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
    if (((bucket - homeOf(hash, this.shift)) & this.mask) > RUN_MAX) {
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
    const { pairs } = this;
    const bucket = this.bucketOf(hashOf(key as string), key);
    if (pairs[bucket * 2 + 1] === 0) return;
    this.size--;
    removeBucket(pairs, bucket, this.shift);
  }

  clear(): void {
    this.large = undefined;
    this.size = 0;
    this.resize(CAPACITY_MIN);
  }

  /** The slots as of the call. */
  entriesOf(): Iterable<number> {
    return this.large?.values() ?? slotsOf(this.pairs);
  }

  private bucketOf(hash: number, key: KeyIdentity): number {
    const { pairs, mask } = this;
    const { keys } = this.table;
    let bucket = homeOf(hash, this.shift);
    for (; ; bucket = (bucket + 1) & mask) {
      const place = pairs[bucket * 2 + 1] as number;
      if (place === 0 || (pairs[bucket * 2] === hash && keys[place - 1] === key)) return bucket;
    }
  }

  private resize(capacity: number): void {
    this.pairs = this.size === 0 ? emptyPairs(capacity) : rehashed(this.pairs, capacity);
    this.mask = capacity - 1;
    this.shift = shiftOf(capacity);
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
