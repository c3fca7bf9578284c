// The chain of one subtask: the segments that a checkpoint consists of, and from which of them each key group is read.
// What the next increment continues.
//
// Owns: continuing a chain by what a checkpoint wrote, leaving out what nobody reads any more, and choosing the key groups
// whose chain has become too long. Leaves the writing to incremental-snapshot-writer.ts.
//
//   CH1. A chain is never changed: every checkpoint has its own.
//   CH2. A key group is due for a full image when its deltas together are larger than its last image, or when it is read
//        from CHAIN_SEGMENTS_MAX segments. No more than one in KEY_GROUPS_PER_DUE of the key groups is rewritten for that
//        in one checkpoint, the longest chains first.
//   CH3. What is written is therefore at most three times what changed (an image is no larger than the one before it and
//        the deltas since, and those are larger than the one before), and besides, for the length of chains, at most each
//        key group once in CHAIN_SEGMENTS_MAX checkpoints.
//   CH4. A segment is named as long as a key group that may be in it is read from it or from an earlier one.

import {
  type ChainStart,
  type KeyedStateHandle,
  mayBeBase,
  type SegmentReference,
  uniteKeyedStateHandles,
} from '../handle/keyed-state-handle.js';
import type { KeyGroupRange } from '../key-group/key-group-range.js';
import type { StateSchema } from '../snapshot-format/segment-header.js';
import { payloadBytesOf, type RestoredKeyedState } from './restored-keyed-state.js';

/** A key group that is read from so many segments is due for a full image. */
export const CHAIN_SEGMENTS_MAX: number = 64;
/** One in so many key groups, and at least one, may be rewritten in one checkpoint because it is due. */
export const KEY_GROUPS_PER_DUE: number = 16;

/** What a checkpoint writes of a key group: everything, what changed, or nothing because nothing changed. */
export type KeyGroupMode = 'image' | 'delta' | 'unchanged';

/** What a checkpoint wrote. */
export interface WrittenIncrement {
  /** In the order of writing; empty when nothing changed. */
  readonly segments: readonly SegmentReference[];
  readonly modeOf: (keyGroup: number) => KeyGroupMode;
  readonly bytesOf: (keyGroup: number) => number;
  /** The schemas that the segments name. */
  readonly schemas: Iterable<StateSchema>;
}

/** No segment: the key group has no state. */
const NO_START = -1;

interface ChainParts {
  readonly range: KeyGroupRange;
  readonly segments: readonly SegmentReference[];
  /** Index into the segments by key group of the range, or {@link NO_START}. */
  readonly starts: Int32Array;
  /** Bytes of the last image by key group, and of all deltas since. */
  readonly imageBytes: Float64Array;
  readonly deltaBytes: Float64Array;
  /** 1 where the chain of a key group has segments that this instance restored. */
  readonly restored: Uint8Array;
  readonly schemas: ReadonlySet<string>;
}

/** The segments of one checkpoint of one subtask (CH1). */
export class SnapshotChain {
  private constructor(private readonly parts: ChainParts) {}

  /** The chain of nothing: everything must be written. */
  static empty(range: KeyGroupRange): SnapshotChain {
    const count = range.numberOfKeyGroups;
    return new SnapshotChain({
      range,
      segments: [],
      starts: new Int32Array(count).fill(NO_START),
      imageBytes: new Float64Array(count),
      deltaBytes: new Float64Array(count),
      restored: new Uint8Array(count),
      schemas: new Set(),
    });
  }

  /**
   * The chain that a subtask goes on from after a restore, at whatever parallelism; `undefined` when no checkpoint may
   * build on what was restored.
   *
   * @param restored - As loaded, before anything of it is decoded.
   * @throws RangeError when two handles claim the same key group.
   */
  static ofRestored(
    handles: readonly KeyedStateHandle[],
    range: KeyGroupRange,
    restored: RestoredKeyedState,
  ): SnapshotChain | undefined {
    if (!handles.every(mayBeBase)) return undefined;
    const united = uniteKeyedStateHandles(handles);
    const chain = SnapshotChain.empty(range).parts;
    for (const { first, last, segment } of united.chainStarts) {
      for (let keyGroup = Math.max(first, range.first); keyGroup <= Math.min(last, range.last); keyGroup++) {
        chain.starts[keyGroup - range.first] = segment;
        chain.restored[keyGroup - range.first] = 1;
      }
    }
    const checkpointOf = new Map(united.segments.map(({ uid, checkpointId }) => [uid, checkpointId]));
    for (const { name } of restored.states.values()) {
      for (const keyGroup of restored.keyGroupsOf(name)) {
        const index = keyGroup - range.first;
        const imageId = united.segments[chain.starts[index] as number]?.checkpointId;
        for (const { segmentUid, blocks } of restored.chainOf(name, keyGroup) ?? []) {
          const isImage = segmentUid !== undefined && checkpointOf.get(segmentUid) === imageId;
          const bytes = isImage ? chain.imageBytes : chain.deltaBytes;
          for (const block of blocks) (bytes[index] as number) += payloadBytesOf(block);
        }
      }
    }
    const schemas = [...restored.states.values()].flatMap((state) => state.schemas.map(schemaKey));
    return new SnapshotChain(withoutUnread({ ...chain, segments: united.segments, schemas: new Set(schemas) }));
  }

  get segments(): readonly SegmentReference[] {
    return this.parts.segments;
  }

