import { describe, expect, it } from 'vitest';
import { LmdbKeyedStore } from '../../src/store/lmdb-keyed-store.js';
import { randomOf, StoreModel } from '../store/model.js';
import { bytes, openEnvironment, text } from '../temporary-environment.js';

const MEBIBYTE: number = 1024 * 1024;

function maintained(store: LmdbKeyedStore): number {
  let steps = 0;
  while (store.maintain()) steps++;
  return steps;
}

describe('compaction', () => {
  it('gives the space of removed entries back, in short steps, and keeps what is left', async () => {
    const store = new LmdbKeyedStore(await openEnvironment({ compactionThreshold: 0.5, sliceMs: 1 }));
    const value = new Uint8Array(500).fill(3);
    for (let start = 0; start < 40_000; start += 1000) {
      store.batch(() => {
        for (let index = start; index < start + 1000; index++) store.put(index % 5, 1, bytes(`k${index}`), value);
      });
    }
    expect(maintained(store)).toBe(0);
    const before = store.metrics();
    for (let start = 0; start < 40_000; start += 1000) {
      store.batch(() => {
        for (let index = start; index < start + 1000; index++)
          if (index % 10 !== 0) store.delete(index % 5, 1, bytes(`k${index}`));
      });
    }
    expect(maintained(store)).toBeGreaterThan(1);
    const left = new LmdbKeyedStore(await openEnvironment());
    expect(left.maintain()).toBe(false);
    for (let index = 0; index < 40_000; index += 10)
      expect(store.get(index % 5, 1, bytes(`k${index}`))).toHaveLength(500);
    expect(store.get(1, 1, bytes('k1'))).toBeUndefined();
    await new Promise((resolve) => setTimeout(resolve, 510));
    const after = store.metrics();
    expect(after).toMatchObject({ entries: 4000, compactions: 1 });
    expect(Number(after.fileBytes)).toBeLessThan(Number(before.fileBytes) / 3);
  });

  it('follows what is written while it runs', { timeout: 30_000 }, async ({ annotate }) => {
    const seed = Number(process.hrtime.bigint() % 1_000_000n);
    await annotate(`seed ${seed}`);
    const random = randomOf(seed);
    const environment = await openEnvironment({ compactionThreshold: 0.05, sliceMs: 1 });
    const store = new LmdbKeyedStore(environment);
    const model = new StoreModel(random, 4000, 0.03);
    for (let step = 0; step < 250; step++) {
      try {
        model.batch(store, { abort: random() < 0.1, deletesOnly: random() < 0.05 });
      } catch (error) {
        if ((error as Error).message !== 'aborted') throw error;
      }
      if (random() < 0.02) model.deleteState(store, Math.floor(random() * 7), Math.floor(random() * 3));
      if (random() < 0.7) store.maintain();
      if (step % 100 === 0) model.check(store);
    }
    model.check(store);
    expect(environment.compactions).toBeGreaterThan(1);
  });

  it('writes to what has been copied and to what has not, and replaces and removes large values', async () => {
    const environment = await openEnvironment({
      compactionThreshold: 0.05,
      compactionFileBytesMin: 0,
      sliceMs: 0,
      maxReaders: 2,
    });
    const store = new LmdbKeyedStore(environment);
    const large = new Uint8Array(MEBIBYTE).fill(5);
    for (let index = 0; index < 300; index++) store.put(index, 1, bytes('k'), bytes(`old ${index}`));
    store.put(10, 1, bytes('large'), large);
    store.put(290, 1, bytes('large'), large);
    for (let index = 0; index < 300; index++) store.put(index, 1, bytes('filler'), new Uint8Array(3000));
    for (let index = 0; index < 300; index++) store.delete(index, 1, bytes('filler'));
    expect(store.maintain()).toBe(true);
    expect(environment.compactions).toBe(0);
    store.put(0, 1, bytes('k'), bytes('new 0'));
    store.put(299, 1, bytes('k'), bytes('new 299'));
    store.delete(1, 1, bytes('k'));
    store.put(10, 1, bytes('large'), bytes('small now'));
    store.put(290, 1, bytes('large'), new Uint8Array(2 * MEBIBYTE).fill(6));
    store.put(3, 1, bytes('large'), new Uint8Array(2 * MEBIBYTE).fill(7));
    store.deleteState(5, 1);
    maintained(store);
    expect(environment.compactions).toBeGreaterThan(0);
    expect(text(store.get(0, 1, bytes('k')))).toBe('new 0');
    expect(text(store.get(299, 1, bytes('k')))).toBe('new 299');
    expect(store.get(1, 1, bytes('k'))).toBeUndefined();
    expect(store.get(5, 1, bytes('k'))).toBeUndefined();
    expect(text(store.get(10, 1, bytes('large')))).toBe('small now');
    for (const [keyGroup, byte] of [
      [290, 6],
      [3, 7],
    ] as const) {
      const read = store.get(keyGroup, 1, bytes('large')) as Uint8Array;
      expect(Buffer.compare(read, new Uint8Array(2 * MEBIBYTE).fill(byte))).toBe(0);
    }
  });
});
