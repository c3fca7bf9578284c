// A1 and A2 of key-group-assignment.ts, against the numbers of Flink's formulae.

import { describe, expect, test } from 'vitest';
import {
  assignKeyToParallelOperator,
  assignToKeyGroup,
  checkParallelism,
  computeDefaultMaxParallelism,
  computeKeyGroupForKeyHash,
  computeKeyGroupRangeForOperatorIndex,
  computeOperatorIndexForKeyGroup,
  createKeyGroupPartitions,
  UPPER_BOUND_MAX_PARALLELISM,
} from '../../src/key-group/key-group-assignment.js';
import { javaFloat64Hash } from '../../src/key-group/key-hash.js';
import { boolean } from '../../src/serialization/boolean-serializer.js';
import { float64 } from '../../src/serialization/float64-serializer.js';
import { int32, int64, safeInteger } from '../../src/serialization/integer-serializers.js';
import { string } from '../../src/serialization/string-serializer.js';
import type { KeySerializer } from '../../src/serialization/type-serializer.js';

type Groups = readonly [number, number, number, number, number];
const maxParallelisms: Groups = [10, 16, 128, 4096, 32768];

const groupRows: readonly (readonly [string, KeySerializer<unknown>, unknown, Groups])[] = [
  ['"a"', string, 'a', [1, 1, 81, 3025, 19409]],
  ['"b"', string, 'b', [8, 6, 22, 1174, 29846]],
  ['""', string, '', [4, 14, 94, 2526, 31198]],
  ['"key"', string, 'key', [2, 8, 72, 3016, 31688]],
  ['"hello"', string, 'hello', [9, 3, 35, 2723, 31395]],
  ['"key-0"', string, 'key-0', [9, 15, 31, 2975, 19359]],
  ['"key-1"', string, 'key-1', [4, 6, 54, 2614, 23094]],
  ['"key-2"', string, 'key-2', [0, 14, 126, 1278, 21758]],
  ['"key-3"', string, 'key-3', [0, 4, 20, 3220, 11412]],
  ['"user-1"', string, 'user-1', [3, 9, 121, 1657, 13945]],
  ['"flink"', string, 'flink', [4, 2, 98, 226, 16610]],
  ['"你好"', string, '你好', [8, 2, 66, 1602, 5698]],
  ['int 1', int32, 1, [8, 6, 86, 4054, 16342]],
  ['int 42', int32, 42, [5, 13, 29, 3613, 28189]],
  ['long 4294967296', int64, 4294967296n, [8, 6, 86, 4054, 16342]],
  ['long 4294967296 as a number', safeInteger, 4294967296, [8, 6, 86, 4054, 16342]],
  ['long 2^63 - 1', int64, 2n ** 63n - 1n, [2, 12, 108, 2156, 10348]],
  ['true', boolean, true, [5, 13, 77, 3533, 11725]],
  ['false', boolean, false, [1, 3, 3, 3331, 32003]],
] as unknown as readonly (readonly [string, KeySerializer<unknown>, unknown, Groups])[];

test.each(groupRows)('the key groups of %s', (_name, serializer, key, groups) => {
  expect(maxParallelisms.map((maxParallelism) => assignToKeyGroup(key, serializer, maxParallelism))).toStrictEqual(
    groups,
  );
});

test.each([
  [0, 94],
  [1, 86],
  [2, 127],
  [3, 113],
  [42, 29],
])('the key group of int %i is %i of 128', (key, group) => {
  expect(assignToKeyGroup(key, int32, 128)).toBe(group);
});

test('two strings with one hash share a key group', () => {
  expect(assignToKeyGroup('Aa', string, 128)).toBe(108);
  expect(assignToKeyGroup('BB', string, 128)).toBe(108);
});

describe('doubles', () => {
  test('1.5 and 0', () => {
    expect(assignToKeyGroup(1.5, float64, 128)).toBe(65);
    expect(assignToKeyGroup(0, float64, 128)).toBe(94);
    expect(assignToKeyGroup(-1n, int64, 128)).toBe(94);
  });

  test('Java tells -0 from 0, a key of float64 does not', () => {
    expect(computeKeyGroupForKeyHash(javaFloat64Hash(-0), 128)).toBe(108);
    expect(assignToKeyGroup(-0, float64, 128)).toBe(94);
  });
});

test.each([
  ['8', 0],
  ['5', 1],
  ['25', 2],
  ['13', 3],
  ['4', 4],
  ['7', 5],
  ['1', 6],
  ['6', 7],
  ['9', 8],
  ['3', 9],
])('RocksIncrementalCheckpointRescalingTest: the key %j is in key group %i of 10', (key, group) => {
  expect(assignToKeyGroup(key, string, 10)).toBe(group);
});

test('a key is not null', () => {
  expect(() => assignToKeyGroup(null as never, string, 10)).toThrow(TypeError);
  expect(() => assignToKeyGroup(undefined as never, string, 10)).toThrow(TypeError);
});

