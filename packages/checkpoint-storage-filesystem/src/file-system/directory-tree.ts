// Directories as a whole: made with all their parents, removed with all that is in them.
//
//   D1. A directory that was made is durable when the call resolves, and so are the parents made on the way.
//   D2. Who finds a directory there does not know that its name is durable: whoever made it may have died before the sync.
//       `syncAncestors` makes up for that, up to the root of the file system.
//   D3. Removing never leaves the tree: a symbolic link is removed, what it points to is not.

import { isStateError } from '@tidemark/state-core';
import { childPath, isRootPath, parentPath } from './file-paths.js';
import type { FileSystem } from './file-system.js';

/** Makes a directory and the parents that are missing; harmless when it is there. */
export async function ensureDirectory(fileSystem: FileSystem, path: string): Promise<void> {
  const first = await fileSystem.createDirectory(path);
  if (first === 'exists') return;
  if (first === 'parent-missing') {
    if (isRootPath(path)) return;
    await ensureDirectory(fileSystem, parentPath(path));
    await fileSystem.createDirectory(path);
  }
  await fileSystem.syncDirectory(parentPath(path));
}

/**
 * Makes the names on the way to a directory durable, from the top, whoever made them.
 *
 * @param base - The directory that was configured, `path` itself or above it. Directories above it belong to others:
 * those that may not be opened or changed are left out, for nothing of ours was made in them.
 * @throws StateError `storage-permission-denied`, `storage-read-only` from `base` down; `storage-io-failed`.
 */
export async function syncAncestors(fileSystem: FileSystem, path: string, base: string): Promise<void> {
  if (isRootPath(path)) return;
  const parent = parentPath(path);
  const isAboveBase = path === base;
  await syncAncestors(fileSystem, parent, isAboveBase ? parent : base);
  try {
    await fileSystem.syncDirectory(parent);
  } catch (error) {
    const isOfOthers = isStateError(error, 'storage-permission-denied') || isStateError(error, 'storage-read-only');
    if (!isAboveBase || !isOfOthers) throw error;
  }
}

/** Removes a directory and everything in it; the names in `first` go before the others. Harmless when it is gone. */
export async function removeTree(fileSystem: FileSystem, path: string, first: readonly string[] = []): Promise<void> {
  const status = await fileSystem.status(path);
  if (status === undefined) return;
  if (status.kind !== 'directory') {
    await fileSystem.removeFile(path);
    return;
  }
  for (const name of first) {
    // Durably gone before anything else goes: a half-removed snapshot must not look like a whole one after a crash.
    if (await fileSystem.removeFile(childPath(path, name))) await fileSystem.syncDirectory(path);
  }
  for (const entry of (await fileSystem.listDirectory(path)) ?? []) {
    const child = childPath(path, entry.name);
    if (entry.kind === 'directory') await removeTree(fileSystem, child);
    else await fileSystem.removeFile(child);
  }
  await fileSystem.removeDirectory(path);
}
