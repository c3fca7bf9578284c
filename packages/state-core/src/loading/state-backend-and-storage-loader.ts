// Both halves at once: what a program that keeps state and takes checkpoints needs.
//
// Owns: the order. What each half is, its own loader decides.

import type { CheckpointStorage } from '../checkpoint-storage/checkpoint-storage.js';
import type { Configuration } from '../config/configuration.js';
import type { StateBackend } from '../state-backend/state-backend.js';
import { loadCheckpointStorage } from './checkpoint-storage-loader.js';
import type { LoadingOptions } from './loading-options.js';
import { loadStateBackend } from './state-backend-loader.js';

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
 * which together check every key of the configuration.
 *
 * @throws StateError as {@link loadStateBackend} and {@link loadCheckpointStorage}.
 */
export async function loadStateBackendAndStorage(
  config: Configuration,
  options: StateBackendAndStorageLoadingOptions,
): Promise<StateBackendAndStorage> {
  const { application = {}, ...common } = options;
  const stateBackend = await loadStateBackend(config, {
    ...common,
    ...(application.stateBackend && { application: application.stateBackend }),
  });
  const checkpointStorage = await loadCheckpointStorage(config, {
    ...common,
    stateBackend,
    ...(application.checkpointStorage && { application: application.checkpointStorage }),
  });
  return { stateBackend, checkpointStorage };
}
