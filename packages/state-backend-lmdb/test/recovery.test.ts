// Restores at another parallelism, of a part of the key groups, and those that are given up or fail on the way.

import { readdirSync } from 'node:fs';
import {
  assignToKeyGroup,
  computeKeyGroupRangeForOperatorIndex,
  int32,
  KeyGroupRange,
  safeInteger,
  string,
  ValueStateDescriptor,
} from '@tidemark/state-core';
import {
  type CheckpointStateInputStream,
  intersectKeyedStateHandle,
  type KeyedStateBackend,
  type KeyedStateHandle,
  type KeyGroupedInternalPriorityQueue,
  type PriorityQueueDescriptor,
  type PriorityQueueElement,
  type StreamStateHandle,
} from '@tidemark/state-core/spi';
import { SharedStateRegistry } from '@tidemark/state-core/support';
import { MemoryCheckpointStreams, plainState, StateBackendHarness } from '@tidemark/state-testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LmdbStateBackend } from '../src/index.js';
import { temporaryDirectory } from './temporary-environment.js';

const numbers = new ValueStateDescriptor('numbers', { type: int32 });
const texts = new ValueStateDescriptor('texts', { type: string });
const timers: PriorityQueueDescriptor<number, number> = { name: 'timers', namespace: int32, priority: safeInteger };

type Backend = KeyedStateBackend<number>;
type Timers = KeyGroupedInternalPriorityQueue<PriorityQueueElement<number, number, number>>;

function harnessWith(directory: string, streams?: MemoryCheckpointStreams): StateBackendHarness {
  const backend = new LmdbStateBackend({ localDirectories: directory, cacheBytes: 64 * 1024 });
  const harness = new StateBackendHarness(backend, streams);
  onTestFinished(() => harness.close());
  return harness;
}

function timersOf(backend: Backend): Timers {
  return backend.createPriorityQueue?.(timers) ?? expect.fail('there are no queues');
}

describe('RocksDBRecoveryTest', () => {
  const KEYS = 2000;
  const KEY_GROUPS = 128;

  /** Subtasks with what is theirs of a checkpoint. */
  async function deploy(
    harness: StateBackendHarness,
    parallelism: number,
    handles: readonly KeyedStateHandle[],
    restoredCheckpointId?: number,
  ): Promise<Backend[]> {
    const subtasks: Backend[] = [];
    for (let index = 0; index < parallelism; index++) {
      const keyGroupRange = computeKeyGroupRangeForOperatorIndex(KEY_GROUPS, parallelism, index);
      const restore = handles.map((handle) => intersectKeyedStateHandle(handle, keyGroupRange));
      const restored = restoredCheckpointId === undefined ? {} : { restoredCheckpointId };
      subtasks.push(await harness.createKeyed({ numberOfKeyGroups: KEY_GROUPS, keyGroupRange, restore, ...restored }));
    }
    return subtasks;
  }

  async function checkpoint(
    harness: StateBackendHarness,
    subtasks: readonly Backend[],
    checkpointId: number,
    base?: number,
  ): Promise<KeyedStateHandle[]> {
    const handles: KeyedStateHandle[] = [];
    for (const backend of subtasks) {
      const sharing = base === undefined ? 'forward' : 'forward-backward';
      const handle = await harness.snapshot(backend, { checkpointId, sharing, base });
      if (handle !== undefined) handles.push(handle);
    }
    return handles;
  }

  /** Sets each `step`-th key, and its timer, to a value of the round. */
  function change(subtasks: readonly Backend[], step: number, round: number): void {
    for (const backend of subtasks) {
      const state = plainState(backend, numbers);
      const queue = timersOf(backend);
      for (let key = 0; key < KEYS; key += step) {
        if (!backend.keyGroupRange.contains(assignToKeyGroup(key, int32, KEY_GROUPS))) continue;
        backend.setCurrentKey(key);
        const before = state.value();
        if (before !== undefined) queue.remove({ key, namespace: 0, priority: before });
        state.update(key + round * KEYS);
        queue.add({ key, namespace: 0, priority: key + round * KEYS });
      }
    }
  }

  function check(subtasks: readonly Backend[], expected: (key: number) => number): void {
    const found = new Map<number, number>();
    for (const backend of subtasks) {
      const state = plainState(backend, numbers);
      const own = [...backend.getKeys('numbers', undefined)];
      const isForeign = (key: number) => !backend.keyGroupRange.contains(assignToKeyGroup(key, int32, KEY_GROUPS));
      expect(own.filter(isForeign)).toEqual([]);
      for (const key of own) {
        backend.setCurrentKey(key);
        found.set(key, state.value() as number);
      }
      const times = [...timersOf(backend)].map(({ key, priority }) => [key, priority] as const);
      expect(new Map(times)).toEqual(new Map(own.map((key) => [key, expected(key)])));
      expect(times).toHaveLength(own.length);
    }
    expect(found).toEqual(new Map(Array.from({ length: KEYS }, (_, key) => [key, expected(key)])));
  }

  it.each([
    ['testScaleOut_1_2', 1, 2],
    ['testScaleOut_2_8', 2, 8],
    ['testScaleOut_2_7', 2, 7],
    ['testScaleIn_2_1', 2, 1],
    ['testScaleIn_8_2', 8, 2],
    ['testScaleIn_7_2', 7, 2],
    ['testScaleIn_2_3', 2, 3],
    ['testScaleIn_3_2', 3, 2],
  ] as const)('%s: there and back, with increments in between', { timeout: 60_000 }, async (_name, from, to) => {
    const harness = harnessWith(temporaryDirectory());
    const first = await deploy(harness, from, []);
    change(first, 1, 0);
    await checkpoint(harness, first, 1);
    change(first, 10, 1);
    const second = await deploy(harness, to, await checkpoint(harness, first, 2, 1), 2);
    check(second, (key) => (key % 10 === 0 ? key + KEYS : key));
    change(second, 15, 2);
    const handles = await checkpoint(harness, second, 3, 2);
    expect(handles.some(({ segments }) => segments.length > 1)).toBe(true);
    const third = await deploy(harness, from, handles, 3);
    check(third, (key) => (key % 15 === 0 ? key + 2 * KEYS : key % 10 === 0 ? key + KEYS : key));
  });
});

