// The serializers of the core pass the cases of serializers, and serializers with one fault do not.

import {
  boolean,
  bytes,
  date,
  float64,
  int32,
  int64,
  json,
  type KeySerializer,
  list,
  map,
  msgpack,
  nullable,
  optional,
  safeInteger,
  serializer,
  set,
  string,
  struct,
  type TypeSerializer,
  tuple,
} from '@tidemark/state-core';
import type { ByteInput, ByteOutput } from '@tidemark/state-core/spi';
import { describe, expect, test } from 'vitest';
import { runConformance, serializerConformance } from '../../src/index.js';
import { register } from '../../src/vitest.js';

register(
  serializerConformance({
    create: () => int32,
    values: [0, 1, -1, 2 ** 31 - 1, -(2 ** 31)],
    generate: (random) => random.below(2 ** 32) - 2 ** 31,
    outside: [undefined, null, 1.5, 2 ** 31, '1', 1n, Number.NaN],
    golden: [{ hex: '00 00 00 00', value: 0 }],
    older: [
      { schema: int32.snapshot(), outcome: 'compatible-as-is' },
      { schema: string.snapshot(), outcome: 'incompatible' },
    ],
  }),
);
register(
  serializerConformance({
    create: () => string,
    values: ['', '\0', 'a', 'aa', 'b', 'ä', '\ud800', '\udc00', '😀', 'x'.repeat(2000)],
    generate: (random) =>
      Array.from({ length: random.below(6) }, () =>
        String.fromCharCode(random.pick([0, 97, 233, 0xd83d, 0xde00])),
      ).join(''),
    outside: [undefined, null, 1, {}],
  }),
);
register(
  serializerConformance({
    create: () => float64,
    values: [0, 1.5, -1.5, Infinity, -Infinity, Number.NaN, 5e-324],
    generate: (random) => (random.next() - 0.5) * 10 ** random.below(300),
    outside: [undefined, '1', 1n],
  }),
);
register(serializerConformance({ create: () => safeInteger, values: [0, -1, 2 ** 53 - 1, -(2 ** 53) + 1] }));
register(serializerConformance({ create: () => int64, values: [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n)] }));
register(serializerConformance({ create: () => boolean, values: [true, false], outside: [0, null] }));
register(
  serializerConformance({
    create: () => bytes,
    values: [new Uint8Array(0), Uint8Array.of(0), Uint8Array.of(1, 2, 3)],
    mutate: (value) => void value.fill(9),
    outside: ['a', [1]],
  }),
);
register(
  serializerConformance({
    create: () => date,
    values: [new Date(0), new Date(1.7e12)],
    mutate: (value) => void value.setTime(5),
    outside: [0, new Date(Number.NaN)],
  }),
);

const person = struct({ name: string, ages: list(int32), nick: optional(string), born: nullable(date) });
register(
  serializerConformance({
    create: () => person as TypeSerializer<{ name: string; ages: number[]; nick?: string; born: Date | null }>,
    values: [
      { name: '', ages: [], born: null },
      { name: 'a', ages: [1, 2], nick: 'b', born: new Date(7) },
    ],
    mutate: (value) => void value.ages.push(1),
    outside: [undefined, null, {}, { name: 1, ages: [], born: null }],
    older: [
      {
        schema: struct({ name: string }).snapshot(),
        outcome: 'incompatible',
      },
    ],
  }),
);
register(
  serializerConformance({
    create: () => tuple(int32, string) as KeySerializer<readonly [number, string]>,
    values: [
      [0, ''],
      [0, 'a'],
      [-1, 'b'],
    ],
    generate: (random) => [random.below(5) - 2, random.pick(['', 'a', 'ab', '\0'])] as const,
  }),
);
register(
  serializerConformance({
    create: () => map(string, set(int32)),
    values: [new Map(), new Map([['a', new Set([1, 2])]])],
    mutate: (value) => void value.set('z', new Set([0])),
  }),
);
register(
  serializerConformance<unknown>({
    create: () => json,
    values: [null, 1, 'a', [1, { a: [] }]],
    outside: [1n, () => 1],
  }),
);
register(
  serializerConformance<unknown>({
    create: () => msgpack,
    values: [null, 1, 'a', [1, { a: [] }], new Uint8Array(2)],
  }),
);

interface Money {
  readonly cents: bigint;
  readonly currency: string;
}
const money = serializer<Money>({
  name: 'money',
  version: 2,
  serialize({ cents, currency }, output) {
    output.writeInt64(cents);
    output.writeString(currency);
  },
  deserialize: (input) => ({ cents: input.readInt64(), currency: input.readString() }),
  migrate: { 1: (input) => ({ cents: BigInt(input.readInt32()), currency: 'EUR' }) },
});
register(
  serializerConformance({
    create: () => money,
    values: [
      { cents: 0n, currency: '' },
      { cents: -5n, currency: 'EUR' },
    ],
    outside: [undefined, 5],
    older: [
      {
        schema: { ...money.snapshot(), version: 1 },
        outcome: 'compatible-after-migration',
        written: [{ hex: '04 00000007', value: { cents: 7n, currency: 'EUR' } }],
      },
      { schema: { ...money.snapshot(), version: 3 }, outcome: 'incompatible' },
    ],
  }),
);

