import { describe, expect, it } from 'vitest';
import { StandaloneCheckpointIdCounter } from '../../src/checkpoint/checkpoint-id-counter.js';

describe('StandaloneCheckpointIdCounter', () => {
  it('CheckpointIDCounterTestBase.testSerialIncrementAndGet: 1, 2, 3, 4, and the next after each', async () => {
    const counter = new StandaloneCheckpointIdCounter();
    for (const id of [1, 2, 3, 4]) {
      expect(await counter.getAndIncrement()).toBe(id);
      expect(await counter.get()).toBe(id + 1);
    }
  });

  it('CheckpointIDCounterTestBase.testConcurrentGetAndIncrement: every id once, ascending for each caller', async () => {
    const counter = new StandaloneCheckpointIdCounter();
    const caller = async (): Promise<number[]> => {
      const ids: number[] = [];
      for (let turn = 0; turn < 128; turn++) ids.push(await counter.getAndIncrement());
      return ids;
    };
    const all = await Promise.all(Array.from({ length: 8 }, caller));
    for (const ids of all) expect(ids).toEqual([...ids].sort((a, b) => a - b));
    const union = new Set(all.flat());
    expect(union.size).toBe(1024);
    expect(await counter.get()).toBe(Math.max(...union) + 1);
    expect(await counter.getAndIncrement()).toBe(1025);
  });

  it('CheckpointIDCounterTestBase.testSetCount: goes on from 1337', async () => {
    const counter = new StandaloneCheckpointIdCounter();
    await counter.setCount(1337);
    expect(await counter.get()).toBe(1337);
    expect(await counter.getAndIncrement()).toBe(1337);
    expect(await counter.getAndIncrement()).toBe(1338);
    await counter.close();
  });

  it('takes integers from 1 on, and never gives an id that is not exact', async () => {
    expect(() => new StandaloneCheckpointIdCounter(0)).toThrow(RangeError);
    const counter = new StandaloneCheckpointIdCounter(Number.MAX_SAFE_INTEGER);
    await expect(counter.setCount(1.5)).rejects.toThrow(RangeError);
    expect(await counter.getAndIncrement()).toBe(Number.MAX_SAFE_INTEGER);
    await expect(counter.getAndIncrement()).rejects.toThrow(RangeError);
  });
});
