// Namespaces: the second dimension of keyed state, and merging them.

import {
  AggregatingStateDescriptor,
  int32,
  type KeySerializer,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  type StateDescriptor,
  string,
  struct,
  tuple,
  ValueStateDescriptor,
} from '@tidemark/state-core';
import type { InternalListState, InternalMergingState, KeyedStateBackend } from '@tidemark/state-core/spi';
import { assertEqual, assertTypeError } from '../conformance/assertions.js';
import type { StateBackendCase } from './state-backend-case.js';
import type { StateBackendHarness } from './state-backend-harness.js';

const numbers = new ListStateDescriptor('numbers', { type: int32 });
const sum = new ReducingStateDescriptor('sum', { type: int32, reduce: (a, b) => a + b });
const mutableSum = new AggregatingStateDescriptor('mutable-sum', {
  type: struct({ sum: int32 }),
  aggregate: {
    createAccumulator: () => ({ sum: 0 }),
    add: (value: number, accumulator) => {
      accumulator.sum += value;
      return accumulator;
    },
    getResult: (accumulator) => accumulator.sum,
    merge: (a, b) => {
      a.sum += b.sum;
      return a;
    },
  },
});
const immutableSum = new AggregatingStateDescriptor('immutable-sum', {
  type: int32,
  aggregate: {
    createAccumulator: () => 0,
    add: (value: number, accumulator) => accumulator + value,
    getResult: (accumulator) => accumulator,
    merge: (a, b) => a + b,
  },
});

interface Mergeable {
  setCurrentNamespace(namespace: number): void;
  add(value: number): void;
  mergeNamespaces(target: number, sources: Iterable<number>): void;
  clear(): void;
}

/** The script of Flink's merging tests: which key has which numbers in which namespaces. */
async function runMerging<D extends StateDescriptor>(
  harness: StateBackendHarness,
  descriptor: D,
  read: (state: Mergeable) => unknown,
  merged: unknown,
): Promise<void> {
  const backend = await harness.createKeyed<string>({ keySerializer: string });
  const state = backend.getOrCreateKeyedState(int32, descriptor) as unknown as Mergeable;
  const fill = (key: string, contents: Readonly<Record<number, readonly number[]>>): void => {
    backend.setCurrentKey(key);
    for (const [namespace, values] of Object.entries(contents)) {
      state.setCurrentNamespace(Number(namespace));
      for (const value of values) state.add(value);
    }
  };
  fill('abc', { 1: [33, 55], 2: [22, 11], 3: [44] });
  fill('def', { 1: [11, 44], 3: [22, 55, 33] });
  fill('jkl', { 1: [11, 22, 33, 44, 55] });
  fill('mno', { 3: [11, 22, 33, 44, 55] });
  for (const key of ['abc', 'def', 'ghi', 'jkl', 'mno']) {
    backend.setCurrentKey(key);
    state.setCurrentNamespace(1);
    state.mergeNamespaces(1, [2, 3]);
    state.setCurrentNamespace(1);
    assertEqual(read(state), key === 'ghi' ? read(absent(state)) : merged, key);
  }
  for (const key of ['abc', 'def', 'ghi', 'jkl', 'mno']) {
    backend.setCurrentKey(key);
    state.setCurrentNamespace(1);
    state.clear();
  }
  assertEqual(backend.numKeyValueStateEntries(), 0, 'entries: the sources must be empty');
}

/** The same state in a namespace where nothing is. */
function absent(state: Mergeable): Mergeable {
  state.setCurrentNamespace(99);
  return state;
}

function readSum(state: Mergeable): unknown {
  return (state as unknown as InternalMergingState<string, number, number, number, number>).get();
}

function readSorted(state: Mergeable): unknown {
  return [...(state as unknown as InternalListState<string, number, number>).get()].sort((a, b) => a - b);
}

