// Both halves at once: what a program that keeps state and takes checkpoints needs.
//
// Owns: the order of checks and loads, so that each mistake in a configuration is reported as itself.

import type { CheckpointStorage } from '../checkpoint-storage/checkpoint-storage.js';
import type { Configuration } from '../config/configuration.js';
import { checkConfigurationAfterLoading, checkConfigurationBeforeLoading } from '../config/configuration-check.js';
import type { StateBackend } from '../state-backend/state-backend.js';
import { loadCheckpointStorageUnchecked } from './checkpoint-storage-loader.js';
import { optionsOfGivenFactories } from './factory-loader.js';
import type { LoadingOptions } from './loading-options.js';
import { loadStateBackendUnchecked } from './state-backend-loader.js';

/** How both are found. */
export interface StateBackendAndStorageLoadingOptions extends LoadingOptions {
  /** What the application made itself; wins over the configuration. */
  readonly application?: {
    readonly stateBackend?: StateBackend;
    readonly checkpointStorage?: CheckpointStorage;
  };
}

/** Where state is kept and where its checkpoints go. */
export interface StateBackendAndStorage {
  readonly stateBackend: StateBackend;
  readonly checkpointStorage: CheckpointStorage;
}

/**
 * Loads state backend and checkpoint storage by the rules of {@link loadStateBackend} and {@link loadCheckpointStorage},
 * and checks every key of the configuration: before loading what is certain to be wrong, after it the rest.
 *
 * @throws StateError as {@link loadStateBackend} and {@link loadCheckpointStorage}.
 */
export async function loadStateBackendAndStorage(
  config: Configuration,
  options: StateBackendAndStorageLoadingOptions,
): Promise<StateBackendAndStorage> {
  const { application = {}, ...common } = options;
  const known = [...(options.options ?? []), ...optionsOfGivenFactories(options)];
  const logger = options.logger && { logger: options.logger };
  checkConfigurationBeforeLoading(config, { options: known, ...logger });
  const backend = await loadStateBackendUnchecked(config, {
    ...common,
    ...(application.stateBackend && { application: application.stateBackend }),
  });
  const storage = await loadCheckpointStorageUnchecked(config, {
    ...common,
    stateBackend: backend.stateBackend,
    ...(application.checkpointStorage && { application: application.checkpointStorage }),
  });
  checkConfigurationAfterLoading(config, {
    options: known,
    factoryOptions: [...(backend.factory?.options ?? []), ...(storage.factory?.options ?? [])],
    factoryNames: [backend.factory?.name, storage.factory?.name].filter((name) => name !== undefined),
    applicationNames: [
      ...(backend.factory ? [] : [backend.stateBackend.name]),
      ...(storage.factory ? [] : [storage.checkpointStorage.name]),
    ],
    ...logger,
  });
  return { stateBackend: backend.stateBackend, checkpointStorage: storage.checkpointStorage };
}
