// Walks over what a snapshot sees of a table, a block at a time.
//
//   FE1. The slots of a block stay marked as not written until all of them are: whatever changes meanwhile is kept.
//   FE2. A slot is read when it is written, through the view of the snapshot.
//   FE3. With a base only entries are written that came after it.

import type { SnapshotContext } from '@tidemark/state-core/spi';
import { BLOCK_ENTRIES_MAX, type SegmentRecordWriter } from '@tidemark/state-core/support';
import type { FrozenEpoch } from '../table/epoch-clock.js';
import { ABSENT, type Slots } from '../table/slots.js';

/** Asking the clock costs as much as writing an entry: every so many entries are enough. */
const ENTRIES_PER_CLOCK: number = 32;

/** Before the epoch of every change, restored entries included. */
const EVERYTHING = -1;

/** How the entries of a table are ordered and written. */
export interface EntryFormat {
  /** Whether an entry belongs into the snapshot. Default all do. */
  includes?(slot: number, value: unknown): boolean;
  /** Sorts slots into the order of encoded keys, in place. */
  sort(slots: number[]): void;
  /** Writes the entry of a slot. Long ones end blocks and yield on the way and return a promise. */
  write(slot: number, value: unknown): void | Promise<void>;
}

/**
 * Writes what a snapshot sees of a table, and lets go of its view.
 *
 * @param baseEpoch - What has stood where it stands since then is left out; -1 leaves out nothing.
 */
export async function writeFrozenEntries(
  table: Slots,
  frozen: FrozenEpoch,
  format: EntryFormat,
  writer: SegmentRecordWriter,
  context: SnapshotContext,
  baseEpoch: number = EVERYTHING,
): Promise<void> {
  const view = table.viewOf(frozen);
  if (view === undefined) return;
  for (let next = 0; next < view.slotCount; ) {
    const slots: number[] = [];
    for (; next < view.slotCount && slots.length < BLOCK_ENTRIES_MAX; next++) {
      if (baseEpoch !== EVERYTHING && !table.isChangedSince(baseEpoch, view, next)) continue;
      const value = table.valueAt(view, next);
      if (value !== ABSENT && (format.includes === undefined || format.includes(next, value))) slots.push(next);
    }
    format.sort(slots);
    let untilClock = ENTRIES_PER_CLOCK;
    for (const slot of slots) {
      const writing = format.write(slot, table.valueAt(view, slot));
      if (writing !== undefined) await writing;
      if (writer.blockIsFull) await writer.endBlock();
      if (--untilClock > 0) continue;
      untilClock = ENTRIES_PER_CLOCK;
      if (context.shouldYield()) await context.yieldNow();
    }
    await writer.endBlock();
    view.advance(next);
    if (context.shouldYield()) await context.yieldNow();
  }
  table.releaseView(frozen);
}
