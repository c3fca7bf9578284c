// Where bytes of a snapshot are. Handles are plain data: they cross threads and processes by structured clone and are
// written into checkpoint metadata as they are. Opening and discarding is the business of the checkpoint storage.
//
//   H1. In memory a location is absolute in the terms of its storage; in `_metadata` it is relative to the metadata
//       (see CheckpointMetadataScope), so that a copied directory still works.
//   H2. Two handles with the same location (or name) mean the same bytes. Bytes are written once and never changed.

/** A small stream whose bytes travel inside the handle and are stored in the metadata. */
export interface ByteStreamStateHandle {
  readonly kind: 'byte-stream';
  /** Unique name; equality of handles goes by it. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A stream kept by a checkpoint storage. */
export interface FileStateHandle {
  readonly kind: 'file';
  /** Absolute location in the terms of the storage: for the file-system storage a URI such as `file:///var/cp/job/chk-1/0a1b`. */
  readonly location: string;
  /** Length in bytes; -1 when unknown. */
  readonly sizeBytes: number;
}

/** A stream that belongs to a snapshot. */
export type StreamStateHandle = ByteStreamStateHandle | FileStateHandle;

/** Length of the stream in bytes; 0 when unknown. */
export function streamStateSizeBytes(handle: StreamStateHandle): number {
  return handle.kind === 'byte-stream' ? handle.bytes.length : Math.max(0, handle.sizeBytes);
}

/** What identifies the stream physically: the key under which shared state is registered. */
export function physicalStateHandleId(handle: StreamStateHandle): string {
  return handle.kind === 'byte-stream' ? `byte-stream:${handle.name}` : handle.location;
}

/** Whether both handles mean the same bytes. */
export function equalStreamStateHandles(a: StreamStateHandle, b: StreamStateHandle): boolean {
  return a.kind === b.kind && physicalStateHandleId(a) === physicalStateHandleId(b);
}