describe('RocksDBIncrementalCheckpointUtilsTest.testClipDBWithKeyGroupRange', () => {
  const KEYS_PER_GROUP = 100;

  /** The first keys of each key group. */
  function keysOf(range: KeyGroupRange, numberOfKeyGroups: number): Map<number, number[]> {
    const keys = new Map(Array.from(range, (keyGroup) => [keyGroup, [] as number[]]));
    let missing = keys.size * KEYS_PER_GROUP;
    for (let key = 0; missing > 0; key++) {
      const own = keys.get(assignToKeyGroup(key, int32, numberOfKeyGroups));
      if (own === undefined || own.length === KEYS_PER_GROUP) continue;
      own.push(key);
      missing--;
    }
    return keys;
  }

  it.each([
    [128, [0, 1], [0, 2]],
    [128, [0, 1], [0, 1]],
    [128, [0, 1], [1, 2]],
    [128, [0, 1], [2, 4]],
    [128, [4, 5], [2, 7]],
    [128, [112, 127], [117, 127]],
    [32_768, [32_765, 32_767], [32_766, 32_767]],
    [32_768, [32_766, 32_767], [32_764, 32_766]],
  ] as const)(
    'of %i key groups, %j gets of the state of %j what is its own and nothing else',
    { timeout: 60_000 },
    async (numberOfKeyGroups, [targetFirst, targetLast], [first, last]) => {
      const harness = harnessWith(temporaryDirectory());
      const [current, target] = [KeyGroupRange.of(first, last), KeyGroupRange.of(targetFirst, targetLast)];
      const keys = keysOf(current, numberOfKeyGroups);
      const backend = await harness.createKeyed({ numberOfKeyGroups, keyGroupRange: current });
      const state = plainState(backend, numbers);
      for (const own of keys.values()) {
        for (const key of own) {
          backend.setCurrentKey(key);
          state.update(key);
        }
      }
      const handle = await harness.snapshot(backend);
      const clipped = await harness.createKeyed({
        numberOfKeyGroups,
        keyGroupRange: target,
        restore: [handle && intersectKeyedStateHandle(handle, target)],
      });
      const values = plainState(clipped, numbers);
      const expected = [...keys].flatMap(([keyGroup, own]) => (target.contains(keyGroup) ? own : []));
      const found = [...clipped.getKeys('numbers', undefined)];
      expect(found.sort((a, b) => a - b)).toEqual(expected.sort((a, b) => a - b));
      const stored = expected.map((key) => {
        clipped.setCurrentKey(key);
        return values.value();
      });
      expect(stored).toEqual(expected);
      expect(clipped.metrics().entries).toBe(expected.length);
    },
  );
});

/** Calls back before every read. */
class WatchedStreams extends MemoryCheckpointStreams {
  onRead: () => void = () => undefined;
  reads = 0;

  override async openInput(handle: StreamStateHandle): Promise<CheckpointStateInputStream> {
    const input = await super.openInput(handle);
    const read = input.read.bind(input);
    input.read = (position, length) => {
      this.reads++;
      this.onRead();
      return read(position, length);
    };
    return input;
  }
}

