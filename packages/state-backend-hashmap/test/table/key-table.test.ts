// SL1 to SL3 of slots.ts and KT1 of key-table.ts: what a table answers, what a snapshot of it sees, and when slots are
// used again.

import { int32, type KeySerializer } from '@tidemark/state-core';
import { describe, expect, it } from 'vitest';
import { EpochClock, type FrozenEpoch } from '../../src/table/epoch-clock.js';
import { KeyTable } from '../../src/table/key-table.js';
import { ABSENT } from '../../src/table/slots.js';

const integers = int32 as unknown as KeySerializer<unknown>;

function emptyTable(): { clock: EpochClock; table: KeyTable } {
  const clock = new EpochClock();
  const types = { clock, key: integers, namespace: integers, mapKey: undefined, isVoidNamespace: false };
  return { clock, table: new KeyTable(types) };
}

const put = (table: KeyTable, key: number, namespace: number, value: unknown): void =>
  table.put(key, namespace, key, namespace, value);

function remove(table: KeyTable, key: number, namespace: number): void {
  const slot = table.find(key, namespace);
  if (slot >= 0) table.remove(slot);
}

function get(table: KeyTable, key: number, namespace: number): unknown {
  const slot = table.find(key, namespace);
  return slot < 0 ? undefined : table.values[slot];
}

/** What a snapshot sees, by key and namespace. */
function seenBy(table: KeyTable, frozen: FrozenEpoch): Record<string, unknown> {
  const view = table.viewOf(frozen) ?? expect.fail('no view');
  const seen: Record<string, unknown> = {};
  for (let slot = 0; slot < view.slotCount; slot++) {
    const value = table.valueAt(view, slot);
    if (value !== ABSENT) seen[`${table.keys[slot]}/${table.namespaceAt(slot)}`] = value;
  }
  return seen;
}

describe('CopyOnWriteStateMapTest', () => {
  it('testPutGetRemoveContainsTransform: keys and namespaces, null as a value, replaced and removed ones', () => {
    const { table } = emptyTable();
    put(table, 1, 1, [41]);
    put(table, 2, 1, [42]);
    put(table, 1, 2, [43]);
    expect(table.entryCount).toBe(3);
    expect([get(table, 1, 1), get(table, 2, 1), get(table, 1, 2)]).toEqual([[41], [42], [43]]);
    expect([table.find(2, 1) >= 0, table.find(3, 1) >= 0, table.find(2, 3) >= 0]).toEqual([true, false, false]);

    put(table, 2, 1, [44]);
    expect([table.entryCount, get(table, 2, 1)]).toEqual([3, [44]]);
    put(table, 2, 1, null);
    expect([table.entryCount, get(table, 2, 1), table.find(2, 1) >= 0]).toEqual([3, null, true]);
    remove(table, 2, 1);
    expect([table.entryCount, table.find(2, 1)]).toEqual([2, -1]);
    remove(table, 1, 2);
    expect([table.entryCount, [...table.keysOf(1)], [...table.keysOf(2)]]).toEqual([1, [1], []]);
    table.replace(table.find(1, 1), [4711]);
    expect([table.entryCount, get(table, 1, 1)]).toEqual([1, [4711]]);
  });

  it('testIteratingOverSnapshot: the five entries of the freeze, whatever is put, removed and replaced meanwhile', () => {
    const { clock, table } = emptyTable();
    for (const key of [1, 2, 3, 4, 5]) put(table, key, 1, key * 10);
    const frozen = clock.freeze();
    const expected = { '1/1': 10, '2/1': 20, '3/1': 30, '4/1': 40, '5/1': 50 };
    expect(seenBy(table, frozen)).toEqual(expected);

    put(table, 6, 1, 60);
    put(table, 1, 1, 11);
    put(table, 1, 1, 12);
    remove(table, 2, 1);
    remove(table, 3, 1);
    put(table, 3, 1, 33);
    table.replace(table.find(4, 1), 44);
    remove(table, 5, 1);
    put(table, 7, 1, 70);
    expect(seenBy(table, frozen)).toEqual(expected);
    expect([1, 2, 3, 4, 5, 6, 7].map((key) => get(table, key, 1))).toEqual([12, undefined, 33, 44, undefined, 60, 70]);
  });

  it('testSnapshotRelease: slots are kept until the last snapshot has gone; a second release changes nothing', () => {
    const { clock, table } = emptyTable();
    for (const key of [1, 2, 3]) put(table, key, 1, key);
    const first = clock.freeze();
    const second = clock.freeze();
    for (const key of [1, 2]) remove(table, key, 1);
    expect([clock.frozen, table.freeSlots]).toEqual([[first, second], 0]);

    clock.release(second);
    table.releaseView(second);
    expect([clock.frozen, table.freeSlots]).toEqual([[first], 0]);
    expect(seenBy(table, first)).toEqual({ '1/1': 1, '2/1': 2, '3/1': 3 });
    clock.release(first);
    table.releaseView(first);
    expect([clock.frozen, table.freeSlots]).toEqual([[], 2]);

    clock.release(first);
    table.releaseView(first);
    expect([clock.frozen, table.freeSlots, table.entryCount]).toEqual([[], 2, 1]);
    put(table, 9, 1, 9);
    expect([table.freeSlots, table.count, get(table, 9, 1)]).toEqual([1, 3, 9]);
  });
});
