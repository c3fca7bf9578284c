import { isStateError } from '@tidemark/state-core';
import { describe, expect, it } from 'vitest';
import { PATH_BYTES_MAX } from '../../src/environment/entry-key.js';
import { INLINE_BYTES } from '../../src/environment/lmdb-file.js';
import { LmdbKeyedStore } from '../../src/store/lmdb-keyed-store.js';
import { bytes, openEnvironment, text } from '../temporary-environment.js';

const EMPTY: Uint8Array = new Uint8Array(0);

async function openStore(checksums = true): Promise<LmdbKeyedStore> {
  return new LmdbKeyedStore(await openEnvironment({ checksums }));
}

function pattern(length: number, seed = 7): Uint8Array {
  const value = new Uint8Array(length);
  for (let index = 0; index < length; index += 97) value[index] = (index * seed) & 0xff;
  return value;
}

describe.each([true, false])('an lmdb store, checksums %s', (checksums) => {
  it('returns what was put last, and nothing after a delete', async () => {
    const store = await openStore(checksums);
    store.put(3, 4, bytes('a'), bytes('one'));
    store.put(3, 4, bytes('a'), bytes('two'));
    expect(text(store.get(3, 4, bytes('a')))).toBe('two');
    expect(store.get(3, 5, bytes('a'))).toBeUndefined();
    expect(store.get(2, 4, bytes('a'))).toBeUndefined();
    store.delete(3, 4, bytes('a'));
    expect(store.get(3, 4, bytes('a'))).toBeUndefined();
    store.delete(3, 4, bytes('a'));
  });

  it('takes empty paths, empty values, the longest path and the highest numbers', async () => {
    const store = await openStore(checksums);
    const longest = pattern(PATH_BYTES_MAX);
    store.put(0, 0, EMPTY, EMPTY);
    store.put(32_767, 0xffff, longest, bytes('x'));
    expect(store.get(0, 0, EMPTY)).toEqual(EMPTY);
    expect(text(store.get(32_767, 0xffff, longest))).toBe('x');
    expect(() => store.put(0, 0, pattern(PATH_BYTES_MAX + 1), EMPTY)).toThrow(RangeError);
    expect(store.scan(32_767, 0xffff, EMPTY, undefined, 10)).toHaveLength(1);
  });

  it('keeps copies of what it is given and hands out exact lengths', async () => {
    const store = await openStore(checksums);
    const path = bytes('path');
    const value = bytes('value');
    store.put(1, 1, path, value);
    path.fill(0);
    value.fill(0);
    const read = store.get(1, 1, bytes('path')) as Uint8Array;
    expect([read.length, read.byteLength, text(read)]).toEqual([5, 5, 'value']);
    const [entry] = store.scan(1, 1, EMPTY, undefined, 1);
    store.put(1, 1, bytes('path'), bytes('other'));
    store.get(1, 1, bytes('path'));
    expect([text(entry?.path), text(entry?.value)]).toEqual(['path', 'value']);
  });

  it('scans within a batch and outside, in turns, values of all sizes', async () => {
    const store = await openStore(checksums);
    const sizes = [0, 1, 95, 96, 97, 2000, 40_000, INLINE_BYTES, INLINE_BYTES + 1];
    const look = (): number[] => store.scan(1, 1, bytes('k'), undefined, 100).map(({ value }) => value.length);
    const put = (from: number, to: number): void => {
      for (let index = from; index < to; index++) store.put(1, 1, bytes(`k${index}`), pattern(sizes[index] as number));
    };
    for (let end = 1; end <= sizes.length; end++) {
      store.batch(() => {
        put(end - 1, end);
        expect(look()).toEqual(sizes.slice(0, end));
        expect(store.scan(1, 1, bytes('k'), bytes('k0'), 1)).toHaveLength(end > 1 ? 1 : 0);
      });
      expect(look()).toEqual(sizes.slice(0, end));
      expect(store.scan(1, 1, bytes('k'), undefined, 1)).toHaveLength(1);
    }
    for (const { path, value } of store.scan(1, 1, EMPTY, undefined, 100)) {
      expect(value).toEqual(pattern(sizes[Number(text(path)?.slice(1))] as number));
    }
  });

  it('scans in unsigned byte order, by prefix, in parts, with changes between them', async () => {
    const store = await openStore(checksums);
    const paths = [[], [0], [0, 0], [1], [1, 0xff], [1, 0xff, 0xff], [2], [0xff], [0xff, 0xff], [0xff, 0xff, 1]];
    for (const path of [...paths].reverse()) store.put(5, 6, new Uint8Array(path), new Uint8Array(path));
    store.put(5, 7, EMPTY, bytes('of another state'));
    store.put(6, 0, EMPTY, bytes('of another key group'));
    const scanned = (prefix: number[], after: number[] | undefined, limit: number): number[][] =>
      store.scan(5, 6, new Uint8Array(prefix), after && new Uint8Array(after), limit).map(({ path, value }) => {
        expect(value).toEqual(path);
        return [...path];
      });
    expect(scanned([], undefined, 100)).toEqual(paths);
    expect(scanned([1], undefined, 100)).toEqual([[1], [1, 0xff], [1, 0xff, 0xff]]);
    expect(scanned([1, 0xff], undefined, 100)).toEqual([
      [1, 0xff],
      [1, 0xff, 0xff],
    ]);
    expect(scanned([0xff], undefined, 100)).toEqual([[0xff], [0xff, 0xff], [0xff, 0xff, 1]]);
    expect(scanned([0xff, 0xff], [0xff, 0xff], 100)).toEqual([[0xff, 0xff, 1]]);
    expect(scanned([1], [0], 1)).toEqual([[1]]);
    expect(scanned([], [], 2)).toEqual([[0], [0, 0]]);
    store.delete(5, 6, new Uint8Array([1]));
    store.put(5, 6, new Uint8Array([0, 1]), new Uint8Array([0, 1]));
    expect(scanned([], [0, 0], 2)).toEqual([
      [0, 1],
      [1, 0xff],
    ]);
    expect(scanned([3], undefined, 5)).toEqual([]);
    expect(scanned([], undefined, 0)).toEqual([]);
  });

  it.each([
    1,
    INLINE_BYTES - 1,
    INLINE_BYTES,
    INLINE_BYTES + 1,
    INLINE_BYTES + 12,
    2 * INLINE_BYTES,
    5 * INLINE_BYTES + 3,
    100 * 1024 * 1024,
  ])('keeps a value of %i bytes, replaces and removes it', { timeout: 60_000 }, async (length) => {
    const store = await openStore(checksums);
    const value = pattern(length);
    store.put(1, 2, bytes('v'), value);
    store.put(1, 2, bytes('w'), bytes('beside it'));
    expect(Buffer.compare(store.get(1, 2, bytes('v')) as Uint8Array, value)).toBe(0);
    expect(Buffer.compare(store.scan(1, 2, EMPTY, undefined, 1)[0]?.value as Uint8Array, value)).toBe(0);
    const other = pattern(Math.max(1, length - 1), 11);
    store.put(1, 2, bytes('v'), other);
    expect(Buffer.compare(store.get(1, 2, bytes('v')) as Uint8Array, other)).toBe(0);
    store.delete(1, 2, bytes('v'));
    expect(store.get(1, 2, bytes('v'))).toBeUndefined();
    expect(store.scan(1, 2, EMPTY, undefined, 10).map(({ path }) => text(path))).toEqual(['w']);
  });

  it('removes a state in a key group, large values and all, and nothing else', async () => {
    const store = await openStore(checksums);
    for (let index = 0; index < 5000; index++) store.put(1, 2, bytes(`k${index}`), bytes('v'));
    store.put(1, 2, bytes('large'), pattern(3 * INLINE_BYTES));
    store.put(1, 3, bytes('kept'), bytes('kept'));
    store.put(2, 2, bytes('kept'), bytes('kept'));
    store.deleteState(1, 2);
    expect(store.scan(1, 2, EMPTY, undefined, 10)).toEqual([]);
    expect(text(store.get(1, 3, bytes('kept')))).toBe('kept');
    expect(text(store.get(2, 2, bytes('kept')))).toBe('kept');
    expect(store.metrics().entries).toBe(2);
  });

  it('reads within a batch what the batch has written, and commits it as a whole', async () => {
    const store = await openStore(checksums);
    store.batch(() => {
      store.put(1, 1, bytes('a'), bytes('1'));
      expect(text(store.get(1, 1, bytes('a')))).toBe('1');
      expect(store.scan(1, 1, EMPTY, undefined, 10)).toHaveLength(1);
      store.batch(() => store.put(1, 1, bytes('b'), bytes('2')));
      store.delete(1, 1, bytes('a'));
    });
    expect(store.get(1, 1, bytes('a'))).toBeUndefined();
    expect(text(store.get(1, 1, bytes('b')))).toBe('2');
  });

  it('undoes a batch that throws, and throws what it threw', async () => {
    const store = await openStore(checksums);
    store.put(1, 1, bytes('a'), bytes('before'));
    const failure = new Error('changed its mind');
    const run = (): void =>
      store.batch(() => {
        store.put(1, 1, bytes('a'), bytes('after'));
        store.put(1, 1, bytes('large'), pattern(2 * INLINE_BYTES));
        throw failure;
      });
    expect(run).toThrow(failure);
    expect(text(store.get(1, 1, bytes('a')))).toBe('before');
    expect(store.get(1, 1, bytes('large'))).toBeUndefined();
    expect(store.scan(1, 1, EMPTY, undefined, 10)).toHaveLength(1);
  });

  it('RocksDBWriteBatchWrapperTest.testWriteBatchWrapperFlushAfterCountExceed: commits a batch in parts when it is longer than the write batch size', async () => {
    const store = new LmdbKeyedStore(await openEnvironment({ checksums, writeBatchBytes: 4096 }));
    store.batch(() => {
      for (let index = 0; index < 1000; index++) store.put(1, 1, bytes(`k${index}`), bytes('0123456789'.repeat(5)));
    });
    expect(store.metrics()).toMatchObject({ entries: 1000 });
    expect(store.metrics().batches).toBeGreaterThan(10);
    const run = (): void =>
      store.batch(() => {
        for (let index = 0; index < 1000; index++) store.delete(1, 1, bytes(`k${index}`));
        throw new Error('at the end');
      });
    expect(run).toThrow('at the end');
    expect(store.scan(1, 1, EMPTY, undefined, 2000).length).toBeLessThan(1000);
  });

  it('says after close that it is closed', async () => {
    const store = await openStore(checksums);
    store.put(1, 1, bytes('a'), bytes('1'));
    await store.close();
    await store.close();
    for (const use of [
      () => store.get(1, 1, bytes('a')),
      () => store.put(1, 1, bytes('a'), bytes('2')),
      () => store.scan(1, 1, EMPTY, undefined, 1),
      () => store.batch(() => undefined),
    ]) {
      let thrown: unknown;
      try {
        use();
      } catch (error) {
        thrown = error;
      }
      expect(isStateError(thrown, 'backend-closed')).toBe(true);
    }
    expect(store.maintain()).toBe(false);
  });
});
