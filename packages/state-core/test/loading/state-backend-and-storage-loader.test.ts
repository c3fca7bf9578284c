import { describe, expect, test } from 'vitest';
import { integerOption } from '../../src/config/config-option.js';
import { Configuration, type ConfigurationSource } from '../../src/config/configuration.js';
import {
  loadStateBackendAndStorage,
  type StateBackendAndStorageLoadingOptions,
} from '../../src/loading/state-backend-and-storage-loader.js';
import { recordingLogger } from '../config/recording-logger.js';
import {
  BUILT_IN,
  fakeCheckpointStorage,
  fakeStateBackend,
  fakeStateBackendFactory,
  fakeStorageFactory,
  installation,
} from './fake-services.js';

function load(source: ConfigurationSource, options: StateBackendAndStorageLoadingOptions = installation(BUILT_IN)) {
  return loadStateBackendAndStorage(Configuration.from(source, { origin: 'tidemark.yaml' }), options);
}

async function namesOf(promise: ReturnType<typeof load>): Promise<string[]> {
  const { stateBackend, checkpointStorage } = await promise;
  return [stateBackend.name, checkpointStorage.name];
}

describe('the legacy mapping table', () => {
  const dir = 'file:///checkpoint-dir/';
  test.each<[string, ConfigurationSource, string[]]>([
    [
      'MemoryStateBackend',
      { 'state.backend': 'hashmap', 'execution.checkpointing.storage': 'jobmanager' },
      ['hashmap', 'jobmanager'],
    ],
    ['MemoryStateBackend, storage left out', { 'state.backend': 'hashmap' }, ['hashmap', 'jobmanager']],
    ['nothing at all', {}, ['hashmap', 'jobmanager']],
    [
      'FsStateBackend',
      {
        'state.backend': 'hashmap',
        'execution.checkpointing.dir': dir,
        'execution.checkpointing.storage': 'filesystem',
      },
      ['hashmap', 'filesystem'],
    ],
    [
      'FsStateBackend, storage left out',
      { 'state.backend': 'hashmap', 'execution.checkpointing.dir': dir },
      ['hashmap', 'filesystem'],
    ],
    [
      'RocksDBStateBackend',
      {
        'state.backend': 'rocksdb',
        'execution.checkpointing.dir': dir,
        'execution.checkpointing.storage': 'filesystem',
      },
      ['lmdb', 'filesystem'],
    ],
    [
      'RocksDBStateBackend, storage left out',
      { 'state.backend': 'rocksdb', 'execution.checkpointing.dir': dir },
      ['lmdb', 'filesystem'],
    ],
    ['the name jobmanager', { 'state.backend': 'jobmanager' }, ['hashmap', 'jobmanager']],
    ['the name filesystem', { 'state.backend': 'filesystem', 'state.checkpoints.dir': dir }, ['hashmap', 'filesystem']],
  ])('%s', async (_, source, names) => {
    expect(await namesOf(load(source))).toEqual(names);
  });
});

test('what the application made wins on both sides', async () => {
  const application = { stateBackend: fakeStateBackend('mine'), checkpointStorage: fakeCheckpointStorage('also-mine') };
  const source = { 'state.backend': 'lmdb', 'execution.checkpointing.storage': 'jobmanager' };
  expect(await namesOf(load(source, { application }))).toEqual(['mine', 'also-mine']);
});

describe('keys', () => {
  const SIZE = integerOption({ key: 'state.backend.acme.size', description: '', deprecatedKeys: ['acme.size'] });
  const REGION = integerOption({ key: 'execution.checkpointing.storage.cloud.region', description: '' });
  const acme = fakeStateBackendFactory('acme', [SIZE]);
  const cloud = fakeStorageFactory('cloud', [REGION]);
  const byName = { 'state.backend': 'acme', 'execution.checkpointing.storage': 'cloud' };
  const modules = {
    ...BUILT_IN,
    '@tidemark/state-backend-acme': { stateBackendFactory: acme },
    '@tidemark/checkpoint-storage-cloud': { checkpointStorageFactory: cloud },
  };

  test('options of both factories are known after loading, by all their names', async () => {
    const logger = recordingLogger();
    const own = { 'acme.size': 1, 'execution.checkpointing.storage.cloud.region': 2 };
    await load({ ...byName, ...own }, { ...installation(modules), logger });
    expect(logger.warnings).toEqual([
      'config-key-deprecated: acme.size (tidemark.yaml) is a former name; write state.backend.acme.size instead',
    ]);
  });

  test('an unknown key of either is refused', async () => {
    await expect(load({ ...byName, 'state.backend.acme.colour': 1 }, installation(modules))).rejects.toMatchObject({
      code: 'config-key-unknown',
    });
    await expect(
      load({ ...byName, 'execution.checkpointing.storage.cloud.regoin': 1 }, installation(modules)),
    ).rejects.toMatchObject({
      message: expect.stringContaining('did you mean execution.checkpointing.storage.cloud.region?'),
    });
  });

  test('a key that nobody knows is refused, also far from everything', async () => {
    await expect(load({ 'something.entirely.different': 1 })).rejects.toMatchObject({ code: 'config-key-unknown' });
  });

  test('keys of the backend that is not in use are only warned about', async () => {
    const logger = recordingLogger();
    await load(
      { 'state.backend': 'hashmap', 'state.backend.lmdb.map-size': '1 gb' },
      { ...installation(BUILT_IN), logger },
    );
    expect(logger.warnings).toEqual([
      "config-key-unused: state.backend.lmdb.map-size (tidemark.yaml) belongs to 'lmdb', which is not in use, and has no effect",
    ]);
  });

  test('factories given in code make their options known before loading', async () => {
    const options = {
      ...installation(BUILT_IN),
      stateBackendFactories: { acme },
      checkpointStorageFactories: { cloud },
    };
    await expect(load({ ...byName, 'acme.sise': 1 }, options)).rejects.toMatchObject({
      message: expect.stringContaining('did you mean acme.size?'),
    });
  });
});
