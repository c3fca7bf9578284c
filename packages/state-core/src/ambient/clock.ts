// Time as a value that is handed in. Only this folder reads the clock of the process.

/** Reads the time. Injected wherever time matters, so that a run can be repeated. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. May jump. */
  nowMs(): number;
  /** Milliseconds since an arbitrary moment, never going backwards: for durations and slices. */
  monotonicMs(): number;
}

/** The clock of the process. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};
