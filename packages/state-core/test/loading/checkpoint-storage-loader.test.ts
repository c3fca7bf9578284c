import { describe, expect, test } from 'vitest';
import { CheckpointingOptions } from '../../src/config/checkpointing-options.js';
import { Configuration, type ConfigurationSource } from '../../src/config/configuration.js';
import { isStateError, StateError } from '../../src/error/state-error.js';
import {
  type CheckpointStorageLoadingOptions,
  loadCheckpointStorage,
} from '../../src/loading/checkpoint-storage-loader.js';
import { loadStateBackend } from '../../src/loading/state-backend-loader.js';
import { recordingLogger } from '../config/recording-logger.js';
import {
  BUILT_IN,
  configurableStorage,
  fakeCheckpointStorage,
  fakeStateBackend,
  fakeStorageFactory,
  installation,
  legacyStateBackend,
} from './fake-services.js';

const MODERN = fakeStateBackend('hashmap');

function load(source: ConfigurationSource, options: CheckpointStorageLoadingOptions = {}) {
  const config = Configuration.from(source, { origin: 'tidemark.yaml' });
  return loadCheckpointStorage(config, { ...installation(BUILT_IN), stateBackend: MODERN, ...options });
}

async function errorOf(promise: Promise<unknown>): Promise<StateError> {
  try {
    await promise;
  } catch (error) {
    if (isStateError(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('L4: nothing configured', () => {
  test('CheckpointStorageLoaderTest.testNoCheckpointStorageDefined: jobmanager', async () => {
    expect((await load({})).name).toBe('jobmanager');
  });

  test.each(['execution.checkpointing.dir', 'state.checkpoints.dir', 'state.backend.fs.checkpointdir'])(
    'filesystem when %s is set',
    async (key) => {
      expect(await load({ [key]: 'file:///checkpoints' })).toMatchObject({
        name: 'filesystem',
        checkpointDirectory: 'file:///checkpoints',
      });
    },
  );

  test('an empty name of a savepoint directory alone does not make it filesystem', async () => {
    expect((await load({ 'execution.checkpointing.savepoint-dir': 'file:///savepoints' })).name).toBe('jobmanager');
  });
});

describe('L1: a state backend that is itself a storage', () => {
  test('CheckpointStorageLoaderTest.testLegacyStateBackendTakesPrecedence', async () => {
    const logger = recordingLogger();
    const stateBackend = legacyStateBackend('legacy');
    const application = fakeCheckpointStorage('mine');
    const source = { 'execution.checkpointing.storage': 'filesystem', 'execution.checkpointing.dir': 'file:///c' };
    expect(await load(source, { stateBackend, application, logger })).toBe(stateBackend);
    expect(logger.warnings).toEqual([
      "checkpoint-storage-overridden: the state backend 'legacy' is itself a checkpoint storage and wins over the storage 'mine' of the application and execution.checkpointing.storage: filesystem (tidemark.yaml)",
    ]);
  });

  test('CheckpointStorageLoaderTest.testLegacyStateBackendTakesPrecedence: from inside delegating backends', async () => {
    const root = legacyStateBackend('legacy');
    const inner = fakeStateBackend('inner', { delegatedStateBackend: root });
    const stateBackend = fakeStateBackend('outer', { delegatedStateBackend: inner });
    expect(await load({}, { stateBackend, application: fakeCheckpointStorage('mine') })).toBe(root);
  });

  test('StateBackendLoadingTest.testLoadFileSystemStateBackendMixed: it keeps what code set and takes the rest', async () => {
    const configure = (config: Configuration) =>
      legacyStateBackend('legacy', {
        checkpointDirectory: 'file:///of-code',
        savepointDirectory: config.get(CheckpointingOptions.SAVEPOINT_DIRECTORY),
      });
    const config = Configuration.from({
      'execution.checkpointing.dir': 'file:///of-configuration',
      'execution.checkpointing.savepoint-dir': 'file:///savepoints',
    });
    const application = legacyStateBackend('legacy', { configure });
    const stateBackend = await loadStateBackend(config, { application });
    expect(await loadCheckpointStorage(config, { stateBackend })).toMatchObject({
      checkpointDirectory: 'file:///of-code',
      savepointDirectory: 'file:///savepoints',
    });
  });

  test('CheckpointStorageLoaderTest.testModernStateBackendDoesNotTakePrecedence', async () => {
    const application = fakeCheckpointStorage('mine');
    expect(await load({}, { application })).toBe(application);
  });
});

describe('L2: the storage of the application', () => {
  test('wins over the configuration as it is', async () => {
    const application = fakeCheckpointStorage('mine');
    expect(await load({ 'execution.checkpointing.storage': 'jobmanager' }, { application })).toBe(application);
  });

  test('CheckpointStorageLoaderTest.testConfigureJobManagerStorage', async () => {
    const application = configurableStorage('jobmanager', 100);
    const source = {
      'execution.checkpointing.storage': 'filesystem',
      'execution.checkpointing.savepoint-dir': 'file:///savepoints',
    };
    expect(await load(source, { application })).toMatchObject({
      name: 'jobmanager',
      maxStateSizeBytes: 100,
      savepointDirectory: 'file:///savepoints',
    });
  });
});

describe('L3: the storage of the configuration', () => {
  const modules = { ...BUILT_IN, '@acme/storage': { checkpointStorageFactory: fakeStorageFactory('acme') } };

  test('CheckpointStorageLoaderTest.testLoadingFromFactory', async () => {
    const cluster = Configuration.from({ 'execution.checkpointing.storage': 'jobmanager' });
    const job = Configuration.from({ 'execution.checkpointing.storage': '@acme/storage' });
    const options = { ...installation(modules), stateBackend: MODERN };
    expect((await loadCheckpointStorage(job.withFallback(cluster), options)).name).toBe('acme');
    expect((await loadCheckpointStorage(new Configuration().withFallback(cluster), options)).name).toBe('jobmanager');
  });

  test('CheckpointStorageLoaderTest.testLoadFileSystemCheckpointStorage', async () => {
    const source = {
      'execution.checkpointing.storage': 'FileSystem',
      'execution.checkpointing.dir': 'file:///checkpoints',
      'execution.checkpointing.savepoint-dir': 'file:///savepoints',
    };
    expect(await load(source)).toMatchObject({
      name: 'filesystem',
      checkpointDirectory: 'file:///checkpoints',
      savepointDirectory: 'file:///savepoints',
    });
  });

  test.each([
    ['CheckpointStorageLoaderTest.testHighAvailabilityDefault', undefined],
    ['CheckpointStorageLoaderTest.testHighAvailabilityDefaultLocalPaths', 'file:///checkpoints'],
  ])('%s: jobmanager stays jobmanager, with directory %s', async (_, checkpointDirectory) => {
    const source = {
      'execution.checkpointing.storage': 'jobmanager',
      'execution.checkpointing.dir': checkpointDirectory,
    };
    const storage = await load(source);
    expect(storage).toMatchObject({ name: 'jobmanager' });
    expect((storage as { checkpointDirectory?: string }).checkpointDirectory).toBe(checkpointDirectory);
  });

  test('F1: a factory given in code wins over an import', async () => {
    const checkpointStorageFactories = { filesystem: fakeStorageFactory('given') };
    const source = { 'execution.checkpointing.dir': 'file:///checkpoints' };
    expect((await load(source, { checkpointStorageFactories })).name).toBe('given');
  });

  test('config-option-missing: filesystem without a directory names the option', async () => {
    const error = await errorOf(load({ 'execution.checkpointing.storage': 'filesystem' }));
    expect(error.code).toBe('config-option-missing');
    expect(error.kind).toBe('configure');
    expect(error.message).toBe(
      "the checkpoint storage 'filesystem' (tidemark.yaml) needs a directory; add the line execution.checkpointing.dir: ./checkpoints",
    );
  });
});

describe('CheckpointStorageLoaderTest.testLoadingFails', () => {
  const named = (name: string, module?: unknown) =>
    load({ 'execution.checkpointing.storage': name }, installation(module === undefined ? {} : { [name]: module }));

  test('factory-not-found', async () => {
    const error = await errorOf(named('cloud'));
    expect(error.code).toBe('factory-not-found');
    expect(error.message).toContain("no checkpoint storage 'cloud' (execution.checkpointing.storage, tidemark.yaml)");
    expect(error.message).toContain('npm install @tidemark/checkpoint-storage-cloud');
  });

  test('factory-not-found tells the default and its reason', async () => {
    const error = await errorOf(load({ 'state.checkpoints.dir': './c' }, installation({})));
    expect(error.message).toContain('default with state.checkpoints.dir in tidemark.yaml');
    expect(error.message).toContain('npm install @tidemark/checkpoint-storage-filesystem');
  });

  test('factory-invalid', async () => {
    expect((await errorOf(named('@acme/storage', BUILT_IN['@tidemark/state-backend-hashmap']))).code).toBe(
      'factory-invalid',
    );
    const wrong = { checkpointStorageFactory: { ...fakeStorageFactory('acme'), createFromConfig: () => MODERN } };
    expect((await errorOf(named('@acme/storage', wrong))).code).toBe('factory-invalid');
  });

  test('what the factory says passes', async () => {
    const refused = new StateError('config-value-invalid', 'refused');
    const createFromConfig = () => Promise.reject(refused);
    const factory = { ...fakeStorageFactory('acme'), createFromConfig };
    expect(await errorOf(named('@acme/storage', { checkpointStorageFactory: factory }))).toBe(refused);
  });
});

describe('former names of the backend', () => {
  async function loadBoth(source: ConfigurationSource, options: CheckpointStorageLoadingOptions = {}) {
    const config = Configuration.from(source, { origin: 'tidemark.yaml' });
    const { application, ...common } = { ...installation(BUILT_IN), ...options };
    const stateBackend = await loadStateBackend(config, common);
    return loadCheckpointStorage(config, { ...common, stateBackend, ...(application && { application }) });
  }

  test('jobmanager: its storage wins even over directory, configuration and application', async () => {
    const logger = recordingLogger();
    const source = {
      'state.backend': 'jobmanager',
      'execution.checkpointing.dir': 'file:///c',
      'execution.checkpointing.storage': 'filesystem',
    };
    expect(await loadBoth(source, { logger, application: fakeCheckpointStorage('mine') })).toMatchObject({
      name: 'jobmanager',
      checkpointDirectory: 'file:///c',
    });
    expect(logger.warnings.at(-1)).toContain('checkpoint-storage-overridden');
  });

  test('filesystem: its storage, which needs a directory', async () => {
    const source = { 'state.backend': 'filesystem', 'state.checkpoints.dir': 'file:///c' };
    expect((await loadBoth(source)).name).toBe('filesystem');
    expect((await errorOf(loadBoth({ 'state.backend': 'filesystem' }))).code).toBe('config-option-missing');
  });

  test('filesystem: a storage that is configured wins', async () => {
    const source = { 'state.backend': 'filesystem', 'execution.checkpointing.storage': 'jobmanager' };
    expect((await loadBoth(source)).name).toBe('jobmanager');
  });

  test('rocksdb: the storage by the rule', async () => {
    expect((await loadBoth({ 'state.backend': 'rocksdb' })).name).toBe('jobmanager');
    expect((await loadBoth({ 'state.backend': 'rocksdb', 'state.checkpoints.dir': 'file:///c' })).name).toBe(
      'filesystem',
    );
  });

  test('a name in the configuration that the application overrode decides nothing', async () => {
    expect((await load({ 'state.backend': 'jobmanager', 'execution.checkpointing.dir': 'file:///c' })).name).toBe(
      'filesystem',
    );
  });
});
