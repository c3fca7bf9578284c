// What the suites cannot know: what SQLite does to this store when it fails, and what is left on the disk.

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SqliteKeyedStore } from '../src/index.js';
import { failNextPut } from './fail-next-put.js';

const path = Uint8Array.of(1);

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'tidemark-test-sqlite-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function open(directory: string): SqliteKeyedStore {
  const store = new SqliteKeyedStore({ directory, pageCacheBytes: 65_536 });
  onTestFinished(() => store.close());
  return store;
}

describe('a full disk', () => {
  it('is told with the directory and the option to change', () => {
    const directory = temporaryDirectory();
    const store = open(directory);
    failNextPut(store);
    expect(() => store.put(1, 1, path, path)).toThrow(
      expect.objectContaining({ code: 'storage-no-space', kind: 'retry', message: expect.stringContaining(directory) }),
    );
    expect(() => store.put(1, 1, path, path)).not.toThrow();
  });

  it('takes back the batch in which SQLite finds it, and nothing before', () => {
    const store = open(temporaryDirectory());
    store.put(1, 1, path, path);
    const [row] = store.database.all('pragma page_count');
    store.database.all(`pragma max_page_count = ${Number(row?.['page_count']) + 50}`);
    const large = new Uint8Array(100_000);
    const fill = (): void => {
      for (let index = 0; index < 10; index++) store.put(1, 1, Uint8Array.of(2, index), large);
    };
    expect(() => store.batch(fill)).toThrow(expect.objectContaining({ code: 'storage-no-space' }));
    expect(store.get(1, 1, path)).toEqual(path);
    store.database.all('pragma max_page_count = 100000');
    store.batch(fill);
    expect(store.scan(1, 1, Uint8Array.of(2), undefined, 100)).toHaveLength(10);
  });
});

describe('the disk', () => {
  it.skipIf(process.platform === 'win32')('has no name of a store that is open, so that a kill leaves nothing', () => {
    const directory = temporaryDirectory();
    const store = open(directory);
    const scratch = store.openScratch();
    store.batch(() => {
      for (let index = 0; index < 1000; index++) {
        store.put(1, 1, Uint8Array.of(index >> 8, index), new Uint8Array(1000));
      }
    });
    scratch.append(path);
    expect(readdirSync(directory)).toEqual([]);
    expect(store.metrics()['fileBytes']).toBeGreaterThan(1_000_000);
  });

  it('is asked for a directory that cannot be made', () => {
    const file = join(temporaryDirectory(), 'file');
    writeFileSync(file, '');
    expect(() => open(file)).toThrow(/EEXIST|ENOTDIR/);
  });
});
