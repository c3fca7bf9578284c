import { expect, test } from 'vitest';
import { checksum32, mixSeed } from '../../src/bytes/checksum.js';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** `length` bytes without a pattern. */
function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = 1;
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
    bytes[index] = state >>> 16;
  }
  return bytes;
}

/** xxHash32 as its description reads, a step at a time. */
function referenceChecksum(bytes: Uint8Array, seed: number): number {
  const [p1, p2, p3, p4, p5] = [0x9e3779b1n, 0x85ebca77n, 0xc2b2ae3dn, 0x27d4eb2fn, 0x165667b1n];
  const cut = (value: bigint): bigint => BigInt.asUintN(32, value);
  const rotate = (value: bigint, by: bigint): bigint => cut((value << by) | (value >> (32n - by)));
  const wordAt = (at: number): bigint =>
    [3, 2, 1, 0].reduce((word, index) => (word << 8n) | BigInt(bytes[at + index] ?? 0), 0n);
  const start = BigInt(seed);
  let at = 0;
  let hash = cut(start + p5);
  if (bytes.length >= 16) {
    const lanes = [cut(start + p1 + p2), cut(start + p2), start, cut(start - p1)];
    for (; at + 16 <= bytes.length; at += 16) {
      for (const lane of lanes.keys()) {
        lanes[lane] = cut(rotate(cut((lanes[lane] as bigint) + wordAt(at + lane * 4) * p2), 13n) * p1);
      }
    }
    hash = cut([1n, 7n, 12n, 18n].reduce((sum, by, lane) => sum + rotate(lanes[lane] as bigint, by), 0n));
  }
  hash = cut(hash + BigInt(bytes.length));
  for (; at + 4 <= bytes.length; at += 4) hash = cut(rotate(cut(hash + wordAt(at) * p3), 17n) * p4);
  for (; at < bytes.length; at++) hash = cut(rotate(cut(hash + BigInt(bytes[at] as number) * p5), 11n) * p1);
  hash = cut((hash ^ (hash >> 15n)) * p2);
  hash = cut((hash ^ (hash >> 13n)) * p3);
  return Number(hash ^ (hash >> 16n));
}

test.each([
  ['', 0, 0x02cc5d05],
  ['', 0x9e3779b1, 0x36b78ae7],
  ['a', 0, 0x550d7456],
  ['abc', 0, 0x32d153ff],
  ['Nobody inspects the spammish repetition', 0, 0xe2293b2f],
])('the published value of %j with seed %i', (value, seed, expected) => {
  expect(checksum32(text(value), seed)).toBe(expected);
});

test('every length, short and long, agrees with the step by step form, also within a larger array', () => {
  const bytes = noise(400);
  for (let length = 0; length <= 300; length++) {
    const seed = Math.imul(length, 0x01000193) >>> 0;
    const expected = referenceChecksum(bytes.subarray(7, 7 + length), seed);
    expect(checksum32(bytes, seed, 7, 7 + length)).toBe(expected);
    expect(checksum32(bytes.subarray(7, 7 + length), seed)).toBe(expected);
  }
});

test('C1: every change within one aligned group of four bytes changes the checksum', () => {
  const bytes = noise(300);
  const before = checksum32(bytes, 5);
  for (let at = 0; at < 300; at++) {
    const kept = bytes[at] as number;
    for (let change = 1; change < 256; change++) {
      bytes[at] = kept ^ change;
      expect(checksum32(bytes, 5)).not.toBe(before);
    }
    bytes[at] = kept;
  }
});

test('another seed gives another checksum of the same bytes', () => {
  const bytes = noise(1_000);
  const seen = new Set(Array.from({ length: 1_000 }, (_, seed) => checksum32(bytes, seed)));
  expect(seen.size).toBe(1_000);
});

test('mixed seeds differ when either part differs', () => {
  const seeds = new Set<number>();
  for (let value = 0; value < 10_000; value++) seeds.add(mixSeed(7, value));
  expect(seeds.size).toBe(10_000);
  const others = new Set<number>();
  for (let value = 0; value < 10_000; value++) others.add(mixSeed(value, 7));
  expect(others.size).toBe(10_000);
  expect(mixSeed(1, 2)).not.toBe(mixSeed(2, 1));
});
