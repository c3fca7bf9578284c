// The two clocks that entries expire by.
//
// Owns: which time it is. Leaves what the time means for an entry to ttl-policy.ts, and when to sample to the backend: whenever
// a key is chosen and before every slice of its own work.
//
//   TC1. Processing time is read when it is sampled and stands still until the next sample: what one record sees of the
//        state does not change under its hands. It may go back, as the clock of the process may.
//   TC2. Event time of a key group is the highest mark ever handed in or restored for it; it never goes back. Without any
//        mark there is no time yet, and nothing expires.
//   TC3. What had no stamp of a clock when it was restored is as old as the restore: one moment for the life of the
//        backend, so that decoding early or late makes no difference. In event time that is its beginning; before there was
//        a mark NO_TIME stands for it.
//   TC4. A freeze reads the same clock as the slices: what was written just before has not expired.

import type { KeyGroupRange } from '../key-group/key-group-range.js';

/** Stands for a time that is not known: before every other. As a stamp: written before there was a mark of event time. */
export const NO_TIME: number = Number.MIN_SAFE_INTEGER;

/** Whose time counts, as schemas name it. */
export type TtlTime = 'processing' | 'event';

/** What a {@link TtlClock} starts from. */
export interface TtlClockParameters {
  /** Reads processing time in milliseconds since 1970. */
  readonly processingTimeMs: () => number;
  readonly keyGroupRange: KeyGroupRange;
  /** The marks of event time in the snapshot, by key group. */
  readonly restored: ReadonlyMap<number, number>;
}

/** The clocks as of a freeze. */
export interface FrozenTtlTime {
  readonly processingTimeMs: number;
  /** Event time of a key group; {@link NO_TIME} when there is none. */
  eventTimeMs(keyGroup: number): number;
  /** The marks of event time, by ascending key group. */
  readonly marks: readonly (readonly [keyGroup: number, timestampMs: number])[];
}

/** The clocks of one keyed backend. */
export class TtlClock {
  /** Processing time of the slice, in milliseconds. Read on every access, written by {@link sample}. */
  processingTimeMs: number;
  /** Processing time when the backend was made (TC3). */
  readonly startTimeMs: number;

  private readonly read: () => number;
  private readonly range: KeyGroupRange;
  private readonly restored: ReadonlyMap<number, number>;
  /** The mark that was handed in last. */
  private watermarkMs = NO_TIME;
  /** The mark that was handed in first. */
  private firstMarkMs = NO_TIME;

  constructor({ processingTimeMs, keyGroupRange, restored }: TtlClockParameters) {
    this.read = processingTimeMs;
    this.range = keyGroupRange;
    this.restored = restored;
    this.startTimeMs = Math.floor(processingTimeMs());
    this.processingTimeMs = this.startTimeMs;
  }

  /** Takes the time for the slice that begins. */
  sample(): void {
    this.processingTimeMs = Math.floor(this.read());
  }

  /** Hands in a mark of event time; a lower one than before changes nothing. @throws RangeError for what is no time. */
  advanceEventTime(timestampMs: number): void {
    // The end of all input is no time either: expiring everything there would empty a final savepoint.
    if (!Number.isSafeInteger(timestampMs) || timestampMs === Number.MAX_SAFE_INTEGER) {
      throw new RangeError(`event time is an integer of milliseconds since 1970, not ${timestampMs}`);
    }
    if (this.firstMarkMs === NO_TIME) this.firstMarkMs = timestampMs;
    if (timestampMs > this.watermarkMs) this.watermarkMs = timestampMs;
  }

  /** Event time of a key group; {@link NO_TIME} before the first mark. */
  eventTimeMs(keyGroup: number): number {
    return laterOf(this.restored.get(keyGroup), this.watermarkMs);
  }

  /** When event time began for a key group, as far as this backend knows; {@link NO_TIME} before the first mark. */
  eventStartMs(keyGroup: number): number {
    return this.restored.get(keyGroup) ?? this.firstMarkMs;
  }

  /** The stamp of entries that were restored without one of this clock (TC3). */
  restoreStampMs(time: TtlTime, keyGroup: number): number {
    return time === 'processing' ? this.startTimeMs : this.eventStartMs(keyGroup);
  }

  /** The clocks as they stand (TC4). @param processingTimeMs - Default the processing time of now. */
  freeze(processingTimeMs: number = Math.floor(this.read())): FrozenTtlTime {
    const { restored, watermarkMs, range } = this;
    const eventTimeMs = (keyGroup: number): number => laterOf(restored.get(keyGroup), watermarkMs);
    return {
      processingTimeMs,
      eventTimeMs,
      get marks() {
        const marks: (readonly [number, number])[] = [];
        for (const keyGroup of range) {
          const mark = eventTimeMs(keyGroup);
          if (mark !== NO_TIME) marks.push([keyGroup, mark]);
        }
        return marks;
      },
    };
  }
}

function laterOf(restoredMs: number | undefined, watermarkMs: number): number {
  return restoredMs !== undefined && restoredMs > watermarkMs ? restoredMs : watermarkMs;
}
