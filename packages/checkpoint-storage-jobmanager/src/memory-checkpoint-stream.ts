// One piece of state on its way into the memory of the coordinator.
//
//   M1. Bytes are accepted whatever their number; the limit is checked when the stream ends, as in Flink.
//   M2. Bytes over the limit are counted and not kept: a state that does not fit costs no memory.

import { StateError } from '@tidemark/state-core';
import { ByteWriter, type CheckpointStateOutputStream, type StreamStateHandle } from '@tidemark/state-core/spi';

/** What a stream needs besides the bytes. */
export interface MemoryCheckpointStreamSettings {
  readonly name: string;
  /** From which number of bytes on nothing is kept any more. */
  readonly keptBytesMax: number;
  /** Called once when the stream ends; throws when the bytes may not be kept. */
  readonly onEnd: (sizeBytes: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Collects bytes and ends in a handle that contains them. */
export class MemoryCheckpointStream implements CheckpointStateOutputStream {
  readonly #settings: MemoryCheckpointStreamSettings;
  #kept: ByteWriter | undefined = new ByteWriter();
  #position = 0;
  #isClosed = false;

  constructor(settings: MemoryCheckpointStreamSettings) {
    this.#settings = settings;
  }

  get position(): number {
    return this.#position;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#refuseIfClosed();
    this.#settings.signal?.throwIfAborted();
    this.#position += bytes.length;
    if (this.#position > this.#settings.keptBytesMax) this.#kept = undefined;
    this.#kept?.writeBytes(bytes);
  }

  async flush(): Promise<void> {
    this.#refuseIfClosed();
  }

  async closeAndGetHandle(): Promise<StreamStateHandle | undefined> {
    this.#refuseIfClosed();
    const kept = this.#kept;
    await this.close();
    this.#settings.signal?.throwIfAborted();
    if (this.#position === 0) return undefined;
    this.#settings.onEnd(this.#position);
    const bytes = kept?.toBytes() ?? new Uint8Array(0);
    return { kind: 'byte-stream', name: this.#settings.name, bytes };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#kept = undefined;
  }

  #refuseIfClosed(): void {
    if (!this.#isClosed) return;
    throw new StateError('stream-closed', 'the stream has already been closed; open another one for more state');
  }
}
