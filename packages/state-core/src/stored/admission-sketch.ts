// Which values are worth keeping: those that were missed before, not long ago.
//
//   AS1. A few bits per value, forgotten all at once after so many misses. Two values may be taken for one: then one is
//        kept a miss too early.

const SLOTS_LOG2 = 16;
const SLOTS = 1 << SLOTS_LOG2;
/** Misses after which everything is forgotten. */
const MISSES_MAX = SLOTS / 2;

/** Remembers what was missed. */
export class AdmissionSketch {
  private readonly tags: Uint8Array = new Uint8Array(SLOTS);
  private misses = 0;

  /** Notes a miss. Returns whether it was the second. */
  missed(path: Uint8Array, stateId: number): boolean {
    let hash = stateId ^ 0x9747b28c;
    for (let index = 0; index < path.length; index++) hash = Math.imul(hash ^ (path[index] as number), 0x01000193);
    hash ^= hash >>> 15;
    hash = Math.imul(hash, 0x85ebca6b);
    hash ^= hash >>> 13;
    const slot = hash & (SLOTS - 1);
    const tag = (hash >>> 24) | 1;
    if (this.tags[slot] === tag) return true;
    if (++this.misses > MISSES_MAX) {
      this.misses = 0;
      this.tags.fill(0);
    }
    this.tags[slot] = tag;
    return false;
  }
}
