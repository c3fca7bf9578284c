// Object reuse beside snapshots: the program changes in place what it reads, and a snapshot that runs keeps what was.
//
// Every change is made to an object that was read after the freeze: what a program kept from before is its own affair.

import {
  AggregatingStateDescriptor,
  FoldingStateDescriptor,
  int32,
  ListStateDescriptor,
  list,
  MapStateDescriptor,
  ReducingStateDescriptor,
  string,
  struct,
  ValueStateDescriptor,
} from '@tidemark/state-core';
import type { KeyedStateBackend, KeyedStateHandle } from '@tidemark/state-core/spi';
import { assertEqual } from '../conformance/assertions.js';
import type { StateBackendCase } from './state-backend-case.js';
import { plainState, type StateBackendHarness } from './state-backend-harness.js';

/** A value that can be changed in place. */
interface Box {
  n: number;
  parts: number[];
}

const box = struct({ n: int32, parts: list(int32) });
const boxes = new ValueStateDescriptor('boxes', { type: box });
const rows = new ListStateDescriptor('rows', { type: box });
const shelves = new MapStateDescriptor('shelves', { key: string, value: box });

/** All of them change their accumulator in place and give it back. */
const reduced = new ReducingStateDescriptor<Box>('reduced', { type: box, reduce: into });
const aggregated = new AggregatingStateDescriptor<Box, Box, Box>('aggregated', {
  type: box,
  aggregate: {
    createAccumulator: () => boxOf(0),
    add: (value, accumulator) => into(accumulator, value),
    getResult: (accumulator) => accumulator,
    merge: into,
  },
});
const folded = new FoldingStateDescriptor<Box, Box>('folded', { type: box, initialValue: boxOf(0), fold: into });

const KEYS = 40;
const REUSE = { 'state.object-reuse': true };

function boxOf(n: number): Box {
  return { n, parts: [n] };
}

function into(accumulator: Box, value: Box): Box {
  accumulator.n += value.n;
  accumulator.parts.push(value.n);
  return accumulator;
}

/** Changes an object that a state handed out. */
function change(value: Box): Box {
  value.n += 1000;
  value.parts.push(-1);
  return value;
}

function forEachKey(backend: KeyedStateBackend<number>, action: (key: number) => void): void {
  for (let key = 0; key < KEYS; key++) {
    backend.setCurrentKey(key);
    action(key);
  }
}

/** Freezes, changes half of what there is before the writing begins and the rest while it is held up. */
async function snapshotBesides(
  harness: StateBackendHarness,
  backend: KeyedStateBackend<number>,
  changeKey: (key: number) => void,
): Promise<KeyedStateHandle | undefined> {
  const reached = harness.streams.hold();
  const view = backend.snapshot(harness.snapshotContext());
  forEachKey(backend, (key) => {
    if (key % 2 === 0) changeKey(key);
  });
  const writing = view.write();
  await reached;
  forEachKey(backend, (key) => {
    if (key % 2 === 1) changeKey(key);
  });
  harness.streams.letGo();
  return (await writing).jobManagerOwned;
}

