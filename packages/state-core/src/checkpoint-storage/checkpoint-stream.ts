// The streams that snapshots are written to and read from.

import type { StreamStateHandle } from '../handle/stream-state-handle.js';

/**
 * Who owns what a stream writes: `exclusive` belongs to one checkpoint and goes with it, `shared` may be used by later
 * checkpoints and is counted.
 */
export type CheckpointedStateScope = 'exclusive' | 'shared';

/**
 * Takes the bytes of one piece of state and ends in a handle to them.
 *
 * One writer at a time: the next call waits for the promise of the one before.
 *
 * Implementers
 * - MUST have copied or written the bytes when the promise of `write` resolves; the caller reuses the array. [CS-STREAM-01]
 * - MUST leave nothing behind after `close()` without `closeAndGetHandle()`. [CS-STREAM-02]
 * - MUST have made the bytes durable when `closeAndGetHandle()` resolves, if the storage says that it is durable. [CS-STREAM-03]
 */
export interface CheckpointStateOutputStream {
  /** Bytes written so far. */
  readonly position: number;
  /** Appends bytes. @throws StateError `stream-closed`, or a `storage-*` code when the storage fails. */
  write(bytes: Uint8Array): Promise<void>;
  /** Hands buffered bytes on, where the storage has somewhere to hand them to. @throws StateError `stream-closed`, `storage-*`. */
  flush(): Promise<void>;
  /**
   * Ends the stream and returns where its bytes are; `undefined` when nothing was written.
   *
   * @throws StateError `stream-closed` the second time, `state-size-limit-exceeded`, `storage-*`; the bytes are gone then.
   */
  closeAndGetHandle(): Promise<StreamStateHandle | undefined>;
  /** Gives the stream up and removes what it wrote. Idempotent; harmless after {@link closeAndGetHandle}. */
  close(): Promise<void>;
}

/** Reads the bytes behind a handle, at any position. */
export interface CheckpointStateInputStream {
  /** Length in bytes. */
  readonly sizeBytes: number;
  /**
   * Reads exactly `length` bytes at `position`; the array is the caller's.
   *
   * @throws StateError `bytes-truncated` past the end, `stream-closed`, `storage-*`.
   */
  read(position: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Opens what handles of one storage point to. */
export interface StateHandleReader {
  /** @throws StateError `file-missing`, `path-not-allowed`, `storage-*`. */
  openInput(handle: StreamStateHandle, signal?: AbortSignal): Promise<CheckpointStateInputStream>;
}

/** Where a stream belongs, for messages. */
export interface CheckpointStreamPurpose {
  /** The states whose bytes the stream takes. */
  readonly stateNames: readonly string[];
  /** `keyed`, `operator`, `raw-keyed`, `raw-operator`, `metadata`. */
  readonly sort: string;
}

/** Makes the streams of one checkpoint. */
export interface CheckpointStreamFactory {
  /** @throws StateError `storage-*`; opening may be put off to the first write. */
  createCheckpointStateOutputStream(
    scope: CheckpointedStateScope,
    purpose: CheckpointStreamPurpose,
    signal?: AbortSignal,
  ): Promise<CheckpointStateOutputStream>;
  /**
   * Copies bytes that the storage already holds into this checkpoint, without going through the task where it can.
   *
   * Absent when the storage has no better way than reading and writing.
   */
  duplicate?(
    handle: StreamStateHandle,
    scope: CheckpointedStateScope,
    signal?: AbortSignal,
  ): Promise<StreamStateHandle>;
}
