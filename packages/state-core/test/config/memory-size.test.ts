import { describe, expect, test } from 'vitest';
import { formatMemorySize, parseMemorySize } from '../../src/config/memory-size.js';

describe('parseMemorySize', () => {
  test.each([
    ['0', 0],
    ['1234', 1_234],
    ['1234b', 1_234],
    ['12 bytes', 12],
    ['20 kb', 20_480],
    ['20k', 20_480],
    ['20 KibiBytes', 20_480],
    ['5mb', 5_242_880],
    ['5 m', 5_242_880],
    ['1 mebibytes', 1_048_576],
    ['2g', 2_147_483_648],
    ['2 GB', 2_147_483_648],
    ['1 gibibytes', 1_073_741_824],
    ['1 t', 1_099_511_627_776],
    ['1tb', 1_099_511_627_776],
    ['1 tebibytes', 1_099_511_627_776],
  ])('%j is %d bytes', (text, sizeBytes) => {
    expect(parseMemorySize(text)).toBe(sizeBytes);
  });

  test.each(['', ' ', 'kb', '-1', '-1b', '1.5 gb', '1 kib', '20 kb 3 b', '10 pb', '9999999 tb', '9007199254740993'])(
    '%j is no size',
    (text) => {
      expect(() => parseMemorySize(text)).toThrow(RangeError);
    },
  );
});

test.each([
  [0, '0 b'],
  [1_000, '1000 b'],
  [20_480, '20 kb'],
  [5_242_880, '5 mb'],
])('formatMemorySize(%d) is %j and reads back', (sizeBytes, text) => {
  expect(formatMemorySize(sizeBytes)).toBe(text);
  expect(parseMemorySize(text)).toBe(sizeBytes);
});
