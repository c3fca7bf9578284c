import { describe, expect, test } from 'vitest';
import { integerOption } from '../../src/config/config-option.js';
import { Configuration } from '../../src/config/configuration.js';
import { isStateError, StateError } from '../../src/error/state-error.js';
import type { LoadingOptions } from '../../src/loading/loading-options.js';
import { loadStateBackend } from '../../src/loading/state-backend-loader.js';
import { recordingLogger } from '../config/recording-logger.js';
import { BUILT_IN, fakeStateBackend, fakeStateBackendFactory, installation } from './fake-services.js';

const ACME_FACTORY = fakeStateBackendFactory('acme');

function load(name: string | undefined, options: LoadingOptions = installation(BUILT_IN)) {
  return loadStateBackend(Configuration.from({ 'state.backend': name }, { origin: 'tidemark.yaml' }), options);
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

function failing(error: unknown): LoadingOptions {
  return { importModule: () => Promise.reject(error) };
}

describe('which backend', () => {
  test('StateBackendLoadingTest.testNoStateBackendDefined: hashmap', async () => {
    expect((await load(undefined)).name).toBe('hashmap');
  });

  test.each([
    ['hashmap', '@tidemark/state-backend-hashmap'],
    ['HashMap', '@tidemark/state-backend-hashmap'],
    ['lmdb', '@tidemark/state-backend-lmdb'],
  ])('StateBackendLoadingTest: the short name %s is the package %s', async (name, specifier) => {
    const { importModule, imported } = installation(BUILT_IN);
    await load(name, { importModule });
    expect(imported).toEqual([specifier]);
  });

  test.each(['@acme/backend', 'acme-backend', 'acme/backend'])('the package %s is imported as it is', async (name) => {
    const { importModule, imported } = installation({ [name]: { stateBackendFactory: ACME_FACTORY } });
    expect((await load(name, { importModule })).name).toBe('acme');
    expect(imported).toEqual([name]);
  });

  test('a path is relative to the configuration file, which is told to whoever imports', async () => {
    const calls: unknown[] = [];
    const importModule = (specifier: string, parent: unknown): unknown => {
      calls.push([specifier, parent]);
      return { stateBackendFactory: ACME_FACTORY };
    };
    await load('./my-backend.js', { importModule, configDirectory: 'file:///app/conf' });
    await load('./my-backend.js', { importModule });
    expect(calls).toEqual([
      ['file:///app/conf/my-backend.js', { configDirectory: 'file:///app/conf' }],
      ['./my-backend.js', {}],
    ]);
  });

  test('F1: a factory given in code wins over an import, whatever the case', async () => {
    const options = { ...failing(new Error('imported')), stateBackendFactories: { acme: ACME_FACTORY } };
    expect((await load('Acme', options)).name).toBe('acme');
    const rocksdb = { stateBackendFactories: { rocksdb: fakeStateBackendFactory('a real RocksDB') } };
    expect((await load('rocksdb', rocksdb)).name).toBe('a real RocksDB');
  });

  test('a CommonJS module may show its exports under default', async () => {
    const { importModule } = installation({ '@acme/backend': { default: { stateBackendFactory: ACME_FACTORY } } });
    expect((await load('@acme/backend', { importModule })).name).toBe('acme');
  });

  test('the factory is given the configuration, the logger and the directory', async () => {
    const logger = recordingLogger();
    const config = Configuration.from({ 'state.backend': 'hashmap' });
    const options = { ...installation(BUILT_IN), logger, configDirectory: 'file:///app/' };
    const backend = await loadStateBackend(config, options);
    expect(backend).toMatchObject({ context: { logger, configDirectory: 'file:///app/' } });
    expect((backend as { config?: unknown }).config).toBe(config);
  });
});

describe('L1: the backend of the application', () => {
  test('RocksDBStateBackendConfigTest.testConfigureTimerServiceLoadingFromApplication: code wins over the configuration', async () => {
    const config = Configuration.from({ 'state.backend': 'lmdb' });
    const application = fakeStateBackend('mine');
    expect(await loadStateBackend(config, { application })).toBe(application);
  });

  test('gets the configuration when it is configurable', async () => {
    const config = Configuration.from({ 'state.backend': 'lmdb' });
    const application = fakeStateBackend('mine', {
      configure: (given: Configuration) => fakeStateBackend('mine', { config: given }),
    });
    const backend = await loadStateBackend(config, { application });
    expect(backend).not.toBe(application);
    expect((backend as { config?: unknown }).config).toBe(config);
  });

  test.each([
    [new StateError('config-value-invalid', 'mine'), 'config-value-invalid'],
    [new Error('mine'), 'factory-failed'],
  ])('%s while it is configured', async (error, code) => {
    const application = fakeStateBackend('mine', {
      configure: () => {
        throw error;
      },
    });
    expect((await errorOf(loadStateBackend(new Configuration(), { application }))).code).toBe(code);
  });

  test('factory-invalid when configuring returns something else', async () => {
    const application = fakeStateBackend('mine', { configure: () => ({}) });
    expect((await errorOf(loadStateBackend(new Configuration(), { application }))).code).toBe('factory-invalid');
  });
});

describe('former names', () => {
  test.each([
    ['jobmanager', 'hashmap', 'state.backend: hashmap and execution.checkpointing.storage: jobmanager'],
    ['filesystem', 'hashmap', 'state.backend: hashmap and execution.checkpointing.storage: filesystem'],
    ['RocksDB', 'lmdb', 'state.backend: lmdb'],
  ])('%s loads %s and says what to write', async (name, backend, advice) => {
    const logger = recordingLogger();
    expect((await load(name, { ...installation(BUILT_IN), logger })).name).toBe(backend);
    expect(logger.warnings).toEqual([
      `state-backend-name-deprecated: state.backend: ${name} (tidemark.yaml) is a former name; write ${advice} instead`,
    ]);
  });
});

describe('StateBackendLoadingTest.testLoadingFails', () => {
  test('factory-not-found: every place tried and the install command', async () => {
    const error = await errorOf(load('lmdbb', { ...installation({}), stateBackendFactories: { acme: ACME_FACTORY } }));
    expect(error.code).toBe('factory-not-found');
    expect(error.kind).toBe('configure');
    expect(error.message.split('\n')).toEqual([
      "no state backend 'lmdbb' (state.backend, tidemark.yaml); did you mean lmdb?",
      'tried:',
      '  - the factories given in code: acme',
      '  - @tidemark/state-backend-lmdbb, imported from /app/main.js',
      'to install it: npm install @tidemark/state-backend-lmdbb',
    ]);
    expect(error.details.install).toBe('npm install @tidemark/state-backend-lmdbb');
  });

  test('factory-not-found: under a former name, the package that has its part', async () => {
    const error = await errorOf(load('rocksdb', installation({})));
    expect(error.message).toContain('to install it: npm install @tidemark/state-backend-lmdb');
    expect(error.message).not.toContain('did you mean');
  });

  test('factory-not-found: a name that no package can have gets no command to install it', async () => {
    const error = await errorOf(load('Hash Map', installation({})));
    expect(error.message.split('\n')).toEqual([
      "no state backend 'Hash Map' (state.backend, tidemark.yaml); did you mean hashmap?",
      'tried:',
      '  - Hash Map, imported from /app/main.js',
      'no package can have this name; write a short name of letters and digits, a package, or a path with a leading dot, for example state.backend: hashmap',
    ]);
    expect(error.details.install).toBeUndefined();
  });

  test('factory-not-found: a path', async () => {
    const missing = (specifier: string): never => {
      throw Object.assign(new Error("Cannot find module '/app/x.js' imported from /app/main.js"), {
        code: 'ERR_MODULE_NOT_FOUND',
        url: specifier,
      });
    };
    const error = await errorOf(load('./x.js', { importModule: missing, configDirectory: 'file:///app' }));
    expect(error.code).toBe('factory-not-found');
    expect(error.message).toContain('file:///app/x.js');
    expect(error.message).not.toContain('npm install');
  });

  test('factory-not-found: a Java class', async () => {
    const name = 'org.apache.flink.runtime.state.hashmap.HashMapStateBackendFactory';
    expect((await errorOf(load(name, installation({})))).message).toContain('state.backend: hashmap or lmdb');
  });

  test('factory-not-found: nobody to import', async () => {
    const error = await errorOf(load('hashmap', {}));
    expect(error.code).toBe('factory-not-found');
    expect(error.message).toContain('{ importModule: (specifier) => import(specifier) }');
    expect(error.message).not.toContain('npm install');
  });

  test('F3: factory-failed when the module is there and something that it imports is missing', async () => {
    const cause = Object.assign(
      new Error("Cannot find package 'lmdb' imported from /app/node_modules/@tidemark/x.js"),
      {
        code: 'ERR_MODULE_NOT_FOUND',
      },
    );
    const error = await errorOf(load('lmdb', failing(cause)));
    expect(error.code).toBe('factory-failed');
    expect(error.cause).toBe(cause);
  });

  test.each([new Error('on import'), 'text', undefined])('factory-failed when the module throws %s', async (cause) => {
    const error = await errorOf(load('lmdb', failing(cause)));
    expect(error.code).toBe('factory-failed');
    expect(error.cause).toBe(cause);
  });

  test.each([
    ['nothing', {}],
    ['undefined', undefined],
    ['null', null],
    ['a function', { stateBackendFactory: () => undefined }],
    ['a factory without a version', { stateBackendFactory: { ...ACME_FACTORY, apiVersion: undefined } }],
    ['a factory without a name', { stateBackendFactory: { ...ACME_FACTORY, name: '' } }],
    ['a factory without options', { stateBackendFactory: { ...ACME_FACTORY, options: undefined } }],
    ['a factory that makes nothing', { stateBackendFactory: { ...ACME_FACTORY, createFromConfig: undefined } }],
    ['a factory that makes something else', { stateBackendFactory: { ...ACME_FACTORY, createFromConfig: () => ({}) } }],
    ['the other sort of factory', BUILT_IN['@tidemark/checkpoint-storage-filesystem']],
  ])('factory-invalid: the module exports %s', async (_, module) => {
    const error = await errorOf(load('@acme/backend', installation({ '@acme/backend': module })));
    expect(error.code).toBe('factory-invalid');
    expect(error.kind).toBe('configure');
  });

  test('api-version-mismatch names both versions', async () => {
    const future = { stateBackendFactory: { ...ACME_FACTORY, apiVersion: 99, createFromConfig: undefined } };
    const error = await errorOf(load('@acme/backend', installation({ '@acme/backend': future })));
    expect(error.code).toBe('api-version-mismatch');
    expect(error.message).toContain('version 99');
    expect(error.details).toMatchObject({ factoryApiVersion: 99, coreApiVersion: 1 });
  });

  test('the StateError of a factory passes, anything else becomes factory-failed', async () => {
    const throwing = (error: unknown) => ({
      stateBackendFactory: {
        ...ACME_FACTORY,
        createFromConfig: () => {
          throw error;
        },
      },
    });
    const refused = new StateError('config-value-invalid', 'refused');
    const passed = await errorOf(load('@acme/backend', installation({ '@acme/backend': throwing(refused) })));
    expect(passed).toBe(refused);
    const cause = new TypeError('broken');
    const wrapped = await errorOf(load('@acme/backend', installation({ '@acme/backend': throwing(cause) })));
    expect(wrapped.code).toBe('factory-failed');
    expect(wrapped.cause).toBe(cause);
  });
});

describe('keys', () => {
  const SIZE = integerOption({ key: 'state.backend.acme.size', description: '', minimum: 1 });
  const options = installation({
    '@tidemark/state-backend-acme': { stateBackendFactory: fakeStateBackendFactory('acme', [SIZE]) },
  });

  test('those of the factory are checked when it is loaded', async () => {
    const config = (key: string, value: number) =>
      Configuration.from({ 'state.backend': 'acme', [`state.backend.acme.${key}`]: value });
    await loadStateBackend(config('size', 1), options);
    expect((await errorOf(loadStateBackend(config('size', 0), options))).code).toBe('config-value-invalid');
    expect((await errorOf(loadStateBackend(config('sizes', 1), options))).message).toContain(
      'did you mean state.backend.acme.size?',
    );
  });

  test('slips are found before anything is imported', async () => {
    const { importModule, imported } = installation({});
    const config = Configuration.from({ 'state.bakend': 'acme' });
    expect((await errorOf(loadStateBackend(config, { importModule }))).code).toBe('config-key-unknown');
    expect(imported).toEqual([]);
  });
});

test('F2: errors and services of another installed copy of the core are recognised', async () => {
  // What another copy makes has other classes and the same brands and shapes.
  const foreign = Object.assign(new Error('refused'), {
    code: 'config-value-invalid',
    [Symbol.for('tidemark.StateError')]: true,
  });
  const factory = {
    ...ACME_FACTORY,
    createFromConfig: () => {
      throw foreign;
    },
  };
  await expect(load('@acme/backend', installation({ '@acme/backend': { stateBackendFactory: factory } }))).rejects.toBe(
    foreign,
  );
});
