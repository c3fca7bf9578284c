// The ownership of a snapshot from outside the directory of a job, handed over to the job: a savepoint, a checkpoint of
// another job. Whoever restored it removes it when its own checkpoints have replaced it.
//
//   SC1. A snapshot is claimed by one job at a time. A second one is refused, never both served.
//   SC2. A claim is recorded before anything is removed, and forgotten after everything is: a crash in between is made up
//        for at the next start.
//   SC3. Only files that the metadata of the snapshot named when it was claimed are removed, the metadata first; of those
//        that it shares with its neighbours only what no neighbour names.
//   SC4. A claim is void once the former owner, or anybody else, has taken back the directory that the snapshot lies in.

import type { StreamStateHandle } from '../handle/stream-state-handle.js';
import type { CheckpointOwner } from './checkpoint-storage-location.js';

/** A snapshot that was restored, and what is to go with it. */
export interface ClaimableSnapshot {
  /** The `externalPointer` of the resolved snapshot. */
  readonly pointer: string;
  /** Every stream that its metadata names. */
  readonly streams: readonly StreamStateHandle[];
  /** Checkpoints of the job replace it from this id on. */
  readonly replacedFrom: number;
}

/** A snapshot that belongs to the job. */
export interface SnapshotClaim extends ClaimableSnapshot {
  /** Names the claim in the storage. */
  readonly id: string;
}

/** The claims of one job. */
export interface SnapshotClaims {
  /**
   * Makes sure that nobody else claims a snapshot, from now on. Called before the job records that it begins with it.
   *
   * @returns Why the storage would not be able to remove it, in words; `undefined` when it would.
   * @throws StateError `snapshot-claimed` when another job has claimed it, `storage-*`.
   */
  reserve(pointer: string): Promise<string | undefined>;
  /**
   * Records that a reserved snapshot belongs to the job, and fences whoever owned it. Called once the job has recorded that
   * it begins with it; repeating it is harmless.
   *
   * @throws StateError `fenced`, `storage-*`.
   */
  claim(snapshot: ClaimableSnapshot, owner: CheckpointOwner): Promise<void>;
  /** What belongs to the job and is not removed yet. @throws StateError `storage-*`. */
  list(): Promise<readonly SnapshotClaim[]>;
  /** The pointers of published snapshots that may name streams of this one. @throws StateError `storage-*`. */
  neighboursOf(claim: SnapshotClaim): Promise<readonly string[]>;
  /**
   * Removes the snapshot and the claim. Goes on where an earlier call was interrupted.
   *
   * Implementers (guide: Durability)
   * - MUST leave the snapshot whole until it is replaced, and go on with a removal that was cut off. [CS-CRASH-05]
   *
   * @param inUse - The streams that neighbours name: they stay.
   * @returns Why the snapshot was left, and the claim given up, in words (SC4); `undefined` when it is gone.
   * @throws StateError `fenced` when a newer owner of the job is there, `storage-*`.
   */
  remove(
    claim: SnapshotClaim,
    inUse: readonly StreamStateHandle[],
    owner: CheckpointOwner,
  ): Promise<string | undefined>;
  /** Gives a claim up; the snapshot stays. @throws StateError `fenced`, `storage-*`. */
  release(claim: SnapshotClaim, owner: CheckpointOwner): Promise<void>;
}