test.each([
  [10, 3, '[0,3][4,6][7,9]'],
  [10, 4, '[0,2][3,4][5,7][8,9]'],
  [13, 7, '[0,1][2,3][4,5][6,7][8,9][10,11][12,12]'],
  [16, 5, '[0,3][4,6][7,9][10,12][13,15]'],
  [7, 3, '[0,2][3,4][5,6]'],
  [42, 10, '[0,4][5,8][9,12][13,16][17,20][21,25][26,29][30,33][34,37][38,41]'],
  [42, 13, '[0,3][4,6][7,9][10,12][13,16][17,19][20,22][23,25][26,29][30,32][33,35][36,38][39,41]'],
  [128, 2, '[0,63][64,127]'],
  [128, 3, '[0,42][43,85][86,127]'],
  [128, 5, '[0,25][26,51][52,76][77,102][103,127]'],
  [128, 7, '[0,18][19,36][37,54][55,73][74,91][92,109][110,127]'],
  [128, 10, '[0,12][13,25][26,38][39,51][52,63][64,76][77,89][90,102][103,115][116,127]'],
  [4096, 3, '[0,1365][1366,2730][2731,4095]'],
  [32768, 3, '[0,10922][10923,21845][21846,32767]'],
])('the ranges of %i key groups over %i subtasks', (maxParallelism, parallelism, expected) => {
  const ranges = createKeyGroupPartitions(maxParallelism, parallelism);
  expect(ranges.map(({ first, last }) => `[${first},${last}]`).join('')).toBe(expected);
});

test.each([
  [128, [1, 2, 85]],
  [256, [86, 128, 170, 171]],
  [512, [172, 341]],
  [1024, [342]],
  [2048, [1000]],
  [8192, [5461]],
  [16384, [10922, 10923]],
  [32768, [15000, 21845, 30000, 32768]],
])('the default max parallelism %i', (maxParallelism, parallelisms) => {
  for (const parallelism of parallelisms) expect(computeDefaultMaxParallelism(parallelism)).toBe(maxParallelism);
});

test('MathUtil.testPowerOfTwo and testRoundUpToPowerOf2: the default is a power of two that holds 1.5 times', () => {
  for (let parallelism = 1; parallelism <= UPPER_BOUND_MAX_PARALLELISM; parallelism++) {
    const derived = computeDefaultMaxParallelism(parallelism);
    const wanted = parallelism + Math.floor(parallelism / 2);
    const holds =
      derived === UPPER_BOUND_MAX_PARALLELISM
        ? derived / 2 < wanted
        : derived >= wanted && (derived === 128 || derived / 2 < wanted);
    if ((derived & (derived - 1)) !== 0 || !holds) expect.fail(`${parallelism} gives ${derived}`);
  }
});

describe('CheckpointCoordinatorTest.testCreateKeyGroupPartitions', () => {
  // A linear congruence: the same 1000 pairs in every run.
  let state = 42;
  const next = (bound: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state % bound;
  };
  const random = Array.from({ length: 1000 }, () => {
    const maxParallelism = 1 + next(UPPER_BOUND_MAX_PARALLELISM - 1);
    return [maxParallelism, 1 + next(maxParallelism)] as const;
  });

  test.each([
    [1, 1],
    [13, 1],
    [13, 2],
    [32767, 1],
    [32767, 13],
    [32767, 32767],
  ])('%i key groups over %i subtasks', (maxParallelism, parallelism) => check(maxParallelism, parallelism));

  test('1000 pairs', () => {
    for (const [maxParallelism, parallelism] of random) check(maxParallelism, Math.min(parallelism, 200));
  });

  function check(maxParallelism: number, parallelism: number): void {
    const ranges = createKeyGroupPartitions(maxParallelism, parallelism);
    let start = 0;
    ranges.forEach((range, index) => {
      if (range.first !== start || range.last < range.first)
        expect.fail(`subtask ${index} of ${parallelism} has ${range}`);
      for (const keyGroup of [range.first, range.last]) {
        if (computeOperatorIndexForKeyGroup(maxParallelism, parallelism, keyGroup) !== index)
          expect.fail(`key group ${keyGroup}`);
      }
      start = range.last + 1;
    });
    expect([ranges.length, start]).toStrictEqual([parallelism, maxParallelism]);
  }
});

test('a key goes to the subtask that owns its key group (A1)', () => {
  for (const key of ['a', 'b', 'hello', 'key-1', '']) {
    for (const parallelism of [1, 2, 3, 7, 128]) {
      const subtask = assignKeyToParallelOperator(key, string, 128, parallelism);
      expect(
        computeKeyGroupRangeForOperatorIndex(128, parallelism, subtask).contains(assignToKeyGroup(key, string, 128)),
      ).toBe(true);
    }
  }
});

describe('bounds', () => {
  test.each([0, -1, 1.5, 32769, Number.NaN])('%d is no parallelism', (value) => {
    expect(() => checkParallelism(value, 'parallelism')).toThrow(RangeError);
    expect(() => computeDefaultMaxParallelism(value)).toThrow(RangeError);
    expect(() => computeKeyGroupRangeForOperatorIndex(value, 1, 0)).toThrow(RangeError);
    expect(() => computeKeyGroupRangeForOperatorIndex(128, value, 0)).toThrow(RangeError);
  });

  test('the max parallelism is not smaller than the parallelism, and a subtask is one of them', () => {
    expect(() => computeKeyGroupRangeForOperatorIndex(2, 3, 0)).toThrow(
      'the max parallelism 2 is smaller than the parallelism 3',
    );
    expect(() => computeKeyGroupRangeForOperatorIndex(3, 3, 3)).toThrow(RangeError);
    expect(() => computeKeyGroupRangeForOperatorIndex(3, 3, -1)).toThrow(RangeError);
    expect(() => computeKeyGroupRangeForOperatorIndex(3, 3, 0.5)).toThrow(RangeError);
  });

  test('the smallest and the largest', () => {
    expect(createKeyGroupPartitions(32768, 32768).at(-1)?.toString()).toBe('[32767, 32767]');
    expect(() => checkParallelism(1, 'parallelism')).not.toThrow();
    expect(() => checkParallelism(32768, 'parallelism')).not.toThrow();
  });
});
