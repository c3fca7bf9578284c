// The configurations that Flink's users write, word for word: as YAML files would be read (flat keys), nested, and in
// code, with the storage left out too.
import { describe, expect, test } from 'vitest';
import { CheckpointingOptions } from '../../src/config/checkpointing-options.js';
import { Configuration } from '../../src/config/configuration.js';
import { checkConfigurationBeforeLoading } from '../../src/config/configuration-check.js';
import { StateBackendOptions } from '../../src/config/state-backend-options.js';
import { recordingLogger } from './recording-logger.js';

/** Reads the flat `key: value` lines of the examples; comments and indentation as in them. */
function readLines(text: string): Configuration {
  const lines = text.split('\n').map((line) => line.trim());
  const pairs = lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.split(/:\s+/, 2));
  return Configuration.from(Object.fromEntries(pairs), { origin: 'tidemark.yaml' });
}

function accepted(config: Configuration): Configuration {
  const logger = recordingLogger();
  checkConfigurationBeforeLoading(config, { logger });
  expect(logger.warnings).toEqual([]);
  return config;
}

describe('MemoryStateBackend', () => {
  test.each([
    `state.backend: hashmap

    # Optional, Flink will automatically default to JobManagerCheckpointStorage
    # when no checkpoint directory is specified.
    execution.checkpointing.storage: jobmanager`,
    'state.backend: hashmap',
  ])('as lines %#', (text) => {
    const config = accepted(readLines(text));
    expect(config.get(StateBackendOptions.STATE_BACKEND)).toBe('hashmap');
    expect(config.get(CheckpointingOptions.CHECKPOINT_STORAGE) ?? 'jobmanager').toBe('jobmanager');
    expect(config.contains(CheckpointingOptions.CHECKPOINTS_DIRECTORY)).toBe(false);
  });

  test('in code', () => {
    const config = new Configuration();
    config.set(StateBackendOptions.STATE_BACKEND, 'hashmap');
    config.set(CheckpointingOptions.CHECKPOINT_STORAGE, 'jobmanager');
    expect(accepted(config).toObject()).toEqual({
      'state.backend.type': 'hashmap',
      'execution.checkpointing.storage': 'jobmanager',
    });
  });
});

describe.each(['hashmap', 'rocksdb'])('FsStateBackend, RocksDBStateBackend: %s', (backend) => {
  test.each([
    `state.backend: ${backend}
    execution.checkpointing.dir: file:///checkpoint-dir/

    # Optional, Flink will automatically default to FileSystemCheckpointStorage
    # when a checkpoint directory is specified.
    execution.checkpointing.storage: filesystem`,
    `state.backend: ${backend}
    execution.checkpointing.dir: file:///checkpoint-dir/`,
  ])('as lines %#', (text) => {
    const config = accepted(readLines(text));
    expect(config.get(StateBackendOptions.STATE_BACKEND)).toBe(backend);
    expect(config.get(CheckpointingOptions.CHECKPOINTS_DIRECTORY)).toBe('file:///checkpoint-dir/');
    expect(config.get(CheckpointingOptions.CHECKPOINT_STORAGE) ?? 'filesystem').toBe('filesystem');
  });

  test('as a nested file', () => {
    const checkpointing = { dir: 'file:///checkpoint-dir/', storage: 'filesystem' };
    const config = accepted(Configuration.from({ state: { backend }, execution: { checkpointing } }));
    expect(config.get(StateBackendOptions.STATE_BACKEND)).toBe(backend);
    expect(config.get(CheckpointingOptions.CHECKPOINT_STORAGE)).toBe('filesystem');
  });

  test('in code', () => {
    const config = new Configuration();
    config.set(StateBackendOptions.STATE_BACKEND, backend);
    config.set(CheckpointingOptions.CHECKPOINT_STORAGE, 'filesystem');
    config.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, 'file:///checkpoint-dir');
    // Settings of FsStateBackend's constructor, such as the write buffer size.
    config.set(CheckpointingOptions.FS_WRITE_BUFFER_SIZE, 4 * 1024);
    expect(accepted(config).get(CheckpointingOptions.FS_WRITE_BUFFER_SIZE)).toBe(4_096);
  });
});
