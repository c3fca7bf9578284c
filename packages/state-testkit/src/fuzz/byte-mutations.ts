// Damage to bytes, as a disk, a wire or an attacker does it; all of it follows from a seed.
//
//   BM1. The input is never changed; the result is another array.
//   BM2. Besides blind damage there is damage that knows what formats are made of: lengths, varints, counts, repetition,
//        and the halves of two inputs that are both valid.

import type { SeededRandom } from '../fault/seeded-random.js';

/** Numbers at which something overflows, in every width. */
const NUMBERS: readonly number[] = [
  0,
  1,
  2,
  0x7f,
  0x80,
  0xff,
  0x100,
  0x7fff,
  0x8000,
  0xffff,
  0x10000,
  0x7fffffff,
  0x80000000,
  0xffffffff,
  2 ** 32,
  2 ** 48,
  2 ** 53 - 1,
  2 ** 53,
];

/** Bytes that mean something where a number, a length or a text is expected. */
const TOKENS: readonly (readonly number[])[] = [
  [0xff, 0xff, 0xff, 0xff, 0x07],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
  [0x80, 0x00],
  [0x80, 0x80, 0x80, 0x80, 0x80],
  [0xc0, 0x80],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0x7f, 0xf8, 0, 0, 0, 0, 0, 0],
  [0x2e, 0x2e, 0x2f],
  [0x00],
  [0x22, 0x5d, 0x7d],
];

/** Damages bytes in one to four ways. @param other - Another valid input, to be mixed in. */
export function mutateBytes(bytes: Uint8Array, other: Uint8Array, random: SeededRandom): Uint8Array {
  let result = bytes;
  for (let count = 1 + (random.chance(0.5) ? 0 : random.below(4)); count > 0; count--) {
    result = mutateOnce(result, other, random);
  }
  return result;
}

function mutateOnce(bytes: Uint8Array, other: Uint8Array, random: SeededRandom): Uint8Array {
  const { length } = bytes;
  const at = random.below(length + 1);
  const inside = length === 0 ? 0 : at % length;
  switch (random.below(14)) {
    case 0:
    case 1:
      return changed(bytes, (copy) => {
        copy[inside] = (copy[inside] ?? 0) ^ (1 << random.below(8));
      });
    case 2:
      return changed(bytes, (copy) => {
        copy[inside] = random.below(256);
      });
    case 3:
      return bytes.slice(0, at);
    case 4:
      return spliced(bytes, at, random.below(16), NOTHING);
    case 5:
      return spliced(bytes, at, 0, Uint8Array.from(random.pick(TOKENS)));
    case 6:
      return spliced(bytes, at, 4, numberBytes(random.pick(NUMBERS), random.pick([1, 2, 4, 8])));
    case 7: {
      const token = random.pick(TOKENS);
      return spliced(bytes, at, token.length, Uint8Array.from(token));
    }
    case 8: {
      const width = random.pick([1, 2, 4, 8]);
      return spliced(bytes, at, width, numberBytes(random.pick(NUMBERS), width));
    }
    case 9: {
      const from = random.below(length + 1);
      return spliced(bytes, at, 0, bytes.slice(from, from + 1 + random.below(64)));
    }
    case 10:
      // The first part of one valid input and the last of another.
      return spliced(bytes, at, length, other.slice(random.chance(0.5) ? at : random.below(other.length + 1)));
    case 11: {
      const from = random.below(other.length + 1);
      const part = other.slice(from, from + 1 + random.below(64));
      return spliced(bytes, at, random.chance(0.5) ? part.length : 0, part);
    }
    case 12:
      return changed(bytes, (copy) => copy.fill(random.pick([0, 0xff]), inside, inside + random.below(64)));
    default: {
      const part = bytes.slice(at, at + 1 + random.below(8));
      const times = 1 + random.below(random.chance(0.1) ? 2000 : 20);
      const repeated = new Uint8Array(part.length * times);
      for (let time = 0; time < times; time++) repeated.set(part, time * part.length);
      return spliced(bytes, at, 0, repeated);
    }
  }
}

const NOTHING: Uint8Array = new Uint8Array(0);

function changed(bytes: Uint8Array, change: (copy: Uint8Array) => void): Uint8Array {
  const copy = bytes.slice();
  if (copy.length > 0) change(copy);
  return copy;
}

function spliced(bytes: Uint8Array, at: number, removed: number, added: Uint8Array): Uint8Array {
  const rest = bytes.subarray(Math.min(bytes.length, at + removed));
  const result = new Uint8Array(at + added.length + rest.length);
  result.set(bytes.subarray(0, at));
  result.set(added, at);
  result.set(rest, at + added.length);
  return result;
}

/** The lowest bytes of a number, big-endian. */
function numberBytes(value: number, width: number): Uint8Array {
  const bytes = new Uint8Array(width);
  let rest = value;
  for (let index = width - 1; index >= 0; index--) {
    bytes[index] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return bytes;
}
