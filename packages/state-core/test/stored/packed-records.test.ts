// Restored entries in blocks: what random runs seldom come to.

import { describe, expect, test } from 'vitest';
import { string } from '../../src/serialization/string-serializer.js';
import type { KeySerializer } from '../../src/serialization/type-serializer.js';
import { EntryChunk } from '../../src/stored/entry-chunk.js';
import type { PathHash } from '../../src/stored/stored-paths.js';
import type { StoredTable } from '../../src/stored/stored-table.js';
import { FailingStore } from './failing-store.js';
import { SortedStore } from './sorted-store.js';
import { contentOf, maps, pathOf, StoredFixture, values } from './stored-fixture.js';

const stringKey = string as KeySerializer<unknown>;
const NO_BYTES = new Uint8Array(0);
const isBlock = (stateId: number): boolean => stateId >= 0x8000 && stateId < 0xffff;

describe('restored entries in blocks', () => {
  test('a scan under a prefix that is longer than what a shortened path keeps misses nothing', async () => {
    const owner = 'k'.repeat(43);
    const other = `${'k'.repeat(42)}a`;
    // Shortened paths come last.
    const pathHash: PathHash = (path) => new Uint8Array(16).fill(0x80 + ((path.at(-2) as number) % 64));
    const options = { states: [maps], key: stringKey, pathHash };
    const first = await StoredFixture.create({ store: new SortedStore(64), ...options });
    const expected: string[] = [];
    const put = (key: string, mapKey: string): void => {
      first.tables
        .get('maps')
        ?.open(0)
        .put(pathOf(key, mapKey, stringKey), mapKey.padEnd(225), undefined, 1);
      if (key === owner) expected.push(mapKey);
    };
    put(other, 'x');
    for (let index = 10; index < 30; index++) put(owner, `a${index}`);
    for (let index = 0; index < 8; index++) put(owner, `${'z'.repeat(30)}${index}`);
    const restore = [await first.snapshot({ checkpointId: 1 })];
    const again = await StoredFixture.create({ store: new SortedStore(64), ...options, restore });
    const table = again.tables.get('maps')?.open(0) as StoredTable;
    expect(again.store.countOf(isBlock)).toBeGreaterThan(3);
    const prefix = pathOf(owner, undefined, stringKey);
    const found: string[] = [];
    let after: Uint8Array | undefined;
    for (let isEnd = false; !isEnd; ) {
      const chunk = table.scanPaths(prefix, after, 8);
      for (const { path } of chunk) found.push((table.read(path) as string).trimEnd());
      after = chunk.at(-1)?.path;
      isEnd = chunk.length < 8;
    }
    expect(found.sort()).toEqual(expected.sort());
    expect(table.scanPaths(NO_BYTES, undefined, 100)).toHaveLength(expected.length + 1);
  });

  test('blocks take no more memory than they may: then restored entries stand by themselves', async () => {
    const first = await StoredFixture.create({ states: [values] });
    const put = (index: number): void => {
      const table = first.tables.get('values')?.open(index % 4) as StoredTable;
      table.put(pathOf(index), `${index}`.padEnd(40), undefined, 1);
    };
    for (let index = 0; index < 400; index++) put(index);
    const restore = [await first.snapshot({ checkpointId: 1 })];
    const again = await StoredFixture.create({ states: [values], restore, blockBeginningsBytesMax: 1 });
    const open = (keyGroup: number): StoredTable => again.tables.get('values')?.open(keyGroup) as StoredTable;
    const readAll = (keyGroup: number): void => {
      const table = open(keyGroup);
      expect(table.entryCount).toBe(100);
      for (let index = keyGroup; index < 400; index += 4)
        expect((table.read(pathOf(index)) as string).trimEnd()).toBe(`${index}`);
    };
    readAll(0);
    const blocks = again.store.countOf(isBlock);
    expect(blocks).toBeGreaterThan(3);
    readAll(1);
    expect(again.store.countOf(isBlock)).toBe(blocks);
    // Taken apart, blocks take no memory: there is room for others.
    expect(open(0).scanPaths(NO_BYTES, undefined, 1000)).toHaveLength(100);
    expect(again.store.countOf(isBlock)).toBe(0);
    readAll(2);
    expect(again.store.countOf(isBlock)).toBe(blocks);
    while (again.entries.idleStep());
    expect(again.store.countOf(isBlock)).toBe(0);
    for (const keyGroup of [0, 1, 2, 3]) readAll(keyGroup);
  });

  test('walks and snapshots go on where the store takes no more, and nothing is lost when it does again', async () => {
    const first = await StoredFixture.create({ states: [values, maps] });
    const expected: string[] = [];
    for (let index = 0; index < 400; index++) {
      const text = `${index}`.padStart(4, '0');
      first.tables
        .get('values')
        ?.open(0)
        .put(pathOf(4 * index), text.padEnd(40), undefined, 1);
      first.tables
        .get('maps')
        ?.open(0)
        .put(pathOf(4, text), text.padEnd(index % 50 === 0 ? 2000 : 40), undefined, 1);
      expected.push(text);
    }
    const restore = [await first.snapshot({ checkpointId: 1 })];
    const store = new FailingStore({ onFailure: 'undone', visits: true });
    const again = await StoredFixture.create({ states: [values, maps], store, restore });
    const table = again.tables.get('maps')?.open(0) as StoredTable;
    again.tables.get('values')?.open(0);
    const blocks = store.countOf(isBlock);
    expect(blocks).toBeGreaterThan(6);
    store.isFull = true;
    const chunk = new EntryChunk();
    for (const limit of [1, 16, 300, 1000]) {
      const found: string[] = [];
      let after: Uint8Array | undefined;
      do {
        table.scanInto(pathOf(4), after, limit, chunk);
        for (let index = 0; index < chunk.length; index++) {
          found.push((table.readEntry(chunk, index) as string).trimEnd());
          after = chunk.pathOf(index);
        }
      } while (chunk.length >= limit);
      expect(found).toEqual(expected);
    }
    expect(() => table.delete(pathOf(4, '0007'), again.epoch)).toThrow('the store is full');
    expect(again.entries.idleStep.bind(again.entries)).toThrow('the store is full');
    const handle = await again.snapshot({ checkpointId: 2 });
    expect(store.countOf(isBlock)).toBe(blocks);
    store.isFull = false;
    table.delete(pathOf(4, '0007'), again.epoch);
    while (again.entries.idleStep()) {
      // Until all stand by themselves.
    }
    expect(store.countOf(isBlock)).toBe(0);
    expect(table.countEntries()).toBe(399);
    const third = await StoredFixture.create({ states: [values, maps], restore: [handle] });
    expect(contentOf(third)).toEqual(contentOf(first));
  });
});
