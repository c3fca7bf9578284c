// Reading the bytes that a handle contains.

import { StateError } from '@tidemark/state-core';
import type { ByteStreamStateHandle, CheckpointStateInputStream } from '@tidemark/state-core/spi';

/** Reads a handle that contains its bytes. */
export class MemoryCheckpointInputStream implements CheckpointStateInputStream {
  readonly sizeBytes: number;
  readonly #handle: ByteStreamStateHandle;
  readonly #signal: AbortSignal | undefined;
  #isClosed = false;

  constructor(handle: ByteStreamStateHandle, signal: AbortSignal | undefined) {
    this.#handle = handle;
    this.#signal = signal;
    this.sizeBytes = handle.bytes.length;
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    const { name, bytes } = this.#handle;
    if (this.#isClosed) throw new StateError('stream-closed', `${name} has been closed; open it again to read on`);
    this.#signal?.throwIfAborted();
    if (!Number.isSafeInteger(position) || position < 0) throw new RangeError(`no position in a stream: ${position}`);
    if (!Number.isSafeInteger(length) || length < 0) throw new RangeError(`no length in bytes: ${length}`);
    if (position + length > bytes.length) {
      throw new StateError(
        'bytes-truncated',
        `${name} has ${bytes.length} bytes, bytes ${position} to ${position + length} were wanted; restore another checkpoint`,
        { details: { name, position, length, sizeBytes: bytes.length } },
      );
    }
    // Not slice(): the array may be a Node Buffer, whose slice() is an alias.
    return new Uint8Array(bytes.subarray(position, position + length));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }
}
