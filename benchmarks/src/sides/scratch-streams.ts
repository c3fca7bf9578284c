// Checkpoint streams into files of a directory for one run, buffered and never synchronised: a snapshot to a local disk
// without the cost of durability, which is that of the storage and the same for every backend.

import { closeSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  CheckpointStateInputStream,
  CheckpointStateOutputStream,
  CheckpointStreamFactory,
  FileStateHandle,
  StateHandleReader,
  StreamStateHandle,
} from '@tidemark/state-core/spi';

const BUFFER_BYTES = 64 * 1024;

class ScratchOutputStream implements CheckpointStateOutputStream {
  position = 0;
  private readonly descriptor: number;
  private readonly buffer: Uint8Array = new Uint8Array(BUFFER_BYTES);
  private buffered = 0;

  constructor(private readonly path: string) {
    this.descriptor = openSync(path, 'w');
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.position += bytes.length;
    if (bytes.length > BUFFER_BYTES - this.buffered) this.writeOut();
    if (bytes.length > BUFFER_BYTES) {
      writeSync(this.descriptor, bytes);
      return;
    }
    this.buffer.set(bytes, this.buffered);
    this.buffered += bytes.length;
  }

  async flush(): Promise<void> {
    this.writeOut();
  }

  async closeAndGetHandle(): Promise<FileStateHandle> {
    this.writeOut();
    closeSync(this.descriptor);
    return { kind: 'file', location: this.path, sizeBytes: this.position };
  }

  async close(): Promise<void> {
    await rm(this.path, { force: true });
  }

  private writeOut(): void {
    if (this.buffered > 0) writeSync(this.descriptor, this.buffer.subarray(0, this.buffered));
    this.buffered = 0;
  }
}

/** Streams in a directory, and what reads them. */
export class ScratchStreams implements CheckpointStreamFactory, StateHandleReader {
  private count = 0;

  constructor(private readonly directory: string) {}

  async createCheckpointStateOutputStream(): Promise<CheckpointStateOutputStream> {
    return new ScratchOutputStream(join(this.directory, `stream-${this.count++}`));
  }

  async openInput(handle: StreamStateHandle): Promise<CheckpointStateInputStream> {
    if (handle.kind !== 'file') throw new TypeError('only files are written here');
    const descriptor = openSync(handle.location, 'r');
    return {
      sizeBytes: statSync(handle.location).size,
      read: async (position, length) => {
        const bytes = new Uint8Array(length);
        let read = 0;
        while (read < length) {
          const count = readSync(descriptor, bytes, read, length - read, position + read);
          if (count === 0) throw new RangeError(`${handle.location} ends at ${position + read}`);
          read += count;
        }
        return bytes;
      },
      close: async () => closeSync(descriptor),
    };
  }
}
