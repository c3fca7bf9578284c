// The location of a checkpoint in the memory of the coordinator.

import { StateError } from '@tidemark/state-core';
import type { CheckpointOwner, CheckpointStorageLocation, CompletedCheckpointPointer } from '@tidemark/state-core/spi';
import {
  isOvertaken,
  newestEpoch,
  type RememberedCheckpoint,
  type RememberedJob,
  rememberPublished,
} from './coordinator-memory.js';
import { checkpointTooLarge, type SizeLimits } from './size-limits.js';

/** The pointer of a checkpoint that nobody outside the process can find. */
export const NOT_EXTERNALLY_ADDRESSABLE: '<checkpoint-not-externally-addressable>' =
  '<checkpoint-not-externally-addressable>';

/** A checkpoint in memory from its start to its publication. */
export class MemoryCheckpointLocation implements CheckpointStorageLocation {
  readonly checkpointId: number;
  readonly reference: '' = '';
  readonly externalPointer: string = NOT_EXTERNALLY_ADDRESSABLE;
  readonly #jobId: string;
  readonly #job: RememberedJob;
  readonly #checkpoint: RememberedCheckpoint;
  readonly #owner: CheckpointOwner;
  readonly #limits: SizeLimits;

  constructor(
    jobId: string,
    job: RememberedJob,
    checkpoint: RememberedCheckpoint,
    owner: CheckpointOwner,
    limits: SizeLimits,
  ) {
    this.#jobId = jobId;
    this.#job = job;
    this.#checkpoint = checkpoint;
    this.#owner = owner;
    this.#limits = limits;
    this.checkpointId = checkpoint.checkpointId;
  }

  referenceOf(location: string): string {
    return refuseReference(location);
  }

  locationOf(reference: string): string {
    return refuseReference(reference);
  }

  async publish(metadata: Uint8Array, signal?: AbortSignal): Promise<CompletedCheckpointPointer> {
    signal?.throwIfAborted();
    refuseOvertaken(this.#jobId, this.#job, this.#owner);
    requireRoom(this.checkpointId, metadata, this.#limits);
    if (this.#checkpoint.metadata !== undefined || this.#job.checkpoints.get(this.checkpointId) !== this.#checkpoint) {
      throw new StateError(
        'checkpoint-location-exists',
        `checkpoint ${this.checkpointId} of '${this.#jobId}' has been published or given up already; take another under a new id`,
        { details: { checkpointId: this.checkpointId } },
      );
    }
    // A copy without the spare room that the array of a writer may have.
    this.#checkpoint.metadata = new Uint8Array(metadata);
    rememberPublished(this.#job, this.#owner);
    return { externalPointer: this.externalPointer, checkpointId: this.checkpointId };
  }

  async disposeOnFailure(): Promise<void> {
    const isOurs = this.#job.checkpoints.get(this.checkpointId) === this.#checkpoint;
    if (isOurs) this.#job.checkpoints.delete(this.checkpointId);
  }
}

/** @throws StateError `checkpoint-size-limit-exceeded`. */
export function requireRoom(checkpointId: number, metadata: Uint8Array, limits: SizeLimits): void {
  if (metadata.length > limits.maxCheckpointSizeBytes) throw checkpointTooLarge(checkpointId, metadata.length, limits);
}

/** @throws StateError `fenced`. */
export function refuseOvertaken(jobId: string, job: RememberedJob, owner: CheckpointOwner): void {
  if (!isOvertaken(job, owner)) return;
  const takenOverBy = newestEpoch(job);
  throw new StateError(
    'fenced',
    `'${jobId}' has been taken over by another owner in this process (epoch ${takenOverBy}); this instance (epoch ${owner.epoch}) can publish nothing more. Close it; if both are meant to run, give each its own name or shard`,
    { details: { jobId, epoch: owner.epoch, takenOverBy } },
  );
}

/** Metadata in memory contains all state: there is nothing that it could refer to. */
export function refuseReference(locationOrReference: string): never {
  throw new StateError(
    'path-not-allowed',
    `a checkpoint in the memory of the coordinator contains its state and cannot refer to '${locationOrReference}'; write the bytes again`,
    { details: { location: locationOrReference } },
  );
}
