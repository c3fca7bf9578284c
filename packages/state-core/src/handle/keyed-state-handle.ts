// The keyed state of one subtask in a snapshot: an ordered list of segments and, per key group, where its chain starts.
//
//   K1. A handle is complete in itself. Whoever restores reads, for a key group, the segments from its chain start to
//       the end of the list, oldest first; nobody concatenates handles of different checkpoints.
//   K2. A later segment of the list hides what an earlier one says of the same entry, also within one checkpoint.
//   K3. Key groups outside `keyGroupRange` may be in the segments (after rescaling) and are not read.
//   K4. Segments ascend by checkpoint id, those of one checkpoint in the order of their writing, and no uid stands twice.
//       The union of several handles is the stable sort of their segments by checkpoint id with the chain starts
//       renumbered (`uniteKeyedStateHandles`); concatenation would let stale entries win.
//   K5. A handle refers to segments of earlier checkpoints only if these are `shared`, and may serve as a base only if
//       all of its segments are (`mayBeBase`): an exclusive segment goes with its checkpoint.

import { KeyGroupRange } from '../key-group/key-group-range.js';
import type { OptionalFacts } from './optional-facts.js';
import { type StreamStateHandle, streamStateSizeBytes } from './stream-state-handle.js';

/** Key groups from `first` to `last`, both inclusive, as plain data. */
export interface KeyGroupRangeData {
  readonly first: number;
  readonly last: number;
}

/** One segment file of the portable snapshot format, and what a reader needs in order to trust it. */
export interface SegmentReference {
  /** 128 random bits in hex, also in the header of the segment: a valid segment of another snapshot must not pass. */
  readonly uid: string;
  readonly stream: StreamStateHandle;
  /** Length of the segment in bytes. */
  readonly lengthBytes: number;
  /** The checksum in the trailer of the segment, an unsigned 32-bit number that covers every byte of it. */
  readonly checksum: number;
  /** The checkpoint that wrote the segment. */
  readonly checkpointId: number;
  /** Whether the stream is private to its checkpoint or may be used by later ones. */
  readonly scope: 'exclusive' | 'shared';
  /** The key groups that may be in the segment: a reader of others need not open it. Absent: any. */
  readonly keyGroupRange?: KeyGroupRangeData;
}

/** From which segment on the key groups from `first` to `last` are read. */
export interface ChainStart extends KeyGroupRangeData {
  /** Index into the segments of the handle. */
  readonly segment: number;
}

/** The logical digests of one state: 8 bytes per key group of the handle's range, in order. */
export interface StateDigests {
  readonly stateName: string;
  readonly digests: Uint8Array;
}

interface KeyedStateHandleFields {
  /** Unique among all handles. */
  readonly handleId: string;
  readonly keyGroupRange: KeyGroupRangeData;
  /** Number of key groups of the operator: fixed for the life of the state. */
  readonly maxParallelism: number;
  /** Oldest first (K1). */
  readonly segments: readonly SegmentReference[];
  /** Sorted and without overlap; a key group that none names has no state. */
  readonly chainStarts: readonly ChainStart[];
  /**
   * Order-independent digest per state and key group over the logical entries, for full images only: two snapshots
   * with the same schemas are the same when these are.
   */
  readonly digests?: readonly StateDigests[];
  /**
   * High-water marks of event time in milliseconds, by key group, as of the freeze. The clock of a key group resumes from
   * the greatest of these and of those in the headers of its segments: time goes on while nothing is written.
   */
  readonly ttlClocks?: readonly (readonly [keyGroup: number, timestampMs: number])[];
  /** Facts of later versions, which this one keeps and does not know. */
  readonly optional?: OptionalFacts;
}

/** A full image: every segment was written for this snapshot. */
export interface KeyGroupsStateHandle extends KeyedStateHandleFields {
  readonly kind: 'key-groups';
}

/** A snapshot that uses segments of earlier checkpoints. */
export interface IncrementalKeyedStateHandle extends KeyedStateHandleFields {
  readonly kind: 'incremental';
  readonly checkpointId: number;
  /** The checkpoint that the deltas of this one build on; absent when it wrote full images and may become a base. */
  readonly baseCheckpointId?: number;
  /** Bytes written for this checkpoint, in contrast to the bytes it refers to. */
  readonly checkpointedSizeBytes: number;
}

/** The keyed state of one subtask. */
export type KeyedStateHandle = KeyGroupsStateHandle | IncrementalKeyedStateHandle;

/** The key-group range of a handle as a {@link KeyGroupRange}. */
export function keyGroupRangeOf(handle: KeyedStateHandle): KeyGroupRange {
  return KeyGroupRange.of(handle.keyGroupRange.first, handle.keyGroupRange.last);
}

/** Bytes that the handle refers to, shared segments included. */
export function keyedStateSizeBytes(handle: KeyedStateHandle): number {
  let size = 0;
  for (const segment of handle.segments) size += streamStateSizeBytes(segment.stream);
  return size;
}

