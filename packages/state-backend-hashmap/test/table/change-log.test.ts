// CL1 to CL4 of change-log.ts, on tables as the backend makes them.

import { describe, expect, it } from 'vitest';
import type { EpochClock } from '../../src/table/epoch-clock.js';
import type { KeyTable } from '../../src/table/key-table.js';
import { keyTable, mapTable, put, remove } from '../table-fixture.js';

function freeze(clock: EpochClock): number {
  const frozen = clock.freeze();
  clock.release(frozen);
  return frozen.epoch;
}

function rememberingTable(): { readonly clock: EpochClock; readonly table: KeyTable } {
  const made = keyTable();
  made.clock.isRemembering = true;
  made.clock.forgettableEpoch = 0;
  return made;
}

function removedSince(table: KeyTable, baseEpoch: number): unknown[] | undefined {
  return table.log.between(baseEpoch, Number.MAX_SAFE_INTEGER)?.flatMap(({ removedKeys }) => removedKeys);
}

describe('what went', () => {
  it('is noted only while somebody may ask', () => {
    const { clock, table } = keyTable();
    put(table, 1, 'a');
    freeze(clock);
    remove(table, 1);
    expect(table.log.length).toBe(0);
    put(table, 1, 'a');
    freeze(clock);
    clock.isRemembering = true;
    remove(table, 1);
    expect(removedSince(table, 1)).toEqual([1]);
  });

  it('is noted once for each epoch in which it was there before', () => {
    const { clock, table } = rememberingTable();
    put(table, 1, 'a');
    remove(table, 1);
    expect(removedSince(table, 0)).toEqual([]);
    put(table, 1, 'a');
    freeze(clock);
    for (let round = 0; round < 100; round++) {
      remove(table, 1);
      put(table, 1, round);
    }
    expect(removedSince(table, 0)).toEqual([1]);
    freeze(clock);
    remove(table, 1);
    expect([removedSince(table, 1), removedSince(table, 2)]).toEqual([[1, 1], [1]]);
  });

  it('is noted once when a running snapshot keeps the slot of what comes again', () => {
    const { clock, table } = rememberingTable();
    put(table, 1, 'a');
    const frozen = clock.freeze();
    for (let round = 0; round < 100; round++) {
      remove(table, 1);
      put(table, 1, round);
    }
    table.releaseView(frozen);
    expect(removedSince(table, 1)).toEqual([1]);
  });

  it('is forgotten when no checkpoint can ask for it, and not before', () => {
    const { clock, table } = rememberingTable();
    for (let key = 0; key < 10; key++) put(table, key, key);
    for (let key = 0; key < 5; key++) {
      freeze(clock);
      remove(table, key);
    }
    clock.forgettableEpoch = 3;
    table.log.forget();
    expect([removedSince(table, 3), removedSince(table, 2)]).toEqual([[2, 3, 4], undefined]);
  });

  it('is never longer than the table, or a thousand', () => {
    const { clock, table } = rememberingTable();
    for (let round = 0; round < 50; round++) {
      for (let key = 0; key < 300; key++) put(table, round * 300 + key, key);
      freeze(clock);
      for (let key = 0; key < 300; key++) remove(table, round * 300 + key);
      freeze(clock);
      expect(table.log.length).toBeLessThanOrEqual(1024);
    }
    expect(removedSince(table, 0)).toBeUndefined();
    expect(removedSince(table, clock.epoch - 2)).toHaveLength(300);
    // One epoch that is too long goes as a whole; what comes after it is noted again.
    for (let key = 0; key < 5000; key++) put(table, key, key);
    const base = freeze(clock);
    for (let key = 0; key < 4000; key++) remove(table, key);
    expect([removedSince(table, base), table.log.length]).toEqual([undefined, 0]);
    const next = freeze(clock);
    remove(table, 4500);
    expect(removedSince(table, next)).toEqual([4500]);
  });

  it('is one note for a map that was cleared, whatever it held', () => {
    const { clock, table } = mapTable();
    clock.isRemembering = true;
    clock.forgettableEpoch = 0;
    const owner = table.ownerFor(7, 0, 7, undefined);
    for (let index = 0; index < 500; index++) table.put(owner, `m${index}`, `m${index}`, index);
    table.clear(owner);
    expect(table.log.length).toBe(0);
    const again = table.ownerFor(7, 0, 7, undefined);
    for (let index = 0; index < 500; index++) table.put(again, `m${index}`, `m${index}`, index);
    freeze(clock);
    table.clear(again);
    const [changes] = table.log.between(1, 2) ?? [];
    expect([changes?.clearedKeys, changes?.removedKeys]).toEqual([[7], []]);
  });
});

describe('what came', () => {
  it('is told by the slots, also when it changed again while the snapshot is written', () => {
    const { clock, table } = rememberingTable();
    for (const key of [1, 2, 3, 4]) put(table, key, 'old');
    const base = freeze(clock);
    put(table, 2, 'new');
    remove(table, 3);
    put(table, 5, 'new');
    const frozen = clock.freeze();
    for (const key of [1, 2, 4, 5, 6]) put(table, key, 'later');
    const later = clock.freeze();
    for (const key of [1, 2, 4, 5, 6]) put(table, key, 'latest');
    const view = table.viewOf(frozen) ?? expect.fail('no view');
    const changed = table.changedSince(base, view).map((slot) => [table.keys[slot], table.valueAt(view, slot)]);
    expect(changed.sort()).toEqual([
      [2, 'new'],
      [5, 'new'],
    ]);
    table.releaseView(later);
    const again = table.changedSince(base, view).map((slot) => table.keys[slot]);
    expect(again.sort()).toEqual([2, 5]);
  });
});
