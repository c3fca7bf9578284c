// Figures: entries, latencies and sizes of state calls, as plain numbers by name.

import {
  AggregatingStateDescriptor,
  type Clock,
  FoldingStateDescriptor,
  float64,
  int32,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  string,
  ValueStateDescriptor,
} from '@tidemark/state-core';
import { serializeKeyToBytes } from '@tidemark/state-core/spi';
import { assertEqual, assertTrue, thrownBy } from '../conformance/assertions.js';
import { EvolvingSerializer } from '../serializers/evolving-serializer.js';
import { neverIdle } from './never-idle.js';
import type { StateBackendCase } from './state-backend-case.js';
import { plainState, type StateBackendHarness } from './state-backend-harness.js';

const EVERY_LATENCY = {
  'state.latency-track.keyed-state-enabled': true,
  'state.latency-track.sample-interval': 1,
};
const EVERY_SIZE = { 'state.size-track.keyed-state-enabled': true, 'state.size-track.sample-interval': 1 };

/** A clock on which a microsecond passes whenever somebody looks. */
function tickingClock(): Clock {
  let ticks = 0;
  return { nowMs: () => 0, monotonicMs: () => ++ticks / 1000 };
}

const numbers = new ValueStateDescriptor('numbers', { type: float64 });
const texts = new ListStateDescriptor('texts', { type: string });
const ages = new MapStateDescriptor('ages', { key: string, value: int32 });
const sums = new ReducingStateDescriptor('sums', { type: float64, reduce: (a, b) => a + b });
const counts = new AggregatingStateDescriptor('counts', {
  type: int32,
  aggregate: {
    createAccumulator: () => 0,
    add: (_value: string, count: number) => count + 1,
    getResult: (count: number) => `${count} values`,
    merge: (a: number, b: number) => a + b,
  },
});
const folded = new FoldingStateDescriptor('folded', {
  type: string,
  initialValue: '',
  fold: (all: string, value: string) => all + value,
});

type Backend = Awaited<ReturnType<StateBackendHarness['createKeyed']>>;

/** Uses every call of every sort of state once. */
function useEverything(backend: Backend): void {
  backend.setCurrentKey(1);
  const value = plainState(backend, numbers);
  value.update(1.5);
  value.value();
  value.clear();
  const list = plainState(backend, texts);
  list.add('a');
  list.addAll(new Set(['b', 'c']));
  assertEqual([...list.get()], ['a', 'b', 'c'], 'a tracked list');
  list.update(['d']);
  list.clear();
  const map = plainState(backend, ages);
  map.put('x', 1);
  map.putAll(new Map([['y', 2]]));
  map.get('x');
  map.contains('x');
  map.isEmpty();
  assertEqual([...map].length + [...map.entries()].length + [...map.keys()].length, 6, 'entries of a tracked map');
  const iterator = map.values();
  iterator.next();
  iterator.setValue(3);
  iterator.remove();
  map.remove('y');
  map.clear();
  const sum = plainState(backend, sums);
  sum.add(1);
  sum.get();
  sum.clear();
  const count = plainState(backend, counts);
  count.add('a');
  assertEqual(count.get(), '1 values', 'a tracked aggregation');
  count.clear();
  const fold = plainState(backend, folded);
  fold.add('a');
  fold.get();
  fold.clear();
}

const CALLS: Readonly<Record<string, readonly string[]>> = {
  numbers: ['valueStateGet', 'valueStateUpdate', 'stateClear'],
  texts: ['listStateGet', 'listStateAdd', 'listStateAddAll', 'listStateUpdate', 'stateClear'],
  ages: [
    'mapStateGet',
    'mapStatePut',
    'mapStatePutAll',
    'mapStateRemove',
    'mapStateContains',
    'mapStateIsEmpty',
    'mapStateEntriesInit',
    'mapStateKeysInit',
    'mapStateValuesInit',
    'mapStateIteratorInit',
    'mapStateIteratorRemove',
    'stateClear',
  ],
  sums: ['reducingStateGet', 'reducingStateAdd', 'stateClear'],
  counts: ['aggregatingStateGet', 'aggregatingStateAdd', 'stateClear'],
  folded: ['foldingStateGet', 'foldingStateAdd', 'stateClear'],
};

