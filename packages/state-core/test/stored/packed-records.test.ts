// Restored entries in blocks: what random runs seldom come to.

import { describe, expect, test } from 'vitest';
import { string } from '../../src/serialization/string-serializer.js';
import type { KeySerializer } from '../../src/serialization/type-serializer.js';
import type { PathHash } from '../../src/stored/stored-paths.js';
import type { StoredTable } from '../../src/stored/stored-table.js';
import { SortedStore } from './sorted-store.js';
import { maps, pathOf, StoredFixture } from './stored-fixture.js';

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
        .put(pathOf(key, mapKey, stringKey), mapKey.padEnd(900), undefined, 1);
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
});
