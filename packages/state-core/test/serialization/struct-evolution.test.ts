// V1 to V6 of struct-evolution.ts: what a struct makes of bytes that an older struct wrote. The old struct is rebuilt
// from its stored schema, as JSON holds it.

import { describe, expect, test } from 'vitest';
import { nullable, optional } from '../../src/serialization/absence-serializers.js';
import { bigint } from '../../src/serialization/bigint-serializer.js';
import { OpaqueValue } from '../../src/serialization/custom-serializer.js';
import { float64 } from '../../src/serialization/float64-serializer.js';
import { int32, int64, safeInteger } from '../../src/serialization/integer-serializers.js';
import { list } from '../../src/serialization/list-serializer.js';
import { literal } from '../../src/serialization/literal-serializer.js';
import { map } from '../../src/serialization/map-serializer.js';
import { set } from '../../src/serialization/set-serializer.js';
import { string } from '../../src/serialization/string-serializer.js';
import { struct } from '../../src/serialization/struct.js';
import { tuple } from '../../src/serialization/tuple-serializer.js';
import type { TypeSerializer } from '../../src/serialization/type-serializer.js';
import { union } from '../../src/serialization/union-serializer.js';
import { withMigration } from '../../src/serialization/with-migration.js';
import { Money, money } from './every-type.js';
import { evolve, outcome, reason } from './evolve.js';

const Old = struct({ n: int32, sum: int32, name: string });
const oldValue = { n: 1, sum: 2, name: 'x' };

