import type { StateError } from '@tidemark/state-core';
import { describe, expect, it } from 'vitest';
import { LmdbKeyedStore } from '../../src/store/lmdb-keyed-store.js';
import { failureOf } from '../failure-of.js';
import { smallVolume } from '../small-volume.js';
import { bytes, openEnvironment, text } from '../temporary-environment.js';
import { randomOf, StoreModel } from './model.js';

const MEBIBYTE: number = 1024 * 1024;

describe('a store on a full disk', () => {
  it('refuses the write, keeps everything, lets state be removed, and goes on when there is room', async (context) => {
    const volume = smallVolume(context, 12 * MEBIBYTE);
    const store = new LmdbKeyedStore(await openEnvironment({}, { directory: volume.path }));
    const value = new Uint8Array(2000).fill(7);
    let taken = 0;
    let failure: StateError | undefined;
    while (failure === undefined && taken < 10_000) {
      failure = failureOf(() => store.put(0, 0, bytes(`k${taken}`), value));
      if (failure === undefined) taken++;
    }
    expect(failure?.code).toBe('storage-no-space');
    expect(failure?.message).toMatch(/state\.backend\.lmdb\.localdir/);
    expect(taken).toBeGreaterThan(1000);
    expect(failureOf(() => store.put(0, 0, bytes('another'), value))?.code).toBe('storage-no-space');
    for (let index = 0; index < taken; index++) expect(store.get(0, 0, bytes(`k${index}`))).toHaveLength(2000);
    for (let index = 0; index < taken; index += 2) store.delete(0, 0, bytes(`k${index}`));
    // What was removed makes room for as much.
    for (let index = 0; index < taken / 8; index++) store.put(0, 0, bytes(`n${index}`), value);
    volume.resize(32 * MEBIBYTE);
    for (let index = 0; index < 4000; index++) store.put(0, 0, bytes(`m${index}`), bytes('more'));
    expect(text(store.get(0, 0, bytes('m3999')))).toBe('more');
    expect(store.get(0, 0, bytes('k1'))).toHaveLength(2000);
  });

  it('is what its model is, whatever fails', { timeout: 60_000 }, async (context) => {
    const seed = Number(process.hrtime.bigint() % 1_000_000n);
    const random = randomOf(seed);
    const volume = smallVolume(context, 10 * MEBIBYTE);
    const store = new LmdbKeyedStore(await openEnvironment({}, { directory: volume.path }));
    const model = new StoreModel(random, 4000, 0.03);
    let refused = 0;
    context.annotate(`seed ${seed}`);
    for (let step = 0; step < 1200; step++) {
      const abort = random() < 0.1;
      const failure = failureOf(() => {
        try {
          model.batch(store, { abort, deletesOnly: random() < 0.1 });
        } catch (error) {
          if (!(error instanceof Error && error.message === 'aborted')) throw error;
        }
      });
      if (failure !== undefined) {
        expect(failure.code).toBe('storage-no-space');
        refused++;
      }
      if (random() < 0.02) model.deleteState(store, Math.floor(random() * 7), Math.floor(random() * 3));
      if (random() < 0.2) store.maintain();
      if (step % 100 === 0) model.check(store);
    }
    model.check(store);
    expect(refused).toBeGreaterThan(0);
  });

  it('does the same at the limit of the file', async () => {
    const store = new LmdbKeyedStore(await openEnvironment({ fileBytesMax: 16 * MEBIBYTE }));
    const value = new Uint8Array(100_000);
    let taken = 0;
    let failure: StateError | undefined;
    while (failure === undefined && taken < 1000) {
      failure = failureOf(() => store.put(0, 0, bytes(`k${taken}`), value));
      if (failure === undefined) taken++;
    }
    expect(failure?.code).toBe('storage-no-space');
    expect(failure?.message).toMatch(/state\.backend\.lmdb\.max-file-size/);
    expect(store.metrics().fileBytes).toBeLessThanOrEqual(16 * MEBIBYTE);
    expect(store.get(0, 0, bytes(`k${taken - 1}`))).toHaveLength(100_000);
  });

  it('writes and reads scratch up to where the disk is full', async (context) => {
    const volume = smallVolume(context, 4 * MEBIBYTE);
    const environment = await openEnvironment({}, { directory: volume.path });
    const scratch = environment.openScratch();
    const positions: number[] = [];
    const failure = failureOf(() => {
      for (let index = 0; index < 1000; index++)
        positions.push(scratch.append(new Uint8Array(10_000).fill(index & 0xff)));
    });
    expect(failure?.code).toBe('storage-no-space');
    expect(positions.length).toBeGreaterThan(100);
    positions.forEach((position, index) => {
      const expected = new Uint8Array(10_000).fill(index & 0xff);
      expect(Buffer.compare(scratch.read(position, 10_000), expected)).toBe(0);
    });
    volume.resize(16 * MEBIBYTE);
    const position = scratch.append(bytes('again'));
    expect(text(scratch.read(position, 5))).toBe('again');
    scratch.close();
    scratch.close();
  });
});
