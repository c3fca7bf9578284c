// Live objects beside running snapshots (VP3 of value-passing.ts): who gets which object, and until when.

import { int32, struct, ValueStateDescriptor } from '@tidemark/state-core';
import type { CheckpointStateOutputStream, CheckpointStreamFactory, KeyedStateBackend } from '@tidemark/state-core/spi';
import { plainState, StateBackendHarness } from '@tidemark/state-testkit';
import { expect, it, onTestFinished } from 'vitest';
import { HashMapStateBackend } from '../src/index.js';

const counter = new ValueStateDescriptor('counter', { type: struct({ n: int32 }) });

async function reusing(): Promise<{ harness: StateBackendHarness; backend: KeyedStateBackend<number> }> {
  const harness = new StateBackendHarness(new HashMapStateBackend());
  onTestFinished(() => harness.close());
  return { harness, backend: await harness.createKeyed({ config: { 'state.object-reuse': true } }) };
}

function stateOf(backend: KeyedStateBackend<number>) {
  const state = plainState(backend, counter);
  return {
    get: (key: number) => {
      backend.setCurrentKey(key);
      return state.value() ?? expect.fail(`nothing under ${key}`);
    },
    put: (key: number, value: { n: number }) => {
      backend.setCurrentKey(key);
      state.update(value);
    },
  };
}

it('CopyOnWriteStateMapTest.testCopyOnWriteContracts: a snapshot keeps the object, the program gets one copy of it', async () => {
  const { harness, backend } = await reusing();
  const { get, put } = stateOf(backend);
  const original = { n: 41 };
  put(1, original);
  put(2, { n: 42 });
  expect(get(1)).toBe(original);

  const first = backend.snapshot(harness.snapshotContext());
  const copy = get(1);
  expect(copy).toEqual(original);
  expect(copy).not.toBe(original);
  expect(get(1)).toBe(copy);
  const later = { n: 43 };
  put(3, later);
  expect(get(3)).toBe(later);

  const second = backend.snapshot(harness.snapshotContext());
  const again = get(1);
  expect(again).toEqual(copy);
  expect(again).not.toBe(copy);
  expect(get(1)).toBe(again);
  expect(get(3)).not.toBe(later);
  // What is replaced is no snapshot's: no copy on the way in or out.
  const replacing = { n: 44 };
  put(2, replacing);
  expect(get(2)).toBe(replacing);

  again.n = 45;
  second.release();
  const third = get(3);
  first.release();
  expect([get(1), get(2), get(3)]).toEqual([{ n: 45 }, { n: 44 }, { n: 43 }]);
  expect([get(1) === again, get(2) === replacing, get(3) === third]).toEqual([true, true, true]);
});

it('what a snapshot writes is what the objects were at its freeze', async () => {
  const { harness, backend } = await reusing();
  const { get, put } = stateOf(backend);
  for (const key of [1, 2, 3]) put(key, { n: key });
  const view = backend.snapshot(harness.snapshotContext());
  for (const key of [1, 2, 3]) get(key).n += 100;
  const { jobManagerOwned } = await view.write();
  const restored = stateOf(await harness.createKeyed({ restore: [jobManagerOwned] }));
  expect([1, 2, 3].map((key) => restored.get(key).n)).toEqual([1, 2, 3]);
  expect([1, 2, 3].map((key) => get(key).n)).toEqual([101, 102, 103]);
});

/** Streams that break after so many bytes. */
class BreakingStreams implements CheckpointStreamFactory {
  constructor(
    private readonly inner: CheckpointStreamFactory,
    private readonly bytesMax: number,
  ) {}

  async createCheckpointStateOutputStream(
    ...parameters: Parameters<CheckpointStreamFactory['createCheckpointStateOutputStream']>
  ): Promise<CheckpointStateOutputStream> {
    const stream = await this.inner.createCheckpointStateOutputStream(...parameters);
    const write = stream.write.bind(stream);
    stream.write = async (bytes) => {
      if (stream.position + bytes.length > this.bytesMax) throw new Error('the disk is full');
      await write(bytes);
    };
    return stream;
  }
}

it('CopyOnWriteStateTableTest.testReleaseForFailedSnapshot: one that broke half-way keeps nothing of any key group', async () => {
  const { harness, backend } = await reusing();
  const { get, put } = stateOf(backend);
  const keys = Array.from({ length: 20_000 }, (_, key) => key);
  const originals = keys.map((key) => ({ n: key }));
  for (const key of keys) put(key, originals[key] as { n: number });
  const streams = new BreakingStreams(harness.streams, 100_000);
  const view = backend.snapshot(harness.snapshotContext({ streams }));
  await expect(view.write()).rejects.toThrow('the disk is full');
  expect(harness.streams.bytesWritten).toBeGreaterThan(10_000);
  view.release();
  expect(keys.filter((key) => get(key) !== originals[key])).toEqual([]);
  view.release();
  const restored = stateOf(await harness.createKeyed({ restore: [await harness.snapshot(backend)] }));
  expect(keys.filter((key) => restored.get(key).n !== key)).toEqual([]);
});
