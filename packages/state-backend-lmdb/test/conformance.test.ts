// The behaviours that every state backend must show, shown by this one with much, little and no cache.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stateBackendConformance } from '@tidemark/state-testkit';
import { register } from '@tidemark/state-testkit/vitest';
import { afterAll } from 'vitest';
import { LmdbStateBackend } from '../src/index.js';

const directory: string = mkdtempSync(join(tmpdir(), 'tidemark-lmdb-conformance-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

let made = 0;

for (const [name, cacheBytes] of [
  ['lmdb', undefined],
  ['lmdb with 64 KiB of cache', 64 * 1024],
  ['lmdb without a cache', 0],
] as const) {
  register(
    stateBackendConformance({
      name,
      // The cases open several backends of one name at a time.
      create: () => new LmdbStateBackend({ localDirectories: join(directory, String(made++)), cacheBytes }),
      capabilities: new LmdbStateBackend().capabilities,
    }),
  );
}
