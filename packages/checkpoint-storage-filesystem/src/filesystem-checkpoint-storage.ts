// Checkpoints in a directory: the settings, and the two views that they give.
//
//   G1. What was set in code wins over configuration; `configure` gives a new storage and changes nothing here.
//   G2. Relative paths are made absolute at once: a later change of the working directory moves no checkpoint.

import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { CheckpointingOptions, isStateError, type ReadableConfig, StateError } from '@tidemark/state-core';
import type {
  CheckpointStorageCapabilities,
  CheckpointStorageCoordinatorView,
  CheckpointStorageParameters,
  CheckpointStorageWorkerView,
  ConfigurableCheckpointStorage,
  FactoryContext,
} from '@tidemark/state-core/spi';
import { type EntropySettings, JobLayout } from './checkpoint-directory-layout.js';
import { isRootPath } from './file-system/file-paths.js';
import type { FileSystem } from './file-system/file-system.js';
import { type FilePlace, FileSystems, hasScheme } from './file-system/file-systems.js';
import { FileSystemCheckpointStorageOptions } from './filesystem-checkpoint-storage-options.js';
import { FileSystemCoordinatorView, type FileSystemViewSettings } from './filesystem-coordinator-view.js';
import { FileSystemWorkerView } from './filesystem-worker-view.js';
import { jobDirectoryName } from './job-directory-name.js';

/** State streams of at most so many bytes can be kept in the metadata. */
export const FILE_STATE_SIZE_THRESHOLD_BYTES_MAX: number = 1024 * 1024;

/** How a {@link FileSystemCheckpointStorage} is set up. What is left out comes from configuration, then from the defaults. */
export interface FileSystemCheckpointStorageSettings {
  /** The directory of checkpoints: a path, counted from the working directory, or a URI such as `file:///var/checkpoints`. */
  readonly directory: string | URL;
  /** Streams of at most so many bytes are kept in the metadata: 0 to 1,048,576. Default 20,480. */
  readonly fileStateSizeThresholdBytes?: number;
  /** Write buffer of a stream in bytes; at least the threshold is used. Default 4,096. */
  readonly writeBufferSizeBytes?: number;
  /** Where savepoints go for which no place is given. */
  readonly savepointDirectory?: string | URL;
  /** Whether every job gets a directory of its own under `directory`. Default true. */
  readonly createSubdirectory?: boolean;
  /** A marker in `directory` that random characters replace in the paths of state files. */
  readonly entropyKey?: string;
  /** How many random characters replace the marker: 1 to 32. Default 4. */
  readonly entropyLength?: number;
  /** File systems by scheme that only this storage uses; `file` replaces that of the machine. */
  readonly fileSystems?: Readonly<Record<string, FileSystem>>;
}

/**
 * Keeps checkpoints and savepoints in directories, so that they outlive the process and the machine's power.
 *
 * The layout is `<directory>/<job>/{chk-<n>,shared,taskowned}`; Flink's FileSystemCheckpointStorage is the model.
 *
 * @example
 * ```ts
 * const storage = new FileSystemCheckpointStorage({ directory: './checkpoints', savepointDirectory: './savepoints' });
 * ```
 */
export class FileSystemCheckpointStorage implements ConfigurableCheckpointStorage {
  readonly name: 'filesystem' = 'filesystem';
  readonly capabilities: CheckpointStorageCapabilities = {
    durable: true,
    savepoints: true,
    externallyAddressable: true,
    fencing: true,
  };
  /** The directory of checkpoints as a URI. */
  readonly checkpointDirectory: string;
  /** The directory of savepoints as a URI, if there is one. */
  readonly savepointDirectory: string | undefined;
  /** Streams of at most so many bytes are kept in the metadata. */
  readonly fileStateSizeThresholdBytes: number;
  /** The write buffer that is used, in bytes: at least the threshold. */
  readonly writeBufferSizeBytes: number;
  readonly #settings: FileSystemCheckpointStorageSettings;
  readonly #fileSystems: FileSystems;
  readonly #base: FilePlace;
  readonly #savepointPlace: FilePlace | undefined;
  readonly #entropy: EntropySettings | undefined;

