// The files of this machine, through Node.
//
// Owns: how each call of FileSystem is done with node:fs. Leaves to node-file-system-errors.ts what errors mean.
//
//   N1. A descriptor is closed on every way out, also when the call that used it failed.
//   N2. Only regular files are opened, never through a symbolic link and never waiting: a snapshot from elsewhere may
//       contain pipes, devices and links.

import { constants } from 'node:fs';
import {
  copyFile,
  type FileHandle,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  realpath,
  rename,
  rmdir,
  unlink,
} from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { StateError } from '@tidemark/state-core';
import type {
  DirectoryEntry,
  FileKind,
  FileStatus,
  FileSystem,
  FileSystemReader,
  FileSystemWriter,
} from './file-system.js';
import { systemErrorCode, translateNodeFileSystemError } from './node-file-system-errors.js';

// Windows has neither flag; there both are absent and the kind is checked all the same.
const READ_FLAGS: number = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const LINK_UNSUPPORTED: ReadonlySet<string> = new Set(['ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EPERM', 'EMLINK', 'EXDEV']);
const DIRECTORY_SYNC_UNSUPPORTED: ReadonlySet<string> = new Set(['EINVAL', 'ENOTSUP', 'EISDIR', 'EPERM']);
/** Nothing can have this name: it is not there, a part of it is no directory, or it is longer than names may be. */
const NOTHING_THERE: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG']);
const WRITE_SLICE_BYTES: number = 8 * 1024 * 1024;

/** The absolute path of `path`, as this file system writes it, counted from the working directory. */
export function absoluteLocalPath(path: string): string {
  const absolute = resolve(path);
  return sep === '/' ? absolute : absolute.replaceAll(sep, '/');
}

/** The file system of the machine that this process runs on. */
export class NodeFileSystem implements FileSystem {
  pathOf(uri: string): string {
    try {
      const path = fileURLToPath(new URL(uri));
      // As %00 it passes as a URL, and no call of the system takes it.
      if (path.includes('\0')) throw new TypeError('a NUL character');
      return absoluteLocalPath(path);
    } catch (error) {
      throw new StateError(
        'path-not-allowed',
        `'${uri}' is no file on this machine; write file:///absolute/path or a plain path`,
        {
          details: { uri },
          cause: error,
        },
      );
    }
  }

  uriOf(path: string): string {
    return pathToFileURL(path).href;
  }

  async createDirectory(path: string): Promise<'created' | 'exists' | 'parent-missing'> {
    try {
      await mkdir(path);
      return 'created';
    } catch (error) {
      const code = systemErrorCode(error);
      if (code === 'EEXIST') return 'exists';
      if (code === 'ENOENT') return 'parent-missing';
      throw translateNodeFileSystemError(error, 'create the directory', path);
    }
  }

  async listDirectory(path: string): Promise<readonly DirectoryEntry[] | undefined> {
    try {
      const entries = await readdir(path, { withFileTypes: true });
      return entries.map((entry) => ({ name: entry.name, kind: kindOf(entry) }));
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return undefined;
      throw translateNodeFileSystemError(error, 'list the directory', path);
    }
  }

