// Who still needs which segment: counts the uses of segments by checkpoints and removes what nobody names any more.
//
// Owns: segments of keyed state, by the physical stream they are in. Leaves to the completed checkpoint store which
// checkpoints are kept, and to the storage the removal of a checkpoint's own location with its exclusive streams.
//
//   S1. A stream that a registered checkpoint at or above the lowest kept one names, or a pinned one, is never removed.
//   S2. Only shared streams are removed here, each at most once, and only those that this job owns: streams of a snapshot
//       restored without a claim are never removed.
//   S3. Exclusive streams go with the checkpoint that owns them. While a newer checkpoint names one, the id of that owner
//       is reported as still in use, and its location must stay.
//   S4. Between its first and its last use a segment counts as used by every checkpoint: a chain has no gaps.
//   S5. A registration that fails changes nothing.

import type { StateHandleDiscarder } from '../checkpoint-storage/checkpoint-storage-location.js';
import type { RestoreMode } from '../config/state-recovery-options.js';
import { StateError } from '../error/state-error.js';
import type { KeyedStateHandle, SegmentReference } from '../handle/keyed-state-handle.js';
import { physicalStateHandleId, type StreamStateHandle } from '../handle/stream-state-handle.js';
import type { CheckpointMetadata } from './checkpoint-metadata.js';
import { equalSegmentReferences } from './checkpoint-metadata-encoder.js';

/** What a {@link SharedStateRegistry} takes. */
export interface SharedStateRegistryOptions {
  readonly discarder: StateHandleDiscarder;
  /** Told about every stream that could not be removed; it is not tried again. Default: nobody is told. */
  readonly onDiscardFailed?: (error: unknown, segment: SegmentReference) => void;
}

interface Entry {
  readonly segment: SegmentReference;
  /** The checkpoint that registered the segment first: the owner of an exclusive stream. */
  firstUsed: number;
  lastUsed: number;
  /** Whether the stream may be removed at all (S2). */
  claimed: boolean;
}

/** The part of checkpoint metadata that the registry looks at. */
export type RegisteredCheckpoint = Pick<CheckpointMetadata, 'checkpointId' | 'operators'>;

/**
 * Counts the uses of segments. One per job, at the coordinator; not for concurrent use by several threads. Flink's
 * SharedStateRegistry.
 *
 * @example
 * const registry = new SharedStateRegistry({ discarder: coordinatorView });
 * registry.registerCheckpoint(metadata);                         // when it completes
 * const inUse = registry.unregisterUnusedState(oldestRetained);  // when older ones were dropped
 */
export class SharedStateRegistry {
  private readonly discarder: StateHandleDiscarder;
  private readonly onDiscardFailed: (error: unknown, segment: SegmentReference) => void;
  private readonly entries: Map<string, Entry> = new Map();
  private readonly checkpoints: Set<number> = new Set();
  private readonly pins: Map<number, number> = new Map();
  private readonly removals: Set<Promise<void>> = new Set();
  private lowest = 0;
  private closed = false;

  constructor(options: SharedStateRegistryOptions) {
    this.discarder = options.discarder;
    this.onDiscardFailed = options.onDiscardFailed ?? (() => {});
  }

  /** Number of segments that are known. */
  get numberOfSegments(): number {
    return this.entries.size;
  }

  /**
   * Registers what a checkpoint names, when it has completed.
   *
   * @throws StateError `shared-state-unknown` when it names a segment of an earlier checkpoint that is not registered,
   * `shared-state-conflict` when a stream is known to hold another segment, `registry-closed`.
   */
  registerCheckpoint(checkpoint: RegisteredCheckpoint): void {
    this.registerHandles(keyedHandlesOf(checkpoint), checkpoint.checkpointId);
  }

  /**
   * Registers what one handle names, and returns the handle with the segments that are already known in their place.
   *
   * @throws StateError as {@link registerCheckpoint}.
   */
  registerHandle(handle: KeyedStateHandle, checkpointId: number): KeyedStateHandle {
    this.registerHandles([handle], checkpointId);
    return {
      ...handle,
      segments: handle.segments.map((segment) => this.entries.get(keyOf(segment))?.segment ?? segment),
    };
  }

