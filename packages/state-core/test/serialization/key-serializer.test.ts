// Keys by example: hashes, identities, canonical bytes and the refusal of types that cannot be keys.

import { describe, expect, test } from 'vitest';
import { murmur3Bytes } from '../../src/key-group/key-hash.js';
import { nullable, optional } from '../../src/serialization/absence-serializers.js';
import { bigint } from '../../src/serialization/bigint-serializer.js';
import { boolean } from '../../src/serialization/boolean-serializer.js';
import { bytes } from '../../src/serialization/bytes-serializer.js';
import { date } from '../../src/serialization/date-serializer.js';
import { float64 } from '../../src/serialization/float64-serializer.js';
import { int32, int64, safeInteger } from '../../src/serialization/integer-serializers.js';
import { json } from '../../src/serialization/json-serializer.js';
import { serializeKeyToBytes } from '../../src/serialization/key-bytes.js';
import { list } from '../../src/serialization/list-serializer.js';
import { literal } from '../../src/serialization/literal-serializer.js';
import { map } from '../../src/serialization/map-serializer.js';
import { msgpack } from '../../src/serialization/msgpack-serializer.js';
import { requireKeySerializer } from '../../src/serialization/require-key-serializer.js';
import { set } from '../../src/serialization/set-serializer.js';
import { string } from '../../src/serialization/string-serializer.js';
import { struct } from '../../src/serialization/struct.js';
import { tuple } from '../../src/serialization/tuple-serializer.js';
import type { KeyIdentity, KeySerializer, TypeSerializer } from '../../src/serialization/type-serializer.js';
import { union } from '../../src/serialization/union-serializer.js';
import { validated } from '../../src/serialization/validated.js';
import { withMigration } from '../../src/serialization/with-migration.js';

type Row = readonly [string, KeySerializer<unknown>, unknown, KeyIdentity, string];

const rows: readonly Row[] = [
  ['boolean', boolean, true, 1, '01'],
  ['int32', int32, -1, -1, '7fffffff'],
  ['int32, -0', int32, -0, 0, '80000000'],
  ['safeInteger', safeInteger, 1, 1, '8000000000000001'],
  ['safeInteger, least', safeInteger, -(2 ** 53 - 1), -(2 ** 53 - 1), '7fe0000000000001'],
  ['int64', int64, -(2n ** 63n), -(2n ** 63n), '0000000000000000'],
  ['float64', float64, 1, 1, 'bff0000000000000'],
  ['float64, negative', float64, -1, -1, '400fffffffffffff'],
  ['float64, -0', float64, -0, 0, '8000000000000000'],
  ['float64, NaN', float64, Number.NaN, 'NaN', 'fff8000000000000'],
  ['string', string, 'a\0é', 'a\0é', '6100ffc3a90001'],
  ['bytes', bytes, new Uint8Array([0, 1]), '\0\x01', '00ff010001'],
  ['date', date, new Date(0), 0, '8000000000000000'],
  ['bigint, 0', bigint, 0n, 0n, '80'],
  ['bigint', bigint, 256n, 256n, '820100'],
  ['bigint, negative', bigint, -256n, -256n, '7dfeff'],
  ['bigint, long', bigint, 2n ** 952n, 2n ** 952n, `f87801${'00'.repeat(119)}`],
  ['literal', literal('a', 'b'), 'b', 1, '0001'],
  ['nullable', nullable(int32), 1, '\x01\x80\0\0\x01', '0180000001'],
  ['nullable, null', nullable(int32), null, '\0', '00'],
  ['tuple', tuple(string, boolean), ['a', true], 'a\0\x01\x01', '61000101'],
  ['struct', struct({ a: boolean, b: optional(boolean) }), { a: true }, '\x01\0', '0100'],
  ['union', union('k', { x: struct({}), y: struct({ n: boolean }) }), { k: 'y', n: true }, '\0\x01\x01', '000101'],
];

test.each(rows)('%s: identity and canonical bytes', (_name, serializer, key, identity, expected) => {
  expect(Object.is((serializer as KeySerializer<unknown>).identity(key), identity)).toBe(true);
  expect(Buffer.from(serializeKeyToBytes(serializer as KeySerializer<unknown>, key)).toString('hex')).toBe(expected);
});

describe('hashes', () => {
  test.each([
    ['boolean', boolean, true, 1231],
    ['int32', int32, -7, -7],
    ['safeInteger', safeInteger, 2 ** 32, 1],
    ['safeInteger, negative', safeInteger, -1, 0],
    ['int64', int64, 2n ** 63n - 1n, -(2 ** 31)],
    ['float64', float64, 1.5, 1073217536],
    ['float64, -0 as 0', float64, -0, 0],
    ['string', string, 'hello', 99162322],
  ] as readonly (readonly [string, KeySerializer<unknown>, unknown, number])[])(
    '%s has Java’s',
    (_name, serializer, key, hash) => {
      expect((serializer as KeySerializer<unknown>).hash(key)).toBe(hash);
    },
  );

  test.each([
    ['bytes', bytes, new Uint8Array([1, 2])],
    ['date', date, new Date(5)],
    ['bigint', bigint, 5n],
    ['literal', literal('a'), 'a'],
    ['nullable', nullable(string), 'a'],
    ['tuple', tuple(string), ['a']],
    ['struct', struct({ a: string }), { a: 'a' }],
  ] as readonly (readonly [string, KeySerializer<unknown>, unknown])[])(
    '%s has murmur of the canonical bytes',
    (_name, serializer, key) => {
      const type = serializer as KeySerializer<unknown>;
      expect(type.hash(key)).toBe(murmur3Bytes(serializeKeyToBytes(type, key)));
    },
  );

  test('murmur3Bytes has the published values of MurmurHash3_x86_32, seed 0', () => {
    const hash = (text: string): number => murmur3Bytes(new TextEncoder().encode(text)) >>> 0;
    expect(hash('')).toBe(0);
    expect(hash('a')).toBe(0x3c2569b2);
    expect(hash('abc')).toBe(0xb3dd93fa);
    expect(hash('hello')).toBe(0x248bfa47);
    expect(hash('hello, world')).toBe(0x149bbb7f);
    expect(hash('The quick brown fox jumps over the lazy dog')).toBe(0x2e4ff723);
  });
});

