// Checkpoints in the memory of the coordinator: the settings, and the two views that they give.
//
//   J1. What was set in code wins over configuration; `configure` gives a new storage and changes nothing here.
//   J2. Without a directory checkpoints die with the process, and the logger is told so once per coordinator.

import { CheckpointingOptions, type ReadableConfig } from '@tidemark/state-core';
import type {
  CheckpointStorage,
  CheckpointStorageCapabilities,
  CheckpointStorageCoordinatorView,
  CheckpointStorageParameters,
  CheckpointStorageWorkerView,
  ConfigurableCheckpointStorage,
  FactoryContext,
  StateHandleReader,
} from '@tidemark/state-core/spi';
import { CoordinatorMemory, processCoordinatorMemory } from './coordinator-memory.js';
import { JobManagerCheckpointStorageOptions } from './jobmanager-checkpoint-storage-options.js';
import { filesUnsupported, MemoryCoordinatorView } from './memory-coordinator-view.js';
import { MemoryWorkerView } from './memory-worker-view.js';
import { type MetadataDirectories, type MetadataStorage, metadataStorageMissing } from './metadata-storage.js';
import { PersistentCoordinatorView } from './persistent-coordinator-view.js';
import type { SizeLimits } from './size-limits.js';

/** How a {@link JobManagerCheckpointStorage} is set up. What is left out comes from configuration, then from the defaults. */
export interface JobManagerCheckpointStorageSettings {
  /** The largest state stream of one subtask, in bytes, at least 1. Default 5,242,880. */
  readonly maxStateSizeBytes?: number;
  /** The largest checkpoint, all its states together, in bytes, at least 1. Default 268,435,456. */
  readonly maxCheckpointSizeBytes?: number;
  /** A directory that metadata, with the state in it, is written to: checkpoints then outlive the process. */
  readonly checkpointDirectory?: string | URL;
  /** Where savepoints go for which no place is given. */
  readonly savepointDirectory?: string | URL;
  /** Whether every job gets a directory of its own under `checkpointDirectory`. Default true. */
  readonly createSubdirectory?: boolean;
  /** Writes to directories; needed for `checkpointDirectory` and for savepoints. Default: what the loader finds. */
  readonly metadataStorage?: MetadataStorage;
  /** Where checkpoints are kept without a directory. Default: a memory of this storage alone. */
  readonly memory?: CoordinatorMemory;
}

/**
 * Keeps checkpoints in the memory of the coordinator: for tests, for development and for state that is small and may be
 * lost. Flink's JobManagerCheckpointStorage is the model.
 *
 * @example
 * ```ts
 * const storage = new JobManagerCheckpointStorage({ maxStateSizeBytes: 10 * 1024 * 1024 });
 * ```
 */
export class JobManagerCheckpointStorage implements ConfigurableCheckpointStorage {
  readonly name: 'jobmanager' = 'jobmanager';
  readonly capabilities: CheckpointStorageCapabilities;
  /** The largest state stream of one subtask, in bytes. */
  readonly maxStateSizeBytes: number;
  /** The largest checkpoint, in bytes. */
  readonly maxCheckpointSizeBytes: number;
  /** The directory of metadata as it was given, if there is one. */
  readonly checkpointDirectory: string | undefined;
  /** The directory of savepoints as it was given, if there is one. */
  readonly savepointDirectory: string | undefined;
  readonly #settings: JobManagerCheckpointStorageSettings;
  readonly #memory: CoordinatorMemory;

  /** @throws RangeError for a limit below 1. TypeError for an empty directory. */
  constructor(settings: JobManagerCheckpointStorageSettings = {}) {
    const { MAX_STATE_SIZE, MAX_CHECKPOINT_SIZE } = JobManagerCheckpointStorageOptions;
    this.maxStateSizeBytes = settings.maxStateSizeBytes ?? MAX_STATE_SIZE.defaultValue;
    this.maxCheckpointSizeBytes = settings.maxCheckpointSizeBytes ?? MAX_CHECKPOINT_SIZE.defaultValue;
    requireSize('maxStateSizeBytes', this.maxStateSizeBytes);
    requireSize('maxCheckpointSizeBytes', this.maxCheckpointSizeBytes);
    this.checkpointDirectory = directoryText('checkpointDirectory', settings.checkpointDirectory);
    this.savepointDirectory = directoryText('savepointDirectory', settings.savepointDirectory);
    this.#settings = settings;
    this.#memory = settings.memory ?? new CoordinatorMemory();
    const hasDirectory = this.checkpointDirectory !== undefined;
    this.capabilities = {
      durable: hasDirectory,
      savepoints: settings.metadataStorage !== undefined,
      externallyAddressable: hasDirectory,
      fencing: true,
    };
  }

  /**
   * The storage that configuration alone describes. All that are made in this way share the memory of the process.
   *
   * @throws StateError `config-value-invalid`.
   */
  static fromConfig(config: ReadableConfig, context: FactoryContext): JobManagerCheckpointStorage {
    return completed({ memory: processCoordinatorMemory }, config, context);
  }

