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
 * Implementers (guide: Streams)
 * - MUST keep the bytes of streams that are written at once apart. [CS-STREAM-08]
 */
export interface CheckpointStateOutputStream {
  /**
   * Bytes written so far.
   *
   * Implementers (guide: Streams)
   * - MUST be the number of bytes written. [CS-STREAM-05]
   */
  readonly position: number;
  /**
   * Appends bytes.
   *
   * Implementers (guide: Streams)
   * - MUST have copied or written the bytes when its promise resolves; the caller reuses the array. [CS-STREAM-01]
   *
   * @throws StateError `stream-closed`, or a `storage-*` code when the storage fails.
   */
  write(bytes: Uint8Array): Promise<void>;
  /** Hands buffered bytes on, where the storage has somewhere to hand them to. @throws StateError `stream-closed`, `storage-*`. */
  flush(): Promise<void>;
  /**
   * Ends the stream and returns where its bytes are; `undefined` when nothing was written.
   *
   * Implementers (guide: Streams)
   * - MUST have made the bytes durable when it resolves, if the storage says that it is durable. [CS-STREAM-03]
   * - MUST give no handle for a stream that nothing was written to. [CS-STREAM-04]
   *
   * @throws StateError `stream-closed` the second time, `state-size-limit-exceeded`, `storage-*`; the bytes are gone then.
   */
  closeAndGetHandle(): Promise<StreamStateHandle | undefined>;
  /**
   * Gives the stream up and removes what it wrote. Idempotent; harmless after {@link closeAndGetHandle}.
   *
   * Implementers (guide: Streams)
   * - MUST leave nothing behind of a stream whose handle was never asked for. [CS-STREAM-02]
   */
  close(): Promise<void>;
}

/** Reads the bytes behind a handle, at any position. */
export interface CheckpointStateInputStream {
  /** Length in bytes. */
  readonly sizeBytes: number;
  /**
   * Reads exactly `length` bytes at `position`; the array is the caller's.
   *
   * Implementers (guide: Streams)
   * - MUST give back exactly what was written, of any length, in any scope, at any position, and nothing past the end.
   *   [CS-STREAM-06, CS-STREAM-07]
   *
   * @throws StateError `bytes-truncated` past the end, `stream-closed`, `storage-*`.
   */
  read(position: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Opens what handles of one storage point to. */
export interface StateHandleReader {
  /**
   * Implementers (guide: Hostile input)
   * - MUST fail with a StateError for a handle to nothing, here or at the first read. [CS-HOSTILE-01]
   * - MUST fail with a StateError for a handle that says another length than there is. [CS-HOSTILE-05]
   *
   * @throws StateError `file-missing`, `path-not-allowed`, `storage-*`.
   */
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
  /**
   * Implementers (guide: Streams)
   * - MUST end the stream when the signal fires, and leave nothing behind. [CS-STREAM-09]
   *
   * @throws StateError `storage-*`; opening may be put off to the first write.
   */
  createCheckpointStateOutputStream(
    scope: CheckpointedStateScope,
    purpose: CheckpointStreamPurpose,
    signal?: AbortSignal,
  ): Promise<CheckpointStateOutputStream>;
  /**
   * Copies bytes that the storage already holds into this checkpoint, without going through the task where it can.
   *
   * Absent when the storage has no better way than reading and writing.
   *
   * Implementers (guide: Streams)
   * - MUST make a copy that lives on without its original. [CS-STREAM-11]
   */
  duplicate?(
    handle: StreamStateHandle,
    scope: CheckpointedStateScope,
    signal?: AbortSignal,
  ): Promise<StreamStateHandle>;
}
