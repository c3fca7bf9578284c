// Writes the entries of the heap's tables: values with PUT, map entries with PUT, lists with SPLICE; of what a base has
// already, time stamps with TOUCH, and of lists what went at the front with TRIM.

import type { KeySerializer } from '@tidemark/state-core';
import { isStateError, StateError } from '@tidemark/state-core';
import type { SnapshotContext } from '@tidemark/state-core/spi';
import type {
  EntriesRegistration,
  FrozenTtlTime,
  KeyedEntriesWriter,
  SegmentRecordWriter,
} from '@tidemark/state-core/support';
import type { FrozenEpoch } from '../table/epoch-clock.js';
import { FrozenList } from '../table/frozen-list.js';
import type { KeyTable } from '../table/key-table.js';
import type { MapOwner } from '../table/map-owner.js';
import { MapTable } from '../table/map-table.js';
import { StampedValue } from '../table/slot-stamps.js';
import type { Slots } from '../table/slots.js';
import { type ListLineage, StampedList } from '../table/stamped-list.js';
import { type EntryFormat, writeFrozenEntries } from './frozen-entries.js';
import { FrozenStamps } from './frozen-stamps.js';
import { isIntegerKey, sortByInteger } from './sort-slots.js';

/** Elements of a list that are written in one go: about as long as a slice. */
const ELEMENTS_PER_SPLICE = 512;

/** Where the writer finds the tables. */
export interface FrozenTables {
  /** The table of a state in a key group, if there is one. */
  peek(registration: EntriesRegistration, keyGroup: number): KeyTable | MapTable | undefined;
  /** @throws StateError `mutation-detected` for a live value that changed since the state took it. */
  verify(registration: EntriesRegistration, value: unknown): void;
}

/** What a base has already. */
export interface HeldSoFar {
  /** Whether the base has the value that the snapshot finds in a slot: then its stamp is enough. */
  hasValue(slot: number, value: unknown): boolean;
  /** What the base has of the list in a slot; `undefined` when it has to be written from its start. */
  listOf(slot: number, value: unknown): ListSoFar | undefined;
}

/** What a base has of a list. */
export interface ListSoFar {
  /** Elements that the base has at the front and that have gone. */
  readonly trimmed: number;
  /** Elements that the base has besides: 1 or more. */
  readonly length: number;
}

/** Writes what one snapshot sees of the tables. */
export class HeapEntriesWriter implements KeyedEntriesWriter {
  constructor(
    protected readonly keySerializer: KeySerializer<unknown>,
    protected readonly tables: FrozenTables,
    protected readonly frozen: FrozenEpoch,
    protected readonly ttlTime: FrozenTtlTime,
  ) {}

  hasEntries(registration: EntriesRegistration, keyGroup: number): boolean {
    return this.tables.peek(registration, keyGroup)?.viewOf(this.frozen) !== undefined;
  }

  async writeEntries(
    registration: EntriesRegistration,
    keyGroup: number,
    writer: SegmentRecordWriter,
    context: SnapshotContext,
  ): Promise<void> {
    const table = this.tables.peek(registration, keyGroup);
    if (table === undefined) return;
    try {
      const stamps = registration.ttl && new FrozenStamps(registration.ttl, this.ttlTime, keyGroup);
      const format = this.formatOf(table, registration, stamps, writer, context);
      await writeFrozenEntries(table, this.frozen, format, writer, context);
    } catch (error) {
      throw withStateName(error, registration.name);
    }
  }

  /** @param held - What the base has already; left out for images. */
  protected formatOf(
    table: KeyTable | MapTable,
    registration: EntriesRegistration,
    stamps: FrozenStamps | undefined,
    writer: SegmentRecordWriter,
    context: SnapshotContext,
    held?: HeldSoFar,
  ): EntryFormat {
    return table instanceof MapTable
      ? this.mapEntries(table, registration, stamps, writer, held)
      : this.entriesOf(table, registration, stamps, writer, context, held);
  }

  private entriesOf(
    table: KeyTable,
    registration: EntriesRegistration,
    stamps: FrozenStamps | undefined,
    writer: SegmentRecordWriter,
    context: SnapshotContext,
    held: HeldSoFar | undefined,
  ): EntryFormat {
    const sort = this.keyOrder(table, registration.namespaceSerializer);
    if (registration.kind === 'list') {
      return {
        sort,
        keyAt: (slot) => table.keys[slot],
        ...(stamps === undefined ? {} : { includes: (_slot, list) => this.includesList(stamps, list) }),
        write: (slot, value) => this.writeList(table, registration, stamps, slot, value, writer, context, held),
      };
    }
    return {
      sort,
      keyAt: (slot) => table.keys[slot],
      ...(stamps === undefined ? {} : { includes: (slot, value) => this.includesEntry(table, stamps, slot, value) }),
      write: (slot, frozen) => {
        const stampMs = stamps?.storedStampMs(table, slot, frozen);
        if (stampMs !== undefined && held?.hasValue(slot, frozen)) {
          writer.touch(table.keys[slot], table.namespaceAt(slot), stampMs);
          return;
        }
        const value = frozen instanceof StampedValue ? frozen.value : frozen;
        this.tables.verify(registration, value);
        writer.put(table.keys[slot], table.namespaceAt(slot), value, stampMs);
      },
    };
  }

