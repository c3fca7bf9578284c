// One queue whose subtasks run on all backends at once, and on others after every restore: what one writes the next reads.

import { join } from 'node:path';
import { testRuns } from '@tidemark/config/test-runs';
import { HashMapStateBackend } from '@tidemark/state-backend-hashmap';
import { LmdbStateBackend } from '@tidemark/state-backend-lmdb';
import { Configuration } from '@tidemark/state-core';
import type { StateBackend } from '@tidemark/state-core/spi';
import { runPriorityQueueModel } from '@tidemark/state-testkit';
import { it } from 'vitest';
import { temporaryDirectory } from '../temporary-directory.js';

it('queues of hashmap and lmdb go on from the snapshots and increments of one another', async () => {
  const directory = temporaryDirectory();
  let made = 0;
  const lmdb = (factory: string, cacheBytes: number): StateBackend =>
    new LmdbStateBackend(
      { localDirectories: join(directory, String(made++)), cacheBytes },
      Configuration.from({ 'state.backend.lmdb.timer-service.factory': factory }),
    );
  const createBackend = (): StateBackend => {
    const backends = [new HashMapStateBackend(), lmdb('LMDB', 64 * 1024), lmdb('HEAP', 64 * 1024), lmdb('LMDB', 0)];
    let next = 0;
    return {
      name: 'all',
      capabilities: (backends[1] as StateBackend).capabilities,
      createKeyedStateBackend: (parameters) =>
        (backends[next++ % backends.length] as StateBackend).createKeyedStateBackend(parameters),
      createOperatorStateBackend: (parameters) => (backends[0] as StateBackend).createOperatorStateBackend(parameters),
    };
  };
  for (let seed = 1; seed <= testRuns(8); seed++) await runPriorityQueueModel({ createBackend, seed });
}, 600_000);
