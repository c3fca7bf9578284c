// Only the core and a backend are installed: state works, and the first checkpoint says what to install.

import assert from 'node:assert/strict';
import { openState, safeInteger, string, ValueStateDescriptor } from '@tidemark/state-core';

const state = await openState(
  {
    name: 'smoke',
    states: { count: new ValueStateDescriptor('count', { type: safeInteger, defaultValue: 0 }) },
    keySerializer: string,
    config: { 'state.backend': 'hashmap' },
  },
  { importModule: (specifier) => import(specifier) },
);
state.withKey('a', ({ count }) => count.update(count.value() + 1));
assert.equal(
  state.withKey('a', ({ count }) => count.value()),
  1,
);
await assert.rejects(state.checkpoint(), (error) => {
  assert.equal(error.code, 'factory-not-found');
  assert.match(error.message, /@tidemark\/checkpoint-storage-jobmanager/);
  return true;
});
await state.close();
