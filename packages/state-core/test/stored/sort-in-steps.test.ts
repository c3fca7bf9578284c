// Sorting that can be interrupted.

import { testRuns } from '@tidemark/config/test-runs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sortInSteps } from '../../src/stored/sort-in-steps.js';

interface Item {
  readonly rank: number;
  readonly place: number;
}

function sorted(items: readonly Item[]): {
  readonly items: Item[];
  readonly steps: number;
  readonly comparedMost: number;
} {
  let compared = 0;
  let comparedMost = 0;
  const work = sortInSteps(items, (a, b) => {
    compared++;
    return a.rank - b.rank;
  });
  for (let steps = 0; ; steps++) {
    compared = 0;
    const step = work.next();
    comparedMost = Math.max(comparedMost, compared);
    if (step.done) return { items: step.value, steps, comparedMost };
  }
}

describe('sorting in steps', () => {
  test('does what sorting at once does, and leaves equal ones in their order', () => {
    fc.assert(
      fc.property(fc.nat(20_000), fc.integer({ min: 1, max: 5000 }), fc.nat(), (length, ranks, seed) => {
        let state = seed | 1;
        const items = Array.from({ length }, (_, place) => {
          state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
          return { rank: state % ranks, place };
        });
        expect(sorted(items).items).toEqual([...items].sort((a, b) => a.rank - b.rank));
      }),
      { numRuns: Math.min(20, testRuns(20)) },
    );
  });

  test('no step compares more than a run does, however many items there are', () => {
    const items = Array.from({ length: 100_000 }, (_, place) => ({ rank: (place * 7919) % 100_003, place }));
    const { steps, comparedMost } = sorted(items);
    expect(steps).toBeGreaterThan(100);
    expect(comparedMost).toBeLessThan(1024 * 11);
  });

  test('of none and of one is what it was', () => {
    expect(sorted([]).items).toEqual([]);
    expect(sorted([{ rank: 1, place: 0 }]).items).toEqual([{ rank: 1, place: 0 }]);
  });
});
