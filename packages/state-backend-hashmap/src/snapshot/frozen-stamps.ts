// The time stamps of one state in one key group as a snapshot sees them, and what it leaves out.
//
//   FS1. With cleanupFullSnapshot, entries that had expired at the freeze are left out. Of a list only those before the first
//        that had not.
//   FS2. An entry that was written before event time began is stored with its beginning, when that is known.

import type { FrozenTtlTime, TtlPolicy } from '@tidemark/state-core/support';
import { NO_TIME } from '@tidemark/state-core/support';
import { FrozenList } from '../table/frozen-list.js';
import { StampedValue } from '../table/slot-stamps.js';
import type { Slots } from '../table/slots.js';
import type { StampedList } from '../table/stamped-list.js';

/** Reads the stamps that a snapshot sees. */
export class FrozenStamps {
  private readonly policy: TtlPolicy;
  private readonly keyGroup: number;
  private readonly nowMs: number;
  private readonly leavesOut: boolean;

  /** @param leavesOut - Whether expired entries may be left out at all. */
  constructor(policy: TtlPolicy, frozen: FrozenTtlTime, keyGroup: number, leavesOut = true) {
    this.policy = policy;
    this.keyGroup = keyGroup;
    this.nowMs = policy.frozenNowMs(frozen, keyGroup);
    this.leavesOut = leavesOut && policy.config.cleanupFullSnapshot;
  }

  /** Whether the entry that the snapshot sees in a slot is to be written (FS1). */
  includes(slots: Slots, slot: number, frozen: unknown): boolean {
    return !this.leavesOut || !this.isExpired(stampOf(slots, slot, frozen));
  }

  /** Index of the first element to be written of a list; -1 when there is none (FS1). */
  firstIncluded(list: unknown): number {
    if (!this.leavesOut) return 0;
    const { stampsMs, length } = list as StampedList;
    for (let index = 0; index < length; index++) if (!this.isExpired(stampsMs[index] as number)) return index;
    return -1;
  }

  /** The stamp to be written of an entry (FS2). */
  storedStampMs(slots: Slots, slot: number, frozen: unknown): number {
    return this.policy.storedStampMs(stampOf(slots, slot, frozen), this.keyGroup);
  }

  /** The stamps to be written of a list (FS2). */
  storedStampsMs(list: unknown): readonly number[] | undefined {
    const stampsMs = list instanceof FrozenList ? list.stampsMs : (list as StampedList).stampsMs;
    if (this.policy.time === 'processing' || !stampsMs?.includes(NO_TIME)) return stampsMs;
    return stampsMs.map((stampMs) => this.policy.storedStampMs(stampMs, this.keyGroup));
  }

  private isExpired(stampMs: number): boolean {
    return this.policy.isExpired(stampMs, this.nowMs, this.keyGroup);
  }
}

function stampOf(slots: Slots, slot: number, frozen: unknown): number {
  return frozen instanceof StampedValue ? frozen.stampMs : (slots.stamps?.stampsMs[slot] as number);
}
