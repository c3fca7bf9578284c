// What the cache takes of the heap, beside what it counts.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  float64,
  MapStateDescriptor,
  safeInteger,
  string,
  systemScheduler,
  ValueStateDescriptor,
} from '@tidemark/state-core';
import type { KeyedStateBackend } from '@tidemark/state-core/spi';
import { plainState, StateBackendHarness } from '@tidemark/state-testkit';
import { expect, it, onTestFinished } from 'vitest';
import { LmdbStateBackend } from '../src/lmdb-state-backend.js';
import { temporaryDirectory } from './temporary-environment.js';

const CACHE_BYTES: number = 16 * 1024 * 1024;
const KEYS: number = 120_000;
const CHANGES: number = 200_000;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heapBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

type Change = (key: number, count: number) => void;

function numbers(backend: KeyedStateBackend<number>): Change {
  const state = plainState(backend, new ValueStateDescriptor('numbers', { type: float64 }));
  return (_key, count) => state.update(count / 3);
}

function texts(backend: KeyedStateBackend<number>): Change {
  const state = plainState(backend, new ValueStateDescriptor('texts', { type: string }));
  return (_key, count) => state.update(`text ${count}`);
}

function singleEntries(backend: KeyedStateBackend<number>): Change {
  const state = plainState(backend, new MapStateDescriptor('maps', { key: safeInteger, value: float64 }));
  return (key, count) => state.put(key % 10, count / 3);
}

function manyEntries(backend: KeyedStateBackend<number>): Change {
  const state = plainState(backend, new MapStateDescriptor('maps', { key: safeInteger, value: float64 }));
  return (key, count) => {
    backend.setCurrentKey(Math.floor(key / 10));
    state.put(key % 10, count / 3);
  };
}

it.each([
  ['numbers', numbers],
  ['texts', texts],
  ['entries of maps, one of each', singleEntries],
  ['entries of maps of ten', manyEntries],
] as const)('%s that come and go take no more than the cache may have', { timeout: 60_000 }, async (_name, open) => {
  const settings = { localDirectories: temporaryDirectory(), cacheBytes: CACHE_BYTES };
  const harness = new StateBackendHarness(new LmdbStateBackend(settings));
  onTestFinished(() => harness.close());
  const backend = await harness.createKeyed<number>({ keySerializer: safeInteger, scheduler: systemScheduler });
  const change = open(backend);
  const emptyBytes = heapBytes();
  let random = 1;
  for (let count = 0; count < KEYS + CHANGES; count++) {
    random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
    const key = count < KEYS ? count : random % KEYS;
    backend.setCurrentKey(key);
    change(key, count);
  }
  expect(backend.metrics()['cachedBytes']).toBeGreaterThan(0.9 * CACHE_BYTES);
  expect(heapBytes() - emptyBytes).toBeLessThan(CACHE_BYTES);
});
