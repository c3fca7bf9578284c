// One attempt at a snapshot after its freeze: to a location, as bytes, and published; or without a trace.
//
//   SA1. The location is made after the freeze, so that the program never waits for a directory.
//   SA2. Whatever fails, the view is released and the location emptied before the failure is reported.
//   SA3. Streams that checkpoints share are removed with the attempt that wrote them, those of earlier ones are not. They go
//        last, and only when the location is gone: a publication that failed may have left its metadata, which names them.
//   SA4. Whoever aborts waits PATIENCE_MS for a storage that is making the location or publishing, and no longer. An answer
//        in that time counts, as one before the abort. One that comes later changes nothing that was reported: a location
//        is emptied when it arrives; what a publication left, complete or not, is handed to `discardLate` as a whole, and
//        not touched before: taken apart under the publication, it could end half there.

import type { StateLogger } from '../ambient/logger.js';
import type { CancelScheduled, Scheduler } from '../ambient/scheduler.js';
import type { CheckpointMetadata, OperatorState } from '../checkpoint/checkpoint-metadata.js';
import { writeCheckpointMetadata } from '../checkpoint/checkpoint-metadata-format.js';
import type {
  CheckpointStorageLocation,
  CompletedCheckpointPointer,
} from '../checkpoint-storage/checkpoint-storage-location.js';
import type { KeyedStateHandle } from '../handle/keyed-state-handle.js';
import type { SnapshotView } from '../state-backend/snapshot-context.js';

/** Enough for a storage that is only slow to end what it is doing, so that nothing is left when the failure is reported. */
const PATIENCE_MS: number = 1000;

/** What an attempt is made of. */
export interface SnapshotAttempt {
  readonly checkpointId: number;
  readonly view: SnapshotView<KeyedStateHandle>;
  /** The location, on its way. */
  readonly location: Promise<CheckpointStorageLocation>;
  /** Copies what is carried along into the snapshot; called when the state is written. */
  readonly carry: () => Promise<readonly OperatorState[]>;
  /** What is stored beside the state. */
  readonly metadataOf: (handle: KeyedStateHandle | undefined, carried: readonly OperatorState[]) => CheckpointMetadata;
  /** Removes the streams of a handle that no completed checkpoint names. */
  readonly discardHandle: (handle: KeyedStateHandle) => Promise<void>;
  /**
   * Removes all that a publication left that was given up and has ended since, if it may still be removed. It may have
   * succeeded, and a newer owner may have seen it.
   */
  readonly discardLate: (location: CheckpointStorageLocation, handle: KeyedStateHandle | undefined) => Promise<void>;
  readonly signal: AbortSignal;
  readonly scheduler: Scheduler;
  readonly logger: StateLogger;
}

/** A snapshot that exists. */
export interface PublishedSnapshot {
  readonly metadata: CheckpointMetadata;
  readonly pointer: CompletedCheckpointPointer;
  readonly handle: KeyedStateHandle | undefined;
  readonly carried: readonly OperatorState[];
  /** As in `SnapshotResult`. */
  readonly notRewritten: readonly string[] | undefined;
}

/** Writes and publishes. @throws whatever stopped it, after everything is cleaned up; see SA4 for storages that hang. */
export async function publishSnapshot(attempt: SnapshotAttempt): Promise<PublishedSnapshot> {
  const { view, signal } = attempt;
  let location: CheckpointStorageLocation | undefined;
  let handle: KeyedStateHandle | undefined;
  try {
    location = await answerOf(attempt.location, attempt, () => {
      cleanUpLate(
        attempt,
        attempt.location.then(
          (late) => late.disposeOnFailure(),
          () => undefined,
        ),
      );
    });
    signal.throwIfAborted();
    const result = await view.write();
    handle = result.jobManagerOwned;
    signal.throwIfAborted();
    const carried = await attempt.carry();
    signal.throwIfAborted();
    const metadata = attempt.metadataOf(handle, carried);
    const [target, written] = [location, handle];
    const publication = location.publish(writeCheckpointMetadata(metadata, location), signal);
    const pointer = await answerOf(publication, attempt, () => {
      // Not to be removed below, while the storage is at it.
      location = undefined;
      handle = undefined;
      const ended = publication.then(
        () => undefined,
        () => undefined,
      );
      cleanUpLate(
        attempt,
        ended.then(() => attempt.discardLate(target, written)),
      );
    });
    return { metadata, pointer, handle, carried, notRewritten: result.notRewritten };
  } catch (error) {
    // Before the location: a writer that still ran would fill it again.
    view.release();
    await removeTraces(attempt, location, handle);
    throw error;
  } finally {
    view.release();
  }
}

/** What the storage answers; when it does not, `giveUp` is called some time after the abort. @throws the abort's reason then. */
function answerOf<T>(
  call: Promise<T>,
  { signal, scheduler }: Pick<SnapshotAttempt, 'signal' | 'scheduler'>,
  giveUp: () => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let cancel: CancelScheduled = () => undefined;
    const onAbort = (): void => {
      cancel = scheduler.schedule(PATIENCE_MS, () => {
        giveUp();
        reject(signal.reason);
      });
    };
    const stopWaiting = (): void => {
      signal.removeEventListener('abort', onAbort);
      cancel();
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    // In the order of events: an answer that has come cancels the giving up.
    call.finally(stopWaiting).then(resolve, reject);
  });
}

/** Nobody waits for it any more: a failure is logged. */
function cleanUpLate(attempt: SnapshotAttempt, removal: Promise<void>): void {
  removal.catch((error: unknown) => warnNotRemoved(attempt, error));
}

async function removeTraces(
  attempt: SnapshotAttempt,
  location: CheckpointStorageLocation | undefined,
  handle: KeyedStateHandle | undefined,
): Promise<void> {
  try {
    await location?.disposeOnFailure();
    if (handle !== undefined) await attempt.discardHandle(handle);
  } catch (error) {
    warnNotRemoved(attempt, error);
  }
}

function warnNotRemoved({ checkpointId, logger }: SnapshotAttempt, error: unknown): void {
  logger.warn(
    'checkpoint-not-removed',
    `what checkpoint ${checkpointId} had written before it failed could not be removed: ${String(error)}`,
    { checkpointId },
  );
}
