// TU1 to TU4 of ttl-cleanup.ts, on a clock and a scheduler that the test moves.

import { expect, it } from 'vitest';
import type { Scheduler } from '../../src/ambient/scheduler.js';
import { KeyGroupRange } from '../../src/key-group/key-group-range.js';
import { StateTtlConfig, type StateTtlOptions } from '../../src/state/state-ttl-config.js';
import { TtlCleanup } from '../../src/support/ttl-cleanup.js';
import { TtlClock } from '../../src/support/ttl-clock.js';
import { TtlPolicy } from '../../src/support/ttl-policy.js';

class TaskList implements Scheduler {
  tasks: { readonly delayMs: number; readonly task: () => void }[] = [];
  yieldNow(): Promise<void> {
    return Promise.resolve();
  }
  schedule(delayMs: number, task: () => void): () => void {
    const planned = { delayMs, task };
    this.tasks.push(planned);
    return () => {
      this.tasks = this.tasks.filter((other) => other !== planned);
    };
  }
  runNext(): void {
    this.tasks.shift()?.task();
  }
  get delaysMs(): number[] {
    return this.tasks.map(({ delayMs }) => delayMs);
  }
}

/** A state of so many entries, each of which takes a tenth of a millisecond to look at. */
function cleanupOf(entries: number) {
  const scheduler = new TaskList();
  const time = { nowMs: 0, samples: 0 };
  const clock = new TtlClock({
    processingTimeMs: () => time.nowMs,
    keyGroupRange: KeyGroupRange.of(0, 0),
    restored: new Map(),
  });
  const cleanup = new TtlCleanup({
    clock: { nowMs: () => time.nowMs, monotonicMs: () => time.nowMs },
    scheduler,
    sample: () => time.samples++,
  });
  const add = (options: Partial<StateTtlOptions> = {}) => {
    const policy = new TtlPolicy(StateTtlConfig.of({ ttlMs: 1000, ...options }), clock);
    const seen = { background: 0, incremental: 0, rounds: 0 };
    let onAccess: (() => void) | undefined;
    let cursors = 0;
    cleanup.add({
      policy,
      createCursor() {
        const name = cursors++ === 0 ? 'background' : 'incremental';
        let position = 0;
        return {
          advance(entriesMax) {
            const count = Math.min(entriesMax, entries - position);
            position += count;
            seen[name] += count;
            time.nowMs += count / 1000;
            if (position < entries && count === entriesMax) return count;
            position = 0;
            seen.rounds++;
            return count;
          },
        };
      },
      setOnAccess: (asked) => {
        onAccess = asked;
      },
    });
    return { policy, seen, access: () => onAccess?.(), isAsked: () => onAccess !== undefined };
  };
  return { scheduler, time, cleanup, add };
}

it('works in short slices with pauses, and rests after a round', () => {
  const { scheduler, add, time } = cleanupOf(5000);
  const { seen } = add();
  expect(scheduler.delaysMs).toEqual([100]);
  let slices = 0;
  for (; seen.rounds === 0; slices++) {
    const beforeMs = time.nowMs;
    scheduler.runNext();
    expect(time.nowMs - beforeMs).toBeLessThan(1.5);
    expect(scheduler.delaysMs).toEqual([seen.rounds === 0 ? 20 : 100]);
  }
  expect([seen.background, slices > 3, time.samples]).toEqual([5000, true, slices]);
});

it('rests as long as the shortest time to live allows, within bounds', () => {
  for (const [ttlMs, delayMs] of [
    [10, 100],
    [5000, 500],
    [1e9, 10_000],
  ] as const) {
    const { scheduler, add } = cleanupOf(1);
    add({ ttlMs });
    expect(scheduler.delaysMs).toEqual([delayMs]);
  }
});

it('plans nothing where nothing is cleaned up in the background, until the settings change', () => {
  const { scheduler, add, cleanup } = cleanupOf(10);
  const { policy } = add({ cleanupInBackground: false });
  expect(scheduler.delaysMs).toEqual([]);
  policy.configure(StateTtlConfig.of({ ttlMs: 1000 }));
  cleanup.settingsChanged();
  cleanup.settingsChanged();
  expect(scheduler.delaysMs).toEqual([100]);
});

it('looks at some entries on access or for every record where that is asked for, and costs nothing elsewhere', () => {
  const { cleanup, add } = cleanupOf(100);
  const none = add();
  const onAccess = add({ cleanupIncrementally: { entries: 3 } });
  const always = add({ cleanupIncrementally: { entries: 5, forEveryRecord: true } });
  expect([none.isAsked(), onAccess.isAsked()]).toEqual([false, true]);
  onAccess.access();
  always.access();
  cleanup.recordBegins();
  expect([none.seen.incremental, onAccess.seen.incremental, always.seen.incremental]).toEqual([0, 3, 10]);
});

it('nothing runs after stop', () => {
  const { scheduler, add, cleanup } = cleanupOf(10_000);
  const { seen } = add({ cleanupIncrementally: { entries: 3, forEveryRecord: true } });
  scheduler.runNext();
  const before = { ...seen };
  cleanup.stop();
  cleanup.settingsChanged();
  cleanup.recordBegins();
  expect([scheduler.tasks, seen]).toEqual([[], before]);
});

it('ends when a walk throws', () => {
  const { scheduler, cleanup } = cleanupOf(0);
  const clock = new TtlClock({ processingTimeMs: () => 0, keyGroupRange: KeyGroupRange.of(0, 0), restored: new Map() });
  cleanup.add({
    policy: new TtlPolicy(StateTtlConfig.of({ ttlMs: 1 }), clock),
    createCursor: () => ({
      advance() {
        throw new Error('damaged');
      },
    }),
    setOnAccess: () => {},
  });
  scheduler.runNext();
  expect(scheduler.tasks).toEqual([]);
});
