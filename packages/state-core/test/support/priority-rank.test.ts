import { expect, it } from 'vitest';
import { int32, int64, safeInteger } from '../../src/serialization/integer-serializers.js';
import { string } from '../../src/serialization/string-serializer.js';
import type { KeySerializer } from '../../src/serialization/type-serializer.js';
import { priorityRankOf } from '../../src/support/priority-rank.js';

it('ranks never contradict the order of the priorities', () => {
  const cases: readonly (readonly [KeySerializer<never>, readonly unknown[]])[] = [
    [int32, [-5, 0, 7]],
    [safeInteger, [-(2 ** 53) + 1, -0, 0, 1, 2 ** 53 - 1]],
    [int64, [-(2n ** 63n), -(2n ** 53n) - 1n, -(2n ** 53n), 0n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n]],
    [string, ['a', 'b']],
  ] as never;
  for (const [serializer, ascending] of cases) {
    const rankOf = priorityRankOf(serializer as KeySerializer<unknown>);
    const ranks = ascending.map(rankOf);
    expect(
      [...ranks].sort((a, b) => a - b),
      serializer.typeName,
    ).toEqual(ranks);
  }
  expect(priorityRankOf(safeInteger as KeySerializer<unknown>)(42)).toBe(42);
});
