// A position in a stream for every key group of a range.

import type { KeyGroupRange } from './key-group-range.js';

/** One offset, in bytes, per key group of a range. */
export class KeyGroupRangeOffsets implements Iterable<readonly [keyGroup: number, offset: number]> {
  readonly keyGroupRange: KeyGroupRange;
  private readonly offsets: number[];

  /** @param offsets - One per key group, in order; zeros when left out. @throws RangeError when their number differs. */
  constructor(keyGroupRange: KeyGroupRange, offsets?: readonly number[]) {
    if (offsets !== undefined && offsets.length !== keyGroupRange.numberOfKeyGroups) {
      throw new RangeError(
        `${keyGroupRange} has ${keyGroupRange.numberOfKeyGroups} key groups, got ${offsets.length} offsets`,
      );
    }
    this.keyGroupRange = keyGroupRange;
    this.offsets = offsets === undefined ? new Array<number>(keyGroupRange.numberOfKeyGroups).fill(0) : [...offsets];
  }

  /** @throws RangeError outside the range. */
  getKeyGroupOffset(keyGroup: number): number {
    return this.offsets[this.indexOf(keyGroup)] as number;
  }

  /** @throws RangeError outside the range. */
  setKeyGroupOffset(keyGroup: number, offset: number): void {
    this.offsets[this.indexOf(keyGroup)] = offset;
  }

  /** The same offsets for the key groups that `range` shares with this one. */
  getIntersection(range: KeyGroupRange): KeyGroupRangeOffsets {
    const shared = this.keyGroupRange.getIntersection(range);
    const start = shared.first - this.keyGroupRange.first;
    return new KeyGroupRangeOffsets(shared, this.offsets.slice(start, start + shared.numberOfKeyGroups));
  }

  equals(other: KeyGroupRangeOffsets): boolean {
    return (
      this.keyGroupRange.equals(other.keyGroupRange) &&
      this.offsets.every((offset, index) => offset === other.offsets[index])
    );
  }

  *[Symbol.iterator](): Iterator<readonly [number, number]> {
    for (const keyGroup of this.keyGroupRange) yield [keyGroup, this.getKeyGroupOffset(keyGroup)];
  }

  private indexOf(keyGroup: number): number {
    if (!this.keyGroupRange.contains(keyGroup))
      throw new RangeError(`key group ${keyGroup} is outside ${this.keyGroupRange}`);
    return keyGroup - this.keyGroupRange.first;
  }
}