/** A serializer of texts with one part replaced. */
function faulty(part: Partial<KeySerializer<string>>): KeySerializer<string> {
  return { ...bound(string), ...part };
}

function bound(whole: KeySerializer<string>): KeySerializer<string> {
  return {
    typeName: whole.typeName,
    isImmutableType: whole.isImmutableType,
    fixedLength: whole.fixedLength,
    isKeySerializer: true,
    serialize: (value, output) => whole.serialize(value, output),
    deserialize: (input) => whole.deserialize(input),
    copy: (value) => whole.copy(value),
    snapshot: () => whole.snapshot(),
    resolveCompatibility: (previous) => whole.resolveCompatibility(previous),
    identity: (key) => whole.identity(key),
    hash: (key) => whole.hash(key),
    serializeKey: (key, output) => whole.serializeKey(key, output),
    deserializeKey: (input) => whole.deserializeKey(input),
    compare: (a, b) => whole.compare(a, b),
  };
}

const FAULTS: readonly [title: string, killer: string, part: Partial<KeySerializer<string>>][] = [
  ['loses the last character', 'SER-ROUND-TRIP-01', { deserialize: (input) => string.deserialize(input).slice(0, -1) }],
  [
    'reads to the end of the input',
    'SER-ROUND-TRIP-02',
    {
      serialize: (value: string, output: ByteOutput) => output.writeBytes(new TextEncoder().encode(value)),
      deserialize: (input: ByteInput) => new TextDecoder().decode(input.readBytes(input.remaining)),
    },
  ],
  [
    'takes cut bytes for a shorter text',
    'SER-HOSTILE-01',
    {
      deserialize: (input: ByteInput) => {
        try {
          return string.deserialize(input);
        } catch {
          return '';
        }
      },
    },
  ],
  [
    'throws a RangeError for bytes of others',
    'SER-HOSTILE-03',
    {
      serialize: (value: string, output: ByteOutput) => output.writeLengthPrefixed(new TextEncoder().encode(value)),
      deserialize: (input: ByteInput) => {
        const length = input.readVarint();
        if (length > input.remaining) throw new RangeError('too long');
        return new TextDecoder().decode(input.readBytes(length));
      },
    },
  ],
  [
    'writes numbers as well',
    'SER-REFUSE-01',
    { serialize: (value: string, output: ByteOutput) => string.serialize(String(value), output) },
  ],
  ['has no fixed length, and says 4', 'SER-LENGTH-01', { fixedLength: 4 }],
  ['knows itself no more', 'SER-COMPAT-01', { resolveCompatibility: () => ({ outcome: 'incompatible', reason: 'x' }) }],
  [
    'throws for a schema that it does not understand',
    'SER-COMPAT-02',
    {
      resolveCompatibility: (previous) => {
        if (previous.type === 'string') return { outcome: 'compatible-as-is' };
        throw new Error('what is this?');
      },
    },
  ],
  ['counts its calls in the schema', 'SER-SCHEMA-02', { snapshot: counting() }],
  ['has one identity for all letters', 'SER-KEY-01', { identity: (key: string) => key.toLowerCase() }],
  ['orders by length', 'SER-KEY-02', { compare: (a: string, b: string) => a.length - b.length }],
  ['hashes to a fraction', 'SER-KEY-03', { hash: (key: string) => key.length / 2 }],
  ['reads another key than it wrote', 'SER-KEY-04', { deserializeKey: (input) => `${string.deserializeKey(input)}!` }],
];

function counting(): KeySerializer<string>['snapshot'] {
  let calls = 0;
  return () => ({ type: 'string', version: 1, parameters: { calls: calls++ } });
}

describe('a serializer that', () => {
  test.each(FAULTS)('%s fails %s', async (_title, killer, part) => {
    const suite = serializerConformance<string>({
      create: () => faulty(part),
      values: ['a', 'A', 'b', 'bb', 'abc'],
      outside: [7],
    });
    const report = await runConformance(suite, { filter: killer });
    expect(report.totals).toMatchObject({ failed: 1, skipped: 0 });
  });

  test('shares what can change with its copies fails SER-COPY-01 and SER-COPY-03', async () => {
    const suite = serializerConformance<number[]>({
      create: () => {
        const whole = list(int32);
        return Object.create(whole, { copy: { value: (value: number[]) => value } }) as TypeSerializer<number[]>;
      },
      values: [[1], [1, 2]],
      mutate: (value) => void value.push(9),
    });
    const { cases } = await runConformance(suite, { filter: 'SER-COPY-*' });
    expect(cases.filter(({ outcome }) => outcome === 'failed').map(({ id }) => id)).toEqual([
      'SER-COPY-01',
      'SER-COPY-03',
    ]);
  });
});
