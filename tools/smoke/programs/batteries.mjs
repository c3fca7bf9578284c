// `@tidemark/state` alone: names and packages are its own affair, also where only it can see them.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import {
  fsStateBackend,
  memoryStateBackend,
  openState,
  safeInteger,
  string,
  ValueStateDescriptor,
} from '@tidemark/state';

assert.equal(typeof memoryStateBackend, 'function');
assert.equal(typeof fsStateBackend, 'function');

const states = { count: new ValueStateDescriptor('count', { type: safeInteger, defaultValue: 0 }) };
const directory = mkdtempSync('checkpoints-');
try {
  const open = (backend) => {
    const config = { 'state.backend': backend, 'execution.checkpointing.dir': `./${directory}` };
    return openState({ name: 'smoke', shard: 'partition-0', states, keySerializer: string, config });
  };
  const state = await open('hashmap');
  state.withKey('a', ({ count }) => count.update(7));
  await state.checkpoint();
  await state.close();

  // Its binary is in an optional package, and no install script was run.
  for (const backend of ['lmdb', 'hashmap']) {
    const again = await open(backend);
    assert.equal(
      again.withKey('a', ({ count }) => count.value()),
      7,
    );
    await again.checkpoint();
    await again.close();
  }

  const memory = await openState({
    name: 'memory',
    states,
    keySerializer: string,
    config: { 'state.backend': 'hashmap' },
  });
  memory.withKey('a', ({ count }) => count.update(1));
  const { stateSizeBytes } = await memory.checkpoint();
  assert.ok(stateSizeBytes > 0, 'no storage and no directory: the memory of the coordinator');
  await memory.close();

  await assert.rejects(
    openState({ name: 'lmdb', states, keySerializer: string, config: { 'state.backend': 'nowhere' } }),
    (error) => error.code === 'factory-not-found' && error.message.includes('@tidemark/state-backend-nowhere'),
    'a wrong name says which package it would be',
  );
} finally {
  rmSync(directory, { recursive: true, force: true });
}
