// How the heap backend is made from configuration.

import { SPI_API_VERSION, type StateBackendFactory } from '@tidemark/state-core/spi';
import { HashMapStateBackend } from './hash-map-state-backend.js';
import { HashMapStateBackendOptions } from './hash-map-state-backend-options.js';

/** Makes a {@link HashMapStateBackend}; found by the name `hashmap`. */
export const stateBackendFactory: StateBackendFactory = {
  name: 'hashmap',
  apiVersion: SPI_API_VERSION,
  options: Object.values(HashMapStateBackendOptions),
  /** @throws StateError `config-value-invalid`. */
  createFromConfig: (config) => new HashMapStateBackend().configure(config),
};
