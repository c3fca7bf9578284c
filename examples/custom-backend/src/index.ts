// Keyed state in SQLite. `state.backend: '@example/state-backend-sqlite'` loads this module and takes `stateBackendFactory`.

export { SqliteKeyedStore, type SqliteKeyedStoreOptions } from './sqlite-keyed-store.js';
export { SqliteStateBackendOptions, stateBackendFactory } from './sqlite-state-backend-factory.js';
