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
  /**
   * The reference that is written into the metadata for a location.
   *
   * Implementers (guide: Locations)
   * - MUST give references that lead back to the bytes, for this process and another. [CS-LOCATION-05]
   *
   * @throws StateError `path-not-allowed` when metadata at this place may not refer to it.
   */
  referenceOf(location: string): string;
  /**
   * The location behind a reference found in metadata.
   *
   * Implementers (guide: Hostile input)
   * - MUST refuse a reference that leaves the snapshot. [CS-LOCATION-06, CS-HOSTILE-04]
   *
   * @throws StateError `path-not-allowed` for a reference that leaves the snapshot.
   */
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
   * Implementers (guide: Locations)
   * - MUST make the checkpoint visible to every view, and nothing do so before. [CS-LOCATION-01]
   * - MUST refuse a location that was published and an id that was used, whoever comes second. [CS-LOCATION-02,
   *   CS-LOCATION-03]
   * - MUST publish nothing when it is aborted. [CS-LOCATION-08]
   * - MUST return a pointer that a person can pass on, where the storage declares `externallyAddressable`.
   *   [CS-LOCATION-10]
   * - MUST refuse an owner that was overtaken, where the storage declares `fencing`; also one that is overtaken meanwhile,
   *   unless the newer owner finds what was published. [CS-OWNER-03, CS-OWNER-11]
   * - MUST remember that the owner has completed a checkpoint, also when all of them are gone. [CS-OWNER-10]
   *
   * Implementers (guide: Durability)
   * - MUST keep what it reported complete through a loss of power at any step, and show nothing that is not whole; also
   *   in the next process. [CS-CRASH-01, CS-CRASH-06]
   *
   * @throws StateError `checkpoint-location-exists` when something is already there, `fenced` when a newer owner has
   * taken over, `checkpoint-size-limit-exceeded`, `storage-*`.
   */
  publish(metadata: Uint8Array, signal?: AbortSignal): Promise<CompletedCheckpointPointer>;
  /**
   * Removes whatever was written, unless a newer owner may have seen it published. Idempotent.
   *
   * Implementers (guide: Locations)
   * - MUST leave nothing behind, however often it is called. [CS-LOCATION-07]
   */
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
   * Implementers (guide: Removal)
   * - MUST remove the stream and no other, and be harmless the second time. [CS-REMOVAL-03]
   *
   * Implementers (guide: Hostile input)
   * - MUST remove streams only: no directory, and nothing whose name is merely like that of a stream. [CS-HOSTILE-03]
   *
   * @throws StateError `storage-*` when it is still there; `fenced` when this view has taken the job over and a newer
   * owner has since.
   */
  discard(handle: StreamStateHandle): Promise<void>;
}
