// RS1 to RS5 of restored-keyed-state.ts: what is fetched, what is refused, what is given up.

import { describe, expect, it } from 'vitest';
import type { KeyedStateHandle } from '../../src/handle/keyed-state-handle.js';
import { KeyGroupRange } from '../../src/key-group/key-group-range.js';
import { float64 } from '../../src/serialization/float64-serializer.js';
import { int32 } from '../../src/serialization/integer-serializers.js';
import { string } from '../../src/serialization/string-serializer.js';
import type { KeySerializer } from '../../src/serialization/type-serializer.js';
import type { SegmentHeader, StateSchema } from '../../src/snapshot-format/segment-header.js';
import { openSegmentWriter } from '../../src/snapshot-format/segment-writer.js';
import { VOID_NAMESPACE, voidNamespaceSerializer } from '../../src/state/namespace.js';
import { RestoredKeyedState, type RestoreParameters } from '../../src/support/restored-keyed-state.js';
import { MemoryCheckpointStreams } from './memory-checkpoint-streams.js';

const values: StateSchema = {
  id: 0,
  name: 'values',
  kind: 'value',
  namespace: voidNamespaceSerializer.snapshot(),
  value: int32.snapshot(),
  ttl: false,
};
const codec = {
  key: int32 as KeySerializer<unknown>,
  namespace: voidNamespaceSerializer as KeySerializer<unknown>,
  value: int32 as KeySerializer<unknown>,
};

/** A handle over segments, each with one entry in every key group from 0 to 3. */
async function handleOf(
  streams: MemoryCheckpointStreams,
  ...headers: readonly Partial<SegmentHeader>[]
): Promise<KeyedStateHandle> {
  const segments = [];
  for (const [index, header] of headers.entries()) {
    const stream = await streams.createCheckpointStateOutputStream('exclusive', { stateNames: [], sort: 'keyed' });
    const writer = await openSegmentWriter({
      stream,
      scope: 'exclusive',
      header: {
        uid: index.toString(16).padStart(32, '0'),
        checkpointId: 1,
        keyGroupRange: { first: 0, last: 3 },
        maxParallelism: 4,
        keyHash: 'java-murmur-v1',
        key: int32.snapshot(),
        states: [values],
        sorted: false,
        writer: 'test',
        timestampMs: 0,
        ...header,
      },
    });
    for (let keyGroup = 0; keyGroup < 4; keyGroup++) {
      writer.startState(keyGroup, 0, codec);
      if (header.states?.[0]?.kind === 'list') writer.splice(keyGroup, VOID_NAMESPACE, 0, [index], 0, 1);
      else writer.put(keyGroup, VOID_NAMESPACE, index);
      await writer.endBlock();
    }
    segments.push((await writer.finish()).reference);
  }
  return {
    kind: 'key-groups',
    handleId: 'handle',
    keyGroupRange: { first: 0, last: 3 },
    maxParallelism: 4,
    segments,
    chainStarts: [{ first: 0, last: 3, segment: 0 }],
  };
}

function load(
  streams: MemoryCheckpointStreams,
  stateHandles: readonly KeyedStateHandle[],
  other: Partial<RestoreParameters<number>> = {},
): Promise<RestoredKeyedState> {
  return RestoredKeyedState.load({
    stateHandles,
    keySerializer: int32,
    numberOfKeyGroups: 4,
    keyGroupRange: KeyGroupRange.of(0, 3),
    stateReader: streams,
    signal: new AbortController().signal,
    operatorIdentifier: 'count_0',
    ...other,
  });
}

const failsWith = (code: string, ...words: string[]) =>
  expect.objectContaining({ code, message: expect.stringMatching(new RegExp(words.join('[\\s\\S]*'))) });

