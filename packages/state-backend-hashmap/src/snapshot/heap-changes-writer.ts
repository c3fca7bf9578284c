// Writes what changed in the heap's tables since a base: first what went, then what came or was replaced.
//
//   HC1. The changes of a table are looked up once, before any of it is written; the log may forget them afterwards.
//   HC2. An entry that went and came again is written as it is and not as removed. A map that was cleared is cleared, and
//        what it has now was put after that.
//   HC3. Of a list that was only appended to since, what the base has is not written again: the first change
//        since the base was an append, to the same array, in a slot that has had the same owner all the time. Lists with
//        time stamps may lose elements at their front besides, which TRIM takes away; one of which a base may have left
//        expired elements out is written whole.
//   HC4. Of an entry whose value the base has only the time stamp is written. Entries that the base may have left out because
//        their time was up, and came back since (the clock went back, the time to live grew), are written whole.
//   HC5. Nothing is left out because its time is up: the base may hold an older version of it.

import type { SnapshotContext } from '@tidemark/state-core/spi';
import type {
  EntriesRegistration,
  FrozenChanges,
  KeyedChangesWriter,
  SegmentRecordWriter,
} from '@tidemark/state-core/support';
import type { EpochChanges } from '../table/change-log.js';
import { FrozenList } from '../table/frozen-list.js';
import type { KeyTable } from '../table/key-table.js';
import type { MapTable } from '../table/map-table.js';
import type { Slots } from '../table/slots.js';
import type { StampedList } from '../table/stamped-list.js';
import { writeFrozenEntries } from './frozen-entries.js';
import { FrozenStamps } from './frozen-stamps.js';
import {
  HeapEntriesWriter,
  type HeldSoFar,
  type ListSoFar,
  stampedListOf,
  withStateName,
} from './heap-entries-writer.js';
import { RemovalsWriter } from './removals-writer.js';

/** What changed in one table. */
interface TableChanges {
  readonly log: readonly EpochChanges[];
  /** The slots of the entries that came or were replaced. */
  readonly slots: readonly number[];
  readonly held: HeldSoFar | undefined;
}

const NO_CHANGES: TableChanges = { log: [], slots: [], held: undefined };

/** Writes what one snapshot sees of the tables, and what of that changed. */
export class HeapChangesWriter extends HeapEntriesWriter implements KeyedChangesWriter {
  private readonly changes: Map<KeyTable | MapTable, TableChanges> = new Map();

  changesSince(registration: EntriesRegistration, keyGroup: number, baseEpoch: number): FrozenChanges | 'unknown' {
    const table = this.tables.peek(registration, keyGroup);
    // What is still raw has not changed since it was restored.
    if (table === undefined) return { changedEntries: 0, entries: 0 };
    const log = table.log.between(baseEpoch, this.frozen.epoch);
    table.log.forget();
    if (log === undefined || table.settleTime(baseEpoch, this.frozen.epoch)) return 'unknown';
    const view = table.viewOf(this.frozen);
    const slots = view === undefined ? [] : table.changedSince(baseEpoch, view);
    const held = heldInBase(table, registration, baseEpoch, log);
    this.changes.set(table, { log, slots, held });
    let slightChanges = 0;
    if (view !== undefined && held !== undefined) {
      for (const slot of slots) if (isSlight(registration, held, slot, table.valueAt(view, slot))) slightChanges++;
    }
    let changedEntries = slots.length;
    for (const { removedKeys, clearedKeys } of log) changedEntries += removedKeys.length + clearedKeys.length;
    return { changedEntries, slightChanges, entries: table.live };
  }

  async writeChanges(
    registration: EntriesRegistration,
    keyGroup: number,
    _baseEpoch: number,
    writer: SegmentRecordWriter,
    context: SnapshotContext,
  ): Promise<void> {
    const table = this.tables.peek(registration, keyGroup);
    if (table === undefined) return;
    // A table that was decoded meanwhile has changed after the freeze only.
    const { log, slots, held } = this.changes.get(table) ?? NO_CHANGES;
    try {
      const removals = new RemovalsWriter(table, this.frozen, this.keySerializer, registration, writer, context);
      if (log.length > 0) await removals.write(log);
      const stamps = registration.ttl && new FrozenStamps(registration.ttl, this.ttlTime, keyGroup, false);
      const format = this.formatOf(table, registration, stamps, writer, context, held);
      await writeFrozenEntries(table, this.frozen, format, writer, context, slots);
    } catch (error) {
      throw withStateName(error, registration.name);
    }
  }
}

/** What a base of an epoch has of a table already; `undefined` where everything that changed is written. */
function heldInBase(
  table: KeyTable | MapTable,
  { kind }: EntriesRegistration,
  baseEpoch: number,
  changes: readonly EpochChanges[],
): HeldSoFar | undefined {
  const { stamps } = table;
  if (kind === 'list') return { hasValue: () => false, listOf: listsInBase(table, baseEpoch, changes) };
  if (stamps === undefined) return undefined;
  return {
    hasValue: (slot, value) => !stamps.isWrittenSince(baseEpoch, slot, value),
    listOf: () => undefined,
  };
}

/** Whether a few bytes say what changed of an entry, however large it is. */
function isSlight({ kind }: EntriesRegistration, held: HeldSoFar, slot: number, value: unknown): boolean {
  return kind === 'list' ? held.listOf(slot, value) !== undefined : held.hasValue(slot, value);
}

interface Ends {
  readonly epoch: number;
  readonly list: object;
  readonly offset: number;
  /** 0 when the base had another list. */
  readonly length: number;
}

function listsInBase(table: Slots, baseEpoch: number, changes: readonly EpochChanges[]): HeldSoFar['listOf'] {
  const lists = new Map<number, Ends>();
  for (const { epoch, tailSlots, tailLists, tailOffsets, tailLengths, tailSince } of changes) {
    for (const [index, slot] of tailSlots.entries()) {
      // The first such change since the base says what the base has.
      if (lists.has(slot)) continue;
      // A change before it that was another left another list than that of the base.
      const length = (tailSince[index] as number) <= baseEpoch ? (tailLengths[index] as number) : 0;
      lists.set(slot, { epoch, list: tailLists[index] as object, offset: tailOffsets[index] as number, length });
    }
  }
  return (slot, value) => {
    const ends = lists.get(slot);
    // The list may have moved to another owner in the same slot.
    if (ends === undefined || ends.length === 0 || (table.born[slot] as number) >= ends.epoch) return undefined;
    const stamped = stampedListOf(value);
    if (stamped !== undefined) return inBaseOf(stamped, ends, baseEpoch);
    const elements = value instanceof FrozenList ? value.elements : value;
    return elements === ends.list ? { trimmed: 0, length: ends.length } : undefined;
  };
}

function inBaseOf({ lineage, offset }: StampedList, ends: Ends, baseEpoch: number): ListSoFar | undefined {
  if (lineage !== ends.list || !lineage.isWholeIn(baseEpoch)) return undefined;
  const trimmed = offset - ends.offset;
  const length = ends.length - trimmed;
  return length > 0 ? { trimmed, length } : undefined;
}
