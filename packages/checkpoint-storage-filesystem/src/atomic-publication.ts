// One file that appears whole, once, and stays.
//
//   1. write <name>.<random>.tmp beside the target and make its bytes durable
//   2. give it the name of the target, which must be free: by a second name (link), or where files have one name only by
//      claiming <name>.claim and renaming under its protection; with a claimant <name>.<claimant>.claim
//   3. remove the first name, make the directory durable
//
//   A1. At any moment, and after a crash at any moment, the target is missing or complete.
//   A2. Of several publications of one target exactly one succeeds.
//   A3. A failure before step 2 leaves no file behind; a failure after it leaves the target, which may not be durable.
//   A4. A claim that a crash left behind stops everybody but its own claimant, who goes on with it. Of claimants that meet
//       none succeeds.

import { childPath, lastName, parentPath } from './file-system/file-paths.js';
import type { FileSystem } from './file-system/file-system.js';

/** What there is to publish, and between which steps somebody wants to be asked. */
export interface AtomicPublication {
  readonly fileSystem: FileSystem;
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Makes the name of the temporary file unique. */
  readonly random: string;
  /** Who publishes, as lower-case hex digits, where the same one may have to do it again after a crash. */
  readonly claimant?: string;
  readonly signal?: AbortSignal | undefined;
}

/** Publishes a file; `exists` when the name is taken. @throws StateError `storage-*`; the reason of the signal. */
export async function publishAtomically(publication: AtomicPublication): Promise<'published' | 'exists'> {
  const { fileSystem, path, bytes, random, claimant, signal } = publication;
  const temporary = `${path}.${random}.tmp`;
  try {
    if (!(await writeDurably(fileSystem, temporary, bytes))) return 'exists';
    signal?.throwIfAborted();
    const linked = await fileSystem.link(temporary, path);
    const outcome = linked === 'unsupported' ? await renameExclusively(fileSystem, temporary, path, claimant) : linked;
    if (outcome === 'exists') return 'exists';
  } finally {
    await fileSystem.removeFile(temporary).catch(() => {});
  }
  await fileSystem.syncDirectory(parentPath(path));
  return 'published';
}

async function writeDurably(fileSystem: FileSystem, path: string, bytes: Uint8Array): Promise<boolean> {
  const writer = await fileSystem.openNew(path);
  if (writer === undefined) return false;
  try {
    await writer.write(bytes);
    await writer.sync();
  } finally {
    await writer.close();
  }
  return true;
}

async function renameExclusively(
  fileSystem: FileSystem,
  from: string,
  to: string,
  claimant: string | undefined,
): Promise<'linked' | 'exists'> {
  const claim = claimant === undefined ? `${to}.claim` : `${to}.${claimant}.claim`;
  const writer = await fileSystem.openNew(claim);
  // Without a claimant a claim that a crash left behind is not taken over: what it was for is removed as a whole.
  if (writer === undefined && claimant === undefined) return 'exists';
  try {
    await writer?.close();
    if (claimant !== undefined && (await hasOtherClaim(fileSystem, to, claim))) return 'exists';
    if ((await fileSystem.status(to)) !== undefined) return 'exists';
    await fileSystem.rename(from, to);
    return 'linked';
  } finally {
    await fileSystem.removeFile(claim);
  }
}

async function hasOtherClaim(fileSystem: FileSystem, to: string, own: string): Promise<boolean> {
  const directory = parentPath(to);
  const entries = (await fileSystem.listDirectory(directory)) ?? [];
  return entries.some(
    ({ name }) => name.startsWith(`${lastName(to)}.`) && name.endsWith('.claim') && childPath(directory, name) !== own,
  );
}
