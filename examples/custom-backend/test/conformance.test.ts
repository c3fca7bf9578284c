// The proof: every behaviour that stores, backends and factories owe, shown by this one.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Configuration, silentLogger } from '@tidemark/state-core';
import type { StateBackend } from '@tidemark/state-core/spi';
import {
  keyedStoreConformance,
  stateBackendConformance,
  stateBackendFactoryConformance,
} from '@tidemark/state-testkit';
import { register } from '@tidemark/state-testkit/vitest';
import { afterAll, expect } from 'vitest';
import { SqliteKeyedStore, stateBackendFactory } from '../src/index.js';
import { failNextPut } from './fail-next-put.js';

const directory = mkdtempSync(join(tmpdir(), 'tidemark-test-sqlite-'));
afterAll(() => {
  try {
    // The cases close what they open, and nothing may be left of it.
    expect(readdirSync(directory)).toEqual([]);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

register(
  keyedStoreConformance({
    name: 'sqlite',
    capabilities: { batch: true, scratch: true, failingPuts: true },
    create: () => ({
      open: () => new SqliteKeyedStore({ directory, pageCacheBytes: 1024 * 1024 }),
      failNextPut: (store) => failNextPut(store as SqliteKeyedStore),
    }),
  }),
);

const config = { 'state.backend.sqlite.directory': directory };
register(
  stateBackendFactoryConformance({
    factory: stateBackendFactory,
    config,
    invalid: [
      { config: { 'state.backend.sqlite.directory': '' }, words: ['state.backend.sqlite.directory'] },
      { config: { 'state.backend.sqlite.cache-size': 'much' }, words: ['state.backend.sqlite.cache-size'] },
      { config: { 'state.backend.sqlite.page-cache-size': '1 kb' }, words: ['state.backend.sqlite.page-cache-size'] },
    ],
  }),
);

const create = (settings: Record<string, string> = {}): StateBackend =>
  stateBackendFactory.createFromConfig(Configuration.from({ ...config, ...settings }), {
    logger: silentLogger,
  }) as StateBackend;
register(stateBackendConformance({ name: 'sqlite', create, capabilities: create().capabilities }));
