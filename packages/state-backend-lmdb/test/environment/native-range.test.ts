// Ranges through lmdb's native part give what lmdb's own iterator gives, and give way to it where they cannot.

import { join } from 'node:path';
import { silentLogger } from '@tidemark/state-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LmdbEnvironment } from '../../src/environment/lmdb-environment.js';
import { type LmdbModule, loadLmdb } from '../../src/environment/lmdb-module.js';
import { GAVE_UP, NativeRange } from '../../src/environment/native-range.js';
import { LmdbKeyedStore } from '../../src/store/lmdb-keyed-store.js';
import { bytes, NAME, settingsFor, temporaryDirectory, text } from '../temporary-environment.js';

type Native = Record<'position' | 'iterate' | 'getCurrentValue' | 'getAddress', (...given: number[]) => number>;

const EMPTY: Uint8Array = new Uint8Array(0);
const GROUPS = 3;
const ENTRIES = 40;

const lmdb: LmdbModule = await loadLmdb();
const native: Native = lmdb.nativeAddon as Native;

/** lmdb with another native part, and how often each of its functions was called. */
function lmdbWith(changes: Partial<Native>): { module: LmdbModule; calls: Map<string, number> } {
  const calls = new Map<string, number>();
  const counted =
    (name: keyof Native) =>
    (...given: number[]) => {
      calls.set(name, (calls.get(name) ?? 0) + 1);
      return (changes[name] ?? native[name])(...given);
    };
  const nativeAddon = {
    position: counted('position'),
    iterate: counted('iterate'),
    getCurrentValue: counted('getCurrentValue'),
    getAddress: counted('getAddress'),
  };
  return { module: { open: lmdb.open, nativeAddon }, calls };
}

function openStore(module: LmdbModule, checksums = true): LmdbKeyedStore {
  const settings = settingsFor(temporaryDirectory(), { checksums });
  const environment = LmdbEnvironment.open(module, NAME, settings, { logger: silentLogger });
  onTestFinished(() => environment.close());
  return new LmdbKeyedStore(environment);
}

function pathOf(index: number): Uint8Array {
  return bytes(`${index % 2 === 0 ? 'even' : 'odd'}-${String(index).padStart(3, '0')}`);
}

/** Begins with every byte, is empty, and is long. */
function contentOf(group: number, index: number): Uint8Array {
  const value = new Uint8Array(index % 7 === 0 ? 0 : index * 11);
  return value.fill(0xa5 + group + (index % 3) - 1);
}

function fill(store: LmdbKeyedStore): void {
  store.batch(() => {
    for (let group = 0; group < GROUPS; group++)
      for (let index = 0; index < ENTRIES; index++) store.put(group, 1, pathOf(index), contentOf(group, index));
  });
}

/** All entries of a prefix, read in parts. */
function walk(store: LmdbKeyedStore, group: number, prefix: Uint8Array, limit: number): [string, Uint8Array][] {
  const walked: [string, Uint8Array][] = [];
  let after: Uint8Array | undefined;
  for (;;) {
    const part = store.scan(group, 1, prefix, after, limit);
    for (const { path, value } of part) walked.push([text(path) as string, value]);
    if (part.length < limit) return walked;
    after = part.at(-1)?.path;
  }
}

function expected(group: number, prefix: string): [string, Uint8Array][] {
  const all = Array.from({ length: ENTRIES }, (_, index): [string, Uint8Array] => [
    text(pathOf(index)) as string,
    contentOf(group, index),
  ]);
  return all.filter(([path]) => path.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1));
}

function checkAll(store: LmdbKeyedStore): void {
  for (const limit of [1, 3, 20, 21, 100]) {
    for (let group = 0; group < GROUPS; group++) {
      for (const prefix of ['', 'even', 'odd-0', 'odd-011', 'none']) {
        expect(walk(store, group, bytes(prefix), limit)).toEqual(expected(group, prefix));
      }
    }
  }
}

