// Flink's FsStateBackend: live values on the heap, checkpoints in a directory.

import { FileSystemCheckpointStorage } from '@tidemark/checkpoint-storage-filesystem';
import { HashMapStateBackend } from '@tidemark/state-backend-hashmap';
import { CombinedStateBackend } from './combined-state-backend.js';
import { checkPresetDirectory, checkPresetOptions } from './preset-arguments.js';

const OPTIONS: readonly string[] = ['fileStateSizeThreshold', 'writeBufferSize', 'savepointDirectory'];

/** How a {@link FsStateBackend} is set up besides its directory. */
export interface FsStateBackendOptions {
  /** State streams of at most so many bytes are kept in the metadata: 0 to 1,048,576. Default 20,480. */
  readonly fileStateSizeThreshold?: number;
  /** Write buffer of a file in bytes; at least the threshold is used. Default 4,096. */
  readonly writeBufferSize?: number;
  /** Where savepoints go for which no place is given. */
  readonly savepointDirectory?: string | URL;
}

/**
 * State on the heap and checkpoints in a directory.
 *
 * Former name for `state.backend: hashmap` with `execution.checkpointing.storage: filesystem`.
 */
export class FsStateBackend extends CombinedStateBackend {
  /**
   * @param directory - Where checkpoints go: a path, counted from the working directory, or a URI such as
   * `file:///var/checkpoints`.
   * @throws RangeError for a threshold or buffer out of bounds. TypeError for a missing directory and unknown
   * options. StateError `file-system-scheme-unknown`, `path-not-allowed`.
   */
  constructor(directory: string | URL, options: FsStateBackendOptions = {}) {
    checkPresetDirectory('fsStateBackend', directory);
    checkPresetOptions('fsStateBackend', options, OPTIONS);
    super('filesystem', new HashMapStateBackend(), directoryStorage(directory, options));
  }
}

/**
 * hashmap and filesystem in one.
 *
 * @param directory - Where checkpoints go: a path or a URI.
 * @throws RangeError for a threshold or buffer out of bounds. TypeError for a missing directory and unknown
 * options. StateError `file-system-scheme-unknown`, `path-not-allowed`.
 * @example
 * ```ts
 * const backend = fsStateBackend('file:///var/checkpoints', { fileStateSizeThreshold: 0 });
 * ```
 */
export function fsStateBackend(directory: string | URL, options: FsStateBackendOptions = {}): FsStateBackend {
  return new FsStateBackend(directory, options);
}

/** The storage that a directory and Flink's arguments describe. */
export function directoryStorage(
  directory: string | URL,
  { fileStateSizeThreshold, writeBufferSize, savepointDirectory }: FsStateBackendOptions,
): FileSystemCheckpointStorage {
  return new FileSystemCheckpointStorage({
    directory,
    ...(fileStateSizeThreshold === undefined ? {} : { fileStateSizeThresholdBytes: fileStateSizeThreshold }),
    ...(writeBufferSize === undefined ? {} : { writeBufferSizeBytes: writeBufferSize }),
    ...(savepointDirectory === undefined ? {} : { savepointDirectory }),
  });
}
