// A task's window on the memory of the coordinator: its streams end in handles that contain the bytes.

import {
  type CheckpointedStateScope,
  type CheckpointStateInputStream,
  type CheckpointStateOutputStream,
  type CheckpointStorageParameters,
  type CheckpointStorageWorkerView,
  type CheckpointStreamFactory,
  type CheckpointStreamPurpose,
  randomHexId,
  type StateHandleReader,
  type StreamStateHandle,
} from '@tidemark/state-core/spi';
import { MemoryCheckpointInputStream } from './memory-checkpoint-input-stream.js';
import { MemoryCheckpointStream } from './memory-checkpoint-stream.js';
import { checkpointTooLarge, type SizeLimits, stateTooLarge } from './size-limits.js';

/** See {@link CheckpointStorageWorkerView}. */
export class MemoryWorkerView implements CheckpointStorageWorkerView {
  readonly #parameters: CheckpointStorageParameters;
  readonly #limits: SizeLimits;
  readonly #files: StateHandleReader;

  /** @param files - Reads handles of files, which a snapshot written by another storage has. */
  constructor(parameters: CheckpointStorageParameters, limits: SizeLimits, files: StateHandleReader) {
    this.#parameters = parameters;
    this.#limits = limits;
    this.#files = files;
  }

  async resolveCheckpointStorageLocation(checkpointId: number): Promise<CheckpointStreamFactory> {
    return new MemoryCheckpointStreamFactory(checkpointId, this.#parameters, this.#limits);
  }

  async createTaskOwnedStateStream(): Promise<CheckpointStateOutputStream> {
    const factory = new MemoryCheckpointStreamFactory(0, this.#parameters, this.#limits);
    return factory.createCheckpointStateOutputStream('exclusive', { stateNames: [], sort: 'task-owned' });
  }

  async openInput(handle: StreamStateHandle, signal?: AbortSignal): Promise<CheckpointStateInputStream> {
    signal?.throwIfAborted();
    if (handle.kind === 'byte-stream') return new MemoryCheckpointInputStream(handle, signal);
    return this.#files.openInput(handle, signal);
  }

  async close(): Promise<void> {}
}

class MemoryCheckpointStreamFactory implements CheckpointStreamFactory {
  readonly #checkpointId: number;
  readonly #parameters: CheckpointStorageParameters;
  readonly #limits: SizeLimits;
  #totalBytes = 0;

  constructor(checkpointId: number, parameters: CheckpointStorageParameters, limits: SizeLimits) {
    this.#checkpointId = checkpointId;
    this.#parameters = parameters;
    this.#limits = limits;
  }

  async createCheckpointStateOutputStream(
    _scope: CheckpointedStateScope,
    purpose: CheckpointStreamPurpose,
    signal?: AbortSignal,
  ): Promise<CheckpointStateOutputStream> {
    signal?.throwIfAborted();
    return new MemoryCheckpointStream({
      name: randomHexId(this.#parameters.random),
      keptBytesMax: Math.min(this.#limits.maxStateSizeBytes, this.#limits.maxCheckpointSizeBytes),
      onEnd: (sizeBytes) => this.#take(purpose, sizeBytes),
      signal,
    });
  }

  #take(purpose: CheckpointStreamPurpose, sizeBytes: number): void {
    if (sizeBytes > this.#limits.maxStateSizeBytes) throw stateTooLarge(purpose, sizeBytes, this.#limits);
    this.#totalBytes += sizeBytes;
    if (this.#totalBytes <= this.#limits.maxCheckpointSizeBytes) return;
    throw checkpointTooLarge(this.#checkpointId, this.#totalBytes, this.#limits, purpose);
  }
}
