// KeyGroupRange and KeyGroupRangeOffsets: the rows of KeyGroupRangeTest and KeyGroupRangeOffsetTest, and their bounds.

import { describe, expect, test } from 'vitest';
import { KeyGroupRange } from '../../src/key-group/key-group-range.js';
import { KeyGroupRangeOffsets } from '../../src/key-group/key-group-range-offsets.js';

describe('KeyGroupRangeTest.testKeyGroupIntersection', () => {
  test.each([
    [
      [0, 10],
      [3, 7],
      [3, 7],
    ],
    [[0, 5], [6, 10], undefined],
    [
      [0, 10],
      [5, 20],
      [5, 10],
    ],
    [
      [3, 12],
      [0, 10],
      [3, 10],
    ],
  ] as const)('%j and %j', (left, right, shared) => {
    const [a, b] = [KeyGroupRange.of(left[0], left[1]), KeyGroupRange.of(right[0], right[1])];
    const expected = shared === undefined ? KeyGroupRange.EMPTY : KeyGroupRange.of(shared[0], shared[1]);
    expect(a.getIntersection(b)).toStrictEqual(expected);
    expect(b.getIntersection(a)).toStrictEqual(expected);
    expect(a.getIntersection(a)).toStrictEqual(a);
    if (shared === undefined) expect(a.getIntersection(b)).toBe(KeyGroupRange.EMPTY);
  });
});

describe('KeyGroupRangeTest.testKeyGroupRangeBasics', () => {
  test.each([
    [0, 0],
    [0, 1],
    [1, 2],
    [0, 1024],
    [40, 80],
  ])('[%i, %i]', (first, last) => {
    const range = KeyGroupRange.of(first, last);
    expect(range.numberOfKeyGroups).toBe(last - first + 1);
    expect([...range]).toStrictEqual(Array.from({ length: last - first + 1 }, (_, index) => first + index));
    [...range].forEach((keyGroup, index) => {
      expect(range.contains(keyGroup)).toBe(true);
      expect(range.getKeyGroupId(index)).toBe(keyGroup);
    });
    expect(range.contains(first - 1)).toBe(false);
    expect(range.contains(last + 1)).toBe(false);
    expect(range.equals(KeyGroupRange.of(first, last))).toBe(true);
    expect(range.toString()).toBe(`[${first}, ${last}]`);
    for (const index of [-1, last - first + 1, 0.5]) expect(() => range.getKeyGroupId(index)).toThrow(RangeError);
  });

  test('a range without key groups', () => {
    expect(KeyGroupRange.of(5, 4)).toBe(KeyGroupRange.EMPTY);
    expect([...KeyGroupRange.EMPTY]).toStrictEqual([]);
    expect(KeyGroupRange.EMPTY.numberOfKeyGroups).toBe(0);
    expect(KeyGroupRange.EMPTY.contains(0)).toBe(false);
  });

  test('a negative or fractional start is refused', () => {
    expect(() => KeyGroupRange.of(-1, 2)).toThrow(RangeError);
    expect(() => KeyGroupRange.of(0.5, 2)).toThrow(RangeError);
    expect(() => KeyGroupRange.of(0, Number.NaN)).toThrow(RangeError);
  });
});

describe('KeyGroupRangeOffsetTest.testKeyGroupIntersection', () => {
  const offsets = new KeyGroupRangeOffsets(KeyGroupRange.of(2, 10), [0, 1, 2, 3, 4, 5, 6, 7, 8]);

  test.each([
    [
      [3, 7],
      [3, 7],
      [1, 2, 3, 4, 5],
    ],
    [
      [2, 10],
      [2, 10],
      [0, 1, 2, 3, 4, 5, 6, 7, 8],
    ],
    [
      [5, 13],
      [5, 10],
      [3, 4, 5, 6, 7, 8],
    ],
    [[0, 2], [2, 2], [0]],
  ] as const)('with %j', (other, shared, expected) => {
    const intersection = offsets.getIntersection(KeyGroupRange.of(other[0], other[1]));
    expect(intersection.equals(new KeyGroupRangeOffsets(KeyGroupRange.of(shared[0], shared[1]), expected))).toBe(true);
  });

  test('with [11, 13]: nothing', () => {
    const nothing = offsets.getIntersection(KeyGroupRange.of(11, 13));
    expect(nothing.keyGroupRange).toBe(KeyGroupRange.EMPTY);
    expect([...nothing]).toStrictEqual([]);
  });
});

describe('KeyGroupRangeOffsetTest.testKeyGroupRangeOffsetsBasics', () => {
  test.each([
    [0, 0],
    [0, 1],
    [1, 2],
    [0, 1024],
    [40, 80],
  ])('[%i, %i]', (first, last) => {
    const range = KeyGroupRange.of(first, last);
    const initial = Array.from(range, (_, index) => index);
    const offsets = new KeyGroupRangeOffsets(range, initial);
    for (const keyGroup of range) expect(offsets.getKeyGroupOffset(keyGroup)).toBe(keyGroup - first);
    expect([...offsets]).toStrictEqual(initial.map((offset) => [first + offset, offset]));
    for (const keyGroup of range) offsets.setKeyGroupOffset(keyGroup, 42 + keyGroup);
    for (const keyGroup of range) expect(offsets.getKeyGroupOffset(keyGroup)).toBe(42 + keyGroup);
    expect(initial[0]).toBe(0);
    for (const outside of [first - 1, last + 1]) {
      expect(() => offsets.getKeyGroupOffset(outside)).toThrow(RangeError);
      expect(() => offsets.setKeyGroupOffset(outside, 1)).toThrow(RangeError);
    }
  });

  test('zeros when none are given, and as many as there are key groups', () => {
    expect([...new KeyGroupRangeOffsets(KeyGroupRange.of(4, 5))]).toStrictEqual([
      [4, 0],
      [5, 0],
    ]);
    expect(() => new KeyGroupRangeOffsets(KeyGroupRange.of(4, 5), [1])).toThrow(RangeError);
    expect(
      new KeyGroupRangeOffsets(KeyGroupRange.of(4, 5)).equals(new KeyGroupRangeOffsets(KeyGroupRange.of(4, 6))),
    ).toBe(false);
    expect(
      new KeyGroupRangeOffsets(KeyGroupRange.of(4, 5), [1, 2]).equals(
        new KeyGroupRangeOffsets(KeyGroupRange.of(4, 5), [1, 3]),
      ),
    ).toBe(false);
  });

  test('a negative start is refused', () => {
    expect(() => new KeyGroupRangeOffsets(KeyGroupRange.of(-1, 1))).toThrow(RangeError);
  });
});
