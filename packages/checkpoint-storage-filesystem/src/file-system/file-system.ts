// The seam between checkpoints and the place they are kept in: everything that is done to files is one of these calls.
//
// Owns: the words. Leaves to node-file-system.ts the files of this machine, to file-systems.ts the choice by scheme.
//
//   F1. A path is absolute, slash-separated, without a slash at the end, normalised, and belongs to one file system.
//   F2. What a caller must be able to tell apart comes back as a value; everything else is a StateError `storage-*`.
//   F3. What was written is there after a crash only once `sync` (of the file) and `syncDirectory` (of its name) have
//       resolved. The steps of a publication are the calls of this interface: a test can stop between any two.
//   F4. Nothing here follows a symbolic link in the last component of a path, except `realPath`.

/** What a name stands for. */
export type FileKind = 'file' | 'directory' | 'symbolic-link' | 'other';

/** What there is under a path. */
export interface FileStatus {
  readonly kind: FileKind;
  /** Length in bytes; only files have one that means something. */
  readonly sizeBytes: number;
}

/** A name in a directory. */
export interface DirectoryEntry {
  readonly name: string;
  readonly kind: FileKind;
}

/** A new file that is being written, from its start to its end. */
export interface FileSystemWriter {
  /** Appends all of `bytes`. @throws StateError `storage-no-space`, `storage-io-failed`. */
  write(bytes: Uint8Array): Promise<void>;
  /** Makes what was written durable. @throws StateError `storage-no-space`, `storage-io-failed`. */
  sync(): Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** A file that is being read. */
export interface FileSystemReader {
  readonly sizeBytes: number;
  /** Reads up to `length` bytes at `position`: fewer only at the end of the file. The array is the caller's. */
  read(position: number, length: number): Promise<Uint8Array>;
  /** Idempotent. */
  close(): Promise<void>;
}

/**
 * Files somewhere: on this machine, in an object store, in the memory of a test.
 *
 * Every call throws a StateError of `storage-permission-denied`, `storage-read-only`, `storage-no-space` or
 * `storage-io-failed` when the file system fails.
 *
 * Implementers
 * - MUST let exactly one of several concurrent `openNew`, `createDirectory` or `link` calls for one path succeed.
 * - MUST show a finished `link` or `rename` entirely or not at all, also after a crash.
 * - MAY make `syncDirectory` empty where names are durable once a call has resolved.
 */
export interface FileSystem {
  /** The path behind a URI of this file system. @throws StateError `path-not-allowed` when it is none. */
  pathOf(uri: string): string;
  /** The URI of a path: {@link pathOf} of it is the path. */
  uriOf(path: string): string;

  /**
   * `exists` when anything has the name, `parent-missing` when there is no directory to put it into.
   *
   * @throws StateError `storage-permission-denied`, `storage-read-only`, `storage-no-space`, `storage-io-failed`.
   */
  createDirectory(path: string): Promise<'created' | 'exists' | 'parent-missing'>;
  /** `undefined` when there is no such directory. */
  listDirectory(path: string): Promise<readonly DirectoryEntry[] | undefined>;
  /** Removes an empty directory; `false` when it is not there or not empty. */
  removeDirectory(path: string): Promise<boolean>;
  /** Makes the names in a directory durable. */
  syncDirectory(path: string): Promise<void>;

  /**
   * `undefined` when anything has the name.
   *
   * @throws StateError `storage-permission-denied`, `storage-read-only`, `storage-no-space`, `storage-io-failed`.
   */
  openNew(path: string): Promise<FileSystemWriter | undefined>;
  /** `undefined` when nothing is there. @throws StateError `path-not-allowed` for a symbolic link and all that is no file. */
  openExisting(path: string): Promise<FileSystemReader | undefined>;
  /** Gives a file a second name; `unsupported` where files have one name only. */
  link(existing: string, path: string): Promise<'linked' | 'exists' | 'unsupported'>;
  /** Moves a file; replaces what is there. */
  rename(from: string, to: string): Promise<void>;
  /** `false` when nothing is there. */
  removeFile(path: string): Promise<boolean>;
  /** Copies a file to a name that must be free, durably, without going through this process where that is possible. */
  copyFile(from: string, to: string): Promise<'copied' | 'exists' | 'missing'>;

  /** `undefined` when nothing is there. */
  status(path: string): Promise<FileStatus | undefined>;
  /** The path without symbolic links; `undefined` when nothing is there. */
  realPath(path: string): Promise<string | undefined>;
}
