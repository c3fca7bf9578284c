// Programs that change while their state stays: what the next version reads, what it is refused, and when.

import { describe, expect, it } from 'vitest';
import {
  AggregatingStateDescriptor,
  float64,
  int32,
  int64,
  type KeySerializer,
  ListStateDescriptor,
  list,
  literal,
  MapStateDescriptor,
  nullable,
  type OpenState,
  openState,
  optional,
  ReducingStateDescriptor,
  type Scheduler,
  type StandardSchema,
  type StateDeclarations,
  serializer,
  string,
  struct,
  systemScheduler,
  type TypeSerializer,
  ValueStateDescriptor,
  validated,
  withMigration,
} from '../../src/index.js';
import { temporaryDirectory } from '../temporary-directory.js';

const neverIdle: Scheduler = { yieldNow: () => systemScheduler.yieldNow(), schedule: () => () => {} };

function open<S extends StateDeclarations, K = string>(
  directory: string,
  states: S,
  keySerializer: KeySerializer<K> = string as unknown as KeySerializer<K>,
): Promise<OpenState<K, S>> {
  return openState(
    {
      name: 'program',
      states,
      keySerializer,
      configFile: false,
      logger: { warn() {}, info() {} },
      config: { 'execution.checkpointing.dir': directory },
    },
    { scheduler: neverIdle },
  );
}

const stateOf = <T>(type: TypeSerializer<T>) => ({ state: new ValueStateDescriptor('state', { type }) });

/** What the state of `before` looks like to `now`, read at once, and after one more checkpoint; the plan in words. */
async function evolved<B, N>(before: TypeSerializer<B>, now: TypeSerializer<N>, values: Record<string, B>) {
  const directory = temporaryDirectory();
  const first = await open(directory, stateOf(before));
  for (const [key, value] of Object.entries(values)) first.withKey(key, ({ state }) => state.update(value));
  await first.checkpoint();
  await first.close();

  const second = await open(directory, stateOf(now));
  const plan = second.restored?.plan.states.map(({ outcome }) => outcome).join();
  const read: Record<string, N | undefined> = {};
  for (const key of Object.keys(values))
    second.withKey(key, ({ state }) => {
      read[key] = state.value();
    });
  await second.checkpoint();
  await second.close();

  await using third = await open(directory, stateOf(now));
  for (const key of Object.keys(values))
    third.withKey(key, ({ state }) => {
      expect(state.value()).toEqual(read[key]);
    });
  return { plan, read };
}

describe('a struct evolves by the names of its fields', () => {
  const Before = struct({ n: int32, name: string });
  const values = { a: { n: 1, name: 'one' }, b: { n: -2, name: '' } };

  it('a field that was added has its default', async () => {
    const Now = struct({ n: int32, name: string, tags: list(string) }, { defaults: { tags: ['new'] } });
    expect(await evolved(Before, Now, values)).toEqual({
      plan: 'migrated',
      read: { a: { n: 1, name: 'one', tags: ['new'] }, b: { n: -2, name: '', tags: ['new'] } },
    });
  });

  it('a field that was added as optional is absent', async () => {
    const { read } = await evolved(Before, struct({ n: int32, name: string, note: optional(string) }), values);
    expect(read).toEqual(values);
  });

  it('a field that was removed is gone', async () => {
    expect((await evolved(Before, struct({ n: int32 }), values)).read).toEqual({ a: { n: 1 }, b: { n: -2 } });
  });

  it('fields may be reordered', async () => {
    const { plan, read } = await evolved(Before, struct({ name: string, n: int32 }), values);
    expect([plan, read]).toEqual(['migrated', values]);
    expect(Object.keys(read['a'] ?? {})).toEqual(['name', 'n']);
  });

  it('numbers widen, and what was required may become nullable', async () => {
    const Now = struct({ n: float64, name: nullable(string) });
    expect((await evolved(Before, Now, values)).read).toEqual(values);
    const Wide = struct({ n: int64, name: string });
    expect((await evolved(Before, Wide, values)).read).toEqual({
      a: { n: 1n, name: 'one' },
      b: { n: -2n, name: '' },
    });
  });

  it('all of it at once, in a struct inside a struct', async () => {
    const Outer = struct({ id: string, inner: Before });
    const Now = struct(
      { inner: struct({ extra: int32, n: float64 }, { defaults: { extra: 7 } }), id: string, at: optional(int32) },
      {},
    );
    const { read } = await evolved(Outer, Now, { a: { id: 'x', inner: { n: 3, name: 'gone' } } });
    expect(read).toEqual({ a: { inner: { extra: 7, n: 3 }, id: 'x' } });
  });

  it('alternatives of a literal are added at the end', async () => {
    const { plan, read } = await evolved(literal('open', 'closed'), literal('open', 'closed', 'void'), {
      a: 'open',
      b: 'closed',
    });
    expect([plan, read]).toEqual(['matched', { a: 'open', b: 'closed' }]);
  });

  it('an unchanged struct is read as it is', async () => {
    expect(await evolved(Before, struct({ n: int32, name: string }), values)).toEqual({
      plan: 'matched',
      read: values,
    });
  });
});

