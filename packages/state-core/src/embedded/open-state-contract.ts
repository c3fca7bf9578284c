// What openState gives: keyed state with checkpoints in a program that has its own loop.
//
// Owns: the shape and its promises. Leaves handlers and keys to keyed-access.ts, taking checkpoints to
// embedded-checkpointing.ts, taking over and restoring to embedded-restore.ts.
//
//   ES1. State is reached inside `withKey` only. No key outlives its handler, so nothing that runs later can write into
//        another key's state.
//   ES2. A checkpoint holds the state and the attachment of one moment: the moment `checkpoint()` was called.
//   ES3. At most one checkpoint or savepoint is under way; a second is refused before anything of it is frozen.
//   ES4. Ids of checkpoints of one name and shard are never used again, whether the checkpoint completed or not. That of a
//        savepoint may be, after a restart: a storage does not list the savepoints that were written elsewhere.
//   ES5. A failed or aborted checkpoint leaves the state as usable as before, and nothing in the storage.

import type { StateMetrics } from '../state-backend/keyed-state-backend.js';
import type { StateRestoreReport } from '../state-backend/state-restore-report.js';
import type { JsonAttachment, StateDeclarations, StatesOf } from './open-state-options.js';

/** Settings of {@link OpenState.checkpoint} and {@link OpenState.savepoint}. */
export interface CheckpointOptions<A> {
  /**
   * What belongs to exactly this moment, such as where to resume reading; a function is called at the freeze. Comes back
   * as `restored.attachment`.
   */
  readonly attachment?: A | (() => A);
  /** Gives the checkpoint up: it rejects with `checkpoint-aborted` and leaves nothing behind. */
  readonly signal?: AbortSignal;
  /**
   * Brings every stored value to the type that the program declares today, so that older versions of the types and their
   * migrations are not needed any more to restore from this snapshot. It is written as a whole and costs decoding what
   * nobody has used since the restore. Default: false; values that nobody uses stay as they were written.
   */
  readonly rewriteSchemas?: boolean;
}

/** A completed checkpoint or savepoint. */
export interface CheckpointReport {
  readonly checkpointId: number;
  /** What a person passes on as `restore`: a path or URI. */
  readonly externalPointer: string;
  /** From the call to completion, in milliseconds. */
  readonly durationMs: number;
  /** How long the program stood still: the synchronous part, in milliseconds. */
  readonly freezeMs: number;
  /** Bytes that the snapshot consists of, bytes of earlier checkpoints included. */
  readonly stateSizeBytes: number;
  /** Bytes that were written for it. */
  readonly checkpointedSizeBytes: number;
  /**
   * With `rewriteSchemas`: the states that the program does not declare, which are as they were written; so is all state of
   * operators that it lacks. Absent where nothing was asked to be rewritten.
   */
  readonly notRewritten?: readonly string[];
}

/** A checkpoint that could not be restored, and an older one was. */
export interface SkippedCheckpoint {
  readonly checkpointId: number;
  readonly pointer: string;
  /** Why, in words, beginning with the code of the error. */
  readonly reason: string;
}

/** What the state started from. */
export interface RestoredState<A = JsonAttachment> {
  readonly checkpointId: number;
  readonly externalPointer: string;
  /** What the program attached to the snapshot; `undefined` when it attached nothing. */
  readonly attachment: A | undefined;
  /** What became of each state; grows as old values are met. */
  readonly plan: StateRestoreReport;
  /** Newer checkpoints that are damaged. They are left where they are. */
  readonly skipped: readonly SkippedCheckpoint[];
}

/** Figures of an open state. */
export interface OpenStateMetrics {
  /** Figures of the state backend, those of `state.latency-track.*` and `state.size-track.*` among them. */
  readonly backend: StateMetrics;
  /** Entries of all states: keys with a value, map entries one by one. What was restored and not used yet counts as it is stored. */
  readonly entries: number;
  readonly checkpoints: {
    readonly completed: number;
    /** Aborted ones included. */
    readonly failed: number;
    readonly savepoints: number;
    readonly inProgress: number;
    /** The last completed checkpoint since the state was opened. */
    readonly last: CheckpointReport | undefined;
  };
}

