// How a checkpoint storage is found by name and made from configuration.

import type { StateLogger } from '../ambient/logger.js';
import type { ConfigOption } from '../config/config-option.js';
import type { ConfigurationSource } from '../config/configuration.js';
import type { ReadableConfig } from '../config/readable-config.js';
import type { CheckpointStorage } from './checkpoint-storage.js';

/** The version of the service interfaces. A package built against another major version is refused when it is loaded. */
export const SPI_API_VERSION: 1 = 1;

/** What a factory is given besides the configuration. */
export interface FactoryContext {
  readonly logger: StateLogger;
  /** Directory of the configuration file as a `file:` URL, for relative paths; absent when there is no file. */
  readonly configDirectory?: string;
  /**
   * Loads another checkpoint storage by name, for a storage that stands on another: from the same configuration, in
   * which `settings` win. Absent when the service was not made by a loader.
   *
   * @throws StateError as `loadCheckpointStorage`.
   */
  readonly loadCheckpointStorage?: (name: string, settings: ConfigurationSource) => Promise<CheckpointStorage>;
}

/**
 * Makes a checkpoint storage from configuration. A package exports it as `checkpointStorageFactory`.
 *
 * Implementers (guide: The factory)
 * - MUST say the version of the service interface that it was built for, and a name that configuration can hold.
 *   [CS-FACTORY-02]
 * - MUST list its options in full: each with a key of its own, a description, and a default within its bounds.
 *   [CS-FACTORY-03]
 */
export interface CheckpointStorageFactory {
  /** The word that chooses the storage. */
  readonly name: string;
  /** The {@link SPI_API_VERSION} that the package was built for. */
  readonly apiVersion: number;
  /** The options that only this storage reads. */
  readonly options: readonly ConfigOption<unknown>[];
  /**
   * Implementers (guide: The factory)
   * - MUST refuse configuration that cannot work with a StateError of kind `configure`. [CS-FACTORY-01]
   * - MUST make another storage at every call, each of which works by itself. [CS-FACTORY-04]
   *
   * @throws StateError `config-value-invalid`, `config-option-missing`.
   */
  createFromConfig(config: ReadableConfig, context: FactoryContext): CheckpointStorage | Promise<CheckpointStorage>;
}

/** A storage that was made in code and still takes what configuration adds. */
export interface ConfigurableCheckpointStorage extends CheckpointStorage {
  /** A storage with the settings of this one, completed from `config`; what was set in code wins. @throws StateError `config-value-invalid`. */
  configure(config: ReadableConfig, context: FactoryContext): CheckpointStorage;
}