describe('what names cannot say is migrated', () => {
  const V1 = struct({ euros: float64 });
  const V2 = struct(
    { cents: int32 },
    { version: 2, migrate: { 1: (old) => ({ cents: Math.round((old as { euros: number }).euros * 100) }) } },
  );
  const V3 = struct(
    { cents: int32, currency: string },
    {
      version: 3,
      migrate: {
        1: (old) => ({ cents: Math.round((old as { euros: number }).euros * 100), currency: 'EUR' }),
        2: (old) => ({ cents: (old as { cents: number }).cents, currency: 'EUR' }),
      },
    },
  );

  it('v1 -> v2 -> v3, with values of all three in one state', async () => {
    const directory = temporaryDirectory();
    const keys = Array.from({ length: 60 }, (_, index) => `key ${index}`);
    const first = await open(directory, stateOf(V1));
    for (const [index, key] of keys.entries()) first.withKey(key, ({ state }) => state.update({ euros: index / 4 }));
    await first.checkpoint();
    await first.close();

    const second = await open(directory, stateOf(V2));
    expect(second.withKey('key 1', ({ state }) => state.value())).toEqual({ cents: 25 });
    second.withKey('key 2', ({ state }) => state.update({ cents: 1_000 }));
    await second.checkpoint();
    await second.close();

    const third = await open(directory, stateOf(V3));
    third.withKey('key 3', ({ state }) => state.update({ cents: 3, currency: 'USD' }));
    await third.checkpoint();
    await third.close();

    await using last = await open(directory, stateOf(V3));
    const [line] = last.restored?.plan.states ?? [];
    expect(line?.previousSchema).toMatch(/euros.* and .*version 2.* and .*version 3/);
    for (const [index, key] of keys.entries()) {
      const expected =
        index === 3
          ? { cents: 3, currency: 'USD' }
          : { cents: index === 2 ? 1_000 : Math.round(index * 25), currency: 'EUR' };
      expect(last.withKey(key, ({ state }) => state.value())).toEqual(expected);
    }
  });

  it('a version without a way from the stored one is refused, and the version that wrote it still opens', async () => {
    const directory = temporaryDirectory();
    const first = await open(directory, stateOf(V1));
    first.withKey('a', ({ state }) => state.update({ euros: 1 }));
    await first.checkpoint();
    await first.close();
    const OnlyFrom2 = struct({ cents: int32 }, { version: 3, migrate: { 2: () => ({ cents: 0 }) } });
    await expect(open(directory, stateOf(OnlyFrom2))).rejects.toMatchObject({
      code: 'value-serializer-incompatible',
      message: expect.stringContaining('no migrate function takes version 1'),
    });
    await using again = await open(directory, stateOf(V1));
    expect(again.withKey('a', ({ state }) => state.value())).toEqual({ euros: 1 });
  });

  it('a migration that fails says which state, at the access that needs it', async () => {
    const directory = temporaryDirectory();
    const first = await open(directory, stateOf(V1));
    first.withKey('a', ({ state }) => state.update({ euros: 1 }));
    await first.checkpoint();
    await first.close();
    const Broken = struct(
      { cents: int32 },
      {
        version: 2,
        migrate: {
          1: () => {
            throw new RangeError('no rate');
          },
        },
      },
    );
    await using second = await open(directory, stateOf(Broken));
    expect(() => second.withKey('a', ({ state }) => state.value())).toThrow(
      expect.objectContaining({
        code: 'restore-failed',
        details: expect.objectContaining({ stateName: 'state' }),
        cause: expect.objectContaining({ cause: expect.any(RangeError) }),
      }),
    );
  });

  it('another type altogether is reached by withMigration', async () => {
    const { plan, read } = await evolved(
      string,
      withMigration(float64, (old) => Number(old)),
      { a: '1.5', b: '-2' },
    );
    expect([plan, read]).toEqual(['migrated', { a: 1.5, b: -2 }]);
  });
});

