// Everything that this package offers.

export { LmdbStateBackend, type LmdbStateBackendSettings } from './lmdb-state-backend.js';
export { stateBackendFactory } from './lmdb-state-backend-factory.js';
export {
  type LmdbPredefinedOptions,
  LmdbStateBackendOptions,
  type LmdbTimerService,
} from './options/lmdb-state-backend-options.js';
