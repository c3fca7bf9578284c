// From what a person passes on to a snapshot: a directory, its metadata file, a URI, with or without a slash at the end.
//
//   V1. The pointer itself may be a symbolic link, and lead anywhere; what is inside the snapshot may not.
//   V2. A snapshot of the own job is named by the paths of the own job, however the pointer was written: handles of one
//       stream are equal whether they were restored or written.

import { isStateError, StateError } from '@tidemark/state-core';
import type { ResolvedCheckpoint } from '@tidemark/state-core/spi';
import { checkpointIdOf, JobLayout, METADATA_FILE_NAME } from './checkpoint-directory-layout.js';
import { childPath, lastName, parentPath } from './file-system/file-paths.js';
import type { FilePlace } from './file-system/file-systems.js';
import { openTrusted } from './filesystem-checkpoint-input-stream.js';
import type { FileSystemViewSettings } from './filesystem-coordinator-view.js';
import { FileSystemMetadataScope } from './filesystem-metadata-scope.js';

const READ_SLICE_BYTES: number = 8 * 1024 * 1024;

/**
 * Finds a snapshot.
 *
 * @throws TypeError for an empty pointer. StateError `checkpoint-not-found`, `file-system-scheme-unknown`, `storage-*`.
 */
export async function resolveSnapshot(settings: FileSystemViewSettings, pointer: string): Promise<ResolvedCheckpoint> {
  if (typeof pointer !== 'string' || pointer.trim() === '') throw new TypeError('the pointer to a snapshot is empty');
  const { fileSystem, path } = locate(settings, pointer);
  const realPath = await fileSystem.realPath(path);
  if (realPath !== undefined) await refuseLinkInOwnJob(settings, path, realPath);
  const status = realPath === undefined ? undefined : await fileSystem.status(realPath);
  if (realPath === undefined || status === undefined) throw notFound(pointer, 'there is nothing');
  const place = { fileSystem, path: await asOwnPath(settings, realPath) };
  if (status.kind !== 'directory') return resolved(settings, place);
  const metadata = { fileSystem, path: childPath(place.path, METADATA_FILE_NAME) };
  if ((await fileSystem.status(metadata.path)) === undefined) {
    throw notFound(pointer, `the directory has no file ${METADATA_FILE_NAME}, so it is no completed snapshot`);
  }
  return resolved(settings, metadata);
}

function locate(settings: FileSystemViewSettings, pointer: string): FilePlace {
  try {
    return settings.fileSystems.locate(pointer);
  } catch (error) {
    if (isStateError(error, 'path-not-allowed')) throw notFound(pointer, error.message);
    throw error;
  }
}

/** What lies in the directory of the own job was not named by a person: there V1 does not allow a link. */
async function refuseLinkInOwnJob({ layout }: FileSystemViewSettings, path: string, realPath: string): Promise<void> {
  if (!path.startsWith(`${layout.jobPath}/`)) return;
  const ownRealPath = await layout.fileSystem.realPath(layout.jobPath);
  if (ownRealPath !== undefined && realPath === ownRealPath + path.slice(layout.jobPath.length)) return;
  throw new StateError(
    'path-not-allowed',
    `${layout.fileSystem.uriOf(path)} is a symbolic link and leads to ${layout.fileSystem.uriOf(realPath)}; in the directory of a job none is followed. Pass the directory that it leads to`,
    { details: { path, realPath } },
  );
}

async function asOwnPath({ layout }: FileSystemViewSettings, realPath: string): Promise<string> {
  const ownRealPath = await layout.fileSystem.realPath(layout.jobPath);
  if (ownRealPath === undefined || !realPath.startsWith(`${ownRealPath}/`)) return realPath;
  return layout.jobPath + realPath.slice(ownRealPath.length);
}

function resolved(settings: FileSystemViewSettings, { fileSystem, path }: FilePlace): ResolvedCheckpoint {
  const directory = parentPath(path);
  const scope = new FileSystemMetadataScope(settings.fileSystems, fileSystem, directory, layoutOf(settings, directory));
  const isUsualName = lastName(path) === METADATA_FILE_NAME;
  return {
    externalPointer: fileSystem.uriOf(isUsualName ? directory : path),
    referenceOf: (location) => scope.referenceOf(location),
    locationOf: (reference) => scope.locationOf(reference),
    readMetadata: (signal) => readWhole({ fileSystem, path }, signal),
  };
}

/** The layout that wrote a directory, which may be that of another job under the same checkpoint directory. */
export function layoutOf(settings: FileSystemViewSettings, directory: string): JobLayout | undefined {
  const checkpointId = checkpointIdOf(lastName(directory));
  if (checkpointId === undefined || settings.entropy === undefined) return undefined;
  const jobDirectory = settings.jobDirectory === undefined ? undefined : lastName(parentPath(directory));
  const layout = new JobLayout(settings.base.fileSystem, settings.base.path, jobDirectory, settings.entropy);
  return layout.checkpointPath(checkpointId) === directory ? layout : undefined;
}

async function readWhole({ fileSystem, path }: FilePlace, signal: AbortSignal | undefined): Promise<Uint8Array> {
  signal?.throwIfAborted();
  const reader = await openTrusted(fileSystem, path);
  try {
    const bytes = new Uint8Array(reader.sizeBytes);
    for (let start = 0; start < bytes.length; start += READ_SLICE_BYTES) {
      signal?.throwIfAborted();
      const wanted = Math.min(READ_SLICE_BYTES, bytes.length - start);
      const slice = await reader.read(start, wanted);
      if (slice.length < wanted) throw cutOff(fileSystem.uriOf(path), bytes.length, start + slice.length);
      bytes.set(slice, start);
    }
    return bytes;
  } finally {
    await reader.close();
  }
}

function cutOff(location: string, expectedBytes: number, actualBytes: number): StateError {
  return new StateError(
    'bytes-truncated',
    `${location} became shorter while it was read: ${actualBytes} of ${expectedBytes} bytes; restore another checkpoint`,
    { details: { location, expectedBytes, actualBytes } },
  );
}

function notFound(pointer: string, why: string): StateError {
  return new StateError(
    'checkpoint-not-found',
    `no snapshot at '${pointer}': ${why}. Pass the directory of a checkpoint (.../chk-<n>) or savepoint (.../savepoint-...), or its file ${METADATA_FILE_NAME}`,
    { details: { pointer } },
  );
}
