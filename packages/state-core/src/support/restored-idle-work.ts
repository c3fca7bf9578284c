// Work that may wait until the program is idle, done in slices: decoding what was restored and not asked for yet.
//
//   IW1. A slice takes at most SLICE_MS, give or take one step; between two slices the program has the loop.
//   IW2. Nothing here keeps the process open, and after `stop` nothing runs.
//   IW3. A step that throws ends the work; the access that needs the same bytes meets the error itself.

import type { Clock } from '../ambient/clock.js';
import type { CancelScheduled, Scheduler } from '../ambient/scheduler.js';

/** The most time of a slice in milliseconds. */
const SLICE_MS = 2;
/** The pause between slices in milliseconds: at most about half of an idle thread goes into this work. */
const PAUSE_MS = 1;

/** Does work in idle slices. */
export class IdleWork {
  private cancel: CancelScheduled | undefined = undefined;
  private stopped = false;

  constructor(
    private readonly scheduler: Scheduler,
    private readonly clock: Clock,
    /** Does one small step; false when nothing is left to do. */
    private readonly step: () => boolean,
  ) {}

  /** There is something to do. Harmless while it is being done. */
  wake(): void {
    if (this.stopped || this.cancel !== undefined) return;
    this.cancel = this.scheduler.schedule(PAUSE_MS, () => this.slice());
  }

  stop(): void {
    this.stopped = true;
    this.cancel?.();
    this.cancel = undefined;
  }

  private slice(): void {
    this.cancel = undefined;
    if (this.stopped) return;
    const endMs = this.clock.monotonicMs() + SLICE_MS;
    let isMoreToDo = true;
    try {
      while (isMoreToDo && this.clock.monotonicMs() < endMs) isMoreToDo = this.step();
    } catch {
      return;
    }
    if (isMoreToDo) this.wake();
  }
}
