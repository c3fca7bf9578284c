// Value state: reading, replacing, defaults, copies.

import { float64, int32, nullable, string, struct, ValueStateDescriptor } from '@tidemark/state-core';
import { assertEqual, assertTrue } from '../conformance/assertions.js';
import type { StateBackendCase } from './state-backend-case.js';
import { plainState } from './state-backend-harness.js';

const text = new ValueStateDescriptor('text', { type: string });
const point = struct({ x: int32, y: float64 });

/** Cases about value state. */
export const valueStateCases: readonly StateBackendCase[] = [
  {
    id: 'VALUE-01',
    title: 'a value is read back under its key and under no other',
    async run(harness) {
      const backend = await harness.createKeyed();
      const state = plainState(backend, text);
      backend.setCurrentKey(1);
      assertEqual(state.value(), undefined, 'before the first update');
      state.update('a');
      assertEqual(state.value(), 'a', 'after update');
      backend.setCurrentKey(2);
      assertEqual(state.value(), undefined, 'another key');
      state.update('b');
      backend.setCurrentKey(1);
      assertEqual(state.value(), 'a', 'the first key again');
      // More keys than key groups: some share one.
      for (let key = 3; key < 40; key++) {
        backend.setCurrentKey(key);
        assertEqual(state.value(), undefined, `key ${key} before its first update`);
        state.update(`${key}`);
      }
      for (let key = 3; key < 40; key++) {
        backend.setCurrentKey(key);
        assertEqual(state.value(), `${key}`, `key ${key}`);
      }
    },
  },
  {
    id: 'VALUE-02',
    title: 'testValueStateNullAsDefaultValue: without default, undefined comes before the first update and after clear',
    async run(harness) {
      const backend = await harness.createKeyed();
      const state = plainState(backend, text);
      backend.setCurrentKey(1);
      assertEqual(state.value(), undefined, 'before update');
      state.update('Ciao');
      assertEqual(state.value(), 'Ciao', 'after update');
      state.clear();
      assertEqual(state.value(), undefined, 'after clear');
    },
  },
  {
    id: 'VALUE-03',
    title: 'testValueStateDefaultValue: the default comes before the first update, after clear and after a restore',
    async run(harness) {
      const descriptor = new ValueStateDescriptor('greeting', { type: string, defaultValue: 'Hello' });
      const backend = await harness.createKeyed();
      const state = plainState(backend, descriptor);
      backend.setCurrentKey(1);
      assertEqual(state.value(), 'Hello', 'before update');
      state.update('Ciao');
      assertEqual(state.value(), 'Ciao', 'after update');
      state.clear();
      assertEqual(state.value(), 'Hello', 'after clear');
      const restored = await harness.restart(backend);
      restored.setCurrentKey(1);
      assertEqual(plainState(restored, descriptor).value(), 'Hello', 'after restore');
    },
  },
  {
    id: 'VALUE-04',
    title: 'testCopyDefaultValue: two keys get equal defaults that are not the same object',
    async run(harness) {
      const backend = await harness.createKeyed();
      const state = plainState(backend, new ValueStateDescriptor('p', { type: point, defaultValue: { x: 1, y: 2 } }));
      backend.setCurrentKey(1);
      const first = state.value();
      backend.setCurrentKey(2);
      const second = state.value();
      assertEqual(first, { x: 1, y: 2 }, 'the default');
      assertEqual(second, first, 'the default under another key');
      assertTrue(first !== second, 'two keys got the same default object');
      first.x = 99;
      assertEqual(state.value(), { x: 1, y: 2 }, 'the default after a reader changed its copy');
    },
  },
  {
    id: 'VALUE-05',
    title: 'update(undefined) is the same as clear()',
    async run(harness) {
      const backend = await harness.createKeyed();
      const state = plainState(backend, text);
      backend.setCurrentKey(1);
      state.update('a');
      state.update(undefined);
      assertEqual(state.value(), undefined, 'after update(undefined)');
      assertEqual(backend.numKeyValueStateEntries(), 0, 'entries');
      state.update(undefined);
      assertEqual(state.value(), undefined, 'twice');
    },
  },
  {
    id: 'VALUE-06',
    title: 'null is an ordinary value of a type that allows it',
    async run(harness) {
      const descriptor = new ValueStateDescriptor('maybe', { type: nullable(string), defaultValue: 'none' });
      const backend = await harness.createKeyed();
      const state = plainState(backend, descriptor);
      backend.setCurrentKey(1);
      state.update(null);
      assertEqual(state.value(), null, 'after update(null)');
      const restored = await harness.restart(backend);
      restored.setCurrentKey(1);
      assertEqual(plainState(restored, descriptor).value(), null, 'after restore');
    },
  },
  {
    id: 'KSB-ALIAS-01',
    title: 'what is handed out and taken in shares nothing mutable with what is stored',
    async run(harness) {
      const backend = await harness.createKeyed();
      const state = plainState(backend, new ValueStateDescriptor('p', { type: point }));
      backend.setCurrentKey(1);
      const given = { x: 1, y: 1 };
      state.update(given);
      given.x = 2;
      assertEqual(state.value(), { x: 1, y: 1 }, 'after the giver changed the object');
      const taken = state.value() as { x: number };
      taken.x = 3;
      assertEqual(state.value(), { x: 1, y: 1 }, 'after the reader changed the object');
    },
  },
  {
    id: 'VALUE-07',
    title: 'with state.object-reuse a value that was changed and given back is stored as changed',
    async run(harness) {
      const descriptor = new ValueStateDescriptor('p', { type: point });
      const backend = await harness.createKeyed({ config: { 'state.object-reuse': true } });
      const state = plainState(backend, descriptor);
      backend.setCurrentKey(1);
      state.update({ x: 1, y: 1 });
      const value = state.value() as { x: number; y: number };
      value.x = 5;
      state.update(value);
      assertEqual(state.value(), { x: 5, y: 1 }, 'after update');
      const restored = await harness.restart(backend);
      restored.setCurrentKey(1);
      assertEqual(plainState(restored, descriptor).value(), { x: 5, y: 1 }, 'after restore');
    },
  },
];
