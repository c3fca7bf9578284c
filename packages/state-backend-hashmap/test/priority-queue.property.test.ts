// Queues of the heap backend beside a sorted array.

import { testRuns } from '@tidemark/config/test-runs';
import { runPriorityQueueModel } from '@tidemark/state-testkit';
import { it } from 'vitest';
import { HashMapStateBackend } from '../src/index.js';

it('does what a sorted array does, through snapshots, aborts, restores and rescales', async () => {
  for (let seed = 1; seed <= testRuns(40); seed++) {
    await runPriorityQueueModel({ createBackend: () => new HashMapStateBackend(), seed });
  }
}, 600_000);
