// Chains of segments: full images followed by deltas, as an incremental backend writes them. They restore, they are
// carried along when nobody touches them, and they survive being touched in part.

import {
  float64,
  int32,
  type KeySerializer,
  ListStateDescriptor,
  MapStateDescriptor,
  StateTtlConfig,
  string,
  ValueStateDescriptor,
} from '@tidemark/state-core';
import {
  type KeyedStateBackend,
  type KeyedStateHandle,
  VOID_NAMESPACE,
  voidNamespaceSerializer,
} from '@tidemark/state-core/spi';
import {
  openSegmentWriter,
  type RecordCodec,
  type SegmentRecordWriter,
  type StateSchema,
} from '@tidemark/state-core/support';
import { ManualClock, plainState, StateBackendHarness } from '@tidemark/state-testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HashMapStateBackend } from '../src/index.js';

const values = new ValueStateDescriptor('values', { type: int32 });
const maps = new MapStateDescriptor('maps', { key: string, value: int32 });
const lists = new ListStateDescriptor('lists', { type: string });

const namespace = voidNamespaceSerializer.snapshot();
const SCHEMAS: readonly StateSchema[] = [
  { id: 0, name: 'values', kind: 'value', namespace, value: int32.snapshot(), ttl: false },
  { id: 1, name: 'maps', kind: 'map', namespace, value: int32.snapshot(), mapKey: string.snapshot(), ttl: false },
  { id: 2, name: 'lists', kind: 'list', namespace, value: string.snapshot(), ttl: false },
  { id: 3, name: 'seen', kind: 'value', namespace, value: int32.snapshot(), ttl: true, ttlTime: 'processing' },
  {
    id: 4,
    name: 'visits',
    kind: 'map',
    namespace,
    value: int32.snapshot(),
    mapKey: string.snapshot(),
    ttl: true,
    ttlTime: 'processing',
  },
  { id: 5, name: 'clicks', kind: 'list', namespace, value: string.snapshot(), ttl: true, ttlTime: 'processing' },
];
const V = VOID_NAMESPACE;

function startState(writer: SegmentRecordWriter, id: 0 | 1 | 2 | 3 | 4 | 5): void {
  writer.startState(0, id, {
    key: int32 as KeySerializer<unknown>,
    namespace: voidNamespaceSerializer as KeySerializer<unknown>,
    ...(id === 1 || id === 4 ? { mapKey: string as KeySerializer<unknown> } : {}),
    value: (id === 2 || id === 5 ? string : int32) as KeySerializer<unknown>,
  });
}

/** What writes under other schemas. */
const SCHEMAS_OF: Map<unknown, readonly StateSchema[]> = new Map();
/** What writes a full image; all else writes a delta. */
const IMAGES: Set<unknown> = new Set();

/** Writes one segment per argument, all of key group 0, and a handle over them. */
async function chainOf(
  harness: StateBackendHarness,
  ...segments: readonly ((writer: SegmentRecordWriter) => void)[]
): Promise<KeyedStateHandle> {
  const references = [];
  for (const [index, write] of segments.entries()) {
    const stream = await harness.streams.createCheckpointStateOutputStream('shared', { stateNames: [], sort: 'keyed' });
    const writer = await openSegmentWriter({
      stream,
      scope: 'shared',
      header: {
        uid: index.toString(16).padStart(32, '0'),
        checkpointId: index + 1,
        keyGroupRange: { first: 0, last: 0 },
        maxParallelism: 1,
        keyHash: 'java-murmur-v1',
        key: int32.snapshot(),
        ...(IMAGES.has(write) ? {} : { baseCheckpointId: index }),
        states: SCHEMAS_OF.get(write) ?? SCHEMAS,
        sorted: false,
        writer: 'test',
        timestampMs: 0,
      },
    });
    write(writer);
    await writer.endBlock();
    references.push((await writer.finish()).reference);
  }
  return {
    kind: 'incremental',
    handleId: 'chain',
    checkpointId: segments.length,
    checkpointedSizeBytes: 0,
    keyGroupRange: { first: 0, last: 0 },
    maxParallelism: 1,
    segments: references,
    chainStarts: [{ first: 0, last: 0, segment: 0 }],
  };
}

function harnessOfOneTest(): StateBackendHarness {
  const harness = new StateBackendHarness(new HashMapStateBackend());
  onTestFinished(() => harness.close());
  return harness;
}

