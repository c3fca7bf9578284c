// A clock that moves when it is told to.

import type { Clock } from '@tidemark/state-core';

/** Time that stands still between two calls. The two times move apart when the clock is set, as those of a process may. */
export class ManualClock implements Clock {
  private wallMs: number;
  private elapsedMs = 0;

  /** @param startMs - Milliseconds since 1970. */
  constructor(startMs = 0) {
    this.wallMs = startMs;
  }

  nowMs(): number {
    return this.wallMs;
  }

  monotonicMs(): number {
    return this.elapsedMs;
  }

  /** Sets the time of day, forwards or back; no time passes. */
  setMs(wallMs: number): void {
    this.wallMs = wallMs;
  }

  /** Lets time pass. @throws RangeError for less than nothing. */
  advance(durationMs: number): void {
    if (!(durationMs >= 0)) throw new RangeError(`time passes forwards: durationMs=${durationMs}`);
    this.wallMs += durationMs;
    this.elapsedMs += durationMs;
  }
}
