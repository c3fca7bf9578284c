// The hashes that place keys, against the numbers that Flink's own MathUtils gives, and the rows of MathUtilTest that
// apply: rounding up to a power of two is part of the default max parallelism, bitMix and murmurHash are here.

import { describe, expect, test } from 'vitest';
import {
  bitMix,
  javaBooleanHash,
  javaFloat64Hash,
  javaInt64Hash,
  javaSafeIntegerHash,
  javaStringHash,
  KEY_HASH,
  murmurHash,
} from '../../src/key-group/key-hash.js';

test('the name of the hashes is part of the stored format', () => {
  expect(KEY_HASH).toBe('java-murmur-v1');
});

test.each([
  [0, 593689054],
  [1, 68075478],
  [2, 1085422463],
  [3, 847579505],
  [4, 1889779975],
  [5, 236698494],
  [6, 975490194],
  [7, 1343918321],
  [8, 1822472975],
  [9, 101886131],
  [10, 848998979],
  [42, 1134849565],
  [63, 165199404],
  [64, 1195570785],
  [100, 616682048],
  [127, 1931274395],
  [128, 132521001],
  [255, 332370855],
  [256, 1409940790],
  [1000, 3506311],
  [12345, 638799361],
  [65535, 1986290322],
  [65536, 82754377],
  [1000000, 2127295249],
  [2147483647, 1653689534],
  [-1, 1982413648],
  [-2, 1087594050],
  [-42, 189366624],
  [-128, 1319572171],
  [-2147483648, 1718298732],
  [-2089875627, 0],
  [-1035494534, 0],
])('MathUtils.murmurHash(%i) is %i', (code, hash) => {
  expect(murmurHash(code)).toBe(hash);
});

test.each([
  [0, 0],
  [1, 1364076727],
  [2, 821347078],
  [3, -2047822809],
  [42, 142593372],
  [127, -414068057],
  [1000, 1718167128],
  [65536, 245581154],
  [2147483647, -104067416],
  [-1, -2114883783],
  [-2147483648, 1832674720],
])('MathUtils.bitMix(%i) is %i', (code, hash) => {
  expect(bitMix(code)).toBe(hash);
});

describe('Java’s hashCode', () => {
  test.each([
    ['', 0],
    ['a', 97],
    ['b', 98],
    ['key', 106079],
    ['hello', 99162322],
    ['key-0', 101943362],
    ['user-1', -836031825],
    ['flink', 97520992],
    ['你好', 652829],
    ['Aa', 2112],
    ['BB', 2112],
  ])('of the string %j is %i', (text, hash) => {
    expect(javaStringHash(text)).toBe(hash);
  });

  test.each([
    [-1n, 0],
    [0n, 0],
    [1n, 1],
    [4294967296n, 1],
    [-4294967296n, -1],
    [2n ** 63n - 1n, -2147483648],
    [-(2n ** 63n), -2147483648],
  ])('of the long %i is %i, for bigint and number alike', (value, hash) => {
    expect(javaInt64Hash(value)).toBe(hash);
    if (Number.isSafeInteger(Number(value))) expect(javaSafeIntegerHash(Number(value))).toBe(hash);
  });

  test('of a long agrees between number and bigint over the range of safe integers', () => {
    for (let value = 1; value < 2 ** 52; value *= 3) {
      for (const signed of [value, -value, value + 1, -value - 1])
        expect(javaSafeIntegerHash(signed)).toBe(javaInt64Hash(BigInt(signed)));
    }
  });

  test.each([
    [0, 0],
    [-0, -2147483648],
    [1, 1072693248],
    [1.5, 1073217536],
    [-1, -1074790400],
    [Number.NaN, 2146959360],
    [Number.POSITIVE_INFINITY, 2146435072],
    [Number.NEGATIVE_INFINITY, -1048576],
    [Number.MAX_VALUE, -2146435072],
    [Number.MIN_VALUE, 1],
  ])('of the double %d is %i', (value, hash) => {
    expect(javaFloat64Hash(value)).toBe(hash);
  });

  test('of booleans', () => {
    expect(javaBooleanHash(true)).toBe(1231);
    expect(javaBooleanHash(false)).toBe(1237);
  });
});
