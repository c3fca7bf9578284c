// The heap backend beside a plain model: random operations, snapshots, aborts, restores and rescales from one seed.

import { testRuns } from '@tidemark/config/test-runs';
import { runKeyedStateModel, StateBackendHarness } from '@tidemark/state-testkit';
import { assert, asyncProperty, integer } from 'fast-check';
import { it } from 'vitest';
import { HashMapStateBackend } from '../src/index.js';

it('behaves as the model says', async () => {
  const run = asyncProperty(integer(), async (seed) => {
    const harness = new StateBackendHarness(new HashMapStateBackend());
    try {
      await runKeyedStateModel(harness, { seed, steps: 20 });
    } finally {
      await harness.close();
    }
  });
  await assert(run, { numRuns: testRuns(60), endOnFailure: true });
});
