// The heap backend beside plain data: random operations, snapshots, aborts, restores and rescales, over all configurations.

import { testRuns, testSuite } from '@tidemark/config/test-runs';
import { it } from 'vitest';
import { runHeapModels } from './model-variants.js';

const TIMEOUT_MS = 3_600_000;

it(
  'does what the models say, in every configuration',
  // The suite of generated input repeats everything fifty times; the models have their long suite.
  () => runHeapModels(testRuns(testSuite() === 'fuzz' ? 400 : 2000)),
  TIMEOUT_MS,
);