function outcomeOf(creation: Promise<unknown>): Promise<unknown> {
  return creation.then(
    () => 'created',
    (error: unknown) => error,
  );
}

describe('a restore that does not come to its end', () => {
  async function written(): Promise<{ streams: WatchedStreams; directory: string; handle: KeyedStateHandle }> {
    const streams = new WatchedStreams();
    const harness = new StateBackendHarness(
      new LmdbStateBackend({ localDirectories: temporaryDirectory(), cacheBytes: 64 * 1024 }),
      streams,
    );
    const backend = await harness.createKeyed();
    const state = plainState(backend, texts);
    for (let key = 0; key < 20_000; key++) {
      backend.setCurrentKey(key);
      state.update(`${key}`.padEnd(200));
    }
    const handle = (await harness.snapshot(backend)) ?? expect.fail('nothing was written');
    await harness.close();
    return { streams, directory: temporaryDirectory(), handle };
  }

  it('RocksDBWriteBatchWrapperTest.testAsyncCancellation: ends with the block that it is at when it is no longer wanted', async () => {
    const { streams, directory, handle } = await written();
    const harness = harnessWith(directory, streams);
    await harness.createKeyed({ restore: [handle] }).then((backend) => backend.close());
    const [all, controller] = [streams.reads, new AbortController()];
    expect(all).toBeGreaterThan(6);
    streams.reads = 0;
    streams.onRead = () => {
      if (streams.reads === 4) controller.abort();
    };
    const creation = harness.createKeyed({ restore: [handle], signal: controller.signal });
    expect(await outcomeOf(creation)).toMatchObject({ code: 'checkpoint-aborted' });
    expect(streams.reads).toBeLessThanOrEqual(5);
    expect(streams.openInputs).toBe(0);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('leaves nothing on disk when storage fails, and the next one has everything', async () => {
    const { streams, directory, handle } = await written();
    const harness = harnessWith(directory, streams);
    streams.onRead = () => {
      if (streams.reads === 4) throw new Error('the connection was reset');
    };
    streams.reads = 0;
    expect(String(await outcomeOf(harness.createKeyed({ restore: [handle] })))).toContain('the connection was reset');
    expect(streams.openInputs).toBe(0);
    expect(readdirSync(directory)).toEqual([]);
    const backend = await harness.createKeyed({ restore: [handle] });
    const state = plainState(backend, texts);
    for (let key = 0; key < 20_000; key += 999) {
      backend.setCurrentKey(key);
      expect(state.value()).toBe(`${key}`.padEnd(200));
    }
    expect(backend.numKeyValueStateEntries()).toBe(20_000);
  });
});

describe('segments of increments', () => {
  it('EmbeddedRocksDBStateBackendTest.testSharedIncrementalStateDeRegistration: are registered with their checkpoint, and go when the last one that names them has gone', async () => {
    const harness = harnessWith(temporaryDirectory());
    const backend = await harness.createKeyed();
    const state = plainState(backend, numbers);
    const removed: string[] = [];
    const registry = new SharedStateRegistry({
      discarder: {
        discard: async (stream) => void removed.push(stream.kind === 'byte-stream' ? stream.name : stream.location),
      },
    });
    const named: string[][] = [];
    for (let checkpointId = 1; checkpointId <= 3; checkpointId++) {
      for (let key = 0; key < (checkpointId === 1 ? 1000 : 10); key++) {
        backend.setCurrentKey(key);
        state.update(key * checkpointId);
      }
      const sharing = checkpointId === 1 ? 'forward' : 'forward-backward';
      const base = checkpointId === 1 ? undefined : checkpointId - 1;
      const taken = await harness.snapshot(backend, { checkpointId, sharing, base });
      const handle = registry.registerHandle(taken ?? expect.fail('nothing was written'), checkpointId);
      for (const segment of handle.segments) expect(segment.scope).toBe('shared');
      named.push(handle.segments.map(({ stream }) => (stream.kind === 'byte-stream' ? stream.name : stream.location)));
      expect(handle.segments.at(-1)?.checkpointId).toBe(checkpointId);
      // One step behind.
      registry.unregisterUnusedState(checkpointId - 1);
      await registry.drain();
      const alive = new Set(named.slice(-2).flat());
      expect(removed.filter((name) => alive.has(name))).toEqual([]);
    }
    const [first = [], , third = []] = named;
    expect(third).toEqual(expect.arrayContaining(first));
    expect(registry.numberOfSegments).toBe(new Set(named.slice(1).flat()).size);
    registry.unregisterUnusedState(4);
    await registry.drain();
    expect(registry.numberOfSegments).toBe(0);
    expect([...new Set(named.flat())].sort()).toEqual(removed.sort());
  });
});
