// List state: appending, replacing, what is refused, copies.

import { int32, ListStateDescriptor, string, struct } from '@tidemark/state-core';
import { assertEqual, assertTypeError } from '../conformance/assertions.js';
import type { StateBackendCase } from './state-backend-case.js';
import { plainState } from './state-backend-harness.js';

const texts = new ListStateDescriptor('texts', { type: string });
const numbers = new ListStateDescriptor('numbers', { type: int32 });
const missing = undefined as never;

/** Cases about list state. */
export const listStateCases: readonly StateBackendCase[] = [
  {
    id: 'LIST-01',
    title: 'testListState: lists of several keys, two snapshots, each restored as of its moment',
    async run(harness) {
      const backend = await harness.createKeyed();
      const state = plainState(backend, texts);
      backend.setCurrentKey(1);
      assertEqual(state.getInternal(), undefined, 'what is stored before the first element');
      assertEqual([...state.get()], [], 'the elements before the first');
      state.add('1');
      backend.setCurrentKey(2);
      assertEqual([...state.get()], [], 'another key');
      state.update(['2']);
      backend.setCurrentKey(1);
      assertEqual([...state.get()], ['1'], 'the first key');

      const first = await harness.snapshot(backend);
      for (const [key, text] of [
        [1, 'u1'],
        [2, 'u2'],
        [3, 'u3'],
      ] as const) {
        backend.setCurrentKey(key);
        state.add(text);
      }
      const second = await harness.snapshot(backend);
      const expected = [
        { handle: first, lists: [['1'], ['2'], []] },
        { handle: second, lists: [['1', 'u1'], ['2', 'u2'], ['u3']] },
      ];
      for (const { handle, lists } of expected) {
        const restored = await harness.createKeyed({ restore: [handle] });
        const again = plainState(restored, texts);
        for (const [index, list] of lists.entries()) {
          restored.setCurrentKey(index + 1);
          assertEqual([...again.get()], list, `key ${index + 1} restored`);
        }
      }
    },
  },
  {
    id: 'LIST-02',
    title: 'testListStateAddNull: add(undefined) is refused and changes nothing',
    async run(harness) {
      const backend = await harness.createKeyed();
      const state = plainState(backend, numbers);
      backend.setCurrentKey(1);
      state.add(7);
      assertTypeError(() => state.add(missing), 'add(undefined)');
      assertEqual([...state.get()], [7], 'the list');
    },
  },
  {
    id: 'LIST-03',
    title: 'testListStateAddAllNullEntries: addAll with an undefined element adds nothing at all',
    async run(harness) {
      const backend = await harness.createKeyed();
      const state = plainState(backend, numbers);
      backend.setCurrentKey(1);
      state.add(7);
      assertTypeError(() => state.addAll([3, missing, 5]), 'addAll');
      assertEqual([...state.get()], [7], 'the list');
    },
  },
  {
    id: 'LIST-04',
    title: 'testListStateAddAllNull: addAll(undefined) is refused',
    async run(harness) {
      const backend = await harness.createKeyed();
      backend.setCurrentKey(1);
      assertTypeError(() => plainState(backend, numbers).addAll(missing), 'addAll(undefined)');
    },
  },
  {
    id: 'LIST-05',
    title: 'testListStateUpdateNullEntries: update with an undefined element keeps the list that was there',
    async run(harness) {
      const backend = await harness.createKeyed();
      const state = plainState(backend, numbers);
      backend.setCurrentKey(1);
      state.add(7);
      assertTypeError(() => state.update([3, missing, 5]), 'update');
      assertEqual([...state.get()], [7], 'the list');
    },
  },
  {
    id: 'LIST-06',
    title: 'testListStateUpdateNull: update(undefined) is refused',
    async run(harness) {
      const backend = await harness.createKeyed();
      backend.setCurrentKey(1);
      assertTypeError(() => plainState(backend, numbers).update(missing), 'update(undefined)');
    },
  },
  {
    id: 'LIST-07',
    title: 'testListStateAPIs: add, addAll, update and clear over several keys',
    async run(harness) {
      const backend = await harness.createKeyed<string>({ keySerializer: string });
      const state = plainState(backend, numbers);
      const list = (): number[] => [...state.get()];

      backend.setCurrentKey('abc');
      state.add(17);
      state.add(11);
      assertEqual(list(), [17, 11], 'abc after two elements');
      state.update([]);
      assertEqual(state.getInternal(), undefined, 'abc after update([])');
      backend.setCurrentKey('def');
      assertEqual(list(), [], 'def before');
      state.update([10, 16]);
      assertEqual(list(), [10, 16], 'def after update');
      backend.setCurrentKey('abc');
      state.addAll([]);
      assertEqual(state.getInternal(), undefined, 'abc after addAll([])');
      state.addAll([3, 4]);
      state.addAll([]);
      state.addAll([5, 6]);
      assertEqual(list(), [3, 4, 5, 6], 'abc after addAll');
      state.update([1, 2]);
      assertEqual(list(), [1, 2], 'abc after update');
      backend.setCurrentKey('def');
      assertEqual(list(), [10, 16], 'def is untouched');
      state.clear();
      assertEqual(list(), [], 'def after clear');
      backend.setCurrentKey('g');
      state.update([1, 2]);
      for (const element of [3, 2, 1]) state.add(element);
      assertEqual(list(), [1, 2, 3, 2, 1], 'g keeps duplicates and order');
      state.update([5, 6]);
      assertEqual(list(), [5, 6], 'g after update');
      state.clear();
      backend.setCurrentKey('abc');
      state.clear();
      assertEqual(backend.numKeyValueStateEntries(), 0, 'entries after all were cleared');
    },
  },
  {
    id: 'LIST-08',
    title: 'testListStateDefaultValue: empty, filled, empty after clear',
    async run(harness) {
      const backend = await harness.createKeyed();
      const state = plainState(backend, texts);
      backend.setCurrentKey(1);
      assertEqual([...state.get()], [], 'before');
      state.update(['Ciao', 'Bello']);
      assertEqual([...state.get()], ['Ciao', 'Bello'], 'filled');
      state.clear();
      assertEqual([...state.get()], [], 'after clear');
    },
  },
  {
    id: 'LIST-09',
    title: 'elements are copied in and out, the list that was read does not follow later changes',
    async run(harness) {
      const backend = await harness.createKeyed();
      const state = plainState(backend, new ListStateDescriptor('boxes', { type: struct({ n: int32 }) }));
      backend.setCurrentKey(1);
      const given = { n: 1 };
      state.add(given);
      given.n = 2;
      const read = state.get();
      for (const element of read) element.n = 3;
      assertEqual([...state.get()], [{ n: 1 }], 'the list');
      state.add({ n: 4 });
      assertEqual([...read].length, 1, 'the length of what was read before');
    },
  },
  {
    id: 'LIST-10',
    title: 'a list of 3,000 elements is appended to while a snapshot is written, and restored as it was',
    async run(harness) {
      const backend = await harness.createKeyed();
      const state = plainState(backend, numbers);
      backend.setCurrentKey(1);
      const elements = Array.from({ length: 3000 }, (_, index) => index);
      state.update(elements);
      const view = backend.snapshot(harness.snapshotContext());
      state.add(-1);
      const writing = view.write();
      state.addAll([-2, -3]);
      const handle = (await writing).jobManagerOwned;
      assertEqual([...state.get()].slice(3000), [-1, -2, -3], 'the tail of the live list');
      const restored = await harness.createKeyed({ restore: [handle] });
      restored.setCurrentKey(1);
      assertEqual([...plainState(restored, numbers).get()], elements, 'the restored list');
    },
  },
];
