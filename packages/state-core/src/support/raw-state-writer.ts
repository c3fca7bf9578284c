// What an operator may do with a stream that it lays out itself, and how such a stream ends.
//
//   W1. Whoever writes cannot close the stream: its end, with or without a handle, belongs to whoever made it.
//   W2. Nothing written: no handle, and the stream behind is closed.

import type { CheckpointStateOutputStream } from '../checkpoint-storage/checkpoint-stream.js';
import { StateError } from '../error/state-error.js';

/** What an operator may do with a raw stream. */
export interface RawStateWriter {
  /** Bytes written so far. */
  readonly position: number;
  /** Appends bytes. @throws StateError `stream-closed`, `storage-*`. */
  write(bytes: Uint8Array): Promise<void>;
  /** @throws StateError `stream-closed`, `storage-*`. */
  flush(): Promise<void>;
}

/** Ends the stream behind (W2). */
export async function endRawStream(
  delegate: CheckpointStateOutputStream,
): ReturnType<CheckpointStateOutputStream['closeAndGetHandle']> {
  const handle = await delegate.closeAndGetHandle();
  // A storage may keep a stream without bytes open; closing twice is harmless.
  if (handle === undefined) await delegate.close();
  return handle;
}

/** The error of a raw stream that has ended. */
export function rawStreamClosed(): StateError {
  return new StateError(
    'stream-closed',
    'the raw state of this checkpoint is complete: write only while the snapshot is being taken',
  );
}
