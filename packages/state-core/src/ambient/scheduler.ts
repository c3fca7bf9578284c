// Giving the event loop back, and waiting, as things that are handed in.

/** Cancels what {@link Scheduler.schedule} planned; harmless when it has already run. */
export type CancelScheduled = () => void;

/** Runs things later. Injected, so that a simulated run from one seed gives one trace. */
export interface Scheduler {
  /**
   * Resolves in a later macrotask: pending input and output of the process get their turn first. A microtask would not
   * do, it keeps the loop to itself.
   */
  yieldNow(): Promise<void>;
  /** Runs `task` once after at least `delayMs` milliseconds; never keeps the process alive on its own. */
  schedule(delayMs: number, task: () => void): CancelScheduled;
}

/** What the timers of Node and browsers hold, 24.8 days: a longer delay overflows there and is over at once. */
const TIMER_MS_MAX: number = 2 ** 31 - 1;

/** The scheduler of the process. */
export const systemScheduler: Scheduler = {
  yieldNow: () => new Promise((resolve) => runInMacrotask(resolve)),
  schedule(delayMs, task) {
    let timer: unknown;
    const wait = (restMs: number): void => {
      const partMs = Math.min(restMs, TIMER_MS_MAX);
      timer = setTimeout(() => (restMs > partMs ? wait(restMs - partMs) : task()), partMs);
      // Node returns an object that can be detached from the life of the process; browsers return a number.
      (timer as { unref?: () => void }).unref?.();
    };
    wait(delayMs);
    return () => clearTimeout(timer as never);
  },
};

function runInMacrotask(task: () => void): void {
  const immediate = (globalThis as { setImmediate?: (task: () => void) => unknown }).setImmediate;
  // setTimeout(0) costs at least a millisecond a turn, setImmediate about a microsecond: it matters with 2 ms slices.
  if (immediate === undefined) setTimeout(task, 0);
  else immediate(task);
}
