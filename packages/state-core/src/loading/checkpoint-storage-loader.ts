// Which checkpoint storage a program uses.
//
// Owns: the precedence among backend, application and configuration, as Flink's CheckpointStorageLoader has it.
//
//   L1. A state backend that is itself a storage wins over everything, also from inside a delegating one; so does the
//       storage of the former backend name `jobmanager`.
//   L2. Then the storage that the application made; one that is configurable gets the configuration.
//   L3. Then the name in the configuration, in which `filesystem` needs a directory.
//   L4. Then the storage of the former backend name `filesystem`; then filesystem if a directory is set, else jobmanager.

import { silentLogger } from '../ambient/logger.js';
import type { CheckpointStorage } from '../checkpoint-storage/checkpoint-storage.js';
import type {
  CheckpointStorageFactory,
  ConfigurableCheckpointStorage,
  FactoryContext,
} from '../checkpoint-storage/checkpoint-storage-factory.js';
import { CheckpointingOptions } from '../config/checkpointing-options.js';
import { Configuration } from '../config/configuration.js';
import {
  checkConfigurationAfterLoading,
  checkConfigurationBeforeLoading,
  checkKeysOfFactory,
} from '../config/configuration-check.js';
import { StateError } from '../error/state-error.js';
import type { StateBackend } from '../state-backend/state-backend.js';
import { rootStateBackendOf } from './delegating-state-backend.js';
import {
  createService,
  factoryContextOf,
  loadFactory,
  type NamedFactory,
  optionsOfGivenFactories,
  runOfThirdParty,
  type ServiceKind,
} from './factory-loader.js';
import { stateBackendOriginOf } from './loaded-state-backend.js';
import type { LoadingOptions } from './loading-options.js';

/** How the checkpoint storage is found. */
export interface CheckpointStorageLoadingOptions extends LoadingOptions {
  /** The storage that the application made; wins over the configuration. */
  readonly application?: CheckpointStorage;
  /**
   * The state backend that {@link loadStateBackend} returned: it may decide the storage, and its options must be known
   * before a key of the configuration can be called unknown.
   */
  readonly stateBackend?: StateBackend;
}

/** A storage and, when it was loaded by name, its factory. */
interface LoadedCheckpointStorage {
  readonly checkpointStorage: CheckpointStorage;
  readonly factory?: CheckpointStorageFactory;
}

const CHECKPOINT_STORAGE_KIND: ServiceKind<CheckpointStorage> = {
  title: 'checkpoint storage',
  key: 'execution.checkpointing.storage',
  packagePrefix: '@tidemark/checkpoint-storage-',
  exportName: 'checkpointStorageFactory',
  knownWords: ['jobmanager', 'filesystem'],
  isService: isCheckpointStorage,
};

const { CHECKPOINT_STORAGE, CHECKPOINTS_DIRECTORY } = CheckpointingOptions;

/**
 * Loads the checkpoint storage of a program: the backend's own if it is one, else the application's, else the one that
 * `execution.checkpointing.storage` names, else filesystem when a checkpoint directory is set, else jobmanager.
 *
 * @throws StateError `config-option-missing` when the storage is filesystem and no directory is set; `factory-not-found`
 *   with every place tried and the install command, `factory-failed` with the cause, `factory-invalid`,
 *   `api-version-mismatch`, `config-key-unknown`, `config-key-unsupported`, `config-value-invalid`, and what the factory
 *   itself throws.
 */
export async function loadCheckpointStorage(
  config: Configuration,
  options: CheckpointStorageLoadingOptions,
): Promise<CheckpointStorage> {
  const known = [...(options.options ?? []), ...optionsOfGivenFactories(options)];
  // Warnings about the keys of the core are given when the backend is loaded; here they would only be repeated.
  checkConfigurationBeforeLoading(config, { options: known });
  const loaded = await loadByPrecedence(config, options);
  checkKeys(config, loaded, options);
  return loaded.checkpointStorage;
}

async function loadByPrecedence(
  config: Configuration,
  options: CheckpointStorageLoadingOptions,
): Promise<LoadedCheckpointStorage> {
  const root = options.stateBackend && rootStateBackendOf(options.stateBackend);
  if (isCheckpointStorage(root)) {
    warnOfOverridden(config, options, `the state backend '${root.name}' is itself a checkpoint storage`);
    return { checkpointStorage: root };
  }
  const classic = root && stateBackendOriginOf(root)?.classicStorage;
  if (classic === 'jobmanager') {
    warnOfOverridden(config, options, "the state backend is configured by the former name 'jobmanager'");
    return loadNamed(config, { name: classic, origin: 'former name of the state backend' }, options);
  }
  if (options.application !== undefined) {
    const checkpointStorage = await configured(options.application, config, options);
    options.logger?.info('checkpoint-storage', `checkpoint storage of the application: ${checkpointStorage.name}`);
    return { checkpointStorage };
  }
  return loadNamed(config, nameOfStorage(config, classic), options);
}