  /**
   * Registers what a restored snapshot names, before any new checkpoint.
   *
   * @param mode - `NO_CLAIM`: nothing of the snapshot is ever removed.
   * @throws StateError `shared-state-conflict`, `registry-closed`.
   */
  registerAllAfterRestored(checkpoint: RegisteredCheckpoint, mode: RestoreMode): void {
    this.checkOpen();
    const { checkpointId } = checkpoint;
    const segments = segmentsOf(keyedHandlesOf(checkpoint));
    for (const segment of segments) this.checkConflict(segment);
    this.checkpoints.add(checkpointId);
    for (const segment of segments) {
      const entry = this.use(segment, checkpointId);
      entry.claimed &&= mode === 'CLAIM';
    }
  }

  /**
   * Forgets what only checkpoints below `lowestCheckpointId` used, and begins to remove the shared streams among it.
   *
   * @returns The ids below `lowestCheckpointId` whose locations must stay: pinned ones, and those whose exclusive streams
   * are still named (S3).
   * @throws StateError `registry-closed`.
   */
  unregisterUnusedState(lowestCheckpointId: number): ReadonlySet<number> {
    this.checkOpen();
    this.lowest = Math.max(this.lowest, lowestCheckpointId);
    for (const checkpointId of this.checkpoints) {
      if (checkpointId < this.lowest && !this.pins.has(checkpointId)) this.checkpoints.delete(checkpointId);
    }
    const inUse = new Set<number>();
    for (const checkpointId of this.pins.keys()) {
      if (checkpointId < lowestCheckpointId) inUse.add(checkpointId);
    }
    for (const [key, entry] of this.entries) {
      if (!this.isUsed(entry)) this.forget(key, entry);
      else if (isInLocation(entry.segment) && entry.firstUsed < lowestCheckpointId) inUse.add(entry.firstUsed);
    }
    return inUse;
  }

  /**
   * Keeps everything that a registered checkpoint names until {@link unpin}: from the trigger of a checkpoint that builds
   * on it until that one has completed or was given up, late acknowledgements included. Counted.
   *
   * @throws StateError `shared-state-unknown` when the checkpoint is not registered any more, `registry-closed`.
   */
  pin(checkpointId: number): void {
    this.checkOpen();
    if (!this.checkpoints.has(checkpointId)) {
      throw new StateError(
        'shared-state-unknown',
        `checkpoint ${checkpointId} cannot be built upon: it is not among the registered ones any more; trigger a full checkpoint`,
        { details: { checkpointId } },
      );
    }
    this.pins.set(checkpointId, (this.pins.get(checkpointId) ?? 0) + 1);
  }

  /** Takes back one {@link pin}; what nobody needs then goes. Harmless when there is none or the registry has closed. */
  unpin(checkpointId: number): void {
    const pins = this.pins.get(checkpointId);
    if (pins === undefined) return;
    if (pins > 1) {
      this.pins.set(checkpointId, pins - 1);
      return;
    }
    this.pins.delete(checkpointId);
    if (!this.closed) this.unregisterUnusedState(this.lowest);
  }