describe.each([true, false])('ranges, checksums %s', (checksums) => {
  it('are read through the native part, from the second on', () => {
    const { module, calls } = lmdbWith({});
    const store = openStore(module, checksums);
    fill(store);
    store.scan(0, 1, EMPTY, undefined, 1);
    expect(calls.get('position')).toBeUndefined();
    checkAll(store);
    const before = calls.get('position') as number;
    expect(before).toBeGreaterThan(100);
    expect(store.scan(0, 1, bytes('even'), undefined, 5)).toHaveLength(5);
    expect(calls.get('position')).toBe(before + 1);
  });

  it('are read by lmdb alone where it has no native part, or lacks a function', () => {
    const { module } = lmdbWith({});
    const part = module.nativeAddon as Native;
    const parts = [undefined, {}, { ...part, iterate: undefined }, { ...part, getAddress: () => Number.NaN }];
    for (const nativeAddon of parts) {
      const store = openStore({ open: lmdb.open, nativeAddon }, checksums);
      fill(store);
      checkAll(store);
    }
  });

  it('are the same when the native part fails at the beginning or on the way', () => {
    let left = 0;
    const failing =
      (run: (...given: number[]) => number) =>
      (...given: number[]) =>
        left-- > 0 ? run(...given) : -22;
    for (const name of ['position', 'iterate'] as const) {
      const { module, calls } = lmdbWith({ [name]: failing(native[name]) });
      const store = openStore(module, checksums);
      fill(store);
      store.scan(0, 1, EMPTY, undefined, 1);
      for (left = 0; left < 25; ) {
        const wanted = left;
        expect(walk(store, 1, bytes('even'), 50)).toEqual(expected(1, 'even'));
        left = wanted + 1;
      }
      expect(calls.get(name)).toBeGreaterThan(20);
    }
  });

  it('are right when another user of lmdb in this thread has exchanged the buffer that values come in', () => {
    const { module, calls } = lmdbWith({});
    const store = openStore(module, checksums);
    fill(store);
    checkAll(store);
    const other = lmdb.open({ path: join(temporaryDirectory(), 'other.mdb'), encoding: 'binary' });
    onTestFinished(() => other.close());
    for (let round = 0; round < 3; round++) {
      // What lmdb does when a value does not fit.
      (other as unknown as { _allocateGetBuffer(lengthBytes: number): void })._allocateGetBuffer((17 + round) << 20);
      const before = calls.get('position') as number;
      checkAll(store);
      expect(calls.get('position')).toBeGreaterThan(before);
    }
  });
});

it('gives up as long as lmdb does not put things where they are looked for', () => {
  const store = { db: { availableCursor: { address: 1 } }, ensureReadTxn: () => undefined };
  const { module, calls } = lmdbWith({ position: () => 4 });
  const range = NativeRange.of(module, store, (_path, _target, start) => start + 4) as NativeRange;
  const keyBytes = new Uint8Array(new ArrayBuffer(4104), 4, 4096);
  const shared = new Uint8Array(100);
  const learnt = (bytes: Uint8Array, keyStart: number, length: number): boolean => {
    range.learn(bytes, keyStart, shared, length);
    return range.begin(EMPTY, false, EMPTY) !== GAVE_UP;
  };
  const words = new Uint32Array(keyBytes.buffer, 4, 2);
  words[0] = 77;
  expect(learnt(keyBytes, 40, 77)).toBe(false);
  expect(learnt(keyBytes, 32, 78)).toBe(false);
  expect(learnt(keyBytes.subarray(1), 32, 77)).toBe(false);
  words[1] = 1;
  expect(learnt(keyBytes, 32, 77)).toBe(false);
  expect(calls.get('position')).toBeUndefined();
  words[1] = 0;
  expect(learnt(keyBytes, 32, 77)).toBe(true);
});

it('does not keep pages that are replaced: a cursor that stays holds no snapshot', async () => {
  const { module, calls } = lmdbWith({});
  const store = openStore(module);
  fill(store);
  const round = (): void => {
    for (let group = 0; group < GROUPS; group++) store.scan(group, 1, EMPTY, undefined, 3);
    fill(store);
  };
  for (let count = 0; count < 20; count++) round();
  const pages = (): number => store.metrics()['pages'] as number;
  await new Promise((resolve) => setTimeout(resolve, 600));
  const before = pages();
  for (let count = 0; count < 200; count++) round();
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect(pages()).toBeLessThan(before + 10);
  expect(calls.get('position')).toBeGreaterThan(300);
});
