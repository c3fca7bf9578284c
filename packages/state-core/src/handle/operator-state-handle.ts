// The operator state of one subtask in a snapshot: one stream, and for each state how it is redistributed and where
// its elements start.

import type { OptionalFacts } from './optional-facts.js';
import { type StreamStateHandle, streamStateSizeBytes } from './stream-state-handle.js';

/**
 * How an operator state is dealt out when the parallelism changes.
 *
 * - `SPLIT_DISTRIBUTE`: the elements of all subtasks are dealt out round robin.
 * - `UNION`: every subtask gets every element.
 * - `BROADCAST`: every subtask has the same content and gets one copy.
 */
export type OperatorStateMode = 'SPLIT_DISTRIBUTE' | 'UNION' | 'BROADCAST';

/** Where the elements of one operator state are in the stream of its handle. */
export interface OperatorStatePartitions {
  readonly name: string;
  readonly mode: OperatorStateMode;
  /** Position of every element in bytes, ascending; one position for a broadcast state. */
  readonly offsets: readonly number[];
}

/** The operator state of one subtask. */
export interface OperatorStateHandle {
  readonly kind: 'operator';
  readonly stream: StreamStateHandle;
  readonly states: readonly OperatorStatePartitions[];
  /**
   * The checksum at the end of the stream, an unsigned 32-bit number that covers every byte of it: a valid stream of
   * another snapshot must not pass. Absent for streams that an operator laid out itself.
   */
  readonly checksum?: number;
  /** Facts of later versions, which this one keeps and does not know. */
  readonly optional?: OptionalFacts;
}

/** Bytes that the handle refers to. */
export function operatorStateSizeBytes(handle: OperatorStateHandle): number {
  return streamStateSizeBytes(handle.stream);
}