/**
 * Refuses handlers that return a promise: their writes after the first `await` would miss the key.
 *
 * @typeParam R - What the handler returns.
 */
export type SynchronousResult<R> = R extends PromiseLike<unknown> ? never : R;

/**
 * Keyed state with checkpoints, for a program that has its own loop. Made by {@link openState}.
 *
 * Everything but {@link checkpoint}, {@link savepoint}, {@link prepare} and {@link close} is synchronous.
 *
 * @typeParam K - Key. @typeParam S - The declared states. @typeParam A - The attachment.
 */
export interface OpenState<K, S extends StateDeclarations, A = JsonAttachment> {
  readonly name: string;
  readonly shard: string | undefined;
  readonly maxParallelism: number;
  /** What the state started from; `undefined` after a clean start. */
  readonly restored: RestoredState<A> | undefined;

  /**
   * Runs `handler` with the states of `key` and returns its result.
   *
   * What the handler wrote stays written when it throws. Calls may be nested; the outer key returns afterwards.
   *
   * @throws StateError `async-handler` when the handler returns a promise, `state-not-declared` when it asks for a state
   * that is not declared, `state-closed`. TypeError for a missing key. Whatever the handler throws.
   */
  withKey<R>(key: K, handler: (states: StatesOf<S>) => SynchronousResult<R> & R): R;

  /**
   * The keys that have something in a state.
   *
   * @throws StateError `state-not-declared`, `state-closed`, and `concurrent-modification` when keys come or go during
   * the walk: collect them first (`[...state.keys('total')]`) to change state on the way.
   */
  keys(stateName: keyof S & string): Iterable<K>;

  /**
   * Makes the state of these keys available where it has to be waited for (a store over a network); elsewhere it returns
   * at once. Call it before a batch.
   *
   * @throws StateError `state-closed`, `storage-*`.
   */
  prepare(keys: readonly K[]): void | Promise<void>;

  /**
   * Moves event time on, by which states with `timeCharacteristic: 'EventTime'` expire. Called with the watermark of the
   * input; a lower one than before changes nothing. It is part of every checkpoint.
   *
   * @param timestampMs - Milliseconds since 1970, an integer.
   * @throws RangeError for what is no time. StateError `state-closed`, `capability-missing` where the backend knows no
   * event time.
   */
  advanceEventTime(timestampMs: number): void;

  /**
   * Takes a checkpoint: freezes state and attachment before the promise is returned, writes while the program goes on.
   *
   * A promise that is ignored ends a Node process when it rejects. Only that another checkpoint was under way, and that
   * the state was closed meanwhile, may be ignored.
   *
   * @throws StateError (as a rejection) `checkpoint-in-progress` while another is under way; `checkpoint-inside-handler`;
   * `checkpoint-aborted` by the signal, by `execution.checkpointing.timeout` or by closing; `checkpoint-failed`; `fenced`
   * when another instance has taken this name and shard over; `state-size-limit-exceeded`,
   * `checkpoint-size-limit-exceeded`; `value-not-serializable`; with `rewriteSchemas` `restore-failed`, `value-invalid` and,
   * where the backend cannot, `capability-missing`; `async-handler` when the attachment is a promise;
   * `factory-not-found` when no storage is installed; `state-closed`; `storage-*`.
   */
  checkpoint(options?: CheckpointOptions<A>): Promise<CheckpointReport>;

  /**
   * Takes a savepoint: a snapshot that stands alone, can be moved, and is never deleted by the library.
   *
   * @param target - Directory or URI; default `execution.checkpointing.savepoint-dir`.
   * @throws StateError (as a rejection) as {@link checkpoint}, and `savepoint-location-missing`, `capability-missing`.
   */
  savepoint(target?: string, options?: CheckpointOptions<A>): Promise<CheckpointReport>;

  /** Figures as of now. */
  metrics(): OpenStateMetrics;

  /**
   * Gives the state up: aborts and awaits a running checkpoint, then lets go of everything. What was written since the
   * last checkpoint is gone; no checkpoint is taken. Idempotent.
   */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
