// Removes expired entries that nobody reads: a few on every access or record where the program asks for it, and all of
// them, sooner or later, in the background.
//
// Owns: when entries are looked at and how many. Leaves the walk over them to the backend, which removes them the way a
// program would: through the same path as any other change.
//
//   TU1. The background takes at most SLICE_MS at a time and rests PAUSE_MS after it, so about one twentieth of an idle
//        thread; after a round over everything it rests longer.
//   TU2. It never keeps the process open, and after `stop` nothing runs.
//   TU3. Time is sampled before every slice: what is cleaned up is expired by the clock, not by an old sample.
//   TU4. A walk that throws ends the background work; whoever accesses the same entries meets the error itself.

import type { Clock } from '../ambient/clock.js';
import type { CancelScheduled, Scheduler } from '../ambient/scheduler.js';
import type { TtlPolicy } from './ttl-policy.js';

/** A walk over the entries of a state that removes expired ones. Without end: after the last it begins anew. */
export interface TtlCursor {
  /**
   * Looks at up to `entriesMax` entries and removes those that have expired.
   *
   * @returns How many it looked at; fewer than `entriesMax` at the end of a round.
   */
  advance(entriesMax: number): number;
}

/** What cleanup knows of a state. */
export interface TtlCleanupTarget {
  readonly policy: TtlPolicy;
  /** A walk that begins at the first entry. */
  createCursor(): TtlCursor;
  /** Takes what is to be called before every access; `undefined` when nothing is, so that accesses pay nothing. */
  setOnAccess(onAccess: (() => void) | undefined): void;
}

/** What {@link TtlCleanup} is made with. */
export interface TtlCleanupParameters {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** Takes the time (TU3). */
  readonly sample: () => void;
}

const SLICE_MS = 1;
const PAUSE_MS = 20;
/** Between two rounds: a share of the shortest time to live, within these bounds. */
const REST_MS_MIN = 100;
const REST_MS_MAX = 10_000;
const ROUNDS_PER_TTL = 10;
/** Entries looked at between two looks at the clock. */
const ENTRIES_PER_STEP = 256;

interface CleanedState {
  readonly policy: TtlPolicy;
  readonly background: TtlCursor;
  readonly incremental: TtlCursor;
  readonly setOnAccess: TtlCleanupTarget['setOnAccess'];
}

/** The cleanup of all states of one backend. */
export class TtlCleanup {
  private readonly parameters: TtlCleanupParameters;
  private readonly states: CleanedState[] = [];
  private forEveryRecord: readonly (() => void)[] = [];
  /** The state that the background is at. */
  private next = 0;
  private cancel: CancelScheduled | undefined = undefined;
  private stopped = false;

  constructor(parameters: TtlCleanupParameters) {
    this.parameters = parameters;
  }

  /** Cleans a state up from now on, as its settings ask for. */
  add({ policy, createCursor, setOnAccess }: TtlCleanupTarget): void {
    this.states.push({
      policy,
      background: createCursor(),
      incremental: createCursor(),
      setOnAccess: (onAccess) => setOnAccess(onAccess),
    });
    this.settingsChanged();
  }

  /** A key was chosen: another record begins. */
  recordBegins(): void {
    for (const cleanUp of this.forEveryRecord) cleanUp();
  }

  /** The settings of a state may have changed. */
  settingsChanged(): void {
    if (this.stopped) return;
    const forEveryRecord: (() => void)[] = [];
    for (const { policy, incremental, setOnAccess } of this.states) {
      const { cleanupIncrementally } = policy.config;
      const cleanUp = cleanupIncrementally && (() => void incremental.advance(cleanupIncrementally.entries));
      setOnAccess(cleanUp);
      if (cleanUp !== undefined && cleanupIncrementally?.forEveryRecord) forEveryRecord.push(cleanUp);
    }
    this.forEveryRecord = forEveryRecord;
    if (this.cancel === undefined && this.states.some(isCleanedInBackground)) this.rest();
  }

  stop(): void {
    this.stopped = true;
    this.cancel?.();
    this.cancel = undefined;
    this.states.length = 0;
    this.forEveryRecord = [];
  }

  private rest(): void {
    let shortestMs = Number.POSITIVE_INFINITY;
    for (const state of this.states) {
      if (isCleanedInBackground(state)) shortestMs = Math.min(shortestMs, state.policy.ttlMs);
    }
    if (shortestMs === Number.POSITIVE_INFINITY) return;
    this.schedule(Math.min(REST_MS_MAX, Math.max(REST_MS_MIN, Math.ceil(shortestMs / ROUNDS_PER_TTL))));
  }

  private schedule(delayMs: number): void {
    this.cancel = this.parameters.scheduler.schedule(delayMs, () => this.slice());
  }

  private slice(): void {
    this.cancel = undefined;
    if (this.stopped) return;
    const { clock, sample } = this.parameters;
    sample();
    const endMs = clock.monotonicMs() + SLICE_MS;
    try {
      do {
        if (this.step()) continue;
        this.next = 0;
        this.rest();
        return;
      } while (clock.monotonicMs() < endMs);
    } catch {
      return;
    }
    this.schedule(PAUSE_MS);
  }

  /** Looks at some entries; false at the end of a round over all states. */
  private step(): boolean {
    const state = this.states[this.next];
    if (state === undefined) return false;
    const isMore = isCleanedInBackground(state) && state.background.advance(ENTRIES_PER_STEP) >= ENTRIES_PER_STEP;
    if (!isMore) this.next++;
    return true;
  }
}

function isCleanedInBackground({ policy }: CleanedState): boolean {
  return policy.config.cleanupInBackground && policy.ttlMs < Number.MAX_SAFE_INTEGER;
}
