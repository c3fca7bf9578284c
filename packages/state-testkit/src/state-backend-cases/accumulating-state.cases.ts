// Reducing, aggregating and folding state, and what happens to their accumulators.

import {
  AggregatingStateDescriptor,
  FoldingStateDescriptor,
  float64,
  int32,
  list,
  ReducingStateDescriptor,
  string,
  struct,
} from '@tidemark/state-core';
import { assertEqual } from '../conformance/assertions.js';
import type { StateBackendCase } from './state-backend-case.js';
import { plainState } from './state-backend-harness.js';

const joined = new ReducingStateDescriptor('joined', { type: string, reduce: (a, b) => `${a},${b}` });
const sum = new ReducingStateDescriptor('sum', { type: int32, reduce: (a, b) => a + b });
const average = new AggregatingStateDescriptor('average', {
  type: struct({ n: int32, sum: float64 }),
  aggregate: {
    createAccumulator: () => ({ n: 0, sum: 0 }),
    add: (value: number, accumulator) => {
      accumulator.n++;
      accumulator.sum += value;
      return accumulator;
    },
    getResult: ({ n, sum: total }) => total / n,
    merge: (a, b) => ({ n: a.n + b.n, sum: a.sum + b.sum }),
  },
});
const collected = new AggregatingStateDescriptor('collected', {
  type: list(int32),
  aggregate: {
    createAccumulator: (): number[] => [],
    add: (value: number, accumulator) => {
      accumulator.push(value);
      return accumulator;
    },
    getResult: (accumulator) => accumulator,
    merge: (a, b) => [...a, ...b],
  },
});

