// Time to live where functions of the program and snapshots come in between: AC1 and AC2 of accumulator.ts, HI3 of
// heap-map-iterator.ts, TC3 and TC4 of ttl-clock.ts.

import {
  Configuration,
  int32,
  KeyGroupRange,
  MapStateDescriptor,
  ReducingStateDescriptor,
  StateTtlConfig,
  type StateTtlOptions,
  silentLogger,
  string,
  struct,
  systemRandom,
  ValueStateDescriptor,
} from '@tidemark/state-core';
import { ManualClock, ManualScheduler, plainState, StateBackendHarness } from '@tidemark/state-testkit';
import { expect, it } from 'vitest';
import { HashMapStateBackend } from '../src/index.js';

function drill() {
  const clock = new ManualClock(10_000);
  const scheduler = new ManualScheduler(clock);
  const harness = new StateBackendHarness(new HashMapStateBackend());
  return { clock, scheduler, harness, parameters: { numberOfKeyGroups: 1, clock, scheduler } };
}

function lives100ms(options: Partial<StateTtlOptions> = {}): StateTtlConfig {
  return StateTtlConfig.of({ ttlMs: 100, cleanupInBackground: false, ...options });
}

const returnsExpired = lives100ms({ stateVisibility: 'ReturnExpiredIfNotCleanedUp' });

it.each([1, 400])(
  'a function that reads away the expired value it adds to is refused; of %i entries',
  async (entries) => {
    const { clock, harness, parameters } = drill();
    const backend = await harness.createKeyed(parameters);
    let reads = false;
    const descriptor = new ReducingStateDescriptor<number>('r', {
      type: int32,
      ttl: returnsExpired,
      reduce: (old, value) => {
        if (reads) state.get();
        return old + value;
      },
    });
    const state = plainState(backend, descriptor);
    for (let key = 0; key < entries; key++) {
      backend.setCurrentKey(key);
      state.add(1);
    }
    clock.advance(200);
    for (let key = 1; key < entries; key++) {
      backend.setCurrentKey(key);
      state.clear();
    }
    backend.setCurrentKey(0);
    reads = true;
    expect(() => state.add(2)).toThrow(expect.objectContaining({ code: 'concurrent-modification' }));
    reads = false;
    expect(state.get()).toBeUndefined();
    state.add(5);
    const restored = await harness.restart(backend, parameters);
    const again = plainState(restored, descriptor);
    restored.setCurrentKey(0);
    expect([again.get(), restored.numKeyValueStateEntries()]).toEqual([5, 1]);
    await harness.close();
  },
);

it('a walk sets the value of an expired entry that it has just given, and removes it then', async () => {
  const { clock, harness, parameters } = drill();
  const backend = await harness.createKeyed(parameters);
  const state = plainState(
    backend,
    new MapStateDescriptor<string, number>('m', { key: string, value: int32, ttl: returnsExpired }),
  );
  backend.setCurrentKey(1);
  for (const [index, key] of ['a', 'b', 'c'].entries()) state.put(key, index);
  clock.advance(200);
  backend.setCurrentKey(1);
  const walk = state.entries();
  expect(walk.next().value).toEqual(['a', 0]);
  backend.setCurrentKey(2);
  walk.setValue(5);
  expect(walk.next().value).toEqual(['b', 1]);
  walk.setValue(6);
  walk.setValue(7);
  walk.remove();
  expect(walk.next().value).toEqual(['c', 2]);
  expect(walk.next().done).toBe(true);
  expect(state.isEmpty()).toBe(true);
  backend.setCurrentKey(1);
  expect([...state.entries()]).toEqual([['a', 5]]);
  await harness.close();
});

