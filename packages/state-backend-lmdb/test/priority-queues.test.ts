// Queues of the lmdb backend with `state.backend.lmdb.timer-service.factory` at both of its values: every case about queues with
// much, little and no cache, and a model.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testRuns } from '@tidemark/config/test-runs';
import { Configuration } from '@tidemark/state-core';
import { runPriorityQueueModel, stateBackendConformance } from '@tidemark/state-testkit';
import { register } from '@tidemark/state-testkit/vitest';
import { afterAll, describe, it } from 'vitest';
import { LmdbStateBackend } from '../src/index.js';

const directory: string = mkdtempSync(join(tmpdir(), 'tidemark-lmdb-queues-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

let made = 0;

for (const factory of ['LMDB', 'HEAP']) {
  for (const [title, cacheBytes] of [
    ['the default cache', undefined],
    ['64 KiB of cache', 64 * 1024],
    ['no cache', 0],
  ] as const) {
    const name = `queues of factory ${factory} with ${title}`;
    const config = Configuration.from({ 'state.backend.lmdb.timer-service.factory': factory });
    // The cases open several backends of one name at a time.
    const create = (): LmdbStateBackend =>
      new LmdbStateBackend({ localDirectories: join(directory, String(made++)), cacheBytes }, config);
    const { cases, ...suite } = stateBackendConformance({ name, create, capabilities: create().capabilities });
    register({ ...suite, cases: cases.filter(({ id }) => id.startsWith('KSB-QUEUE')) });

    describe(name, () => {
      it('do what a sorted array does, through snapshots, aborts, restores and rescales', async () => {
        for (let seed = 1; seed <= testRuns(2); seed++) await runPriorityQueueModel({ createBackend: create, seed });
      }, 600_000);
    });
  }
}
