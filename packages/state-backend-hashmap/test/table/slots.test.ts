// SL1 to SL5 of slots.ts: several views at once, views that are written step by step, the reuse of slots and memory.

import { describe, expect, it } from 'vitest';
import { get, keyTable, put, remove, TableWalk } from '../table-fixture.js';

describe('entries', () => {
  it('CopyOnWriteStateMapTest.testIncrementalRehash: membership stays exact while the index grows', () => {
    const { table } = keyTable();
    let expected = 0;
    for (let key = 0; key < 20_000; key++) {
      put(table, key, key);
      expected++;
      if (key % 8 === 7) {
        remove(table, key - 3);
        expected--;
      }
    }
    expect(table.entryCount).toBe(expected);
    const wrong = Array.from({ length: 20_000 }, (_, key) => key).filter(
      (key) => get(table, key) !== (key % 8 === 4 ? undefined : key),
    );
    expect(wrong).toEqual([]);
  });

  it('gives its memory back when the last of many entries goes', () => {
    const { table } = keyTable();
    for (let key = 0; key < 5000; key++) put(table, key, key);
    for (let key = 0; key < 5000; key++) remove(table, key);
    expect([table.count, table.freeSlots, table.values.length, table.changed.length]).toEqual([0, 0, 0, 8]);
    put(table, 1, 'again');
    expect(get(table, 1)).toBe('again');
  });

  it('fails a walk over keys when entries come or go, not when values change', () => {
    const { table } = keyTable();
    for (const key of [1, 2, 3]) put(table, key, key);
    const replacing = table.keysOf(0)[Symbol.iterator]();
    replacing.next();
    put(table, 2, 'changed');
    expect(replacing.next().done).toBe(false);
    put(table, 4, 4);
    expect(() => replacing.next()).toThrow(expect.objectContaining({ code: 'concurrent-modification' }));
    const walkAndRemove = (): void => {
      for (const _key of table.keysAndNamespaces()) remove(table, 1);
    };
    expect(walkAndRemove).toThrow(expect.objectContaining({ code: 'concurrent-modification' }));
  });
});

describe('freezes', () => {
  it('keeps nothing for what is written already', () => {
    const { clock, table } = keyTable();
    for (let key = 0; key < 10; key++) put(table, key, key);
    const walk = new TableWalk(clock, table);
    walk.advance(4);
    const written = table.find(1, 0);
    const awaited = table.find(7, 0);
    expect(table.isAwaitedBySnapshot(written)).toBe(false);
    expect(table.isAwaitedBySnapshot(awaited)).toBe(true);
    expect(table.touch(written)).toBe(false);
    expect(table.touch(awaited)).toBe(true);
    expect(table.isAwaitedBySnapshot(awaited)).toBe(false);
    walk.finish();
    expect(walk.seen).toHaveLength(10);
  });

  it('a released view is gone, releasing again is harmless', () => {
    const { clock, table } = keyTable();
    put(table, 1, 1);
    const walk = new TableWalk(clock, table);
    expect(table.viewOf(walk.frozen)).toBeDefined();
    walk.release();
    expect(table.viewOf(walk.frozen)).toBeUndefined();
    walk.release();
    expect(clock.frozen).toEqual([]);
    expect(table.isAwaitedBySnapshot(table.find(1, 0))).toBe(false);
  });

  it('CopyOnWriteStateTableTest.testReleaseForFailedSnapshot: half written and given up, everything is let go', () => {
    const { clock, table } = keyTable();
    for (let key = 0; key < 100; key++) put(table, key, key);
    const walk = new TableWalk(clock, table);
    walk.advance(50);
    for (let key = 0; key < 100; key += 2) remove(table, key);
    walk.release();
    expect(table.freeSlots).toBe(50);
    for (let key = 200; key < 250; key++) put(table, key, key);
    expect(table.count).toBe(100);
    expect(table.entryCount).toBe(100);
  });

  it('several views read through the newer ones, whichever is written first', () => {
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 0, 2],
      [1, 2, 0],
    ]) {
      const { clock, table } = keyTable();
      for (let key = 0; key < 4; key++) put(table, key, 'a');
      const walks = [new TableWalk(clock, table)];
      put(table, 1, 'b');
      walks.push(new TableWalk(clock, table));
      put(table, 1, 'c');
      put(table, 2, 'c');
      remove(table, 3);
      walks.push(new TableWalk(clock, table));
      put(table, 0, 'd');
      put(table, 1, 'd');
      put(table, 2, 'd');
      put(table, 3, 'd');
      for (const index of order) walks[index]?.finish();
      const seen = walks.map((walk) => walk.seen.join(''));
      expect(seen, String(order)).toEqual(['aaaa', 'abaa', 'acc']);
    }
  });

  it('a table that is not touched after the freeze is walked as it is', () => {
    const { clock, table } = keyTable();
    put(table, 1, 'x');
    const first = new TableWalk(clock, table);
    const second = new TableWalk(clock, table);
    second.finish();
    first.finish();
    expect([first.seen, second.seen]).toEqual([['x'], ['x']]);
  });

  it('a free slot that is filled again after the freeze is not in the snapshot', () => {
    const { clock, table } = keyTable();
    for (const key of [1, 2, 3]) put(table, key, key);
    remove(table, 2);
    const walk = new TableWalk(clock, table);
    put(table, 4, 'new');
    expect(table.count).toBe(3);
    walk.finish();
    expect(walk.seen).toEqual([1, 3]);
    expect(get(table, 4)).toBe('new');
  });

  it('a slot that was removed, filled and removed again while a view was there is free once', () => {
    const { clock, table } = keyTable();
    for (const key of [1, 2]) put(table, key, key);
    const walk = new TableWalk(clock, table);
    remove(table, 1);
    put(table, 1, 'again');
    remove(table, 1);
    walk.finish();
    expect(table.freeSlots).toBe(1);
    put(table, 5, 5);
    put(table, 6, 6);
    expect([get(table, 5), get(table, 6), get(table, 2)]).toEqual([5, 6, 2]);
  });

  it('a removed entry keeps its key until the snapshot has written it', () => {
    const { clock, table } = keyTable();
    put(table, 7, 'seven');
    const walk = new TableWalk(clock, table, (slot, value) => `${table.keys[slot]}=${value}`);
    remove(table, 7);
    for (let key = 100; key < 200; key++) put(table, key, key);
    walk.finish();
    expect(walk.seen).toEqual(['7=seven']);
    expect(table.find(7, 0)).toBe(-1);
  });
});
