// The completed checkpoints of one open state: the kept ones, the one that the next may build on, the end of the others.
//
// Owns: how a store of completed checkpoints and a registry of shared state work together here. Leaves order and number
// to the store, the counting of segments to the registry, the removal to the storage.
//
//   RC1. Only checkpoints of this lineage are in here; savepoints, damaged and abandoned ones never are.
//   RC2. A base is pinned from the freeze until the snapshot that builds on it has completed or was given up.
//   RC3. A failed removal leaves files behind and is told; it never fails the checkpoint that replaced them.

import type { StateLogger } from '../ambient/logger.js';
import type { CheckpointMetadata } from '../checkpoint/checkpoint-metadata.js';
import {
  type CompletedCheckpoint,
  StandaloneCompletedCheckpointStore,
} from '../checkpoint/completed-checkpoint-store.js';
import { SharedStateRegistry } from '../checkpoint/shared-state-registry.js';
import type { CheckpointStorageCoordinatorView } from '../checkpoint-storage/checkpoint-storage.js';
import { isStateError } from '../error/state-error.js';
import { type KeyedStateHandle, mayBeBase } from '../handle/keyed-state-handle.js';
import type { SnapshotKind, SnapshotSharing } from '../state-backend/snapshot-context.js';
import type { ClaimedSnapshots } from './claimed-snapshots.js';
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
  /** The operator whose state may be built upon; others are only carried along. */
  readonly uid: string;
  /** How many completed checkpoints are kept, 1 or more. */
  readonly retainedMax: number;
  /** Whether increments are wanted and the backend can write them. */
  readonly incremental: boolean;
  /** The checkpoint of this job that was restored, claimed or not. */
  readonly restored: LineageMember | undefined;
  /** Snapshots from outside that go when they are replaced. Default: none. */
  readonly claimedSnapshots?: Pick<ClaimedSnapshots, 'removeReplaced'>;
  /** Nothing is built on what was there at the start: it holds state that was discarded. Default: false. */
  readonly startsFull?: boolean;
  readonly logger: StateLogger;
}

/** Keeps the completed checkpoints of one open state. */
export class RetainedCheckpoints {
  readonly #parameters: RetainedCheckpointsParameters;
  readonly #registry: SharedStateRegistry;
  readonly #store: StandaloneCompletedCheckpointStore;
  #parent: LineageMember | undefined;
  #mustBeFull: boolean;
  #fenced: unknown;

