// The seam to directories: another checkpoint storage, which keeps what must not stay in memory.
//
// This package runs wherever state-core does and touches no disk. With a directory, and for savepoints, it stands on a
// storage that can: the same one that a program with larger state would choose.

import { StateError } from '@tidemark/state-core';
import type { CheckpointStorage } from '@tidemark/state-core/spi';

/** The directories that a {@link MetadataStorage} is made for. */
export interface MetadataDirectories {
  /** Directory of checkpoints: a path or a URI. */
  readonly directory: string;
  readonly savepointDirectory?: string;
  readonly createSubdirectory?: boolean;
}

/**
 * Makes the storage that writes metadata and savepoints into directories. Called when the first is needed.
 *
 * @example
 * ```ts
 * new JobManagerCheckpointStorage({
 *   checkpointDirectory: './checkpoints',
 *   metadataStorage: (directories) => new FileSystemCheckpointStorage(directories),
 * });
 * ```
 */
export type MetadataStorage = (directories: MetadataDirectories) => CheckpointStorage | Promise<CheckpointStorage>;

/** The error for a directory without anything that can write to it. */
export function metadataStorageMissing(directory: string): StateError {
  return new StateError(
    'config-option-missing',
    `the jobmanager storage was given the directory '${directory}' for metadata and nothing that writes files. Choose execution.checkpointing.storage: filesystem, or leave the directory out, or hand over metadataStorage: (directories) => new FileSystemCheckpointStorage(directories), from @tidemark/checkpoint-storage-filesystem`,
    { details: { directory } },
  );
}
