import { describe, expect, test } from 'vitest';
import { formatDuration, parseDuration } from '../../src/config/duration.js';

describe('parseDuration', () => {
  test.each([
    ['0', 0],
    ['1500', 1_500],
    ['10 min', 600_000],
    ['10min', 600_000],
    [' 3 m ', 180_000],
    ['2 minutes', 120_000],
    ['5s', 5_000],
    ['5 sec', 5_000],
    ['5 seconds', 5_000],
    ['250 ms', 250],
    ['250 millis', 250],
    ['7 us', 0.007],
    ['7 µs', 0.007],
    ['7 μs', 0.007],
    ['7 microseconds', 0.007],
    ['500 ns', 0.0005],
    ['2000000 nanos', 2],
    ['1 h', 3_600_000],
    ['3 hours', 10_800_000],
    ['1 d', 86_400_000],
    ['30 DAYS', 2_592_000_000],
    ['PT1H30M', 5_400_000],
    ['PT0.25S', 250],
    ['P2DT1S', 172_801_000],
    ['pt10m', 600_000],
    ['-PT1S', -1_000],
    ['PT-1.5S', -1_500],
  ])('%j is %d ms', (text, durationMs) => {
    expect(parseDuration(text)).toBe(durationMs);
  });

  test.each([
    '',
    '  ',
    'min',
    '1 h 30 min',
    '1.5 h',
    '-5 s',
    '10 fortnights',
    'P',
    'PT',
    'P1DT',
    'PT1X',
    '99999999999 d',
    '10 min 5',
  ])('%j is no duration', (text) => {
    expect(() => parseDuration(text)).toThrow(RangeError);
  });
});

test.each([
  [0, '0 ms'],
  [250, '250 ms'],
  [1_500, '1500 ms'],
  [600_000, '10 min'],
  [3_600_000, '1 h'],
  [172_800_000, '2 d'],
])('formatDuration(%d) is %j and reads back', (durationMs, text) => {
  expect(formatDuration(durationMs)).toBe(text);
  expect(parseDuration(text)).toBe(durationMs);
});