  async removeDirectory(path: string): Promise<boolean> {
    try {
      await rmdir(path);
      return true;
    } catch (error) {
      if (['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(systemErrorCode(error) ?? '')) return false;
      throw translateNodeFileSystemError(error, 'remove the directory', path);
    }
  }

  async syncDirectory(path: string): Promise<void> {
    // Windows keeps names durable by itself and cannot open a directory.
    if (sep === '\\') return;
    let directory: FileHandle | undefined;
    try {
      directory = await open(path, constants.O_RDONLY);
      await directory.sync();
    } catch (error) {
      if (directory !== undefined && DIRECTORY_SYNC_UNSUPPORTED.has(systemErrorCode(error) ?? '')) return;
      throw translateNodeFileSystemError(error, 'make durable the directory', path);
    } finally {
      await directory?.close();
    }
  }

  async openNew(path: string): Promise<FileSystemWriter | undefined> {
    try {
      return new NodeFileSystemWriter(await open(path, 'wx'), path);
    } catch (error) {
      if (systemErrorCode(error) === 'EEXIST') return undefined;
      throw translateNodeFileSystemError(error, 'create', path);
    }
  }

  async openExisting(path: string): Promise<FileSystemReader | undefined> {
    let file: FileHandle | undefined;
    try {
      file = await open(path, READ_FLAGS);
      const status = await file.stat();
      if (!status.isFile()) throw notAFile(path);
      const reader = new NodeFileSystemReader(file, path, status.size);
      file = undefined;
      return reader;
    } catch (error) {
      const code = systemErrorCode(error);
      if (NOTHING_THERE.has(code ?? '')) return undefined;
      // Opening a socket for reading fails in this way on Linux.
      if (code === 'ENXIO') throw notAFile(path);
      if (error instanceof StateError) throw error;
      throw translateNodeFileSystemError(error, 'open', path);
    } finally {
      await file?.close();
    }
  }

  async link(existing: string, path: string): Promise<'linked' | 'exists' | 'unsupported'> {
    try {
      await link(existing, path);
      return 'linked';
    } catch (error) {
      const code = systemErrorCode(error) ?? '';
      if (code === 'EEXIST') return 'exists';
      if (LINK_UNSUPPORTED.has(code)) return 'unsupported';
      throw translateNodeFileSystemError(error, 'link', path);
    }
  }

  async rename(from: string, to: string): Promise<void> {
    await translated('rename to', to, rename(from, to));
  }

  async removeFile(path: string): Promise<boolean> {
    try {
      await unlink(path);
      return true;
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return false;
      throw translateNodeFileSystemError(error, 'remove', path);
    }
  }

  async copyFile(from: string, to: string): Promise<'copied' | 'exists' | 'missing'> {
    const source = await this.openExisting(from);
    if (source === undefined) return 'missing';
    await source.close();
    try {
      await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    } catch (error) {
      if (systemErrorCode(error) === 'EEXIST') return 'exists';
      if (systemErrorCode(error) === 'ENOENT' && (await this.status(from)) === undefined) return 'missing';
      throw translateNodeFileSystemError(error, 'copy to', to);
    }
    try {
      await syncFile(to);
    } catch (error) {
      await unlink(to).catch(() => {});
      throw translateNodeFileSystemError(error, 'make durable', to);
    }
    return 'copied';
  }

  async status(path: string): Promise<FileStatus | undefined> {
    try {
      const status = await lstat(path);
      return { kind: kindOf(status), sizeBytes: status.size };
    } catch (error) {
      if (NOTHING_THERE.has(systemErrorCode(error) ?? '')) return undefined;
      throw translateNodeFileSystemError(error, 'look at', path);
    }
  }

  async realPath(path: string): Promise<string | undefined> {
    try {
      return absoluteLocalPath(await realpath(path));
    } catch (error) {
      if (NOTHING_THERE.has(systemErrorCode(error) ?? '')) return undefined;
      throw translateNodeFileSystemError(error, 'follow', path);
    }
  }
}

class NodeFileSystemWriter implements FileSystemWriter {
  #file: FileHandle | undefined;
  readonly #path: string;

  constructor(file: FileHandle, path: string) {
    this.#file = file;
    this.#path = path;
  }

  async write(bytes: Uint8Array): Promise<void> {
    const file = this.#file as FileHandle;
    for (let start = 0; start < bytes.length; ) {
      // One system call writes at most 2 GiB on Linux and may write less than asked on a nearly full disk.
      const length = Math.min(WRITE_SLICE_BYTES, bytes.length - start);
      const { bytesWritten } = await translated('write', this.#path, file.write(bytes, start, length));
      start += bytesWritten;
    }
  }

  async sync(): Promise<void> {
    await translated('make durable', this.#path, (this.#file as FileHandle).sync());
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    if (file !== undefined) await translated('close', this.#path, file.close());
  }
}

class NodeFileSystemReader implements FileSystemReader {
  readonly sizeBytes: number;
  #file: FileHandle | undefined;
  readonly #path: string;

  constructor(file: FileHandle, path: string, sizeBytes: number) {
    this.#file = file;
    this.#path = path;
    this.sizeBytes = sizeBytes;
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    let end = 0;
    while (end < length) {
      const read = (this.#file as FileHandle).read(bytes, end, length - end, position + end);
      const { bytesRead } = await translated('read', this.#path, read);
      if (bytesRead === 0) return bytes.subarray(0, end);
      end += bytesRead;
    }
    return bytes;
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    if (file !== undefined) await translated('close', this.#path, file.close());
  }
}

async function translated<T>(operation: string, path: string, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw translateNodeFileSystemError(error, operation, path);
  }
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

function kindOf(entry: { isFile(): boolean; isDirectory(): boolean; isSymbolicLink(): boolean }): FileKind {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'directory';
  return entry.isSymbolicLink() ? 'symbolic-link' : 'other';
}

function notAFile(path: string): StateError {
  return new StateError(
    'path-not-allowed',
    `${path} is no regular file, and nothing else is read inside a snapshot; copy the snapshot again from where it was written`,
    {
      details: { path },
    },
  );
}
