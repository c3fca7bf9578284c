import { describe, expect, test } from 'vitest';
import { durationOption, keysOfOption, memorySizeOption } from '../../src/config/config-option.js';
import { Configuration } from '../../src/config/configuration.js';
import {
  checkConfigurationAfterLoading,
  checkConfigurationBeforeLoading,
} from '../../src/config/configuration-check.js';
import { CORE_OPTIONS } from '../../src/config/core-options.js';
import { adviceForUnsupportedKey } from '../../src/config/flink-keys.js';
import type { StateError } from '../../src/error/state-error.js';
import { recordingLogger } from './recording-logger.js';

const MAP_SIZE = memorySizeOption({ key: 'state.backend.lmdb.map-size', description: '' });
const lmdb = { factoryOptions: [MAP_SIZE], factoryNames: ['lmdb', 'jobmanager'] };

function before(source: Record<string, string | number>): void {
  checkConfigurationBeforeLoading(Configuration.from(source, { origin: 'tidemark.yaml' }));
}

function errorOf(run: () => unknown): StateError {
  try {
    run();
  } catch (error) {
    return error as StateError;
  }
  throw new Error('nothing was thrown');
}

describe('unknown keys', () => {
  test.each([
    ['state.bakend', 'state.backend'],
    ['state.backend.typ', 'state.backend.type'],
    ['State.Backend', 'state.backend'],
    ['execution.checkpointing.directory', undefined],
    ['execution.checkpointing.dirr', 'execution.checkpointing.dir'],
    ['execution.checkpoint.dir', 'execution.checkpointing.dir'],
    ['checkpointing.interval', 'execution.checkpointing.interval'],
    ['execution.checkpointing.num_retained', 'execution.checkpointing.num-retained'],
    ['state.checkpoint.dir', 'state.checkpoints.dir'],
    ['pipeline.max-paralelism', 'pipeline.max-parallelism'],
  ])('%s: did you mean %s?', (key, meant) => {
    const run =
      meant === undefined
        ? () => checkConfigurationAfterLoading(Configuration.from({ [key]: 'x' }), lmdb)
        : () => before({ [key]: 'x' });
    const error = errorOf(run);
    expect(error.code).toBe('config-key-unknown');
    expect(error.kind).toBe('configure');
    if (meant === undefined) expect(error.message).not.toContain('did you mean');
    else
      expect(error.message).toBe(
        `${key} (tidemark.yaml) is no option; did you mean ${[error.details.suggestions].flat().join(' or ')}?`,
      );
    expect([error.details.suggestions].flat()[0]).toBe(meant);
  });

  test('K2: keys that a package could own are left open until it is loaded', () => {
    const source = {
      'state.backend.lmdb.map-size': '1 gb',
      'state.backend.lmdb.map-sise': '1 gb',
      'acme.totally-different': 1,
    };
    before(source);
    const error = errorOf(() => checkConfigurationAfterLoading(Configuration.from(source), lmdb));
    expect(error.message).toBe(
      'state.backend.lmdb.map-sise (code) is no option; did you mean state.backend.lmdb.map-size?',
    );
  });

  test('an unknown key of the backend in use is refused', () => {
    const config = Configuration.from({ 'state.backend.lmdb.something-else-entirely': 1 });
    expect(errorOf(() => checkConfigurationAfterLoading(config, lmdb)).code).toBe('config-key-unknown');
  });

  test('K1: a key of a backend that is not in use is warned about', () => {
    const logger = recordingLogger();
    const config = Configuration.from({
      'state.backend.acme.size': 1,
      'execution.checkpointing.storage.cloud.region': 'x',
    });
    checkConfigurationAfterLoading(config, { ...lmdb, logger });
    expect(logger.warnings).toEqual([
      "config-key-unused: state.backend.acme.size (code) belongs to 'acme', which is not in use, and has no effect",
      "config-key-unused: execution.checkpointing.storage.cloud.region (code) belongs to 'cloud', which is not in use, and has no effect",
    ]);
  });

  test('a slip in the name of the backend is no other backend', () => {
    const config = Configuration.from({ 'state.backend.lmbd.map-size': '1 gb' });
    expect(errorOf(() => checkConfigurationAfterLoading(config, lmdb)).code).toBe('config-key-unknown');
  });

  test('keys of a backend made in code are its own affair', () => {
    const config = Configuration.from({ 'state.backend.mine.anything': 1 });
    checkConfigurationAfterLoading(config, { factoryOptions: [], factoryNames: [], applicationNames: ['mine'] });
  });

  test('options of other packages are known', () => {
    const RESTART_DELAY = durationOption({ key: 'restart-strategy.fixed-delay.delay', description: '' });
    const config = Configuration.from({ 'restart-strategy.fixed-delay.delay': '1 s' });
    expect(errorOf(() => checkConfigurationBeforeLoading(config)).code).toBe('config-key-unsupported');
    checkConfigurationBeforeLoading(config, { options: [RESTART_DELAY] });
    checkConfigurationAfterLoading(config, { ...lmdb, options: [RESTART_DELAY] });
  });
});

