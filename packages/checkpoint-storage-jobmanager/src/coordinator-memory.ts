// What the coordinator remembers of the checkpoints of its jobs.
//
//   CM1. It lives as long as the process and longer than any view: a state that is opened again finds its checkpoints.
//   CM2. Storages made in code have a memory each; those made from configuration share one, because nothing else would
//        connect the storage of a state that was closed with that of the same state opened again.

import type { CheckpointOwner, FoundOwner } from '@tidemark/state-core/spi';

/** A started or completed checkpoint. */
export interface RememberedCheckpoint {
  readonly checkpointId: number;
  /** Absent until it is published. */
  metadata?: Uint8Array;
}

/** What is remembered of one job. */
export interface RememberedJob {
  readonly owners: FoundOwner[];
  readonly checkpoints: Map<number, RememberedCheckpoint>;
}

/**
 * Holds checkpoints in the memory of a process.
 *
 * Hand one to several storages that are meant to see each other's checkpoints.
 */
export class CoordinatorMemory {
  readonly #jobs: Map<string, RememberedJob> = new Map();

  /** What is remembered of a job, from now on at the latest. */
  job(jobId: string): RememberedJob {
    const known = this.#jobs.get(jobId);
    if (known !== undefined) return known;
    const job: RememberedJob = { owners: [], checkpoints: new Map() };
    this.#jobs.set(jobId, job);
    return job;
  }

  /** The same without remembering an unknown job. */
  find(jobId: string): RememberedJob | undefined {
    return this.#jobs.get(jobId);
  }

  /** Forgets the checkpoints of a job, or of every job; instances that are running are fenced no longer. */
  forget(jobId?: string): void {
    if (jobId === undefined) this.#jobs.clear();
    else this.#jobs.delete(jobId);
  }
}

/** The memory of all storages of this process that were made from configuration. */
export const processCoordinatorMemory: CoordinatorMemory = new CoordinatorMemory();

/** The epoch of the newest owner; 0 when there is none. */
export function newestEpoch({ owners }: RememberedJob): number {
  return owners.reduce((newest, { epoch }) => Math.max(newest, epoch), 0);
}

/** Remembers that an owner has completed a checkpoint, also when it is removed. */
export function rememberPublished({ owners }: RememberedJob, { epoch }: CheckpointOwner): void {
  const index = owners.findIndex((owner) => owner.epoch === epoch);
  const owner = owners[index];
  if (owner !== undefined) owners[index] = { ...owner, published: true };
}

/** Whether an owner newer than `owner` has taken the job over. */
export function isOvertaken(job: RememberedJob, owner: CheckpointOwner): boolean {
  return newestEpoch(job) > owner.epoch;
}
