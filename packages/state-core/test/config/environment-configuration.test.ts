import { expect, test } from 'vitest';
import { CheckpointingOptions } from '../../src/config/checkpointing-options.js';
import { Configuration } from '../../src/config/configuration.js';
import { CORE_OPTIONS } from '../../src/config/core-options.js';
import { configurationFromEnvironment, environmentVariableOf } from '../../src/config/environment-configuration.js';
import { StateBackendOptions } from '../../src/config/state-backend-options.js';

test('N1: two underscores are a dot, one is a hyphen', () => {
  const config = configurationFromEnvironment({
    TIDEMARK_STATE__BACKEND: 'lmdb',
    TIDEMARK_EXECUTION__CHECKPOINTING__NUM_RETAINED: '3',
    TIDEMARK_STATE__BACKEND__LMDB__MAP_SIZE: '1 gb',
    PATH: '/bin',
    state__backend: 'other',
  });
  expect(config.keys()).toEqual([
    'execution.checkpointing.num-retained',
    'state.backend',
    'state.backend.lmdb.map-size',
  ]);
  expect(config.get(StateBackendOptions.STATE_BACKEND)).toBe('lmdb');
  expect(config.get(CheckpointingOptions.MAX_RETAINED_CHECKPOINTS)).toBe(3);
});

test('N1: every option of the core can be set by a variable', () => {
  for (const option of CORE_OPTIONS) {
    const config = configurationFromEnvironment({ [environmentVariableOf(option.key)]: 'x' });
    expect(config.contains(option), option.key).toBe(true);
  }
});

test('N2: other variables with the prefix are left alone, a misspelled option is not', () => {
  expect(configurationFromEnvironment({ TIDEMARK_SEED: '7', TIDEMARK_SUITE: 'long' }).keys()).toEqual([]);
  expect(() => configurationFromEnvironment({ TIDEMARK_STATE_BACKEND: 'lmdb' })).toThrow(
    expect.objectContaining({
      code: 'config-key-unknown',
      message: expect.stringContaining('did you mean TIDEMARK_STATE__BACKEND?'),
    }),
  );
});

test('N3: a variable that is empty is not set', () => {
  expect(configurationFromEnvironment({ TIDEMARK_STATE__BACKEND: '', TIDEMARK_A__B: undefined }).keys()).toEqual([]);
});

test('a wrong value names the variable', () => {
  const config = configurationFromEnvironment({ TIDEMARK_EXECUTION__CHECKPOINTING__TIMEOUT: 'soon' });
  expect(() => config.get(CheckpointingOptions.CHECKPOINTING_TIMEOUT)).toThrow(
    /It stands in: environment variable TIDEMARK_EXECUTION__CHECKPOINTING__TIMEOUT$/,
  );
});

test('the environment is a layer between code and file', () => {
  const file = Configuration.from({ 'state.backend': 'of-file', 'state.checkpoints.dir': 'of-file' });
  const environment = configurationFromEnvironment({ TIDEMARK_STATE__BACKEND: 'of-environment' });
  const config = new Configuration().withFallback(environment).withFallback(file);
  expect(config.get(StateBackendOptions.STATE_BACKEND)).toBe('of-environment');
  expect(config.get(CheckpointingOptions.CHECKPOINTS_DIRECTORY)).toBe('of-file');
  config.set(StateBackendOptions.STATE_BACKEND, 'of-code');
  expect(config.get(StateBackendOptions.STATE_BACKEND)).toBe('of-code');
});
