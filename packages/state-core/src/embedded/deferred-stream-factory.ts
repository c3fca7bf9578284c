// The streams of a checkpoint whose location is still being made: the freeze must not wait for a directory.
//
//   DS1. Opening a stream waits for the location and fails as the making of the location failed.

import type {
  CheckpointedStateScope,
  CheckpointStateOutputStream,
  CheckpointStreamFactory,
  CheckpointStreamPurpose,
  StateHandleReader,
} from '../checkpoint-storage/checkpoint-stream.js';
import { invariant } from '../error/invariant.js';
import type { StreamStateHandle } from '../handle/stream-state-handle.js';

const COPY_CHUNK_BYTES: number = 64 * 1024;

/** Stands in for the streams of a location until that is there. */
export class DeferredStreamFactory implements CheckpointStreamFactory {
  readonly #streams: Promise<CheckpointStreamFactory>;
  readonly #reader: StateHandleReader;

  constructor(streams: Promise<CheckpointStreamFactory>, reader: StateHandleReader) {
    this.#streams = streams;
    this.#reader = reader;
    // Who opens a stream hears of the failure; a snapshot of nothing opens none, and the coordinator awaits the location.
    streams.catch(() => undefined);
  }

  async createCheckpointStateOutputStream(
    scope: CheckpointedStateScope,
    purpose: CheckpointStreamPurpose,
    signal?: AbortSignal,
  ): Promise<CheckpointStateOutputStream> {
    const streams = await this.#streams;
    return streams.createCheckpointStateOutputStream(scope, purpose, signal);
  }

  /** As the storage does it; a storage that cannot gets the bytes read and written. */
  async duplicate(
    handle: StreamStateHandle,
    scope: CheckpointedStateScope,
    signal?: AbortSignal,
  ): Promise<StreamStateHandle> {
    const streams = await this.#streams;
    if (streams.duplicate !== undefined) return streams.duplicate(handle, scope, signal);
    return copyStream(this.#reader, streams, handle, scope, signal);
  }
}

async function copyStream(
  reader: StateHandleReader,
  streams: CheckpointStreamFactory,
  handle: StreamStateHandle,
  scope: CheckpointedStateScope,
  signal: AbortSignal | undefined,
): Promise<StreamStateHandle> {
  const input = await reader.openInput(handle, signal);
  try {
    const output = await streams.createCheckpointStateOutputStream(scope, { stateNames: [], sort: 'keyed' }, signal);
    try {
      for (let position = 0; position < input.sizeBytes; position += COPY_CHUNK_BYTES) {
        await output.write(await input.read(position, Math.min(COPY_CHUNK_BYTES, input.sizeBytes - position)));
      }
      const copy = await output.closeAndGetHandle();
      invariant(copy !== undefined, 'a segment is never empty');
      return copy;
    } finally {
      await output.close();
    }
  } finally {
    await input.close();
  }
}