function checkKeys(
  config: Configuration,
  { checkpointStorage, factory }: LoadedCheckpointStorage,
  options: CheckpointStorageLoadingOptions,
): void {
  const { stateBackend, logger } = options;
  if (stateBackend === undefined) {
    // Without the backend nobody can tell its keys from unknown ones.
    if (factory !== undefined) checkKeysOfFactory(config, 'execution.checkpointing.storage.', factory, logger);
    return;
  }
  const backendFactory = stateBackendOriginOf(rootStateBackendOf(stateBackend))?.factory;
  const names = [backendFactory?.name, factory?.name];
  checkConfigurationAfterLoading(config, {
    options: [...(options.options ?? []), ...optionsOfGivenFactories(options), ...(backendFactory?.options ?? [])],
    factoryOptions: factory?.options ?? [],
    factoryNames: names.filter((name) => name !== undefined),
    applicationNames: [
      ...(backendFactory === undefined ? [rootStateBackendOf(stateBackend).name] : []),
      ...(factory === undefined ? [checkpointStorage.name] : []),
    ],
    ...(logger && { logger }),
  });
}

function nameOfStorage(config: Configuration, classic: string | undefined): NamedFactory {
  const name = config.get(CHECKPOINT_STORAGE);
  if (name !== undefined) return { name, origin: config.find(CHECKPOINT_STORAGE)?.origin ?? 'default' };
  if (classic !== undefined) return { name: classic, origin: 'former name of the state backend' };
  const directory = config.find(CHECKPOINTS_DIRECTORY);
  if (directory === undefined) return { name: 'jobmanager', origin: 'default without a checkpoint directory' };
  return { name: 'filesystem', origin: `default with ${directory.key} in ${directory.origin}` };
}

async function loadNamed(
  config: Configuration,
  named: NamedFactory,
  options: CheckpointStorageLoadingOptions,
): Promise<LoadedCheckpointStorage> {
  if (named.name.trim().toLowerCase() === 'filesystem') requireDirectory(config, named);
  const given = options.checkpointStorageFactories ?? {};
  const factory = await loadFactory(CHECKPOINT_STORAGE_KIND, named, given, options);
  const checkpointStorage = await createService(CHECKPOINT_STORAGE_KIND, factory, config, contextOf(config, options));
  (options.logger ?? silentLogger).info(
    'checkpoint-storage',
    `checkpoint storage of the configuration: ${checkpointStorage.name} (${named.origin})`,
  );
  return { checkpointStorage, factory };
}

/** A storage may stand on another, which is found in the same way: by the factories given, else by importing. */
function contextOf(config: Configuration, options: LoadingOptions): FactoryContext {
  return {
    ...factoryContextOf(options),
    loadCheckpointStorage: async (name, settings) => {
      const named = { name, origin: 'needed by another checkpoint storage' };
      return (await loadNamed(Configuration.from(settings).withFallback(config), named, options)).checkpointStorage;
    },
  };
}

function requireDirectory(config: Configuration, named: NamedFactory): void {
  if (config.contains(CHECKPOINTS_DIRECTORY)) return;
  const { key } = CHECKPOINTS_DIRECTORY;
  throw new StateError(
    'config-option-missing',
    `the checkpoint storage 'filesystem' (${named.origin}) needs a directory; add the line ${key}: ./checkpoints`,
    { details: { option: key, origin: named.origin } },
  );
}

function warnOfOverridden(config: Configuration, options: CheckpointStorageLoadingOptions, reason: string): void {
  const written = config.find(CHECKPOINT_STORAGE);
  const overridden = [
    options.application && `the storage '${options.application.name}' of the application`,
    written &&
      String(written.written).toLowerCase() !== 'jobmanager' &&
      `${written.key}: ${written.written} (${written.origin})`,
  ].filter((text) => typeof text === 'string');
  if (overridden.length === 0) return;
  (options.logger ?? silentLogger).warn(
    'checkpoint-storage-overridden',
    `${reason} and wins over ${overridden.join(' and ')}`,
    { overridden },
  );
}

async function configured(
  checkpointStorage: CheckpointStorage,
  config: Configuration,
  options: LoadingOptions,
): Promise<CheckpointStorage> {
  const configurable = checkpointStorage as Partial<ConfigurableCheckpointStorage> & CheckpointStorage;
  if (typeof configurable.configure !== 'function') return checkpointStorage;
  const { configure } = configurable;
  const result: unknown = await runOfThirdParty(`configuring the checkpoint storage '${checkpointStorage.name}'`, () =>
    configure.call(checkpointStorage, config, contextOf(config, options)),
  );
  if (isCheckpointStorage(result)) return result;
  throw new StateError(
    'factory-invalid',
    `configure of the checkpoint storage '${checkpointStorage.name}' returned no checkpoint storage`,
    { details: { name: checkpointStorage.name } },
  );
}

function isCheckpointStorage(candidate: unknown): candidate is CheckpointStorage {
  if (typeof candidate !== 'object' || candidate === null) return false;
  const { name, createCoordinatorView, createWorkerView } = candidate as Partial<CheckpointStorage>;
  return (
    typeof name === 'string' && typeof createCoordinatorView === 'function' && typeof createWorkerView === 'function'
  );
}
