// Snapshots from outside that belong to this state: they go when as many checkpoints as are kept have replaced them.
//
//   CS1. A snapshot counts as one of the kept checkpoints, the oldest: it goes when it would have been one too many.
//   CS2. What a kept checkpoint names is not removed with it.
//   CS3. What cannot be removed is told and tried again after the next checkpoint; it never fails that checkpoint.

import type { StateLogger } from '../ambient/logger.js';
import { readCheckpointMetadata } from '../checkpoint/checkpoint-metadata-format.js';
import { checkpointStreams } from '../checkpoint/checkpoint-streams.js';
import type { CheckpointStorageCoordinatorView } from '../checkpoint-storage/checkpoint-storage.js';
import type { CheckpointOwner } from '../checkpoint-storage/checkpoint-storage-location.js';
import type { SnapshotClaim } from '../checkpoint-storage/snapshot-claims.js';
import { isStateError, StateError } from '../error/state-error.js';
import type { StreamStateHandle } from '../handle/stream-state-handle.js';

/** The kept checkpoints, as far as it matters here. */
export interface KeptCheckpoints {
  /** Their ids. */
  readonly ids: readonly number[];
  /** How many are kept at most. */
  readonly retainedMax: number;
  /** Whether one of them names a stream. */
  names(stream: StreamStateHandle): boolean;
}

/** The claimed snapshots of one open state. */
export class ClaimedSnapshots {
  readonly #coordinator: CheckpointStorageCoordinatorView;
  readonly #owner: CheckpointOwner;
  readonly #logger: StateLogger;
  #pending: readonly SnapshotClaim[];

  constructor(
    coordinator: CheckpointStorageCoordinatorView,
    owner: CheckpointOwner,
    pending: readonly SnapshotClaim[],
    logger: StateLogger,
  ) {
    this.#coordinator = coordinator;
    this.#owner = owner;
    this.#pending = pending;
    this.#logger = logger;
  }

  /**
   * Removes what the kept checkpoints have replaced.
   *
   * @throws StateError `fenced` when a newer owner of the state is there.
   */
  async removeReplaced({ ids, retainedMax, names }: KeptCheckpoints): Promise<void> {
    const left: SnapshotClaim[] = [];
    for (const claim of this.#pending) {
      const isReplaced = ids.filter((id) => id >= claim.replacedFrom).length >= retainedMax;
      if (!isReplaced || claim.streams.some((stream) => names(stream)) || !(await this.#remove(claim))) {
        left.push(claim);
      }
    }
    this.#pending = left;
  }

  /** Whether the claim is settled. */
  async #remove(claim: SnapshotClaim): Promise<boolean> {
    const { pointer } = claim;
    try {
      const reason = await this.#coordinator.claims?.remove(claim, await this.#streamsOfNeighbours(claim), this.#owner);
      if (reason !== undefined) {
        this.#logger.warn(
          'snapshot-not-claimed',
          `${pointer} was claimed and is left where it is: ${reason}. This state does not remove it any more`,
          { pointer },
        );
      }
      return true;
    } catch (error) {
      if (isStateError(error, 'fenced') && (await this.#isOvertaken())) throw error;
      this.#logger.warn(
        'checkpoint-not-removed',
        `${pointer} was claimed, has been replaced and could not be removed: ${String(error)}. It is tried again after the next checkpoint`,
        { pointer },
      );
      return false;
    }
  }

  async #streamsOfNeighbours(claim: SnapshotClaim): Promise<StreamStateHandle[]> {
    const streams: StreamStateHandle[] = [];
    for (const pointer of (await this.#coordinator.claims?.neighboursOf(claim)) ?? []) {
      try {
        const resolved = await this.#coordinator.resolveCheckpoint(pointer);
        streams.push(...checkpointStreams(readCheckpointMetadata(await resolved.readMetadata(), resolved)));
      } catch (error) {
        if (isStateError(error, 'checkpoint-not-found') || isStateError(error, 'file-missing')) continue;
        throw new StateError(
          'storage-io-failed',
          `${pointer} beside it cannot be read and may need files that both share; remove it when nobody wants it: ${String(error)}`,
          { cause: error, details: { pointer } },
        );
      }
    }
    return streams;
  }

  async #isOvertaken(): Promise<boolean> {
    try {
      const { owners } = await this.#coordinator.list();
      return owners.some(({ epoch }) => epoch > this.#owner.epoch);
    } catch {
      return false;
    }
  }
}