  /**
   * @throws RangeError for a threshold, buffer or entropy length out of bounds. TypeError for an empty directory and for
   * the root of a file system. StateError `file-system-scheme-unknown`, `path-not-allowed` for a URI that is no path.
   */
  constructor(settings: FileSystemCheckpointStorageSettings) {
    const threshold = settings.fileStateSizeThresholdBytes ?? CheckpointingOptions.FS_SMALL_FILE_THRESHOLD.defaultValue;
    const buffer = settings.writeBufferSizeBytes ?? CheckpointingOptions.FS_WRITE_BUFFER_SIZE.defaultValue;
    requireBetween('fileStateSizeThresholdBytes', threshold, 0, FILE_STATE_SIZE_THRESHOLD_BYTES_MAX);
    requireBetween('writeBufferSizeBytes', buffer, 0, 2 ** 31 - 1);
    this.fileStateSizeThresholdBytes = threshold;
    this.writeBufferSizeBytes = Math.max(buffer, threshold);
    this.#fileSystems = new FileSystems(settings.fileSystems);
    this.#base = this.#locate('directory', settings.directory);
    this.#savepointPlace =
      settings.savepointDirectory === undefined
        ? undefined
        : this.#locate('savepointDirectory', settings.savepointDirectory);
    this.#entropy = entropyOf(settings);
    this.#settings = { ...settings, directory: this.#base.fileSystem.uriOf(this.#base.path) };
    this.checkpointDirectory = this.#base.fileSystem.uriOf(this.#base.path);
    this.savepointDirectory = this.#savepointPlace?.fileSystem.uriOf(this.#savepointPlace.path);
  }

  /**
   * The storage that configuration alone describes.
   *
   * @throws StateError `config-option-missing` without a checkpoint directory, `config-value-invalid`,
   * `file-system-scheme-unknown`.
   */
  static fromConfig(
    config: ReadableConfig,
    context: FactoryContext,
    fileSystems?: Readonly<Record<string, FileSystem>>,
  ): FileSystemCheckpointStorage {
    const directory = directoryOption(config, context, CheckpointingOptions.CHECKPOINTS_DIRECTORY);
    if (directory === undefined) throw directoryMissing();
    const empty = { directory, ...(fileSystems === undefined ? {} : { fileSystems }) };
    return completed(empty, config, context);
  }