describe('by name', () => {
  test('PojoSerializerSnapshotTest.testResolveSchemaCompatibilityWithSameFields: as is', () => {
    expect(outcome(struct({ n: int32, sum: int32, name: string }), Old)).toBe('compatible-as-is');
  });

  test('PojoSerializerSnapshotTest.testResolveSchemaCompatibilityWithNewFields: a field with a default', () => {
    const now = struct({ n: int32, sum: int32, name: string, tags: list(string) }, { defaults: { tags: ['new'] } });
    const first = evolve(now, Old, oldValue) as { tags: string[] };
    expect(first).toStrictEqual({ ...oldValue, tags: ['new'] });
    first.tags.push('changed');
    expect(evolve(now, Old, oldValue)).toStrictEqual({ ...oldValue, tags: ['new'] });
  });

  test('an optional field is absent from what was written before it (V1)', () => {
    expect(evolve(struct({ n: int32, sum: int32, name: string, note: optional(string) }), Old, oldValue)).toStrictEqual(
      oldValue,
    );
  });

  test('a field added without a default is incompatible, and the reason says what helps', () => {
    expect(reason(struct({ n: int32, sum: int32, name: string, extra: list(int32) }), Old)).toBe(
      '$.extra: the field was added, give it a default (struct(fields, { defaults })) or make it optional(...); was not there, is list(int32)',
    );
  });

  test('PojoSerializerSnapshotTest.testResolveSchemaCompatibilityWithRemovedFields: bytes are skipped (V2)', () => {
    expect(evolve(struct({ sum: int32 }), Old, oldValue)).toStrictEqual({ sum: 2 });
    expect(evolve(struct({}), Old, oldValue)).toStrictEqual({});
  });

  test('a removed field of a type of one’s own is skipped, known or not', () => {
    const before = struct({ price: money, n: int32 });
    expect(evolve(struct({ n: int32 }), before, { price: new Money(1, 'EUR'), n: 7 })).toStrictEqual({ n: 7 });
  });

  test('a removed field whose type cannot be read at all is incompatible', () => {
    const foreign = { ...int32, snapshot: () => ({ type: 'foreign', version: 1 }) } as TypeSerializer<number>;
    expect(
      reason(struct({ n: int32 }), {
        type: 'struct',
        version: 1,
        parameters: {
          fields: [
            { name: 'n', type: { type: 'int32', version: 1 } },
            { name: 'x', type: { type: 'foreign', version: 1 } },
          ],
        },
      }),
    ).toContain('$.x: the field was removed but its bytes cannot be skipped');
    expect(foreign.snapshot().type).toBe('foreign');
  });

  test('reordered (V3)', () => {
    expect(evolve(struct({ name: string, n: int32, sum: int32 }), Old, oldValue)).toStrictEqual({
      name: 'x',
      n: 1,
      sum: 2,
    });
    expect(Object.keys(evolve(struct({ name: string, n: int32, sum: int32 }), Old, oldValue) as object)).toStrictEqual([
      'name',
      'n',
      'sum',
    ]);
  });

  test('added, removed, reordered and widened at once, nested in every composite', () => {
    const before = struct({ a: int32, gone: list(string), b: string });
    const now = struct({ b: string, c: nullable(int32), a: float64 }, { defaults: { c: null } });
    const value = { a: 4, gone: ['x'], b: 'y' };
    const read = { b: 'y', c: null, a: 4 };
    expect(evolve(list(now), list(before), [value])).toStrictEqual([read]);
    expect(evolve(map(string, now), map(string, before), new Map([['k', value]]))).toStrictEqual(
      new Map([['k', read]]),
    );
    expect(evolve(tuple(int32, now), tuple(int32, before), [1, value])).toStrictEqual([1, read]);
    expect(evolve(nullable(now), nullable(before), value)).toStrictEqual(read);
    expect(evolve(nullable(now), nullable(before), null)).toBe(null);
    expect(evolve(struct({ in: now }), struct({ in: before }), { in: value })).toStrictEqual({ in: read });
    expect(evolve(struct({ in: optional(now) }), struct({ in: optional(before) }), { in: value })).toStrictEqual({
      in: read,
    });
    expect(evolve(struct({ in: optional(now) }), struct({ in: optional(before) }), {})).toStrictEqual({});
    expect(evolve(union('kind', { k: now }), union('kind', { k: before }), { kind: 'k', ...value })).toStrictEqual({
      kind: 'k',
      ...read,
    });
    const key = struct({ a: int32 });
    expect(evolve(set(struct({ a: float64 })), set(key), new Set([{ a: 1 }]))).toStrictEqual(new Set([{ a: 1 }]));
  });

  test('optional and required', () => {
    const before = struct({ n: optional(int32) });
    expect(evolve(struct({ n: optional(int32) }), struct({ n: int32 }), { n: 1 })).toStrictEqual({ n: 1 });
    expect(evolve(struct({ n: int32 }, { defaults: { n: 9 } }), before, {})).toStrictEqual({ n: 9 });
    expect(evolve(struct({ n: int32 }, { defaults: { n: 9 } }), before, { n: 1 })).toStrictEqual({ n: 1 });
    expect(reason(struct({ n: int32 }), before)).toContain('$.n: the field was optional, give it a default');
    // A default of a field that is optional still stands for a missing field, not for an absent value.
    const both = struct({ n: optional(float64), m: optional(int32) }, { defaults: { n: 5, m: 6 } });
    expect(evolve(both, before, {})).toStrictEqual({ m: 6 });
  });

  test('a struct that had no fields gets some, and loses all', () => {
    expect(evolve(struct({ n: int32 }, { defaults: { n: 3 } }), struct({}), {})).toStrictEqual({ n: 3 });
    const before = union('kind', { a: struct({}), b: struct({ x: int32 }) });
    const now = union('kind', { a: struct({ y: optional(int32) }), b: struct({}) });
    expect(evolve(now, before, { kind: 'a' })).toStrictEqual({ kind: 'a' });
    expect(evolve(now, before, { kind: 'b', x: 1 })).toStrictEqual({ kind: 'b' });
  });

  test('every reason is given, each with its path and both types', () => {
    const before = struct({ pos: struct({ x: string, y: int32 }), tags: list(string) });
    const now = struct({ pos: struct({ x: int32, y: string }), tags: list(int32), z: int32 });
    expect(reason(now, before).split('\n')).toStrictEqual([
      '$.pos.x: was string, is int32',
      '$.pos.y: was int32, is string',
      '$.tags[]: was string, is int32',
      '$.z: the field was added, give it a default (struct(fields, { defaults })) or make it optional(...); was not there, is int32',
    ]);
    expect(reason(struct({ a: int32 }), string)).toBe('$: was string, is struct({ a: int32 })');
  });
});

