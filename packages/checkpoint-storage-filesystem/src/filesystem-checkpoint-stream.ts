// One piece of state on its way into a file, or into the metadata when it is small.
//
//   W1. No file is made before the buffer overflows or `flush` is called above the in-line threshold.
//   W2. The bytes of a file are durable before its handle exists. Its name becomes durable with the publication; with
//       entropy already here, because the coordinator does not know the directory.
//   W3. Whatever goes wrong, the file is removed and closed; its directory is left alone.

import { StateError } from '@tidemark/state-core';
import type { CheckpointStateOutputStream, StreamStateHandle } from '@tidemark/state-core/spi';
import { parentPath } from './file-system/file-paths.js';
import type { FileSystem, FileSystemWriter } from './file-system/file-system.js';

/** What a stream needs besides the bytes. */
export interface FileSystemCheckpointStreamSettings {
  readonly fileSystem: FileSystem;
  /** Makes a path for the file, another one each time it is called. */
  readonly newPath: () => string;
  /** Makes the directory of a path durably before the file; absent where it is there already. */
  readonly prepareDirectory?: (path: string) => Promise<void>;
  /** At least `fileStateSizeThresholdBytes`. */
  readonly bufferSizeBytes: number;
  /** Streams of at most so many bytes end in the metadata. */
  readonly fileStateSizeThresholdBytes: number;
  readonly signal?: AbortSignal | undefined;
}

const NAME_ATTEMPTS: number = 10;

/** Collects bytes in a buffer and puts them into a file when they are too many. */
export class FileSystemCheckpointStream implements CheckpointStateOutputStream {
  readonly #settings: FileSystemCheckpointStreamSettings;
  readonly #buffer: Uint8Array;
  #buffered = 0;
  #written = 0;
  #path: string;
  #writer: FileSystemWriter | undefined;
  #state: 'open' | 'finished' | 'closed' = 'open';
  /** The call under way: closing waits for it, so that a file being made is not left behind. */
  #running: Promise<unknown> = Promise.resolve();

  /** @throws RangeError when the buffer is smaller than the threshold. */
  constructor(settings: FileSystemCheckpointStreamSettings) {
    if (settings.bufferSizeBytes < settings.fileStateSizeThresholdBytes) {
      throw new RangeError(
        `a write buffer of ${settings.bufferSizeBytes} bytes cannot hold streams of up to ${settings.fileStateSizeThresholdBytes} bytes that are kept in the metadata`,
      );
    }
    this.#settings = settings;
    this.#buffer = new Uint8Array(Math.max(1, settings.bufferSizeBytes));
    this.#path = settings.newPath();
  }

  get position(): number {
    return this.#written + this.#buffered;
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#run(() => this.#append(bytes));
  }

  flush(): Promise<void> {
    return this.#run(async () => {
      // Flushing small state early would put into a file what belongs into the metadata.
      if (this.#writer !== undefined || this.position > this.#settings.fileStateSizeThresholdBytes) await this.#drain();
    });
  }

  closeAndGetHandle(): Promise<StreamStateHandle | undefined> {
    return this.#run(async () => {
      const handle = await this.#finish();
      // Closing while the last bytes were made durable takes the file away: there is nothing to hand out any more.
      this.#refuseUnlessOpen();
      this.#state = 'finished';
      return handle;
    });
  }

  async close(): Promise<void> {
    if (this.#state !== 'open') {
      await this.#running.catch(() => {});
      return;
    }
    this.#state = 'closed';
    const discarded = this.#running.catch(() => {}).then(() => this.#discard());
    this.#running = discarded;
    await discarded;
  }

  async #run<T>(task: () => Promise<T>): Promise<T> {
    this.#refuseUnlessOpen();
    const running = this.#attempt(task);
    this.#running = running.catch(() => {});
    return running;
  }

  async #attempt<T>(task: () => Promise<T>): Promise<T> {
    try {
      this.#settings.signal?.throwIfAborted();
      return await task();
    } catch (error) {
      if (this.#state === 'open') {
        this.#state = 'closed';
        await this.#discard().catch(() => {});
      }
      throw error;
    }
  }

  #refuseUnlessOpen(): void {
    if (this.#state === 'open') return;
    throw new StateError('stream-closed', 'the stream has already been closed; open another one for more state', {
      details: { path: this.#path, handedOut: this.#state === 'finished' },
    });
  }

  async #append(bytes: Uint8Array): Promise<void> {
    if (bytes.length >= this.#buffer.length) {
      await this.#drain();
      await this.#writeOut(bytes);
      return;
    }
    const room = Math.min(bytes.length, this.#buffer.length - this.#buffered);
    this.#buffer.set(bytes.subarray(0, room), this.#buffered);
    this.#buffered += room;
    if (room === bytes.length) return;
    await this.#drain();
    this.#buffer.set(bytes.subarray(room), 0);
    this.#buffered = bytes.length - room;
  }

  async #drain(): Promise<void> {
    const count = this.#buffered;
    if (count === 0) return;
    await this.#writeOut(this.#buffer.subarray(0, count));
    this.#buffered = 0;
  }

  async #writeOut(bytes: Uint8Array): Promise<void> {
    this.#writer ??= await this.#openFile();
    await this.#writer.write(bytes);
    this.#written += bytes.length;
  }

  async #openFile(): Promise<FileSystemWriter> {
    const { fileSystem, newPath, prepareDirectory } = this.#settings;
    for (let attempt = 0; attempt < NAME_ATTEMPTS; attempt++) {
      await prepareDirectory?.(this.#path);
      const writer = await fileSystem.openNew(this.#path);
      if (writer !== undefined) return writer;
      this.#path = newPath();
    }
    throw new StateError(
      'storage-io-failed',
      `${NAME_ATTEMPTS} random names in a row are taken in ${parentPath(this.#path)}: the random source repeats itself; hand in another one`,
      { details: { path: this.#path } },
    );
  }

  async #finish(): Promise<StreamStateHandle | undefined> {
    const { fileSystem, fileStateSizeThresholdBytes, prepareDirectory } = this.#settings;
    if (this.position === 0) return undefined;
    if (this.#writer === undefined && this.position <= fileStateSizeThresholdBytes) {
      const bytes = this.#buffer.slice(0, this.#buffered);
      return { kind: 'byte-stream', name: fileSystem.uriOf(this.#path), bytes };
    }
    await this.#drain();
    const writer = this.#writer as unknown as FileSystemWriter;
    await writer.sync();
    await writer.close();
    if (prepareDirectory !== undefined) await fileSystem.syncDirectory(parentPath(this.#path));
    this.#settings.signal?.throwIfAborted();
    return { kind: 'file', location: fileSystem.uriOf(this.#path), sizeBytes: this.#written };
  }

  async #discard(): Promise<void> {
    const writer = this.#writer;
    if (writer === undefined) return;
    this.#writer = undefined;
    await writer.close().catch(() => {});
    await this.#settings.fileSystem.removeFile(this.#path);
  }
}
