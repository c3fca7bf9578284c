// Snapshots from outside the directory of a job that belong to the job.
//
//   <snapshot>/_claimed           {"by":"<uri of the claiming job's directory>"}, made whole and exclusively: at most one
//                                 job claims a snapshot
//   <job>/claim-<32 hex digits>   {"pointer","replacedFrom","locations":[…],"fence":{"job","epoch"}}, made whole; there as
//                                 long as there may be anything to remove
//
//   1. reserve   _claimed
//   2. claim     owner-<epoch> in the directory of the other job, if it is one with owners; then claim-…
//   3. remove    _metadata, durably; the locations; _claimed; the directory when it is empty; then claim-…
//
//   K1. A location is removed when it lies in the snapshot's own directory, or is shared in the directory of the checkpoint's
//       job; whatever else a record says is left alone. What tasks keep themselves is not touched.
//   K2. Files of the directory that the metadata did not name stay, and so does the directory then.
//   K3. A record counts as long as `_claimed` names this job, and nobody has taken over the other job since.

import { createHash } from 'node:crypto';
import { isStateError, StateError } from '@tidemark/state-core';
import type {
  CheckpointOwner,
  ClaimableSnapshot,
  SnapshotClaim,
  SnapshotClaims,
  StreamStateHandle,
} from '@tidemark/state-core/spi';
import { publishAtomically } from './atomic-publication.js';
import {
  checkpointIdOf,
  isStateFileName,
  JobLayout,
  METADATA_FILE_NAME,
  SHARED_DIRECTORY_NAME,
} from './checkpoint-directory-layout.js';
import { childPath, lastName, parentPath } from './file-system/file-paths.js';
import type { FileSystem } from './file-system/file-system.js';
import type { FilePlace, FileSystems } from './file-system/file-systems.js';
import { isInsideSnapshot } from './filesystem-checkpoint-input-stream.js';
import { FileSystemOwnership } from './filesystem-ownership.js';

const MARKER_NAME: string = '_claimed';
const RECORD_NAME: RegExp = /^claim-([0-9a-f]{32})$/;
const LEFTOVER_NAME: RegExp = /^(_metadata|_claimed)\.([0-9a-f]+\.(tmp|claim)|claim)$/;
/** More than the names of all files of a snapshot take. */
const RECORD_BYTES_MAX: number = 256 * 1024 * 1024;

/** What the claims of a job are made of. */
export interface FileSystemSnapshotClaimsSettings {
  readonly fileSystems: FileSystems;
  readonly layout: JobLayout;
  /** The layout that wrote a checkpoint's directory, where it is one with entropy. */
  readonly layoutOf: (directory: string) => JobLayout | undefined;
  readonly ownership: FileSystemOwnership;
  readonly jobId: string;
  /** A fresh name of 32 hex digits. */
  readonly newName: () => string;
}

interface ClaimRecord extends SnapshotClaim {
  /** The epoch that keeps the former owners out. */
  readonly fence: { readonly job: string; readonly epoch: number } | undefined;
}

/** See {@link SnapshotClaims}. */
export class FileSystemSnapshotClaims implements SnapshotClaims {
  readonly #settings: FileSystemSnapshotClaimsSettings;
  readonly #fileSystem: FileSystem;
  readonly #jobPath: string;
  readonly #jobUri: string;

  constructor(settings: FileSystemSnapshotClaimsSettings) {
    this.#settings = settings;
    this.#fileSystem = settings.layout.fileSystem;
    this.#jobPath = settings.layout.jobPath;
    this.#jobUri = this.#fileSystem.uriOf(this.#jobPath);
  }

