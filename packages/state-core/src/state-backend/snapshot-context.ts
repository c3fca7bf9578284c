// The two halves of a snapshot, and what the coordinator says about it.
//
//   N1. The synchronous half freezes: it runs between two records, awaits nothing and takes constant time.
//   N2. Every freeze closes an epoch: all changes since the freeze before. The epoch has the id of its checkpoint.
//   N3. The coordinator names the base; the task never derives it from notifications, which may be late or lost. A task
//       that cannot serve the base writes full images.
//   N4. delta(n) is what changed in the epochs after the base up to and including n. Bases never descend in the order of
//       freezes. Epochs up to b are forgotten when a snapshot that names base b or higher is frozen, and by nothing else: an
//       abort, a savepoint, a late or a lost notification forget nothing. A notification may free memory that no later
//       delta can need; it never decides what a delta is.
//   N5. The set of states, their schemas and every raw chain are those of the freeze, whatever is registered, used or
//       migrated before or during the write.
//   N6. `release()` may be called at any time, also twice, also while `write()` runs; then nothing is left behind.

import type { CheckpointStreamFactory } from '../checkpoint-storage/checkpoint-stream.js';

/** Whether a snapshot belongs to the automatic chain or to the user. A savepoint is self-contained and never a base. */
export type SnapshotKind = 'checkpoint' | 'savepoint';

/**
 * What a snapshot may share with others.
 *
 * - `forward-backward`: uses segments of earlier checkpoints and may be used by later ones.
 * - `forward`: writes everything itself and may be used by later ones.
 * - `no-sharing`: writes everything itself and stays alone.
 */
export type SnapshotSharing = 'forward-backward' | 'forward' | 'no-sharing';

/** Everything a backend is told about a snapshot. */
export interface SnapshotContext {
  /** Higher than in every earlier snapshot of this state, restores included. */
  readonly checkpointId: number;
  /** When the coordinator triggered, in milliseconds since 1970. */
  readonly timestampMs: number;
  /**
   * The completed checkpoint that deltas build on; `undefined` asks for full images. Its segments are pinned.
   *
   * Implementers (guide: Increments)
   * - MUST write what changed since the base, and nothing else, when it declares `incrementalSnapshots`.
   *   [KSB-INCREMENT-01, KSB-INCREMENT-02, KSB-INCREMENT-05, KSB-INCREMENT-06]
   * - MUST forget no change because of an abort, a savepoint, or a notification that was lost or came late.
   *   [KSB-INCREMENT-03]
   * - MUST write full images for a base that it cannot serve. [KSB-INCREMENT-04]
   * - MUST take the restored checkpoint as base too, also after a rescale. [KSB-INCREMENT-07, RESCALE-05]
   * - MUST serve several checkpoints at once on one base, in whatever order they end. [KSB-INCREMENT-08]
   * - MUST bound the length of chains, and the memory that changes take. [KSB-INCREMENT-09, KSB-INCREMENT-10]
   * - MUST hold states that nobody registers in every increment. [KSB-INCREMENT-11]
   * - MUST have everything since the base, however long ago that was, or write a full image. [KSB-INCREMENT-12]
   * - MUST write of an entry with time to live what changed of it, and what reads and cleanup changed too. [TTL-51,
   *   KSB-INCREMENT-TTL-01..KSB-INCREMENT-TTL-03,
   *   KSB-INCREMENT-TTL-06, KSB-INCREMENT-TTL-07]
   */
  readonly base: number | undefined;
  readonly kind: SnapshotKind;
  readonly sharing: SnapshotSharing;
  /** The time of the freeze in milliseconds, for expiry: the same for everything in the snapshot. */
  readonly nowMs: number;
  /** Where the bytes go. */
  readonly streams: CheckpointStreamFactory;
  /**
   * Where a second copy may go, on the local disk of the task; absent where local recovery is off. A backend without the
   * capability `localCopies` writes none, and nothing depends on one.
   */
  readonly localStreams?: CheckpointStreamFactory;
  /**
   * Bring every stored value to today's schema, so that older ones need no longer be understood. Everything is written
   * then, whatever the base. Default: what nobody used is carried under the schema that it was written with.
   *
   * Implementers (guide: Schema changes)
   * - MUST bring every value to the type of today, used or not, time stamps included. [REWRITE-01, REWRITE-02,
   *   REWRITE-05]
   * - MUST write everything then, whatever the base, so that the next checkpoint can build on it. [REWRITE-04]
   * - MUST fail the snapshot, and go on, when a value cannot be read. [REWRITE-06]
   */
  readonly rewriteSchemas?: boolean;
  /** Fires when the snapshot is no longer wanted: the writer stops at its next slice and rejects. */
  readonly signal: AbortSignal;
  /** Whether the current slice has used up its time (2 ms): then the writer awaits {@link yieldNow}. */
  shouldYield(): boolean;
  /** Gives the event loop back and starts a new slice. @throws StateError `checkpoint-aborted` once the signal has fired. */
  yieldNow(): Promise<void>;
}

/** A frozen view of state, and the writer of it. */
export interface SnapshotView<H> {
  /**
   * Writes the view in slices while records go on. Called at most once.
   *
   * Implementers (guide: Snapshots)
   * - MUST reject when the signal fires, the storage fails or the backend is closed; nothing stays open, and the state
   *   goes on. [SNAPSHOT-04, SNAPSHOT-05, SNAPSHOT-10]
   * - MUST name the state of a value that does not fit its type, unless it was refused before. [SNAPSHOT-11]
   *
   * @throws StateError `checkpoint-aborted`, `snapshot-released`, `state-size-limit-exceeded`, `value-not-serializable`,
   * `storage-*`. Nothing is left in the storage then.
   */
  write(): Promise<SnapshotResult<H>>;
  /**
   * Lets go of the view; makes a running {@link write} reject. Idempotent.
   *
   * Implementers (guide: Snapshots)
   * - MUST be harmless at any time and any number of times; what was released is not written. [SNAPSHOT-06]
   */
  release(): void;
}

/** What a snapshot of one backend ended in. */
export interface SnapshotResult<H> {
  /** `undefined` when there was no state at all. */
  readonly jobManagerOwned: H | undefined;
  /** A second copy, from a backend that writes one (`localCopies`) where local streams were given. Never there without the first. */
  readonly taskLocal?: H;
  /**
   * With `rewriteSchemas`: the states that the program does not know, which are as they were written; ascending. Absent
   * where nothing was asked to be rewritten, or nothing is ever carried under an older schema.
   *
   * Implementers (guide: Schema changes)
   * - MUST name the states that stayed as they were written. [REWRITE-03]
   */
  readonly notRewritten?: readonly string[];
}

/** A way of taking snapshots: freeze first, write later. */
export interface SnapshotStrategy<H> {
  /** For messages and logs. */
  readonly description: string;
  /** The synchronous half (N1). @throws StateError `too-many-concurrent-snapshots`, `backend-closed`. */
  prepare(context: SnapshotContext): SnapshotView<H>;
}
