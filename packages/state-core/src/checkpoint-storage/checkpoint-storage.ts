// Where checkpoints go, seen through two narrow windows: the coordinator makes locations, publishes, finds and removes
// snapshots; a worker only writes and reads streams.

import type { Clock } from '../ambient/clock.js';
import type { StateLogger } from '../ambient/logger.js';
import type { RandomSource } from '../ambient/random.js';
import type { StreamStateHandle } from '../handle/stream-state-handle.js';
import type { CheckpointStorageCapabilities } from './checkpoint-storage-capabilities.js';
import type {
  CheckpointOwner,
  CheckpointStorageLocation,
  CheckpointStorageLocationReference,
  ResolvedCheckpoint,
  StateHandleDiscarder,
} from './checkpoint-storage-location.js';
import type { CheckpointStateOutputStream, CheckpointStreamFactory, StateHandleReader } from './checkpoint-stream.js';
import type { ExternalSnapshot, RestoredFrom } from './restore-decision.js';

/** What a view is made for. */
export interface CheckpointStorageParameters {
  /** Stable identity of the job (for embedded state: name and shard); the directory of its checkpoints. */
  readonly jobId: string;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly logger: StateLogger;
}

/**
 * A checkpoint storage, configured but not yet used.
 *
 * Both views of one storage and one job must understand each other's handles and references, also when they were made
 * in different threads or processes, if the storage is durable.
 */
export interface CheckpointStorage {
  /** The word that `execution.checkpointing.storage` chooses it by. */
  readonly name: string;
  readonly capabilities: CheckpointStorageCapabilities;
  /** @throws StateError `storage-*`. */
  createCoordinatorView(parameters: CheckpointStorageParameters): Promise<CheckpointStorageCoordinatorView>;
  /** @throws StateError `storage-*`. */
  createWorkerView(parameters: CheckpointStorageParameters): Promise<CheckpointStorageWorkerView>;
}

/** A completed or started checkpoint that a listing found. */
export interface FoundCheckpoint {
  readonly checkpointId: number;
  /** Whether metadata is there. It may still be damaged. */
  readonly published: boolean;
  /** The view that listed the checkpoint resolves it, also where nobody else could. */
  readonly externalPointer: string;
}

/** A takeover that a listing found. */
export interface FoundOwner extends CheckpointOwner {
  /**
   * The checkpoint of the job's history that the owner decided to continue from; absent when it stopped before it decided,
   * `null` when it began with none of them: empty, or with {@link external}.
   */
  readonly restoredFrom?: RestoredFrom;
  /** The snapshot from outside the history that the owner began with; absent for every other decision. */
  readonly external?: FoundExternalSnapshot;
  /**
   * Whether the owner has completed a checkpoint, as far as the storage knows. It stays true when all of them are gone:
   * without it, a job whose checkpoints were removed looks like one that never had any.
   */
  readonly published?: boolean;
}

/** A snapshot from outside the history of a job, as a listing found its record. */
export interface FoundExternalSnapshot {
  /** What resolves it; absent when the record is damaged, so that nobody knows any more. */
  readonly pointer?: string;
}

/** What there is of a job in a storage. */
export interface CheckpointListing {
  readonly checkpoints: readonly FoundCheckpoint[];
  readonly owners: readonly FoundOwner[];
}

/** The storage as the coordinator sees it. */
export interface CheckpointStorageCoordinatorView extends StateHandleReader, StateHandleDiscarder {
  /** Everything there is of this job, published or not. An unknown job gives an empty listing. @throws StateError `storage-*`. */
  list(signal?: AbortSignal): Promise<CheckpointListing>;
  /**
   * Takes the job over: the new owner has a higher epoch than any before, and older owners can publish nothing more
   * that counts.
   *
   * @throws StateError `storage-*`.
   */
  acquireOwnership(signal?: AbortSignal): Promise<CheckpointOwner>;
  /**
   * Records what this owner continues from, durably: {@link list} gives it back from then on. Called before its first
   * checkpoint; repeating the same decision is harmless.
   *
   * @param restoredFrom - A checkpoint of the job's history, or `null` for none.
   * @param external - A snapshot from outside the history, or a checkpoint without a lineage, that the owner began with;
   * then `restoredFrom` is `null`. Without it, `null` means empty.
   * @throws StateError `fenced`, `storage-*`. RangeError for a decision that {@link list} could not give back, TypeError
   * for another one than this owner has recorded.
   */
  recordRestoredFrom(owner: CheckpointOwner, restoredFrom: RestoredFrom, external?: ExternalSnapshot): Promise<void>;
  /** Makes what all checkpoints of the job need. Called before the first. @throws StateError `storage-*`. */
  initializeBaseLocationsForCheckpoint(): Promise<void>;
  /**
   * @param checkpointId - At least 1 and never used before by a checkpoint of this job.
   * @throws StateError `checkpoint-location-exists`, `fenced`, `storage-*`. RangeError for an id below 1. TypeError for an
   * owner that has not recorded what it continues from: its checkpoints would count for nobody.
   */
  initializeLocationForCheckpoint(checkpointId: number, owner: CheckpointOwner): Promise<CheckpointStorageLocation>;
  /**
   * @param target - Where the caller wants the savepoint; else the configured default.
   * @throws StateError `savepoint-location-missing`, `storage-*`, `capability-missing`.
   */
  initializeLocationForSavepoint(checkpointId: number, target: string | undefined): Promise<CheckpointStorageLocation>;
  /**
   * Finds a snapshot by what a person passed on: a directory, its metadata file, a URI.
   *
   * @throws TypeError for an empty pointer. StateError `checkpoint-not-found`, `storage-*`.
   */
  resolveCheckpoint(pointer: string): Promise<ResolvedCheckpoint>;
  /**
   * Removes the exclusive location of a checkpoint of this job, published or not: its metadata first, so that a
   * half-removed checkpoint does not exist.
   *
   * @throws StateError `storage-*`; `fenced` when this view has taken the job over and a newer owner has since: it may be
   * reading what would be removed.
   */
  disposeCheckpoint(checkpointId: number): Promise<void>;
  /**
   * Removes shared streams of this job that no handle of `live` names, if no newer owner has taken over. No checkpoint may
   * be under way: its streams are not in `live` yet.
   *
   * @param live - The shared streams of every published snapshot of the job, abandoned ones included, whether anybody means
   * to restore them or not. Who cannot read the metadata of one of them cannot know, and must not sweep.
   * @throws StateError `fenced`, `storage-*`.
   */
  sweepUnreferenced(live: readonly StreamStateHandle[], owner: CheckpointOwner): Promise<void>;
  close(): Promise<void>;
}

/** The storage as a task sees it. */
export interface CheckpointStorageWorkerView extends StateHandleReader {
  /** The streams of one checkpoint. @param reference - From the location that the coordinator made. @throws StateError `storage-*`. */
  resolveCheckpointStorageLocation(
    checkpointId: number,
    reference: CheckpointStorageLocationReference,
  ): Promise<CheckpointStreamFactory>;
  /** A stream that the task itself keeps and removes, outside all checkpoints. @throws StateError `storage-*`. */
  createTaskOwnedStateStream(): Promise<CheckpointStateOutputStream>;
  close(): Promise<void>;
}
