// The jobmanager checkpoint storage: checkpoints in the memory of the coordinator.

export { CoordinatorMemory, processCoordinatorMemory } from './coordinator-memory.js';
export {
  JobManagerCheckpointStorage,
  type JobManagerCheckpointStorageSettings,
} from './jobmanager-checkpoint-storage.js';
export { checkpointStorageFactory } from './jobmanager-checkpoint-storage-factory.js';
export { JobManagerCheckpointStorageOptions } from './jobmanager-checkpoint-storage-options.js';
export { NOT_EXTERNALLY_ADDRESSABLE } from './memory-checkpoint-location.js';
export type { MetadataDirectories, MetadataStorage } from './metadata-storage.js';
