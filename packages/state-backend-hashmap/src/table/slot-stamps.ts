// The time stamps of the slots of one table, for states with time to live.
//
// Owns: the stamp of each slot, and what finding an entry does to it: let it pass, stamp it anew, or take it away. Leaves
// the rule to TtlPolicy and the slots to slots.ts.
//
//   SS1. A stamp changes only after `touch`: a snapshot sees the stamp of the freeze as it sees the value.
//   SS2. An entry whose time is up goes without moving `structure`: a walk under way goes on without it.
//   SS3. The epoch in which a value was written is kept apart from that in which anything of its slot changed: an increment
//        writes only the stamp of an entry whose value the base has.
//   SS4. Who changes values in place finds one that no snapshot keeps: stamping anew leaves a copy behind.

import type { TtlPolicy } from '@tidemark/state-core/support';
import { NO_TIME } from '@tidemark/state-core/support';
import { ABSENT } from './absent.js';
import type { Slots } from './slots.js';

/** What tables need to know of the time to live of their state. */
export interface TableTtl {
  readonly policy: TtlPolicy;
  /** Whether every element of a list has a stamp of its own, instead of the entry. */
  readonly perElement: boolean;
  /** Copies a value or element that may be changed in place; absent where none is (SS4). */
  readonly copy: ((value: unknown) => unknown) | undefined;
}

/** A value with its stamp, as a snapshot keeps it. */
export class StampedValue {
  constructor(
    readonly value: unknown,
    readonly stampMs: number,
    /** The epoch in which the value was written (SS3). */
    readonly writtenEpoch: number,
  ) {}
}

const CAPACITY_MIN = 8;

/** The stamps of one table. */
export class SlotStamps {
  /** By slot, in milliseconds. Read on every access. */
  stampsMs: Float64Array = new Float64Array(CAPACITY_MIN);
  /** The epoch in which the value of each slot was written; 0 for restored entries (SS3). */
  private writtenEpochs: Int32Array = new Int32Array(CAPACITY_MIN);
  /** The last epoch whose image left an entry out because its time was up, by slot. */
  private readonly leftOut: Map<number, number> = new Map();
  /** Whether an entry may have been written before there was a mark of event time. */
  private mayLackTime = false;
  /** Snapshots of earlier epochs may hold entries without the time that is known by now. */
  private timedEpoch = 0;
  readonly policy: TtlPolicy;
  private readonly copy: TableTtl['copy'];
  private readonly keyGroup: number;
  private readonly slots: Slots;

  constructor({ policy, copy }: TableTtl, keyGroup: number, slots: Slots) {
    this.policy = policy;
    this.copy = copy;
    this.keyGroup = keyGroup;
    this.slots = slots;
  }

  /** An entry was found. False when its time was up and it has gone. */
  reach(slot: number): boolean {
    const { policy } = this;
    const nowMs = policy.nowMs(this.keyGroup);
    const stampMs = this.stampsMs[slot] as number;
    if (stampMs === nowMs || (stampMs + policy.ttlMs > nowMs && !policy.renewsOnRead)) return true;
    return this.reachOld(slot, stampMs, nowMs);
  }

  /** Whether the time of the entry in a slot is up. */
  isExpired(slot: number): boolean {
    const { policy, keyGroup } = this;
    return policy.isExpired(this.stampsMs[slot] as number, policy.nowMs(keyGroup), keyGroup);
  }

  /** The entry in a slot was written: it is as old as the slice. */
  write(slot: number): void {
    this.set(slot, this.policy.nowMs(this.keyGroup));
    this.writtenEpochs[slot] = this.slots.clock.epoch;
  }

  /** Sets the stamp of a slot that was touched or is new. */
  set(slot: number, stampMs: number): void {
    if (slot >= this.stampsMs.length) this.grow(slot);
    this.stampsMs[slot] = stampMs;
    if (stampMs === NO_TIME) this.mayLackTime = true;
  }

  /** Restored values are as old as the state itself. */
  finishLoading(): void {
    this.writtenEpochs.fill(0);
  }

