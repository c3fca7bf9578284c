// Reading what a handle points to, and not believing what is found there.
//
//   I1. A file is opened only when no directory between the top of its snapshot and the file is a symbolic link, and
//       never through a link itself.
//   I2. A file that is shorter or longer than its handle says is refused at once.
//   I3. A read gives exactly what was asked for or fails; the length is checked before anything is allocated.

import { StateError } from '@tidemark/state-core';
import type { CheckpointStateInputStream, StreamStateHandle } from '@tidemark/state-core/spi';
import { snapshotRootOf } from './checkpoint-directory-layout.js';
import { childPath, lastName, parentPath } from './file-system/file-paths.js';
import type { FileSystem, FileSystemReader } from './file-system/file-system.js';
import type { FileSystems } from './file-system/file-systems.js';

/**
 * Opens what `handle` points to.
 *
 * @throws StateError `file-missing`, `bytes-truncated`, `bytes-invalid`, `path-not-allowed`,
 * `file-system-scheme-unknown`, `storage-*`.
 */
export async function openStateInput(
  fileSystems: FileSystems,
  handle: StreamStateHandle,
  signal?: AbortSignal,
): Promise<CheckpointStateInputStream> {
  signal?.throwIfAborted();
  if (handle.kind === 'byte-stream') return new CheckpointInputStream(handle.name, bytesReader(handle.bytes), signal);
  const { fileSystem, path } = fileSystems.locate(handle.location);
  const reader = await openTrusted(fileSystem, path);
  try {
    refuseOtherLength(handle.location, handle.sizeBytes, reader.sizeBytes);
    signal?.throwIfAborted();
  } catch (error) {
    await reader.close();
    throw error;
  }
  return new CheckpointInputStream(handle.location, reader, signal);
}

/** Opens a file of a snapshot for reading (I1). @throws StateError `file-missing`, `path-not-allowed`, `storage-*`. */
export async function openTrusted(fileSystem: FileSystem, path: string): Promise<FileSystemReader> {
  const reader = (await isInsideSnapshot(fileSystem, path)) ? await fileSystem.openExisting(path) : undefined;
  if (reader === undefined) throw missing(fileSystem, path);
  return reader;
}

/**
 * Whether the directory of a file exists; it is then inside the snapshot.
 *
 * @throws StateError `path-not-allowed` when a symbolic link leads out of the snapshot.
 */
export async function isInsideSnapshot(fileSystem: FileSystem, path: string): Promise<boolean> {
  const root = snapshotRootOf(path);
  const directory = parentPath(path);
  if (directory === root) return true;
  const [realRoot, realDirectory] = [await fileSystem.realPath(root), await fileSystem.realPath(directory)];
  if (realRoot === undefined || realDirectory === undefined) return false;
  if (realDirectory === childPath(realRoot, lastName(directory))) return true;
  throw leadsElsewhere(fileSystem, directory, realDirectory);
}

/** Reads at most so many bytes at a time, so that an abort is noticed in between. */
const READ_SLICE_BYTES: number = 8 * 1024 * 1024;

class CheckpointInputStream implements CheckpointStateInputStream {
  readonly sizeBytes: number;
  readonly #name: string;
  readonly #reader: FileSystemReader;
  readonly #signal: AbortSignal | undefined;
  #closed = false;

  constructor(name: string, reader: FileSystemReader, signal: AbortSignal | undefined) {
    this.#name = name;
    this.#reader = reader;
    this.#signal = signal;
    this.sizeBytes = reader.sizeBytes;
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    if (this.#closed) throw new StateError('stream-closed', `${this.#name} has been closed; open it again to read on`);
    if (!Number.isSafeInteger(position) || position < 0) throw new RangeError(`no position in a stream: ${position}`);
    if (!Number.isSafeInteger(length) || length < 0) throw new RangeError(`no length in bytes: ${length}`);
    if (position + length > this.sizeBytes) throw truncated(this.#name, position, length, this.sizeBytes);
    if (length <= READ_SLICE_BYTES) return this.#readSlice(position, length);
    const bytes = new Uint8Array(length);
    for (let start = 0; start < length; start += READ_SLICE_BYTES) {
      bytes.set(await this.#readSlice(position + start, Math.min(READ_SLICE_BYTES, length - start)), start);
    }
    return bytes;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#reader.close();
  }

  async #readSlice(position: number, length: number): Promise<Uint8Array> {
    this.#signal?.throwIfAborted();
    const bytes = await this.#reader.read(position, length);
    if (bytes.length !== length) throw truncated(this.#name, position, length, position + bytes.length);
    return bytes;
  }
}

function bytesReader(bytes: Uint8Array): FileSystemReader {
  return {
    sizeBytes: bytes.length,
    // Not slice(): the array may be a Node Buffer, whose slice() is an alias.
    read: async (position, length) => new Uint8Array(bytes.subarray(position, position + length)),
    close: async () => {},
  };
}

function refuseOtherLength(location: string, expected: number, actual: number): void {
  if (expected < 0 || expected === actual) return;
  if (actual < expected) throw truncated(location, 0, expected, actual);
  throw new StateError(
    'bytes-invalid',
    `${location} has ${actual} bytes and was written with ${expected}: something was appended to it; restore another checkpoint and keep the file for study`,
    { details: { location, expectedBytes: expected, actualBytes: actual } },
  );
}

function truncated(location: string, position: number, length: number, sizeBytes: number): StateError {
  return new StateError(
    'bytes-truncated',
    `${location} ends at byte ${sizeBytes}, bytes ${position} to ${position + length} were wanted: it was cut off; restore another checkpoint and keep the file for study`,
    { details: { location, position, length, sizeBytes } },
  );
}

function missing(fileSystem: FileSystem, path: string): StateError {
  const location = fileSystem.uriOf(path);
  return new StateError(
    'file-missing',
    `${location} is not there although a snapshot refers to it: it was removed, or the snapshot was copied without it (a checkpoint chk-<n> needs the directory 'shared' beside it); restore another checkpoint or copy the whole directory of the job`,
    { details: { location } },
  );
}

function leadsElsewhere(fileSystem: FileSystem, directory: string, realDirectory: string): StateError {
  return new StateError(
    'path-not-allowed',
    `${fileSystem.uriOf(directory)} leads to ${fileSystem.uriOf(realDirectory)} through a symbolic link, and inside a snapshot none is followed; put the directory itself in its place, or make the whole checkpoint directory the link`,
    { details: { directory, realDirectory } },
  );
}
