// J1 to J4 of plain-value.ts and json-serializer.ts, M1 of msgpack-format.ts: what the two schemaless types refuse, and
// the bytes of MessagePack that other programs read.

import { describe, expect, test } from 'vitest';
import { json } from '../../src/serialization/json-serializer.js';
import { deserializeFromBytes, serializeToBytes } from '../../src/serialization/key-bytes.js';
import { msgpack } from '../../src/serialization/msgpack-serializer.js';
import { NESTING_MAX } from '../../src/serialization/plain-value.js';
import type { TypeSerializer } from '../../src/serialization/type-serializer.js';

const both: readonly (readonly [string, TypeSerializer<unknown>])[] = [
  ['json', json],
  ['msgpack', msgpack],
];

describe.each(both)('%s', (_name, serializer) => {
  test.each([
    ['$', undefined, 'undefined'],
    ['$.a[1]', { a: [1, undefined] }, 'undefined'],
    ['$[1]', new Array(2).fill(1, 0, 1), 'undefined'],
    ['$.a', { a: undefined }, 'undefined'],
    ['$["a b"].c', { 'a b': { c: () => 1 } }, 'a function'],
    ['$.a', { a: Symbol('x') }, 'a symbol'],
    ['$.a', { a: /x/ }, 'an instance of RegExp'],
    ['$.a', { a: new (class Order {})() }, 'an instance of Order'],
    ['$.a', { a: Object.create({ inherited: 1 }) }, 'an instance of'],
    ['$', { [Symbol('x')]: 1 }, 'a property named by a symbol'],
    ['$.a', { a: new Date(Number.NaN) }, 'an invalid Date'],
  ])('refuses at %s', (path, value, found) => {
    for (const action of [() => serializeToBytes(serializer, value), () => serializer.copy(value)]) {
      expect(action).toThrow(
        expect.objectContaining({
          code: 'value-not-serializable',
          details: expect.objectContaining({ path, found: expect.stringContaining(found) }),
        }),
      );
    }
  });

  test('a value inside itself is refused, a value used twice is not', () => {
    const cycle: { self?: unknown } = {};
    cycle.self = [cycle];
    expect(() => serializeToBytes(serializer, cycle)).toThrow('the value at $.self[0] is a value inside itself');
    const twice = { n: 1 };
    expect(serializer.copy([twice, twice])).toStrictEqual([twice, twice]);
  });

  test('nesting is bounded both ways (J2)', () => {
    const nested = (levels: number): unknown => {
      let value: unknown = 1;
      for (let level = 0; level < levels; level++) value = [value];
      return value;
    };
    const deepest = nested(NESTING_MAX);
    expect(deserializeFromBytes(serializer, serializeToBytes(serializer, deepest))).toStrictEqual(deepest);
    expect(() => serializeToBytes(serializer, nested(NESTING_MAX + 1))).toThrow(
      expect.objectContaining({ code: 'value-not-serializable' }),
    );
    expect(() => serializer.copy(nested(100_000))).toThrow(expect.objectContaining({ code: 'value-not-serializable' }));
  });

  test('properties of any name are data (J3)', () => {
    const value = JSON.parse('{ "__proto__": { "polluted": 1 }, "constructor": 2, "toString": 3 }');
    for (const back of [
      serializer.copy(value),
      deserializeFromBytes(serializer, serializeToBytes(serializer, value)),
    ]) {
      expect(Object.keys(back as object)).toStrictEqual(['__proto__', 'constructor', 'toString']);
      expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
    }
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  test('of() names the type that the program knows', () => {
    expect((serializer as unknown as typeof json).of<{ a: number }>().copy({ a: 1 })).toStrictEqual({ a: 1 });
  });
});

describe('json', () => {
  test.each([
    [[Number.NaN], '$[0]'],
    [Number.POSITIVE_INFINITY, '$'],
    [{ a: 1n }, '$.a'],
    [{ a: new Map() }, '$.a'],
    [{ a: new Date(0) }, '$.a'],
    [{ a: { toJSON: 1 } }, '$.a'],
    [{ toJSON: () => 1 }, '$'],
    [new Uint8Array(), '$'],
    [Object('boxed'), '$'],
  ])('refuses row %#', (value, path) => {
    expect(() => serializeToBytes(json, value as never)).toThrow(
      expect.objectContaining({ code: 'value-not-serializable', details: expect.objectContaining({ path }) }),
    );
  });

  test('an inherited toJSON is not called', () => {
    const prototype = Array.prototype as { toJSON?: () => unknown };
    Object.defineProperty(prototype, 'toJSON', { value: () => 'changed', configurable: true });
    try {
      expect(deserializeFromBytes(json, serializeToBytes(json, [1]))).toStrictEqual([1]);
    } finally {
      delete prototype.toJSON;
    }
  });

  test.each([['1e400'], ['[-1E+999]'], [`[${'9'.repeat(400)}]`]])(
    'text with a number beyond float64 is corrupt: %s',
    (text) => {
      expect(() => readText(text)).toThrow(expect.objectContaining({ code: 'bytes-invalid' }));
    },
  );

  test.each([
    ['{'],
    [''],
    ['undefined'],
    ['NaN'],
    ["{'a':1}"],
    ['[1,]'],
    ['1 2'],
    [`${'['.repeat(100_000)}${']'.repeat(100_000)}`],
  ])('text that is not JSON is corrupt: %.20s', (text) => {
    expect(() => readText(text)).toThrow(expect.objectContaining({ code: 'bytes-invalid' }));
  });

  test('brackets in strings are not nesting', () => {
    const value = ['['.repeat(1000), '\\"[{', { '[': ']'.repeat(1000) }];
    expect(deserializeFromBytes(json, serializeToBytes(json, value))).toStrictEqual(value);
  });

  function readText(text: string): unknown {
    const encoded = new TextEncoder().encode(text);
    const length = [encoded.length & 0x7f];
    const prefix =
      encoded.length < 128
        ? length
        : [
            (encoded.length & 0x7f) | 0x80,
            ...(encoded.length < 16384
              ? [encoded.length >> 7]
              : [((encoded.length >> 7) & 0x7f) | 0x80, encoded.length >> 14]),
          ];
    return deserializeFromBytes(json, new Uint8Array([...prefix, ...encoded]));
  }
});

describe('msgpack', () => {
  test.each([
    [null, 'c0'],
    [false, 'c2'],
    [true, 'c3'],
    [0, '00'],
    [127, '7f'],
    [128, 'cc80'],
    [256, 'cd0100'],
    [65536, 'ce00010000'],
    [-1, 'ff'],
    [-32, 'e0'],
    [-33, 'd0df'],
    [-129, 'd1ff7f'],
    [-32769, 'd2ffff7fff'],
    [2 ** 32, 'cb41f0000000000000'],
    [-0, 'cb8000000000000000'],
    [1.5, 'cb3ff8000000000000'],
    [1n, 'd30000000000000001'],
    [2n ** 63n, 'cf8000000000000000'],
    ['a', 'a161'],
    ['x'.repeat(32), `d920${'78'.repeat(32)}`],
    [new Uint8Array([1]), 'c40101'],
    [[1, [2]], '92019102'],
    [{ a: 1 }, '81a16101'],
    [new Date(1000), 'd6ff00000001'],
    [new Date(1), 'd7ff003d090000000000'],
    [new Date(-1), 'c70cff3b8b87c0ffffffffffffffff'],
    [new Map([[1, 2]]), 'c90000000301920102'],
    [new Set([1]), 'c900000002029101'],
  ] as readonly (readonly [unknown, string])[])('%# has the bytes of the specification', (value, expected) => {
    const written = serializeToBytes(msgpack, value as never);
    expect(hex(written)).toBe(expected);
    expect(deserializeFromBytes(msgpack, written)).toStrictEqual(value);
  });

  test.each([
    ['a longer uint', 'cc7f'],
    ['a longer uint 16', 'cd00ff'],
    ['a longer uint 32', 'ce0000ffff'],
    ['a positive int 8', 'd001'],
    ['a longer int 16', 'd1ff80'],
    ['a longer int 32', 'd2ffff8000'],
    ['a small uint 64', 'cf0000000000000001'],
    ['float 32', 'ca3fc00000'],
    ['a whole float', 'cb3ff0000000000000'],
    ['another NaN', 'cb7ff8000000000001'],
    ['a longer text', 'd90161'],
    ['a longer array', 'dc000101'],
    ['an array 32 of a few', 'dd0000001000'],
    ['a longer object', 'de0001a16101'],
    ['the unused byte', 'c1'],
    ['another extension', 'd40100'],
    ['a repeated property', '82a16101a16102'],
    ['a property that is no text', '810101'],
    ['text that is no UTF-8', 'a1ff'],
    ['a lone surrogate', 'a3eda080'],
    ['a count without elements', 'dd7fffffff'],
    ['an object without properties', 'df7fffffff'],
    ['a repeated key of a Map', 'c900000005019401020103'],
    ['an odd Map', 'c900000002019101'],
    ['a repeated element of a Set', 'c90000000302920101'],
    ['-0 in a Set', 'c90000000a0291cb8000000000000000'],
    ['an extension of another length', 'c900000003029101'],
    ['an extension without an array', 'c9000000010201'],
    ['an extension of another type', 'c900000002039101'],
    ['nanoseconds below a millisecond', 'd7ff0000000400000000'],
    ['a longer timestamp', 'd7ff0000000000000001'],
    ['a longest timestamp', 'c70cff000000000000000000000001'],
    ['a time that is no Date', 'c70cff0000000000010000000000000'],
    ['nesting', '91'.repeat(100_000)],
    ['nesting in extensions', 'c9000000ff0291'.repeat(400)],
  ])('%s is corrupt (M1)', (_title, text) => {
    expect(() => deserializeFromBytes(msgpack, unhex(text))).toThrow(expect.objectContaining({ kind: 'corrupt' }));
  });

  test('a Buffer comes back as bytes of its own', () => {
    const buffer = Buffer.from([1, 2]);
    const copied = msgpack.copy(buffer) as Uint8Array;
    buffer[0] = 9;
    expect(copied).toStrictEqual(new Uint8Array([1, 2]));
  });
});

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function unhex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'));
}
