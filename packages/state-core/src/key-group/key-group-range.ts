// A contiguous range of key groups, both ends inclusive, and one number per key group of a range.

/** Key groups from `first` to `last`, both inclusive. Immutable. */
export class KeyGroupRange implements Iterable<number> {
  /** The range without key groups. */
  static readonly EMPTY: KeyGroupRange = Object.freeze(new KeyGroupRange(0, -1, true)) as KeyGroupRange;

  readonly first: number;
  readonly last: number;

  private constructor(first: number, last: number, empty: boolean) {
    if (!empty) {
      if (!Number.isInteger(first) || !Number.isInteger(last))
        throw new RangeError(`key groups are integers: [${first}, ${last}]`);
      if (first < 0) throw new RangeError(`a key group is at least 0: first=${first}`);
      if (first > last) throw new RangeError(`a key-group range needs first <= last: [${first}, ${last}]`);
    }
    this.first = first;
    this.last = last;
  }

  /** The range [first, last]; {@link EMPTY} when `first > last`. @throws RangeError for a negative first key group. */
  static of(first: number, last: number): KeyGroupRange {
    return first > last ? KeyGroupRange.EMPTY : new KeyGroupRange(first, last, false);
  }

  get numberOfKeyGroups(): number {
    return this.last - this.first + 1;
  }

  contains(keyGroup: number): boolean {
    return keyGroup >= this.first && keyGroup <= this.last;
  }

  /** What both ranges have in common; {@link EMPTY} when nothing. */
  getIntersection(other: KeyGroupRange): KeyGroupRange {
    return KeyGroupRange.of(Math.max(this.first, other.first), Math.min(this.last, other.last));
  }

  /** The key group at `index` of the range, counted from 0. @throws RangeError outside. */
  getKeyGroupId(index: number): number {
    if (!Number.isInteger(index) || index < 0 || index >= this.numberOfKeyGroups) {
      throw new RangeError(`index ${index} is outside the ${this.numberOfKeyGroups} key groups of ${this}`);
    }
    return this.first + index;
  }

  equals(other: KeyGroupRange): boolean {
    return this.first === other.first && this.last === other.last;
  }

  *[Symbol.iterator](): Iterator<number> {
    for (let keyGroup = this.first; keyGroup <= this.last; keyGroup++) yield keyGroup;
  }

  toString(): string {
    return `[${this.first}, ${this.last}]`;
  }
}
