// The job whose directory is checked in under test/golden/every-kind-v1: every kind of state without time to live, by
// processing time and by event time, in a full checkpoint, an increment upon it and a savepoint.

import {
  AggregatingStateDescriptor,
  FoldingStateDescriptor,
  int32,
  ListStateDescriptor,
  list,
  MapStateDescriptor,
  type OpenState,
  openState,
  ReducingStateDescriptor,
  StateTtlConfig,
  string,
  struct,
  type TtlTimeCharacteristic,
  ValueStateDescriptor,
} from '../../src/index.js';

/** The life time of whatever has one, in milliseconds. */
export const GOLDEN_TTL_MS: number = 1000;
/** Processing time of the first part of the job; the second comes 400 ms later. */
export const GOLDEN_START_MS: number = 1_700_000_000_000;
/** Event time of the first part of the job; the second comes 600 ms later. */
export const GOLDEN_MARK_MS: number = 5_000_000;

/** A clock that stands where it is set. */
export interface GoldenClock {
  nowMs: number;
}

function append(a: number[], b: readonly number[]): number[] {
  a.push(...b);
  return a;
}

function statesBy(word: string, time: TtlTimeCharacteristic | undefined) {
  const ttl = time === undefined ? {} : { ttl: StateTtlConfig.of({ ttlMs: GOLDEN_TTL_MS, timeCharacteristic: time }) };
  return {
    value: new ValueStateDescriptor(`value ${word}`, { type: struct({ n: int32, s: string }), ...ttl }),
    list: new ListStateDescriptor(`list ${word}`, { type: string, ...ttl }),
    map: new MapStateDescriptor(`map ${word}`, { key: string, value: int32, ...ttl }),
    reducing: new ReducingStateDescriptor<number>(`reducing ${word}`, { type: int32, reduce: (a, b) => a + b, ...ttl }),
    aggregating: new AggregatingStateDescriptor<number, number[], string>(`aggregating ${word}`, {
      type: list(int32),
      aggregate: {
        createAccumulator: () => [],
        add: (value, accumulator) => append(accumulator, [value]),
        getResult: (accumulator) => accumulator.join('+'),
        merge: append,
      },
      ...ttl,
    }),
    folding: new FoldingStateDescriptor<number, number>(`folding ${word}`, {
      type: int32,
      initialValue: 100,
      fold: (accumulator, value) => accumulator - value,
      ...ttl,
    }),
  };
}

const SORTS = {
  plain: statesBy('plain', undefined),
  processing: statesBy('by processing time', 'ProcessingTime'),
  event: statesBy('by event time', 'EventTime'),
};

type Sort = keyof typeof SORTS;
type StateName = `${Sort}_${keyof typeof SORTS.plain}`;

// One flat record, as openState takes it: `plain_value`, `event_map` and so on.
const states = Object.fromEntries(
  Object.entries(SORTS).flatMap(([sort, kinds]) =>
    Object.entries(kinds).map(([kind, descriptor]) => [`${sort}_${kind}`, descriptor]),
  ),
) as Record<StateName, never>;

// biome-ignore lint/suspicious/noExplicitAny: eighteen states by computed names.
type EveryKind = OpenState<string, any>;

/** Opens the job in a directory. */
export function openEveryKind(directory: string, clock: GoldenClock, path?: string): Promise<EveryKind> {
  return openState(
    {
      name: 'every-kind',
      keySerializer: string,
      states,
      configFile: false,
      logger: { info() {}, warn() {} },
      maxParallelism: 16,
      ...(path === undefined ? {} : { restore: path }),
      config: {
        'execution.checkpointing.dir': directory,
        'execution.checkpointing.incremental': 'true',
        'execution.checkpointing.data-inline-threshold': '0',
      },
    },
    { clock: { nowMs: () => clock.nowMs, monotonicMs: () => 0 } },
  ) as Promise<EveryKind>;
}

/** Does what the job does: a full checkpoint, an increment and a savepoint to `savepointPath`. */
export async function runEveryKindJob(state: EveryKind, clock: GoldenClock, savepointPath: string): Promise<void> {
  state.advanceEventTime(GOLDEN_MARK_MS);
  for (const key of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) change(state, key, 1);
  await state.checkpoint();
  clock.nowMs += 400;
  state.advanceEventTime(GOLDEN_MARK_MS + 600);
  change(state, 'b', 2);
  change(state, 'new', 2);
  eachSort(state, 'c', (one) => {
    one.value.clear();
    one.list.clear();
    one.map.clear();
    one.reducing.clear();
    one.aggregating.clear();
    one.folding.clear();
  });
  eachSort(state, 'd', (one) => {
    one.list.update(['replaced']);
    one.map.remove('k1');
  });
  await state.checkpoint();
  await state.savepoint(savepointPath);
}

function change(state: EveryKind, key: string, part: number): void {
  eachSort(state, key, (one) => {
    one.value.update({ n: part, s: key });
    one.list.addAll([`${key}${part}`, 'ä😀']);
    one.map.put(`k${part}`, part);
    one.map.put('both', part * 10);
    one.reducing.add(part);
    one.aggregating.add(part);
    one.folding.add(part);
  });
}

// biome-ignore lint/suspicious/noExplicitAny: the states of one sort by kind.
type OneSort = Record<keyof typeof SORTS.plain, any>;

function eachSort(state: EveryKind, key: string, use: (one: OneSort, sort: Sort) => void): void {
  state.withKey(key, (all) => {
    for (const sort of Object.keys(SORTS) as Sort[]) {
      const kinds = Object.keys(SORTS[sort]).map((kind) => [kind, all[`${sort}_${kind}`]]);
      use(Object.fromEntries(kinds) as OneSort, sort);
    }
  });
}

/** Everything under some keys: by key and sort, in one line each. */
export function everyKindOf(state: EveryKind, keys: readonly string[]): Record<string, string> {
  const lines: Record<string, string> = {};
  for (const key of keys) {
    eachSort(state, key, (one, sort) => {
      const value = one.value.value();
      const entries = [...one.map.entries()].map(([mapKey, n]) => `${mapKey}=${n}`).sort();
      const parts = [
        value === undefined ? '-' : `${value.s}${value.n}`,
        `[${[...one.list.get()]}]`,
        `{${entries}}`,
        one.reducing.get() ?? '-',
        one.aggregating.get() ?? '-',
        one.folding.get() ?? '-',
      ];
      lines[`${key} ${sort}`] = parts.join(' ');
    });
  }
  return lines;
}
