// A list whose elements have a time stamp each.
//
//   SL1. Elements and stamps are appended to or replaced together, never changed otherwise: a snapshot keeps both arrays with
//        their length.
//   SL2. `oldestMs` is at or before the stamp of every element: as long as it has not expired, nothing has.

import { NO_TIME, type TtlPolicy } from '@tidemark/state-core/support';

/** What stands in the slot of a list with time to live. */
export class StampedList {
  readonly elements: unknown[];
  readonly stampsMs: number[];
  oldestMs: number;

  private constructor(elements: unknown[], stampsMs: number[], oldestMs: number) {
    this.elements = elements;
    this.stampsMs = stampsMs;
    this.oldestMs = oldestMs;
  }

  /** A list of elements that all have the same stamp. Takes the array. */
  static of(elements: unknown[], stampMs: number): StampedList {
    return new StampedList(elements, new Array<number>(elements.length).fill(stampMs), stampMs);
  }

  /** A list of elements with these stamps. Takes both arrays. */
  static from(elements: unknown[], stampsMs: number[]): StampedList {
    let oldestMs = Number.MAX_SAFE_INTEGER;
    for (const stampMs of stampsMs) if (stampMs < oldestMs) oldestMs = stampMs;
    return new StampedList(elements, stampsMs, oldestMs);
  }

  get length(): number {
    return this.elements.length;
  }

  append(element: unknown, stampMs: number): void {
    this.elements.push(element);
    this.stampsMs.push(stampMs);
    if (stampMs < this.oldestMs) this.oldestMs = stampMs;
  }

  /** Cuts the list to `from` elements and appends others. Only while the list is being loaded (SL1). */
  splice(from: number, elements: readonly unknown[], stampsMs: readonly number[]): void {
    this.elements.length = Math.min(this.elements.length, from);
    this.stampsMs.length = this.elements.length;
    for (let index = 0; index < elements.length; index++) this.append(elements[index], stampsMs[index] as number);
  }

  /** Removes elements from the front. Only while the list is being loaded (SL1). */
  trim(count: number): void {
    this.elements.splice(0, count);
    this.stampsMs.splice(0, count);
  }

  /** Whether an element may have expired (SL2). */
  mayHaveExpired(policy: TtlPolicy, nowMs: number): boolean {
    return this.oldestMs + policy.ttlMs <= nowMs || this.oldestMs === NO_TIME;
  }

  /** The elements that have not expired, as a list of their own; this list when all of them are. */
  unexpired(policy: TtlPolicy, nowMs: number, keyGroup: number): StampedList {
    if (!this.mayHaveExpired(policy, nowMs)) return this;
    const elements: unknown[] = [];
    const stampsMs: number[] = [];
    for (let index = 0; index < this.elements.length; index++) {
      const stampMs = this.stampsMs[index] as number;
      if (policy.isExpired(stampMs, nowMs, keyGroup)) continue;
      elements.push(this.elements[index]);
      stampsMs.push(policy.storedStampMs(stampMs, keyGroup));
    }
    if (elements.length < this.elements.length) return StampedList.from(elements, stampsMs);
    // Looked at in vain: the bound was too low, or elements had no stamp yet.
    const same = StampedList.from(elements, stampsMs);
    if (this.stampsMs.includes(NO_TIME)) return same;
    this.oldestMs = same.oldestMs;
    return this;
  }
}