const image = (writer: SegmentRecordWriter): void => {
  startState(writer, 0);
  for (const key of [1, 2, 3]) writer.put(key, V, key);
  startState(writer, 1);
  for (const key of [1, 2]) for (const mapKey of ['a', 'b']) writer.putMapEntry(key, V, mapKey, key);
  startState(writer, 2);
  for (const key of [1, 2, 3]) writer.splice(key, V, 0, ['x', 'y', 'z'], 0, 3);
};
IMAGES.add(image);
const firstDelta = (writer: SegmentRecordWriter): void => {
  startState(writer, 0);
  writer.delete(1, V);
  writer.put(2, V, 20);
  writer.put(4, V, 4);
  startState(writer, 1);
  writer.clear(1, V);
  writer.putMapEntry(1, V, 'c', 10);
  writer.deleteMapEntry(2, V, 'a');
  startState(writer, 2);
  writer.splice(1, V, 3, ['w'], 0, 1);
  writer.splice(2, V, 1, ['q'], 0, 1);
  writer.clear(3, V);
};
const secondDelta = (writer: SegmentRecordWriter): void => {
  startState(writer, 0);
  writer.put(1, V, 100);
  startState(writer, 1);
  writer.reset();
  writer.putMapEntry(9, V, 'n', 9);
  startState(writer, 2);
  writer.splice(3, V, 0, ['new'], 0, 1);
};

interface Contents {
  readonly values: readonly (number | undefined)[];
  readonly maps: readonly unknown[];
  readonly lists: readonly string[];
}

function read(backend: KeyedStateBackend<number>): Contents {
  const [value, map, list] = [plainState(backend, values), plainState(backend, maps), plainState(backend, lists)];
  const contents: { values: (number | undefined)[]; maps: unknown[]; lists: string[] } = {
    values: [],
    maps: [],
    lists: [],
  };
  for (const key of [1, 2, 3, 4, 9]) {
    backend.setCurrentKey(key);
    contents.values.push(value.value());
    contents.maps.push(Object.fromEntries(map));
    contents.lists.push([...list.get()].join(''));
  }
  return contents;
}

const afterOne: Contents = {
  values: [undefined, 20, 3, 4, undefined],
  maps: [{ c: 10 }, { b: 2 }, {}, {}, {}],
  lists: ['xyzw', 'xq', '', '', ''],
};
const afterTwo: Contents = {
  values: [100, 20, 3, 4, undefined],
  maps: [{}, {}, {}, {}, { n: 9 }],
  lists: ['xyzw', 'xq', 'new', '', ''],
};

