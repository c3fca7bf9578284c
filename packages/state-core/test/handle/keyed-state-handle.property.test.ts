// Chains of segments across rescaling, against a model in which a segment is the set of key groups that it wrote.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  intersectKeyedStateHandle,
  type KeyedStateHandle,
  type SegmentReference,
  uniteKeyedStateHandles,
} from '../../src/handle/keyed-state-handle.js';
import { createKeyGroupPartitions } from '../../src/key-group/key-group-assignment.js';
import { KeyGroupRange } from '../../src/key-group/key-group-range.js';

const MAX_PARALLELISM = 8;

interface Subtask {
  range: KeyGroupRange;
  segments: readonly SegmentReference[];
  /** Index into `segments` by key group. */
  starts: Map<number, number>;
}

function handleOf(subtask: Subtask, checkpointId: number): KeyedStateHandle {
  return {
    kind: 'incremental',
    handleId: `${checkpointId}-${subtask.range.first}`,
    checkpointId,
    checkpointedSizeBytes: 0,
    keyGroupRange: { first: subtask.range.first, last: subtask.range.last },
    maxParallelism: MAX_PARALLELISM,
    segments: subtask.segments,
    chainStarts: [...subtask.starts].map(([keyGroup, segment]) => ({ first: keyGroup, last: keyGroup, segment })),
  };
}

describe('intersectKeyedStateHandle', () => {
  const segment = (uid: string, checkpointId: number, first: number, last: number): SegmentReference => ({
    uid,
    stream: { kind: 'byte-stream', name: uid, bytes: new Uint8Array() },
    lengthBytes: 0,
    checksum: 0,
    checkpointId,
    scope: 'shared',
    keyGroupRange: { first, last },
  });
  const handle: KeyedStateHandle = {
    kind: 'key-groups',
    handleId: 'id',
    keyGroupRange: { first: 0, last: 7 },
    maxParallelism: MAX_PARALLELISM,
    segments: [segment('a', 1, 0, 3), segment('b', 1, 4, 7), segment('c', 2, 0, 3), segment('d', 2, 4, 7)],
    chainStarts: [
      { first: 0, last: 3, segment: 0 },
      { first: 4, last: 6, segment: 1 },
      { first: 7, last: 7, segment: 3 },
    ],
    ttlClocks: [
      [1, 10],
      [5, 50],
    ],
    optional: { rows: 5 },
  };

  test('leaves out the segments that hold none of the key groups, in the middle, too', () => {
    const part = intersectKeyedStateHandle(handle, KeyGroupRange.of(4, 7));
    expect(part?.segments.map(({ uid }) => uid)).toEqual(['b', 'd']);
    expect(part?.chainStarts).toEqual([
      { first: 4, last: 6, segment: 0 },
      { first: 7, last: 7, segment: 1 },
    ]);
    expect(part?.ttlClocks).toEqual([[5, 50]]);
    expect(part?.optional).toBeUndefined();
  });

  test('has no chain where nothing is left to read', () => {
    const cut = { ...handle, chainStarts: [{ first: 4, last: 7, segment: 2 }], segments: handle.segments.slice(0, 3) };
    const part = intersectKeyedStateHandle(cut, KeyGroupRange.of(4, 7));
    expect([part?.segments, part?.chainStarts]).toEqual([[], []]);
  });

  test('gives every part an id of its own, and the whole its own back', () => {
    const ids = createKeyGroupPartitions(MAX_PARALLELISM, 4).map(
      (range) => intersectKeyedStateHandle(handle, range)?.handleId,
    );
    expect(new Set(ids).size).toBe(4);
    expect(intersectKeyedStateHandle(handle, KeyGroupRange.of(0, 7))).toBe(handle);
  });
});

describe('uniteKeyedStateHandles', () => {
  test('reads the newest value of every key group after any sequence of rescales and full images', () => {
    const step = fc.record({
      parallelism: fc.integer({ min: 1, max: MAX_PARALLELISM }),
      // Per key group: written as a full image (chain starts anew), as a delta, or not at all.
      writes: fc.array(fc.constantFrom('image', 'delta', 'none'), {
        minLength: MAX_PARALLELISM,
        maxLength: MAX_PARALLELISM,
      }),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), fc.boolean(), (steps, withRanges) => {
        const written = new Map<string, ReadonlySet<number>>();
        const history = new Map<number, string[]>();
        let handles: KeyedStateHandle[] = [];
        for (const [index, { parallelism, writes }] of steps.entries()) {
          const checkpointId = index + 1;
          handles = createKeyGroupPartitions(MAX_PARALLELISM, parallelism).map((range) => {
            const parts = handles.flatMap((handle) => intersectKeyedStateHandle(handle, range) ?? []);
            const { segments, chainStarts } = uniteKeyedStateHandles(parts);
            const starts = new Map(
              chainStarts.flatMap((start) =>
                [...KeyGroupRange.of(start.first, start.last)].map((group) => [group, start.segment] as const),
              ),
            );
            const uid = `${checkpointId}@${range.first}`;
            const groups = [...range].filter((group) => writes[group] !== 'none');
            written.set(uid, new Set(groups));
            for (const group of groups) {
              const isImage = writes[group] === 'image' || !starts.has(group);
              if (isImage) starts.set(group, segments.length);
              history.set(group, [...(isImage ? [] : (history.get(group) ?? [])), uid]);
            }
            const segment: SegmentReference = {
              uid,
              stream: { kind: 'byte-stream', name: uid, bytes: new Uint8Array() },
              lengthBytes: 0,
              checksum: 0,
              checkpointId,
              scope: 'shared',
              ...(withRanges && { keyGroupRange: { first: range.first, last: range.last } }),
            };
            return handleOf({ range, segments: [...segments, segment], starts }, checkpointId);
          });
          for (const handle of handles) {
            const ids = handle.segments.map((segment) => segment.checkpointId);
            expect(ids).toEqual([...ids].sort((a, b) => a - b));
            for (const { first, segment } of handle.chainStarts) {
              const chain = handle.segments
                .slice(segment)
                .filter(({ uid }) => written.get(uid)?.has(first))
                .map(({ uid }) => uid);
              expect(chain).toEqual(history.get(first));
            }
            expect(new Set(handle.segments.map(({ uid }) => uid)).size).toBe(handle.segments.length);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test('refuses handles that claim the same key group', () => {
    const subtask: Subtask = {
      range: KeyGroupRange.of(0, 1),
      segments: [
        {
          uid: 'a',
          stream: { kind: 'byte-stream', name: 'a', bytes: new Uint8Array() },
          lengthBytes: 0,
          checksum: 0,
          checkpointId: 1,
          scope: 'shared',
        },
      ],
      starts: new Map([[0, 0]]),
    };
    const handle = handleOf(subtask, 1);
    expect(() => uniteKeyedStateHandles([handle, handle])).toThrow(RangeError);
  });
});
