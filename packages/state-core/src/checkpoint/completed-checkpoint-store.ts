// The completed checkpoints that are kept, and when the others go.
//
// Owns: the order of the checkpoints, how many are kept, what happens at the end of the job. Leaves the removal itself
// and the counting of shared state to injected functions.
//
//   R1. Oldest first, checkpoints leave the store until no more than `retainedMax` are in it. The newest never leaves,
//       and neither does the newest that is no savepoint, unless the job is stopping with a savepoint.
//   R2. What leaves is removed only when its properties say so: a savepoint is never removed, it only leaves.
//   R3. A checkpoint whose own streams a kept one still names leaves the store at once and is removed when they are not
//       named any more.
//   R4. Removal never fails an add: who is told of failures is injected.

import { StateError } from '../error/state-error.js';
import type { CheckpointMetadata, CheckpointProperties } from './checkpoint-metadata.js';

/** A checkpoint or savepoint that exists. */
export interface CompletedCheckpoint {
  readonly metadata: CheckpointMetadata;
  /** What a person passes on to restore. */
  readonly externalPointer: string;
}

/** How a job ended. `SUSPENDED`: it will go on, perhaps elsewhere. */
export type JobEnd = 'FINISHED' | 'CANCELED' | 'FAILED' | 'SUSPENDED';

/** What a store takes. */
export interface CompletedCheckpointStoreOptions {
  /** How many checkpoints are kept; 1 or more. */
  readonly retainedMax: number;
  /** Removes a checkpoint and everything that is its own. */
  discard(checkpoint: CompletedCheckpoint): Promise<void>;
  /** Lets go of shared state that no checkpoint from this id on needs; the ids below it that must stay (R3). */
  unregisterUnusedState?(lowestCheckpointId: number): ReadonlySet<number>;
  /** Told about checkpoints that could not be removed. Default: nobody is told. */
  readonly onDiscardFailed?: (error: unknown, checkpoint: CompletedCheckpoint) => void;
}

/** Circumstances of an add. */
export interface AddCheckpointOptions {
  /** The job stops with this savepoint: older checkpoints are not needed for a restart (R1). */
  readonly stopping?: boolean;
}

/** Keeps completed checkpoints. */
export interface CompletedCheckpointStore {
  /**
   * Adds the newest checkpoint and lets older ones go.
   *
   * @returns The newest checkpoint that left the store, if one did.
   * @throws StateError `registry-closed` after {@link shutdown}.
   */
  addCheckpoint(
    checkpoint: CompletedCheckpoint,
    options?: AddCheckpointOptions,
  ): Promise<CompletedCheckpoint | undefined>;
  /** The one added last, or `undefined`. */
  getLatestCheckpoint(): CompletedCheckpoint | undefined;
  /** Oldest first. */
  getAllCheckpoints(): readonly CompletedCheckpoint[];
  readonly numberOfRetainedCheckpoints: number;
  /** Ends the store; each checkpoint goes or stays as its properties say for this end of the job. Idempotent. */
  shutdown(end: JobEnd): Promise<void>;
}

/** A {@link CompletedCheckpointStore} in memory: after a crash the storage's listing takes its place. */
export class StandaloneCompletedCheckpointStore implements CompletedCheckpointStore {
  private readonly options: CompletedCheckpointStoreOptions;
  private checkpoints: CompletedCheckpoint[] = [];
  /** Left the store, still to be removed (R3). */
  private waiting: CompletedCheckpoint[] = [];
  private isShutDown = false;

  /** @throws RangeError unless `retainedMax` is an integer of at least 1. */
  constructor(options: CompletedCheckpointStoreOptions) {
    const { retainedMax } = options;
    if (!Number.isInteger(retainedMax) || retainedMax < 1) {
      throw new RangeError(
        `at least one checkpoint must be retained: execution.checkpointing.num-retained is ${retainedMax}`,
      );
    }
    this.options = options;
  }

  get numberOfRetainedCheckpoints(): number {
    return this.checkpoints.length;
  }

  async addCheckpoint(
    checkpoint: CompletedCheckpoint,
    options: AddCheckpointOptions = {},
  ): Promise<CompletedCheckpoint | undefined> {
    if (this.isShutDown) {
      const message = 'the store of completed checkpoints has been shut down: it takes no checkpoint any more';
      throw new StateError('registry-closed', message);
    }
    this.checkpoints.push(checkpoint);
    const subsumed = this.subsume(options.stopping === true);
    this.waiting.push(...subsumed.filter(({ metadata }) => metadata.properties.discardOnSubsumed));
    await this.removeWaiting();
    return subsumed.at(-1);
  }

  getLatestCheckpoint(): CompletedCheckpoint | undefined {
    return this.checkpoints.at(-1);
  }

  getAllCheckpoints(): readonly CompletedCheckpoint[] {
    return [...this.checkpoints];
  }

  /** Removes what had to wait, once {@link CompletedCheckpointStoreOptions.unregisterUnusedState} lets it go. */
  async removeWaiting(): Promise<void> {
    const inUse = this.unregister();
    const free = this.waiting.filter(({ metadata }) => !inUse.has(metadata.checkpointId));
    this.waiting = this.waiting.filter(({ metadata }) => inUse.has(metadata.checkpointId));
    for (const checkpoint of free) await this.discardQuietly(checkpoint);
  }

  async shutdown(end: JobEnd): Promise<void> {
    if (this.isShutDown) return;
    this.isShutDown = true;
    const kept = this.checkpoints.filter(({ metadata }) => !isDiscardedAt(metadata.properties, end));
    const ended = this.checkpoints.filter((checkpoint) => !kept.includes(checkpoint));
    this.checkpoints = kept;
    this.waiting.push(...ended);
    await this.removeWaiting();
    this.checkpoints = [];
  }

  /** Takes out what R1 lets go, oldest first. */
  private subsume(stopping: boolean): CompletedCheckpoint[] {
    const latest = this.checkpoints.at(-1);
    const latestRestorable = this.checkpoints.findLast(
      ({ metadata }) => metadata.properties.snapshotKind === 'checkpoint',
    );
    let surplus = this.checkpoints.length - this.options.retainedMax;
    const subsumed = this.checkpoints.filter((checkpoint) => {
      const mayGo = checkpoint !== latest && (stopping || checkpoint !== latestRestorable);
      return mayGo && surplus-- > 0;
    });
    this.checkpoints = this.checkpoints.filter((checkpoint) => !subsumed.includes(checkpoint));
    return subsumed;
  }

  private unregister(): ReadonlySet<number> {
    let lowest = Number.MAX_SAFE_INTEGER;
    for (const { metadata } of this.checkpoints) lowest = Math.min(lowest, metadata.checkpointId);
    return this.options.unregisterUnusedState?.(lowest) ?? new Set();
  }

  private async discardQuietly(checkpoint: CompletedCheckpoint): Promise<void> {
    try {
      await this.options.discard(checkpoint);
    } catch (error) {
      this.options.onDiscardFailed?.(error, checkpoint);
    }
  }
}

function isDiscardedAt(properties: CheckpointProperties, end: JobEnd): boolean {
  switch (end) {
    case 'FINISHED':
      return properties.discardOnFinished;
    case 'CANCELED':
      return properties.discardOnCancelled;
    case 'FAILED':
      return properties.discardOnFailed;
    case 'SUSPENDED':
      return properties.discardOnSuspended;
  }
}