it('a walk sets the value of the last entry of a map after that has expired', async () => {
  const { clock, harness, parameters } = drill();
  const backend = await harness.createKeyed(parameters);
  const state = plainState(
    backend,
    new MapStateDescriptor<string, number>('m', { key: string, value: int32, ttl: returnsExpired }),
  );
  backend.setCurrentKey(1);
  state.put('a', 1);
  clock.advance(200);
  backend.setCurrentKey(1);
  const walk = state.entries();
  expect(walk.next().value).toEqual(['a', 1]);
  walk.setValue(5);
  expect(walk.next().done).toBe(true);
  expect([...state.entries()]).toEqual([['a', 5]]);
  await harness.close();
});

it('a function that throws leaves the stamp of a value that a snapshot holds', async () => {
  const { clock, harness, parameters } = drill();
  const backend = await harness.createKeyed(parameters);
  const state = plainState(
    backend,
    new ReducingStateDescriptor<{ n: number }>('r', {
      type: struct({ n: int32 }),
      ttl: lives100ms(),
      reduce: () => {
        throw new Error('no');
      },
    }),
  );
  backend.setCurrentKey(1);
  state.add({ n: 1 });
  clock.advance(60);
  const view = backend.snapshot(harness.snapshotContext());
  backend.setCurrentKey(1);
  expect(() => state.add({ n: 2 })).toThrow('no');
  view.release();
  expect(state.get()).toEqual({ n: 1 });
  clock.advance(60);
  backend.setCurrentKey(1);
  expect(state.get()).toBeUndefined();
  await harness.close();
});

it('what a snapshot leaves out goes by the clock of the stamps', async () => {
  const { clock, scheduler, harness } = drill();
  const descriptor = new ValueStateDescriptor<number>('v', {
    type: int32,
    ttl: lives100ms({ cleanupFullSnapshot: true }),
  });
  const ttlClock = new ManualClock(5_000);
  const backend = await new HashMapStateBackend().createKeyedStateBackend({
    jobId: 'job',
    operatorIdentifier: 'operator',
    attempt: 0,
    config: Configuration.from({}),
    clock,
    scheduler,
    random: systemRandom,
    logger: silentLogger,
    stateReader: harness.streams,
    signal: new AbortController().signal,
    keySerializer: int32,
    numberOfKeyGroups: 1,
    keyGroupRange: KeyGroupRange.of(0, 0),
    stateHandles: [],
    restoredCheckpointId: undefined,
    declaredStates: [],
    managedMemoryFraction: 1,
    ttlProcessingTimeMs: () => ttlClock.nowMs(),
  });
  const state = plainState(backend, descriptor);
  backend.setCurrentKey(1);
  state.update(1);
  ttlClock.advance(50);
  backend.setCurrentKey(2);
  state.update(2);
  ttlClock.advance(60);
  const handle = await harness.snapshot(backend, { nowMs: clock.nowMs() });
  const restored = await harness.createKeyed({ numberOfKeyGroups: 1, restore: [handle], clock: ttlClock, scheduler });
  plainState(restored, descriptor);
  expect(restored.numKeyValueStateEntries()).toBe(1);
  await backend.close();
  await harness.close();
});

it('restarts without an access do not prolong what got event time while it was not decoded', async () => {
  const { harness, parameters } = drill();
  const before = await harness.createKeyed(parameters);
  before.setCurrentKey(1);
  plainState(before, new ValueStateDescriptor<number>('v', { type: int32 })).update(1);
  const descriptor = new ValueStateDescriptor<number>('v', {
    type: int32,
    ttl: lives100ms({ timeCharacteristic: 'EventTime' }),
  });
  const declared = { ...parameters, declaredStates: [descriptor] };
  let backend = await harness.restart(before, declared);
  for (const eventTimeMs of [1000, 1060]) {
    backend.advanceEventTime?.(eventTimeMs);
    backend = await harness.restart(backend, declared);
  }
  backend.setCurrentKey(1);
  expect(plainState(backend, descriptor).value()).toBe(1);
  backend = await harness.restart(backend, declared);
  backend.advanceEventTime?.(1100);
  backend.setCurrentKey(1);
  expect(plainState(backend, descriptor).value()).toBeUndefined();
  await harness.close();
});