  /** An image of an epoch left the entry in a slot out: increments cannot count on it. */
  leaveOut(slot: number, epoch: number): void {
    this.leftOut.set(slot, Math.max(epoch, this.leftOut.get(slot) ?? 0));
  }

  /**
   * Whether the value that a snapshot finds in a slot must be in the increment: it was written after `baseEpoch`, or the
   * base may lack it.
   */
  isWrittenSince(baseEpoch: number, slot: number, frozen: unknown): boolean {
    const epoch = frozen instanceof StampedValue ? frozen.writtenEpoch : (this.writtenEpochs[slot] as number);
    return epoch > baseEpoch || (this.leftOut.get(slot) ?? -1) >= epoch;
  }

  /**
   * Gives their stamp to entries that were written before there was a mark of event time. For whoever reads it is the same
   * stamp as before; snapshots before the one of `frozenEpoch` may lack it.
   *
   * @returns Whether the one of `baseEpoch` may.
   */
  settleTime(baseEpoch: number, frozenEpoch: number): boolean {
    const startMs = this.policy.storedStampMs(NO_TIME, this.keyGroup);
    if (this.mayLackTime && startMs !== NO_TIME) {
      this.mayLackTime = false;
      for (let slot = 0; slot < this.slots.count; slot++) {
        if (this.stampsMs[slot] === NO_TIME) this.stampsMs[slot] = startMs;
      }
      this.timedEpoch = frozenEpoch;
    }
    return baseEpoch < this.timedEpoch;
  }

  /** What a snapshot keeps of a slot. */
  preimage(slot: number, value: unknown): unknown {
    return value === ABSENT
      ? ABSENT
      : new StampedValue(value, this.stampsMs[slot] as number, this.writtenEpochs[slot] as number);
  }

  /** Takes expired entries away, in the slots from `start` to before `end`. */
  sweep(start: number, end: number): void {
    const { policy, keyGroup, slots } = this;
    const nowMs = policy.nowMs(keyGroup);
    for (let slot = start; slot < end && slot < slots.count; slot++) {
      if (slots.values[slot] === ABSENT) continue;
      const stampMs = this.stampsMs[slot] as number;
      if (stampMs + policy.ttlMs > nowMs && stampMs !== NO_TIME) continue;
      if (policy.isExpired(stampMs, nowMs, keyGroup)) this.expire(slot);
      else this.renew(slot, policy.storedStampMs(stampMs, keyGroup));
    }
  }

  /** Takes the entry in a slot away because its time is up (SS2). */
  expire(slot: number): void {
    this.policy.expiredEntries++;
    this.slots.expire(slot);
  }

  /** All slots are free: gives the memory back. */
  clear(): void {
    this.stampsMs = new Float64Array(CAPACITY_MIN);
    this.writtenEpochs = new Int32Array(CAPACITY_MIN);
    this.leftOut.clear();
  }

  private reachOld(slot: number, stampMs: number, nowMs: number): boolean {
    const { policy, keyGroup } = this;
    if (policy.isExpired(stampMs, nowMs, keyGroup)) {
      if (policy.returnsExpired) return true;
      this.expire(slot);
      return false;
    }
    this.renew(slot, policy.renewsOnRead ? nowMs : policy.storedStampMs(stampMs, keyGroup));
    return true;
  }

  private renew(slot: number, stampMs: number): void {
    const { slots } = this;
    if (this.stampsMs[slot] === stampMs) return;
    if (slots.changed[slot] !== slots.clock.epoch && slots.touch(slot) && this.copy !== undefined) {
      slots.values[slot] = this.copy(slots.values[slot]);
    }
    this.stampsMs[slot] = stampMs;
  }

  private grow(slot: number): void {
    let capacity = this.stampsMs.length;
    while (capacity <= slot) capacity *= 2;
    const larger = new Float64Array(capacity);
    larger.set(this.stampsMs);
    this.stampsMs = larger;
    const epochs = new Int32Array(capacity);
    epochs.set(this.writtenEpochs);
    this.writtenEpochs = epochs;
  }
}
