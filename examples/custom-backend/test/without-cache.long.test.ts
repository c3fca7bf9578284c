// The suite of backends once more with nothing in front of SQLite: every value is written to it and read from it.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Configuration, silentLogger } from '@tidemark/state-core';
import type { StateBackend } from '@tidemark/state-core/spi';
import { stateBackendConformance } from '@tidemark/state-testkit';
import { register } from '@tidemark/state-testkit/vitest';
import { afterAll } from 'vitest';
import { stateBackendFactory } from '../src/index.js';

const directory = mkdtempSync(join(tmpdir(), 'tidemark-test-sqlite-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const config = Configuration.from({
  'state.backend.sqlite.directory': directory,
  'state.backend.sqlite.cache-size': '0 b',
});
const create = (): StateBackend =>
  stateBackendFactory.createFromConfig(config, { logger: silentLogger }) as StateBackend;
register(stateBackendConformance({ name: 'sqlite without a cache', create, capabilities: create().capabilities }));