describe('a chain', () => {
  it('is applied oldest first: PUT, DELETE, CLEAR, RESET, SPLICE', async () => {
    const harness = harnessOfOneTest();
    for (const [segments, expected] of [
      [[image, firstDelta], afterOne],
      [[image, firstDelta, secondDelta], afterTwo],
    ] as const) {
      const handle = await chainOf(harness, ...segments);
      const backend = await harness.createKeyed({ numberOfKeyGroups: 1, restore: [handle] });
      expect(read(backend)).toEqual(expected);
    }
  });

  it('starts where its handle says', async () => {
    const harness = harnessOfOneTest();
    const handle = await chainOf(harness, secondDelta, image, firstDelta);
    const later = { ...handle, chainStarts: [{ first: 0, last: 0, segment: 1 }] };
    const backend = await harness.createKeyed({ numberOfKeyGroups: 1, restore: [later] });
    expect(read(backend)).toEqual(afterOne);
  });

  it('is folded into one image when nobody touches it, and has the digests of what it holds', async () => {
    const harness = harnessOfOneTest();
    let handle: KeyedStateHandle | undefined = await chainOf(harness, image, firstDelta, secondDelta);
    for (let round = 0; round < 2; round++) {
      const backend: KeyedStateBackend<number> = await harness.createKeyed({ numberOfKeyGroups: 1, restore: [handle] });
      handle = await harness.snapshot(backend);
      expect(handle?.kind).toBe('key-groups');
      expect(handle?.segments.length).toBe(1);
    }
    const restored = await harness.createKeyed({ numberOfKeyGroups: 1, restore: [handle] });
    expect(read(restored)).toEqual(afterTwo);
    // Decoded and written anew it is the same.
    expect((await harness.snapshot(restored))?.digests).toEqual(handle?.digests);
  });

  it('of 64 links becomes one image, and stays one', async () => {
    const harness = harnessOfOneTest();
    const deltas = Array.from({ length: 63 }, (_, index) => (writer: SegmentRecordWriter): void => {
      startState(writer, 0);
      writer.put(index % 5, V, index);
      startState(writer, 2);
      writer.splice(1, V, 3 + index, ['+'], 0, 1);
    });
    let handle: KeyedStateHandle | undefined = await chainOf(harness, image, ...deltas);
    for (let round = 0; round < 3; round++) {
      const backend: KeyedStateBackend<number> = await harness.createKeyed({ numberOfKeyGroups: 1, restore: [handle] });
      handle = await harness.snapshot(backend);
      expect(handle?.segments.length).toBe(1);
    }
    const backend = await harness.createKeyed({ numberOfKeyGroups: 1, restore: [handle] });
    expect(read(backend).values).toEqual([61, 62, 58, 59, undefined]);
    expect(read(backend).lists[0]).toBe(`xyz${'+'.repeat(63)}`);
  });

  it('of two schemas becomes one image for each, however often it is carried along', async () => {
    const harness = harnessOfOneTest();
    const asNumber: StateSchema = {
      id: 0,
      name: 'values',
      kind: 'value',
      namespace,
      value: float64.snapshot(),
      ttl: false,
    };
    const asNumbers = (writer: SegmentRecordWriter): void => {
      const codec = { key: int32, namespace: voidNamespaceSerializer, value: float64 };
      writer.startState(0, 0, codec as unknown as RecordCodec);
      writer.put(2, V, 0.5);
      writer.put(9, V, 1.5);
    };
    SCHEMAS_OF.set(asNumbers, [asNumber]);
    let handle: KeyedStateHandle | undefined = await chainOf(harness, image, asNumbers, firstDelta, asNumbers);
    const digests: unknown[] = [];
    for (let round = 0; round < 3; round++) {
      const backend: KeyedStateBackend<number> = await harness.createKeyed({ numberOfKeyGroups: 1, restore: [handle] });
      handle = await harness.snapshot(backend);
      expect(handle?.segments.length).toBe(2);
      digests.push(handle?.digests);
    }
    expect(digests[0]).toBeDefined();
    expect(digests.slice(1)).toEqual([digests[0], digests[0]]);
  });

  it('becomes one image of the states that were touched, beside the links of the others', async () => {
    const harness = harnessOfOneTest();
    const handle = await chainOf(harness, image, firstDelta, secondDelta);
    const backend = await harness.createKeyed({ numberOfKeyGroups: 1, restore: [handle] });
    backend.setCurrentKey(1);
    expect(plainState(backend, values).value()).toBe(100);
    plainState(backend, values).update(101);
    const restored = await harness.createKeyed({ numberOfKeyGroups: 1, restore: [await harness.snapshot(backend)] });
    expect(read(restored)).toEqual({ ...afterTwo, values: [101, ...afterTwo.values.slice(1)] });

    const whole = await harness.snapshot(restored);
    expect(whole?.segments.length).toBe(1);
    expect(whole?.digests?.map(({ stateName }) => stateName)).toEqual([
      'clicks',
      'lists',
      'maps',
      'seen',
      'values',
      'visits',
    ]);
  });

  it('that continues a list which is not there is refused when the list is touched', async () => {
    const harness = harnessOfOneTest();
    const handle = await chainOf(harness, firstDelta);
    const backend = await harness.createKeyed({ numberOfKeyGroups: 1, restore: [handle] });
    backend.setCurrentKey(1);
    const touch = (): unknown => plainState(backend, lists).get();
    expect(touch).toThrow(
      expect.objectContaining({ code: 'restore-failed', cause: expect.objectContaining({ code: 'snapshot-invalid' }) }),
    );
    // The next access meets the same error, and the other states are whole.
    expect(touch).toThrow(expect.objectContaining({ code: 'restore-failed' }));
    expect(plainState(backend, values).value()).toBeUndefined();
  });
});