  configure(config: ReadableConfig, context: FactoryContext): JobManagerCheckpointStorage {
    return completed({ ...this.#settings, memory: this.#memory }, config, context);
  }

  async createCoordinatorView(parameters: CheckpointStorageParameters): Promise<CheckpointStorageCoordinatorView> {
    const { checkpointDirectory, savepointDirectory } = this;
    if (checkpointDirectory !== undefined) {
      if (this.#settings.metadataStorage === undefined) throw metadataStorageMissing(checkpointDirectory);
      const storage = await this.#storageIn(checkpointDirectory);
      return new PersistentCoordinatorView(await storage.createCoordinatorView(parameters), this.#limits());
    }
    parameters.logger.warn(
      'checkpoints-in-memory',
      `the checkpoints of '${parameters.jobId}' are kept in the memory of this process and die with it. To keep them, write\n  execution.checkpointing.storage: filesystem\n  execution.checkpointing.dir: ./checkpoints`,
      { jobId: parameters.jobId },
    );
    const filesIn = async (directory: string): Promise<CheckpointStorageCoordinatorView> =>
      (await this.#storageIn(directory)).createCoordinatorView(parameters);
    return new MemoryCoordinatorView({
      jobId: parameters.jobId,
      memory: this.#memory,
      limits: this.#limits(),
      savepointDirectory,
      filesIn: this.#settings.metadataStorage === undefined ? undefined : filesIn,
    });
  }

  async createWorkerView(parameters: CheckpointStorageParameters): Promise<CheckpointStorageWorkerView> {
    const files: StateHandleReader = {
      openInput: async (handle, signal) => {
        const location = handle.kind === 'file' ? handle.location : handle.name;
        if (this.#settings.metadataStorage === undefined) throw filesUnsupported(location);
        const storage = await this.#storageIn(this.checkpointDirectory ?? location);
        return (await storage.createWorkerView(parameters)).openInput(handle, signal);
      },
    };
    return new MemoryWorkerView(parameters, this.#limits(), files);
  }

  #limits(): SizeLimits {
    return { maxStateSizeBytes: this.maxStateSizeBytes, maxCheckpointSizeBytes: this.maxCheckpointSizeBytes };
  }

  async #storageIn(directory: string): Promise<CheckpointStorage> {
    const { metadataStorage, createSubdirectory } = this.#settings;
    if (metadataStorage === undefined) throw filesUnsupported(directory);
    const directories: MetadataDirectories = {
      directory,
      ...(this.savepointDirectory === undefined ? {} : { savepointDirectory: this.savepointDirectory }),
      ...(createSubdirectory === undefined ? {} : { createSubdirectory }),
    };
    return metadataStorage(directories);
  }
}

function completed(
  settings: JobManagerCheckpointStorageSettings,
  config: ReadableConfig,
  context: FactoryContext,
): JobManagerCheckpointStorage {
  const { MAX_STATE_SIZE, MAX_CHECKPOINT_SIZE } = JobManagerCheckpointStorageOptions;
  const { CHECKPOINTS_DIRECTORY, SAVEPOINT_DIRECTORY, CREATE_CHECKPOINT_SUB_DIR } = CheckpointingOptions;
  const checkpointDirectory = settings.checkpointDirectory ?? config.get(CHECKPOINTS_DIRECTORY);
  const savepointDirectory = settings.savepointDirectory ?? config.get(SAVEPOINT_DIRECTORY);
  const metadataStorage = settings.metadataStorage ?? metadataStorageOf(settings, config, context);
  return new JobManagerCheckpointStorage({
    ...settings,
    maxStateSizeBytes: settings.maxStateSizeBytes ?? config.get(MAX_STATE_SIZE),
    maxCheckpointSizeBytes: settings.maxCheckpointSizeBytes ?? config.get(MAX_CHECKPOINT_SIZE),
    createSubdirectory: settings.createSubdirectory ?? config.get(CREATE_CHECKPOINT_SUB_DIR),
    ...(checkpointDirectory === undefined ? {} : { checkpointDirectory }),
    ...(savepointDirectory === undefined ? {} : { savepointDirectory }),
    ...(metadataStorage === undefined ? {} : { metadataStorage }),
  });
}

/** The filesystem storage as the loader finds it, with the directories that were set in code. */
function metadataStorageOf(
  settings: JobManagerCheckpointStorageSettings,
  config: ReadableConfig,
  { loadCheckpointStorage }: FactoryContext,
): MetadataStorage | undefined {
  if (loadCheckpointStorage === undefined) return undefined;
  const { CHECKPOINTS_DIRECTORY, SAVEPOINT_DIRECTORY, CREATE_CHECKPOINT_SUB_DIR } = CheckpointingOptions;
  const isConfigured = (directory: string): boolean =>
    settings.checkpointDirectory === undefined && directory === config.get(CHECKPOINTS_DIRECTORY);
  // What configuration says is left to the filesystem storage itself: it knows what relative paths count from.
  return ({ directory, savepointDirectory, createSubdirectory }) =>
    loadCheckpointStorage('filesystem', {
      [CHECKPOINTS_DIRECTORY.key]: isConfigured(directory) ? undefined : directory,
      [SAVEPOINT_DIRECTORY.key]: settings.savepointDirectory === undefined ? undefined : savepointDirectory,
      [CREATE_CHECKPOINT_SUB_DIR.key]: createSubdirectory,
    });
}

function directoryText(setting: string, written: string | URL | undefined): string | undefined {
  if (written === undefined) return undefined;
  const text = String(written);
  if (text.trim() === '') throw new TypeError(`${setting} is empty; give a path or a URI`);
  return text;
}

function requireSize(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw new RangeError(`${name} is a whole number of bytes from 1, not ${value}`);
}
