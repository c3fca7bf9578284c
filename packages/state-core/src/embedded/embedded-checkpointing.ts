// The coordinator of an embedded state: ids, one snapshot at a time, what becomes of it, and what is kept.
//
// Owns: the life of a checkpoint from the call to the report. Leaves the writing to snapshot-attempt.ts, the kept ones
// and the choice of a base to retained-checkpoints.ts, the lineage before this instance to embedded-restore.ts.
//
//   EC1. Between the call and the freeze nothing else runs: attachment and state are of one moment.
//   EC2. An id is used up by the freeze, completed or not.
//   EC3. After a newer owner has been seen nothing is published and nothing deleted any more.
//   EC4. A publication that was given up and ends after all is never reported. While this instance runs, what it left is
//        removed as a whole, as any checkpoint of ours: not once a newer owner has taken over. After the end of this
//        instance it stays as it is: it may be the newest, and the next instance may be reading it. Either way it is
//        whole as long as anybody could choose it: its base goes only when a newer checkpoint has completed.

import type { Clock } from '../ambient/clock.js';
import type { StateLogger } from '../ambient/logger.js';
import type { Scheduler } from '../ambient/scheduler.js';
import type { CheckpointAttachment } from '../checkpoint/checkpoint-metadata.js';
import type { CompletedCheckpoint } from '../checkpoint/completed-checkpoint-store.js';
import type {
  CheckpointStorageCoordinatorView,
  CheckpointStorageWorkerView,
} from '../checkpoint-storage/checkpoint-storage.js';
import type { CheckpointOwner, CheckpointStorageLocation } from '../checkpoint-storage/checkpoint-storage-location.js';
import type { CheckpointStreamFactory } from '../checkpoint-storage/checkpoint-stream.js';
import { invariant } from '../error/invariant.js';
import { isStateError, StateError } from '../error/state-error.js';
import {
  type KeyedStateHandle,
  keyedStateCheckpointedSizeBytes,
  keyedStateSizeBytes,
} from '../handle/keyed-state-handle.js';
import type { KeyedStateBackend } from '../state-backend/keyed-state-backend.js';
import type { SnapshotKind, SnapshotView } from '../state-backend/snapshot-context.js';
import { createSnapshotContext } from '../support/create-snapshot-context.js';
import type { AttachmentCodec } from './attachment-codec.js';
import type { CarriedOperators } from './carried-operators.js';
import { DeferredStreamFactory } from './deferred-stream-factory.js';
import type { CheckpointReport } from './open-state-contract.js';
import type { RetainedCheckpoints, SnapshotBase } from './retained-checkpoints.js';
import { type PublishedSnapshot, publishSnapshot } from './snapshot-attempt.js';
import { type SnapshotIdentity, snapshotMetadata } from './snapshot-metadata.js';
import { disregard } from './thenable.js';

/** The storage and what this instance is in it. */
export interface OwnedStorage {
  readonly coordinator: CheckpointStorageCoordinatorView;
  readonly worker: CheckpointStorageWorkerView;
  readonly owner: CheckpointOwner;
}

/** What an {@link EmbeddedCheckpointing} is made of. */
export interface EmbeddedCheckpointingParameters<K, A> {
  readonly identity: SnapshotIdentity;
  readonly backend: KeyedStateBackend<K>;
  readonly storage: OwnedStorage;
  readonly retained: RetainedCheckpoints;
  readonly carried: CarriedOperators;
  readonly attachments: AttachmentCodec<A>;
  /** Above every id seen. */
  readonly firstCheckpointId: number;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: StateLogger;
}

/** What {@link EmbeddedCheckpointing.trigger} is asked for. */
export interface SnapshotRequest<A> {
  readonly kind: SnapshotKind;
  /** Where a savepoint is wanted. */
  readonly target?: string | undefined;
  readonly attachment?: A | (() => A) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Whether everything is brought to the types of today. Default false. */
  readonly rewriteSchemas?: boolean | undefined;
}

