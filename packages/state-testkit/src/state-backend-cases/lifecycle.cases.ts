// Registration of states, close, and use after it.

import {
  FoldingStateDescriptor,
  int32,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  string,
  struct,
  ValueStateDescriptor,
} from '@tidemark/state-core';
import { VOID_NAMESPACE, voidNamespaceSerializer } from '@tidemark/state-core/spi';
import { assertEqual, assertRejects, assertStateError, assertTrue } from '../conformance/assertions.js';
import type { StateBackendCase } from './state-backend-case.js';
import { plainState } from './state-backend-harness.js';

const numbers = new ValueStateDescriptor('numbers', { type: int32 });

/** Cases about registration and close. */
export const lifecycleCases: readonly StateBackendCase[] = [
  {
    id: 'REGISTER-01',
    title: 'the same name gives the same state; another sort under the name is refused with both sorts',
    async run(harness) {
      const backend = await harness.createKeyed();
      const state = plainState(backend, numbers);
      assertTrue(plainState(backend, numbers) === state, 'the same descriptor gave another object');
      assertTrue(
        plainState(backend, new ValueStateDescriptor('numbers', { type: int32 })) === state,
        'an equal descriptor gave another object',
      );
      assertStateError(
        () => plainState(backend, new ListStateDescriptor('numbers', { type: int32 })),
        'state-already-registered',
        'list',
        ['value', 'list'],
      );
      assertStateError(
        () =>
          backend.getPartitionedState(
            VOID_NAMESPACE,
            voidNamespaceSerializer,
            new MapStateDescriptor('numbers', { key: int32, value: int32 }),
          ),
        'state-already-registered',
        'map through getPartitionedState',
      );
    },
  },
  {
    id: 'REGISTER-02',
    title: 'asking again with a new function or default value takes the new one',
    async run(harness) {
      const backend = await harness.createKeyed();
      backend.setCurrentKey(1);
      const value = plainState(backend, new ValueStateDescriptor('v', { type: int32, defaultValue: 1 }));
      assertEqual(value.value(), 1, 'the first default');
      plainState(backend, new ValueStateDescriptor('v', { type: int32, defaultValue: 2 }));
      assertEqual(value.value(), 2, 'the second default');
      const reducing = plainState(backend, new ReducingStateDescriptor('r', { type: int32, reduce: (a, b) => a + b }));
      reducing.add(2);
      plainState(backend, new ReducingStateDescriptor('r', { type: int32, reduce: (a, b) => a * b }));
      reducing.add(5);
      assertEqual(reducing.get(), 10, 'the product');
    },
  },
  {
    id: 'REGISTER-03',
    title: 'a state in use keeps its types: other value, map key or namespace types are refused',
    async run(harness) {
      const backend = await harness.createKeyed();
      plainState(backend, numbers);
      plainState(backend, new MapStateDescriptor('m', { key: string, value: int32 }));
      assertStateError(
        () => plainState(backend, new ValueStateDescriptor('numbers', { type: string })),
        'value-serializer-incompatible',
        'value',
      );
      assertStateError(
        () => plainState(backend, new MapStateDescriptor('m', { key: int32, value: int32 })),
        'value-serializer-incompatible',
        'map key',
      );
      assertStateError(
        () => backend.getOrCreateKeyedState(string, numbers),
        'namespace-serializer-incompatible',
        'namespace',
        ['string'],
      );
    },
  },
  {
    id: 'REGISTER-04',
    title: 'two declared states of different sorts under one name are refused',
    async run(harness) {
      await assertRejects(
        harness.createKeyed({ declaredStates: [numbers, new ListStateDescriptor('numbers', { type: int32 })] }),
        'state-already-registered',
        'creation',
      );
    },
  },
  {
    id: 'CLOSE-01',
    title: 'after close every use says so; closing twice is harmless',
    async run(harness) {
      const backend = await harness.createKeyed();
      const state = plainState(backend, numbers);
      const map = plainState(backend, new MapStateDescriptor('m', { key: string, value: int32 }));
      const fold = plainState(
        backend,
        new FoldingStateDescriptor<number, number>('f', { type: int32, initialValue: 0, fold: (a, b) => a + b }),
      );
      backend.setCurrentKey(1);
      state.update(1);
      await Promise.all([backend.close(), backend.close()]);
      await backend.close();
      for (const [what, use] of Object.entries({
        'value()': () => state.value(),
        'update()': () => state.update(2),
        'clear()': () => state.clear(),
        'map get()': () => map.get('a'),
        'fold add()': () => fold.add(1),
        'setCurrentKey()': () => backend.setCurrentKey(1),
        'getOrCreateKeyedState()': () => plainState(backend, numbers),
        'snapshot()': () => backend.snapshot(harness.snapshotContext()),
        'getKeys()': () => [...backend.getKeys('numbers', VOID_NAMESPACE)],
      })) {
        assertStateError(use, 'backend-closed', what);
      }
      await backend[Symbol.asyncDispose]();
    },
  },
  {
    id: 'METRICS-01',
    title: 'metrics() are plain numbers and texts',
    async run(harness) {
      const backend = await harness.createKeyed();
      backend.setCurrentKey(1);
      plainState(backend, numbers).update(1);
      for (const [name, figure] of Object.entries(backend.metrics())) {
        assertTrue(typeof figure === 'number' || typeof figure === 'string', `${name} is ${typeof figure}`);
      }
    },
  },
  {
    id: 'MUTATION-01',
    title: 'state.check-mutation finds a live value that was changed without update',
    requires: ['liveObjects'],
    async run(harness) {
      const box = struct({ n: int32 });
      const backend = await harness.createKeyed({
        config: { 'state.object-reuse': true, 'state.check-mutation': true },
      });
      const state = plainState(backend, new ValueStateDescriptor('box', { type: box }));
      const list = plainState(backend, new ListStateDescriptor('boxes', { type: box }));
      backend.setCurrentKey(1);
      state.update({ n: 1 });
      const held = state.value() as { n: number };
      held.n = 2;
      state.update(held);
      assertEqual(state.value(), { n: 2 }, 'a change that was given back');
      held.n = 3;
      assertStateError(() => state.value(), 'mutation-detected', 'a change that was not', [
        'box',
        'state.object-reuse',
      ]);
      await assertRejects(harness.snapshot(backend), 'mutation-detected', 'a snapshot of it');
      state.clear();
      const element = { n: 1 };
      list.add(element);
      element.n = 2;
      assertStateError(() => list.get(), 'mutation-detected', 'a changed element', ['boxes']);
    },
  },
];