test('a key of another type is refused by identity and hash, not placed somewhere', () => {
  const wrong: readonly (readonly [KeySerializer<unknown>, unknown])[] = [
    [boolean, 1],
    [int32, '1'],
    [safeInteger, 1n],
    [int64, 1],
    [float64, '1'],
    [string, 1],
    [bytes, 'a'],
    [date, 0],
    [bigint, 1],
    [literal('a'), 'b'],
    [nullable(int32), undefined],
    [tuple(int32), [1, 2]],
    [struct({ a: int32 }), 1],
    [struct({ a: int32 }), { a: 'x' }],
    [union('k', { a: struct({}) }), { k: 'b' }],
  ];
  for (const [serializer, key] of wrong) {
    const type = serializer as KeySerializer<unknown>;
    expect(() => type.identity(key), type.typeName).toThrow(
      expect.objectContaining({ code: 'value-not-serializable' }),
    );
    expect(() => type.hash(key), type.typeName).toThrow(expect.objectContaining({ code: 'value-not-serializable' }));
  }
});

test('strings are ordered by code points, not by UTF-16 units', () => {
  const sorted = [
    '',
    '\0',
    '\0a',
    'a',
    'a\0',
    'a\x01',
    'ab',
    'é',
    '\ud7ff',
    '\ud800',
    '\ud800a',
    '\ud801',
    '\udfff',
    '\ue000',
    '\uffff',
    '\ud800\udc00',
    '\ud801\udc00',
    '😀',
  ];
  const shuffled = [...sorted].reverse();
  expect(shuffled.sort((a, b) => string.compare(a, b))).toStrictEqual(sorted);
});

test.each([
  [-(2 ** 31), 0],
  [0, 0x80000000],
  [2 ** 31 - 1, 0xffffffff],
  [-1, 0x7fffffff],
  [42, 0x8000002a],
  [-42, 0x7fffffd6],
])('MathUtil.testFlipSignBit: %i', (value, flipped) => {
  const [a, b, c, d] = serializeKeyToBytes(int32, value);
  expect([a, b, c, d]).toStrictEqual([flipped >>> 24, (flipped >>> 16) & 255, (flipped >>> 8) & 255, flipped & 255]);
});

describe('requireKeySerializer', () => {
  test.each([
    ['list', list(int32)],
    ['set', set(int32)],
    ['map', map(string, int32)],
    ['json', json],
    ['msgpack', msgpack],
    ['a struct that holds a list', struct({ a: int32, tags: list(string) })],
    ['a tuple that holds json', tuple(int32, json)],
    ['a nullable map', nullable(map(string, int32))],
    ['a union with such a struct', union('k', { a: struct({ tags: list(string) }) })],
    ['a type that migrates', withMigration(int32, () => 0)],
  ] as readonly (readonly [string, TypeSerializer<unknown>])[])('refuses %s', (_name, serializer) => {
    expect(() => requireKeySerializer(serializer, 'the key of keyBy("orders")')).toThrow(
      expect.objectContaining({
        code: 'key-type-unsupported',
        kind: 'configure',
        message: expect.stringContaining('the key of keyBy("orders") cannot be of type'),
      }),
    );
  });

  test('passes keys', () => {
    expect(requireKeySerializer(string, 'a key')).toBe(string);
    const schema = { '~standard': { version: 1 as const, vendor: 'test', validate: () => ({}) } };
    expect(requireKeySerializer(validated(string, schema), 'a key').identity('a')).toBe('a');
  });

  test('set and map refuse at run time what the types refuse', () => {
    expect(() => set(json as never)).toThrow(expect.objectContaining({ code: 'key-type-unsupported' }));
    expect(() => map(list(int32) as never, int32)).toThrow(expect.objectContaining({ code: 'key-type-unsupported' }));
  });
});

test('an optional serializer is a field of a struct and nothing else', () => {
  const missing = optional(int32) as never;
  for (const make of [
    list,
    set,
    nullable,
    optional,
    tuple,
    (part: never) => map(part, int32),
    (part: never) => map(string, part),
  ]) {
    expect(() => (make as (part: never) => unknown)(missing)).toThrow('optional(...) is for fields of structs');
  }
});

test('unions and literals refuse wrong alternatives', () => {
  expect(() => literal(...([] as never as ['a']))).toThrow(RangeError);
  expect(() => literal('a', 'a')).toThrow(RangeError);
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, -0, null, undefined, 1n])
    expect(() => literal(value as never)).toThrow(RangeError);
  expect(() => union('k', {})).toThrow(RangeError);
  expect(() => union('k', { a: int32 as never })).toThrow('is not a struct');
  expect(() => union('k', { a: struct({ k: string }) })).toThrow('has a field k');
});
