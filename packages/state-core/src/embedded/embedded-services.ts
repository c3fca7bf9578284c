// The backend and the storage of an embedded state.
//
// Owns: what happens when no storage was asked for and none is installed: the state works, and the first checkpoint says
// what to install. Leaves names and precedence to the loading folder.

import type { StateLogger } from '../ambient/logger.js';
import type { CheckpointStorage } from '../checkpoint-storage/checkpoint-storage.js';
import { CheckpointingOptions } from '../config/checkpointing-options.js';
import type { Configuration } from '../config/configuration.js';
import { isStateError, type StateError } from '../error/state-error.js';
import type { LoadingOptions } from '../loading/loading-options.js';
import { loadStateBackendAndStorage } from '../loading/state-backend-and-storage-loader.js';
import { loadStateBackend } from '../loading/state-backend-loader.js';
import type { StateBackend } from '../state-backend/state-backend.js';

/** What a state is kept in, and where its checkpoints go or why they go nowhere. */
export type EmbeddedServices =
  | {
      readonly stateBackend: StateBackend;
      readonly checkpointStorage: CheckpointStorage;
      readonly storageError?: undefined;
    }
  | { readonly stateBackend: StateBackend; readonly checkpointStorage?: undefined; readonly storageError: StateError };

/** What the program made itself. */
export interface ApplicationServices {
  readonly stateBackend?: StateBackend | undefined;
  readonly checkpointStorage?: CheckpointStorage | undefined;
}

/** @throws StateError as `loadStateBackendAndStorage`. */
export async function loadEmbeddedServices(
  config: Configuration,
  { stateBackend, checkpointStorage }: ApplicationServices,
  options: LoadingOptions & { readonly logger: StateLogger },
): Promise<EmbeddedServices> {
  const application = { ...(stateBackend && { stateBackend }), ...(checkpointStorage && { checkpointStorage }) };
  try {
    return await loadStateBackendAndStorage(config, { ...options, application });
  } catch (error) {
    const isOptional =
      checkpointStorage === undefined &&
      !config.contains(CheckpointingOptions.CHECKPOINT_STORAGE) &&
      !config.contains(CheckpointingOptions.CHECKPOINTS_DIRECTORY);
    if (!isOptional || !isStateError(error, 'factory-not-found')) throw error;
    // When it is the backend that is missing, this fails in the same way.
    const backend = await loadStateBackend(config, { ...options, ...(stateBackend && { application: stateBackend }) });
    options.logger.warn('checkpoint-storage-missing', `no checkpoint can be taken: ${error.message}`, error.details);
    return { stateBackend: backend, storageError: error };
  }
}
