// Makes the context of a snapshot from what a coordinator knows, and keeps the time of its slices.
//
//   X1. A slice begins when the context is made and whenever `yieldNow` returns. Its length counts from the injected
//       clock, so that a simulated run yields at the same places every time.
//   X2. Once the signal has fired `shouldYield` is true and `yieldNow` rejects: a writer that asks often stops soon.

import type { Clock } from '../ambient/clock.js';
import type { Scheduler } from '../ambient/scheduler.js';
import type { CheckpointStreamFactory } from '../checkpoint-storage/checkpoint-stream.js';
import { StateError } from '../error/state-error.js';
import type { SnapshotContext, SnapshotKind, SnapshotSharing } from '../state-backend/snapshot-context.js';

/** The length of a slice in milliseconds when none is given. */
export const SNAPSHOT_SLICE_MS: number = 2;

/** What {@link createSnapshotContext} takes. */
export interface SnapshotContextOptions {
  /** Integer, at least 1. */
  readonly checkpointId: number;
  /** When the coordinator triggered, in milliseconds since 1970; default the time of the clock. */
  readonly timestampMs?: number;
  /** The completed checkpoint that deltas build on; left out for full images. */
  readonly base?: number | undefined;
  /** Default `checkpoint`. */
  readonly kind?: SnapshotKind;
  /** Default `forward-backward` for a checkpoint, `no-sharing` for a savepoint. */
  readonly sharing?: SnapshotSharing;
  /** The time of the freeze in milliseconds, for expiry; default the time of the clock. */
  readonly nowMs?: number;
  readonly streams: CheckpointStreamFactory;
  /** See {@link SnapshotContext.localStreams}. */
  readonly localStreams?: CheckpointStreamFactory | undefined;
  /** See {@link SnapshotContext.rewriteSchemas}; default false. */
  readonly rewriteSchemas?: boolean;
  /** Default one that never fires. */
  readonly signal?: AbortSignal | undefined;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** How long a writer may keep the event loop to itself, in milliseconds, above 0; default {@link SNAPSHOT_SLICE_MS}. */
  readonly sliceMs?: number;
}

/**
 * Makes the {@link SnapshotContext} that a backend is asked for a snapshot with. Called by whoever coordinates, right
 * before the freeze.
 *
 * @throws RangeError for an id below 1, a base that is not older, or a slice of no length.
 * @example
 * const context = createSnapshotContext({ checkpointId: 7, base: 6, streams, clock: systemClock, scheduler: systemScheduler });
 * const view = backend.snapshot(context);
 */
export function createSnapshotContext(options: SnapshotContextOptions): SnapshotContext {
  const { checkpointId, base, clock, scheduler, sliceMs = SNAPSHOT_SLICE_MS } = options;
  if (!Number.isSafeInteger(checkpointId) || checkpointId < 1) {
    throw new RangeError(`a checkpoint id is an integer of at least 1, not ${checkpointId}`);
  }
  if (base !== undefined && !(Number.isSafeInteger(base) && base >= 1 && base < checkpointId)) {
    throw new RangeError(`the base of checkpoint ${checkpointId} is an earlier checkpoint, not ${base}`);
  }
  if (!(sliceMs > 0)) throw new RangeError(`a slice takes some time, in milliseconds: sliceMs=${sliceMs}`);
  const signal = options.signal ?? new AbortController().signal;
  const kind = options.kind ?? 'checkpoint';
  const checkSignal = (): void => {
    if (signal.aborted) throw checkpointAborted(checkpointId, signal);
  };
  let sliceStartMs = clock.monotonicMs();
  return {
    checkpointId,
    timestampMs: options.timestampMs ?? clock.nowMs(),
    base,
    kind,
    sharing: options.sharing ?? (kind === 'savepoint' ? 'no-sharing' : 'forward-backward'),
    nowMs: options.nowMs ?? clock.nowMs(),
    streams: options.streams,
    ...(options.localStreams === undefined ? {} : { localStreams: options.localStreams }),
    ...(options.rewriteSchemas === undefined ? {} : { rewriteSchemas: options.rewriteSchemas }),
    signal,
    shouldYield: () => signal.aborted || clock.monotonicMs() - sliceStartMs >= sliceMs,
    async yieldNow() {
      checkSignal();
      await scheduler.yieldNow();
      checkSignal();
      sliceStartMs = clock.monotonicMs();
    },
  };
}

/** The StateError `checkpoint-aborted` of a checkpoint whose signal has fired. */
export function checkpointAborted(checkpointId: number, signal: AbortSignal): StateError {
  return new StateError(
    'checkpoint-aborted',
    `checkpoint ${checkpointId} was given up before it was written; nothing was lost: the next checkpoint takes its place`,
    { details: { checkpointId }, cause: signal.reason },
  );
}
