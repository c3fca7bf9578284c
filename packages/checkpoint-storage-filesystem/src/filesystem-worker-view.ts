// A task's window on a checkpoint directory: streams to write into, handles to read.

import { StateError } from '@tidemark/state-core';
import {
  type CheckpointStateInputStream,
  type CheckpointStateOutputStream,
  type CheckpointStorageLocationReference,
  type CheckpointStorageWorkerView,
  type CheckpointStreamFactory,
  randomHexId,
  type StreamStateHandle,
} from '@tidemark/state-core/spi';
import {
  checkpointDirectoryName,
  entropyFrom,
  SHARED_DIRECTORY_NAME,
  TASK_OWNED_DIRECTORY_NAME,
} from './checkpoint-directory-layout.js';
import { childPath, lastName } from './file-system/file-paths.js';
import type { FilePlace } from './file-system/file-systems.js';
import { openStateInput } from './filesystem-checkpoint-input-stream.js';
import { FileSystemCheckpointStreamFactory } from './filesystem-checkpoint-stream-factory.js';
import type { FileSystemViewSettings } from './filesystem-coordinator-view.js';

/** See {@link CheckpointStorageWorkerView}. */
export class FileSystemWorkerView implements CheckpointStorageWorkerView {
  readonly #settings: FileSystemViewSettings;

  constructor(settings: FileSystemViewSettings) {
    this.#settings = settings;
  }

  async resolveCheckpointStorageLocation(
    checkpointId: number,
    reference: CheckpointStorageLocationReference,
  ): Promise<CheckpointStreamFactory> {
    if (reference === '') {
      const exclusive = checkpointDirectoryName(checkpointId);
      return this.#factory((scope) => this.#newPath(scope === 'exclusive' ? exclusive : SHARED_DIRECTORY_NAME));
    }
    const place = this.#locateReference(reference);
    return this.#factory(() => childPath(place.path, randomHexId(this.#settings.random)), place);
  }

  async createTaskOwnedStateStream(): Promise<CheckpointStateOutputStream> {
    return this.#factory(() => this.#newPath(TASK_OWNED_DIRECTORY_NAME)).open('exclusive');
  }

  openInput(handle: StreamStateHandle, signal?: AbortSignal): Promise<CheckpointStateInputStream> {
    return openStateInput(this.#settings.fileSystems, handle, signal);
  }

  async close(): Promise<void> {}

  #newPath(directoryName: string): string {
    const { layout, random } = this.#settings;
    const directory = layout.statePath(directoryName, entropyFrom(randomHexId(random), layout.entropyLength));
    return childPath(directory, randomHexId(random));
  }

  #factory(newPath: (scope: 'exclusive' | 'shared') => string, place?: FilePlace): FileSystemCheckpointStreamFactory {
    const { layout, fileSystems, writeBufferSizeBytes, fileStateSizeThresholdBytes } = this.#settings;
    return new FileSystemCheckpointStreamFactory({
      fileSystem: place?.fileSystem ?? layout.fileSystem,
      fileSystems,
      newPath,
      directoriesVary: place === undefined && layout.hasEntropy,
      writeBufferSizeBytes,
      fileStateSizeThresholdBytes,
    });
  }

  #locateReference(reference: string): FilePlace {
    const place = this.#settings.fileSystems.locate(reference);
    if (lastName(place.path).startsWith('savepoint-')) return place;
    throw new StateError(
      'path-not-allowed',
      `'${reference}' is no location that a coordinator of this storage makes; hand over the reference of the location as it is`,
      { details: { reference } },
    );
  }
}