/** A snapshot between its freeze and its report. */
interface FrozenSnapshot {
  readonly checkpointId: number;
  readonly kind: SnapshotKind;
  readonly timestampMs: number;
  readonly startedMs: number;
  readonly freezeMs: number;
  readonly view: SnapshotView<KeyedStateHandle>;
  readonly streams: CheckpointStreamFactory;
  readonly location: Promise<CheckpointStorageLocation>;
  readonly attachment: CheckpointAttachment | undefined;
  readonly base: SnapshotBase;
  readonly abort: AbortController;
}

/** Takes the checkpoints and savepoints of one open state. */
export class EmbeddedCheckpointing<K, A> {
  readonly #parameters: EmbeddedCheckpointingParameters<K, A>;
  readonly #counts = { completed: 0, failed: 0, savepoints: 0 };
  #nextCheckpointId: number;
  #basesMade: Promise<void> | undefined;
  #isFreezing: boolean = false;
  #isClosed: boolean = false;
  #running:
    | { readonly abort: AbortController; readonly done: Promise<unknown>; readonly reported: Promise<CheckpointReport> }
    | undefined;
  #last: CheckpointReport | undefined;
  #fenced: StateError | undefined;

  constructor(parameters: EmbeddedCheckpointingParameters<K, A>) {
    this.#parameters = parameters;
    this.#nextCheckpointId = parameters.firstCheckpointId;
  }