  constructor(parameters: RetainedCheckpointsParameters) {
    const { coordinator, retainedMax } = parameters;
    this.#parameters = parameters;
    this.#parent = parameters.restored;
    this.#mustBeFull = parameters.startsFull ?? false;
    this.#registry = new SharedStateRegistry({
      discarder: coordinator,
      onDiscardFailed: (error, segment) => this.#removalFailed(segment.checkpointId, error),
    });
    this.#store = new StandaloneCompletedCheckpointStore({
      retainedMax,
      discard: ({ metadata }) => coordinator.disposeCheckpoint(metadata.checkpointId),
      unregisterUnusedState: (lowest) => this.#registry.unregisterUnusedState(lowest),
      onDiscardFailed: (error, { metadata }) => this.#removalFailed(metadata.checkpointId, error),
    });
  }

  /** What the next checkpoint continues. */
  get parent(): LineageMember | undefined {
    return this.#parent;
  }

  /** The StateError `fenced` of a removal that was refused, if one was. */
  get fenced(): unknown {
    return this.#fenced;
  }

  /**
   * Takes over what was there at the start and belongs to this state, oldest first: the last is the one that was restored, and
   * what it says of its streams has been verified. One that says something else of them is left alone.
   */
  async claim(checkpoints: readonly CompletedCheckpoint[]): Promise<void> {
    const restored = checkpoints.at(-1);
    if (restored !== undefined) this.#registry.registerAllAfterRestored(restored.metadata, 'CLAIM');
    for (const checkpoint of checkpoints) {
      if (checkpoint !== restored && !this.#takeOver(checkpoint)) continue;
      await this.#store.addCheckpoint(checkpoint);
    }
    await this.#removeReplaced();
  }

  /**
   * Chooses what the next snapshot builds on, and keeps its segments until {@link SnapshotBase.unpin}.
   *
   * @throws StateError `registry-closed`.
   */
  pinBase(kind: SnapshotKind): SnapshotBase {
    const { incremental, uid } = this.#parameters;
    if (kind === 'savepoint' || !incremental) return { checkpointId: undefined, sharing: 'no-sharing', unpin() {} };
    const latest = this.#store.getLatestCheckpoint()?.metadata;
    if (latest === undefined || this.#mustBeFull || !keyedHandlesOf(latest, uid).every(mayBeBase)) {
      return { checkpointId: undefined, sharing: 'forward', unpin() {} };
    }
    const { checkpointId } = latest;
    this.#registry.pin(checkpointId);
    let isPinned = true;
    const unpin = (): void => {
      if (isPinned) this.#registry.unpin(checkpointId);
      isPinned = false;
    };
    return { checkpointId, sharing: 'forward-backward', unpin };
  }

  /**
   * Takes a published checkpoint in, lets go of the base that it was built on, and of older checkpoints.
   *
   * @returns The id of the newest that went, if one did.
   * @throws StateError `shared-state-unknown`, `shared-state-conflict`; the checkpoint is no longer there then.
   */
  async add(checkpoint: CompletedCheckpoint, base: SnapshotBase): Promise<number | undefined> {
    const { checkpointId, lineage } = checkpoint.metadata;
    try {
      this.#registry.registerCheckpoint(checkpoint.metadata);
    } catch (error) {
      await this.#parameters.coordinator.disposeCheckpoint(checkpointId);
      throw error;
    }
    // From here on the new checkpoint itself holds what it names of its base.
    base.unpin();
    this.#mustBeFull = false;
    if (lineage !== undefined) this.#parent = { epoch: lineage.epoch, checkpointId };
    const subsumed = await this.#store.addCheckpoint(checkpoint);
    await this.#registry.drain();
    await this.#removeReplaced();
    return subsumed?.metadata.checkpointId;
  }

  /** Removes the streams of a snapshot that will not complete. @throws StateError `storage-*`. */
  async discardUnregistered(handle: KeyedStateHandle): Promise<void> {
    await this.#registry.discardUnregistered(handle);
  }

  /** Waits for removals that have begun; nothing is removed afterwards. */
  async close(): Promise<void> {
    await this.#registry.close();
  }

  /** Whether an older checkpoint can be kept beside the restored one. */
  #takeOver({ metadata, externalPointer }: CompletedCheckpoint): boolean {
    try {
      this.#registry.registerAllAfterRestored(metadata, 'CLAIM');
      return true;
    } catch (error) {
      if (!isStateError(error, 'shared-state-conflict')) throw error;
      this.#parameters.logger.warn(
        'checkpoint-ignored',
        `${externalPointer} disagrees with the checkpoint that was restored about a stream that both name; it is left alone, and may be removed by hand: ${error.message}`,
        { checkpointId: metadata.checkpointId, pointer: externalPointer },
      );
      return false;
    }
  }

  async #removeReplaced(): Promise<void> {
    const { claimedSnapshots, retainedMax } = this.#parameters;
    try {
      await claimedSnapshots?.removeReplaced({
        ids: this.#store.getAllCheckpoints().map(({ metadata }) => metadata.checkpointId),
        retainedMax,
        names: (stream) => this.#registry.isRegisteredStream(stream),
      });
    } catch (error) {
      this.#fenced ??= error;
    }
  }

  #removalFailed(checkpointId: number, error: unknown): void {
    if (isStateError(error, 'fenced')) {
      this.#fenced ??= error;
      return;
    }
    this.#parameters.logger.warn(
      'checkpoint-not-removed',
      `checkpoint ${checkpointId} has been replaced and could not be removed: ${String(error)}`,
      { checkpointId },
    );
  }
}

function keyedHandlesOf({ operators }: CheckpointMetadata, uid: string): KeyedStateHandle[] {
  return operators
    .filter((operator) => operator.uid === uid)
    .flatMap(({ subtasks }) => subtasks)
    .flatMap(({ keyed }) => keyed);
}
