// A stream into memory and one out of it, as a checkpoint storage would bring them, and a count of what was read.

import type {
  CheckpointStateInputStream,
  CheckpointStateOutputStream,
} from '../../src/checkpoint-storage/checkpoint-stream.js';
import { StateError } from '../../src/error/state-error.js';
import type { StreamStateHandle } from '../../src/handle/stream-state-handle.js';

export class MemoryOutputStream implements CheckpointStateOutputStream {
  position = 0;
  writes = 0;
  closed = false;
  handed = false;
  private readonly parts: Uint8Array[] = [];

  constructor(private readonly failAtWrite: number = Number.POSITIVE_INFINITY) {}

  async write(bytes: Uint8Array): Promise<void> {
    if (this.closed) throw new StateError('stream-closed', 'the stream is closed');
    if (++this.writes >= this.failAtWrite) throw new StateError('storage-no-space', 'no space left');
    const copy = bytes.slice();
    await Promise.resolve();
    this.parts.push(copy);
    this.position += copy.length;
  }

  async flush(): Promise<void> {}

  async closeAndGetHandle(): Promise<StreamStateHandle | undefined> {
    if (this.closed) throw new StateError('stream-closed', 'the stream is closed');
    this.closed = true;
    this.handed = true;
    return { kind: 'byte-stream', name: 'segment', bytes: this.bytes() };
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  bytes(): Uint8Array<ArrayBuffer> {
    const joined = new Uint8Array(this.position);
    let at = 0;
    for (const part of this.parts) {
      joined.set(part, at);
      at += part.length;
    }
    return joined;
  }
}

export class MemoryInputStream implements CheckpointStateInputStream {
  readonly sizeBytes: number;
  /** Every read in order. */
  readonly reads: { readonly position: number; readonly length: number }[] = [];
  closed = false;

  constructor(private readonly bytes: Uint8Array) {
    this.sizeBytes = bytes.length;
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    if (this.closed) throw new StateError('stream-closed', 'the stream is closed');
    if (position < 0 || length < 0 || position + length > this.sizeBytes) {
      throw new StateError('bytes-truncated', `no ${length} bytes at ${position}`);
    }
    this.reads.push({ position, length });
    return this.bytes.slice(position, position + length);
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  /** The bytes that were read, summed up. */
  get readBytes(): number {
    return this.reads.reduce((sum, { length }) => sum + length, 0);
  }
}