it('elements, map values and accumulators evolve as values do', async () => {
  const directory = temporaryDirectory();
  const Sum = struct({ sum: int32 });
  const Wider = struct({ sum: float64, n: int32 }, { defaults: { n: 0 } });
  type Any = { sum: number; n?: number };
  const states = <T extends Any>(type: TypeSerializer<T>) => ({
    list: new ListStateDescriptor('list', { type }),
    map: new MapStateDescriptor('map', { key: string, value: type }),
    reducing: new ReducingStateDescriptor('reducing', { type, reduce: (a, b) => ({ ...b, sum: a.sum + b.sum }) }),
    aggregating: new AggregatingStateDescriptor('aggregating', {
      type,
      aggregate: {
        createAccumulator: () => ({ sum: 0, n: 0 }) as Any as T,
        add: (value: number, accumulator: T) => ({ ...accumulator, sum: accumulator.sum + value }),
        getResult: (accumulator: T) => accumulator.sum,
        merge: (a: T, b: T) => ({ ...a, sum: a.sum + b.sum }),
      },
    }),
  });
  const first = await open(directory, states(Sum));
  first.withKey('a', ({ list: elements, map, reducing, aggregating }) => {
    elements.addAll([{ sum: 1 }, { sum: 2 }]);
    map.put('x', { sum: 3 });
    reducing.add({ sum: 4 });
    aggregating.add(5);
  });
  await first.checkpoint();
  await first.close();
  await using second = await open(directory, states(Wider));
  second.withKey('a', ({ list: elements, map, reducing, aggregating }) => {
    elements.add({ sum: 2.5, n: 1 });
    expect([...elements.get()]).toEqual([
      { sum: 1, n: 0 },
      { sum: 2, n: 0 },
      { sum: 2.5, n: 1 },
    ]);
    expect([...map.entries()]).toEqual([['x', { sum: 3, n: 0 }]]);
    reducing.add({ sum: 0.5, n: 9 });
    expect(reducing.get()).toEqual({ sum: 4.5, n: 9 });
    aggregating.add(0.5);
    expect(aggregating.get()).toBe(5.5);
  });
});

describe('what cannot be read is refused before the first record', () => {
  const before = {
    total: new ValueStateDescriptor('total', { type: struct({ n: int32 }) }),
    byDay: new MapStateDescriptor('by-day', { key: string, value: int32 }),
  };

  async function written(): Promise<string> {
    const directory = temporaryDirectory();
    const first = await open(directory, before);
    first.withKey('alice', ({ total, byDay }) => {
      total.update({ n: 1 });
      byDay.put('monday', 1);
    });
    await first.checkpoint();
    await first.close();
    return directory;
  }

  it.each([
    [
      'another type of values',
      { total: new ValueStateDescriptor('total', { type: struct({ n: string }) }) },
      'value-serializer-incompatible',
      /before: {2}struct\(\{ n: int32 \}\)\n {2}program: struct\(\{ n: string \}\)\n.*\$\.n: was int32, is string/,
    ],
    [
      'a field without a default',
      { total: new ValueStateDescriptor('total', { type: struct({ n: int32, at: int32 }) }) },
      'value-serializer-incompatible',
      /\$\.at: the field was added, give it a default/,
    ],
    [
      'other map keys',
      { byDay: new MapStateDescriptor('by-day', { key: int32, value: int32 }) },
      'key-serializer-incompatible',
      /stored: {2}string\n {2}program: int32/,
    ],
    [
      'another sort of state',
      { total: new ListStateDescriptor('total', { type: struct({ n: int32 }) }) },
      'state-type-incompatible',
      /written as value state.*declares a list state/,
    ],
  ] as const)('%s', async (_what, states, code, message) => {
    const directory = await written();
    const opening = open(directory, states as StateDeclarations);
    await expect(opening).rejects.toMatchObject({
      code,
      kind: 'incompatible',
      message: expect.stringMatching(message),
    });
    await using again = await open(directory, before);
    expect(again.withKey('alice', ({ total, byDay }) => [total.value(), [...byDay]])).toEqual([
      { n: 1 },
      [['monday', 1]],
    ]);
  });

  it('other keys, with old and new side by side', async () => {
    const directory = await written();
    await expect(open(directory, before, int32)).rejects.toMatchObject({
      code: 'key-serializer-incompatible',
      message: expect.stringMatching(/stored: {2}string\n {2}program: int32/),
    });
  });
});

