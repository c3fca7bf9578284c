// Tables as the backend makes them, and snapshots of them that a test writes step by step.

import { int32, type KeySerializer, string } from '@tidemark/state-core';
import { voidNamespaceSerializer } from '@tidemark/state-core/spi';
import { EpochClock, type FrozenEpoch } from '../src/table/epoch-clock.js';
import { KeyTable } from '../src/table/key-table.js';
import { MapTable } from '../src/table/map-table.js';
import { ABSENT, type Slots } from '../src/table/slots.js';
import type { TableTypes } from '../src/table/state-table.js';

/** Types of a table with int32 keys. */
export function tableTypes(clock: EpochClock, namespaced: boolean): TableTypes {
  return {
    clock,
    key: int32 as KeySerializer<unknown>,
    namespace: (namespaced ? int32 : voidNamespaceSerializer) as KeySerializer<unknown>,
    mapKey: string as KeySerializer<unknown>,
    isVoidNamespace: !namespaced,
  };
}

/** A table of values and its clock. */
export function keyTable(namespaced = false): { readonly clock: EpochClock; readonly table: KeyTable } {
  const clock = new EpochClock();
  return { clock, table: new KeyTable(tableTypes(clock, namespaced)) };
}

/** A table of maps and its clock. */
export function mapTable(namespaced = false): { readonly clock: EpochClock; readonly table: MapTable } {
  const clock = new EpochClock();
  return { clock, table: new MapTable(tableTypes(clock, namespaced)) };
}

/** Sets the value of a key in the void namespace. */
export function put(table: KeyTable, key: number, value: unknown): void {
  table.put(key, 0, key, undefined, value);
}

/** The value of a key in the void namespace. */
export function get(table: KeyTable, key: number): unknown {
  const slot = table.find(key, 0);
  return slot < 0 ? undefined : table.values[slot];
}

/** Removes a key of the void namespace. */
export function remove(table: KeyTable, key: number): void {
  const slot = table.find(key, 0);
  if (slot >= 0) table.remove(slot);
}

/** Writes a snapshot of a table by hand: slot after slot, with whatever a test does in between. */
export class TableWalk {
  readonly frozen: FrozenEpoch;
  readonly seen: unknown[] = [];
  private next = 0;

  constructor(
    private readonly clock: EpochClock,
    private readonly table: Slots,
    /** What is noted of a slot while it is written. */
    private readonly note: (slot: number, value: unknown) => unknown = (_slot, value) => value,
  ) {
    this.frozen = clock.freeze();
  }

  /** Writes up to `count` slots; false when all are written. */
  advance(count: number): boolean {
    const view = this.table.viewOf(this.frozen);
    if (view === undefined) return false;
    for (let done = 0; done < count && this.next < view.slotCount; done++, this.next++) {
      const value = this.table.valueAt(view, this.next);
      if (value !== ABSENT) this.seen.push(this.note(this.next, value));
    }
    view.advance(this.next, this.table.isOldest(view));
    if (this.next < view.slotCount) return true;
    this.release();
    return false;
  }

  /** Writes the rest. */
  finish(): void {
    while (this.advance(Number.MAX_SAFE_INTEGER));
    this.release();
  }

  release(): void {
    this.clock.release(this.frozen);
    this.table.releaseView(this.frozen);
  }
}
