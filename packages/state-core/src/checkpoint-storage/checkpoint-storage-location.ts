// Where one checkpoint or savepoint lives, from the start of its writing to its completion.
//
//   L1. What has no metadata does not exist: a snapshot becomes real in `publish`, atomically, and only once.
//   L2. A reference is plain data, so that it can travel to the tasks that write into the location.

import type { StreamStateHandle } from '../handle/stream-state-handle.js';

/** Names a location to the worker view, on another thread or machine. Opaque plain data; empty means the default. */
export type CheckpointStorageLocationReference = string;

/** A completed snapshot as the storage knows it. */
export interface CompletedCheckpointPointer {
  /** What a person passes on to restore: a path or URI; `<checkpoint-not-externally-addressable>` when there is none. */
  readonly externalPointer: string;
  readonly checkpointId: number;
}

/** Turns absolute locations into references relative to the metadata, and back. */
export interface CheckpointMetadataScope {
  /** The reference that is written into the metadata for a location. @throws StateError `path-not-allowed` when metadata at this place may not refer to it. */
  referenceOf(location: string): string;
  /** The location behind a reference found in metadata. @throws StateError `path-not-allowed` for a reference that leaves the snapshot. */
  locationOf(reference: string): string;
}

/** Who publishes: an owner of a job in the order of takeovers. */
export interface CheckpointOwner {
  /** From 1, one higher with every takeover. */
  readonly epoch: number;
}

/** A location that a snapshot is being written to. */
export interface CheckpointStorageLocation extends CheckpointMetadataScope {
  readonly checkpointId: number;
  /** Handed to the worker views. */
  readonly reference: CheckpointStorageLocationReference;
  /** What the pointer will be once published. */
  readonly externalPointer: string;
  /**
   * Writes the metadata and thereby completes the snapshot: afterwards it exists durably, before it does not.
   *
   * @throws StateError `checkpoint-location-exists` when something is already there, `fenced` when a newer owner has
   * taken over, `checkpoint-size-limit-exceeded`, `storage-*`.
   */
  publish(metadata: Uint8Array, signal?: AbortSignal): Promise<CompletedCheckpointPointer>;
  /** Removes whatever was written, unless a newer owner may have seen it published. Idempotent. */
  disposeOnFailure(): Promise<void>;
}

/** A completed snapshot that was found again. */
export interface ResolvedCheckpoint extends CheckpointMetadataScope {
  readonly externalPointer: string;
  /** The bytes of the metadata. @throws StateError `file-missing`, `storage-*`. */
  readMetadata(signal?: AbortSignal): Promise<Uint8Array>;
}

/** Removes what a handle points to. */
export interface StateHandleDiscarder {
  /**
   * No error when it is already gone.
   *
   * @throws StateError `storage-*` when it is still there; `fenced` when this view has taken the job over and a newer
   * owner has since.
   */
  discard(handle: StreamStateHandle): Promise<void>;
}
