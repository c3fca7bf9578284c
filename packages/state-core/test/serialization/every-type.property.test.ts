// S1, S2 and S4 of type-serializer.ts for every built-in type, over generated values and over damaged bytes.

import { testRuns } from '@tidemark/config/test-runs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteReader } from '../../src/bytes/byte-reader.js';
import { ByteWriter } from '../../src/bytes/byte-writer.js';
import { isStateError } from '../../src/error/state-error.js';
import {
  compareBytes,
  deserializeFromBytes,
  deserializeKeyFromBytes,
  serializeKeyToBytes,
  serializeToBytes,
} from '../../src/serialization/key-bytes.js';
import type { KeySerializer, TypeSerializer } from '../../src/serialization/type-serializer.js';
import { EVERY_TYPE, KEY_ROWS } from './every-type.js';

describe.each(EVERY_TYPE)('$name', ({ serializer, arbitrary, examples }) => {
  test('a value comes back from its bytes and from a copy', () => {
    fc.assert(
      fc.property(arbitrary, (value) => {
        expect(deserializeFromBytes(serializer, serializeToBytes(serializer, value))).toStrictEqual(value);
        expect(serializer.copy(value)).toStrictEqual(value);
      }),
    );
  });

  test('values follow one another without a separator', () => {
    fc.assert(
      fc.property(fc.array(arbitrary, { maxLength: 5 }), (values) => {
        const output = new ByteWriter(16);
        for (const value of values) serializer.serialize(value, output);
        const input = new ByteReader(output.toBytes());
        for (const value of values) expect(serializer.deserialize(input)).toStrictEqual(value);
        input.expectEnd();
      }),
      { numRuns: testRuns(30) },
    );
  });

  test('damaged bytes give a StateError or a value of the type', () => {
    const seeds = examples.map((value) => serializeToBytes(serializer, value));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.constantFrom(...seeds),
          arbitrary.map((value) => serializeToBytes(serializer, value)),
        ),
        damage,
        (written, steps) => {
          readHostile(serializer, damaged(written, steps));
        },
      ),
      { numRuns: testRuns(500) },
    );
  });

  test('random bytes give a StateError or a value of the type', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (noise) => readHostile(serializer, new Uint8Array(noise))),
      { numRuns: testRuns(200) },
    );
  });
});

describe.each(KEY_ROWS)('$name as a key', ({ serializer, arbitrary, examples }) => {
  const keys = fc.oneof(fc.constantFrom(...examples), arbitrary);

  test('a key comes back from its canonical bytes', () => {
    fc.assert(
      fc.property(keys, (key) => {
        const written = serializeKeyToBytes(serializer, key);
        const back = deserializeKeyFromBytes(serializer, written);
        expect(serializer.identity(back)).toBe(serializer.identity(key));
        expect(serializeKeyToBytes(serializer, back)).toStrictEqual(written);
        expect(serializer.hash(back)).toBe(serializer.hash(key));
        expect(serializer.compare(back, key) === 0).toBe(true);
        expect(serializer.hash(key)).toBe(serializer.hash(key) | 0);
      }),
    );
  });

  test('identity, bytes and order agree (S4)', () => {
    fc.assert(
      fc.property(keys, keys, (a, b) => agree(serializer, a, b)),
      { numRuns: testRuns(300) },
    );
    for (const a of examples) for (const b of examples) agree(serializer, a, b);
  });

  test('keys follow one another and keep their order', () => {
    const next = fc.oneof(keys, fc.constant(undefined));
    fc.assert(
      fc.property(keys, keys, next, next, (a, b, afterA, afterB) => {
        const first = serializer.compare(a, b);
        if (first === 0) return;
        const order = compareBytes(sequence(serializer, a, afterA), sequence(serializer, b, afterB));
        expect(Math.sign(order)).toBe(Math.sign(first));
      }),
    );
  });

  test('damaged canonical bytes give a StateError or the one form of a key', () => {
    fc.assert(
      fc.property(keys, damage, (key, steps) => {
        const hostile = damaged(serializeKeyToBytes(serializer, key), steps);
        const input = new ByteReader(hostile);
        let back: unknown;
        try {
          back = serializer.deserializeKey(input);
        } catch (error) {
          expect(isStateError(error) && error.kind).toBe('corrupt');
          return;
        }
        expect(serializeKeyToBytes(serializer, back)).toStrictEqual(hostile.slice(0, input.position));
      }),
      { numRuns: testRuns(300) },
    );
  });
});

function agree(serializer: KeySerializer<unknown>, a: unknown, b: unknown): void {
  const order = compareBytes(serializeKeyToBytes(serializer, a), serializeKeyToBytes(serializer, b));
  expect(serializer.identity(a) === serializer.identity(b)).toBe(order === 0);
  expect(Math.sign(serializer.compare(a, b)) === Math.sign(order)).toBe(true);
  if (order === 0) expect(serializer.hash(a)).toBe(serializer.hash(b));
}

function sequence(serializer: KeySerializer<unknown>, key: unknown, next: unknown): Uint8Array {
  const output = new ByteWriter();
  serializer.serializeKey(key, output);
  if (next !== undefined) serializer.serializeKey(next, output);
  return output.toBytes();
}

/** Steps that damage bytes: a flipped bit, another byte, bytes put in or taken out, a cut. */
type Damage = readonly (readonly [kind: number, at: number, byte: number])[];

const damage: fc.Arbitrary<Damage> = fc.array(
  fc.tuple(fc.nat(4), fc.nat(1000), fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.nat(255))),
  { minLength: 1, maxLength: 4 },
);

function damaged(written: Uint8Array, steps: Damage): Uint8Array {
  const parts = [...written];
  for (const [kind, position, byte] of steps) {
    const at = parts.length === 0 ? 0 : position % parts.length;
    if (kind === 0 && parts.length > 0) parts[at] = (parts[at] as number) ^ (1 << (byte & 7));
    else if (kind === 1 && parts.length > 0) parts[at] = byte;
    else if (kind === 2) parts.splice(at, 0, byte);
    else if (kind === 3) parts.splice(at, 1 + (byte & 3));
    else parts.length = Math.min(parts.length, at);
  }
  return new Uint8Array(parts);
}

function readHostile(serializer: TypeSerializer<unknown>, hostile: Uint8Array): void {
  const input = new ByteReader(hostile);
  let value: unknown;
  try {
    value = serializer.deserialize(input);
  } catch (error) {
    expect(isStateError(error) ? error.kind : error).toBe('corrupt');
    return;
  }
  // What is accepted is a value: it can be written, and comes back.
  expect(deserializeFromBytes(serializer, serializeToBytes(serializer, value))).toStrictEqual(value);
}
