// The entry for applications on Node: the core, and everything that it needs to find by name.

export * from '@tidemark/state-core';
export {
  CONFIGURATION_FILE_NAMES,
  type ConfigurationFile,
  parseConfiguration,
  readConfigurationFile,
} from './configuration/configuration-file.js';
export { readConfiguration, type SurroundingsOptions } from './configuration/surroundings.js';
export { loadCheckpointStorage, loadStateBackend, loadStateBackendAndStorage } from './loading/load-services.js';
export { type NodeOpenStateOptions, openState } from './open-state.js';
export { CombinedStateBackend } from './presets/combined-state-backend.js';
export {
  EmbeddedRocksDBStateBackend,
  type EmbeddedRocksDBStateBackendOptions,
} from './presets/embedded-rocksdb-state-backend.js';
export { FsStateBackend, type FsStateBackendOptions, fsStateBackend } from './presets/fs-state-backend.js';
export {
  MemoryStateBackend,
  type MemoryStateBackendOptions,
  memoryStateBackend,
} from './presets/memory-state-backend.js';
export { lmdbStateBackend, RocksDBStateBackend } from './presets/rocksdb-state-backend.js';
