// What time to live means for the entries of one state: when they expire, what reading does to them, what snapshots leave
// out. The same for every backend; where the stamp of an entry is kept is the backend's.
//
//   TP1. Expired when stamp + ttl <= now. Numbers are wide enough for any sum, so nothing overflows.
//   TP2. A write stamps with the time of the slice. With OnReadAndWrite so does a read of an entry that has not expired.
//   TP3. NeverReturnExpired: an entry that has expired is as good as gone, and reading removes it.
//        ReturnExpiredIfNotCleanedUp: reading gives it and removes it; what is added to goes on from it.
//   TP4. Settings are not stored: those of the descriptor asked with last hold at once, also for what is there.

import type { StateTtlConfig } from '../state/state-ttl-config.js';
import { type FrozenTtlTime, NO_TIME, type TtlClock, type TtlTime } from './ttl-clock.js';

/** The time to live of one state. The public fields are read on every access and written here only. */
export class TtlPolicy {
  readonly time: TtlTime;
  readonly clock: TtlClock;
  /** Life time in milliseconds. */
  ttlMs: number;
  /** Whether reading stamps anew (OnReadAndWrite). */
  renewsOnRead: boolean;
  /** Whether an expired entry that is still there is given once (ReturnExpiredIfNotCleanedUp). */
  returnsExpired: boolean;
  config: StateTtlConfig;
  /** Entries and list elements that went because their time was up. */
  expiredEntries = 0;

  constructor(config: StateTtlConfig, clock: TtlClock) {
    this.time = ttlTimeOf(config);
    this.clock = clock;
    this.config = config;
    this.ttlMs = config.ttlMs;
    this.renewsOnRead = config.updateType === 'OnReadAndWrite';
    this.returnsExpired = config.stateVisibility === 'ReturnExpiredIfNotCleanedUp';
  }

  /** Takes the settings of another descriptor, of the same clock (TP4). */
  configure(config: StateTtlConfig): void {
    this.config = config;
    this.ttlMs = config.ttlMs;
    this.renewsOnRead = config.updateType === 'OnReadAndWrite';
    this.returnsExpired = config.stateVisibility === 'ReturnExpiredIfNotCleanedUp';
  }

  /** The time for entries of a key group, and the stamp of what is written now. */
  nowMs(keyGroup: number): number {
    return this.time === 'processing' ? this.clock.processingTimeMs : this.clock.eventTimeMs(keyGroup);
  }

  /** Whether an entry has expired at `nowMs` (TP1). */
  isExpired(stampMs: number, nowMs: number, keyGroup: number): boolean {
    if (stampMs + this.ttlMs > nowMs) return false;
    return stampMs !== NO_TIME || this.clock.eventStartMs(keyGroup) + this.ttlMs <= nowMs;
  }

  /** The time for entries of a key group as of a freeze. */
  frozenNowMs(frozen: FrozenTtlTime, keyGroup: number): number {
    return this.time === 'processing' ? frozen.processingTimeMs : frozen.eventTimeMs(keyGroup);
  }

  /** The stamp that a snapshot stores of an entry: one that was written before event time began gets its beginning. */
  storedStampMs(stampMs: number, keyGroup: number): number {
    return stampMs === NO_TIME ? this.clock.eventStartMs(keyGroup) : stampMs;
  }
}

/** Whose time the stamps of a state are in. */
export function ttlTimeOf(config: StateTtlConfig): TtlTime {
  return config.timeCharacteristic === 'EventTime' ? 'event' : 'processing';
}