describe('what is restored', () => {
  it('is a chain per state and key group, a link per segment, oldest first', async () => {
    const streams = new MemoryCheckpointStreams();
    const restored = await load(streams, [await handleOf(streams, {}, {})]);
    expect([...restored.states.keys()]).toEqual(['values']);
    expect(restored.keyGroupsOf('values')).toEqual([0, 1, 2, 3]);
    const chain = restored.chainOf('values', 2);
    expect(chain?.map(({ blocks }) => blocks.length)).toEqual([1, 1]);
    expect(chain?.[0]?.schema).toBe(chain?.[1]?.schema);
  });

  it('is what the key groups of the subtask have, from where their chains start', async () => {
    const streams = new MemoryCheckpointStreams();
    const handle = await handleOf(streams, {}, {});
    const chainStarts = [
      { first: 0, last: 1, segment: 0 },
      { first: 2, last: 3, segment: 1 },
    ];
    const restored = await load(streams, [{ ...handle, chainStarts }], { keyGroupRange: KeyGroupRange.of(1, 2) });
    expect(restored.keyGroupsOf('values')).toEqual([1, 2]);
    expect([restored.chainOf('values', 1)?.length, restored.chainOf('values', 2)?.length]).toEqual([2, 1]);
  });

  it('is given up chain by chain, and the state stays known', async () => {
    const streams = new MemoryCheckpointStreams();
    const restored = await load(streams, [await handleOf(streams, {})]);
    const before = restored.sizeBytes;
    restored.drop('values', 1);
    restored.drop('values', 1);
    expect(restored.sizeBytes).toBe(before * 0.75);
    expect(restored.chainOf('values', 1)).toBeUndefined();
    for (const keyGroup of [0, 2, 3]) restored.drop('values', keyGroup);
    expect([restored.sizeBytes, restored.states.has('values')]).toEqual([0, true]);
  });

  it('RS5: stays as it was for whoever froze it, and freezing looks at nothing', async () => {
    const streams = new MemoryCheckpointStreams();
    const restored = await load(streams, [await handleOf(streams, {}, {})]);
    const first = restored.freeze();
    expect(first.states).toBe(restored.states);
    restored.drop('values', 1);
    const second = restored.freeze();
    restored.drop('values', 2);
    restored.drop('values', 2);
    const chain = first.chainOf('values', 1);
    restored.clear();
    expect([first, second, restored].map((one) => one.keyGroupsOf('values'))).toEqual([[0, 1, 2, 3], [0, 2, 3], []]);
    expect(chain?.map(({ blocks }) => blocks.length)).toEqual([1, 1]);
    expect(second.chainOf('values', 1)).toBeUndefined();
    expect(second.chainOf('values', 2)).toBeDefined();
  });

  it('RS4: opens no segment that holds none of the key groups', async () => {
    const streams = new MemoryCheckpointStreams();
    const handle = await handleOf(streams, {}, {});
    const [elsewhere, here] = handle.segments;
    if (elsewhere === undefined || here === undefined) throw new Error('two segments were written');
    const gone = { ...elsewhere, keyGroupRange: { first: 0, last: 1 }, lengthBytes: 7 };
    const restored = await load(streams, [{ ...handle, segments: [gone, here] }], {
      keyGroupRange: KeyGroupRange.of(2, 3),
    });
    expect(restored.chainOf('values', 2)?.length).toBe(1);
    await expect(load(streams, [{ ...handle, segments: [gone, here] }])).rejects.toThrow();
  });

  it('keeps every schema that parts of a state were written under, once', async () => {
    const streams = new MemoryCheckpointStreams();
    const wider = { ...values, id: 0, value: float64.snapshot() };
    const handle = await handleOf(streams, {}, { states: [{ ...values, id: 0 }] });
    const restored = await load(streams, [handle]);
    expect(restored.states.get('values')?.schemas).toHaveLength(1);
    const both = await load(streams, [await handleOf(streams, { states: [wider] }, {})]);
    expect(both.states.get('values')?.schemas.map(({ value }) => value.type)).toEqual(['float64', 'int32']);
  });
});

describe('what is refused', () => {
  it('another max parallelism, with the line to configure', async () => {
    const streams = new MemoryCheckpointStreams();
    const loading = load(streams, [await handleOf(streams, {})], { numberOfKeyGroups: 8 });
    await expect(loading).rejects.toThrow(failsWith('max-parallelism-mismatch', '4', '8', 'maxParallelism: 4'));
  });

  it('a segment with another max parallelism than its handle', async () => {
    const streams = new MemoryCheckpointStreams();
    const handle = await handleOf(streams, { maxParallelism: 16 });
    await expect(load(streams, [handle])).rejects.toThrow(failsWith('snapshot-invalid', '16'));
  });

  it('keys of another type, old and new side by side', async () => {
    const streams = new MemoryCheckpointStreams();
    const handle = await handleOf(streams, { key: string.snapshot() });
    await expect(load(streams, [handle])).rejects.toThrow(failsWith('key-serializer-incompatible', 'string', 'int32'));
  });

  it('one name for two sorts of state', async () => {
    const streams = new MemoryCheckpointStreams();
    const handle = await handleOf(streams, {}, { states: [{ ...values, kind: 'list' }] });
    await expect(load(streams, [handle])).rejects.toThrow(failsWith('snapshot-invalid', 'value', 'list'));
  });

  it('everything once the signal has fired, with its reason', async () => {
    const streams = new MemoryCheckpointStreams();
    const handle = await handleOf(streams, {});
    const controller = new AbortController();
    controller.abort(new Error('enough'));
    const loading = load(streams, [handle], { signal: controller.signal });
    await expect(loading).rejects.toThrow(
      expect.objectContaining({ code: 'checkpoint-aborted', cause: controller.signal.reason }),
    );
  });
});
