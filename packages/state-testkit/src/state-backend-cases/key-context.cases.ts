// The current key: choosing, leaving, what it compares by, who is told, walks over all keys.

import {
  bytes,
  date,
  float64,
  int32,
  int64,
  KeyGroupRange,
  type KeySerializer,
  ListStateDescriptor,
  MapStateDescriptor,
  safeInteger,
  string,
  struct,
  tuple,
  ValueStateDescriptor,
} from '@tidemark/state-core';
import { VOID_NAMESPACE, voidNamespaceSerializer } from '@tidemark/state-core/spi';
import { assertEqual, assertStateError, assertTrue, assertTypeError } from '../conformance/assertions.js';
import type { StateBackendCase } from './state-backend-case.js';
import { plainState, type StateBackendHarness } from './state-backend-harness.js';

const text = new ValueStateDescriptor('text', { type: string });

async function keysCompareByValue<K>(
  harness: StateBackendHarness,
  keySerializer: KeySerializer<K>,
  pairs: readonly (readonly [K, K])[],
): Promise<void> {
  const descriptor = new ValueStateDescriptor('n', { type: int32 });
  const backend = await harness.createKeyed<K>({ keySerializer, numberOfKeyGroups: 128 });
  const state = plainState(backend, descriptor);
  for (const [index, [key]] of pairs.entries()) {
    backend.setCurrentKey(key);
    assertEqual(state.value(), undefined, `${keySerializer.typeName} key ${index} before`);
    state.update(index);
  }
  const restored = await harness.restart(backend);
  const again = plainState(restored, descriptor);
  for (const [index, [, equalKey]] of pairs.entries()) {
    restored.setCurrentKey(equalKey);
    assertEqual(again.value(), index, `${keySerializer.typeName} key ${index} by an equal key after the restore`);
  }
  assertEqual(restored.numKeyValueStateEntries(), pairs.length, `${keySerializer.typeName} entries`);
}

