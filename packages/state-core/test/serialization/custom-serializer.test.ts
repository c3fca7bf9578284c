// X1 and X2 of custom-serializer.ts, and what wraps another type: validated.

import { describe, expect, test } from 'vitest';
import { ByteWriter } from '../../src/bytes/byte-writer.js';
import { StateError } from '../../src/error/state-error.js';
import { BUILT_IN_TYPES, OpaqueValue, opaque, serializer } from '../../src/serialization/custom-serializer.js';
import { float64 } from '../../src/serialization/float64-serializer.js';
import { int32 } from '../../src/serialization/integer-serializers.js';
import { deserializeFromBytes, serializeToBytes } from '../../src/serialization/key-bytes.js';
import { list } from '../../src/serialization/list-serializer.js';
import { string } from '../../src/serialization/string-serializer.js';
import { struct } from '../../src/serialization/struct.js';
import type { TypeSerializer } from '../../src/serialization/type-serializer.js';
import { type StandardSchema, validated } from '../../src/serialization/validated.js';
import { EVERY_TYPE, Money, money } from './every-type.js';
import { evolve, outcome, reason } from './evolve.js';

describe('serializer', () => {
  test('writes the length in front of the value (X1)', () => {
    expect(serializeToBytes(money, new Money(1, 'E'))).toStrictEqual(
      new Uint8Array([10, 0, 0, 0, 0, 0, 0, 0, 1, 1, 69]),
    );
  });

  test('a mutable value without a copy function is copied by way of its bytes', () => {
    const box = serializer<{ n: number }>({
      name: 'box',
      serialize: (value, output) => output.writeInt32(value.n),
      deserialize: (input) => ({ n: input.readInt32() }),
    });
    const value = { n: 1 };
    const copied = box.copy(value);
    value.n = 2;
    expect(copied).toStrictEqual({ n: 1 });
    expect(box.isImmutableType).toBe(false);
    expect(money.copy(new Money(1, 'E'))).toStrictEqual(new Money(1, 'E'));
    const own = serializer<number[]>({
      name: 'own',
      serialize: () => undefined,
      deserialize: () => [],
      copy: (list) => [...list, 9],
    });
    expect(own.copy([1])).toStrictEqual([1, 9]);
  });

  test('a serialize that throws is a refusal with the path and the cause (X2)', () => {
    expect(() => serializeToBytes(struct({ prices: list(money) }), { prices: [null as never] })).toThrow(
      expect.objectContaining({
        code: 'value-not-serializable',
        message: expect.stringContaining('$.prices[0]'),
        cause: expect.objectContaining({ message: 'no money' }),
      }),
    );
  });

  test('a deserialize that throws is corrupt, one that leaves bytes too, a StateError of its own stays (X2)', () => {
    const reading = (deserialize: () => number): (() => unknown) => {
      const type = serializer<number>({
        name: 'odd',
        serialize: (value, output) => output.writeUint8(value),
        deserialize,
      });
      return () => deserializeFromBytes(type, serializeToBytes(type, 1));
    };
    const cause = new TypeError('odd');
    expect(
      reading(() => {
        throw cause;
      }),
    ).toThrow(expect.objectContaining({ code: 'bytes-invalid', cause }));
    expect(reading(() => 1)).toThrow(expect.objectContaining({ code: 'bytes-invalid' }));
    expect(
      reading(() => {
        throw new StateError('value-invalid', 'mine');
      }),
    ).toThrow('mine');
  });

  test('may use other serializers inside', () => {
    const inner = list(string);
    const tags = serializer<Set<string>>({
      name: 'tags',
      serialize: (value, output) => inner.serialize([...value], output),
      deserialize: (input) => new Set(inner.deserialize(input)),
    });
    const outer = serializer<Set<string>[]>({
      name: 'tag-list',
      serialize: (value, output) => list(tags).serialize(value, output),
      deserialize: (input) => list(tags).deserialize(input),
    });
    const value = [new Set(['a']), new Set(['b', 'c'.repeat(500)])];
    expect(deserializeFromBytes(outer, serializeToBytes(outer, value))).toStrictEqual(value);
  });

  test('a writer that the program misuses is not the caller’s', () => {
    const rude = serializer<number>({
      name: 'rude',
      serialize: (value, output) => {
        output.reset();
        output.writeUint8(value);
      },
      deserialize: (input) => input.readUint8(),
    });
    const output = new ByteWriter();
    int32.serialize(7, output);
    rude.serialize(1, output);
    expect(output.toBytes()).toStrictEqual(new Uint8Array([0, 0, 0, 7, 1, 1]));
  });

  test('versions', () => {
    const before = serializer<string>({
      name: 'v',
      serialize: (value, output) => output.writeWtf8(value),
      deserialize: (input) => input.readWtf8(input.remaining),
    });
    const now = serializer<number>({
      name: 'v',
      version: 2,
      serialize: (value, output) => output.writeInt32(value),
      deserialize: (input) => input.readInt32(),
      migrate: { 1: (input) => Number(input.readWtf8(input.remaining)) },
    });
    expect(evolve(now, before, '12')).toBe(12);
    expect(evolve(struct({ n: now }), struct({ n: before }), { n: '12' })).toStrictEqual({ n: 12 });
    expect(reason(before, now)).toBe('$: the stored version is newer; was v v2, is v');
    const later = serializer<number>({ name: 'v', version: 3, serialize: () => undefined, deserialize: () => 1 });
    expect(reason(later, now)).toBe('$: no migrate function takes version 2; was v v2, is v v3');
    expect(outcome(now, now)).toBe('compatible-as-is');
    expect(reason(now, { type: 'v', version: 1 })).toContain('was v, is v v2');
  });

  test('wrong definitions are refused at once', () => {
    const functions = { serialize: () => undefined, deserialize: () => 1 };
    expect(() => serializer({ name: '', ...functions })).toThrow(TypeError);
    expect(() => serializer({ name: 'a', serialize: functions.serialize } as never)).toThrow(TypeError);
    expect(() => serializer({ name: 'struct', ...functions })).toThrow('struct is the name of a built-in type');
    expect(() => serializer({ name: 'a', version: 0, ...functions })).toThrow(RangeError);
  });

  test('every built-in type is a name that is taken', () => {
    for (const { serializer: type } of EVERY_TYPE) {
      const { type: name } = type.snapshot();
      expect(BUILT_IN_TYPES.has(name) || name === 'money' || name === 'gone').toBe(true);
    }
  });
});

