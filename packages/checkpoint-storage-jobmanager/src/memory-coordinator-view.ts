// The coordinator's window on its own memory.
//
//   V1. Checkpoints are in memory; savepoints, and snapshots that somebody points to, are in directories and belong to
//       the metadata storage.
//   V2. A view that has taken a job over removes nothing of it any more once a newer owner has.

import { StateError } from '@tidemark/state-core';
import {
  type CheckpointListing,
  type CheckpointOwner,
  type CheckpointStateInputStream,
  type CheckpointStorageCoordinatorView,
  type CheckpointStorageLocation,
  checkEpochMin,
  checkRestoreDecision,
  type ExternalSnapshot,
  equalRestoreDecisions,
  type FoundOwner,
  type ResolvedCheckpoint,
  type RestoredFrom,
  type StreamStateHandle,
} from '@tidemark/state-core/spi';
import {
  type CoordinatorMemory,
  newestEpoch,
  type RememberedCheckpoint,
  type RememberedJob,
} from './coordinator-memory.js';
import { MemoryCheckpointInputStream } from './memory-checkpoint-input-stream.js';
import {
  MemoryCheckpointLocation,
  NOT_EXTERNALLY_ADDRESSABLE,
  refuseOvertaken,
  refuseReference,
} from './memory-checkpoint-location.js';
import { limitedLocation } from './persistent-coordinator-view.js';
import type { SizeLimits } from './size-limits.js';

/** What a view of the memory is made of. */
export interface MemoryCoordinatorViewSettings {
  readonly jobId: string;
  readonly memory: CoordinatorMemory;
  readonly limits: SizeLimits;
  readonly savepointDirectory: string | undefined;
  /** The view of the metadata storage for a directory; `undefined` when there is no such storage. */
  readonly filesIn: ((directory: string) => Promise<CheckpointStorageCoordinatorView>) | undefined;
}

/** See {@link CheckpointStorageCoordinatorView}. */
export class MemoryCoordinatorView implements CheckpointStorageCoordinatorView {
  readonly #settings: MemoryCoordinatorViewSettings;
  #owner: CheckpointOwner | undefined;

  constructor(settings: MemoryCoordinatorViewSettings) {
    this.#settings = settings;
  }

  async list(signal?: AbortSignal): Promise<CheckpointListing> {
    signal?.throwIfAborted();
    const job = this.#settings.memory.find(this.#settings.jobId);
    const checkpoints = [...(job?.checkpoints.values() ?? [])].sort((a, b) => a.checkpointId - b.checkpointId);
    return {
      checkpoints: checkpoints.map(({ checkpointId, metadata }) => ({
        checkpointId,
        published: metadata !== undefined,
        externalPointer: this.#pointerOf(checkpointId),
      })),
      owners: [...(job?.owners ?? [])],
    };
  }

  async acquireOwnership(signal?: AbortSignal, epochMin = 1): Promise<CheckpointOwner> {
    signal?.throwIfAborted();
    checkEpochMin(epochMin);
    const job = this.#settings.memory.job(this.#settings.jobId);
    const owner: FoundOwner = { epoch: Math.max(newestEpoch(job) + 1, epochMin) };
    job.owners.push(owner);
    this.#owner = { epoch: owner.epoch };
    return this.#owner;
  }

  async recordRestoredFrom(
    owner: CheckpointOwner,
    restoredFrom: RestoredFrom,
    external?: ExternalSnapshot,
  ): Promise<void> {
    checkRestoreDecision(owner, restoredFrom, external);
    const { memory, jobId } = this.#settings;
    const job = memory.job(jobId);
    refuseOvertaken(jobId, job, owner);
    const decision = { restoredFrom, ...(external !== undefined && { external: externalOf(external) }) };
    const index = job.owners.findIndex(({ epoch }) => epoch === owner.epoch);
    const earlier = job.owners[index];
    if (earlier?.restoredFrom !== undefined) {
      if (equalRestoreDecisions({ restoredFrom: earlier.restoredFrom, external: earlier.external }, decision)) return;
      throw new TypeError(`the owner of epoch ${owner.epoch} has recorded another snapshot to continue from already`);
    }
    job.owners[index < 0 ? job.owners.length : index] = { epoch: owner.epoch, ...decision };
  }

  async initializeBaseLocationsForCheckpoint(): Promise<void> {}

  async initializeLocationForCheckpoint(
    checkpointId: number,
    owner: CheckpointOwner,
  ): Promise<CheckpointStorageLocation> {
    requireCheckpointId(checkpointId);
    const { memory, jobId, limits } = this.#settings;
    const job = memory.job(jobId);
    refuseOvertaken(jobId, job, owner);
    refuseUndecided(job, owner);
    if (job.checkpoints.has(checkpointId)) {
      throw new StateError(
        'checkpoint-location-exists',
        `checkpoint ${checkpointId} of '${jobId}' is there already: another instance in this process takes checkpoints of the same job. Give each its own name or shard; otherwise take the next id above every one that is listed`,
        { details: { checkpointId, jobId } },
      );
    }
    const checkpoint: RememberedCheckpoint = { checkpointId };
    job.checkpoints.set(checkpointId, checkpoint);
    return new MemoryCheckpointLocation(jobId, job, checkpoint, owner, limits);
  }