  /** Where the key groups start, for the handle. */
  get chainStarts(): readonly ChainStart[] {
    const { starts, range } = this.parts;
    const merged: ChainStart[] = [];
    for (let index = 0; index < starts.length; ) {
      const segment = starts[index] as number;
      let end = index + 1;
      while (end < starts.length && starts[end] === segment) end++;
      if (segment !== NO_START) merged.push({ first: range.first + index, last: range.first + end - 1, segment });
      index = end;
    }
    return merged;
  }

  /** Whether anything is known of a key group: without that, only an image says what it holds. */
  has(keyGroup: number): boolean {
    return this.parts.starts[keyGroup - this.parts.range.first] !== NO_START;
  }

  /** Whether a key group is still read from what was restored. */
  reachesRestored(keyGroup: number): boolean {
    return this.parts.restored[keyGroup - this.parts.range.first] === 1;
  }

  /** Whether the segments name all of these schemas: then nothing need be written for the sake of a header. */
  knows(schemas: Iterable<StateSchema>): boolean {
    for (const schema of schemas) if (!this.parts.schemas.has(schemaKey(schema))) return false;
    return true;
  }

  /**
   * The key groups that a checkpoint rewrites because their chain is long or heavy (CH2).
   *
   * @param isChanged - Whether a key group changed since the checkpoint of this chain: one that did not is left heavy.
   */
  due(isChanged: (keyGroup: number) => boolean): ReadonlySet<number> {
    const { range, imageBytes, deltaBytes } = this.parts;
    const lengths = this.lengths();
    const due: { keyGroup: number; weight: number }[] = [];
    for (let index = 0; index < lengths.length; index++) {
      const byLength = (lengths[index] as number) / CHAIN_SEGMENTS_MAX;
      const byBytes = (deltaBytes[index] as number) / Math.max(1, imageBytes[index] as number);
      const keyGroup = range.first + index;
      if (byLength < 1 && !(byBytes > 1 && isChanged(keyGroup))) continue;
      due.push({ keyGroup, weight: Math.max(byLength, byBytes) });
    }
    due.sort((a, b) => b.weight - a.weight);
    const most = Math.ceil(range.numberOfKeyGroups / KEY_GROUPS_PER_DUE);
    return new Set(due.slice(0, most).map(({ keyGroup }) => keyGroup));
  }

  /** This chain, continued by a checkpoint. */
  continuedBy({ segments, modeOf, bytesOf, schemas }: WrittenIncrement): SnapshotChain {
    const { range } = this.parts;
    const all = [...this.parts.segments, ...segments];
    const starts = this.parts.starts.slice();
    const imageBytes = this.parts.imageBytes.slice();
    const deltaBytes = this.parts.deltaBytes.slice();
    const restored = this.parts.restored.slice();
    for (let index = 0; index < starts.length; index++) {
      const keyGroup = range.first + index;
      const bytes = bytesOf(keyGroup);
      if (modeOf(keyGroup) === 'image') {
        starts[index] = segments.length === 0 ? NO_START : this.parts.segments.length;
        imageBytes[index] = bytes;
        deltaBytes[index] = 0;
        restored[index] = 0;
      } else {
        (deltaBytes[index] as number) += bytes;
      }
    }
    const named = new Set(segments.length === 0 ? this.parts.schemas : [...schemas].map(schemaKey));
    return new SnapshotChain(
      withoutUnread({ range, segments: all, starts, imageBytes, deltaBytes, restored, schemas: named }),
    );
  }

  private lengths(): Int32Array {
    const { segments, starts, range } = this.parts;
    const lengths = new Int32Array(starts.length);
    for (let index = 0; index < starts.length; index++) {
      const start = starts[index] as number;
      lengths[index] = start === NO_START ? 0 : segments.length - start;
    }
    for (const [position, segment] of segments.entries()) {
      if (coversRange(segment, range)) continue;
      for (let index = 0; index < starts.length; index++) {
        const isRead = starts[index] !== NO_START && (starts[index] as number) <= position;
        if (isRead && !mayHold(segment, range.first + index)) (lengths[index] as number)--;
      }
    }
    return lengths;
  }
}

/** Leaves out the segments that no key group reads any more (CH4). */
function withoutUnread(parts: ChainParts): ChainParts {
  const { segments, starts, range } = parts;
  let least = segments.length;
  for (const start of starts) if (start !== NO_START && start < least) least = start;
  const isRead = segments.map((segment, position) => {
    if (position < least) return false;
    if (coversRange(segment, range)) return true;
    return starts.some(
      (start, index) => start !== NO_START && start <= position && mayHold(segment, range.first + index),
    );
  });
  if (isRead.every(Boolean)) return parts;
  // Where each segment goes; a start at one that is left out moves to the next that stays.
  const positions = new Int32Array(segments.length + 1);
  let kept = 0;
  for (let position = 0; position < segments.length; position++) {
    positions[position] = kept;
    if (isRead[position]) kept++;
  }
  positions[segments.length] = kept;
  const moved = starts.map((start) => {
    const position = start === NO_START ? NO_START : (positions[start] as number);
    return position === kept ? NO_START : position;
  });
  return { ...parts, segments: segments.filter((_, position) => isRead[position]), starts: moved };
}

function mayHold({ keyGroupRange }: SegmentReference, keyGroup: number): boolean {
  return keyGroupRange === undefined || (keyGroup >= keyGroupRange.first && keyGroup <= keyGroupRange.last);
}

function coversRange({ keyGroupRange }: SegmentReference, range: KeyGroupRange): boolean {
  return keyGroupRange === undefined || (keyGroupRange.first <= range.first && keyGroupRange.last >= range.last);
}

/** The same for schemas that differ in nothing but their number. */
function schemaKey(schema: StateSchema): string {
  const { id: _, ...fields } = schema;
  return JSON.stringify(fields);
}
