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
