// One attempt at a snapshot after its freeze: to a location, as bytes, and published; or without a trace.
//
//   SA1. The location is made after the freeze, so that the program never waits for a directory.
//   SA2. Whatever fails, the view is released and the location emptied before the failure is reported.
//   SA3. Streams that checkpoints share are removed with the attempt that wrote them, those of earlier ones are not. They go
//        last, and only when the location is gone: a publication that failed may have left its metadata, which names them.

import type { StateLogger } from '../ambient/logger.js';
import type { CheckpointMetadata } from '../checkpoint/checkpoint-metadata.js';
import { writeCheckpointMetadata } from '../checkpoint/checkpoint-metadata-format.js';
import type {
  CheckpointStorageLocation,
  CompletedCheckpointPointer,
} from '../checkpoint-storage/checkpoint-storage-location.js';
import type { KeyedStateHandle } from '../handle/keyed-state-handle.js';
import type { SnapshotView } from '../state-backend/snapshot-context.js';

/** What an attempt is made of. */
export interface SnapshotAttempt {
  readonly checkpointId: number;
  readonly view: SnapshotView<KeyedStateHandle>;
  /** The location, on its way. */
  readonly location: Promise<CheckpointStorageLocation>;
  /** What is stored beside the state; called when the state is written. */
  readonly metadataOf: (handle: KeyedStateHandle | undefined) => CheckpointMetadata;
  /** Removes the streams of a handle that no completed checkpoint names. */
  readonly discardHandle: (handle: KeyedStateHandle) => Promise<void>;
  readonly signal: AbortSignal;
  readonly logger: StateLogger;
}

/** A snapshot that exists. */
export interface PublishedSnapshot {
  readonly metadata: CheckpointMetadata;
  readonly pointer: CompletedCheckpointPointer;
  readonly handle: KeyedStateHandle | undefined;
}

/** Writes and publishes. @throws whatever stopped it, after everything is cleaned up. */
export async function publishSnapshot(attempt: SnapshotAttempt): Promise<PublishedSnapshot> {
  const { view, signal } = attempt;
  let location: CheckpointStorageLocation | undefined;
  let handle: KeyedStateHandle | undefined;
  try {
    location = await attempt.location;
    signal.throwIfAborted();
    handle = (await view.write()).jobManagerOwned;
    signal.throwIfAborted();
    const metadata = attempt.metadataOf(handle);
    const pointer = await location.publish(writeCheckpointMetadata(metadata, location), signal);
    return { metadata, pointer, handle };
  } catch (error) {
    // Before the location: a writer that still ran would fill it again.
    view.release();
    await removeTraces(attempt, location, handle);
    throw error;
  } finally {
    view.release();
  }
}

async function removeTraces(
  { checkpointId, discardHandle, logger }: SnapshotAttempt,
  location: CheckpointStorageLocation | undefined,
  handle: KeyedStateHandle | undefined,
): Promise<void> {
  try {
    await location?.disposeOnFailure();
    if (handle !== undefined) await discardHandle(handle);
  } catch (error) {
    logger.warn(
      'checkpoint-not-removed',
      `what checkpoint ${checkpointId} had written before it failed could not be removed: ${String(error)}`,
      { checkpointId },
    );
  }
}
