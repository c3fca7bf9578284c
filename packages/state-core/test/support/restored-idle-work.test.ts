// IW1 to IW3 of restored-idle-work.ts, on a clock and a scheduler that the test moves.

import { expect, it } from 'vitest';
import type { Scheduler } from '../../src/ambient/scheduler.js';
import { IdleWork } from '../../src/support/restored-idle-work.js';

class ManualScheduler implements Scheduler {
  tasks: (() => void)[] = [];
  yieldNow(): Promise<void> {
    return Promise.resolve();
  }
  schedule(_delayMs: number, task: () => void): () => void {
    this.tasks.push(task);
    return () => {
      this.tasks = this.tasks.filter((other) => other !== task);
    };
  }
  runNext(): void {
    this.tasks.shift()?.();
  }
}

function work(steps: number) {
  const scheduler = new ManualScheduler();
  let nowMs = 0;
  let done = 0;
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
  const idle = new IdleWork(scheduler, clock, () => {
    if (done === steps) return false;
    done++;
    nowMs += 0.5;
    return true;
  });
  return { scheduler, idle, done: () => done };
}

it('works in slices of two milliseconds until nothing is left', () => {
  const { scheduler, idle, done } = work(10);
  expect(scheduler.tasks).toHaveLength(0);
  idle.wake();
  idle.wake();
  expect(scheduler.tasks).toHaveLength(1);
  scheduler.runNext();
  expect(done()).toBe(4);
  scheduler.runNext();
  scheduler.runNext();
  expect([done(), scheduler.tasks.length]).toEqual([10, 0]);
});

it('stops for good', () => {
  const { scheduler, idle, done } = work(10);
  idle.wake();
  idle.stop();
  idle.wake();
  scheduler.runNext();
  expect([done(), scheduler.tasks.length]).toEqual([0, 0]);
});

it('ends at a step that throws and can be woken again', () => {
  const scheduler = new ManualScheduler();
  let calls = 0;
  const clock = { nowMs: () => 0, monotonicMs: () => 0 };
  const idle = new IdleWork(scheduler, clock, () => {
    calls++;
    if (calls === 1) throw new Error('damaged');
    return false;
  });
  idle.wake();
  scheduler.runNext();
  expect([calls, scheduler.tasks.length]).toEqual([1, 0]);
  idle.wake();
  scheduler.runNext();
  expect(calls).toBe(2);
});
