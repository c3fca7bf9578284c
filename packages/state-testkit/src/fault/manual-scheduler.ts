// A scheduler whose tasks run when time is told to pass.

import { type CancelScheduled, type Scheduler, systemScheduler } from '@tidemark/state-core';
import type { ManualClock } from './manual-clock.js';

interface Planned {
  readonly dueMs: number;
  readonly task: () => void;
}

/** Runs tasks in the order of their times while {@link advance} lets time pass, and at no other time. */
export class ManualScheduler implements Scheduler {
  private readonly clock: ManualClock;
  private readonly planned: Set<Planned> = new Set();

  constructor(clock: ManualClock) {
    this.clock = clock;
  }

  yieldNow(): Promise<void> {
    return systemScheduler.yieldNow();
  }

  schedule(delayMs: number, task: () => void): CancelScheduled {
    const planned = { dueMs: this.clock.monotonicMs() + delayMs, task };
    this.planned.add(planned);
    return () => void this.planned.delete(planned);
  }

  /** Tasks that wait for their time. */
  get pending(): number {
    return this.planned.size;
  }

  /** Lets time pass and runs what comes due on the way, each task at its time. */
  advance(durationMs: number): void {
    const { clock } = this;
    const endMs = clock.monotonicMs() + durationMs;
    for (let next = this.nextUntil(endMs); next !== undefined; next = this.nextUntil(endMs)) {
      clock.advance(Math.max(0, next.dueMs - clock.monotonicMs()));
      this.planned.delete(next);
      next.task();
    }
    clock.advance(endMs - clock.monotonicMs());
  }

  private nextUntil(endMs: number): Planned | undefined {
    let next: Planned | undefined;
    for (const planned of this.planned) {
      if (planned.dueMs <= endMs && (next === undefined || planned.dueMs < next.dueMs)) next = planned;
    }
    return next;
  }
}
