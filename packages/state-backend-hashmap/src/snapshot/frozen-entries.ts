// Walks over what a snapshot sees of a table, a block at a time.
//
//   FE1. The slots of a block stay marked as not written until all of them are: whatever changes meanwhile is kept.
//   FE2. A slot is read when it is written, through the view of the snapshot.
//   FE3. An increment writes the entries that changed, and no slot before them is needed any more.

import { isStateError, StateError } from '@tidemark/state-core';
import type { SnapshotContext } from '@tidemark/state-core/spi';
import { BLOCK_ENTRIES_MAX, type SegmentRecordWriter } from '@tidemark/state-core/support';
import type { FrozenEpoch } from '../table/epoch-clock.js';
import { ABSENT, type Slots } from '../table/slots.js';

/** Asking the clock costs as much as writing an entry: every so many entries are enough. */
const ENTRIES_PER_CLOCK: number = 32;

/** How the entries of a table are ordered and written. */
export interface EntryFormat {
  /** Whether an entry belongs into the snapshot. Default all do. */
  includes?(slot: number, value: unknown): boolean;
  /** The key of the entry in a slot: for the message about a value that does not fit its type. */
  keyAt(slot: number): unknown;
  /** Sorts slots into the order of encoded keys, in place. */
  sort(slots: number[]): void;
  /** Writes the entry of a slot. Long ones end blocks and yield on the way and return a promise. */
  write(slot: number, value: unknown): void | Promise<void>;
}

/**
 * Writes what a snapshot sees of a table, and lets go of its view.
 *
 * @param changed - The slots of the entries to be written, ascending; default all of them.
 */
export async function writeFrozenEntries(
  table: Slots,
  frozen: FrozenEpoch,
  format: EntryFormat,
  writer: SegmentRecordWriter,
  context: SnapshotContext,
  changed?: readonly number[],
): Promise<void> {
  const view = table.viewOf(frozen);
  if (view === undefined) return;
  const end = changed === undefined ? view.slotCount : changed.length;
  for (let next = 0; next < end; ) {
    const slots: number[] = [];
    for (; next < end && slots.length < BLOCK_ENTRIES_MAX; next++) {
      const slot = changed === undefined ? next : (changed[next] as number);
      const value = table.valueAt(view, slot);
      if (value !== ABSENT && (format.includes === undefined || format.includes(slot, value))) slots.push(slot);
    }
    format.sort(slots);
    let untilClock = ENTRIES_PER_CLOCK;
    for (const slot of slots) {
      try {
        const writing = format.write(slot, table.valueAt(view, slot));
        if (writing !== undefined) await writing;
      } catch (error) {
        throw withKey(error, format.keyAt(slot));
      }
      if (writer.blockIsFull) await writer.endBlock();
      if (--untilClock > 0) continue;
      untilClock = ENTRIES_PER_CLOCK;
      if (context.shouldYield()) await context.yieldNow();
    }
    await writer.endBlock();
    view.advance(changed === undefined || next === end ? next : (changed[next] as number), table.isOldest(view));
    if (context.shouldYield()) await context.yieldNow();
  }
  table.releaseView(frozen);
}

/** Adds the key to the refusal of a value: nobody finds one wrong value among millions without it. */
function withKey(error: unknown, key: unknown): unknown {
  if (!isStateError(error, 'value-not-serializable') && !isStateError(error, 'value-too-large')) return error;
  return new StateError(error.code, `key ${describeKey(key)}: ${error.message}`, {
    details: { ...error.details, key },
    cause: error,
  });
}

function describeKey(key: unknown): string {
  const text =
    typeof key === 'object'
      ? JSON.stringify(key, (_name, value) => (typeof value === 'bigint' ? `${value}n` : value))
      : String(key);
  return text.length > 100 ? `${text.slice(0, 100)}...` : text;
}