it('only what is used is decoded', async () => {
  const directory = temporaryDirectory();
  const decoded = { now: 0, old: 0 };
  const money = (version: number) =>
    serializer<number>({
      name: 'money',
      version,
      immutable: true,
      serialize: (value, output) => output.writeFloat64(value),
      deserialize: (input) => {
        decoded.now++;
        return input.readFloat64();
      },
      migrate: {
        1: (input) => {
          decoded.old++;
          return input.readFloat64() * 100;
        },
      },
    });
  const states = (version: number) => ({
    used: new ValueStateDescriptor('used', { type: money(version) }),
    unused: new ValueStateDescriptor('unused', { type: money(version) }),
  });
  const keys = Array.from({ length: 500 }, (_, index) => `key ${index}`);
  const first = await open(directory, states(1));
  for (const [index, key] of keys.entries())
    first.withKey(key, ({ used, unused }) => {
      used.update(index);
      unused.update(index);
    });
  await first.checkpoint();
  await first.close();

  const second = await open(directory, states(2));
  expect(second.restored?.plan.states.map(({ outcome }) => outcome)).toEqual(['migrated', 'migrated']);
  await second.checkpoint();
  expect(decoded).toEqual({ now: 0, old: 0 });
  expect(second.withKey('key 7', ({ used }) => used.value())).toBe(700);
  const { old } = decoded;
  expect(old).toBeGreaterThan(0);
  expect(old).toBeLessThan(50);
  await second.checkpoint();
  expect(decoded).toEqual({ now: 0, old });
  await second.close();

  await using third = await open(directory, states(2));
  for (const [index, key] of keys.entries()) {
    expect(third.withKey(key, ({ used, unused }) => [used.value(), unused.value()])).toEqual([
      index * 100,
      index * 100,
    ]);
  }
});

describe('validators of the Standard Schema', () => {
  const Stat = struct({ n: int32 });
  const positive: StandardSchema = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value) => ((value as { n: number }).n > 0 ? {} : { issues: [{ message: 'n must be positive' }] }),
    },
  };

  it('find stored values that do not pass, in development only', async () => {
    const directory = temporaryDirectory();
    const first = await open(directory, stateOf(validated(Stat, positive)));
    first.withKey('good', ({ state }) => state.update({ n: 1 }));
    first.withKey('bad', ({ state }) => state.update({ n: -1 }));
    expect(first.withKey('bad', ({ state }) => state.value())).toEqual({ n: -1 });
    await first.checkpoint();
    await first.close();

    const development = await open(directory, stateOf(validated(Stat, positive)));
    expect(development.withKey('good', ({ state }) => state.value())).toEqual({ n: 1 });
    expect(() => development.withKey('bad', ({ state }) => state.value())).toThrow(
      expect.objectContaining({ code: 'value-invalid', message: expect.stringMatching(/'state'.*n must be positive/) }),
    );
    await development.close();

    await using production = await open(directory, stateOf(validated(Stat, positive, false)));
    expect(production.withKey('bad', ({ state }) => state.value())).toEqual({ n: -1 });
  });
});