/** Cases about namespaces. */
export const namespaceCases: readonly StateBackendCase[] = [
  {
    id: 'NAMESPACE-01',
    title: 'values of one key in several namespaces are apart, and are restored apart',
    async run(harness) {
      const descriptor = new ValueStateDescriptor('v', { type: string });
      const backend = await harness.createKeyed();
      const fill = (to: KeyedStateBackend<number>, check: boolean): void => {
        const state = to.getOrCreateKeyedState(string, descriptor);
        for (const key of [1, 2]) {
          for (const namespace of ['x', 'y']) {
            to.setCurrentKey(key);
            state.setCurrentNamespace(namespace);
            if (check) assertEqual(state.value(), `${key}${namespace}`, `key ${key}, namespace ${namespace}`);
            else state.update(`${key}${namespace}`);
          }
        }
      };
      fill(backend, false);
      fill(backend, true);
      assertEqual(backend.numKeyValueStateEntries(), 4, 'entries');
      fill(await harness.restart(backend), true);
    },
  },
  {
    id: 'NAMESPACE-02',
    title: 'testRequireNonNullNamespace: a missing namespace or namespace serializer is refused',
    async run(harness) {
      const descriptor = new ValueStateDescriptor('v', { type: string });
      const backend = await harness.createKeyed();
      const missing = undefined as never;
      assertTypeError(
        () => backend.getPartitionedState(missing, string as KeySerializer<string>, descriptor),
        'no namespace',
      );
      assertTypeError(
        () => backend.getPartitionedState('x', missing, new ValueStateDescriptor('w', { type: string })),
        'no serializer',
      );
      assertTypeError(() => backend.getPartitionedState(missing, missing, descriptor), 'neither');
      backend.setCurrentKey(1);
      const state = backend.getOrCreateKeyedState(string, new ValueStateDescriptor('u', { type: string }));
      assertTypeError(() => state.value(), 'access before a namespace was chosen');
    },
  },
  {
    id: 'NAMESPACE-03',
    title: 'namespaces compare by value: windows as pairs of times',
    async run(harness) {
      const descriptor = new ValueStateDescriptor('v', { type: int32 });
      const backend = await harness.createKeyed();
      const state = backend.getOrCreateKeyedState(tuple(int32, int32), descriptor);
      backend.setCurrentKey(1);
      state.setCurrentNamespace([0, 10]);
      state.update(1);
      state.setCurrentNamespace([10, 20]);
      state.update(2);
      state.setCurrentNamespace([0, 10]);
      assertEqual(state.value(), 1, 'the first window');
      assertEqual([...backend.getKeys('v', [10, 20])], [1], 'the keys of the second window');
      assertEqual(
        [...backend.getKeysAndNamespaces('v')],
        [
          [1, [0, 10]],
          [1, [10, 20]],
        ],
        'keys and windows',
      );
    },
  },
  {
    id: 'NAMESPACE-04',
    title: 'getPartitionedState gives the same object again and moves it to the namespace asked for',
    async run(harness) {
      const descriptor = new ValueStateDescriptor('v', { type: int32 });
      const other = new ValueStateDescriptor('w', { type: int32 });
      const backend = await harness.createKeyed();
      backend.setCurrentKey(1);
      const first = backend.getPartitionedState('x', string, descriptor);
      first.update(1);
      const second = backend.getPartitionedState('y', string, descriptor);
      second.update(2);
      backend.getPartitionedState('x', string, other).update(3);
      assertEqual(first === second, true, 'the same object');
      assertEqual(backend.getPartitionedState('x', string, descriptor).value(), 1, 'namespace x');
      assertEqual(backend.getPartitionedState('y', string, descriptor).value(), 2, 'namespace y');
    },
  },
  {
    id: 'MERGE-01',
    title: 'testListStateMerging: the lists of three namespaces become one',
    run: (harness) => runMerging(harness, numbers, readSorted, [11, 22, 33, 44, 55]),
  },
  {
    id: 'MERGE-02',
    title: 'testReducingStateMergingWithNamespaces: the sums of three namespaces become one',
    run: (harness) => runMerging(harness, sum, readSum, 165),
  },
  {
    id: 'MERGE-03',
    title: 'testAggregatingStateMergingWithMutableAccumulator: accumulators of three namespaces become one',
    run: (harness) => runMerging(harness, mutableSum, readSum, 165),
  },
  {
    id: 'MERGE-04',
    title: 'testAggregatingStateMergingWithImmutableAccumulator: accumulators of three namespaces become one',
    run: (harness) => runMerging(harness, immutableSum, readSum, 165),
  },
  {
    id: 'MERGE-05',
    title: 'merging nothing changes nothing, and a target among the sources takes part once',
    async run(harness) {
      const backend = await harness.createKeyed();
      const state = backend.getOrCreateKeyedState(int32, sum) as unknown as InternalMergingState<
        number,
        number,
        number,
        number,
        number
      >;
      backend.setCurrentKey(1);
      for (const namespace of [1, 2]) {
        state.setCurrentNamespace(namespace);
        state.add(namespace * 10);
      }
      state.setCurrentNamespace(1);
      state.mergeNamespaces(1, []);
      assertEqual(state.get(), 10, 'after merging nothing');
      state.mergeNamespaces(1, [1, 2]);
      assertEqual(state.get(), 30, 'with the target among the sources');
      state.setCurrentNamespace(2);
      assertEqual(state.get(), undefined, 'the source');
    },
  },
  {
    id: 'MERGE-06',
    title: 'merging keeps the order of lists: the target first, then the sources as given',
    async run(harness) {
      const backend = await harness.createKeyed();
      const state = backend.getOrCreateKeyedState(int32, numbers);
      backend.setCurrentKey(1);
      for (const namespace of [1, 2, 3]) {
        state.setCurrentNamespace(namespace);
        state.addAll([namespace * 10, namespace * 10 + 1]);
      }
      (state as unknown as InternalListState<number, number, number>).mergeNamespaces(1, [3, 2]);
      state.setCurrentNamespace(1);
      assertEqual([...state.get()], [10, 11, 30, 31, 20, 21], 'the list');
    },
  },
  {
    id: 'MERGE-07',
    title: 'merging while a snapshot is written leaves the snapshot as of the freeze',
    async run(harness) {
      const backend = await harness.createKeyed();
      const merging = (
        from: KeyedStateBackend<number>,
      ): InternalMergingState<number, number, number, unknown, number> =>
        from.getOrCreateKeyedState(int32, mutableSum) as never;
      const state = merging(backend);
      backend.setCurrentKey(1);
      for (const namespace of [1, 2]) {
        state.setCurrentNamespace(namespace);
        state.add(namespace);
      }
      const view = backend.snapshot(harness.snapshotContext());
      state.mergeNamespaces(1, [2]);
      state.setCurrentNamespace(1);
      state.add(100);
      const restored = await harness.createKeyed({ restore: [(await view.write()).jobManagerOwned] });
      const again = merging(restored);
      restored.setCurrentKey(1);
      for (const namespace of [1, 2]) {
        again.setCurrentNamespace(namespace);
        assertEqual(again.get(), namespace, `namespace ${namespace}`);
      }
    },
  },
  {
    id: 'NAMESPACE-05',
    title: 'testMapStateGetKeysAndNamespaces: every pair of key and namespace once',
    async run(harness) {
      const descriptor = new MapStateDescriptor('m', { key: string, value: int32 });
      const backend = await harness.createKeyed();
      const state = backend.getOrCreateKeyedState(string, descriptor);
      for (let key = 0; key < 1000; key++) {
        backend.setCurrentKey(key);
        for (const namespace of ['ns1', 'ns2']) {
          state.setCurrentNamespace(namespace);
          state.put('a', 1);
          state.put('b', 2);
        }
      }
      const pairs = [...backend.getKeysAndNamespaces<string>('m')].map(([key, namespace]) => `${key}/${namespace}`);
      assertEqual(pairs.length, 2000, 'pairs');
      assertEqual(new Set(pairs).size, 2000, 'different pairs');
    },
  },
];
