// C1 to C3 of schema-compatibility.ts: precedence as in CompositeTypeSerializerSnapshotTest, with stand-ins for parts
// that answer what the case needs.

import { describe, expect, test } from 'vitest';
import { ByteReader } from '../../src/bytes/byte-reader.js';
import { nullable, optional } from '../../src/serialization/absence-serializers.js';
import { int32 } from '../../src/serialization/integer-serializers.js';
import { deserializeFromBytes, serializeToBytes } from '../../src/serialization/key-bytes.js';
import { list } from '../../src/serialization/list-serializer.js';
import { map } from '../../src/serialization/map-serializer.js';
import { set } from '../../src/serialization/set-serializer.js';
import { string } from '../../src/serialization/string-serializer.js';
import { struct } from '../../src/serialization/struct.js';
import { tuple } from '../../src/serialization/tuple-serializer.js';
import type {
  KeySerializer,
  SchemaCompatibility,
  SerializerSnapshot,
  TypeSerializer,
} from '../../src/serialization/type-serializer.js';
import { union } from '../../src/serialization/union-serializer.js';
import { withMigration } from '../../src/serialization/with-migration.js';
import { EVERY_TYPE } from './every-type.js';
import { outcome, reason } from './evolve.js';

type Outcome = SchemaCompatibility<string>['outcome'];

/** A key of strings whose answer to the schema `stored` is given; `offset` marks which serializer wrote. */
function answering(given: Outcome, prefix = 'new'): KeySerializer<string> {
  const serializer: KeySerializer<string> = {
    ...partsOf(string),
    typeName: prefix,
    snapshot: () => ({ type: prefix, version: 1 }),
    serialize: (value, output) => string.serialize(prefix + value, output),
    deserialize: (input) => prefix + string.deserialize(input),
    resolveCompatibility(previous): SchemaCompatibility<string> {
      if (previous.type === prefix) return { outcome: 'compatible-as-is' };
      if (given === 'compatible-after-migration')
        return { outcome: given, previous: { deserialize: (input) => `migrated ${string.deserialize(input)}` } };
      if (given === 'compatible-with-reconfigured-serializer')
        return { outcome: given, serializer: answering('compatible-as-is', 'reconfigured') };
      if (given === 'incompatible') return { outcome: given, reason: `$: was ${previous.type}, is ${prefix}` };
      return { outcome: given };
    },
  };
  return serializer;
}

function partsOf<K>(key: KeySerializer<K>): KeySerializer<K> {
  return {
    typeName: key.typeName,
    isImmutableType: key.isImmutableType,
    isKeySerializer: true,
    fixedLength: key.fixedLength,
    serialize: (value, output) => key.serialize(value, output),
    deserialize: (input) => key.deserialize(input),
    copy: (value) => key.copy(value),
    snapshot: () => key.snapshot(),
    resolveCompatibility: (previous) => key.resolveCompatibility(previous),
    identity: (value) => key.identity(value),
    hash: (value) => key.hash(value),
    serializeKey: (value, output) => key.serializeKey(value, output),
    deserializeKey: (input) => key.deserializeKey(input),
    compare: (a, b) => key.compare(a, b),
  };
}

const stored = answering('compatible-as-is', 'stored');
const asIs = answering('compatible-as-is');
const migrates = answering('compatible-after-migration');
const reconfigures = answering('compatible-with-reconfigured-serializer');
const refuses = answering('incompatible');

describe('CompositeTypeSerializerSnapshotTest', () => {
  test.each([
    ['testIncompatiblePrecedence', [asIs, migrates, refuses, reconfigures], 'incompatible'],
    ['testCompatibleAfterMigrationPrecedence', [asIs, migrates, reconfigures, asIs], 'compatible-after-migration'],
    [
      'testCompatibleWithReconfiguredSerializerPrecedence',
      [asIs, reconfigures, asIs, reconfigures],
      'compatible-with-reconfigured-serializer',
    ],
    ['testCompatibleAsIsPrecedence', [asIs, asIs, asIs, asIs], 'compatible-as-is'],
  ] as const)('%s', (_name, parts, expected) => {
    const before = tuple(stored, stored, stored, stored);
    expect(outcome(tuple(...parts), before)).toBe(expected);
    const named = (part: readonly KeySerializer<string>[]): TypeSerializer<unknown> =>
      struct(Object.fromEntries(part.map((type, index) => [`f${index}`, type]))) as unknown as TypeSerializer<unknown>;
    expect(outcome(named(parts), named([stored, stored, stored, stored]))).toBe(expected);
  });

  test('testRestoreCompositeTypeSerializer: a composite of unknown parts cannot be rebuilt', () => {
    expect(reason(list(int32), list(stored))).toBe('$[]: was stored, is int32');
  });
});

