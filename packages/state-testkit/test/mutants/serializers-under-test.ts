// The serializers of the core, one suite each, as their faults are looked for.

import type * as Core from '@tidemark/state-core';
import type * as Testkit from '@tidemark/state-testkit';
import type { World } from './source-modules.js';

interface Money {
  readonly cents: bigint;
  readonly currency: string;
}

/** A suite for every serializer. */
export function serializersUnderTest(testkit: typeof Testkit, world: World): readonly Testkit.ConformanceSuite[] {
  const core = world.load<typeof Core>('@tidemark/state-core');
  const { boolean, bytes, date, float64, int32, int64, json, list, map, msgpack } = core;
  const { nullable, optional, safeInteger, serializer, set, string, struct, tuple } = core;
  const suite = <T>(underTest: Testkit.SerializerUnderTest<T>): Testkit.ConformanceSuite =>
    testkit.serializerConformance(underTest);
  const make = <T>(create: () => unknown): (() => Core.TypeSerializer<T>) => create as () => Core.TypeSerializer<T>;
  interface Person {
    name: string;
    ages: number[];
    nick?: string;
    born: Date | null;
  }
  const person = struct({ name: string, ages: list(int32), nick: optional(string), born: nullable(date) });
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
  return [
    suite<number>({
      create: make(() => int32),
      values: [0, 1, -1, 2 ** 31 - 1, -(2 ** 31)],
      generate: (random) => random.below(2 ** 32) - 2 ** 31,
      outside: [undefined, null, 1.5, 2 ** 31, '1', 1n, Number.NaN],
      golden: [{ hex: '00 00 00 00', value: 0 }],
      older: [
        { schema: int32.snapshot(), outcome: 'compatible-as-is' },
        { schema: string.snapshot(), outcome: 'incompatible' },
      ],
    }),
    suite<string>({
      create: make(() => string),
      values: ['', '\0', 'A', 'a', 'aa', 'b', 'ä', '\ud800', '\udc00', '😀', 'x'.repeat(2000)],
      generate: (random) =>
        Array.from({ length: random.below(6) }, () =>
          String.fromCharCode(random.pick([0, 97, 233, 0xd83d, 0xde00])),
        ).join(''),
      outside: [undefined, null, 1, {}],
      golden: [{ hex: '02 61 62', value: 'ab' }],
    }),
    suite<number>({
      create: make(() => float64),
      values: [0, 1.5, -1.5, Infinity, -Infinity, Number.NaN, 5e-324],
      generate: (random) => (random.next() - 0.5) * 10 ** random.below(300),
      outside: [undefined, '1', 1n],
    }),
    suite<number>({
      create: make(() => safeInteger),
      values: [0, -1, 2 ** 53 - 1, -(2 ** 53) + 1],
      outside: [2 ** 53],
    }),
    suite<bigint>({ create: make(() => int64), values: [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n)], outside: [2n ** 63n] }),
    suite<boolean>({ create: make(() => boolean), values: [true, false], outside: [0, null] }),
    suite<Uint8Array>({
      create: make(() => bytes),
      values: [new Uint8Array(0), Uint8Array.of(0), Uint8Array.of(1, 2, 3)],
      mutate: (value) => void value.fill(9),
      outside: ['a', [1]],
    }),
    suite<Date>({
      create: make(() => date),
      values: [new Date(0), new Date(1.7e12)],
      mutate: (value) => void value.setTime(5),
      outside: [0, new Date(Number.NaN)],
    }),
    suite<Person>({
      create: make(() => person),
      values: [
        { name: '', ages: [], born: null },
        { name: 'a', ages: [1, 2], nick: 'b', born: new Date(7) },
      ],
      mutate: (value) => void value.ages.push(1),
      outside: [undefined, null, {}, { name: 1, ages: [], born: null }],
      older: [{ schema: struct({ name: string }).snapshot(), outcome: 'incompatible' }],
    }),
    suite<readonly [number, string]>({
      create: make(() => tuple(int32, string)),
      values: [
        [0, ''],
        [0, 'a'],
        [-1, 'b'],
      ],
      generate: (random) => [random.below(5) - 2, random.pick(['', 'a', 'ab', '\0'])] as const,
    }),
    suite<Map<string, Set<number>>>({
      create: make(() => map(string, set(int32))),
      values: [new Map(), new Map([['a', new Set([1, 2])]])],
      mutate: (value) => void value.set('z', new Set([0])),
    }),
    suite<unknown>({ create: make(() => json), values: [null, 1, 'a', [1, { a: [] }]], outside: [1n, () => 1] }),
    suite<unknown>({ create: make(() => msgpack), values: [null, 1, 'a', [1, { a: [] }], new Uint8Array(2)] }),
    suite<Money>({
      create: make(() => money),
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
  ];
}
