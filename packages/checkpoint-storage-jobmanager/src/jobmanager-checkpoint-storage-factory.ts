// How the storage is found by the name `jobmanager`.

import { type CheckpointStorageFactory, SPI_API_VERSION } from '@tidemark/state-core/spi';
import { JobManagerCheckpointStorage } from './jobmanager-checkpoint-storage.js';
import { JobManagerCheckpointStorageOptions } from './jobmanager-checkpoint-storage-options.js';

/** Makes the jobmanager storage from configuration. */
export const checkpointStorageFactory: CheckpointStorageFactory = {
  name: 'jobmanager',
  apiVersion: SPI_API_VERSION,
  options: Object.values(JobManagerCheckpointStorageOptions),
  /** @throws StateError `config-value-invalid`. */
  createFromConfig: (config, context) => JobManagerCheckpointStorage.fromConfig(config, context),
};