const composites: readonly (readonly [
  string,
  (part: KeySerializer<string>) => TypeSerializer<unknown>,
  unknown,
  (text: string) => unknown,
])[] = [
  ['nullable', (part) => nullable(part), 'a', (text) => text],
  ['list', (part) => list(part), ['a'], (text) => [text]],
  ['set', (part) => set(part), new Set(['a']), (text) => new Set([text])],
  ['map', (part) => map(part, part), new Map([['a', 'a']]), (text) => new Map([[text, text]])],
  ['tuple', (part) => tuple(part), ['a'], (text) => [text]],
  ['struct', (part) => struct({ f: part }), { f: 'a' }, (text) => ({ f: text })],
  ['struct, optional', (part) => struct({ f: optional(part) }), { f: 'a' }, (text) => ({ f: text })],
  [
    'union',
    (part) => union('k', { one: struct({ f: part }) }),
    { k: 'one', f: 'a' },
    (text) => ({ k: 'one', f: text }),
  ],
  ['withMigration', (part) => withMigration(part, () => 'never'), 'a', (text) => text],
];

describe.each(composites)('%s', (_name, of, value, holding) => {
  const before = (): { schema: SerializerSnapshot; bytes: Uint8Array } => {
    const serializer = of(stored);
    return { schema: serializer.snapshot(), bytes: serializeToBytes(serializer, value) };
  };

  test('reads old values by way of the part that migrates', () => {
    const { schema, bytes } = before();
    const answer = of(migrates).resolveCompatibility(schema);
    if (answer.outcome !== 'compatible-after-migration') expect.fail(answer.outcome);
    expect(deserializeFromBytes(answer.previous, bytes)).toStrictEqual(holding('migrated storeda'));
  });

  test('is rebuilt around the part that was reconfigured', () => {
    const { schema, bytes } = before();
    const answer = of(reconfigures).resolveCompatibility(schema);
    if (answer.outcome !== 'compatible-with-reconfigured-serializer') expect.fail(answer.outcome);
    expect(deserializeFromBytes(answer.serializer, bytes)).toStrictEqual(holding('reconfiguredstoreda'));
    expect(answer.serializer.snapshot()).toStrictEqual(of(answering('compatible-as-is', 'reconfigured')).snapshot());
    const written = serializeToBytes(answer.serializer, value);
    expect(deserializeFromBytes(answer.serializer, written)).toStrictEqual(holding('reconfiguredreconfigureda'));
  });
});

test('a map whose keys are known as they are and whose values migrate', () => {
  const answer = map(asIs, migrates).resolveCompatibility(map(stored, stored).snapshot());
  expect(answer.outcome).toBe('compatible-after-migration');
});

describe.each(EVERY_TYPE)('$name', ({ serializer }) => {
  test('never throws for a schema that is not one (C3)', () => {
    const hostile: unknown[] = [
      null,
      undefined,
      1,
      [],
      {},
      { type: serializer.snapshot().type },
      { type: serializer.snapshot().type, version: 0 },
      { type: serializer.snapshot().type, version: 2 },
      { type: serializer.snapshot().type, version: 1 },
      { type: serializer.snapshot().type, version: 1, parameters: [] },
      {
        ...serializer.snapshot(),
        parameters: {
          element: 1,
          fields: 1,
          elements: 1,
          key: 1,
          value: 1,
          values: 1,
          tag: 1,
          alternatives: 1,
          custom: 1,
        },
      },
      { ...serializer.snapshot(), parameters: { element: deep(1000) } },
      { type: 'constructor', version: 1 },
      { type: '__proto__', version: 1 },
    ];
    for (const schema of hostile) {
      const answer = serializer.resolveCompatibility(schema as SerializerSnapshot);
      if (answer.outcome === 'incompatible') expect(answer.reason).toMatch(/^\$/);
      else expect(answer.outcome).toBe('compatible-as-is');
    }
  });

  test('another version of the layout is incompatible', () => {
    const { type, version, parameters } = serializer.snapshot();
    const newer = { type, version: version + 1, ...(parameters === undefined ? {} : { parameters }) };
    expect(serializer.resolveCompatibility(newer).outcome).toBe('incompatible');
  });
});

test('a reason shows both types, cut where they are long', () => {
  const wide = struct(Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`field${index}`, int32])));
  expect(reason(string, wide).length).toBeLessThan(600);
  expect(reason(string, wide)).toMatch(/^\$: was struct\(\{ field0: int32, .*…, is string$/);
});

test('an old reader takes one value and leaves the rest', () => {
  const answer = list(migrates).resolveCompatibility(list(stored).snapshot());
  if (answer.outcome !== 'compatible-after-migration') expect.fail(answer.outcome);
  const input = new ByteReader(new Uint8Array([...serializeToBytes(list(stored), ['a']), 9]));
  answer.previous.deserialize(input);
  expect(input.remaining).toBe(1);
});

function deep(levels: number): unknown {
  let value: unknown = {};
  for (let level = 0; level < levels; level++) value = { type: 'list', version: 1, parameters: { element: value } };
  return value;
}
