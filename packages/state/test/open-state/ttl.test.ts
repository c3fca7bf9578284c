// Time to live through openState: by processing time, by event time, switched on over a checkpoint.

import { expect, it } from 'vitest';
import { int32, openState, StateTtlConfig, string, ValueStateDescriptor } from '../../src/index.js';
import { temporaryDirectory } from '../temporary-directory.js';

const open = (directory: string, time: { nowMs: number }, ttl: StateTtlConfig | undefined) =>
  openState(
    {
      name: 'expiring',
      keySerializer: string,
      states: { seen: new ValueStateDescriptor('seen', { type: int32, ...(ttl && { ttl }) }) },
      configFile: false,
      logger: { info() {}, warn() {} },
      config: { 'execution.checkpointing.dir': directory },
    },
    { clock: { nowMs: () => time.nowMs, monotonicMs: () => performance.now() } },
  );

it('expires by processing time, also while nothing runs, and is switched on over what is there', async () => {
  const directory = temporaryDirectory();
  const time = { nowMs: 1_000 };
  const first = await open(directory, time, undefined);
  first.withKey('a', ({ seen }) => seen.update(1));
  await first.checkpoint();
  await first.close();

  const ttl = StateTtlConfig.of({ ttlMs: 100 });
  time.nowMs = 5_000;
  const second = await open(directory, time, ttl);
  time.nowMs = 5_060;
  second.withKey('b', ({ seen }) => seen.update(2));
  await second.checkpoint();
  await second.close();

  time.nowMs = 5_120;
  await using third = await open(directory, time, ttl);
  expect(third.withKey('a', ({ seen }) => seen.value() ?? 'expired')).toBe('expired');
  expect(third.withKey('b', ({ seen }) => seen.value())).toBe(2);
  time.nowMs = 5_160;
  expect(third.withKey('b', ({ seen }) => seen.value() ?? 'expired')).toBe('expired');
});

it('expires by event time, which goes on from the checkpoint', async () => {
  const directory = temporaryDirectory();
  const time = { nowMs: 0 };
  const ttl = StateTtlConfig.of({ ttlMs: 100, timeCharacteristic: 'EventTime' });
  const first = await open(directory, time, ttl);
  first.advanceEventTime(1_000);
  first.withKey('a', ({ seen }) => seen.update(1));
  first.advanceEventTime(1_050);
  first.withKey('b', ({ seen }) => seen.update(2));
  first.advanceEventTime(1_100);
  await first.checkpoint();
  await first.close();

  await using second = await open(directory, time, ttl);
  expect(second.withKey('a', ({ seen }) => seen.value() ?? 'expired')).toBe('expired');
  expect(second.withKey('b', ({ seen }) => seen.value())).toBe(2);
  expect(() => second.advanceEventTime(Number.NaN)).toThrow(RangeError);
});