  /**
   * Removes the streams that a subtask wrote for a checkpoint that will not complete. What is registered stays, also when
   * the handle names it.
   *
   * @throws StateError `storage-*` for the first stream that could not be removed; the others were tried.
   */
  async discardUnregistered(handle: KeyedStateHandle): Promise<void> {
    const own = handle.segments.filter((segment) => isWrittenFor(handle, segment) && !this.entries.has(keyOf(segment)));
    const outcomes = await Promise.allSettled(own.map(({ stream }) => this.discarder.discard(stream)));
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') throw outcome.reason;
    }
  }

  /** Whether the stream of a segment is counted. */
  isRegistered(segment: SegmentReference): boolean {
    return this.isRegisteredStream(segment.stream);
  }

  /** Whether a stream holds a segment that is counted. */
  isRegisteredStream(stream: StreamStateHandle): boolean {
    return this.entries.has(physicalStateHandleId(stream));
  }

  /** Waits for the removals that have begun. */
  async drain(): Promise<void> {
    while (this.removals.size > 0) await Promise.all(this.removals);
  }

  /** Waits for the removals that have begun; removes nothing more. Idempotent. */
  async close(): Promise<void> {
    this.closed = true;
    await this.drain();
  }

  private registerHandles(handles: readonly KeyedStateHandle[], checkpointId: number): void {
    this.checkOpen();
    const segments = segmentsOf(handles);
    for (const segment of segments) this.checkConflict(segment);
    // The segments of a full image are its own, also when they were copied from an earlier snapshot.
    for (const segment of segmentsOf(handles.filter(({ kind }) => kind === 'incremental'))) {
      if (segment.checkpointId < checkpointId && !this.entries.has(keyOf(segment)))
        throw unknownSegment(segment, checkpointId);
    }
    this.checkpoints.add(checkpointId);
    for (const segment of segments) this.use(segment, checkpointId);
  }

  private use(segment: SegmentReference, checkpointId: number): Entry {
    const key = keyOf(segment);
    const known = this.entries.get(key);
    if (known !== undefined) {
      known.firstUsed = Math.min(known.firstUsed, checkpointId);
      known.lastUsed = Math.max(known.lastUsed, checkpointId);
      return known;
    }
    const entry: Entry = { segment, firstUsed: checkpointId, lastUsed: checkpointId, claimed: true };
    this.entries.set(key, entry);
    return entry;
  }

  private isUsed(entry: Entry): boolean {
    if (entry.lastUsed >= this.lowest) return true;
    for (const pinned of this.pins.keys()) {
      if (pinned >= entry.firstUsed && pinned <= entry.lastUsed) return true;
    }
    return false;
  }

  private forget(key: string, { segment, claimed }: Entry): void {
    this.entries.delete(key);
    if (segment.scope !== 'shared' || !claimed) return;
    const removal = this.removeQuietly(segment).finally(() => this.removals.delete(removal));
    this.removals.add(removal);
  }

  private async removeQuietly(segment: SegmentReference): Promise<void> {
    try {
      await this.discarder.discard(segment.stream);
    } catch (error) {
      this.onDiscardFailed(error, segment);
    }
  }

  private checkConflict(segment: SegmentReference): void {
    const known = this.entries.get(keyOf(segment))?.segment;
    if (known === undefined || equalSegmentReferences(known, segment)) return;
    const location = keyOf(segment);
    throw new StateError(
      'shared-state-conflict',
      `two checkpoints disagree about the segment in ${location} (uid ${known.uid} and ${segment.uid}): give this instance up and restore from the last checkpoint; two jobs must not share a directory`,
      { details: { location, uid: segment.uid, knownUid: known.uid } },
    );
  }

  private checkOpen(): void {
    if (!this.closed) return;
    throw new StateError(
      'registry-closed',
      'the registry of shared state has been closed: register nothing after close()',
    );
  }
}

function keyOf(segment: SegmentReference): string {
  return physicalStateHandleId(segment.stream);
}

/** Whether the stream of a segment goes with the location of its checkpoint; one in memory goes with who names it. */
function isInLocation({ scope, stream }: SegmentReference): boolean {
  return scope === 'exclusive' && stream.kind !== 'byte-stream';
}

function isWrittenFor(handle: KeyedStateHandle, segment: SegmentReference): boolean {
  return handle.kind === 'key-groups' || segment.checkpointId === handle.checkpointId;
}

function keyedHandlesOf(checkpoint: RegisteredCheckpoint): KeyedStateHandle[] {
  return checkpoint.operators.flatMap(({ subtasks }) => subtasks.flatMap(({ keyed }) => keyed));
}

function segmentsOf(handles: readonly KeyedStateHandle[]): SegmentReference[] {
  return handles.flatMap(({ segments }) => segments);
}

function unknownSegment(segment: SegmentReference, checkpointId: number): StateError {
  const location = keyOf(segment);
  return new StateError(
    'shared-state-unknown',
    `checkpoint ${checkpointId} builds on the segment in ${location} of checkpoint ${segment.checkpointId}, which is not registered and may be gone: discard checkpoint ${checkpointId} and trigger a full one`,
    { details: { checkpointId, location, segmentCheckpointId: segment.checkpointId } },
  );
}
