// The first half of the long runs of the models; the halves are files so that each has a worker of its own.

import { testRuns } from '@tidemark/config/test-runs';
import { it } from 'vitest';
import { runHeapModels } from './model-variants.js';

it('does what the models say, in every configuration, the first half', () => runHeapModels(testRuns(100_000), 0));
