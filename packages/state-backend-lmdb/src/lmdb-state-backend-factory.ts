// How the lmdb backend is made from configuration.

import { SPI_API_VERSION, type StateBackendFactory } from '@tidemark/state-core/spi';
import { LmdbStateBackend } from './lmdb-state-backend.js';
import { LmdbStateBackendOptions } from './options/lmdb-state-backend-options.js';

/** Makes an {@link LmdbStateBackend}; found by the name `lmdb`. */
export const stateBackendFactory: StateBackendFactory = {
  name: 'lmdb',
  apiVersion: SPI_API_VERSION,
  options: Object.values(LmdbStateBackendOptions),
  /** @throws StateError `config-value-invalid`. */
  createFromConfig: (config) => new LmdbStateBackend().configure(config),
};
