// The completed checkpoints that are kept, the one that the next may build on, and the removal of those replaced.
//
//   RC1. Only checkpoints of this lineage are in here; savepoints, damaged and abandoned ones never are.
//   RC2. A stream that checkpoints share is removed when no kept checkpoint and no pinned base names it.
//   RC3. A failed removal leaves files behind and is told; it never fails the checkpoint that replaced them.

import type { StateLogger } from '../ambient/logger.js';
import type { CheckpointMetadata } from '../checkpoint/checkpoint-metadata.js';
import type { CheckpointStorageCoordinatorView } from '../checkpoint-storage/checkpoint-storage.js';
import { isStateError } from '../error/state-error.js';
import { physicalStateHandleId, type StreamStateHandle } from '../handle/stream-state-handle.js';
import type { SnapshotKind, SnapshotSharing } from '../state-backend/snapshot-context.js';
import type { LineageMember } from './snapshot-metadata.js';

/** What the coordinator tells a snapshot about others. */
export interface SnapshotBase {
  /** The checkpoint to build on; `undefined` asks for full images. */
  readonly checkpointId: number | undefined;
  readonly sharing: SnapshotSharing;
  /** Lets the base go. Idempotent. */
  unpin(): void;
}

/** What {@link RetainedCheckpoints} is made of. */
export interface RetainedCheckpointsParameters {
  readonly coordinator: CheckpointStorageCoordinatorView;
  /** How many completed checkpoints are kept, 1 or more. */
  readonly retainedMax: number;
  /** Whether the configuration asks for increments and the backend can write them. */
  readonly incremental: boolean;
  /** What was there at the start and belongs to this state, oldest first. */
  readonly claimed: readonly CheckpointMetadata[];
  /** The checkpoint of this job that was restored, claimed or not. */
  readonly restored: LineageMember | undefined;
  readonly logger: StateLogger;
}

/** Keeps the completed checkpoints of one open state. */
export class RetainedCheckpoints {
  readonly #parameters: RetainedCheckpointsParameters;
  readonly #kept: CheckpointMetadata[];
  readonly #pinned: Map<object, CheckpointMetadata> = new Map();
  #parent: LineageMember | undefined;

  constructor(parameters: RetainedCheckpointsParameters) {
    this.#parameters = parameters;
    this.#kept = [...parameters.claimed];
    this.#parent = parameters.restored;
  }

  /** What the next checkpoint continues. */
  get parent(): LineageMember | undefined {
    return this.#parent;
  }

  /** Chooses what the next snapshot builds on, and keeps its streams until {@link SnapshotBase.unpin}. */
  pinBase(kind: SnapshotKind): SnapshotBase {
    if (kind === 'savepoint' || !this.#parameters.incremental)
      return { checkpointId: undefined, sharing: 'no-sharing', unpin() {} };
    const newest = this.#kept.at(-1);
    if (newest === undefined) return { checkpointId: undefined, sharing: 'forward', unpin() {} };
    const pin = {};
    this.#pinned.set(pin, newest);
    return {
      checkpointId: newest.checkpointId,
      sharing: 'forward-backward',
      unpin: () => void this.#pinned.delete(pin),
    };
  }

  /** Takes a completed checkpoint in. */
  add(metadata: CheckpointMetadata): void {
    this.#kept.push(metadata);
    this.#parent = { epoch: metadata.lineage?.epoch ?? 0, checkpointId: metadata.checkpointId };
  }

  /**
   * Removes the oldest beyond the number to keep and returns their ids.
   *
   * @throws StateError `fenced` when a newer owner has taken over.
   */
  async removeSurplus(): Promise<readonly number[]> {
    const removed = this.#kept.splice(0, Math.max(0, this.#kept.length - this.#parameters.retainedMax));
    for (const metadata of removed) await this.#remove(metadata);
    return removed.map(({ checkpointId }) => checkpointId);
  }

  async #remove(metadata: CheckpointMetadata): Promise<void> {
    const { coordinator, logger } = this.#parameters;
    const inUse = new Set([...this.#kept, ...this.#pinned.values()].flatMap(sharedStreams).map(physicalStateHandleId));
    try {
      // The metadata goes first: a checkpoint that lacks a stream must not look complete.
      await coordinator.disposeCheckpoint(metadata.checkpointId);
      for (const stream of sharedStreams(metadata)) {
        if (!inUse.has(physicalStateHandleId(stream))) await coordinator.discard(stream);
      }
    } catch (error) {
      if (isStateError(error, 'fenced')) throw error;
      logger.warn(
        'checkpoint-not-removed',
        `checkpoint ${metadata.checkpointId} has been replaced and could not be removed: ${String(error)}`,
        { checkpointId: metadata.checkpointId },
      );
    }
  }
}

function sharedStreams(metadata: CheckpointMetadata): StreamStateHandle[] {
  const handles = metadata.operators.flatMap(({ subtasks }) => subtasks).flatMap(({ keyed }) => keyed);
  return handles
    .flatMap(({ segments }) => segments)
    .filter(({ scope }) => scope === 'shared')
    .map(({ stream }) => stream);
}
