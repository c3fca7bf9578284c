import { checkpointStorageFactory as filesystem } from '@tidemark/checkpoint-storage-filesystem';
import { stateBackendFactory as hashmap } from '@tidemark/state-backend-hashmap';
import { openState, string } from '@tidemark/state-core';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../temporary-directory.js';
import { accountStates, recordingLogger } from './accounts.js';

const error = (code: string, message: RegExp = /./) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

const missing = (specifier: string): Promise<never> =>
  Promise.reject(
    Object.assign(new Error(`Cannot find package '${specifier}' imported from /app/`), {
      code: 'ERR_MODULE_NOT_FOUND',
    }),
  );

const options = { name: 'bare', states: accountStates, keySerializer: string };

describe('the openState of the core, with what an application has installed', () => {
  it('state works without a storage; the first checkpoint says what to install', async () => {
    const logger = recordingLogger();
    const environment = { importModule: missing, stateBackendFactories: { hashmap } };
    await using state = await openState({ ...options, config: { 'state.backend': 'hashmap' }, logger }, environment);
    state.withKey('alice', ({ total }) => total.update(1));
    expect(state.withKey('alice', ({ total }) => total.value())).toBe(1);
    expect(logger.warnings.map(({ code }) => code)).toEqual(['checkpoint-storage-missing']);
    const install = /npm install @tidemark\/checkpoint-storage-jobmanager/;
    await expect(state.checkpoint()).rejects.toEqual(error('factory-not-found', install));
    await expect(state.savepoint('/tmp')).rejects.toEqual(error('factory-not-found', install));
    expect(state.metrics().checkpoints).toEqual({
      completed: 0,
      failed: 0,
      savepoints: 0,
      inProgress: 0,
      last: undefined,
    });
  });

  it('does not start empty where a storage was asked for and is not there', async () => {
    const environment = { importModule: missing, stateBackendFactories: { hashmap } };
    for (const config of [
      { 'execution.checkpointing.storage': 'filesystem', 'execution.checkpointing.dir': '/checkpoints' },
      { 'execution.checkpointing.dir': '/checkpoints' },
      { 'execution.checkpointing.storage': 'jobmanager' },
    ]) {
      await expect(openState({ ...options, config }, environment)).rejects.toEqual(error('factory-not-found'));
    }
    await expect(openState({ ...options, restore: '/savepoints/savepoint-1' }, environment)).rejects.toEqual(
      error('factory-not-found', /checkpoint-storage-jobmanager/),
    );
  });

  it('says what to install when the backend is missing', async () => {
    await expect(openState(options, { importModule: missing })).rejects.toEqual(
      error('factory-not-found', /npm install @tidemark\/state-backend-hashmap/),
    );
    await expect(openState(options)).rejects.toEqual(error('factory-not-found', /importModule/));
  });

  it('writes, checkpoints and restores with factories alone', async () => {
    const config = { 'execution.checkpointing.dir': temporaryDirectory() };
    const environment = { stateBackendFactories: { hashmap }, checkpointStorageFactories: { filesystem } };
    const first = await openState({ ...options, config }, environment);
    first.withKey('alice', ({ total }) => total.update(1));
    await first.checkpoint({ attachment: { nextOffset: 1 } });
    await first.close();
    await using second = await openState({ ...options, config }, environment);
    expect(second.restored?.attachment).toEqual({ nextOffset: 1 });
    expect(second.withKey('alice', ({ total }) => total.value())).toBe(1);
  });

  it('takes the time of checkpoints from the clock that it is given', async () => {
    const config = { 'execution.checkpointing.dir': temporaryDirectory() };
    const environment = {
      stateBackendFactories: { hashmap },
      checkpointStorageFactories: { filesystem },
      clock: { nowMs: () => 1_000, monotonicMs: () => 5 },
    };
    await using state = await openState({ ...options, config }, environment);
    expect(await state.checkpoint()).toMatchObject({ durationMs: 0, freezeMs: 0 });
  });
});
