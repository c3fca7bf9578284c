// The loaders of the core with Node's way to import.

import {
  type CheckpointStorageLoadingOptions,
  type Configuration,
  type LoadingOptions,
  loadCheckpointStorage as loadPureCheckpointStorage,
  loadStateBackend as loadPureStateBackend,
  loadStateBackendAndStorage as loadPureStateBackendAndStorage,
  type StateBackendAndStorage,
  type StateBackendAndStorageLoadingOptions,
  type StateBackendLoadingOptions,
} from '@tidemark/state-core';
import type { CheckpointStorage, StateBackend } from '@tidemark/state-core/spi';
import { processLogger, workingDirectoryUrl } from '../ambient/process-surroundings.js';
import { moduleImporter } from './module-import.js';

/**
 * Loads the state backend that `config` names, or hashmap.
 *
 * @throws StateError as `loadStateBackend` of the core.
 * @example
 * ```ts
 * const backend = await loadStateBackend(Configuration.from({ 'state.backend': 'hashmap' }));
 * ```
 */
export function loadStateBackend(
  config: Configuration,
  options: StateBackendLoadingOptions = {},
): Promise<StateBackend> {
  return loadPureStateBackend(config, { ...nodeLoading(), ...options });
}

/** Loads the checkpoint storage by Flink's precedence. @throws StateError as `loadCheckpointStorage` of the core. */
export function loadCheckpointStorage(
  config: Configuration,
  options: CheckpointStorageLoadingOptions = {},
): Promise<CheckpointStorage> {
  return loadPureCheckpointStorage(config, { ...nodeLoading(), ...options });
}

/** Loads both and checks every key. @throws StateError as `loadStateBackendAndStorage` of the core. */
export function loadStateBackendAndStorage(
  config: Configuration,
  options: StateBackendAndStorageLoadingOptions = {},
): Promise<StateBackendAndStorage> {
  return loadPureStateBackendAndStorage(config, { ...nodeLoading(), ...options });
}

function nodeLoading(): LoadingOptions {
  const workingDirectory = workingDirectoryUrl();
  return {
    importModule: moduleImporter(workingDirectory),
    configDirectory: workingDirectory.href,
    logger: processLogger,
  };
}
