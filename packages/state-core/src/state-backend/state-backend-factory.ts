// How a state backend is found by name and made from configuration.

import type { FactoryContext } from '../checkpoint-storage/checkpoint-storage-factory.js';
import type { ConfigOption } from '../config/config-option.js';
import type { ReadableConfig } from '../config/readable-config.js';
import type { StateBackend } from './state-backend.js';

/**
 * Makes a state backend from configuration. A package exports it as `stateBackendFactory`.
 *
 * Implementers (guide: The factory)
 * - MUST say the version of the service interface that it was built for, and a name that configuration can hold.
 *   [SB-FACTORY-02]
 * - MUST list its options in full: each with a key of its own, a description, and a default within its bounds.
 *   [SB-FACTORY-03]
 */
export interface StateBackendFactory {
  /** The word that chooses the backend. */
  readonly name: string;
  /** The SPI_API_VERSION that the package was built for. */
  readonly apiVersion: number;
  /** The options that only this backend reads. */
  readonly options: readonly ConfigOption<unknown>[];
  /**
   * Implementers (guide: The factory)
   * - MUST refuse configuration that cannot work with a StateError of kind `configure`. [SB-FACTORY-01]
   * - MUST make another backend at every call, each of which works by itself. [SB-FACTORY-04]
   *
   * @throws StateError `config-value-invalid`, `config-option-missing`.
   */
  createFromConfig(config: ReadableConfig, context: FactoryContext): StateBackend | Promise<StateBackend>;
}

/** A backend that was made in code and still takes what configuration adds. */
export interface ConfigurableStateBackend extends StateBackend {
  /** A backend with the settings of this one, completed from `config`; what was set in code wins. @throws StateError `config-value-invalid`. */
  configure(config: ReadableConfig, context: FactoryContext): StateBackend;
}