/** Cases about figures. */
export const figuresCases: readonly StateBackendCase[] = [
  {
    id: 'FIGURES-01',
    title: 'testEnableStateLatencyTracking: a backend that was told to track says so, and no other',
    async run(harness) {
      const tracking = await harness.createKeyed({ config: { 'state.latency-track.keyed-state-enabled': true } });
      assertEqual(tracking.metrics()['latencySampleInterval'], 100, 'the sample interval');
      assertEqual(tracking.metrics()['sizeSampleInterval'], undefined, 'sizes, which nobody asked for');
      const plain = await harness.createKeyed();
      useEverything(plain);
      const names = Object.keys(plain.metrics()).filter((name) => /Latency|Size|Interval/.test(name));
      assertEqual(names, [], 'figures without tracking');
    },
  },
  {
    id: 'FIGURES-02',
    title:
      'every call of every sort of state has a latency, by the names of Flink; an interval of 1 measures every call',
    async run(harness) {
      const backend = await harness.createKeyed({ config: EVERY_LATENCY, clock: tickingClock(), scheduler: neverIdle });
      useEverything(backend);
      const metrics = backend.metrics();
      for (const [stateName, calls] of Object.entries(CALLS)) {
        for (const call of calls) {
          const figure = `${stateName}.${call}Latency`;
          assertEqual(metrics[`${figure}.count`], 1, `${figure}.count`);
          for (const part of ['p50', 'p95', 'p99', 'max']) {
            // At least the microsecond that passes between two looks at the clock, in nanoseconds.
            assertTrue((metrics[`${figure}.${part}`] as number) >= 1000, `${figure}.${part} is ${metrics[figure]}`);
          }
        }
      }
      // Three walks over two entries and one step: each walk also asks for the end.
      assertEqual(metrics['ages.mapStateIteratorNextLatency.count'], 10, 'steps of iterators');
    },
  },
  {
    id: 'FIGURES-03',
    title: 'every N-th call is measured, counted for each state and each call on its own',
    async run(harness) {
      const config = { ...EVERY_LATENCY, 'state.latency-track.sample-interval': 3 };
      const backend = await harness.createKeyed({ config });
      const other = new ValueStateDescriptor('other', { type: float64 });
      backend.setCurrentKey(1);
      for (let call = 1; call <= 7; call++) {
        plainState(backend, numbers).update(call);
        if (call <= 2) plainState(backend, other).update(call);
        if (call <= 3) plainState(backend, numbers).value();
      }
      const metrics = backend.metrics();
      assertEqual(metrics['numbers.valueStateUpdateLatency.count'], 2, 'of seven updates');
      assertEqual(metrics['numbers.valueStateGetLatency.count'], 1, 'of three reads');
      assertEqual(metrics['other.valueStateUpdateLatency.count'], undefined, 'of two updates');
    },
  },
  {
    id: 'FIGURES-04',
    title: 'sizes are those of the serialized key with its namespace and map key, and of the value',
    async run(harness) {
      const backend = await harness.createKeyed({ config: EVERY_SIZE });
      useEverything(backend);
      backend.getPartitionedState('space', string, new ValueStateDescriptor('spaced', { type: float64 })).update(1);
      const metrics = backend.metrics();
      const key = serializeKeyToBytes(int32, 1).length;
      const expected = {
        'numbers.valueStateUpdateKeySize': key,
        'numbers.valueStateUpdateValueSize': 8,
        'numbers.valueStateGetValueSize': 8,
        'texts.listStateAddValueSize': 2,
        'texts.listStateAddAllValueSize': 4,
        'texts.listStateGetValueSize': 6,
        'ages.mapStatePutKeySize': key + serializeKeyToBytes(string, 'x').length,
        'ages.mapStatePutValueSize': 4,
        'ages.mapStatePutAllValueSize': 4,
        'ages.mapStateContainsKeySize': key + serializeKeyToBytes(string, 'x').length,
        'sums.reducingStateAddValueSize': 8,
        'counts.aggregatingStateGetValueSize': 4,
        'folded.foldingStateAddValueSize': 2,
        'spaced.valueStateUpdateKeySize': key + serializeKeyToBytes(string, 'space').length,
      };
      for (const [figure, bytes] of Object.entries(expected)) {
        assertEqual([metrics[`${figure}.count`], metrics[`${figure}.max`]], [1, bytes], figure);
      }
      assertEqual(metrics['sizeSampleInterval'], 1, 'the sample interval');
    },
  },
  {
    id: 'FIGURES-05',
    title: 'states may share their figures',
    async run(harness) {
      const config = { ...EVERY_LATENCY, 'state.latency-track.state-name-as-variable': false };
      const backend = await harness.createKeyed({ config });
      backend.setCurrentKey(1);
      plainState(backend, numbers).update(1);
      plainState(backend, new ValueStateDescriptor('other', { type: float64 })).update(1);
      const metrics = backend.metrics();
      assertEqual(metrics['valueStateUpdateLatency.count'], 2, 'of both states');
      assertEqual(metrics['numbers.valueStateUpdateLatency.count'], undefined, 'of one state');
    },
  },
  {
    id: 'FIGURES-06',
    title: 'only the last samples count for the distribution, all for the count; tracking changes no outcome',
    async run(harness) {
      const config = { ...EVERY_LATENCY, ...EVERY_SIZE, 'state.size-track.history-size': 2 };
      const backend = await harness.createKeyed({ config });
      const state = plainState(backend, new ValueStateDescriptor('text', { type: string }));
      backend.setCurrentKey(1);
      for (const text of ['a long text', 'b', 'cc']) state.update(text);
      const metrics = backend.metrics();
      assertEqual(metrics['text.valueStateUpdateValueSize.count'], 3, 'count');
      assertEqual(metrics['text.valueStateUpdateValueSize.max'], 3, 'max of the last two');
      backend.clearCurrentKey();
      assertTrue(/no-current-key|key/.test(String(thrownBy(() => state.value(), 'without a key'))), 'another error');
      assertEqual(backend.metrics()['text.valueStateGetLatency.count'], undefined, 'a call that failed');
      backend.setCurrentKey(1);
      plainState(backend, ages).put('x', 1);
      const merged = backend.getOrCreateKeyedState(string, new ListStateDescriptor('merged', { type: string }));
      for (const namespace of ['a', 'b']) {
        merged.setCurrentNamespace(namespace);
        merged.add(namespace);
      }
      merged.mergeNamespaces('a', ['b']);
      merged.setCurrentNamespace('a');
      assertEqual([...merged.get()], ['a', 'b'], 'merged namespaces');
      assertEqual(backend.metrics()['merged.listStateMergeNamespacesLatency.count'], 1, 'the merge');
      const restored = await harness.restart(backend, { config });
      restored.setCurrentKey(1);
      assertEqual(
        [
          plainState(restored, new ValueStateDescriptor('text', { type: string })).value(),
          restored.metrics()['entries'],
        ],
        ['cc', 3],
        'a snapshot of tracked states',
      );
    },
  },
  {
    id: 'FIGURES-07',
    title: 'entries are counted by state, without decoding what was restored',
    async run(harness) {
      const type = new EvolvingSerializer('original');
      const evolving = new ValueStateDescriptor('evolving', { type });
      const backend = await harness.createKeyed();
      assertEqual(backend.metrics()['entries'], 0, 'entries of an empty backend');
      for (let key = 0; key < 30; key++) {
        backend.setCurrentKey(key);
        plainState(backend, evolving).update(`v${key}`);
        if (key < 10) plainState(backend, ages).put('x', key);
        if (key < 10) plainState(backend, ages).put('y', key);
      }
      const figures = (of: Backend): unknown[] =>
        ['entries', 'evolving.entries', 'ages.entries'].map((name) => of.metrics()[name]);
      assertEqual(figures(backend), [50, 30, 20], 'entries');
      const restored = await harness.restart(backend, { declaredStates: [evolving], scheduler: neverIdle });
      type.decoded = 0;
      assertEqual(figures(restored), [50, 30, 20], 'entries after a restore');
      const state = plainState(restored, evolving);
      assertEqual(figures(restored), [50, 30, 20], 'entries after a registration');
      assertEqual(type.decoded, 0, 'values decoded for it');
      restored.setCurrentKey(3);
      state.clear();
      assertEqual(figures(restored), [49, 29, 20], 'entries after a removal');
    },
  },
];