describe('widening', () => {
  test.each([
    ['int32 to safeInteger', safeInteger, int32, 5, 5],
    ['int32 to float64', float64, int32, -5, -5],
    ['int32 to int64', int64, int32, -5, -5n],
    ['int32 to bigint', bigint, int32, -5, -5n],
    ['safeInteger to float64', float64, safeInteger, 2 ** 53 - 1, 2 ** 53 - 1],
    ['safeInteger to int64', int64, safeInteger, -(2 ** 53 - 1), -(2n ** 53n - 1n)],
    ['safeInteger to bigint', bigint, safeInteger, 2 ** 40, 2n ** 40n],
    ['int64 to bigint', bigint, int64, -(2n ** 63n), -(2n ** 63n)],
    ['t to nullable(t)', nullable(string), string, 'a', 'a'],
    ['t to nullable(wider t)', nullable(float64), int32, 4, 4],
    ['alternatives in another order', literal('b', 'c', 'a'), literal('a', 'b'), 'a', 'a'],
  ] as readonly (readonly [string, TypeSerializer<unknown>, TypeSerializer<unknown>, unknown, unknown])[])(
    '%s',
    (_title, now, before, value, read) => {
      expect(outcome(now, before)).toBe('compatible-after-migration');
      expect(evolve(now, before, value)).toBe(read);
    },
  );

  test.each([
    ['narrowing', int32, float64],
    ['float64 to safeInteger', safeInteger, float64],
    ['bigint to int64', int64, bigint],
    ['nullable(t) to t', string, nullable(string)],
    ['another type', string, int32],
    ['list to set', set(string), list(string)],
    ['a tuple of another length', tuple(int32), tuple(int32, int32)],
    ['a removed alternative', literal('a'), literal('a', 'b')],
    ['a union without an old alternative', union('k', { a: struct({}) }), union('k', { a: struct({}), b: struct({}) })],
    ['a struct to a tuple', tuple(int32), struct({ a: int32 })],
    ['a type of one’s own to another', string, money],
  ] as readonly (readonly [string, TypeSerializer<unknown>, TypeSerializer<unknown>])[])(
    '%s is incompatible',
    (_title, now, before) => {
      expect(reason(now, before)).toContain(`was ${before.typeName}, is ${now.typeName}`);
    },
  );

  test('alternatives added at the end change nothing for literals and unions, keys included', () => {
    expect(outcome(literal('a', 'b', 'c'), literal('a', 'b'))).toBe('compatible-as-is');
    expect(outcome(union('k', { a: struct({}), b: struct({}) }), union('k', { a: struct({}) }))).toBe(
      'compatible-as-is',
    );
    expect(outcome(struct({ status: literal('a', 'b', 'c') }), struct({ status: literal('a', 'b') }))).toBe(
      'compatible-as-is',
    );
    expect(
      evolve(
        union('k', { b: struct({}), a: struct({ n: int32 }) }),
        union('k', { a: struct({ n: int32 }), b: struct({}) }),
        { k: 'a', n: 1 },
      ),
    ).toStrictEqual({ k: 'a', n: 1 });
  });
});

test('the name of a tag is not in the bytes of a union', () => {
  const before = union('kind', { a: struct({ n: int32 }) });
  const now = union('type', { a: struct({ n: int32 }) });
  expect(outcome(now, before)).toBe('compatible-as-is');
  expect(evolve(now, before, { kind: 'a', n: 1 })).toStrictEqual({ type: 'a', n: 1 });
});

