// Flink's MemoryStateBackend: live values on the heap, checkpoints in the memory of the coordinator.

import { FileSystemCheckpointStorage } from '@tidemark/checkpoint-storage-filesystem';
import { JobManagerCheckpointStorage } from '@tidemark/checkpoint-storage-jobmanager';
import { HashMapStateBackend } from '@tidemark/state-backend-hashmap';
import { CombinedStateBackend } from './combined-state-backend.js';
import { checkPresetOptions } from './preset-arguments.js';

const OPTIONS: readonly string[] = ['maxStateSize', 'checkpointDirectory', 'savepointDirectory'];

/** How a {@link MemoryStateBackend} is set up. */
export interface MemoryStateBackendOptions {
  /** The largest state stream in bytes, at least 1. Default 5,242,880. */
  readonly maxStateSize?: number;
  /** A directory for the metadata, with the state in it: checkpoints then outlive the process. */
  readonly checkpointDirectory?: string | URL;
  /** Where savepoints go for which no place is given. */
  readonly savepointDirectory?: string | URL;
}

/**
 * State on the heap and checkpoints in memory: for tests and development.
 *
 * Former name for `state.backend: hashmap` with `execution.checkpointing.storage: jobmanager`.
 */
export class MemoryStateBackend extends CombinedStateBackend {
  /**
   * @param options - Options; or, as in Flink, the largest state stream in bytes alone.
   * @throws RangeError for a size below 1. TypeError for an empty directory and unknown options.
   */
  constructor(options: MemoryStateBackendOptions | number = {}) {
    const named: MemoryStateBackendOptions = typeof options === 'number' ? { maxStateSize: options } : options;
    checkPresetOptions('memoryStateBackend', named, OPTIONS);
    const { maxStateSize, ...directories } = named;
    const storage = new JobManagerCheckpointStorage({
      ...directories,
      ...(maxStateSize === undefined ? {} : { maxStateSizeBytes: maxStateSize }),
      metadataStorage: (places) => new FileSystemCheckpointStorage(places),
    });
    super('jobmanager', new HashMapStateBackend(), storage);
  }
}

/**
 * hashmap and jobmanager in one.
 *
 * @param options - Options; or, as in Flink, the largest state stream in bytes alone.
 * @throws RangeError for a size below 1. TypeError for an empty directory and unknown options.
 * @example
 * ```ts
 * const state = await openState({ name: 'accounts', states, keySerializer: string, stateBackend: memoryStateBackend() });
 * ```
 */
export function memoryStateBackend(options: MemoryStateBackendOptions | number = {}): MemoryStateBackend {
  return new MemoryStateBackend(options);
}
