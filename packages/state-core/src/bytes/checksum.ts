// The checksum of stored bytes: xxHash32, with a seed that says where the bytes belong. Why this one:
// docs/decisions/0011-checksum.md.
//
//   C1. Errors within one aligned group of four bytes, counted from `start`, always change the result; all others
//       with a probability of 1 - 2^-32.
//   C2. A checksum finds accidents. It keeps nobody from forging bytes.

const PRIME_1 = 0x9e3779b1 | 0;
const PRIME_2 = 0x85ebca77 | 0;
const PRIME_3 = 0xc2b2ae3d | 0;
const PRIME_4 = 0x27d4eb2f | 0;
const PRIME_5 = 0x165667b1 | 0;

// Below this, making a DataView costs more than it saves.
const DATA_VIEW_FROM_LENGTH = 256;

/**
 * The xxHash32 of `bytes` from `start` to `end`.
 *
 * @param seed - Any 32-bit number; see {@link mixSeed}.
 * @returns An unsigned 32-bit number.
 */
export function checksum32(bytes: Uint8Array, seed: number, start = 0, end: number = bytes.length): number {
  const length = end - start;
  let at = start;
  let hash: number;
  if (length >= 16) {
    const stripesEnd = start + (length & ~15);
    hash =
      length >= DATA_VIEW_FROM_LENGTH
        ? stripesByView(bytes, seed, start, stripesEnd)
        : stripesByByte(bytes, seed, start, stripesEnd);
    at = stripesEnd;
  } else {
    hash = (seed + PRIME_5) | 0;
  }
  hash = (hash + length) | 0;
  for (; at + 4 <= end; at += 4) {
    hash = (hash + Math.imul(wordAt(bytes, at), PRIME_3)) | 0;
    hash = Math.imul((hash << 17) | (hash >>> 15), PRIME_4);
  }
  for (; at < end; at++) {
    hash = (hash + Math.imul(bytes[at] as number, PRIME_5)) | 0;
    hash = Math.imul((hash << 11) | (hash >>> 21), PRIME_1);
  }
  return avalanche(hash) >>> 0;
}

/**
 * Makes one seed of two 32-bit numbers. With either fixed, different values of the other give different seeds.
 */
export function mixSeed(a: number, b: number): number {
  return avalanche((Math.imul(a, PRIME_1) + b) | 0) >>> 0;
}

function avalanche(value: number): number {
  let hash = Math.imul(value ^ (value >>> 15), PRIME_2);
  hash = Math.imul(hash ^ (hash >>> 13), PRIME_3);
  return hash ^ (hash >>> 16);
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  );
}

// The two loops below are the same but for how they read a word; shared code would cost the calls that they avoid.

function stripesByView(bytes: Uint8Array, seed: number, start: number, end: number): number {
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let a = (seed + PRIME_1 + PRIME_2) | 0;
  let b = (seed + PRIME_2) | 0;
  let c = seed | 0;
  let d = (seed - PRIME_1) | 0;
  for (let at = start; at < end; at += 16) {
    a = (a + Math.imul(data.getInt32(at, true), PRIME_2)) | 0;
    a = Math.imul((a << 13) | (a >>> 19), PRIME_1);
    b = (b + Math.imul(data.getInt32(at + 4, true), PRIME_2)) | 0;
    b = Math.imul((b << 13) | (b >>> 19), PRIME_1);
    c = (c + Math.imul(data.getInt32(at + 8, true), PRIME_2)) | 0;
    c = Math.imul((c << 13) | (c >>> 19), PRIME_1);
    d = (d + Math.imul(data.getInt32(at + 12, true), PRIME_2)) | 0;
    d = Math.imul((d << 13) | (d >>> 19), PRIME_1);
  }
  return mergeLanes(a, b, c, d);
}

function stripesByByte(bytes: Uint8Array, seed: number, start: number, end: number): number {
  let a = (seed + PRIME_1 + PRIME_2) | 0;
  let b = (seed + PRIME_2) | 0;
  let c = seed | 0;
  let d = (seed - PRIME_1) | 0;
  for (let at = start; at < end; at += 16) {
    a = (a + Math.imul(wordAt(bytes, at), PRIME_2)) | 0;
    a = Math.imul((a << 13) | (a >>> 19), PRIME_1);
    b = (b + Math.imul(wordAt(bytes, at + 4), PRIME_2)) | 0;
    b = Math.imul((b << 13) | (b >>> 19), PRIME_1);
    c = (c + Math.imul(wordAt(bytes, at + 8), PRIME_2)) | 0;
    c = Math.imul((c << 13) | (c >>> 19), PRIME_1);
    d = (d + Math.imul(wordAt(bytes, at + 12), PRIME_2)) | 0;
    d = Math.imul((d << 13) | (d >>> 19), PRIME_1);
  }
  return mergeLanes(a, b, c, d);
}

function mergeLanes(a: number, b: number, c: number, d: number): number {
  return (((a << 1) | (a >>> 31)) + ((b << 7) | (b >>> 25)) + ((c << 12) | (c >>> 20)) + ((d << 18) | (d >>> 14))) | 0;
}
