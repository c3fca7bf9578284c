// Map state: entries, iterators, what an empty map is.

import { float64, int32, MapStateDescriptor, nullable, string, struct, tuple } from '@tidemark/state-core';
import { VOID_NAMESPACE } from '@tidemark/state-core/spi';
import { assertEqual, assertStateError, assertTrue, assertTypeError } from '../conformance/assertions.js';
import type { StateBackendCase } from './state-backend-case.js';
import { plainState } from './state-backend-harness.js';

const counts = new MapStateDescriptor('counts', { key: string, value: int32 });
const squares = new MapStateDescriptor('squares', { key: int32, value: int32 });

/** Cases about map state. */
export const mapStateCases: readonly StateBackendCase[] = [
  {
    id: 'MAP-01',
    title: 'testMapState: put, get, contains, remove and putAll, each under its key',
    async run(harness) {
      const backend = await harness.createKeyed();
      const state = plainState(backend, counts);
      backend.setCurrentKey(1);
      assertEqual(state.get('a'), undefined, 'before');
      state.put('a', 1);
      state.putAll(
        new Map([
          ['b', 2],
          ['c', 3],
        ]),
      );
      assertEqual(
        [...state.entries()].sort(),
        [
          ['a', 1],
          ['b', 2],
          ['c', 3],
        ],
        'entries',
      );
      assertEqual([...state.keys()].sort(), ['a', 'b', 'c'], 'keys');
      assertEqual([...state.values()].sort(), [1, 2, 3], 'values');
      assertTrue(state.contains('b') && !state.contains('x'), 'contains');
      state.remove('b');
      state.remove('b');
      assertEqual(
        [...state].sort(),
        [
          ['a', 1],
          ['c', 3],
        ],
        'after remove',
      );
      state.put('a', 10);
      assertEqual(state.get('a'), 10, 'after another put');
      backend.setCurrentKey(2);
      assertTrue(state.isEmpty(), 'another key has something');
      assertEqual(state.get('a'), undefined, 'another key');
      const restored = await harness.restart(backend);
      const again = plainState(restored, counts);
      restored.setCurrentKey(1);
      assertEqual(
        [...again].sort(),
        [
          ['a', 10],
          ['c', 3],
        ],
        'restored',
      );
      restored.setCurrentKey(2);
      assertTrue(again.isEmpty(), 'another key has something after the restore');
    },
  },
  {
    id: 'MAP-02',
    title: 'testMapStateIsEmpty: not empty from the first put to the last remove',
    async run(harness) {
      const backend = await harness.createKeyed();
      const state = plainState(backend, squares);
      backend.setCurrentKey(1);
      assertTrue(state.isEmpty(), 'not empty before the first put');
      for (let index = 0; index < 1024; index++) {
        state.put(index, index * 2);
        assertTrue(!state.isEmpty(), `empty after put ${index}`);
      }
      for (let index = 0; index < 1024; index++) {
        assertEqual(state.get(index), index * 2, `entry ${index}`);
        assertTrue(!state.isEmpty(), `empty before remove ${index}`);
        state.remove(index);
      }
      assertTrue(state.isEmpty(), 'not empty after the last remove');
      assertEqual(backend.numKeyValueStateEntries(), 0, 'entries');
    },
  },
  {
    id: 'MAP-03',
    title:
      'testMapStateIteratorArbitraryAccess: every entry once; remove() needs an entry, once; looking ahead is harmless',
    async run(harness) {
      const backend = await harness.createKeyed();
      const state = plainState(backend, squares);
      backend.setCurrentKey(1);
      for (let index = 0; index < 4096; index++) state.put(index, index * 2);
      const iterator = state.entries();
      const seen = new Set<number>();
      for (let next = iterator.next(); !next.done; next = iterator.next()) {
        const [key, value] = next.value;
        assertEqual(value, key * 2, `entry ${key}`);
        seen.add(key);
        if (key % 3 !== 0) continue;
        iterator.remove();
        assertStateError(() => iterator.remove(), 'concurrent-modification', 'remove() twice');
      }
      assertEqual(seen.size, 4096, 'entries seen');
      for (let index = 0; index < 4096; index++)
        assertEqual(state.contains(index), index % 3 !== 0, `contains ${index}`);
    },
  },
  {
    id: 'MAP-04',
    title: 'testMapStateIteratorArbitraryAccess: integer map keys come in ascending order',
    requires: ['orderedIteration'],
    async run(harness) {
      const backend = await harness.createKeyed();
      const state = plainState(backend, squares);
      backend.setCurrentKey(1);
      const keys = Array.from({ length: 4096 }, (_, index) => (index * 1237) % 4096);
      for (const key of keys) state.put(key, key);
      assertEqual(
        [...state.keys()],
        keys.sort((a, b) => a - b),
        'keys',
      );
    },
  },
  {
    id: 'MAP-05',
    title: 'testMapStateEntryCompare: an entry equals a plain pair and the entry of another state',
    async run(harness) {
      const backend = await harness.createKeyed();
      const [first, second] = [squares, new MapStateDescriptor('others', { key: int32, value: int32 })].map(
        (descriptor) => plainState(backend, descriptor),
      );
      backend.setCurrentKey(1);
      first?.put(0, 10);
      second?.put(0, 10);
      const entry = first?.entries().next().value;
      assertEqual(entry, [0, 10], 'the entry');
      assertEqual(entry, second?.entries().next().value, 'the entry of another state');
    },
  },
  {
    id: 'MAP-06',
    title: 'testMapStateDefaultValue: entries() of a map without entries is empty, before and after',
    async run(harness) {
      const backend = await harness.createKeyed();
      const state = plainState(backend, counts);
      backend.setCurrentKey(1);
      assertEqual([...state.entries()], [], 'before');
      state.put('Ciao', 1);
      state.put('Bello', 2);
      assertEqual(state.get('Ciao'), 1, 'Ciao');
      assertEqual(state.get('Bello'), 2, 'Bello');
      state.clear();
      assertEqual([...state.entries()], [], 'after clear');
      assertEqual([...state.keys()], [], 'keys after clear');
      assertEqual([...state.values()], [], 'values after clear');
    },
  },
  {
    id: 'MAP-07',
    title: 'testMapStateGetKeys: a key is listed once, however many map keys it has, and no longer after its last',
    async run(harness) {
      const backend = await harness.createKeyed();
      const state = plainState(backend, counts);
      for (let key = 0; key < 100; key++) {
        backend.setCurrentKey(key);
        state.put('a', key);
        state.put('b', key);
      }
      const keys = (): number[] => [...backend.getKeys('counts', VOID_NAMESPACE)].sort((a, b) => a - b);
      assertEqual(
        keys(),
        Array.from({ length: 100 }, (_, key) => key),
        'keys',
      );
      backend.setCurrentKey(7);
      state.remove('a');
      assertTrue(keys().includes(7), 'key 7 has gone with one of two entries');
      state.remove('b');
      assertTrue(!keys().includes(7), 'key 7 is still listed after its last entry');
    },
  },
  {
    id: 'MAP-08',
    title: 'removing the last entry through an iterator leaves nothing either',
    async run(harness) {
      const backend = await harness.createKeyed();
      const state = plainState(backend, counts);
      backend.setCurrentKey(1);
      state.put('a', 1);
      const iterator = state.keys();
      iterator.next();
      iterator.remove();
      assertTrue(state.isEmpty(), 'not empty');
      assertEqual(backend.numKeyValueStateEntries(), 0, 'entries');
      assertEqual(iterator.next().done, true, 'the iterator afterwards');
    },
  },
  {
    id: 'MAP-09',
    title: 'an iterator replaces values and fails when entries came or went by another way',
    async run(harness) {
      const backend = await harness.createKeyed();
      const state = plainState(backend, counts);
      backend.setCurrentKey(1);
      state.putAll([
        ['a', 1],
        ['b', 2],
      ]);
      const writing = state.entries();
      for (let next = writing.next(); !next.done; next = writing.next()) writing.setValue(next.value[1] * 10);
      assertEqual(
        [...state].sort(),
        [
          ['a', 10],
          ['b', 20],
        ],
        'after setValue',
      );

      const overtaken = state.keys();
      overtaken.next();
      state.put('a', 11);
      overtaken.next();
      state.put('c', 3);
      assertStateError(() => overtaken.next(), 'concurrent-modification', 'after put of a new entry');
      const removed = state.keys();
      removed.next();
      state.remove('c');
      assertStateError(() => removed.remove(), 'concurrent-modification', 'after remove by another way');
      assertStateError(() => state.keys().remove(), 'concurrent-modification', 'remove() before next()');
    },
  },
  {
    id: 'MAP-10',
    title: 'an iterator belongs to the key that was current when it was made',
    async run(harness) {
      const backend = await harness.createKeyed();
      const state = plainState(backend, counts);
      backend.setCurrentKey(1);
      state.put('one', 1);
      backend.setCurrentKey(2);
      state.put('two', 2);
      backend.setCurrentKey(1);
      const iterator = state.keys();
      backend.setCurrentKey(2);
      assertEqual([...iterator], ['one'], 'keys');
    },
  },
  {
    id: 'MAP-11',
    title: 'map keys compare by value: structs, tuples, -0 and 0',
    async run(harness) {
      const byStruct = new MapStateDescriptor('by-struct', { key: struct({ a: int32, b: string }), value: int32 });
      const byTuple = new MapStateDescriptor('by-tuple', { key: tuple(int32, int32), value: int32 });
      const byNumber = new MapStateDescriptor('by-number', { key: float64, value: int32 });
      const backend = await harness.createKeyed();
      backend.setCurrentKey(1);
      const structs = plainState(backend, byStruct);
      structs.put({ a: 1, b: 'x' }, 1);
      structs.put({ b: 'x', a: 1 }, 2);
      assertEqual([...structs.values()], [2], 'struct keys');
      const tuples = plainState(backend, byTuple);
      tuples.put([1, 2], 1);
      assertEqual(tuples.get([1, 2]), 1, 'tuple keys');
      const floats = plainState(backend, byNumber);
      floats.put(-0, 1);
      floats.put(Number.NaN, 2);
      assertEqual([floats.get(0), floats.get(Number.NaN)], [1, 2], '-0 and NaN');
      const restored = await harness.restart(backend);
      restored.setCurrentKey(1);
      assertEqual(plainState(restored, byStruct).get({ a: 1, b: 'x' }), 2, 'struct keys after restore');
      assertEqual(plainState(restored, byTuple).get([1, 2]), 1, 'tuple keys after restore');
      assertEqual(plainState(restored, byNumber).get(0), 1, '-0 after restore');
    },
  },
  {
    id: 'MAP-12',
    title: 'undefined is no value; null is one where the type allows it, and counts as present',
    async run(harness) {
      const descriptor = new MapStateDescriptor('maybe', { key: string, value: nullable(int32) });
      const backend = await harness.createKeyed();
      const state = plainState(backend, descriptor);
      backend.setCurrentKey(1);
      assertTypeError(() => state.put('a', undefined as never), 'put(undefined)');
      assertTypeError(
        () =>
          state.putAll([
            ['b', 1],
            ['c', undefined as never],
          ]),
        'putAll with undefined',
      );
      assertTrue(state.isEmpty(), 'a refused call left something');
      state.put('a', null);
      assertTrue(state.contains('a'), 'null does not count as present');
      assertEqual(state.get('a'), null, 'null');
    },
  },
  {
    id: 'MAP-13',
    title: 'values and map keys are copied in and out',
    async run(harness) {
      const box = struct({ n: int32 });
      const backend = await harness.createKeyed();
      const state = plainState(backend, new MapStateDescriptor('boxes', { key: box, value: box }));
      backend.setCurrentKey(1);
      const [key, value] = [{ n: 1 }, { n: 1 }];
      state.put(key, value);
      key.n = 2;
      value.n = 2;
      for (const [gotKey, gotValue] of state) {
        assertEqual([gotKey, gotValue], [{ n: 1 }, { n: 1 }], 'the entry');
        gotKey.n = 3;
        gotValue.n = 3;
      }
      (state.get({ n: 1 }) as { n: number }).n = 4;
      assertEqual([...state], [[{ n: 1 }, { n: 1 }]], 'after readers changed their copies');
    },
  },
];