  private mapEntries(
    table: MapTable,
    registration: EntriesRegistration,
    stamps: FrozenStamps | undefined,
    writer: SegmentRecordWriter,
    held: HeldSoFar | undefined,
  ): EntryFormat {
    const { namespaceSerializer } = registration;
    const mapKeySerializer = registration.mapKeySerializer as KeySerializer<unknown>;
    const compare = (a: number, b: number): number => {
      const [first, second] = [table.owners[a] as MapOwner, table.owners[b] as MapOwner];
      if (first !== second) {
        const byKey = this.keySerializer.compare(first.key, second.key);
        if (byKey !== 0) return byKey;
        const byNamespace = namespaceSerializer.compare(first.namespace, second.namespace);
        if (byNamespace !== 0) return byNamespace;
      }
      return mapKeySerializer.compare(table.mapKeys[a], table.mapKeys[b]);
    };
    return {
      sort: (slots) => void slots.sort(compare),
      keyAt: (slot) => table.owners[slot]?.key,
      ...(stamps === undefined ? {} : { includes: (slot, value) => this.includesEntry(table, stamps, slot, value) }),
      write: (slot, frozen) => {
        const { key, namespace } = table.owners[slot] as MapOwner;
        const stampMs = stamps?.storedStampMs(table, slot, frozen);
        if (stampMs !== undefined && held?.hasValue(slot, frozen)) {
          writer.touchMapEntry(key, namespace, table.mapKeys[slot], stampMs);
          return;
        }
        const value = frozen instanceof StampedValue ? frozen.value : frozen;
        this.tables.verify(registration, value);
        writer.putMapEntry(key, namespace, table.mapKeys[slot], value, stampMs);
      },
    };
  }

  private includesEntry(table: Slots, stamps: FrozenStamps, slot: number, value: unknown): boolean {
    if (stamps.includes(table, slot, value)) return true;
    table.stamps?.leaveOut(slot, this.frozen.epoch);
    return false;
  }

  private includesList(stamps: FrozenStamps, list: unknown): boolean {
    if (stamps.firstIncluded(list) >= 0) return true;
    const stamped = stampedListOf(list);
    if (stamped !== undefined) this.noteLeftOut(stamped.lineage);
    return false;
  }

  private noteLeftOut(lineage: ListLineage): void {
    lineage.leftOutEpoch = Math.max(lineage.leftOutEpoch, this.frozen.epoch);
  }

  private keyOrder(table: KeyTable, namespaceSerializer: KeySerializer<unknown>): (slots: number[]) => void {
    const isVoid = namespaceSerializer.fixedLength === 0;
    const compare = (a: number, b: number): number => {
      const byKey = this.keySerializer.compare(table.keys[a], table.keys[b]);
      return byKey !== 0 || isVoid ? byKey : namespaceSerializer.compare(table.namespaceAt(a), table.namespaceAt(b));
    };
    const isByInteger = isVoid && isIntegerKey(this.keySerializer);
    return (slots) => {
      if (isByInteger && sortByInteger(slots, table.keys)) return;
      slots.sort(compare);
    };
  }

  private writeList(
    table: KeyTable,
    registration: EntriesRegistration,
    stamps: FrozenStamps | undefined,
    slot: number,
    value: unknown,
    writer: SegmentRecordWriter,
    context: SnapshotContext,
    held: HeldSoFar | undefined,
  ): void | Promise<void> {
    // Appending to the arrays meanwhile changes nothing below this length (FL1 of frozen-list.ts).
    const elements =
      value instanceof FrozenList || value instanceof StampedList ? value.elements : (value as unknown[]);
    const { length } = value as { length: number };
    const first = stamps?.firstIncluded(value) ?? 0;
    const inBase = held?.listOf(slot, value);
    if (inBase !== undefined && inBase.trimmed > 0)
      writer.trim(table.keys[slot], table.namespaceAt(slot), inBase.trimmed);
    const lineage = stampedListOf(value)?.lineage;
    // What an increment writes from its start the base need not have had.
    if (lineage !== undefined && held !== undefined && inBase === undefined)
      lineage.wholeEpoch = Math.max(lineage.wholeEpoch, this.frozen.epoch);
    if (lineage !== undefined && first > 0) this.noteLeftOut(lineage);
    const from = first + (inBase?.length ?? 0);
    if (from >= length) return;
    const splice = (start: number): void => {
      const end = Math.min(length, start + ELEMENTS_PER_SPLICE);
      for (let index = start; index < end; index++) this.tables.verify(registration, elements[index]);
      const stampsMs = stamps?.storedStampsMs(value);
      writer.splice(table.keys[slot], table.namespaceAt(slot), start - first, elements, start, end, stampsMs);
    };
    if (length - from <= ELEMENTS_PER_SPLICE) return splice(from);
    return writeInParts(from, length, splice, writer, context);
  }
}

/** The list with time to live that a snapshot finds in a slot, as it was or has become since; `undefined` for others. */
export function stampedListOf(value: unknown): StampedList | undefined {
  if (value instanceof StampedList) return value;
  return value instanceof FrozenList ? value.origin : undefined;
}

async function writeInParts(
  first: number,
  length: number,
  splice: (start: number) => void,
  writer: SegmentRecordWriter,
  context: SnapshotContext,
): Promise<void> {
  for (let start = first; start < length; start += ELEMENTS_PER_SPLICE) {
    splice(start);
    if (writer.blockIsFull) await writer.endBlock();
    if (context.shouldYield()) await context.yieldNow();
  }
}

/** Adds the name of the state to the refusal of a value, which knows only the path within it. */
export function withStateName(error: unknown, stateName: string): unknown {
  if (!isStateError(error, 'value-not-serializable') && !isStateError(error, 'value-too-large')) return error;
  return new StateError(error.code, `state '${stateName}': ${error.message}`, {
    details: { ...error.details, stateName },
    cause: error,
  });
}