/** Cases about object reuse and snapshots. */
export const objectReuseCases: readonly StateBackendCase[] = [
  {
    id: 'SNAPSHOT-12',
    title: 'with state.object-reuse, values, elements and map values that are changed in place are as of the freeze',
    async run(harness) {
      const backend = await harness.createKeyed({ config: REUSE });
      const [value, elements, map] = [
        plainState(backend, boxes),
        plainState(backend, rows),
        plainState(backend, shelves),
      ];
      forEachKey(backend, (key) => {
        value.update(boxOf(key));
        elements.addAll([boxOf(key), boxOf(key + 1)]);
        map.putAll([
          ['a', boxOf(key)],
          ['b', boxOf(key)],
          ['c', boxOf(key)],
        ]);
      });
      const handle = await snapshotBesides(harness, backend, (key) => {
        value.update(change(value.value() as Box));
        elements.update([...elements.get()].map(change));
        map.put('a', change(map.get('a') as Box));
        const walk = map.entries();
        for (const [name, shelf] of walk) if (name === 'b') walk.setValue(change(shelf));
        if (key % 4 === 0) for (const [name, shelf] of map.entries()) if (name === 'c') change(shelf);
      });
      const restored = await harness.createKeyed({ restore: [handle] });
      const [oldValue, oldElements, oldMap] = [
        plainState(restored, boxes),
        plainState(restored, rows),
        plainState(restored, shelves),
      ];
      forEachKey(restored, (key) => {
        assertEqual(oldValue.value(), boxOf(key), `value of key ${key} in the snapshot`);
        assertEqual([...oldElements.get()], [boxOf(key), boxOf(key + 1)], `list of key ${key} in the snapshot`);
        for (const name of ['a', 'b', 'c']) {
          assertEqual(oldMap.get(name), boxOf(key), `map value '${name}' of key ${key} in the snapshot`);
        }
      });
      forEachKey(backend, (key) => {
        const changed = change(boxOf(key));
        assertEqual(value.value(), changed, `value of key ${key} live`);
        assertEqual([...elements.get()], [changed, change(boxOf(key + 1))], `list of key ${key} live`);
        for (const name of ['a', 'b']) assertEqual(map.get(name), changed, `map value '${name}' of key ${key} live`);
      });
    },
  },
  {
    id: 'SNAPSHOT-13',
    title: 'with state.object-reuse, accumulators and results that are changed in place are as of the freeze',
    async run(harness) {
      const backend = await harness.createKeyed({ config: REUSE });
      const states = [reduced, aggregated, folded].map((descriptor) => plainState(backend, descriptor));
      forEachKey(backend, (key) => {
        for (const state of states) {
          state.add(boxOf(key));
          state.add(boxOf(1));
        }
      });
      const atFreeze: unknown[][] = [];
      forEachKey(backend, () => atFreeze.push(states.map((state) => structuredClone(state.get()))));
      const handle = await snapshotBesides(harness, backend, (key) => {
        for (const state of states) {
          // Some read first, some add first: either may be what parts the two.
          if (key % 3 === 0) change(state.get() as Box);
          state.add(boxOf(7));
          state.add(boxOf(8));
          if (key % 3 === 1) change(state.get() as Box);
        }
      });
      const restored = await harness.createKeyed({ restore: [handle] });
      const again = [reduced, aggregated, folded].map((descriptor) => plainState(restored, descriptor));
      forEachKey(restored, (key) => {
        for (const [index, state] of again.entries()) {
          assertEqual(state.get(), atFreeze[key]?.[index], `accumulator ${index} of key ${key} in the snapshot`);
        }
      });
      forEachKey(backend, (key) => {
        if (key % 3 !== 2) return;
        for (const [index, state] of states.entries()) {
          const expected = into(into(structuredClone(atFreeze[key]?.[index]) as Box, boxOf(7)), boxOf(8));
          assertEqual(state.get(), expected, `accumulator ${index} of key ${key} live`);
        }
      });
    },
  },
  {
    id: 'SNAPSHOT-14',
    title: 'with state.object-reuse, an object that was changed in place and given back is in the next increment',
    requires: ['incrementalSnapshots'],
    async run(harness) {
      const backend = await harness.createKeyed({ config: REUSE });
      const [value, map, sum] = [
        plainState(backend, boxes),
        plainState(backend, shelves),
        plainState(backend, reduced),
      ];
      forEachKey(backend, (key) => {
        value.update(boxOf(key));
        map.put('a', boxOf(key));
        sum.add(boxOf(key));
      });
      await harness.snapshot(backend, { checkpointId: 1, sharing: 'forward' });
      const isChanged = (key: number): boolean => key % 5 === 0;
      forEachKey(backend, (key) => {
        if (!isChanged(key)) return;
        value.update(change(value.value() as Box));
        map.put('a', change(map.get('a') as Box));
        sum.add(boxOf(3));
      });
      const second = await harness.snapshot(backend, { checkpointId: 2, sharing: 'forward-backward', base: 1 });
      const restored = await harness.createKeyed({ restore: [second], restoredCheckpointId: 2 });
      const [newValue, newMap, newSum] = [
        plainState(restored, boxes),
        plainState(restored, shelves),
        plainState(restored, reduced),
      ];
      forEachKey(restored, (key) => {
        const expected = isChanged(key) ? change(boxOf(key)) : boxOf(key);
        assertEqual(newValue.value(), expected, `value of key ${key}`);
        assertEqual(newMap.get('a'), expected, `map value of key ${key}`);
        const summed = isChanged(key) ? into(boxOf(key), boxOf(3)) : boxOf(key);
        assertEqual(newSum.get(), summed, `reduced value of key ${key}`);
      });
    },
  },
];