test('an opaque value is written only as the type and version it has', () => {
  const type = opaque({ type: 'gone', version: 2, parameters: { custom: true } });
  expect(() => serializeToBytes(type, new OpaqueValue('gone', 3, new Uint8Array()))).toThrow('one of gone v3');
  expect(() => serializeToBytes(type, {} as never)).toThrow('an OpaqueValue of gone v2');
});

test('a list of elements without bytes is refused: a hostile count of them could not be bounded', () => {
  const nothing = { ...int32, typeName: 'nothing', fixedLength: 0, snapshot: () => ({ type: 'nothing', version: 1 }) };
  expect(() => list({ ...nothing, serialize: () => undefined, deserialize: () => 0 } as never)).toThrow(TypeError);
});

describe('validated', () => {
  const positive: StandardSchema = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value) =>
        (value as { n: number }).n > 0 ? {} : { issues: [{ message: 'n must be positive', path: ['n'] }] },
    },
  };
  const Stat = struct({ n: int32 });

  test('checks what is read from bytes', () => {
    const checked = validated(Stat, positive);
    expect(deserializeFromBytes(checked, serializeToBytes(checked, { n: 1 }))).toStrictEqual({ n: 1 });
    expect(() => deserializeFromBytes(checked, serializeToBytes(checked, { n: 0 }))).toThrow(
      expect.objectContaining({ code: 'value-invalid', message: expect.stringContaining('n must be positive') }),
    );
    expect(() =>
      deserializeFromBytes(struct({ in: checked }), serializeToBytes(struct({ in: Stat }), { in: { n: 0 } })),
    ).toThrow('n must be positive');
  });

  test('checks what a migration makes of old values', () => {
    const Wide = validated(struct({ n: float64 }), positive);
    expect(evolve(Wide, Stat, { n: 1 })).toStrictEqual({ n: 1 });
    expect(() => evolve(Wide, Stat, { n: -1 })).toThrow(expect.objectContaining({ code: 'value-invalid' }));
    const migrated = validated(
      struct({ n: int32 }, { version: 2, migrate: { 1: (old) => ({ n: -(old as { n: number }).n }) } }),
      positive,
    );
    expect(() => evolve(migrated, Stat, { n: 1 })).toThrow('n must be positive');
  });

  test('checks with the serializer that has to be used instead', () => {
    const reconfigured: TypeSerializer<{ n: number }> = Object.create(Stat, {
      resolveCompatibility: {
        value: () => ({ outcome: 'compatible-with-reconfigured-serializer', serializer: Stat }),
      },
    });
    expect(evolve(validated(reconfigured, positive), Stat, { n: 1 })).toStrictEqual({ n: 1 });
    expect(() => evolve(validated(reconfigured, positive), Stat, { n: 0 })).toThrow('n must be positive');
  });

  test('does not check copies, also of a type that copies by way of its bytes', () => {
    const box = serializer<{ n: number }>({
      name: 'box',
      serialize: (value, output) => output.writeInt32(value.n),
      deserialize: (input) => ({ n: input.readInt32() }),
    });
    expect(validated(box, positive).copy({ n: 0 })).toStrictEqual({ n: 0 });
  });

  test('leaves nothing behind when it is switched off', () => {
    expect(validated(Stat, positive, false)).toBe(Stat);
  });

  test('keeps schema, key and compatibility of the type', () => {
    const checked = validated(Stat, positive);
    expect(checked.snapshot()).toBe(Stat.snapshot());
    expect(checked.identity({ n: 1 })).toBe(Stat.identity({ n: 1 }));
    expect(outcome(checked, Stat)).toBe('compatible-as-is');
  });

  test('an asynchronous validator is refused', () => {
    const slow: StandardSchema = { '~standard': { version: 1, vendor: 'test', validate: async () => ({}) } };
    expect(() => deserializeFromBytes(validated(Stat, slow), serializeToBytes(Stat, { n: 1 }))).toThrow(TypeError);
  });
});
