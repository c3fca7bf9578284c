// state.backend.hashmap.snapshot-mode: the same snapshot, written in slices or in one go.

import { Configuration, silentLogger, string, ValueStateDescriptor } from '@tidemark/state-core';
import type { KeyedStateBackend, KeyedStateHandle } from '@tidemark/state-core/spi';
import { plainState, StateBackendHarness, stateBackendConformance } from '@tidemark/state-testkit';
import { register } from '@tidemark/state-testkit/vitest';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HashMapStateBackend, type SnapshotMode, stateBackendFactory } from '../src/index.js';

const texts = new ValueStateDescriptor('texts', { type: string });
const KEYS = 3_000;

function harnessOf(mode: SnapshotMode): StateBackendHarness {
  const harness = new StateBackendHarness(new HashMapStateBackend({ snapshotMode: mode }));
  onTestFinished(() => harness.close());
  return harness;
}

async function filled(harness: StateBackendHarness): Promise<KeyedStateBackend<number>> {
  const backend = await harness.createKeyed();
  for (let key = 0; key < KEYS; key++) {
    backend.setCurrentKey(key);
    plainState(backend, texts).update(`text ${key}`);
  }
  return backend;
}

/** A clock on which every slice is over at once, and a scheduler that counts the slices. */
function impatience() {
  let nowMs = 0;
  const seen = { yields: 0 };
  return {
    seen,
    clock: { nowMs: () => 0, monotonicMs: () => (nowMs += 10) },
    scheduler: {
      yieldNow: async () => void seen.yields++,
      schedule: () => () => {},
    },
  };
}

async function snapshotIn(mode: SnapshotMode): Promise<{ handle: KeyedStateHandle; yields: number }> {
  const harness = harnessOf(mode);
  const backend = await filled(harness);
  const { clock, scheduler, seen } = impatience();
  const handle = await harness.snapshot(backend, { clock, scheduler });
  return { handle: handle ?? expect.fail('no handle'), yields: seen.yields };
}

describe('the synchronous mode', () => {
  it('never yields, and the snapshot is the same', async () => {
    const inSlices = await snapshotIn('async');
    const inOneGo = await snapshotIn('sync');
    expect(inSlices.yields).toBeGreaterThan(10);
    expect(inOneGo.yields).toBe(0);
    expect(inOneGo.handle.digests).toEqual(inSlices.handle.digests);
    expect(inOneGo.handle.digests?.length).toBe(1);
    const [segment] = inOneGo.handle.segments;
    expect(segment?.lengthBytes).toBe(inSlices.handle.segments[0]?.lengthBytes);
  });

  it('shows the state as of the freeze, also while the storage makes it wait', async () => {
    const harness = harnessOf('sync');
    const backend = await filled(harness);
    const held = harness.streams.hold();
    const writing = backend.snapshot(harness.snapshotContext()).write();
    await held;
    for (let key = 0; key < KEYS; key += 2) {
      backend.setCurrentKey(key);
      plainState(backend, texts).update('changed');
    }
    harness.streams.letGo();
    const restored = await harness.createKeyed({ restore: [(await writing).jobManagerOwned] });
    for (let key = 0; key < KEYS; key++) {
      restored.setCurrentKey(key);
      expect(plainState(restored, texts).value()).toBe(`text ${key}`);
    }
  });

  it('UC2: ends when the snapshot is no longer wanted', async () => {
    const harness = harnessOf('sync');
    const backend = await filled(harness);
    const controller = new AbortController();
    const held = harness.streams.hold();
    const writing = backend.snapshot(harness.snapshotContext({ signal: controller.signal })).write();
    const outcome = expect(writing).rejects.toMatchObject({ code: 'checkpoint-aborted' });
    await held;
    controller.abort();
    harness.streams.letGo();
    await outcome;
    expect(harness.streams.open).toBe(0);
  });
});

describe('which mode', () => {
  const made = (config: Record<string, string>) =>
    stateBackendFactory.createFromConfig(Configuration.from(config), {
      logger: silentLogger,
    } as never) as HashMapStateBackend;

  it('is said by configuration, async by default; code wins', () => {
    expect(made({}).snapshotMode).toBe('async');
    const config = { 'state.backend.hashmap.snapshot-mode': 'sync' };
    expect(made(config).snapshotMode).toBe('sync');
    expect(new HashMapStateBackend().configure(Configuration.from(config)).snapshotMode).toBe('sync');
    const inCode = new HashMapStateBackend({ snapshotMode: 'async' });
    expect(inCode.configure(Configuration.from(config)).snapshotMode).toBe('async');
  });

  it('is one of two', () => {
    expect(() => made({ 'state.backend.hashmap.snapshot-mode': 'blocking' })).toThrow(
      expect.objectContaining({ code: 'config-value-invalid', message: expect.stringMatching(/async.*sync/) }),
    );
    expect(() => new HashMapStateBackend({ snapshotMode: 'blocking' as SnapshotMode })).toThrow(RangeError);
  });
});

register(
  stateBackendConformance({
    name: 'hashmap with synchronous snapshots',
    create: () => new HashMapStateBackend({ snapshotMode: 'sync' }),
    capabilities: new HashMapStateBackend().capabilities,
  }),
);