/** Bytes that were written for the checkpoint of this handle. */
export function keyedStateCheckpointedSizeBytes(handle: KeyedStateHandle): number {
  return handle.kind === 'incremental' ? handle.checkpointedSizeBytes : keyedStateSizeBytes(handle);
}

/**
 * The part of a handle that lies in `range`: the same segments, fewer key groups. `undefined` when nothing does.
 *
 * Segments that no remaining key group reads are left out; so are facts of later versions, which were told of the whole.
 */
export function intersectKeyedStateHandle(
  handle: KeyedStateHandle,
  range: KeyGroupRange,
): KeyedStateHandle | undefined {
  const own = keyGroupRangeOf(handle);
  const shared = own.getIntersection(range);
  if (shared.numberOfKeyGroups === 0) return undefined;
  if (shared.equals(own)) return handle;
  const { digests, ttlClocks, optional: _, ...fields } = handle;
  return {
    ...fields,
    handleId: `${handle.handleId}/${shared.first}-${shared.last}`,
    keyGroupRange: { first: shared.first, last: shared.last },
    ...clipChains(handle, shared),
    ...(digests === undefined ? {} : { digests: digests.map((state) => sliceDigests(state, own, shared)) }),
    ...(ttlClocks === undefined ? {} : { ttlClocks: ttlClocks.filter(([keyGroup]) => shared.contains(keyGroup)) }),
  };
}

function clipChains(handle: KeyedStateHandle, range: KeyGroupRange): UnitedSegments {
  const starts = clipChainStarts(handle.chainStarts, range);
  const firstRead = starts.reduce((least, { segment }) => Math.min(least, segment), handle.segments.length);
  const segments: SegmentReference[] = [];
  /** By old index: the new one of the segment, or of the next that is left. */
  const newIndexes: number[] = [];
  for (const [index, segment] of handle.segments.entries()) {
    newIndexes.push(segments.length);
    if (index >= firstRead && mayHoldKeyGroups(segment, range)) segments.push(segment);
  }
  const chainStarts = starts.flatMap((start) => {
    const segment = newIndexes[start.segment] as number;
    return segment < segments.length ? [{ ...start, segment }] : [];
  });
  return { segments, chainStarts };
}

/** Whether key groups of `range` may be in a segment: if not, a reader of these need not open it. */
export function mayHoldKeyGroups({ keyGroupRange }: SegmentReference, range: KeyGroupRange): boolean {
  return keyGroupRange === undefined || (keyGroupRange.first <= range.last && keyGroupRange.last >= range.first);
}

function clipChainStarts(starts: readonly ChainStart[], range: KeyGroupRange): ChainStart[] {
  const clipped: ChainStart[] = [];
  for (const start of starts) {
    const shared = range.getIntersection(KeyGroupRange.of(start.first, start.last));
    if (shared.numberOfKeyGroups > 0) clipped.push({ first: shared.first, last: shared.last, segment: start.segment });
  }
  return clipped;
}

function sliceDigests(state: StateDigests, own: KeyGroupRange, shared: KeyGroupRange): StateDigests {
  const start = (shared.first - own.first) * 8;
  return { stateName: state.stateName, digests: state.digests.slice(start, start + shared.numberOfKeyGroups * 8) };
}

/**
 * Whether later checkpoints may build on the segments of a handle (K5).
 */
export function mayBeBase(handle: KeyedStateHandle): boolean {
  return handle.segments.every((segment) => segment.scope === 'shared');
}

/** The segments and chain starts of several handles as one list. */
export interface UnitedSegments {
  readonly segments: readonly SegmentReference[];
  readonly chainStarts: readonly ChainStart[];
}

/**
 * The union of handles that share no key group, as one list of segments (K4): what a subtask continues its chains from
 * after a restore at another parallelism.
 *
 * @throws RangeError when two handles claim the same key group.
 */
export function uniteKeyedStateHandles(handles: readonly KeyedStateHandle[]): UnitedSegments {
  const byUid = new Map<string, SegmentReference>();
  for (const handle of handles)
    for (const segment of handle.segments) if (!byUid.has(segment.uid)) byUid.set(segment.uid, segment);
  // Array.prototype.sort is stable: segments of one checkpoint and subtask keep the order of their writing.
  const segments = [...byUid.values()].sort((a, b) => a.checkpointId - b.checkpointId);
  const indexOf = new Map(segments.map((segment, index) => [segment.uid, index]));
  const chainStarts = handles
    .flatMap((handle) =>
      handle.chainStarts.map((start) => ({
        ...start,
        segment: indexOf.get((handle.segments[start.segment] as SegmentReference).uid) as number,
      })),
    )
    .sort((a, b) => a.first - b.first);
  for (const [index, start] of chainStarts.entries()) {
    const next = chainStarts[index + 1];
    if (next !== undefined && next.first <= start.last) {
      throw new RangeError(`two handles claim key group ${next.first}`);
    }
  }
  return { segments, chainStarts };
}