  /** Figures for `OpenState.metrics`. */
  get metrics(): {
    completed: number;
    failed: number;
    savepoints: number;
    inProgress: number;
    last: CheckpointReport | undefined;
  } {
    return { ...this.#counts, inProgress: this.#running === undefined ? 0 : 1, last: this.#last };
  }

  /**
   * Freezes at once, and writes and publishes before the promise resolves.
   *
   * @throws StateError (as a rejection) as `OpenState.checkpoint`.
   */
  trigger(request: SnapshotRequest<A>): Promise<CheckpointReport> {
    let frozen: FrozenSnapshot;
    try {
      frozen = this.#freeze(request);
    } catch (error) {
      const refused = Promise.reject(error);
      // Whoever ignores that one was already under way has lost nothing, and must not be ended for it.
      if (isStateError(error, 'checkpoint-in-progress')) disregard(refused);
      return refused;
    }
    const finished = this.#finish(frozen, request);
    // A promise of its own for the caller: that this object looks at the outcome does not mean that somebody has.
    const reported = finished.then((report) => report);
    this.#running = { abort: frozen.abort, done: finished.catch(() => undefined), reported };
    return reported;
  }

  /** Aborts and awaits what is under way. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const running = this.#running;
    if (running !== undefined) {
      // Whoever closes knows that the checkpoint under way will not complete.
      disregard(running.reported);
      running.abort.abort(new Error('the state is being closed'));
      await running.done;
    }
    await this.#parameters.retained.close();
  }

  #freeze(request: SnapshotRequest<A>): FrozenSnapshot {
    const { clock, backend, attachments, retained } = this.#parameters;
    if (this.#fenced !== undefined) throw fencedAgain(this.#fenced);
    if (this.#running !== undefined || this.#isFreezing) throw alreadyInProgress(request.kind);
    const startedMs = clock.monotonicMs();
    const timestampMs = clock.nowMs();
    const abort = new AbortController();
    const { kind, signal } = request;
    if (signal?.aborted) throw aborted(this.#nextCheckpointId, kind, signal.reason);

    this.#isFreezing = true;
    let base: SnapshotBase | undefined;
    try {
      const attachment = attachments.freeze(request.attachment);
      const checkpointId = this.#nextCheckpointId;
      base = retained.pinBase(kind);
      // In a later microtask: nothing of the storage runs before the freeze, and nothing at all when that fails.
      let isFrozen = false;
      const location = Promise.resolve().then(() => {
        invariant(isFrozen, 'a location is made for frozen state only');
        return this.#makeLocation(checkpointId, request);
      });
      location.catch(() => undefined);
      const context = this.#contextOf(checkpointId, timestampMs, request, base, location, abort.signal);
      const { streams } = context;
      const view = backend.snapshot(context);
      isFrozen = true;
      this.#nextCheckpointId = checkpointId + 1;
      const freezeMs = clock.monotonicMs() - startedMs;
      return { checkpointId, kind, timestampMs, startedMs, freezeMs, view, streams, location, attachment, base, abort };
    } catch (error) {
      base?.unpin();
      throw error;
    } finally {
      this.#isFreezing = false;
    }
  }

  #contextOf(
    checkpointId: number,
    timestampMs: number,
    { kind, rewriteSchemas }: SnapshotRequest<A>,
    base: SnapshotBase,
    location: Promise<CheckpointStorageLocation>,
    signal: AbortSignal,
  ): ReturnType<typeof createSnapshotContext> {
    const { clock, scheduler, storage } = this.#parameters;
    const streams = location.then(({ reference }) =>
      storage.worker.resolveCheckpointStorageLocation(checkpointId, reference),
    );
    return createSnapshotContext({
      checkpointId,
      timestampMs,
      nowMs: timestampMs,
      kind,
      base: base.checkpointId,
      sharing: base.sharing,
      ...(rewriteSchemas === undefined ? {} : { rewriteSchemas }),
      streams: new DeferredStreamFactory(streams, storage.worker),
      signal,
      clock,
      scheduler,
    });
  }

  async #makeLocation(checkpointId: number, { kind, target }: SnapshotRequest<A>): Promise<CheckpointStorageLocation> {
    const { coordinator, owner } = this.#parameters.storage;
    if (kind === 'savepoint') return coordinator.initializeLocationForSavepoint(checkpointId, target);
    this.#basesMade ??= coordinator.initializeBaseLocationsForCheckpoint();
    try {
      await this.#basesMade;
    } catch (error) {
      this.#basesMade = undefined;
      throw error;
    }
    return coordinator.initializeLocationForCheckpoint(checkpointId, owner);
  }

  async #finish(frozen: FrozenSnapshot, request: SnapshotRequest<A>): Promise<CheckpointReport> {
    const { identity, storage, retained, carried, clock, scheduler, logger } = this.#parameters;
    const { checkpointId, abort, base } = frozen;
    const stopWatching = this.#watchForAbort(frozen, request.signal);
    try {
      const published = await publishSnapshot({
        checkpointId,
        view: frozen.view,
        location: frozen.location,
        carry: () => carried.copyInto(frozen.streams, abort.signal),
        metadataOf: (handle, copies) =>
          snapshotMetadata(identity, {
            ...frozen,
            handle,
            carried: copies,
            owner: storage.owner,
            parent: retained.parent,
          }),
        discardHandle: (handle) => retained.discardUnregistered(handle),
        discardLate: (location, handle) => this.#discardLate(frozen, location, handle),
        signal: abort.signal,
        scheduler,
        logger,
      });
      const report = reportOf(published, frozen, clock.monotonicMs() - frozen.startedMs);
      const { externalPointer } = published.pointer;
      if (frozen.kind === 'checkpoint') carried.moveTo(published.carried);
      await this.#completed({ metadata: published.metadata, externalPointer }, report, base);
      return report;
    } catch (error) {
      throw await this.#failed(frozen, error);
    } finally {
      stopWatching();
      base.unpin();
      this.#running = undefined;
    }
  }

  async #discardLate(
    { checkpointId, kind }: FrozenSnapshot,
    location: CheckpointStorageLocation,
    handle: KeyedStateHandle | undefined,
  ): Promise<void> {
    // The name of a savepoint that was not reported is known to nobody.
    if (kind === 'savepoint') return location.disposeOnFailure();
    if (this.#isClosed) return;
    const { storage, retained } = this.#parameters;
    await storage.coordinator.disposeCheckpoint(checkpointId);
    if (handle !== undefined) await retained.discardUnregistered(handle);
  }

  #watchForAbort({ abort }: FrozenSnapshot, signal: AbortSignal | undefined): () => void {
    const { scheduler, timeoutMs } = this.#parameters;
    const onAbort = (): void => abort.abort(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    const cancelTimeout = scheduler.schedule(timeoutMs, () =>
      abort.abort(new Error(`it took longer than execution.checkpointing.timeout: ${timeoutMs} ms`)),
    );
    return () => {
      signal?.removeEventListener('abort', onAbort);
      cancelTimeout();
    };
  }

  async #completed(checkpoint: CompletedCheckpoint, report: CheckpointReport, base: SnapshotBase): Promise<void> {
    const { backend, retained, identity } = this.#parameters;
    const { checkpointId } = report;
    if (checkpoint.metadata.properties.snapshotKind === 'savepoint') {
      // The backend hears nothing of it: nothing is ever built on a savepoint of a state that goes on.
      this.#counts.savepoints++;
      return;
    }
    const subsumed = await retained.add(checkpoint, base);
    this.#counts.completed++;
    this.#last = report;
    await this.#notify('complete', checkpointId, () => backend.notifyCheckpointComplete(checkpointId));
    if (subsumed !== undefined) {
      await this.#notify('subsumed', subsumed, () => backend.notifyCheckpointSubsumed(subsumed));
    }
    if (retained.fenced === undefined) return;
    this.#fenced = new StateError('fenced', fencedMessage(identity.jobId), { cause: retained.fenced });
  }

  async #failed(frozen: FrozenSnapshot, error: unknown): Promise<StateError> {
    const { checkpointId, kind, abort } = frozen;
    const { backend, identity } = this.#parameters;
    this.#counts.failed++;
    await this.#notify('aborted', checkpointId, () => backend.notifyCheckpointAborted(checkpointId));
    if (abort.signal.aborted) return aborted(checkpointId, kind, abort.signal.reason);
    if (isStateError(error, 'fenced') || (await this.#isOvertaken())) {
      const details = { checkpointId, epoch: this.#parameters.storage.owner.epoch };
      this.#fenced = new StateError('fenced', fencedMessage(identity.jobId), { cause: error, details });
      return this.#fenced;
    }
    if (isStateError(error)) return error;
    return new StateError(
      'checkpoint-failed',
      `${kind} ${checkpointId} failed: ${error instanceof Error ? error.message : String(error)}. The state is intact; the next one may succeed`,
      { cause: error, details: { checkpointId } },
    );
  }

  /** A newer owner clears away what this one is writing: then that is why it failed, whatever the storage said. */
  async #isOvertaken(): Promise<boolean> {
    const { coordinator, owner } = this.#parameters.storage;
    try {
      const { owners } = await coordinator.list();
      return owners.some(({ epoch }) => epoch > owner.epoch);
    } catch {
      // The storage does not answer: its own error is reported, and whether somebody took over is asked the next time.
      return false;
    }
  }

