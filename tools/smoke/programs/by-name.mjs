// Backend and storage by name, from the application's own side: write, checkpoint, reopen, find everything again.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import {
  Configuration,
  loadStateBackend,
  openState,
  safeInteger,
  string,
  ValueStateDescriptor,
} from '@tidemark/state-core';

const importModule = (specifier) => import(specifier);

const backend = await loadStateBackend(Configuration.from({ 'state.backend': 'hashmap' }), { importModule });
assert.ok(backend, 'a backend is loaded by its short name');

const directory = mkdtempSync('checkpoints-');
try {
  const open = () =>
    openState(
      {
        name: 'smoke',
        states: { count: new ValueStateDescriptor('count', { type: safeInteger, defaultValue: 0 }) },
        keySerializer: string,
        config: {
          'state.backend': 'hashmap',
          'execution.checkpointing.storage': 'filesystem',
          'execution.checkpointing.dir': directory,
        },
      },
      { importModule },
    );

  const state = await open();
  assert.equal(state.restored, undefined, 'an empty directory is a clean start');
  for (let i = 0; i < 1000; i++) state.withKey(`key-${i % 10}`, ({ count }) => count.update(count.value() + i));
  const report = await state.checkpoint({ attachment: { nextOffset: 1000 } });
  state.withKey('key-0', ({ count }) => count.update(-1));
  await state.close();

  const again = await open();
  assert.equal(again.restored?.checkpointId, report.checkpointId);
  assert.deepEqual(again.restored?.attachment, { nextOffset: 1000 });
  let sum = 0;
  for (let i = 0; i < 10; i++) sum += again.withKey(`key-${i}`, ({ count }) => count.value());
  assert.equal(sum, 499_500, 'what the checkpoint held is there, what came later is not');
  await again.close();
} finally {
  rmSync(directory, { recursive: true, force: true });
}
