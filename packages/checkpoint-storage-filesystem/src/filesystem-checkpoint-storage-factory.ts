// How the storage is found by the name `filesystem`.

import { type CheckpointStorageFactory, SPI_API_VERSION } from '@tidemark/state-core/spi';
import { FileSystemCheckpointStorage } from './filesystem-checkpoint-storage.js';
import { FileSystemCheckpointStorageOptions } from './filesystem-checkpoint-storage-options.js';

/** Makes the filesystem storage from configuration. */
export const checkpointStorageFactory: CheckpointStorageFactory = {
  name: 'filesystem',
  apiVersion: SPI_API_VERSION,
  options: Object.values(FileSystemCheckpointStorageOptions),
  /** @throws StateError `config-option-missing`, `config-value-invalid`, `file-system-scheme-unknown`. */
  createFromConfig: (config, context) => FileSystemCheckpointStorage.fromConfig(config, context),
};
