// VP4 of value-passing.ts: values that are not of the type of the state are refused when they are given.

import { describe, expect, it } from 'vitest';
import { boolean } from '../../src/serialization/boolean-serializer.js';
import { float64 } from '../../src/serialization/float64-serializer.js';
import { int32, int64, safeInteger } from '../../src/serialization/integer-serializers.js';
import { string } from '../../src/serialization/string-serializer.js';
import { struct } from '../../src/serialization/struct.js';
import type { TypeSerializer } from '../../src/serialization/type-serializer.js';
import { ValuePassing } from '../../src/support/value-passing.js';

const options = { objectReuse: false, checkMutation: false };

const types: readonly (readonly [
  type: TypeSerializer<never>,
  taken: readonly unknown[],
  refused: readonly unknown[],
])[] = [
  [int32 as never, [0, -0, 1, -(2 ** 31), 2 ** 31 - 1], [10.6, 2 ** 31, Number.NaN, '1', 1n, null, true]],
  [safeInteger as never, [0, -0, 2 ** 53 - 1, -(2 ** 53 - 1)], [2 ** 60, 0.5, Number.NaN, '1', 1n, null]],
  [float64 as never, [0, -0, 0.5, Number.NaN, Number.NEGATIVE_INFINITY], ['1', 1n, null, true, {}]],
  [string as never, ['', 'a'], [1, null, true, {}]],
  [boolean as never, [true, false], [0, 1, 'true', null]],
  [int64 as never, [1n], []],
];

describe.each(types.map((row) => [row[0].typeName, ...row] as const))('%s', (_name, type, taken, refused) => {
  it('takes its values and refuses others, naming state and key', () => {
    const passing = new ValuePassing(`of ${type.typeName}`, type, options, () => 7);
    for (const value of taken) {
      expect(passing.copyIn(value as never)).toBe(value);
      expect(passing.checked(value as never)).toBe(value);
    }
    for (const value of refused) {
      for (const give of [() => passing.copyIn(value as never), () => passing.checked(value as never)]) {
        expect(give).toThrow(
          expect.objectContaining({
            code: 'value-not-serializable',
            message: expect.stringMatching(/ was given a value under key 7 .* the serializer takes .*convert/s),
            details: expect.objectContaining({ stateName: `of ${type.typeName}`, key: 7 }),
          }),
        );
      }
    }
  });
});

it('what cannot be copied is refused in the words of its type', () => {
  const passing = new ValuePassing('points', struct({ n: int32 }), options);
  expect(() => passing.copyIn(null as never)).toThrow(
    expect.objectContaining({
      code: 'value-not-serializable',
      message: expect.stringMatching(/state 'points' was given a value that its type does not take: .* null/),
    }),
  );
});