/** Cases about reducing, aggregating and folding state. */
export const accumulatingStateCases: readonly StateBackendCase[] = [
  {
    id: 'REDUCE-01',
    title: 'testReducingState: joined texts of several keys, two snapshots, each restored as of its moment',
    async run(harness) {
      const backend = await harness.createKeyed();
      const state = plainState(backend, joined);
      backend.setCurrentKey(1);
      assertEqual(state.get(), undefined, 'before');
      state.add('1');
      backend.setCurrentKey(2);
      assertEqual(state.get(), undefined, 'another key');
      state.add('2');
      const first = await harness.snapshot(backend);
      for (const key of [1, 2, 3]) {
        backend.setCurrentKey(key);
        state.add(`u${key}`);
      }
      const second = await harness.snapshot(backend);
      for (const [handle, expected] of [
        [first, ['1', '2', undefined]],
        [second, ['1,u1', '2,u2', 'u3']],
      ] as const) {
        const restored = await harness.createKeyed({ restore: [handle] });
        const again = plainState(restored, joined);
        for (const key of [1, 2, 3]) {
          restored.setCurrentKey(key);
          assertEqual(again.get(), expected[key - 1], `key ${key} restored`);
        }
      }
    },
  },
  {
    id: 'REDUCE-02',
    title: 'testReducingStateAddAndGet: sums of several keys',
    async run(harness) {
      const backend = await harness.createKeyed<string>({ keySerializer: string });
      const state = plainState(backend, sum);
      backend.setCurrentKey('def');
      assertEqual(state.get(), undefined, 'def before');
      state.add(17);
      state.add(11);
      assertEqual(state.get(), 28, 'def');
      backend.setCurrentKey('abc');
      assertEqual(state.get(), undefined, 'abc before');
      backend.setCurrentKey('def');
      state.clear();
      assertEqual(state.get(), undefined, 'def after clear');
      backend.setCurrentKey('g');
      for (const value of [1, 2, 3, 2, 1]) state.add(value);
      assertEqual(state.get(), 9, 'g');
      state.clear();
      assertEqual(backend.numKeyValueStateEntries(), 0, 'entries');
    },
  },
  {
    id: 'REDUCE-03',
    title: 'testReducingStateDefaultValue: undefined, value, undefined after clear',
    async run(harness) {
      const backend = await harness.createKeyed();
      const state = plainState(backend, joined);
      backend.setCurrentKey(1);
      assertEqual(state.get(), undefined, 'before');
      state.add('Ciao');
      assertEqual(state.get(), 'Ciao', 'after add');
      state.clear();
      assertEqual(state.get(), undefined, 'after clear');
    },
  },
  {
    id: 'REDUCE-04',
    title: 'add(undefined) is the same as clear()',
    async run(harness) {
      const backend = await harness.createKeyed();
      const state = plainState(backend, sum);
      backend.setCurrentKey(1);
      state.add(3);
      state.add(undefined as never);
      assertEqual(state.get(), undefined, 'after add(undefined)');
      assertEqual(backend.numKeyValueStateEntries(), 0, 'entries');
    },
  },
  {
    id: 'REDUCE-05',
    title: 'values are copied in and out, also those that the reduce function returns as they are',
    async run(harness) {
      const box = struct({ n: int32 });
      const larger = new ReducingStateDescriptor('larger', { type: box, reduce: (a, b) => (b.n > a.n ? b : a) });
      const backend = await harness.createKeyed();
      const state = plainState(backend, larger);
      backend.setCurrentKey(1);
      const [first, second] = [{ n: 1 }, { n: 2 }];
      state.add(first);
      first.n = 100;
      state.add(second);
      second.n = 100;
      const read = state.get() as { n: number };
      assertEqual(read, { n: 2 }, 'the larger');
      read.n = 100;
      assertEqual(state.get(), { n: 2 }, 'after the reader changed its copy');
    },
  },
  {
    id: 'AGGREGATE-01',
    title: 'testAggregatingStateAddAndGet: the result of the accumulator, under each key',
    async run(harness) {
      const backend = await harness.createKeyed();
      const state = plainState(backend, average);
      backend.setCurrentKey(1);
      assertEqual(state.get(), undefined, 'before');
      state.add(17);
      state.add(11);
      assertEqual(state.get(), 14, 'the average');
      backend.setCurrentKey(2);
      assertEqual(state.get(), undefined, 'another key');
      state.add(1);
      const restored = await harness.restart(backend);
      const again = plainState(restored, average);
      restored.setCurrentKey(1);
      assertEqual(again.get(), 14, 'restored');
      again.add(2);
      assertEqual(again.get(), 10, 'restored and added to');
      again.clear();
      restored.setCurrentKey(2);
      again.clear();
      assertEqual(restored.numKeyValueStateEntries(), 0, 'entries');
    },
  },
  {
    id: 'AGGREGATE-02',
    title: 'an accumulator that is changed in place is in a snapshot as of the freeze',
    async run(harness) {
      const backend = await harness.createKeyed();
      const state = plainState(backend, collected);
      for (let key = 0; key < 50; key++) {
        backend.setCurrentKey(key);
        state.add(key);
      }
      const view = backend.snapshot(harness.snapshotContext());
      for (let key = 0; key < 50; key++) {
        backend.setCurrentKey(key);
        state.add(-1);
        state.add(-2);
      }
      const handle = (await view.write()).jobManagerOwned;
      const restored = await harness.createKeyed({ restore: [handle] });
      const again = plainState(restored, collected);
      for (let key = 0; key < 50; key++) {
        restored.setCurrentKey(key);
        assertEqual(again.get(), [key], `key ${key} restored`);
        backend.setCurrentKey(key);
        assertEqual(state.get(), [key, -1, -2], `key ${key} live`);
      }
    },
  },
  {
    id: 'AGGREGATE-03',
    title: 'a result that is the accumulator itself is a copy',
    async run(harness) {
      const backend = await harness.createKeyed();
      const state = plainState(backend, collected);
      backend.setCurrentKey(1);
      state.add(1);
      for (let round = 0; round < 3; round++) {
        const result = state.get() as number[];
        assertEqual(result, [1], `round ${round}`);
        result.push(99);
      }
    },
  },
  {
    id: 'FOLD-01',
    title: 'testFoldingState: folds into an accumulator of another type, starting from the initial value',
    async run(harness) {
      const fold = new FoldingStateDescriptor<number, string>('fold', {
        type: string,
        initialValue: 'Fold-Initial:',
        fold: (accumulator, value) => `${accumulator},${value}`,
      });
      const backend = await harness.createKeyed();
      const state = plainState(backend, fold);
      backend.setCurrentKey(1);
      assertEqual(state.get(), undefined, 'before');
      state.add(1);
      backend.setCurrentKey(2);
      assertEqual(state.get(), undefined, 'another key');
      state.add(2);
      state.add(3);
      const restored = await harness.restart(backend);
      const again = plainState(restored, fold);
      restored.setCurrentKey(1);
      assertEqual(again.get(), 'Fold-Initial:,1', 'key 1 restored');
      restored.setCurrentKey(2);
      assertEqual(again.get(), 'Fold-Initial:,2,3', 'key 2 restored');
      again.clear();
      assertEqual(again.get(), undefined, 'after clear');
    },
  },
  {
    id: 'FOLD-02',
    title: 'the initial value is copied for every key',
    async run(harness) {
      const fold = new FoldingStateDescriptor<number, number[]>('fold', {
        type: list(int32),
        initialValue: [0],
        fold: (accumulator, value) => {
          accumulator.push(value);
          return accumulator;
        },
      });
      const backend = await harness.createKeyed();
      const state = plainState(backend, fold);
      for (const key of [1, 2]) {
        backend.setCurrentKey(key);
        state.add(key);
        assertEqual(state.get(), [0, key], `key ${key}`);
      }
    },
  },
];