  async #notify(what: string, checkpointId: number, tell: () => void | Promise<void>): Promise<void> {
    try {
      await tell();
    } catch (error) {
      this.#parameters.logger.warn(
        'notification-failed',
        `the state backend failed on hearing that checkpoint ${checkpointId} is ${what}: ${String(error)}`,
        { checkpointId },
      );
    }
  }
}

function reportOf(
  { pointer, handle, notRewritten }: PublishedSnapshot,
  { checkpointId, freezeMs }: FrozenSnapshot,
  durationMs: number,
): CheckpointReport {
  return {
    checkpointId,
    externalPointer: pointer.externalPointer,
    durationMs,
    freezeMs,
    stateSizeBytes: handle === undefined ? 0 : keyedStateSizeBytes(handle),
    checkpointedSizeBytes: handle === undefined ? 0 : keyedStateCheckpointedSizeBytes(handle),
    ...(notRewritten === undefined ? {} : { notRewritten }),
  };
}

function alreadyInProgress(kind: SnapshotKind): StateError {
  return new StateError(
    'checkpoint-in-progress',
    `no ${kind} was taken: another is being written. Await the promise of the one before, or skip this one; nothing was frozen`,
  );
}

function aborted(checkpointId: number, kind: SnapshotKind, reason: unknown): StateError {
  const why = reason instanceof Error ? reason.message : String(reason);
  return new StateError(
    'checkpoint-aborted',
    `${kind} ${checkpointId} was aborted: ${why}. Nothing of it counts, and the state is as usable as before`,
    { cause: reason, details: { checkpointId } },
  );
}

function fencedMessage(jobId: string): string {
  return (
    `another instance has taken over '${jobId}': nothing that this one writes counts any more. Close it and stop reading input; ` +
    'if both were started on purpose, give each a name or shard of its own'
  );
}

function fencedAgain(first: StateError): StateError {
  return new StateError('fenced', first.message, { cause: first, details: first.details });
}
