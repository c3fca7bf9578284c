// Runs before every test file. A property test prints its seed when it fails; TIDEMARK_SEED replays it, TIDEMARK_RUNS
// repeats it more often. Only those tests pay for loading fast-check.
import { expect } from 'vitest';
import { testRuns } from './test-runs.ts';

if (/\.(property|fuzz)\.test\.ts$/.test(expect.getState().testPath ?? '')) {
  const { configureGlobal } = await import('fast-check');
  const seed = process.env['TIDEMARK_SEED'];
  configureGlobal({ numRuns: testRuns(100), ...(seed === undefined ? {} : { seed: Number(seed) }) });
}
