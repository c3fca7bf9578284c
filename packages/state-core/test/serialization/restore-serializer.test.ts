// Z1 to Z3 of restore-serializer.ts, and describeSnapshot, snapshotsEqual and the bounds of serializer-snapshot.ts.

import { describe, expect, test } from 'vitest';
import { nullable, optional } from '../../src/serialization/absence-serializers.js';
import { OpaqueValue, serializer } from '../../src/serialization/custom-serializer.js';
import { int32 } from '../../src/serialization/integer-serializers.js';
import { deserializeFromBytes, serializeToBytes } from '../../src/serialization/key-bytes.js';
import { list } from '../../src/serialization/list-serializer.js';
import { literal } from '../../src/serialization/literal-serializer.js';
import { map } from '../../src/serialization/map-serializer.js';
import { restoreSerializer } from '../../src/serialization/restore-serializer.js';
import { describeSnapshot, snapshotsEqual } from '../../src/serialization/serializer-snapshot.js';
import { set } from '../../src/serialization/set-serializer.js';
import { string } from '../../src/serialization/string-serializer.js';
import { struct } from '../../src/serialization/struct.js';
import { tuple } from '../../src/serialization/tuple-serializer.js';
import {
  isKeySerializer,
  type SerializerSnapshot,
  type TypeSerializer,
} from '../../src/serialization/type-serializer.js';
import { union } from '../../src/serialization/union-serializer.js';
import { EVERY_TYPE, Money, money } from './every-type.js';

const corrupt = expect.objectContaining({ code: 'snapshot-invalid', kind: 'corrupt' });

describe('describeSnapshot', () => {
  test.each([
    [struct({ n: int32, 'a b': optional(string) }), 'struct({ n: int32, "a b": optional(string) })'],
    [struct({}), 'struct({})'],
    [struct({ n: int32 }, { version: 3 }), 'struct({ n: int32 }, version 3)'],
    [tuple(string, list(nullable(int32))), 'tuple(string, list(nullable(int32)))'],
    [map(string, set(int32)), 'map(string, set(int32))'],
    [
      union('kind', { a: struct({}), b: struct({ n: int32 }) }),
      "union('kind', { a: struct({}), b: struct({ n: int32 }) })",
    ],
    [literal('a', "b'", 1, true), "literal('a', 'b\\'', 1, true)"],
    [money, 'money'],
    [serializer({ name: 'other', version: 3, serialize: () => undefined, deserialize: () => 1 }), 'other v3'],
  ] as readonly (readonly [TypeSerializer<unknown>, string])[])('%#', (type, text) => {
    expect(describeSnapshot(type.snapshot())).toBe(text);
    expect(type.typeName).toBe(text);
  });

  test('never throws', () => {
    for (const hostile of [
      null,
      undefined,
      1,
      {},
      { type: 'struct', version: 1 },
      { type: 'list', version: 1, parameters: { element: 3 } },
    ]) {
      expect(typeof describeSnapshot(hostile as unknown as SerializerSnapshot)).toBe('string');
    }
  });
});

describe('snapshotsEqual', () => {
  test('compares the whole schema', () => {
    const schemas = EVERY_TYPE.map((row) => row.serializer.snapshot());
    schemas.forEach((a, left) => {
      schemas.forEach((b, right) => {
        const same = JSON.stringify(a) === JSON.stringify(b);
        expect(snapshotsEqual(a, JSON.parse(JSON.stringify(b))), `${left} ${right}`).toBe(same);
      });
    });
  });

  test('does not depend on the order of properties, does on the order of fields', () => {
    const schema = struct({ a: int32, b: string }).snapshot();
    const turned = { parameters: schema.parameters, version: schema.version, type: schema.type } as SerializerSnapshot;
    expect(snapshotsEqual(schema, turned)).toBe(true);
    expect(snapshotsEqual(schema, struct({ b: string, a: int32 }).snapshot())).toBe(false);
    expect(snapshotsEqual({ type: 'x', version: 1 }, { type: 'x', version: 1, parameters: {} })).toBe(true);
    expect(
      snapshotsEqual(
        { type: 'x', version: 1, parameters: { toString: 1 } },
        { type: 'x', version: 1, parameters: { a: 1 } },
      ),
    ).toBe(false);
  });
});