  async initializeLocationForSavepoint(
    checkpointId: number,
    target: string | undefined,
  ): Promise<CheckpointStorageLocation> {
    requireCheckpointId(checkpointId);
    const directory = target ?? this.#settings.savepointDirectory;
    if (directory === undefined) throw savepointLocationMissing();
    const files = await this.#filesIn(directory);
    // Not `directory`: what a configured relative path counts from is known to the metadata storage.
    return limitedLocation(await files.initializeLocationForSavepoint(checkpointId, target), this.#settings.limits);
  }

  async resolveCheckpoint(pointer: string): Promise<ResolvedCheckpoint> {
    if (typeof pointer !== 'string' || pointer.trim() === '') throw new TypeError('the pointer to a snapshot is empty');
    const remembered = this.#findByPointer(pointer);
    if (remembered?.metadata !== undefined) return inMemory(pointer, remembered.metadata);
    if (pointer === NOT_EXTERNALLY_ADDRESSABLE || pointer.startsWith('memory:')) throw gone(pointer);
    return (await this.#filesIn(pointer)).resolveCheckpoint(pointer);
  }

  async disposeCheckpoint(checkpointId: number): Promise<void> {
    requireCheckpointId(checkpointId);
    const { memory, jobId } = this.#settings;
    const job = memory.find(jobId);
    if (job === undefined) return;
    if (this.#owner !== undefined) refuseOvertaken(jobId, job, this.#owner);
    job.checkpoints.delete(checkpointId);
  }

  async sweepUnreferenced(_live: readonly StreamStateHandle[], owner: CheckpointOwner): Promise<void> {
    const { memory, jobId } = this.#settings;
    refuseOvertaken(jobId, memory.job(jobId), owner);
  }

  async openInput(handle: StreamStateHandle, signal?: AbortSignal): Promise<CheckpointStateInputStream> {
    signal?.throwIfAborted();
    if (handle.kind === 'byte-stream') return new MemoryCheckpointInputStream(handle, signal);
    return (await this.#filesIn(handle.location)).openInput(handle, signal);
  }

  async discard(handle: StreamStateHandle): Promise<void> {
    if (handle.kind === 'file') await (await this.#filesIn(handle.location)).discard(handle);
  }

  async close(): Promise<void> {}

  #pointerOf(checkpointId: number): string {
    return `memory:${this.#settings.jobId}/chk-${checkpointId}`;
  }

  #findByPointer(pointer: string): RememberedCheckpoint | undefined {
    const job = this.#settings.memory.find(this.#settings.jobId);
    const checkpointId = Number(/\/chk-(\d+)$/.exec(pointer)?.[1]);
    return pointer === this.#pointerOf(checkpointId) ? job?.checkpoints.get(checkpointId) : undefined;
  }

  #filesIn(directory: string): Promise<CheckpointStorageCoordinatorView> {
    if (this.#settings.filesIn === undefined) throw filesUnsupported(directory);
    return this.#settings.filesIn(directory);
  }
}

/** The error for anything in a directory where nothing reads or writes directories. */
export function filesUnsupported(location: string): StateError {
  return new StateError(
    'capability-missing',
    `the jobmanager storage keeps checkpoints in memory and by itself reads and writes no files, so '${location}' is out of its reach. Choose execution.checkpointing.storage: filesystem, or hand over metadataStorage: (directories) => new FileSystemCheckpointStorage(directories), from @tidemark/checkpoint-storage-filesystem`,
    { details: { location } },
  );
}

function inMemory(externalPointer: string, metadata: Uint8Array): ResolvedCheckpoint {
  return {
    externalPointer,
    referenceOf: refuseReference,
    locationOf: refuseReference,
    async readMetadata(signal) {
      signal?.throwIfAborted();
      return new Uint8Array(metadata);
    },
  };
}

function externalOf({ pointer, claim }: ExternalSnapshot): ExternalSnapshot {
  return claim === true ? { pointer, claim } : { pointer };
}

function refuseUndecided({ owners }: RememberedJob, owner: CheckpointOwner): void {
  if (owners.some(({ epoch, restoredFrom }) => epoch === owner.epoch && restoredFrom !== undefined)) return;
  throw new TypeError(
    `the owner of epoch ${owner.epoch} takes a checkpoint before it has recorded what it continues from: the checkpoint would count for nobody; call recordRestoredFrom first`,
  );
}

function requireCheckpointId(checkpointId: number): void {
  if (Number.isSafeInteger(checkpointId) && checkpointId >= 1) return;
  throw new RangeError(`a checkpoint id is a whole number from 1, not ${checkpointId}`);
}

function savepointLocationMissing(): StateError {
  return new StateError(
    'savepoint-location-missing',
    'no directory was given for the savepoint and none is configured; give one to savepoint(), or set execution.checkpointing.savepoint-dir: ./savepoints',
  );
}

function gone(pointer: string): StateError {
  return new StateError(
    'checkpoint-not-found',
    `no checkpoint at '${pointer}': checkpoints in the memory of the coordinator can be restored only in the process that took them, while it keeps them. For checkpoints that outlive it write\n  execution.checkpointing.storage: filesystem\n  execution.checkpointing.dir: ./checkpoints`,
    { details: { pointer } },
  );
}
