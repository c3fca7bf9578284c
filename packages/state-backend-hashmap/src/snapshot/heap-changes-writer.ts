// Writes what changed in the heap's tables since a base: first what went, then what came or was replaced.
//
//   HC1. The changes of a table are looked up once, before any of it is written; the log may forget them afterwards.
//   HC2. An entry that went and came again is written as it is and not as removed. A map that was cleared is cleared, and
//        what it has now was put after that.
//   HC3. Of a list that was only appended to since, what the base has is not written again: the first change
//        since the base was an append, to the same array, in a slot that has had the same owner all the time. Elements with time stamps go
//        one by one, and a base may have left the expired ones out: such lists are written whole.
//   HC4. Nothing is left out because its time is up: the base may hold an older version of it.

import type { SnapshotContext } from '@tidemark/state-core/spi';
import type {
  FrozenChanges,
  KeyedChangesWriter,
  KeyedStateRegistration,
  SegmentRecordWriter,
} from '@tidemark/state-core/support';
import type { EpochChanges } from '../table/change-log.js';
import type { KeyTable } from '../table/key-table.js';
import type { MapTable } from '../table/map-table.js';
import type { Slots } from '../table/slots.js';
import { writeFrozenEntries } from './frozen-entries.js';
import { FrozenStamps } from './frozen-stamps.js';
import { HeapEntriesWriter, type ListTails, withStateName } from './heap-entries-writer.js';
import { RemovalsWriter } from './removals-writer.js';

/** What changed in one table. */
interface TableChanges {
  readonly log: readonly EpochChanges[];
  /** The slots of the entries that came or were replaced. */
  readonly slots: readonly number[];
}

const NO_CHANGES: TableChanges = { log: [], slots: [] };

/** Writes what one snapshot sees of the tables, and what of that changed. */
export class HeapChangesWriter extends HeapEntriesWriter implements KeyedChangesWriter {
  private readonly changes: Map<KeyTable | MapTable, TableChanges> = new Map();

  changesSince(registration: KeyedStateRegistration, keyGroup: number, baseEpoch: number): FrozenChanges | 'unknown' {
    const table = this.tables.peek(registration, keyGroup);
    // What is still raw has not changed since it was restored.
    if (table === undefined) return { changedEntries: 0, entries: 0 };
    const log = table.log.between(baseEpoch, this.frozen.epoch);
    table.log.forget();
    if (log === undefined) return 'unknown';
    const view = table.viewOf(this.frozen);
    const slots = view === undefined ? [] : table.changedSince(baseEpoch, view);
    this.changes.set(table, { log, slots });
    let changedEntries = slots.length;
    for (const { removedKeys, clearedKeys } of log) changedEntries += removedKeys.length + clearedKeys.length;
    return { changedEntries, entries: table.live };
  }

  async writeChanges(
    registration: KeyedStateRegistration,
    keyGroup: number,
    baseEpoch: number,
    writer: SegmentRecordWriter,
    context: SnapshotContext,
  ): Promise<void> {
    const table = this.tables.peek(registration, keyGroup);
    if (table === undefined) return;
    // A table that was decoded meanwhile has changed after the freeze only.
    const { log, slots } = this.changes.get(table) ?? NO_CHANGES;
    try {
      const removals = new RemovalsWriter(table, this.frozen, this.keySerializer, registration, writer, context);
      if (log.length > 0) await removals.write(log);
      const stamps = registration.ttl && new FrozenStamps(registration.ttl, this.ttlTime, keyGroup, false);
      const tails = registration.kind === 'list' && stamps === undefined ? tailsOf(table, baseEpoch, log) : undefined;
      const format = this.formatOf(table, registration, stamps, writer, context, tails);
      await writeFrozenEntries(table, this.frozen, format, writer, context, slots);
    } catch (error) {
      throw withStateName(error, registration.name);
    }
  }
}

interface Tail {
  readonly epoch: number;
  readonly elements: readonly unknown[];
  readonly length: number;
}

function tailsOf(table: Slots, baseEpoch: number, changes: readonly EpochChanges[]): ListTails {
  const tails = new Map<number, Tail>();
  for (const { epoch, tailSlots, tailElements, tailLengths, tailSince } of changes) {
    for (const [index, slot] of tailSlots.entries()) {
      // The first append since the base says what the base has.
      if (tails.has(slot)) continue;
      const elements = tailElements[index] as readonly unknown[];
      // A change before it that was no append left another list than that of the base.
      const length = (tailSince[index] as number) <= baseEpoch ? (tailLengths[index] as number) : 0;
      tails.set(slot, { epoch, elements, length });
    }
  }
  return {
    lengthInBase: (slot, elements) => {
      const tail = tails.get(slot);
      if (tail === undefined || tail.elements !== elements) return 0;
      // The array may have moved to another owner in the same slot.
      return (table.born[slot] as number) < tail.epoch ? tail.length : 0;
    },
  };
}
