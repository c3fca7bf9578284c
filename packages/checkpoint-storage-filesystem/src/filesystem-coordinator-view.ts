// The coordinator's window on a checkpoint directory: it makes locations, finds and removes snapshots, takes jobs over.
//
//   C1. The directory of a checkpoint is made exclusively: whoever finds it there has met another writer.
//   C2. A view that has taken a job over removes nothing of it any more once a newer owner has.
//   C3. Nothing here reads metadata: what is listed as published may still be damaged.

import { type RandomSource, StateError } from '@tidemark/state-core';
import {
  type CheckpointListing,
  type CheckpointOwner,
  type CheckpointStateInputStream,
  type CheckpointStorageCoordinatorView,
  type CheckpointStorageLocation,
  checkEpochMin,
  type ExternalSnapshot,
  type FoundCheckpoint,
  type ResolvedCheckpoint,
  type RestoredFrom,
  randomHexId,
  type SnapshotClaims,
  type StreamStateHandle,
} from '@tidemark/state-core/spi';
import {
  checkpointDirectoryName,
  checkpointIdOf,
  type EntropySettings,
  isStateFileName,
  type JobLayout,
  METADATA_FILE_NAME,
  SHARED_DIRECTORY_NAME,
} from './checkpoint-directory-layout.js';
import { ensureDirectory, removeTree, syncAncestors } from './file-system/directory-tree.js';
import { childPath, lastName, parentPath } from './file-system/file-paths.js';
import type { FilePlace, FileSystems } from './file-system/file-systems.js';
import { isInsideSnapshot, openStateInput } from './filesystem-checkpoint-input-stream.js';
import { FileSystemCheckpointLocation } from './filesystem-checkpoint-location.js';
import { FileSystemMetadataScope } from './filesystem-metadata-scope.js';
import { FileSystemOwnership } from './filesystem-ownership.js';
import { layoutOf, resolveSnapshot } from './filesystem-resolved-checkpoint.js';
import { FileSystemSnapshotClaims } from './filesystem-snapshot-claims.js';

/** What both views of one job in one storage are made of. */
export interface FileSystemViewSettings {
  readonly fileSystems: FileSystems;
  readonly jobId: string;
  /** Name of the job's directory; `undefined` when checkpoints lie in `base` itself. */
  readonly jobDirectory: string | undefined;
  /** The checkpoint directory, with the entropy marker if there is one. */
  readonly base: FilePlace;
  readonly layout: JobLayout;
  readonly entropy: EntropySettings | undefined;
  /** Where savepoints go for which no place is given. */
  readonly savepointDirectory: FilePlace | undefined;
  readonly random: RandomSource;
  readonly writeBufferSizeBytes: number;
  readonly fileStateSizeThresholdBytes: number;
}

const SAVEPOINT_ATTEMPTS: number = 10;

/** See {@link CheckpointStorageCoordinatorView}. */
export class FileSystemCoordinatorView implements CheckpointStorageCoordinatorView {
  readonly #settings: FileSystemViewSettings;
  readonly #layout: JobLayout;
  readonly #ownership: FileSystemOwnership;
  readonly claims: SnapshotClaims;
  /** Directories whose names were made durable up to the root; once for a view, it costs a sync for each. */
  readonly #durable: Set<string> = new Set();
  #owner: CheckpointOwner | undefined;

  constructor(settings: FileSystemViewSettings) {
    this.#settings = settings;
    this.#layout = settings.layout;
    const newName = () => randomHexId(settings.random);
    this.#ownership = new FileSystemOwnership(settings.layout, newName);
    this.claims = new FileSystemSnapshotClaims({
      fileSystems: settings.fileSystems,
      layout: settings.layout,
      layoutOf: (directory) => layoutOf(settings, directory),
      ownership: this.#ownership,
      jobId: settings.jobId,
      newName,
    });
  }