  configure(config: ReadableConfig, context: FactoryContext): FileSystemCheckpointStorage {
    return completed(this.#settings, config, context);
  }

  async createCoordinatorView(parameters: CheckpointStorageParameters): Promise<CheckpointStorageCoordinatorView> {
    return new FileSystemCoordinatorView(this.#viewSettings(parameters));
  }

  async createWorkerView(parameters: CheckpointStorageParameters): Promise<CheckpointStorageWorkerView> {
    return new FileSystemWorkerView(this.#viewSettings(parameters));
  }

  #viewSettings({ jobId, random }: CheckpointStorageParameters): FileSystemViewSettings {
    const jobDirectory = (this.#settings.createSubdirectory ?? true) ? jobDirectoryName(jobId) : undefined;
    return {
      fileSystems: this.#fileSystems,
      jobId,
      jobDirectory,
      base: this.#base,
      layout: new JobLayout(this.#base.fileSystem, this.#base.path, jobDirectory, this.#entropy),
      entropy: this.#entropy,
      savepointDirectory: this.#savepointPlace,
      random,
      writeBufferSizeBytes: this.writeBufferSizeBytes,
      fileStateSizeThresholdBytes: this.fileStateSizeThresholdBytes,
    };
  }

  #locate(setting: string, written: string | URL): FilePlace {
    const text = String(written);
    if (text.trim() === '') throw new TypeError(`${setting} is empty; give a path or a URI`);
    const place = this.#fileSystems.locate(text);
    if (isRootPath(place.path)) throw new TypeError(`${setting}: the root directory is no place for checkpoints`);
    return place;
  }
}

function completed(
  settings: FileSystemCheckpointStorageSettings,
  config: ReadableConfig,
  context: FactoryContext,
): FileSystemCheckpointStorage {
  const savepointDirectory =
    settings.savepointDirectory ?? directoryOption(config, context, CheckpointingOptions.SAVEPOINT_DIRECTORY);
  const entropyKey = settings.entropyKey ?? config.get(FileSystemCheckpointStorageOptions.ENTROPY_KEY);
  try {
    return new FileSystemCheckpointStorage({
      ...settings,
      fileStateSizeThresholdBytes: settings.fileStateSizeThresholdBytes ?? thresholdOption(config, context),
      writeBufferSizeBytes: settings.writeBufferSizeBytes ?? config.get(CheckpointingOptions.FS_WRITE_BUFFER_SIZE),
      createSubdirectory: settings.createSubdirectory ?? config.get(CheckpointingOptions.CREATE_CHECKPOINT_SUB_DIR),
      entropyLength: settings.entropyLength ?? config.get(FileSystemCheckpointStorageOptions.ENTROPY_LENGTH),
      ...(savepointDirectory === undefined ? {} : { savepointDirectory }),
      ...(entropyKey === undefined ? {} : { entropyKey }),
    });
  } catch (error) {
    if (isStateError(error, 'file-system-scheme-unknown')) throw error;
    throw unusableDirectory(config, error);
  }
}

function directoryOption(
  config: ReadableConfig,
  context: FactoryContext,
  option: typeof CheckpointingOptions.CHECKPOINTS_DIRECTORY,
): string | undefined {
  const written = config.get(option);
  const entry = config.find?.(option);
  if (written === undefined || entry === undefined || context.configDirectory === undefined) return written;
  // Code and environment belong to whoever started the program, a file to whoever put it where it lies.
  const isFromFile = entry.origin !== 'code' && !entry.origin.startsWith('environment variable ');
  if (!isFromFile) return written;
  if (hasScheme(written)) return written;
  return pathToFileURL(resolve(fileURLToPath(context.configDirectory), written)).href;
}

/** The threshold of the configuration; out of bounds it counts as not set, with a warning, as in Flink. */
function thresholdOption(config: ReadableConfig, context: FactoryContext): number {
  const option = CheckpointingOptions.FS_SMALL_FILE_THRESHOLD;
  try {
    return config.get(option);
  } catch (error) {
    const { maximum: _maximum, ...unbounded } = option;
    // Throws for what is no size at all.
    const written = config.get(unbounded);
    context.logger.warn(
      'inline-threshold-out-of-range',
      `${option.key} is ${written} bytes and can be 0 to ${FILE_STATE_SIZE_THRESHOLD_BYTES_MAX}; the default of ${option.defaultValue} bytes is used`,
      { option: option.key, value: written, maximum: FILE_STATE_SIZE_THRESHOLD_BYTES_MAX, used: option.defaultValue },
    );
    if (!isStateError(error, 'config-value-invalid')) throw error;
    return option.defaultValue;
  }
}

function entropyOf({
  entropyKey,
  entropyLength = 4,
}: FileSystemCheckpointStorageSettings): EntropySettings | undefined {
  requireBetween('entropyLength', entropyLength, 1, 32);
  if (entropyKey === undefined) return undefined;
  if (!/^[A-Za-z0-9_-]+$/.test(entropyKey)) {
    throw new TypeError(`the entropy key '${entropyKey}' is no word of letters, digits, - and _`);
  }
  return { key: entropyKey, length: entropyLength };
}

function requireBetween(name: string, value: number, minimum: number, maximum: number): void {
  if (Number.isSafeInteger(value) && value >= minimum && value <= maximum) return;
  throw new RangeError(`${name} is a whole number from ${minimum} to ${maximum}, not ${value}`);
}

function directoryMissing(): StateError {
  const option = CheckpointingOptions.CHECKPOINTS_DIRECTORY.key;
  return new StateError(
    'config-option-missing',
    `the checkpoint storage 'filesystem' needs a directory; write ${option}: file:///var/checkpoints (or a path), or choose execution.checkpointing.storage: jobmanager`,
    { details: { option } },
  );
}

function unusableDirectory(config: ReadableConfig, error: unknown): unknown {
  if (!(error instanceof TypeError) && !isStateError(error, 'path-not-allowed')) return error;
  const { CHECKPOINTS_DIRECTORY, SAVEPOINT_DIRECTORY } = CheckpointingOptions;
  const written = [CHECKPOINTS_DIRECTORY, SAVEPOINT_DIRECTORY]
    .filter((option) => config.contains(option))
    .map((option) => `${option.key}: ${config.get(option)} (${config.find?.(option)?.origin ?? 'configuration'})`);
  return new StateError(
    'config-value-invalid',
    `the checkpoint storage 'filesystem' cannot be made: ${(error as Error).message}. Configured: ${written.join(', ') || 'nothing'}; expected a path or a URI such as file:///var/checkpoints`,
    { details: { written }, cause: error },
  );
}
