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
import type { SnapshotClaims } from './snapshot-claims.js';

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
 *
 * Implementers (guide: Owners)
 * - MUST keep jobs apart, whatever they are called. [CS-OWNER-05]
 *
 * Implementers (guide: Calls that fail)
 * - MUST lose no more than the checkpoint under way when a call fails, and go on with the next. [CS-FAULT-01]
 * - MUST leave nothing half of a call that was done and reported as failed. [CS-FAULT-02]
 * - MUST have no part of a write that failed in a checkpoint. [CS-FAULT-03]
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
  /** Whether it belongs to the job; absent for false. */
  readonly claim?: boolean;
}

/** What there is of a job in a storage. */
export interface CheckpointListing {
  readonly checkpoints: readonly FoundCheckpoint[];
  readonly owners: readonly FoundOwner[];
}

/** The storage as the coordinator sees it. */
export interface CheckpointStorageCoordinatorView extends StateHandleReader, StateHandleDiscarder {
  /**
   * Everything there is of this job, published or not. An unknown job gives an empty listing.
   *
   * Implementers (guide: Locations)
   * - MUST list checkpoints by ascending id and owners by ascending epoch. [CS-LOCATION-11]
   *
   * @throws StateError `storage-*`.
   */
  list(signal?: AbortSignal): Promise<CheckpointListing>;
  /**
   * Takes the job over: the new owner has a higher epoch than any before, and older owners can publish nothing more
   * that counts.
   *
   * Implementers (guide: Owners)
   * - MUST give every owner a higher epoch than all before, also when several come at once. [CS-OWNER-01]
   *
   * Implementers (guide: Durability)
   * - MUST lose nothing when the power goes during a takeover. [CS-CRASH-04]
   *
   * @param epochMin - The new epoch is at least this: above every epoch that a checkpoint names, for a storage that has lost
   * its records of owners. An integer up to 2^50. Default 1.
   * @throws StateError `storage-*`. RangeError for what is no epoch.
   */
  acquireOwnership(signal?: AbortSignal, epochMin?: number): Promise<CheckpointOwner>;
  /**
   * Records what this owner continues from, durably: {@link list} gives it back from then on. Called before its first
   * checkpoint; repeating the same decision is harmless.
   *
   * Implementers (guide: Owners)
   * - MUST give the decision back in every listing, exactly, and until then that there is none. [CS-OWNER-02,
   *   CS-OWNER-06]
   * - MUST refuse a decision that no listing could give back, and a second one. [CS-OWNER-07]
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
   * Implementers (guide: Locations)
   * - MUST refuse ids below 1. [CS-LOCATION-04]
   * - MUST refuse an owner that has not decided what it continues from. [CS-OWNER-08]
   *
   * @param checkpointId - At least 1 and never used before by a checkpoint of this job.
   * @throws StateError `checkpoint-location-exists`, `fenced`, `storage-*`. RangeError for an id below 1. TypeError for an
   * owner that has not recorded what it continues from: its checkpoints would count for nobody.
   */
  initializeLocationForCheckpoint(checkpointId: number, owner: CheckpointOwner): Promise<CheckpointStorageLocation>;
  /**
   * Implementers (guide: Savepoints)
   * - MUST make savepoints that are found by their pointer, and are no checkpoints of the job. [CS-SAVEPOINT-01]
   * - MUST refuse a savepoint without a place. [CS-SAVEPOINT-02]
   * - MUST keep savepoints of one id apart, and leave nothing behind of one that fails. [CS-SAVEPOINT-03]
   * - MUST let a savepoint refer to its own files alone, and be published whoever owns the job. [CS-SAVEPOINT-04]
   *
   * Implementers (guide: Durability)
   * - MUST make savepoints that are whole from the moment they are reported, and before that whole or not there.
   *   [CS-CRASH-03]
   *
   * @param target - Where the caller wants the savepoint; else the configured default.
   * @throws StateError `savepoint-location-missing`, `storage-*`, `capability-missing`.
   */
  initializeLocationForSavepoint(checkpointId: number, target: string | undefined): Promise<CheckpointStorageLocation>;
  /**
   * Finds a snapshot by what a person passed on: a directory, its metadata file, a URI.
   *
   * Implementers (guide: Locations)
   * - MUST not find what is not there, and hold an empty pointer for a mistake. [CS-LOCATION-09]
   *
   * Implementers (guide: Hostile input)
   * - MUST answer whatever a person passes on with a StateError or a snapshot. [CS-HOSTILE-02]
   *
   * @throws TypeError for an empty pointer. StateError `checkpoint-not-found`, `storage-*`.
   */
  resolveCheckpoint(pointer: string): Promise<ResolvedCheckpoint>;
  /**
   * Removes the exclusive location of a checkpoint of this job, published or not: its metadata first, so that a
   * half-removed checkpoint does not exist.
   *
   * Implementers (guide: Removal)
   * - MUST remove a checkpoint with what is its own, published or not, and nothing else. [CS-REMOVAL-01, CS-REMOVAL-02]
   * - MUST refuse to remove anything once a newer owner is there, where the storage declares `fencing`. [CS-OWNER-04]
   *
   * Implementers (guide: Durability)
   * - MUST leave no moment without either when a checkpoint replaces another, nor one that lacks a file that it shares.
   *   [CS-CRASH-02, CS-CRASH-07]
   *
   * @throws StateError `storage-*`; `fenced` when this view has taken the job over and a newer owner has since: it may be
   * reading what would be removed.
   */
  disposeCheckpoint(checkpointId: number): Promise<void>;
  /**
   * Removes shared streams of this job that no handle of `live` names, if no newer owner has taken over. No checkpoint may
   * be under way: its streams are not in `live` yet.
   *
   * Implementers (guide: Removal)
   * - MUST remove the shared streams that nobody names, and keep the others. [CS-REMOVAL-04]
   *
   * @param live - The shared streams of every published snapshot of the job, abandoned ones included, whether anybody means
   * to restore them or not. Who cannot read the metadata of one of them cannot know, and must not sweep.
   * @throws StateError `fenced`, `storage-*`.
   */
  sweepUnreferenced(live: readonly StreamStateHandle[], owner: CheckpointOwner): Promise<void>;
  /**
   * Forgets owners that nobody needs to know of any more, so that their records do not pile up. An owner that is forgotten
   * stays fenced. Called after `owner` has recorded what it continues from.
   *
   * MAY be left out where records of owners take no room.
   *
   * Implementers (guide: Owners)
   * - MUST keep `owner`, the owners in use, and enough to tell every older one that it was overtaken. [CS-OWNER-09]
   *
   * @param inUse - The epochs whose records are needed.
   * @throws StateError `fenced`, `storage-*`.
   */
  forgetOwners?(inUse: ReadonlySet<number>, owner: CheckpointOwner): Promise<void>;
  /**
   * Snapshots from outside the job that belong to it. MAY be left out, and then none is ever removed.
   *
   * Implementers (guide: Owners)
   * - MUST leave them out where checkpoints of the job do not outlive the process. [CS-CLAIMS-01]
   */
  readonly claims?: SnapshotClaims | undefined;
  close(): Promise<void>;
}

/** The storage as a task sees it. */
export interface CheckpointStorageWorkerView extends StateHandleReader {
  /**
   * The streams of one checkpoint.
   *
   * Implementers (guide: Hostile input)
   * - MUST write no file to a place that no coordinator made for streams. [CS-HOSTILE-06]
   *
   * @param reference - From the location that the coordinator made.
   * @throws StateError `path-not-allowed`, `storage-*`.
   */
  resolveCheckpointStorageLocation(
    checkpointId: number,
    reference: CheckpointStorageLocationReference,
  ): Promise<CheckpointStreamFactory>;
  /**
   * A stream that the task itself keeps and removes, outside all checkpoints.
   *
   * Implementers (guide: Streams)
   * - MUST keep the stream outside all checkpoints. [CS-STREAM-10]
   *
   * @throws StateError `storage-*`.
   */
  createTaskOwnedStateStream(): Promise<CheckpointStateOutputStream>;
  close(): Promise<void>;
}
