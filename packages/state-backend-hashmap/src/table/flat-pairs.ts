// Pairs of a number that stands for a key and the slot of the key, in one flat array: what the flat indexes look through.
//
//   bucket    0           1          2           3       ...  capacity - 1      capacity is a power of two, at most half full
//   pairs     code | 4    0 | 0      code | 9    code | 2                       Int32Array: code, slot + 1; 0 is an empty bucket
//
//   FP1. A pair is between the home bucket of its code and the next empty bucket.
//   FP2. Code and slot lie side by side: looking one up touches one line of the processor's cache.
//   FP3. Removal moves later pairs of the run back, so that no marks of removed ones gather.
//
// Functions and no class: an index has the array, the mask and the shift among its own fields, where its look-up finds them.

/** Buckets of an empty index. */
export const CAPACITY_MIN = 16;

/** 2^32 divided by the golden ratio: spreads neighbouring numbers over all buckets. */
const SPREAD = 0x9e3779b1;

/** The pairs of so many empty buckets. */
export function emptyPairs(capacity: number): Int32Array {
  return new Int32Array(capacity * 2);
}

/** What {@link homeOf} takes for so many buckets. */
export function shiftOf(capacity: number): number {
  return 32 - Math.log2(capacity);
}

/** The bucket from which a code is looked for (FP1). */
export function homeOf(code: number, shift: number): number {
  return Math.imul(code, SPREAD) >>> shift;
}

/** The same pairs in more buckets. */
export function rehashed(pairs: Int32Array, capacity: number): Int32Array {
  const moved = emptyPairs(capacity);
  const shift = shiftOf(capacity);
  const mask = capacity - 1;
  for (let index = 0; index < pairs.length; index += 2) {
    if (pairs[index + 1] === 0) continue;
    // All keys are different: the next empty bucket is theirs.
    let bucket = homeOf(pairs[index] as number, shift);
    while (moved[bucket * 2 + 1] !== 0) bucket = (bucket + 1) & mask;
    moved[bucket * 2] = pairs[index] as number;
    moved[bucket * 2 + 1] = pairs[index + 1] as number;
  }
  return moved;
}

/** Empties a bucket (FP3). */
export function removeBucket(pairs: Int32Array, bucket: number, shift: number): void {
  const mask = pairs.length / 2 - 1;
  let hole = bucket;
  for (let next = (hole + 1) & mask; pairs[next * 2 + 1] !== 0; next = (next + 1) & mask) {
    const home = homeOf(pairs[next * 2] as number, shift);
    // A pair may move back into the hole unless its home lies behind it (FP1).
    if (((next - home) & mask) < ((next - hole) & mask)) continue;
    pairs[hole * 2] = pairs[next * 2] as number;
    pairs[hole * 2 + 1] = pairs[next * 2 + 1] as number;
    hole = next;
  }
  pairs[hole * 2 + 1] = 0;
}

/** The slots as of the call: removals move pairs back (FP3) and would make a walk miss some and repeat others. */
export function* slotsOf(pairs: Int32Array): Iterable<number> {
  const places = pairs.filter((place, index) => (index & 1) === 1 && place !== 0);
  for (const place of places) yield place - 1;
}