  async list(signal?: AbortSignal): Promise<CheckpointListing> {
    signal?.throwIfAborted();
    const entries = (await this.#layout.fileSystem.listDirectory(this.#layout.jobPath)) ?? [];
    const found: FoundCheckpoint[] = [];
    for (const { name } of entries) {
      const checkpointId = checkpointIdOf(name);
      if (checkpointId === undefined) continue;
      signal?.throwIfAborted();
      found.push(await this.#find(checkpointId));
    }
    found.sort((a, b) => a.checkpointId - b.checkpointId);
    return { checkpoints: found, owners: await this.#ownership.ownersIn(entries.map((entry) => entry.name)) };
  }

  async acquireOwnership(signal?: AbortSignal, epochMin = 1): Promise<CheckpointOwner> {
    signal?.throwIfAborted();
    checkEpochMin(epochMin);
    await this.initializeBaseLocationsForCheckpoint();
    this.#owner = await this.#ownership.acquire({ jobId: this.#settings.jobId }, epochMin);
    return this.#owner;
  }

  async recordRestoredFrom(
    owner: CheckpointOwner,
    restoredFrom: RestoredFrom,
    external?: ExternalSnapshot,
  ): Promise<void> {
    await this.#ownership.recordRestoredFrom(owner, restoredFrom, external);
  }

  async initializeBaseLocationsForCheckpoint(): Promise<void> {
    const { fileSystem, jobPath, sharedPath, taskOwnedPath } = this.#layout;
    await ensureDirectory(fileSystem, jobPath);
    await ensureDirectory(fileSystem, sharedPath);
    await ensureDirectory(fileSystem, taskOwnedPath);
    for (const path of [sharedPath, taskOwnedPath]) await this.#refuseLink(path);
    // Another process may have made the directories and not their names durable, and have died since.
    const { jobDirectory } = this.#settings;
    await this.#syncAncestorsOnce(
      { fileSystem, path: jobPath },
      jobDirectory === undefined ? jobPath : parentPath(jobPath),
    );
    await fileSystem.syncDirectory(jobPath);
  }

  async initializeLocationForCheckpoint(
    checkpointId: number,
    owner: CheckpointOwner,
  ): Promise<CheckpointStorageLocation> {
    requireCheckpointId(checkpointId);
    const { fileSystem, jobPath, sharedPath } = this.#layout;
    await this.#ownership.refuseFenced(owner);
    await this.#ownership.refuseUndecided(owner);
    const directory = this.#layout.checkpointPath(checkpointId);
    let made = await fileSystem.createDirectory(directory);
    if (made === 'parent-missing') {
      this.#durable.clear();
      await this.initializeBaseLocationsForCheckpoint();
      made = await fileSystem.createDirectory(directory);
    }
    if (made !== 'created') throw this.#locationExists(directory, checkpointId);
    await fileSystem.syncDirectory(jobPath);
    return new FileSystemCheckpointLocation({
      fileSystem,
      checkpointId,
      directory,
      reference: '',
      scope: new FileSystemMetadataScope(this.#settings.fileSystems, fileSystem, directory, this.#layout),
      directoriesWrittenTo: [sharedPath],
      exclusiveDirectoriesElsewhere: () => this.#layout.entropyDirectories(checkpointDirectoryName(checkpointId)),
      owner: { ownership: this.#ownership, is: owner },
      newName: () => randomHexId(this.#settings.random),
    });
  }

  async initializeLocationForSavepoint(
    checkpointId: number,
    target: string | undefined,
  ): Promise<CheckpointStorageLocation> {
    requireCheckpointId(checkpointId);
    const { fileSystem, path } = this.#savepointParent(target);
    await ensureDirectory(fileSystem, path);
    await this.#syncAncestorsOnce({ fileSystem, path }, path);
    const directory = await this.#makeSavepointDirectory({ fileSystem, path });
    return new FileSystemCheckpointLocation({
      fileSystem,
      checkpointId,
      directory,
      reference: fileSystem.uriOf(directory),
      scope: new FileSystemMetadataScope(this.#settings.fileSystems, fileSystem, directory),
      directoriesWrittenTo: [],
      exclusiveDirectoriesElsewhere: async () => [],
      newName: () => randomHexId(this.#settings.random),
    });
  }

  async resolveCheckpoint(pointer: string): Promise<ResolvedCheckpoint> {
    return resolveSnapshot(this.#settings, pointer);
  }

  async disposeCheckpoint(checkpointId: number): Promise<void> {
    requireCheckpointId(checkpointId);
    await this.#refuseFenced();
    const { fileSystem } = this.#layout;
    await removeTree(fileSystem, this.#layout.checkpointPath(checkpointId), [METADATA_FILE_NAME]);
    for (const other of await this.#layout.entropyDirectories(checkpointDirectoryName(checkpointId))) {
      await removeTree(fileSystem, other);
    }
  }

  async sweepUnreferenced(live: readonly StreamStateHandle[], owner: CheckpointOwner): Promise<void> {
    const kept = new Set<string>();
    for (const handle of live) {
      if (handle.kind === 'file') kept.add(this.#settings.fileSystems.locate(handle.location).path);
    }
    await this.#ownership.refuseFenced(owner);
    const { fileSystem, sharedPath } = this.#layout;
    for (const directory of [sharedPath, ...(await this.#layout.entropyDirectories(SHARED_DIRECTORY_NAME))]) {
      await this.#refuseLink(directory);
      for (const entry of (await fileSystem.listDirectory(directory)) ?? []) {
        const path = childPath(directory, entry.name);
        if (kept.has(path) || entry.kind === 'directory') continue;
        // Asked before every file: a takeover in the middle must stop the sweep, the newer owner may use the rest.
        await this.#ownership.refuseFenced(owner);
        await fileSystem.removeFile(path);
      }
    }
  }

  async forgetOwners(inUse: ReadonlySet<number>, owner: CheckpointOwner): Promise<void> {
    await this.#ownership.forget(inUse, owner);
  }

  openInput(handle: StreamStateHandle, signal?: AbortSignal): Promise<CheckpointStateInputStream> {
    return openStateInput(this.#settings.fileSystems, handle, signal);
  }

  async discard(handle: StreamStateHandle): Promise<void> {
    if (handle.kind === 'byte-stream') return;
    const { fileSystem, path } = this.#settings.fileSystems.locate(handle.location);
    const directory = parentPath(path);
    if (!isStateFileName(lastName(path)) || directory === this.#layout.jobPath) throw notState(handle.location);
    if (this.#belongsToJob(directory)) await this.#refuseFenced();
    if (!(await isInsideSnapshot(fileSystem, path))) return;
    try {
      await fileSystem.removeFile(path);
    } catch (error) {
      if ((await fileSystem.status(path).catch(() => true)) !== undefined) throw error;
    }
  }

  async close(): Promise<void> {}

  async #find(checkpointId: number): Promise<FoundCheckpoint> {
    const { fileSystem } = this.#layout;
    const directory = this.#layout.checkpointPath(checkpointId);
    const metadata = await fileSystem.status(childPath(directory, METADATA_FILE_NAME));
    return { checkpointId, published: metadata !== undefined, externalPointer: fileSystem.uriOf(directory) };
  }

  async #syncAncestorsOnce({ fileSystem, path }: FilePlace, base: string): Promise<void> {
    const key = fileSystem.uriOf(path);
    if (this.#durable.has(key)) return;
    await syncAncestors(fileSystem, path, base);
    this.#durable.add(key);
  }

  /** Behind a link, files would be written that are not read again, and removed that are none of ours. */
  async #refuseLink(directory: string): Promise<void> {
    const { fileSystem } = this.#layout;
    const status = await fileSystem.status(directory);
    if (status === undefined || status.kind === 'directory') return;
    throw new StateError(
      'path-not-allowed',
      `${fileSystem.uriOf(directory)} is no directory: inside a snapshot no symbolic link is followed. Put the directory itself in its place, or make the whole checkpoint directory the link`,
      { details: { directory } },
    );
  }

  #belongsToJob(stateDirectory: string): boolean {
    if (parentPath(stateDirectory) === this.#layout.jobPath) return true;
    return this.#layout.entropyOf(stateDirectory, lastName(stateDirectory)) !== undefined;
  }

  async #refuseFenced(): Promise<void> {
    if (this.#owner !== undefined) await this.#ownership.refuseFenced(this.#owner);
  }

  #savepointParent(target: string | undefined): FilePlace {
    if (target !== undefined && target !== '') return this.#settings.fileSystems.locate(target);
    if (this.#settings.savepointDirectory !== undefined) return this.#settings.savepointDirectory;
    throw new StateError(
      'savepoint-location-missing',
      'no directory was given for the savepoint and none is configured; give one to savepoint(), or set execution.checkpointing.savepoint-dir: ./savepoints',
    );
  }

  async #makeSavepointDirectory({ fileSystem, path }: FilePlace): Promise<string> {
    const job =
      this.#settings.jobId
        .toLowerCase()
        .replaceAll(/[^a-z0-9]/g, '')
        .slice(0, 6) || 'job';
    for (let attempt = 0; attempt < SAVEPOINT_ATTEMPTS; attempt++) {
      const name = `savepoint-${job}-${randomHexId(this.#settings.random).slice(0, 12)}`;
      const directory = childPath(path, name);
      if ((await fileSystem.createDirectory(directory)) !== 'created') continue;
      await fileSystem.syncDirectory(path);
      return directory;
    }
    throw new StateError(
      'storage-io-failed',
      `${SAVEPOINT_ATTEMPTS} random names in a row are taken in ${fileSystem.uriOf(path)}, or the directory was removed meanwhile; try again`,
      { details: { directory: fileSystem.uriOf(path) } },
    );
  }

  #locationExists(directory: string, checkpointId: number): StateError {
    const location = this.#layout.fileSystem.uriOf(directory);
    return new StateError(
      'checkpoint-location-exists',
      `${location} is there already: another process writes checkpoints of this job into the same directory, or an earlier attempt left it. Give each instance its own name or shard; otherwise take the next id above every one that is listed`,
      { details: { location, checkpointId } },
    );
  }
}

function requireCheckpointId(checkpointId: number): void {
  if (Number.isSafeInteger(checkpointId) && checkpointId >= 1) return;
  throw new RangeError(`a checkpoint id is a whole number from 1, not ${checkpointId}`);
}

function notState(location: string): StateError {
  return new StateError(
    'path-not-allowed',
    `${location} is no file of state, it is not removed through a handle; remove a whole checkpoint instead`,
    { details: { location } },
  );
}
