import { describe, expect, it } from 'vitest';
import type { RawKeyedStateHandle } from '../../src/checkpoint/checkpoint-metadata.js';
import type { KeyedStateHandle, SegmentReference } from '../../src/handle/keyed-state-handle.js';
import { KeyGroupRange } from '../../src/key-group/key-group-range.js';
import { redistributeKeyedState, redistributeRawKeyedState } from '../../src/support/keyed-state-redistribution.js';

function segment(name: string): SegmentReference {
  return {
    uid: name,
    stream: { kind: 'file', location: name, sizeBytes: 10 },
    lengthBytes: 10,
    checksum: 0,
    checkpointId: 1,
    scope: 'exclusive',
  };
}

function handle(first: number, last: number, maxParallelism = 8): KeyedStateHandle {
  return {
    kind: 'key-groups',
    handleId: `${first}-${last}`,
    keyGroupRange: { first, last },
    maxParallelism,
    segments: [segment(`old ${first}`), segment(`new ${first}`)],
    chainStarts: [
      { first, last: first, segment: 1 },
      { first: first + 1, last, segment: 0 },
    ],
    digests: [
      {
        stateName: 's',
        digests: Uint8Array.from({ length: (last - first + 1) * 8 }, (_, index) => first + (index >> 3)),
      },
    ],
  };
}

function raw(first: number, offsets: readonly number[]): RawKeyedStateHandle {
  return {
    kind: 'raw-keyed',
    keyGroupRange: { first, last: first + offsets.length - 1 },
    offsets,
    stream: { kind: 'file', location: `raw ${first}`, sizeBytes: 100 },
  };
}

describe('redistributing keyed state', () => {
  it('hands an unchanged range on as it was', () => {
    const own = handle(0, 3);
    const [part] = redistributeKeyedState([own, handle(4, 7)], KeyGroupRange.of(0, 3), 8);
    expect(part).toBe(own);
  });

  it('KeyGroupsStateHandle.getIntersection: cuts ranges, chain starts and digests, and leaves segments out that nobody reads', () => {
    const parts = redistributeKeyedState([handle(4, 7), handle(0, 3)], KeyGroupRange.of(3, 4), 8);
    expect(parts).toEqual([
      {
        kind: 'key-groups',
        handleId: '0-3/3-3',
        keyGroupRange: { first: 3, last: 3 },
        maxParallelism: 8,
        segments: [segment('old 0'), segment('new 0')],
        chainStarts: [{ first: 3, last: 3, segment: 0 }],
        digests: [{ stateName: 's', digests: new Uint8Array(8).fill(3) }],
      },
      {
        kind: 'key-groups',
        handleId: '4-7/4-4',
        keyGroupRange: { first: 4, last: 4 },
        maxParallelism: 8,
        segments: [segment('new 4')],
        chainStarts: [{ first: 4, last: 4, segment: 0 }],
        digests: [{ stateName: 's', digests: new Uint8Array(8).fill(4) }],
      },
    ]);
  });

  it('refuses another max parallelism, with the number to set', () => {
    const restore = () => redistributeKeyedState([handle(0, 3, 16)], KeyGroupRange.of(0, 7), 8);
    expect(restore).toThrow(expect.objectContaining({ code: 'max-parallelism-mismatch' }));
    expect(restore).toThrow(/set it to 16/);
  });

  it('refuses a key group that two handles have', () => {
    const restore = () => redistributeKeyedState([handle(0, 3), handle(2, 5)], KeyGroupRange.of(0, 7), 8);
    expect(restore).toThrow(expect.objectContaining({ code: 'snapshot-invalid' }));
  });

  it('cuts raw keyed state, and leaves streams out that have nothing for the range', () => {
    const handles = [raw(0, [0, -1, 20, 30]), raw(4, [-1, -1, 5, 6])];
    expect(redistributeRawKeyedState(handles, KeyGroupRange.of(2, 5))).toEqual([
      { ...raw(2, [20, 30]), stream: { kind: 'file', location: 'raw 0', sizeBytes: 100 } },
    ]);
  });
});
