// What a completed snapshot consists of: the content of `_metadata`. Its stored form is checkpoint-metadata-format.ts.
//
//   M1. Everything that is needed to restore is in here or named here; nothing else counts.
//   M2. In memory locations are absolute; the stored form holds references relative to the metadata.
//   M3. What a later version adds, and an older reader can do without, stands in an `optional` object. A reader that does
//       not know a member keeps it and writes it again, wherever the thing it belongs to goes as it is.

import type { KeyedStateHandle } from '../handle/keyed-state-handle.js';
import type { OperatorStateHandle } from '../handle/operator-state-handle.js';
import type { OptionalFacts } from '../handle/optional-facts.js';
import type { StreamStateHandle } from '../handle/stream-state-handle.js';
import type { SerializerSnapshot } from '../serialization/type-serializer.js';

/** The state of one subtask of an operator. Several handles of a sort appear after a restore at another parallelism. */
export interface OperatorSubtaskState {
  readonly subtaskIndex: number;
  readonly keyed: readonly KeyedStateHandle[];
  readonly operator: readonly OperatorStateHandle[];
  /** Streams that the operator itself laid out, by key group. */
  readonly rawKeyed: readonly RawKeyedStateHandle[];
  /** Streams that the operator itself laid out. */
  readonly rawOperator: readonly OperatorStateHandle[];
  /** The subtask had finished: it starts as finished after a restore. */
  readonly finished?: boolean;
}

/** Raw keyed state: one stream, one offset per key group, -1 where a group was not written. */
export interface RawKeyedStateHandle {
  readonly kind: 'raw-keyed';
  readonly keyGroupRange: { readonly first: number; readonly last: number };
  readonly offsets: readonly number[];
  readonly stream: StreamStateHandle;
  /** Facts of later versions (M3). */
  readonly optional?: OptionalFacts;
}

/** The state of one operator. */
export interface OperatorState {
  /** Stable identity across versions of the program. */
  readonly uid: string;
  readonly name?: string;
  readonly parallelism: number;
  readonly maxParallelism: number;
  readonly subtasks: readonly OperatorSubtaskState[];
  /** What a source or coordinator keeps for the whole operator. */
  readonly coordinator?: StreamStateHandle;
  /** Facts of later versions (M3). */
  readonly optional?: OptionalFacts;
}

/** State that a part of the program keeps at the coordinator. */
export interface MasterState {
  readonly name: string;
  readonly version: number;
  readonly bytes: Uint8Array;
}

/** Data of the caller that belongs to exactly this snapshot: where to resume reading, for example. */
export interface CheckpointAttachment {
  readonly serializer: SerializerSnapshot;
  readonly bytes: Uint8Array;
}

/** Who published a checkpoint, and what it continues. */
export interface CheckpointLineage {
  readonly epoch: number;
  /** The checkpoint before it in this lineage, or the one restored; absent after a clean start. */
  readonly parent?: { readonly epoch: number; readonly checkpointId: number };
}

/** When a snapshot may be removed without being asked for. */
export interface CheckpointProperties {
  readonly snapshotKind: 'checkpoint' | 'savepoint';
  readonly discardOnSubsumed: boolean;
  readonly discardOnFinished: boolean;
  readonly discardOnCancelled: boolean;
  readonly discardOnFailed: boolean;
  readonly discardOnSuspended: boolean;
}

/** A completed snapshot. */
export interface CheckpointMetadata {
  readonly jobId: string;
  readonly checkpointId: number;
  readonly timestampMs: number;
  readonly properties: CheckpointProperties;
  readonly lineage?: CheckpointLineage;
  readonly operators: readonly OperatorState[];
  readonly masterStates: readonly MasterState[];
  readonly attachment?: CheckpointAttachment;
  /** Facts of later versions (M3). */
  readonly optional?: OptionalFacts;
  /** Version of the library that wrote, for messages only. */
  readonly writer: string;
}
