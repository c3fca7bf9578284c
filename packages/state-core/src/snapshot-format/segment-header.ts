// What a segment says about itself before its first block: who wrote it, for which key groups, under which schemas.
// Stored as JSON: plain data that a person can read and a later version can extend.

import type { KeyGroupRangeData } from '../handle/keyed-state-handle.js';
import type { OptionalFacts } from '../handle/optional-facts.js';
import type { SerializerSnapshot } from '../serialization/type-serializer.js';
import type { StateKind } from '../state/state-descriptor.js';

/**
 * The sorts of state in a segment.
 *
 * A priority queue (timers) is stored as a map without values: key, namespace and, as map key, the canonical bytes of the
 * priority (for timers the time as a 64-bit integer); PUT, DELETE and RESET only, never with time to live.
 */
export type SegmentStateKind = StateKind | 'priority-queue';

/** One state of a segment: one schema per segment and state. */
export interface StateSchema {
  /** Number of the state in the blocks of this segment, from 0 to 32,766. */
  readonly id: number;
  readonly name: string;
  readonly kind: SegmentStateKind;
  readonly namespace: SerializerSnapshot;
  /** Schema of the values; of the elements for lists, of the map values for maps. */
  readonly value: SerializerSnapshot;
  /** Schema of the map keys, for maps; of the priorities, for priority queues. */
  readonly mapKey?: SerializerSnapshot;
  /** Whether every entry carries the time stamp of its last access. The stamp belongs to the entry, not to the value. */
  readonly ttl: boolean;
  /**
   * Whose time the stamps are in; exactly when `ttl`. A stamp of one clock means nothing to the other, so a state that
   * changes its clock is stamped anew.
   */
  readonly ttlTime?: 'processing' | 'event';
  /** Facts of later versions. */
  readonly optional?: OptionalFacts;
}

/** The header of a segment. */
export interface SegmentHeader {
  /** 128 random bits in hex; seeds every checksum. */
  readonly uid: string;
  readonly checkpointId: number;
  /** The checkpoint that a delta segment builds on; absent for full images. */
  readonly baseCheckpointId?: number;
  /** The key groups that may be in the segment. */
  readonly keyGroupRange: KeyGroupRangeData;
  readonly maxParallelism: number;
  /** Which hashes placed the keys: `java-murmur-v1`. */
  readonly keyHash: string;
  readonly key: SerializerSnapshot;
  readonly states: readonly StateSchema[];
  /** Whether the entries of a state are sorted throughout a key group, and not only within each block. */
  readonly sorted: boolean;
  /** Name of the compression of the blocks; absent for none. */
  readonly compression?: string;
  /** High-water marks of event time in milliseconds, by key group: the clocks that expiry resumes from. */
  readonly ttlClocks?: readonly (readonly [keyGroup: number, timestampMs: number])[];
  /** Facts of later versions. */
  readonly optional?: OptionalFacts;
  /** Name of the backend that wrote, for messages only. */
  readonly writer: string;
  readonly timestampMs: number;
}