describe('keys of Flink that are not supported', () => {
  test.each([
    ['state.backend.rocksdb.localdir', 'state.backend: lmdb'],
    ['state.backend.rocksdb.metrics.num-snapshots', 'state.backend: lmdb'],
    ['state.backend.forst.cache.dir', 'state.backend: lmdb'],
    ['state.changelog.enabled', 'execution.checkpointing.incremental: true'],
    ['state.changelog.dstl.dfs.base-path', 'execution.checkpointing.incremental: true'],
    ['execution.checkpointing.unaligned', 'always aligned'],
    ['execution.checkpointing.unaligned.enabled', 'always aligned'],
    ['execution.checkpointing.aligned-checkpoint-timeout', 'always aligned'],
    ['execution.checkpointing.file-merging.enabled', 'data-inline-threshold'],
    ['execution.checkpointing.local-backup.enabled', 'restored from the checkpoint storage'],
    ['state.backend.local-recovery', 'restored from the checkpoint storage'],
    ['execution.checkpointing.interval-during-backlog', 'execution.checkpointing.interval'],
    ['execution.state-recovery.without-channel-state.checkpoint-id', 'always aligned'],
    ['execution.async-state.total-buffer-size', 'synchronous'],
    ['pipeline.object-reuse', 'state.object-reuse'],
    ['queryable-state.enable', 'savepoint'],
    ['taskmanager.numberOfTaskSlots', 'no'],
    ['taskmanager.memory.managed.fraction', 'taskmanager.memory.managed.size'],
    ['jobmanager.memory.process.size', 'no'],
  ])('%s', (key, advice) => {
    const error = errorOf(() => before({ [key]: 'true' }));
    expect(error.code).toBe('config-key-unsupported');
    expect(error.kind).toBe('unsupported');
    expect(error.message).toContain(`${key} (tidemark.yaml) is an option of Flink that is not supported: `);
    expect(error.message).toContain(advice);
  });

  test('none of them is an option of the core', () => {
    const keys = CORE_OPTIONS.flatMap(keysOfOption);
    expect(keys.filter((key) => adviceForUnsupportedKey(key) !== undefined)).toEqual([]);
  });
});

describe('former keys', () => {
  test('K3: are read, with a warning that tells the new one', () => {
    const logger = recordingLogger();
    const config = Configuration.from({ 'state.checkpoints.dir': 'a' }).withFallback(
      Configuration.from({ 'state.checkpoints.dir': 'b' }),
    );
    checkConfigurationBeforeLoading(config, { logger });
    expect(logger.warnings).toEqual([
      'config-key-deprecated: state.checkpoints.dir (code) is a former name; write execution.checkpointing.dir instead',
    ]);
  });

  test('both spellings of the backend are right', () => {
    const logger = recordingLogger();
    checkConfigurationBeforeLoading(Configuration.from({ 'state.backend': 'lmdb' }), { logger });
    checkConfigurationBeforeLoading(Configuration.from({ 'state.backend.type': 'lmdb' }), { logger });
    checkConfigurationBeforeLoading(Configuration.from({ 'state.backend': 'x', 'state.backend.type': 'x' }), {
      logger,
    });
    expect(logger.warnings).toEqual([]);
  });

  test('two spellings with different values: the warning says which wins', () => {
    const logger = recordingLogger();
    checkConfigurationBeforeLoading(Configuration.from({ 'state.backend': 'hashmap', 'state.backend.type': 'lmdb' }), {
      logger,
    });
    expect(logger.warnings).toEqual([
      'config-key-conflict: state.backend.type: lmdb (code) wins over state.backend: hashmap (code), another name of the same option; remove one',
    ]);
  });

  test('a higher layer that overrides another spelling is no conflict', () => {
    const logger = recordingLogger();
    const config = Configuration.from({ 'state.backend': 'hashmap' }).withFallback(
      Configuration.from({ 'state.backend.type': 'lmdb' }),
    );
    checkConfigurationBeforeLoading(config, { logger });
    expect(logger.warnings).toEqual([]);
  });
});

test('values are checked along with the keys', () => {
  expect(errorOf(() => before({ 'execution.checkpointing.interval': '1 ms' })).code).toBe('config-value-invalid');
  const config = Configuration.from({ 'state.backend.lmdb.map-size': 'large' });
  expect(errorOf(() => checkConfigurationAfterLoading(config, lmdb)).code).toBe('config-value-invalid');
});
