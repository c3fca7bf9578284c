// For a bundler: explicit factories, nothing is imported by name at run time.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { checkpointStorageFactory } from '@tidemark/checkpoint-storage-filesystem';
import { stateBackendFactory } from '@tidemark/state-backend-hashmap';
import { openState, safeInteger, string, ValueStateDescriptor } from '@tidemark/state-core';

const environment = {
  stateBackendFactories: { hashmap: stateBackendFactory },
  checkpointStorageFactories: { filesystem: checkpointStorageFactory },
};
const directory = mkdtempSync('checkpoints-');
try {
  const open = () =>
    openState(
      {
        name: 'bundled',
        states: { count: new ValueStateDescriptor('count', { type: safeInteger, defaultValue: 0 }) },
        keySerializer: string,
        config: { 'state.backend': 'hashmap', 'execution.checkpointing.dir': `./${directory}` },
      },
      environment,
    );
  const state = await open();
  state.withKey('a', ({ count }) => count.update(3));
  await state.checkpoint();
  await state.close();
  const again = await open();
  assert.equal(
    again.withKey('a', ({ count }) => count.value()),
    3,
  );
  await again.close();
} finally {
  rmSync(directory, { recursive: true, force: true });
}
