// The time stamps of the slots of one table, for states with time to live.
//
// Owns: the stamp of each slot, and what finding an entry does to it: let it pass, stamp it anew, or take it away. Leaves
// the rule to TtlPolicy and the slots to slots.ts.
//
//   SS1. A stamp changes only after `touch`: a snapshot sees the stamp of the freeze as it sees the value.
//   SS2. An entry whose time is up goes without moving `structure`: a walk under way goes on without it.
//   SS3. Who changes values in place finds one that no snapshot keeps: stamping anew leaves a copy behind.

import type { TtlPolicy } from '@tidemark/state-core/support';
import { NO_TIME } from '@tidemark/state-core/support';
import { ABSENT } from './absent.js';
import type { Slots } from './slots.js';

/** What tables need to know of the time to live of their state. */
export interface TableTtl {
  readonly policy: TtlPolicy;
  /** Whether every element of a list has a stamp of its own, instead of the entry. */
  readonly perElement: boolean;
  /** Copies a value or element that may be changed in place; absent where none is (SS3). */
  readonly copy: ((value: unknown) => unknown) | undefined;
}

/** A value with its stamp, as a snapshot keeps it. */
export class StampedValue {
  constructor(
    readonly value: unknown,
    readonly stampMs: number,
  ) {}
}

const CAPACITY_MIN = 8;

/** The stamps of one table. */
export class SlotStamps {
  /** By slot, in milliseconds. Read on every access. */
  stampsMs: Float64Array = new Float64Array(CAPACITY_MIN);
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
  }

  /** Sets the stamp of a slot that was touched or is new. */
  set(slot: number, stampMs: number): void {
    if (slot >= this.stampsMs.length) this.grow(slot);
    this.stampsMs[slot] = stampMs;
  }

  /** What a snapshot keeps of a slot. */
  preimage(slot: number, value: unknown): unknown {
    return value === ABSENT ? ABSENT : new StampedValue(value, this.stampsMs[slot] as number);
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
  }
}