  async reserve(pointer: string): Promise<string | undefined> {
    const { fileSystem, path } = this.#settings.fileSystems.locate(pointer);
    if ((await fileSystem.status(childPath(path, METADATA_FILE_NAME)))?.kind !== 'file') {
      return `it is no directory with a file ${METADATA_FILE_NAME}, so nobody knows which files are its alone`;
    }
    if (path === this.#jobPath || parentPath(path) === this.#jobPath) return 'it lies in the directory of this job';
    try {
      await publishAtomically({
        fileSystem,
        path: childPath(path, MARKER_NAME),
        bytes: new TextEncoder().encode(`${JSON.stringify({ by: this.#jobUri })}\n`),
        random: this.#settings.newName(),
        claimant: createHash('sha256').update(this.#jobUri).digest('hex').slice(0, 32),
      });
    } catch (error) {
      if (isStateError(error, 'storage-permission-denied') || isStateError(error, 'storage-read-only')) {
        return error.message;
      }
      throw error;
    }
    const by = await claimantOf({ fileSystem, path });
    if (by !== this.#jobUri) throw claimedBy(fileSystem, path, by);
    return undefined;
  }

  async claim({ pointer, streams, replacedFrom }: ClaimableSnapshot, owner: CheckpointOwner): Promise<void> {
    await this.#settings.ownership.refuseFenced(owner);
    if ((await this.list()).some((known) => known.pointer === pointer)) return;
    const locations = new Set(streams.flatMap((stream) => (stream.kind === 'file' ? [stream.location] : [])));
    const fence = await this.#fenceFormerOwner(pointer);
    const record = { pointer, replacedFrom, locations: [...locations], ...(fence !== undefined && { fence }) };
    await publishAtomically({
      fileSystem: this.#fileSystem,
      path: childPath(this.#jobPath, `claim-${this.#settings.newName()}`),
      bytes: new TextEncoder().encode(`${JSON.stringify(record)}\n`),
      random: this.#settings.newName(),
    });
  }

  async list(): Promise<readonly ClaimRecord[]> {
    const records: ClaimRecord[] = [];
    for (const { name } of (await this.#fileSystem.listDirectory(this.#jobPath)) ?? []) {
      const id = RECORD_NAME.exec(name)?.[1];
      const record = id === undefined ? undefined : await this.#read(id);
      if (record !== undefined) records.push(record);
    }
    return records;
  }

  async neighboursOf({ pointer }: SnapshotClaim): Promise<readonly string[]> {
    const { fileSystem, path } = this.#settings.fileSystems.locate(pointer);
    if (checkpointIdOf(lastName(path)) === undefined) return [];
    const neighbours: string[] = [];
    for (const { name } of (await fileSystem.listDirectory(parentPath(path))) ?? []) {
      const directory = childPath(parentPath(path), name);
      if (checkpointIdOf(name) === undefined || directory === path) continue;
      const isPublished = (await fileSystem.status(childPath(directory, METADATA_FILE_NAME))) !== undefined;
      if (isPublished) neighbours.push(fileSystem.uriOf(directory));
    }
    return neighbours;
  }

  async remove(
    { id, pointer }: SnapshotClaim,
    inUse: readonly StreamStateHandle[],
    owner: CheckpointOwner,
  ): Promise<string | undefined> {
    const { fileSystems, ownership } = this.#settings;
    await ownership.refuseFenced(owner);
    const record = await this.#read(id);
    if (record === undefined) return undefined;
    const place = fileSystems.locate(pointer);
    const { fileSystem, path } = place;
    const isThere = (await fileSystem.status(path)) !== undefined;
    if (isThere && (await claimantOf(place)) !== this.#jobUri) {
      const isHalfRemoved = (await fileSystem.status(childPath(path, METADATA_FILE_NAME))) === undefined;
      if (!isHalfRemoved) {
        await this.#forget(id);
        return `its file ${MARKER_NAME} does not name ${this.#jobUri} any more`;
      }
    }
    const former = this.#formerOwner(record);
    if (former !== undefined && (await former.ownership.isOvertaken(former.owner))) {
      await this.release(record, owner);
      return `its job ${record.fence?.job} was taken over after it had been claimed`;
    }
    if (isThere) {
      const isRemoved = await fileSystem.removeFile(childPath(path, METADATA_FILE_NAME));
      if (isRemoved) await fileSystem.syncDirectory(path);
    }
    await this.#removeLocations(record, inUse, owner);
    if (isThere) await removeRest(place);
    await this.#forget(id);
    return undefined;
  }

  async release({ id, pointer }: SnapshotClaim, owner: CheckpointOwner): Promise<void> {
    await this.#settings.ownership.refuseFenced(owner);
    const { fileSystem, path } = this.#settings.fileSystems.locate(pointer);
    if ((await claimantOf({ fileSystem, path })) === this.#jobUri) {
      await fileSystem.removeFile(childPath(path, MARKER_NAME));
      await fileSystem.syncDirectory(path);
    }
    await this.#forget(id);
  }

  async #removeLocations(record: ClaimRecord, inUse: readonly StreamStateHandle[], owner: CheckpointOwner) {
    const { fileSystems, ownership } = this.#settings;
    const { path } = fileSystems.locate(record.pointer);
    const kept = new Set(
      inUse.flatMap((stream) => (stream.kind === 'file' ? [fileSystems.locate(stream.location).path] : [])),
    );
    const former = this.#formerOwner(record);
    const changed = new Map<string, FileSystem>();
    for (const stream of record.streams) {
      if (stream.kind !== 'file') continue;
      const file = placeOf(fileSystems, stream.location);
      if (file === undefined || kept.has(file.path) || !this.#belongsTo(path, file.path)) continue;
      // Asked before every file: whoever takes over in the middle may use the rest.
      await ownership.refuseFenced(owner);
      if (former !== undefined) await former.ownership.refuseFenced(former.owner);
      if (!(await isInsideSnapshot(file.fileSystem, file.path))) continue;
      if (await file.fileSystem.removeFile(file.path)) changed.set(parentPath(file.path), file.fileSystem);
    }
    for (const [directory, fileSystem] of changed) await fileSystem.syncDirectory(directory);
  }

  /** K1. */
  #belongsTo(directory: string, file: string): boolean {
    const [place, name] = [parentPath(file), lastName(file)];
    if (!isStateFileName(name)) return false;
    if (place === directory) return true;
    if (checkpointIdOf(lastName(directory)) === undefined) return false;
    if (place === childPath(parentPath(directory), SHARED_DIRECTORY_NAME)) return true;
    const kind = lastName(place);
    if (kind !== SHARED_DIRECTORY_NAME && kind !== lastName(directory)) return false;
    return this.#settings.layoutOf(directory)?.entropyOf(place, kind) !== undefined;
  }

  /** Takes the job over that a checkpoint belongs to, so that nobody goes on with what is to be removed. */
  async #fenceFormerOwner(pointer: string): Promise<ClaimRecord['fence']> {
    const { fileSystem, path } = this.#settings.fileSystems.locate(pointer);
    if (checkpointIdOf(lastName(path)) === undefined) return undefined;
    const job = parentPath(path);
    const ownership = this.#ownershipIn(fileSystem, job);
    if ((await ownership.list()).length === 0) return undefined;
    const { epoch } = await ownership.acquire({ claimedBy: this.#jobUri, claims: pointer });
    return { job: fileSystem.uriOf(job), epoch };
  }

  #formerOwner({ fence }: ClaimRecord): { ownership: FileSystemOwnership; owner: CheckpointOwner } | undefined {
    if (fence === undefined) return undefined;
    const { fileSystem, path } = this.#settings.fileSystems.locate(fence.job);
    return { ownership: this.#ownershipIn(fileSystem, path), owner: { epoch: fence.epoch } };
  }

  #ownershipIn(fileSystem: FileSystem, jobPath: string): FileSystemOwnership {
    return new FileSystemOwnership(new JobLayout(fileSystem, jobPath, undefined), this.#settings.newName);
  }

  async #forget(id: string): Promise<void> {
    await this.#fileSystem.removeFile(childPath(this.#jobPath, `claim-${id}`));
    await this.#fileSystem.syncDirectory(this.#jobPath);
  }

  async #read(id: string): Promise<ClaimRecord | undefined> {
    const text = await readSmallFile(this.#fileSystem, childPath(this.#jobPath, `claim-${id}`), RECORD_BYTES_MAX);
    return text === undefined ? undefined : recordIn(id, text);
  }
}

/** What a damaged record names is left alone. */
function placeOf(fileSystems: FileSystems, location: string): FilePlace | undefined {
  try {
    return fileSystems.locate(location);
  } catch {
    return undefined;
  }
}

/** What is left of a snapshot when its files are gone (K2). */
async function removeRest({ fileSystem, path }: FilePlace): Promise<void> {
  for (const { name } of (await fileSystem.listDirectory(path)) ?? []) {
    if (LEFTOVER_NAME.test(name)) await fileSystem.removeFile(childPath(path, name));
  }
  await fileSystem.removeFile(childPath(path, MARKER_NAME));
  await fileSystem.syncDirectory(path);
  // Durable before the record goes, which is all that tells of the directory.
  if (await fileSystem.removeDirectory(path)) await fileSystem.syncDirectory(parentPath(path));
}

/** The URI of the job that claims a snapshot; `undefined` when there is none or nobody can tell. */
async function claimantOf({ fileSystem, path }: FilePlace): Promise<string | undefined> {
  const text = await readSmallFile(fileSystem, childPath(path, MARKER_NAME), 1024 * 1024);
  const by = text === undefined ? undefined : (parsed(text) as { readonly by?: unknown } | null | undefined)?.by;
  return typeof by === 'string' ? by : undefined;
}

async function readSmallFile(fileSystem: FileSystem, path: string, bytesMax: number): Promise<string | undefined> {
  if ((await fileSystem.status(path))?.kind !== 'file') return undefined;
  const reader = await fileSystem.openExisting(path);
  if (reader === undefined) return undefined;
  try {
    return new TextDecoder().decode(await reader.read(0, Math.min(reader.sizeBytes, bytesMax)));
  } finally {
    await reader.close();
  }
}

function recordIn(id: string, text: string): ClaimRecord | undefined {
  const { pointer, replacedFrom, locations, fence } = (parsed(text) ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof pointer !== 'string' || !Number.isSafeInteger(replacedFrom) || !Array.isArray(locations)) return undefined;
  const streams = locations
    .filter((location) => typeof location === 'string')
    .map((location): StreamStateHandle => ({ kind: 'file', location, sizeBytes: -1 }));
  return { id, pointer, replacedFrom: replacedFrom as number, streams, fence: fence as ClaimRecord['fence'] };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function claimedBy(fileSystem: FileSystem, path: string, by: string | undefined): StateError {
  const marker = fileSystem.uriOf(childPath(path, MARKER_NAME));
  return new StateError(
    'snapshot-claimed',
    `${fileSystem.uriOf(path)} has been claimed by ${by ?? 'another job'}, which removes it when its own checkpoints have replaced it. ` +
      `Restore it with restoreMode: 'NO_CLAIM', or claim another snapshot; if that job is no more, remove ${marker} and every ${marker}.*.claim`,
    { details: { pointer: fileSystem.uriOf(path), by: by ?? '', marker } },
  );
}
