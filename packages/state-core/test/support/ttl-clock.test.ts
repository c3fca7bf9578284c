// TC1 to TC3 of ttl-clock.ts and TP1 of ttl-policy.ts.

import { expect, it } from 'vitest';
import { KeyGroupRange } from '../../src/key-group/key-group-range.js';
import { StateTtlConfig } from '../../src/state/state-ttl-config.js';
import { NO_TIME, TtlClock } from '../../src/support/ttl-clock.js';
import { TtlPolicy } from '../../src/support/ttl-policy.js';

function clockAt(startMs: number, restored: readonly (readonly [number, number])[] = []) {
  const time = { nowMs: startMs };
  const clock = new TtlClock({
    processingTimeMs: () => time.nowMs,
    keyGroupRange: KeyGroupRange.of(2, 4),
    restored: new Map(restored),
  });
  return { time, clock };
}

it('processing time stands still between samples, in whole milliseconds, and may go back', () => {
  const { time, clock } = clockAt(10.7);
  expect(clock.processingTimeMs).toBe(10);
  time.nowMs = 20;
  expect(clock.processingTimeMs).toBe(10);
  clock.sample();
  expect(clock.processingTimeMs).toBe(20);
  time.nowMs = 5;
  clock.sample();
  expect([clock.processingTimeMs, clock.startTimeMs]).toEqual([5, 10]);
});

it('event time is the highest mark of a key group, restored or handed in', () => {
  const { clock } = clockAt(0, [[3, 100]]);
  expect([clock.eventTimeMs(2), clock.eventTimeMs(3)]).toEqual([NO_TIME, 100]);
  clock.advanceEventTime(50);
  expect([clock.eventTimeMs(2), clock.eventTimeMs(3)]).toEqual([50, 100]);
  clock.advanceEventTime(-7);
  clock.advanceEventTime(150);
  expect([clock.eventTimeMs(2), clock.eventTimeMs(3), clock.eventTimeMs(4)]).toEqual([150, 150, 150]);
  expect([clock.eventStartMs(2), clock.eventStartMs(3)]).toEqual([50, 100]);
});

it('a freeze keeps its times, and the marks of the key groups that have one', () => {
  const { time, clock } = clockAt(0, [[3, 100]]);
  const before = clock.freeze(7);
  clock.advanceEventTime(120);
  time.nowMs = 99;
  clock.sample();
  expect([before.processingTimeMs, before.marks]).toEqual([7, [[3, 100]]]);
  expect(clock.freeze(8).marks).toEqual([
    [2, 120],
    [3, 120],
    [4, 120],
  ]);
});

it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER, 0.5])('%s is no mark', (timestampMs) => {
  expect(() => clockAt(0).clock.advanceEventTime(timestampMs)).toThrow(RangeError);
});

it('expired when stamp + ttl <= now, at any size of either', () => {
  const { clock } = clockAt(0);
  const policy = new TtlPolicy(StateTtlConfig.of({ ttlMs: 100 }), clock);
  expect([149, 150, 151].map((nowMs) => policy.isExpired(50, nowMs, 2))).toEqual([false, true, true]);
  const forEver = new TtlPolicy(StateTtlConfig.of({ ttlMs: 2 ** 63 }), clock);
  expect(forEver.isExpired(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 2)).toBe(false);
});

it('an entry of before the first mark is as old as the first mark', () => {
  const { clock } = clockAt(0);
  const policy = new TtlPolicy(StateTtlConfig.of({ ttlMs: 100, timeCharacteristic: 'EventTime' }), clock);
  const stampMs = policy.nowMs(2);
  expect([stampMs, policy.isExpired(stampMs, policy.nowMs(2), 2)]).toEqual([NO_TIME, false]);
  expect(policy.storedStampMs(stampMs, 2)).toBe(NO_TIME);
  clock.advanceEventTime(1000);
  expect([policy.storedStampMs(stampMs, 2), policy.isExpired(stampMs, 1000, 2)]).toEqual([1000, false]);
  clock.advanceEventTime(1100);
  expect(policy.isExpired(stampMs, policy.nowMs(2), 2)).toBe(true);
});

it('a freeze reads the clock of the slices', () => {
  const { time, clock } = clockAt(10);
  time.nowMs = 20.5;
  expect([clock.freeze().processingTimeMs, clock.processingTimeMs]).toEqual([20, 10]);
});

it('what was restored without a stamp of event time gets its beginning', () => {
  const { clock } = clockAt(0, [[3, 100]]);
  expect([2, 3].map((keyGroup) => clock.restoreStampMs('event', keyGroup))).toEqual([NO_TIME, 100]);
  clock.advanceEventTime(200);
  clock.advanceEventTime(300);
  expect([2, 3].map((keyGroup) => clock.restoreStampMs('event', keyGroup))).toEqual([200, 100]);
});