describe('a delta that trims lists and renews time stamps', () => {
  const TTL_MS = 100;
  const ttl = StateTtlConfig.of({ ttlMs: TTL_MS });
  const seen = new ValueStateDescriptor('seen', { type: int32, ttl });
  const visits = new MapStateDescriptor('visits', { key: string, value: int32, ttl });
  const clicks = new ListStateDescriptor('clicks', { type: string, ttl });
  const base = (writer: SegmentRecordWriter): void => {
    image(writer);
    startState(writer, 3);
    for (const key of [1, 2]) writer.put(key, V, key, 0);
    startState(writer, 4);
    for (const mapKey of ['a', 'b']) writer.putMapEntry(1, V, mapKey, 1, 0);
    startState(writer, 5);
    writer.splice(1, V, 0, ['x', 'y', 'z'], 0, 3, [0, 60, 70]);
  };
  IMAGES.add(base);
  const delta = (writer: SegmentRecordWriter): void => {
    startState(writer, 2);
    writer.trim(1, V, 2);
    writer.splice(1, V, 1, ['w'], 0, 1);
    writer.trim(2, V, 3);
    startState(writer, 3);
    writer.touch(2, V, 50);
    startState(writer, 4);
    writer.touchMapEntry(1, V, 'b', 50);
    startState(writer, 5);
    writer.trim(1, V, 1);
    writer.splice(1, V, 2, ['w'], 0, 1, [90]);
  };

  it.each(['at once', 'through a snapshot that nobody touched'])('is applied: %s', async (way) => {
    const harness = harnessOfOneTest();
    const clock = new ManualClock(120);
    let handle: KeyedStateHandle | undefined = await chainOf(harness, base, delta);
    if (way !== 'at once') {
      const idle = await harness.createKeyed({ numberOfKeyGroups: 1, restore: [handle], clock });
      handle = await harness.snapshot(idle);
    }
    const backend = await harness.createKeyed({ numberOfKeyGroups: 1, restore: [handle], clock });
    backend.setCurrentKey(1);
    expect([...plainState(backend, lists).get()]).toEqual(['z', 'w']);
    expect(plainState(backend, seen).value()).toBeUndefined();
    expect(Object.fromEntries(plainState(backend, visits))).toEqual({ b: 1 });
    expect([...plainState(backend, clicks).get()]).toEqual(['y', 'z', 'w']);
    backend.setCurrentKey(2);
    expect([...plainState(backend, lists).get()]).toEqual([]);
    expect(plainState(backend, seen).value()).toBe(2);
  });

  it.each<[string, ValueStateDescriptor<number> | typeof visits | typeof lists, (writer: SegmentRecordWriter) => void]>(
    [
      [
        'a list of fewer elements',
        lists,
        (writer) => {
          startState(writer, 2);
          writer.trim(1, V, 4);
        },
      ],
      [
        'a list that is not there',
        lists,
        (writer) => {
          startState(writer, 2);
          writer.trim(9, V, 1);
        },
      ],
      [
        'an entry that is not there',
        seen,
        (writer) => {
          startState(writer, 3);
          writer.touch(9, V, 5);
        },
      ],
      [
        'a map entry that is not there',
        visits,
        (writer) => {
          startState(writer, 4);
          writer.touchMapEntry(1, V, 'q', 5);
        },
      ],
    ],
  )('is damage on %s', async (_, descriptor, write) => {
    const harness = harnessOfOneTest();
    const handle = await chainOf(harness, base, write);
    const backend = await harness.createKeyed({ numberOfKeyGroups: 1, restore: [handle] });
    backend.setCurrentKey(1);
    const state = plainState(backend, descriptor as typeof lists) as unknown as Record<
      'get' | 'value',
      () => unknown
    > & {
      isEmpty?: () => boolean;
    };
    expect(() => (state.isEmpty ?? state.value ?? state.get).call(state)).toThrow(
      expect.objectContaining({ code: 'restore-failed', cause: expect.objectContaining({ code: 'snapshot-invalid' }) }),
    );
  });
});

describe('idle decoding', () => {
  it('decodes registered states when the program rests, and nothing else', async () => {
    const harness = harnessOfOneTest();
    const handle = await chainOf(harness, image, firstDelta);
    const backend = await harness.createKeyed({ numberOfKeyGroups: 1, restore: [handle] });
    const rawBytes = (): number => Number(backend.metrics()['rawBytes']);
    const before = rawBytes();
    plainState(backend, values);
    await expect.poll(rawBytes).toBeLessThan(before);
    expect(backend.metrics()['decodedEntries']).toBe(3);
    expect(rawBytes()).toBeGreaterThan(0);
    for (const descriptor of [maps, lists]) plainState(backend, descriptor);
    await expect.poll(rawBytes).toBe(0);
    expect(read(backend)).toEqual(afterOne);
  });
});
