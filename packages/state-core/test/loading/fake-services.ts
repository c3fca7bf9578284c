// The smallest backends, storages and factories that a loader takes: they keep what they were given.

import type { CheckpointStorage } from '../../src/checkpoint-storage/checkpoint-storage.js';
import {
  type CheckpointStorageFactory,
  type FactoryContext,
  SPI_API_VERSION,
} from '../../src/checkpoint-storage/checkpoint-storage-factory.js';
import { CheckpointingOptions } from '../../src/config/checkpointing-options.js';
import type { ConfigOption } from '../../src/config/config-option.js';
import type { ReadableConfig } from '../../src/config/readable-config.js';
import type { StateBackend } from '../../src/state-backend/state-backend.js';
import type { StateBackendFactory } from '../../src/state-backend/state-backend-factory.js';

export type FakeStateBackend = StateBackend & { readonly config?: ReadableConfig; readonly context?: FactoryContext };
export type FakeCheckpointStorage = CheckpointStorage & {
  readonly maxStateSizeBytes?: number;
  readonly checkpointDirectory?: string | undefined;
  readonly savepointDirectory?: string | undefined;
};

const notCalled = (): never => {
  throw new Error('a loader only makes services, it does not use them');
};

export function fakeStateBackend(name: string, extra: object = {}): FakeStateBackend {
  const methods = { createKeyedStateBackend: notCalled, createOperatorStateBackend: notCalled };
  return Object.freeze({ name, capabilities: {}, ...methods, ...extra }) as unknown as FakeStateBackend;
}

export function fakeCheckpointStorage(name: string, extra: object = {}): FakeCheckpointStorage {
  const methods = { createCoordinatorView: notCalled, createWorkerView: notCalled };
  return Object.freeze({ name, capabilities: {}, ...methods, ...extra }) as unknown as FakeCheckpointStorage;
}

/** A backend of the old sort, which is its own storage. */
export function legacyStateBackend(name: string, extra: object = {}): FakeStateBackend & FakeCheckpointStorage {
  return fakeStateBackend(name, { ...fakeCheckpointStorage(name), ...extra }) as FakeStateBackend &
    FakeCheckpointStorage;
}

/** A storage made in code that takes the directories from the configuration, as Flink's does. */
export function configurableStorage(name: string, maxStateSizeBytes: number): FakeCheckpointStorage {
  const configure = (config: ReadableConfig): CheckpointStorage =>
    fakeCheckpointStorage(name, { maxStateSizeBytes, ...directoriesOf(config) });
  return fakeCheckpointStorage(name, { maxStateSizeBytes, configure });
}

export function fakeStateBackendFactory(
  name: string,
  options: readonly ConfigOption<unknown>[] = [],
): StateBackendFactory {
  return {
    name,
    apiVersion: SPI_API_VERSION,
    options,
    createFromConfig: (config, context) => fakeStateBackend(name, { config, context }),
  };
}

export function fakeStorageFactory(
  name: string,
  options: readonly ConfigOption<unknown>[] = [],
): CheckpointStorageFactory {
  return {
    name,
    apiVersion: SPI_API_VERSION,
    options,
    createFromConfig: (config) => fakeCheckpointStorage(name, directoriesOf(config)),
  };
}

function directoriesOf(config: ReadableConfig): object {
  return {
    checkpointDirectory: config.get(CheckpointingOptions.CHECKPOINTS_DIRECTORY),
    savepointDirectory: config.get(CheckpointingOptions.SAVEPOINT_DIRECTORY),
  };
}

/** What an installation holds, by specifier; anything else is missing as Node says it. */
export function installation(modules: Readonly<Record<string, unknown>>): {
  readonly importModule: (specifier: string) => Promise<unknown>;
  readonly imported: string[];
} {
  const imported: string[] = [];
  const importModule = async (specifier: string): Promise<unknown> => {
    imported.push(specifier);
    if (specifier in modules) return modules[specifier];
    throw Object.assign(new Error(`Cannot find package '${specifier}' imported from /app/main.js`), {
      code: 'ERR_MODULE_NOT_FOUND',
    });
  };
  return { importModule, imported };
}

/** The four packages of ours. */
export const BUILT_IN: Readonly<Record<string, unknown>> = {
  '@tidemark/state-backend-hashmap': { stateBackendFactory: fakeStateBackendFactory('hashmap') },
  '@tidemark/state-backend-lmdb': { stateBackendFactory: fakeStateBackendFactory('lmdb') },
  '@tidemark/checkpoint-storage-jobmanager': { checkpointStorageFactory: fakeStorageFactory('jobmanager') },
  '@tidemark/checkpoint-storage-filesystem': { checkpointStorageFactory: fakeStorageFactory('filesystem') },
};