/** Cases about the current key. */
export const keyContextCases: readonly StateBackendCase[] = [
  {
    id: 'KSB-KEY-01',
    title: 'keys of every type compare by value, also after a restore',
    async run(harness) {
      await keysCompareByValue(harness, int32, [
        [1, 1],
        [-1, -1],
        [0, -0],
      ]);
      await keysCompareByValue(harness, safeInteger, [
        [2 ** 40, 2 ** 40],
        [-(2 ** 52), -(2 ** 52)],
      ]);
      await keysCompareByValue(harness, int64, [
        [1n, 1n],
        [-(2n ** 63n), -(2n ** 63n)],
      ]);
      await keysCompareByValue(harness, float64, [
        [-0, 0],
        [Number.NaN, Number.NaN],
        [1.5, 1.5],
      ]);
      await keysCompareByValue(harness, string, [
        ['', ''],
        ['a', 'a'],
        ['\ud800', '\ud800'],
        ['你好', '你好'],
        ['a\u0000b', 'a\u0000b'],
      ]);
      await keysCompareByValue(harness, bytes, [
        [Uint8Array.of(1, 2), Uint8Array.of(1, 2)],
        [Uint8Array.of(), Uint8Array.of()],
      ]);
      await keysCompareByValue(harness, date, [
        [new Date(5), new Date(5)],
        [new Date(-5), new Date(-5)],
      ]);
      await keysCompareByValue(harness, struct({ a: int32, b: string }), [
        [
          { a: 1, b: 'x' },
          { b: 'x', a: 1 },
        ],
        [
          { a: 1, b: 'y' },
          { a: 1, b: 'y' },
        ],
      ]);
      await keysCompareByValue(harness, tuple(string, int32), [
        [
          ['a', 1],
          ['a', 1],
        ],
        [
          ['a1', 1],
          ['a1', 1],
        ],
      ]);
    },
  },
  {
    id: 'KEY-01',
    title: 'access without a key throws and says what to call',
    async run(harness) {
      const backend = await harness.createKeyed();
      const state = plainState(backend, text);
      assertStateError(() => state.value(), 'no-current-key', 'value()', ['setCurrentKey']);
      assertStateError(() => state.update('a'), 'no-current-key', 'update()');
      assertStateError(() => state.clear(), 'no-current-key', 'clear()');
      assertStateError(() => backend.getCurrentKeyGroup(), 'no-current-key', 'getCurrentKeyGroup()');
      backend.setCurrentKey(1);
      state.update('a');
      backend.clearCurrentKey();
      assertEqual(backend.getCurrentKey(), undefined, 'the key after clearCurrentKey');
      assertStateError(() => state.value(), 'no-current-key', 'value() after clearCurrentKey');
    },
  },
  {
    id: 'KEY-02',
    title: 'a key of another subtask is refused with its key group and the range',
    async run(harness) {
      const backend = await harness.createKeyed<string>({
        keySerializer: string,
        numberOfKeyGroups: 10,
        keyGroupRange: KeyGroupRange.of(0, 4),
      });
      // "5" is in key group 1, "9" in key group 8 of 10.
      backend.setCurrentKey('5');
      assertEqual(backend.getCurrentKeyGroup(), 1, 'the key group of "5"');
      assertStateError(() => backend.setCurrentKey('9'), 'key-group-out-of-range', 'setCurrentKey("9")', [
        '8',
        '[0, 4]',
      ]);
      assertEqual(backend.getCurrentKey(), '5', 'the key afterwards');
      assertTypeError(() => backend.setCurrentKey(undefined as never), 'setCurrentKey(undefined)');
      assertTypeError(() => backend.setCurrentKey(null as never), 'setCurrentKey(null)');
    },
  },
  {
    id: 'KEY-03',
    title: 'listeners hear of every key until they are taken away',
    async run(harness) {
      const backend = await harness.createKeyed();
      const heard: number[] = [];
      const listener = (key: number): void => void heard.push(key);
      backend.registerKeySelectionListener(listener);
      backend.setCurrentKey(1);
      backend.setCurrentKey(2);
      assertTrue(backend.deregisterKeySelectionListener(listener), 'the listener was not there');
      assertTrue(!backend.deregisterKeySelectionListener(listener), 'the listener was there twice');
      backend.setCurrentKey(3);
      assertEqual(heard, [1, 2], 'keys heard of');
    },
  },
  {
    id: 'KEY-04',
    title: 'testNumStateEntries: an update counts once, a clear takes the entry away',
    async run(harness) {
      const backend = await harness.createKeyed();
      const state = plainState(backend, text);
      assertEqual(backend.numKeyValueStateEntries(), 0, 'before');
      backend.setCurrentKey(0);
      state.update('hello');
      state.update('ciao');
      assertEqual(backend.numKeyValueStateEntries(), 1, 'after two updates of a key');
      backend.setCurrentKey(42);
      state.update('foo');
      assertEqual(backend.numKeyValueStateEntries(), 2, 'with another key');
      backend.setCurrentKey(0);
      state.clear();
      assertEqual(backend.numKeyValueStateEntries(), 1, 'after one clear');
      backend.setCurrentKey(42);
      state.clear();
      assertEqual(backend.numKeyValueStateEntries(), 0, 'after both');
    },
  },
  {
    id: 'KEY-05',
    title:
      'testConcurrentModificationWithApplyToAllKeys: the function may read, clear and add under the keys it is given',
    async run(harness) {
      const descriptor = new ListStateDescriptor('list', { type: string });
      const backend = await harness.createKeyed();
      const state = plainState(backend, descriptor);
      for (let key = 0; key < 100; key++) {
        backend.setCurrentKey(key);
        state.add(`Hello${key}`);
      }
      backend.setCurrentKey(5);
      let calls = 0;
      backend.applyToAllKeys(VOID_NAMESPACE, voidNamespaceSerializer, descriptor, (key, applied) => {
        calls++;
        assertEqual(backend.getCurrentKey(), key, 'the current key inside');
        assertEqual([...applied.get()], [`Hello${key}`], `key ${key} read`);
        applied.clear();
        assertEqual([...applied.get()], [], `key ${key} cleared`);
        applied.add(`Hello_${key}`);
      });
      assertEqual(calls, 100, 'calls');
      assertEqual(backend.getCurrentKey(), 5, 'the current key afterwards');
      for (let key = 0; key < 100; key++) {
        backend.setCurrentKey(key);
        assertEqual([...state.get()], [`Hello_${key}`], `key ${key}`);
      }
    },
  },
  {
    id: 'KEY-06',
    title: 'testApplyToAllKeysLambdaFunction: every key with its state, also right after a restore',
    async run(harness) {
      const descriptor = new ValueStateDescriptor('greeting', { type: string });
      const backend = await harness.createKeyed();
      const state = plainState(backend, descriptor);
      for (let key = 0; key < 100; key++) {
        backend.setCurrentKey(key);
        state.update(`Hello${key}`);
      }
      const restored = await harness.restart(backend);
      const seen: number[] = [];
      restored.applyToAllKeys(VOID_NAMESPACE, voidNamespaceSerializer, descriptor, (key, applied) => {
        assertEqual(applied.value(), `Hello${key}`, `key ${key}`);
        seen.push(key);
      });
      assertEqual(
        seen.sort((a, b) => a - b),
        Array.from({ length: 100 }, (_, key) => key),
        'keys',
      );
      assertEqual(restored.getCurrentKey(), undefined, 'the current key afterwards');
    },
  },
  {
    id: 'KEY-07',
    title: 'getKeys lists the keys of a state, nothing for an unknown one, and fails when keys come or go meanwhile',
    async run(harness) {
      const backend = await harness.createKeyed();
      const state = plainState(backend, text);
      for (const key of [3, 1, 2]) {
        backend.setCurrentKey(key);
        state.update('x');
      }
      assertEqual([...backend.getKeys('text', VOID_NAMESPACE)].sort(), [1, 2, 3], 'keys');
      assertEqual([...backend.getKeys('nobody', VOID_NAMESPACE)], [], 'keys of an unknown state');
      assertEqual([...backend.getKeysAndNamespaces('nobody')], [], 'keys and namespaces of an unknown state');
      const walk = (): void => {
        for (const key of backend.getKeys('text', VOID_NAMESPACE)) {
          backend.setCurrentKey(key);
          state.clear();
          backend.setCurrentKey(key + 1000);
          state.update('y');
        }
      };
      assertStateError(walk, 'concurrent-modification', 'changing keys while walking');
    },
  },
  {
    id: 'KEY-08',
    title: 'a key object may be changed after it was used: the state keeps its own',
    async run(harness) {
      const backend = await harness.createKeyed({ keySerializer: struct({ id: int32 }) });
      const values = plainState(backend, text);
      const maps = plainState(backend, new MapStateDescriptor('map', { key: string, value: int32 }));
      const key = { id: 1 };
      backend.setCurrentKey(key);
      values.update('one');
      maps.put('a', 1);
      key.id = 2;
      assertEqual([...backend.getKeys('text', VOID_NAMESPACE)], [{ id: 1 }], 'keys of the value state');
      for (const listed of backend.getKeys('map', VOID_NAMESPACE)) listed.id = 3;
      assertEqual([...backend.getKeys('map', VOID_NAMESPACE)], [{ id: 1 }], 'keys of the map state');
      backend.setCurrentKey({ id: 1 });
      assertEqual(values.value(), 'one', 'the value under an equal key');
    },
  },
];
