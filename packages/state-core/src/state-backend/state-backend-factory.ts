// How a state backend is found by name and made from configuration.

import type { FactoryContext } from '../checkpoint-storage/checkpoint-storage-factory.js';
import type { ConfigOption } from '../config/config-option.js';
import type { ReadableConfig } from '../config/readable-config.js';
import type { StateBackend } from './state-backend.js';

/**
 * Makes a state backend from configuration. A package exports it as `stateBackendFactory`.
 *
 * Implementers
 * - MUST refuse configuration that cannot work with a StateError of kind `configure`. [SB-FACTORY-01]
 */
export interface StateBackendFactory {
  /** The word that chooses the backend. */
  readonly name: string;
  /** The SPI_API_VERSION that the package was built for. */
  readonly apiVersion: number;
  /** The options that only this backend reads. */
  readonly options: readonly ConfigOption<unknown>[];
  /** @throws StateError `config-value-invalid`, `config-option-missing`. */
  createFromConfig(config: ReadableConfig, context: FactoryContext): StateBackend | Promise<StateBackend>;
}

/** A backend that was made in code and still takes what configuration adds. */
export interface ConfigurableStateBackend extends StateBackend {
  /** A backend with the settings of this one, completed from `config`; what was set in code wins. @throws StateError `config-value-invalid`. */
  configure(config: ReadableConfig, context: FactoryContext): StateBackend;
}
