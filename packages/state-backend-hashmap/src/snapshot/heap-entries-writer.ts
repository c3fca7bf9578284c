// Writes the entries of the heap's tables: values with PUT, map entries with PUT, lists with SPLICE.

import type { KeySerializer } from '@tidemark/state-core';
import { isStateError, StateError } from '@tidemark/state-core';
import type { SnapshotContext } from '@tidemark/state-core/spi';
import type {
  FrozenTtlTime,
  KeyedEntriesWriter,
  KeyedStateRegistration,
  SegmentRecordWriter,
} from '@tidemark/state-core/support';
import type { FrozenEpoch } from '../table/epoch-clock.js';
import { FrozenList } from '../table/frozen-list.js';
import type { KeyTable } from '../table/key-table.js';
import type { MapOwner } from '../table/map-owner.js';
import { MapTable } from '../table/map-table.js';
import { StampedValue } from '../table/slot-stamps.js';
import { StampedList } from '../table/stamped-list.js';
import { type EntryFormat, writeFrozenEntries } from './frozen-entries.js';
import { FrozenStamps } from './frozen-stamps.js';
import { isIntegerKey, sortByInteger } from './sort-slots.js';

/** Elements of a list that are written in one go: about as long as a slice. */
const ELEMENTS_PER_SPLICE = 512;

/** Where the writer finds the tables. */
export interface FrozenTables {
  /** The table of a state in a key group, if there is one. */
  peek(registration: KeyedStateRegistration, keyGroup: number): KeyTable | MapTable | undefined;
  /** @throws StateError `mutation-detected` for a live value that changed since the state took it. */
  verify(registration: KeyedStateRegistration, value: unknown): void;
}

/** How much of each list a base has already. */
export interface ListTails {
  /** How many of the elements the base has: 0 when the array is another. */
  lengthInBase(slot: number, elements: readonly unknown[]): number;
}

/** Writes what one snapshot sees of the tables. */
export class HeapEntriesWriter implements KeyedEntriesWriter {
  constructor(
    protected readonly keySerializer: KeySerializer<unknown>,
    protected readonly tables: FrozenTables,
    protected readonly frozen: FrozenEpoch,
    protected readonly ttlTime: FrozenTtlTime,
  ) {}

  hasEntries(registration: KeyedStateRegistration, keyGroup: number): boolean {
    return this.tables.peek(registration, keyGroup)?.viewOf(this.frozen) !== undefined;
  }

  async writeEntries(
    registration: KeyedStateRegistration,
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

  /** @param tails - From where lists are written of which the base has the elements before; default from their start. */
  protected formatOf(
    table: KeyTable | MapTable,
    registration: KeyedStateRegistration,
    stamps: FrozenStamps | undefined,
    writer: SegmentRecordWriter,
    context: SnapshotContext,
    tails?: ListTails,
  ): EntryFormat {
    return table instanceof MapTable
      ? this.mapEntries(table, registration, stamps, writer)
      : this.entriesOf(table, registration, stamps, writer, context, tails);
  }

  private entriesOf(
    table: KeyTable,
    registration: KeyedStateRegistration,
    stamps: FrozenStamps | undefined,
    writer: SegmentRecordWriter,
    context: SnapshotContext,
    tails: ListTails | undefined,
  ): EntryFormat {
    const sort = this.keyOrder(table, registration.namespaceSerializer);
    if (registration.kind === 'list') {
      return {
        sort,
        keyAt: (slot) => table.keys[slot],
        ...(stamps === undefined ? {} : { includes: (_slot, list) => stamps.firstIncluded(list) >= 0 }),
        write: (slot, value) => this.writeList(table, registration, stamps, slot, value, writer, context, tails),
      };
    }
    return {
      sort,
      keyAt: (slot) => table.keys[slot],
      ...(stamps === undefined ? {} : { includes: (slot, value) => stamps.includes(table, slot, value) }),
      write: (slot, frozen) => {
        const value = frozen instanceof StampedValue ? frozen.value : frozen;
        this.tables.verify(registration, value);
        writer.put(table.keys[slot], table.namespaceAt(slot), value, stamps?.storedStampMs(table, slot, frozen));
      },
    };
  }

  private mapEntries(
    table: MapTable,
    registration: KeyedStateRegistration,
    stamps: FrozenStamps | undefined,
    writer: SegmentRecordWriter,
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
      ...(stamps === undefined ? {} : { includes: (slot, value) => stamps.includes(table, slot, value) }),
      write: (slot, frozen) => {
        const value = frozen instanceof StampedValue ? frozen.value : frozen;
        this.tables.verify(registration, value);
        const { key, namespace } = table.owners[slot] as MapOwner;
        const stampMs = stamps?.storedStampMs(table, slot, frozen);
        writer.putMapEntry(key, namespace, table.mapKeys[slot], value, stampMs);
      },
    };
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
    registration: KeyedStateRegistration,
    stamps: FrozenStamps | undefined,
    slot: number,
    value: unknown,
    writer: SegmentRecordWriter,
    context: SnapshotContext,
    tails: ListTails | undefined,
  ): void | Promise<void> {
    // Appending to the arrays meanwhile changes nothing below this length (FL1 of frozen-list.ts).
    const elements =
      value instanceof FrozenList || value instanceof StampedList ? value.elements : (value as unknown[]);
    const { length } = value as { length: number };
    const first = stamps?.firstIncluded(value) ?? 0;
    const from = first + (tails?.lengthInBase(slot, elements) ?? 0);
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
