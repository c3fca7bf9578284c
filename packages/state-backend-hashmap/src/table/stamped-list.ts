// A list whose elements have a time stamp each.
//
//   SL1. Elements and stamps are appended to or replaced together, never changed otherwise: a snapshot keeps both arrays with
//        their length.
//   SL2. Lists of one lineage differ at their ends only: going on in one, elements went at the front and came at the back, and
//        what is left has the stamps it had. `offset` counts those that went since the lineage began.
//   SL3. `oldestMs` is at or before the stamp of every element: as long as it has not expired, nothing has.

import { NO_TIME, type TtlPolicy } from '@tidemark/state-core/support';

/** What lists that go on from one another have in common (SL2). */
export class ListLineage {
  /** The last epoch whose image left elements out because their time was up; -1 when none did. */
  leftOutEpoch = -1;
  /** The last epoch whose increment holds all elements that there were; -1 when there is none. */
  wholeEpoch = -1;

  /** Whether a snapshot of `baseEpoch` has all the elements that it found. */
  isWholeIn(baseEpoch: number): boolean {
    return this.leftOutEpoch < 0 || (this.wholeEpoch > this.leftOutEpoch && baseEpoch >= this.wholeEpoch);
  }
}

/** What stands in the slot of a list with time to live. */
export class StampedList {
  readonly elements: unknown[];
  readonly stampsMs: number[];
  oldestMs: number;
  readonly lineage: ListLineage;
  readonly offset: number;

  private constructor(
    elements: unknown[],
    stampsMs: number[],
    oldestMs: number,
    lineage: ListLineage = new ListLineage(),
    offset = 0,
  ) {
    this.elements = elements;
    this.stampsMs = stampsMs;
    this.oldestMs = oldestMs;
    this.lineage = lineage;
    this.offset = offset;
  }

  /** A list of elements that all have the same stamp. Takes the array. */
  static of(elements: unknown[], stampMs: number): StampedList {
    return new StampedList(elements, new Array<number>(elements.length).fill(stampMs), stampMs);
  }

  /** A list of elements with these stamps. Takes both arrays. */
  static from(elements: unknown[], stampsMs: number[]): StampedList {
    return new StampedList(elements, stampsMs, oldestOf(stampsMs));
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

  /**
   * Gives their stamp to elements that were added before there was a mark of event time; for whoever reads it is the same
   * stamp as before.
   *
   * @returns Whether there were any.
   */
  settleTime(startMs: number): boolean {
    if (this.oldestMs !== NO_TIME || startMs === NO_TIME) return false;
    const { stampsMs } = this;
    for (let index = 0; index < stampsMs.length; index++) if (stampsMs[index] === NO_TIME) stampsMs[index] = startMs;
    this.oldestMs = oldestOf(stampsMs);
    return true;
  }

  /** Whether an element may have expired (SL3). */
  mayHaveExpired(policy: TtlPolicy, nowMs: number): boolean {
    return this.oldestMs + policy.ttlMs <= nowMs || this.oldestMs === NO_TIME;
  }

  /** The elements that have not expired, as a list of their own; this list when all of them are. */
  unexpired(policy: TtlPolicy, nowMs: number, keyGroup: number): StampedList {
    if (!this.mayHaveExpired(policy, nowMs)) return this;
    const elements: unknown[] = [];
    const stampsMs: number[] = [];
    let isContinued = true;
    for (let index = 0; index < this.elements.length; index++) {
      const stampMs = this.stampsMs[index] as number;
      if (policy.isExpired(stampMs, nowMs, keyGroup)) {
        isContinued &&= elements.length === 0;
        continue;
      }
      const storedMs = policy.storedStampMs(stampMs, keyGroup);
      isContinued &&= storedMs === stampMs;
      elements.push(this.elements[index]);
      stampsMs.push(storedMs);
    }
    const gone = this.elements.length - elements.length;
    if (gone > 0) {
      if (!isContinued) return StampedList.from(elements, stampsMs);
      return new StampedList(elements, stampsMs, oldestOf(stampsMs), this.lineage, this.offset + gone);
    }
    // Looked at in vain: the bound was too low, or elements had no stamp yet.
    const same = StampedList.from(elements, stampsMs);
    if (this.stampsMs.includes(NO_TIME)) return same;
    this.oldestMs = same.oldestMs;
    return this;
  }
}

function oldestOf(stampsMs: readonly number[]): number {
  let oldestMs = Number.MAX_SAFE_INTEGER;
  for (const stampMs of stampsMs) if (stampMs < oldestMs) oldestMs = stampMs;
  return oldestMs;
}
