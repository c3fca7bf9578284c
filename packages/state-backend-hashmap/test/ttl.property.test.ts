// Time to live of the heap backend beside plain data: random operations, clock jumps, snapshots, restores under other settings.

import { testRuns } from '@tidemark/config/test-runs';
import { runTtlModel, StateBackendHarness } from '@tidemark/state-testkit';
import { assert, asyncProperty, integer } from 'fast-check';
import { it } from 'vitest';
import { HashMapStateBackend } from '../src/index.js';

it('expires what the model says, and nothing else', async () => {
  const run = asyncProperty(integer(), async (seed) => {
    const harness = new StateBackendHarness(new HashMapStateBackend());
    try {
      await runTtlModel(harness, { seed, steps: 40 });
    } finally {
      await harness.close();
    }
  });
  await assert(run, { numRuns: testRuns(150), endOnFailure: true });
});
