import { describe, expect, it } from 'vitest';
import { createSnapshotContext } from '../../src/support/create-snapshot-context.js';
import { MemoryCheckpointStreams } from './memory-checkpoint-streams.js';

/** Time that only moves when it is told to. */
function fixture(options: Partial<Parameters<typeof createSnapshotContext>[0]> = {}) {
  const time = { nowMs: 1_000, monotonicMs: 0, yields: 0 };
  const context = createSnapshotContext({
    checkpointId: 7,
    streams: new MemoryCheckpointStreams(),
    clock: { nowMs: () => time.nowMs, monotonicMs: () => time.monotonicMs },
    scheduler: { yieldNow: async () => void time.yields++, schedule: () => () => {} },
    ...options,
  });
  return { time, context };
}

describe('createSnapshotContext', () => {
  it('fills in what is not said', () => {
    const { context } = fixture();
    expect(context).toMatchObject({
      checkpointId: 7,
      base: undefined,
      kind: 'checkpoint',
      sharing: 'forward-backward',
      timestampMs: 1_000,
      nowMs: 1_000,
    });
    expect(context.signal.aborted).toBe(false);
    expect(fixture({ kind: 'savepoint' }).context.sharing).toBe('no-sharing');
  });

  it('takes what is said', () => {
    const { context } = fixture({ base: 6, sharing: 'forward', timestampMs: 5, nowMs: 6 });
    expect(context).toMatchObject({ base: 6, sharing: 'forward', timestampMs: 5, nowMs: 6 });
  });

  it('ends a slice after two milliseconds, and begins a new one with yieldNow', async () => {
    const { time, context } = fixture();
    time.monotonicMs = 1.9;
    expect(context.shouldYield()).toBe(false);
    time.monotonicMs = 2;
    expect(context.shouldYield()).toBe(true);
    await context.yieldNow();
    expect(time.yields).toBe(1);
    expect(context.shouldYield()).toBe(false);
    time.monotonicMs = 4;
    expect(context.shouldYield()).toBe(true);
  });

  it('takes another length of slices', () => {
    const { time, context } = fixture({ sliceMs: 10 });
    time.monotonicMs = 9;
    expect(context.shouldYield()).toBe(false);
    time.monotonicMs = 10;
    expect(context.shouldYield()).toBe(true);
  });

  it('asks for a yield and refuses it once the signal has fired, also while it yields', async () => {
    const controller = new AbortController();
    const reason = new Error('too late');
    const { context } = fixture({
      signal: controller.signal,
      scheduler: { yieldNow: async () => controller.abort(reason), schedule: () => () => {} },
    });
    const aborted = { code: 'checkpoint-aborted', kind: 'retry', cause: reason };
    await expect(context.yieldNow()).rejects.toMatchObject(aborted);
    expect(context.shouldYield()).toBe(true);
    await expect(context.yieldNow()).rejects.toMatchObject(aborted);
  });

  it('refuses ids, bases and slices that are none', () => {
    expect(() => fixture({ checkpointId: 0 })).toThrow(RangeError);
    expect(() => fixture({ base: 7 })).toThrow(RangeError);
    expect(() => fixture({ sliceMs: 0 })).toThrow(RangeError);
  });
});
