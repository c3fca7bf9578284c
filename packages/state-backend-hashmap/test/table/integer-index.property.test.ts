// The flat index beside a Map.

import { testRuns } from '@tidemark/config/test-runs';
import { array, assert, boolean, integer, maxSafeInteger, oneof, property, tuple } from 'fast-check';
import { expect, it } from 'vitest';
import { IntegerIndex } from '../../src/table/integer-index.js';

const key = oneof(integer({ min: -40, max: 40 }), integer(), maxSafeInteger());

it('finds what was set last, and nothing that was deleted', () => {
  const run = property(array(tuple(key, boolean()), { maxLength: 300 }), (operations) => {
    const keys = operations.map(([number]) => number);
    const index = new IntegerIndex({ keys });
    const model = new Map<number, number>();
    for (const [position, [number, isSet]] of operations.entries()) {
      if (isSet) {
        index.set(number, 0, position);
        model.set(number, position);
      } else {
        index.delete(number);
        model.delete(number);
      }
      expect(index.get(number)).toBe(model.get(number));
    }
    for (const [number] of operations) expect(index.get(number)).toBe(model.get(number));
    expect([...index.entriesOf()].sort()).toEqual([...model.values()].sort());
    index.clear();
    for (const [number] of operations) expect(index.get(number)).toBeUndefined();
  });
  assert(run, { numRuns: testRuns(300) });
});

it('multiples of a power of two and keys beyond 32 bits are all found', () => {
  const keys = Array.from({ length: 5000 }, (_, position) => [
    (position + 1) * 65_536,
    2 ** 40 + position * 2 ** 20,
    -(2 ** 45) - position,
    position * 2 ** 33,
  ]).flat();
  const index = new IntegerIndex({ keys });
  for (const [slot, number] of keys.entries()) index.set(number, 0, slot);
  expect(keys.filter((number, slot) => index.get(number) !== slot && keys.lastIndexOf(number) === slot)).toEqual([]);
});