describe('migrate', () => {
  const cents = struct({ total: int32 });
  const euros = struct(
    { total: float64 },
    { version: 2, migrate: { 1: (old) => ({ total: (old as { total: number }).total / 100 }) } },
  );

  test('a version with an entry is migrated even where the names fit (V6)', () => {
    expect(evolve(euros, cents, { total: 150 })).toStrictEqual({ total: 1.5 });
    expect(evolve(list(euros), list(cents), [{ total: 150 }])).toStrictEqual([{ total: 1.5 }]);
  });

  test('the stored value has the shape of the stored schema', () => {
    let seen: unknown;
    const now = struct(
      { n: int32 },
      {
        version: 3,
        migrate: {
          2: (old) => {
            seen = old;
            return { n: 0 };
          },
        },
      },
    );
    const before = struct({ price: money, tags: list(string), note: optional(string) }, { version: 2 });
    evolve(now, before, { price: new Money(5, 'EUR'), tags: ['a'] });
    expect(seen).toStrictEqual({ price: new OpaqueValue('money', 1, expect.any(Uint8Array) as never), tags: ['a'] });
  });

  test('a serializer of one’s own that the struct still has reads its part', () => {
    let seen: unknown;
    const now = struct(
      { price: money },
      {
        version: 2,
        migrate: {
          1: (old) => {
            seen = old;
            return { price: (old as { price: Money }).price };
          },
        },
      },
    );
    evolve(now, struct({ price: money, n: int32 }), { price: new Money(5, 'EUR'), n: 1 });
    expect(seen).toStrictEqual({ price: new Money(5, 'EUR'), n: 1 });
  });

  test('an older version without an entry, and a newer one, are refused', () => {
    const now = struct({ total: int32 }, { version: 3, migrate: { 2: () => ({ total: 0 }) } });
    expect(reason(now, cents)).toBe(
      '$: no migrate function takes version 1; was struct({ total: int32 }), is struct({ total: int32 }, version 3)',
    );
    expect(reason(cents, euros)).toContain('version 2 is newer than version 1');
  });

  test('without any migrate function a version is a label', () => {
    expect(outcome(struct({ total: float64 }, { version: 2 }), cents)).toBe('compatible-after-migration');
  });

  test('a migrate function that throws', () => {
    const now = struct(
      { n: int32 },
      {
        version: 2,
        migrate: {
          1: () => {
            throw new Error('no');
          },
        },
      },
    );
    expect(() => evolve(now, cents, { total: 1 })).toThrow(
      expect.objectContaining({
        code: 'value-serializer-incompatible',
        cause: expect.objectContaining({ message: 'no' }),
      }),
    );
  });

  test('withMigration reads what the type itself cannot', () => {
    const now = withMigration(float64, (old, previous) => (previous.type === 'string' ? Number(old) : -1));
    expect(evolve(now, string, '2.5')).toBe(2.5);
    expect(evolve(now, int32, 3)).toBe(3);
    expect(outcome(now, float64)).toBe('compatible-as-is');
    expect(evolve(struct({ n: now }), struct({ n: string }), { n: '7' })).toStrictEqual({ n: 7 });
  });

  test('wrong options are refused at once', () => {
    expect(() => struct({ n: int32 }, { version: 0 })).toThrow(RangeError);
    expect(() => struct({ n: int32 }, { migrate: { 1: () => ({ n: 1 }) } })).toThrow('raise the version');
    expect(() => struct({ n: int32 }, { defaults: { n: 1.5 } })).toThrow(
      'the default of the field n is not a value of int32',
    );
    expect(() => struct({ n: int32 }, { defaults: { m: 1 } as never })).toThrow(
      'there is a default for m, but no such field',
    );
    expect(() => struct({ n: 1 as never })).toThrow(TypeError);
  });
});