describe('restoreSerializer', () => {
  test('a restored key is a key', () => {
    expect(isKeySerializer(restoreSerializer(struct({ n: int32, s: optional(string) }).snapshot()))).toBe(true);
    expect(isKeySerializer(restoreSerializer(struct({ n: list(int32) }).snapshot()))).toBe(false);
  });

  test('a type of one’s own that is not known is carried along, byte for byte (Z3)', () => {
    const type = struct({ price: money, n: int32 });
    const written = serializeToBytes(type, { price: new Money(5, 'EUR'), n: 1 });
    const restored = restoreSerializer(type.snapshot());
    const value = deserializeFromBytes(restored, written) as { price: OpaqueValue };
    expect(value.price).toBeInstanceOf(OpaqueValue);
    expect(value.price).toMatchObject({ type: 'money', version: 1 });
    expect(serializeToBytes(restored, value)).toStrictEqual(written);
    expect(restored.snapshot()).toStrictEqual(type.snapshot());
  });

  test('a known type of one’s own reads what an older version of it wrote (Z3)', () => {
    const before = serializer<number>({
      name: 'age',
      serialize: (value, output) => output.writeUint8(value),
      deserialize: (input) => input.readUint8(),
    });
    const now = serializer<number>({
      name: 'age',
      version: 2,
      serialize: (value, output) => output.writeUint16(value),
      deserialize: (input) => input.readUint16(),
      migrate: { 1: (input) => input.readUint8() },
    });
    const restored = restoreSerializer(list(before).snapshot(), { custom: [struct({ nested: list(now) })] });
    expect(deserializeFromBytes(restored, serializeToBytes(list(before), [1, 2]))).toStrictEqual([1, 2]);
    const newer = restoreSerializer(list(now).snapshot(), { custom: [before] });
    expect(deserializeFromBytes(newer, serializeToBytes(list(now), [300]))).toStrictEqual([
      new OpaqueValue('age', 2, new Uint8Array([1, 44])),
    ]);
  });

  test.each([
    ['null', null],
    ['text', 'int32'],
    ['no type', { version: 1 }],
    ['a later version', { type: 'int32', version: 2 }],
    ['a version that is no number', { type: 'int32', version: '1' }],
    ['a list of nothing', { type: 'list', version: 1 }],
    ['a tuple without elements', { type: 'tuple', version: 1, parameters: { elements: 3 } }],
    ['a set of lists', { type: 'set', version: 1, parameters: { element: list(int32).snapshot() } }],
    ['a list of optionals', { type: 'list', version: 1, parameters: { element: optional_() } }],
    ['a repeated field', { type: 'struct', version: 1, parameters: { fields: [field('a'), field('a')] } }],
    ['a field without a name', { type: 'struct', version: 1, parameters: { fields: [{ type: int32.snapshot() }] } }],
    ['a struct version 0', { type: 'struct', version: 1, parameters: { fields: [], version: 0 } }],
    ['a union of leaves', { type: 'union', version: 1, parameters: { tag: 'k', alternatives: [field('a')] } }],
    ['a union without a tag', { type: 'union', version: 1, parameters: { alternatives: [] } }],
    ['a repeated literal', { type: 'literal', version: 1, parameters: { values: ['a', 'a'] } }],
    ['a literal of objects', { type: 'literal', version: 1, parameters: { values: [{}] } }],
    ['a custom type with a built-in name', { type: 'list', version: 1, parameters: { custom: true } }],
    ['a schema that holds a number that is none', { type: 'int32', version: 1, parameters: { n: Number.NaN } }],
  ])('%s is refused (Z2)', (_title, schema) => {
    expect(() => restoreSerializer(schema as SerializerSnapshot)).toThrow(corrupt);
  });

  test.each([
    ['on its own', { type: 'mine', version: 1 }],
    ['of any version', { type: 'mine', version: 7 }],
    ['with an inherited name', { type: 'constructor', version: 1 }],
    ['within another', { type: 'list', version: 1, parameters: { element: { type: 'mine', version: 2 } } }],
  ])('a type that is neither built in nor given is missing, %s (Z3)', (_title, schema) => {
    expect(() => restoreSerializer(schema as SerializerSnapshot)).toThrow(
      expect.objectContaining({
        code: 'serializer-missing',
        kind: 'configure',
        message: expect.stringContaining('custom: ['),
      }),
    );
  });

  test('a type that does not come from serializer() is read by the serializer that is given (Z3)', () => {
    const mine: TypeSerializer<number> = Object.create(int32, {
      snapshot: { value: () => ({ type: 'mine', version: 3 }) },
      resolveCompatibility: { value: () => ({ outcome: 'compatible-as-is' }) },
    });
    const restored = restoreSerializer(list(mine).snapshot(), { custom: [mine as TypeSerializer<unknown>] });
    expect(deserializeFromBytes(restored, serializeToBytes(list(mine), [1, -2]))).toStrictEqual([1, -2]);
  });

  test('depth and size are bounded, for stored schemas and for types (Z2, P2)', () => {
    let schema: SerializerSnapshot = int32.snapshot();
    for (let level = 0; level < 100_000; level++)
      schema = { type: 'list', version: 1, parameters: { element: schema as never } };
    expect(() => restoreSerializer(schema)).toThrow(corrupt);
    const fields = Array.from({ length: 70_000 }, (_, index) => ({ name: `f${index}`, type: int32.snapshot() }));
    expect(() => restoreSerializer({ type: 'struct', version: 1, parameters: { fields: fields as never } })).toThrow(
      corrupt,
    );
    let type: TypeSerializer<unknown> = int32;
    expect(() => {
      for (let level = 0; level < 1000; level++) type = list(type as TypeSerializer<unknown> & { isOptional?: never });
    }).toThrow(RangeError);
    // What could be constructed can be restored.
    expect(restoreSerializer(type.snapshot()).snapshot()).toStrictEqual(type.snapshot());
  });
});

function field(name: string): { name: string; type: SerializerSnapshot } {
  return { name, type: int32.snapshot() };
}

function optional_(): SerializerSnapshot {
  return optional(int32).snapshot();
}
