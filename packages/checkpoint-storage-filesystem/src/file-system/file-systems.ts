// Which file system a path or URI belongs to.
//
// Owns: the table from scheme to file system, and what counts as a scheme.
//
//   S1. A text with a scheme is a URI, any other text is a path of this machine. One letter before the colon is a drive.
//   S2. A scheme is known when it is `file`, was given to the storage, or was registered for the process; in that order.

import { StateError } from '@tidemark/state-core';
import type { FileSystem } from './file-system.js';
import { absoluteLocalPath, NodeFileSystem } from './node-file-system.js';

/** A place in a file system. */
export interface FilePlace {
  readonly fileSystem: FileSystem;
  readonly path: string;
}

const SCHEME: RegExp = /^([a-z][a-z0-9+.-]+):\//i;
const LOCAL: FileSystem = new NodeFileSystem();
const registered: Map<string, FileSystem> = new Map();

/** Whether a text is a URI and no path of this machine (S1). */
export function hasScheme(pathOrUri: string): boolean {
  return SCHEME.test(pathOrUri) || /^file:/i.test(pathOrUri);
}

/**
 * Makes a file system known to every filesystem storage of this process, for locations such as `s3://bucket/path`.
 *
 * Register in every thread that reads or writes checkpoints, before it does.
 *
 * @param scheme - Letters, digits, `+`, `.` and `-`, at least two, without the colon. Case does not matter.
 * @returns Takes the registration back.
 * @throws TypeError for a scheme that is none, for `file`, and for one that is registered with another file system.
 *
 * @example
 * ```ts
 * registerFileSystem('s3', myObjectStore);
 * new FileSystemCheckpointStorage({ directory: 's3://bucket/checkpoints' });
 * ```
 */
export function registerFileSystem(scheme: string, fileSystem: FileSystem): () => void {
  const key = scheme.toLowerCase();
  if (!SCHEME.test(`${key}:/`))
    throw new TypeError(`'${scheme}' is no scheme: letters, digits, +, . and -, at least two`);
  if (key === 'file')
    throw new TypeError("the scheme 'file' is the file system of the machine; hand another one to the storage");
  const other = registered.get(key);
  if (other !== undefined && other !== fileSystem) throw new TypeError(`the scheme '${scheme}' is registered already`);
  registered.set(key, fileSystem);
  return () => {
    if (registered.get(key) === fileSystem) registered.delete(key);
  };
}

/** The file systems that one storage knows. */
export class FileSystems {
  readonly #own: ReadonlyMap<string, FileSystem>;

  /** @param own - File systems by scheme that only this storage knows; `file` replaces the one of the machine. */
  constructor(own: Readonly<Record<string, FileSystem>> = {}) {
    this.#own = new Map(Object.entries(own).map(([scheme, fileSystem]) => [scheme.toLowerCase(), fileSystem]));
  }

  /**
   * The place that a path or URI means; a relative path counts from the working directory.
   *
   * @throws StateError `file-system-scheme-unknown`, `path-not-allowed` for a URI that the file system refuses.
   */
  locate(pathOrUri: string): FilePlace {
    const scheme = SCHEME.exec(pathOrUri)?.[1]?.toLowerCase();
    if (scheme === undefined) return this.#localPlace(pathOrUri);
    const fileSystem = this.#own.get(scheme) ?? (scheme === 'file' ? LOCAL : registered.get(scheme));
    if (fileSystem === undefined) throw this.#schemeUnknown(scheme, pathOrUri);
    return { fileSystem, path: withoutTrailingSlash(fileSystem.pathOf(pathOrUri)) };
  }

  #localPlace(path: string): FilePlace {
    if (/^file:/i.test(path)) {
      throw new StateError('path-not-allowed', `'${path}' has no path; write file:///absolute/path or a plain path`, {
        details: { uri: path },
      });
    }
    if (path.includes('\0')) {
      throw new StateError('path-not-allowed', 'a path with a NUL character names no file; remove the character');
    }
    return { fileSystem: this.#own.get('file') ?? LOCAL, path: absoluteLocalPath(path) };
  }

  #schemeUnknown(scheme: string, uri: string): StateError {
    const known = [...new Set(['file', ...this.#own.keys(), ...registered.keys()])];
    return new StateError(
      'file-system-scheme-unknown',
      `no file system is registered for the scheme '${scheme}' of '${uri}'; known: ${known.join(', ')}. Register one before the storage is used: import { registerFileSystem } from '@tidemark/checkpoint-storage-filesystem'; registerFileSystem('${scheme}', yourFileSystem)`,
      { details: { scheme, uri, known } },
    );
  }
}

function withoutTrailingSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.replace(/\/+$/, '') || '/' : path;
}
