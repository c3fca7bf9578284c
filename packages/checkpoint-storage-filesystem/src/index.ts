// The filesystem checkpoint storage: checkpoints in a directory, safe against a crash at any moment.

export type {
  DirectoryEntry,
  FileKind,
  FileStatus,
  FileSystem,
  FileSystemReader,
  FileSystemWriter,
} from './file-system/file-system.js';
export { registerFileSystem } from './file-system/file-systems.js';
export { NodeFileSystem } from './file-system/node-file-system.js';
export {
  FILE_STATE_SIZE_THRESHOLD_BYTES_MAX,
  FileSystemCheckpointStorage,
  type FileSystemCheckpointStorageSettings,
} from './filesystem-checkpoint-storage.js';
export { checkpointStorageFactory } from './filesystem-checkpoint-storage-factory.js';
export { FileSystemCheckpointStorageOptions } from './filesystem-checkpoint-storage-options.js';
export { jobDirectoryName } from './job-directory-name.js';
