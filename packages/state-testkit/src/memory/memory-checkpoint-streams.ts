// Checkpoint streams in memory, as a storage would bring them: for tests of whatever writes and reads snapshots.
//
//   MS1. A handle holds its bytes: it outlives the streams and can be damaged by changing a copy of it.
//   MS2. `hold()` makes every write wait until `letGo()`; a held write fails as soon as its stream is closed.
//   MS3. `open` counts the streams that were neither ended nor closed: 0 when nothing was left behind.

import { StateError } from '@tidemark/state-core';
import type {
  CheckpointedStateScope,
  CheckpointStateInputStream,
  CheckpointStateOutputStream,
  CheckpointStreamFactory,
  CheckpointStreamPurpose,
  StateHandleReader,
  StreamStateHandle,
} from '@tidemark/state-core/spi';

/** The streams of checkpoints in memory. */
export class MemoryCheckpointStreams implements CheckpointStreamFactory, StateHandleReader {
  /** What every stream was opened for, in order. */
  readonly purposes: CheckpointStreamPurpose[] = [];
  /** The scope of every stream, in order. */
  readonly scopes: CheckpointedStateScope[] = [];
  /** Output streams that are neither ended nor closed. */
  open = 0;
  /** Input streams that are not closed. */
  openInputs = 0;
  /** Bytes read so far. */
  bytesRead = 0;
  /** Bytes written so far. */
  bytesWritten = 0;

  private gate: Promise<void> = Promise.resolve();
  private openGate: () => void = () => {};
  private firstHeldWrite: () => void = () => {};

  /** Makes writes wait; returns a promise that resolves when the first one waits. */
  hold(): Promise<void> {
    this.gate = new Promise((resolve) => {
      this.openGate = resolve;
    });
    return new Promise((resolve) => {
      this.firstHeldWrite = resolve;
    });
  }

  /** Lets held writes go on. */
  letGo(): void {
    this.openGate();
    this.gate = Promise.resolve();
    this.firstHeldWrite = () => {};
  }

  async createCheckpointStateOutputStream(
    scope: CheckpointedStateScope,
    purpose: CheckpointStreamPurpose,
  ): Promise<CheckpointStateOutputStream> {
    const stream = new MemoryOutputStream(this, `memory-${this.purposes.length}`);
    this.scopes.push(scope);
    this.purposes.push(purpose);
    this.open++;
    return stream;
  }

  async openInput(handle: StreamStateHandle): Promise<CheckpointStateInputStream> {
    if (handle.kind !== 'byte-stream') {
      throw new StateError(
        'file-missing',
        `there is no ${handle.location} in memory; it was written by another storage`,
      );
    }
    this.openInputs++;
    return new MemoryInputStream(this, handle.bytes);
  }

  /** Resolves when writes may go on. */
  passGate(): Promise<void> {
    this.firstHeldWrite();
    return this.gate;
  }
}

class MemoryOutputStream implements CheckpointStateOutputStream {
  position = 0;
  private readonly parts: Uint8Array[] = [];
  private isOpen = true;
  private giveUp: (reason: unknown) => void = () => {};
  private readonly givenUp: Promise<never>;

  constructor(
    private readonly owner: MemoryCheckpointStreams,
    private readonly name: string,
  ) {
    this.givenUp = new Promise((_resolve, reject) => {
      this.giveUp = reject;
    });
    this.givenUp.catch(() => undefined);
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.checkOpen();
    const copy = Uint8Array.from(bytes);
    await Promise.race([this.owner.passGate(), this.givenUp]);
    this.checkOpen();
    this.parts.push(copy);
    this.position += copy.length;
    this.owner.bytesWritten += copy.length;
  }

  async flush(): Promise<void> {
    this.checkOpen();
  }

  async closeAndGetHandle(): Promise<StreamStateHandle | undefined> {
    this.checkOpen();
    this.end();
    if (this.position === 0) return undefined;
    const bytes = new Uint8Array(this.position);
    let end = 0;
    for (const part of this.parts) {
      bytes.set(part, end);
      end += part.length;
    }
    return { kind: 'byte-stream', name: this.name, bytes };
  }

  async close(): Promise<void> {
    if (!this.isOpen) return;
    this.end();
    this.giveUp(streamClosed());
  }

  private end(): void {
    this.isOpen = false;
    this.owner.open--;
  }

  private checkOpen(): void {
    if (!this.isOpen) throw streamClosed();
  }
}

class MemoryInputStream implements CheckpointStateInputStream {
  readonly sizeBytes: number;
  private isOpen = true;

  constructor(
    private readonly owner: MemoryCheckpointStreams,
    private readonly bytes: Uint8Array,
  ) {
    this.sizeBytes = bytes.length;
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    if (!this.isOpen) throw streamClosed();
    if (position < 0 || position + length > this.sizeBytes) {
      throw new StateError(
        'bytes-truncated',
        `the stream has ${this.sizeBytes} bytes, not ${length} more at ${position}`,
      );
    }
    this.owner.bytesRead += length;
    return this.bytes.slice(position, position + length);
  }

  async close(): Promise<void> {
    if (this.isOpen) this.owner.openInputs--;
    this.isOpen = false;
  }
}

function streamClosed(): StateError {
  return new StateError('stream-closed', 'the stream was closed; open another one');
}
