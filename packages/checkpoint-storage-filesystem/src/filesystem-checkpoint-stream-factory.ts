// The streams of one checkpoint: which directory and which name each gets.

import { StateError } from '@tidemark/state-core';
import type {
  CheckpointedStateScope,
  CheckpointStateOutputStream,
  CheckpointStreamFactory,
  CheckpointStreamPurpose,
  StreamStateHandle,
} from '@tidemark/state-core/spi';
import { ensureDirectory } from './file-system/directory-tree.js';
import { parentPath } from './file-system/file-paths.js';
import type { FileSystem } from './file-system/file-system.js';
import type { FileSystems } from './file-system/file-systems.js';
import { openStateInput } from './filesystem-checkpoint-input-stream.js';
import { FileSystemCheckpointStream } from './filesystem-checkpoint-stream.js';

/** Where the streams of one checkpoint go. */
export interface StateFilePlaces {
  readonly fileSystem: FileSystem;
  readonly fileSystems: FileSystems;
  /** A fresh path for a file of the scope. */
  readonly newPath: (scope: CheckpointedStateScope) => string;
  /** Every file gets a directory of its own, which may not be there yet. */
  readonly directoriesVary: boolean;
  readonly writeBufferSizeBytes: number;
  readonly fileStateSizeThresholdBytes: number;
}

/** Makes the streams of one checkpoint in a directory. */
export class FileSystemCheckpointStreamFactory implements CheckpointStreamFactory {
  readonly #places: StateFilePlaces;

  constructor(places: StateFilePlaces) {
    this.#places = places;
  }

  async createCheckpointStateOutputStream(
    scope: CheckpointedStateScope,
    _purpose: CheckpointStreamPurpose,
    signal?: AbortSignal,
  ): Promise<CheckpointStateOutputStream> {
    signal?.throwIfAborted();
    return this.open(scope, signal);
  }

  /** The stream itself, for callers that have no purpose to tell. */
  open(scope: CheckpointedStateScope, signal?: AbortSignal): FileSystemCheckpointStream {
    const { fileSystem, newPath, directoriesVary, writeBufferSizeBytes, fileStateSizeThresholdBytes } = this.#places;
    return new FileSystemCheckpointStream({
      fileSystem,
      newPath: () => newPath(scope),
      bufferSizeBytes: Math.max(writeBufferSizeBytes, fileStateSizeThresholdBytes),
      fileStateSizeThresholdBytes,
      signal,
      ...(directoriesVary ? { prepareDirectory: (path: string) => ensureDirectory(fileSystem, parentPath(path)) } : {}),
    });
  }

  async duplicate(
    handle: StreamStateHandle,
    scope: CheckpointedStateScope,
    signal?: AbortSignal,
  ): Promise<StreamStateHandle> {
    signal?.throwIfAborted();
    if (handle.kind === 'byte-stream') return handle;
    // Opening checks what copying would not: that nothing leads out of the snapshot, and the length.
    const input = await openStateInput(this.#places.fileSystems, handle, signal);
    try {
      const source = this.#places.fileSystems.locate(handle.location);
      if (source.fileSystem !== this.#places.fileSystem) return await this.#copyThrough(input, scope, signal);
      return await this.#copyWithin(source.path, input.sizeBytes, scope, signal);
    } finally {
      await input.close();
    }
  }

  async #copyWithin(
    from: string,
    sizeBytes: number,
    scope: CheckpointedStateScope,
    signal: AbortSignal | undefined,
  ): Promise<StreamStateHandle> {
    const { fileSystem, newPath, directoriesVary } = this.#places;
    const to = newPath(scope);
    if (directoriesVary) await ensureDirectory(fileSystem, parentPath(to));
    const outcome = await fileSystem.copyFile(from, to);
    if (outcome !== 'copied') throw notCopied(fileSystem.uriOf(from), outcome);
    try {
      if (directoriesVary) await fileSystem.syncDirectory(parentPath(to));
      signal?.throwIfAborted();
    } catch (error) {
      await fileSystem.removeFile(to).catch(() => {});
      throw error;
    }
    return { kind: 'file', location: fileSystem.uriOf(to), sizeBytes };
  }

  async #copyThrough(
    input: { readonly sizeBytes: number; read(position: number, length: number): Promise<Uint8Array> },
    scope: CheckpointedStateScope,
    signal: AbortSignal | undefined,
  ): Promise<StreamStateHandle> {
    const stream = this.open(scope, signal);
    try {
      for (let at = 0; at < input.sizeBytes; at += COPY_SLICE_BYTES) {
        await stream.write(await input.read(at, Math.min(COPY_SLICE_BYTES, input.sizeBytes - at)));
      }
      return (
        (await stream.closeAndGetHandle()) ?? {
          kind: 'byte-stream',
          name: this.#emptyName(scope),
          bytes: new Uint8Array(0),
        }
      );
    } finally {
      await stream.close();
    }
  }

  #emptyName(scope: CheckpointedStateScope): string {
    return this.#places.fileSystem.uriOf(this.#places.newPath(scope));
  }
}

const COPY_SLICE_BYTES: number = 1024 * 1024;

function notCopied(location: string, outcome: 'exists' | 'missing'): StateError {
  if (outcome === 'exists')
    return new StateError('storage-io-failed', `the copy of ${location} has a name that is taken; try again`);
  return new StateError('file-missing', `${location} went away while it was copied; restore another checkpoint`, {
    details: { location },
  });
}
