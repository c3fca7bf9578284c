// What one running snapshot needs to know about one table: how far its slots reach, and what changed since the freeze.
//
//   SV1. A kept value is what stood in the slot at the freeze, and since which epoch. The first one kept stands.
//   SV2. Slots before `done` have been written; nothing is kept for them, except that an older view may still read through
//        this one: only the oldest view lets go of what it has written.

import type { FrozenEpoch } from './epoch-clock.js';

const PAGE_BITS = 8;
const PAGE_SLOTS: number = 1 << PAGE_BITS;
const PAGE_MASK: number = PAGE_SLOTS - 1;

/** Marks a slot for which nothing was kept. */
export const UNCHANGED: unique symbol = Symbol('unchanged');

interface Page {
  readonly values: unknown[];
  /** Epochs in which the values came to stand where they stood. */
  readonly epochs: Int32Array;
}

/** The view of one snapshot on one table. */
export class SlotsView {
  readonly frozen: FrozenEpoch;
  /** Slots from here on were first used after the freeze. */
  readonly slotCount: number;
  /** How many slots have been written (SV2). */
  done = 0;
  // In pages, so that the first change costs the same whatever the size of the table.
  private readonly pages: (Page | undefined)[] = [];

  constructor(frozen: FrozenEpoch, slotCount: number) {
    this.frozen = frozen;
    this.slotCount = slotCount;
  }

  /** What stood in the slot at the freeze, or {@link UNCHANGED}. */
  kept(slot: number): unknown {
    const page = this.pages[slot >> PAGE_BITS];
    return page === undefined ? UNCHANGED : page.values[slot & PAGE_MASK];
  }

  /** Since which epoch the kept value had stood in its slot. */
  keptEpoch(slot: number): number {
    return (this.pages[slot >> PAGE_BITS] as Page).epochs[slot & PAGE_MASK] as number;
  }

  /** Keeps what stands in the slot, unless something is kept already (SV1). */
  keep(slot: number, value: unknown, epoch: number): void {
    let page = this.pages[slot >> PAGE_BITS];
    if (page === undefined) {
      page = { values: new Array(PAGE_SLOTS).fill(UNCHANGED), epochs: new Int32Array(PAGE_SLOTS) };
      this.pages[slot >> PAGE_BITS] = page;
    }
    if (page.values[slot & PAGE_MASK] !== UNCHANGED) return;
    page.values[slot & PAGE_MASK] = value;
    page.epochs[slot & PAGE_MASK] = epoch;
  }

  /**
   * Takes over what a newer view kept: where that saw no earlier change, its value stood at this freeze too.
   *
   * @param isOldest - Whether no older view reads through this one (SV2).
   */
  inherit(newer: SlotsView, isOldest: boolean): void {
    const firstPage = isOldest ? this.done >> PAGE_BITS : 0;
    for (let index = firstPage; index < newer.pages.length; index++) {
      const page = newer.pages[index];
      if (page === undefined) continue;
      if (this.pages[index] === undefined) {
        this.pages[index] = page;
        continue;
      }
      for (let offset = 0; offset < PAGE_SLOTS; offset++) {
        if (page.values[offset] === UNCHANGED) continue;
        this.keep((index << PAGE_BITS) | offset, page.values[offset], page.epochs[offset] as number);
      }
    }
  }

  /**
   * The slots before `done` were written: what was kept for them goes.
   *
   * @param isOldest - Whether no older view reads through this one (SV2).
   */
  advance(done: number, isOldest: boolean): void {
    const pagesDone = isOldest ? done >> PAGE_BITS : 0;
    for (let index = this.done >> PAGE_BITS; index < pagesDone; index++) this.pages[index] = undefined;
    this.done = done;
  }
}
