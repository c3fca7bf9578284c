// The sorts of state that expire, each with the values that the cases write and what must be read then.

import {
  type AggregateFunction,
  AggregatingStateDescriptor,
  FoldingStateDescriptor,
  int32,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  type StateDescriptor,
  type StateTtlConfig,
  string,
  ValueStateDescriptor,
} from '@tidemark/state-core';
import type { KeyedStateOf } from '@tidemark/state-core/spi';
import { assertEqual } from '../conformance/assertions.js';

/** A sort of state: three writes, to be made onto nothing, onto what has not expired and onto what has, in this order. */
export interface TtlContext {
  descriptor(ttl: StateTtlConfig | undefined): StateDescriptor;
  /** Makes one of the three writes. */
  write(state: never, which: 0 | 1 | 2): void;
  read(state: never): unknown;
  /** More that must hold of what was read, where reading changes nothing but time stamps. */
  inspect?(state: never, read: unknown): void;
  /** What is read after each of the writes. */
  readonly reads: readonly [unknown, unknown, unknown];
  /** What is read where nothing is. */
  readonly empty: unknown;
}

/** A sort of state whose namespaces merge. */
export interface MergingTtlContext extends TtlContext {
  add(state: never, value: number): void;
  /** What is read after these values were added, in any order. */
  merged(values: readonly number[]): unknown;
  /** Whether each added value expires by itself. */
  readonly isPerElement: boolean;
}

type Open<D extends StateDescriptor> = KeyedStateOf<number, string, D>;

const optional = (ttl: StateTtlConfig | undefined): { readonly ttl?: StateTtlConfig } =>
  ttl === undefined ? {} : { ttl };

export const valueContext: TtlContext = {
  descriptor: (ttl) => new ValueStateDescriptor('value', { type: int32, ...optional(ttl) }),
  write: (state: Open<ValueStateDescriptor<number>>, which) => state.update([11, 21, 31][which]),
  read: (state: Open<ValueStateDescriptor<number>>) => state.value(),
  reads: [11, 21, 31],
  empty: undefined,
};

const LISTS = [
  [5, 7, 10],
  [8, 9, 11],
  [1, 4],
] as const;

export const listContext: MergingTtlContext = {
  descriptor: (ttl) => new ListStateDescriptor('list', { type: int32, ...optional(ttl) }),
  write: (state: Open<ListStateDescriptor<number>>, which) => state.update(LISTS[which]),
  read: (state: Open<ListStateDescriptor<number>>) => [...state.get()],
  reads: LISTS,
  empty: [],
  add: (state: Open<ListStateDescriptor<number>>, value) => state.add(value),
  merged: (values) => [...values],
  isPerElement: true,
};

const MAP_KEY = 'test key';

export const mapContext: TtlContext = {
  descriptor: (ttl) => new MapStateDescriptor('map', { key: string, value: string, ...optional(ttl) }),
  write: (state: Open<MapStateDescriptor<string, string>>, which) =>
    state.put(MAP_KEY, ['v1', 'v2', 'v3'][which] as string),
  read: (state: Open<MapStateDescriptor<string, string>>) => state.get(MAP_KEY),
  inspect: (state: Open<MapStateDescriptor<string, string>>, read) =>
    assertEqual(state.contains(MAP_KEY), read !== undefined, 'contains()'),
  reads: ['v1', 'v2', 'v3'],
  empty: undefined,
};

const MAPS = [
  [
    ['1', 'a'],
    ['2', 'b'],
  ],
  [
    ['1', 'c'],
    ['2', 'd'],
  ],
  [['3', 'e']],
] as const;

export const mapEntriesContext: TtlContext = {
  ...mapContext,
  write(state: Open<MapStateDescriptor<string, string>>, which) {
    if (which === 2) state.clear();
    state.putAll(MAPS[which]);
  },
  read: (state: Open<MapStateDescriptor<string, string>>) => [...state.entries()].sort(([a], [b]) => (a < b ? -1 : 1)),
  inspect(state: Open<MapStateDescriptor<string, string>>, read) {
    const entries = read as readonly (readonly [string, string])[];
    assertEqual(
      [...state.keys()].sort(),
      entries.map(([key]) => key),
      'keys()',
    );
    assertEqual(
      [...state.values()].sort(),
      entries.map(([, value]) => value),
      'values()',
    );
    assertEqual(state.isEmpty(), entries.length === 0, 'isEmpty()');
    for (const key of ['1', '2', '3']) {
      assertEqual(
        state.contains(key),
        entries.some(([present]) => present === key),
        `contains(${key})`,
      );
    }
  },
  reads: MAPS,
  empty: [],
};

const ADDED = [5, 7, 6] as const;

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

export const reducingContext: MergingTtlContext = {
  descriptor: (ttl) =>
    new ReducingStateDescriptor('reducing', { type: int32, reduce: (a, b) => a + b, ...optional(ttl) }),
  write: (state: Open<ReducingStateDescriptor<number>>, which) => state.add(ADDED[which]),
  read: (state: Open<ReducingStateDescriptor<number>>) => state.get(),
  reads: [5, 12, 6],
  empty: undefined,
  add: (state: Open<ReducingStateDescriptor<number>>, value) => state.add(value),
  merged: sum,
  isPerElement: false,
};

const joining: AggregateFunction<number, number, string> = {
  createAccumulator: () => 0,
  add: (value, accumulator) => accumulator + value,
  getResult: (accumulator) => `sum ${accumulator}`,
  merge: (a, b) => a + b,
};

export const aggregatingContext: MergingTtlContext = {
  descriptor: (ttl) =>
    new AggregatingStateDescriptor('aggregating', { type: int32, aggregate: joining, ...optional(ttl) }),
  write: (state: Open<AggregatingStateDescriptor<number, number, string>>, which) => state.add(ADDED[which]),
  read: (state: Open<AggregatingStateDescriptor<number, number, string>>) => state.get(),
  reads: ['sum 5', 'sum 12', 'sum 6'],
  empty: undefined,
  add: (state: Open<AggregatingStateDescriptor<number, number, string>>, value) => state.add(value),
  merged: (values) => `sum ${sum(values)}`,
  isPerElement: false,
};

export const foldingContext: TtlContext = {
  descriptor: (ttl) =>
    new FoldingStateDescriptor<number, number>('folding', {
      type: int32,
      initialValue: 1,
      fold: (accumulator, value) => accumulator + value,
      ...optional(ttl),
    }),
  write: (state: Open<FoldingStateDescriptor<number, number>>, which) => state.add(ADDED[which]),
  read: (state: Open<FoldingStateDescriptor<number, number>>) => state.get(),
  reads: [6, 13, 7],
  empty: undefined,
};
