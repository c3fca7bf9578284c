// Bytes and texts that no program of ours wrote, in every place where such may come from: each ends in a value or in the
// StateError that says so, at a bounded cost, and leaves nothing behind in the process.
//
// A failure is kept in a file and printed in hexadecimal digits with the command that does it again.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testRuns } from '@tidemark/config/test-runs';
import { describeFuzz, FuzzFailure, prototypeGuard, runFuzz } from '@tidemark/state-testkit';
import { describe, expect, it } from 'vitest';
import { CostGuard } from './hostile-guards.js';
import { hostileTargets } from './hostile-targets.js';

/** In the ordinary suite; `pnpm test:fuzz` does 1,000,000. */
const RUNS = 20_000;
const FIRST_SEED = Number(process.env['TIDEMARK_SEED'] ?? Math.floor(Math.random() * 2 ** 30));

describe('hostile inputs', () => {
  it(`end in values or in StateErrors (TIDEMARK_SEED=${FIRST_SEED})`, { timeout: 3_600_000 }, async () => {
    const targets = await hostileTargets();
    const runs = testRuns(RUNS);
    const directory = mkdtempSync(join(tmpdir(), 'tidemark-hostile-'));
    // An input that never ends is at most a few hundred seeds behind the one in this file.
    const underWay = join(directory, 'seed');
    const costs = new CostGuard();
    costs.install();
    try {
      const outcomes = await runFuzz({
        targets,
        runs,
        firstSeed: FIRST_SEED,
        guards: [prototypeGuard, costs],
        progress: (seed) => writeFileSync(underWay, `${seed}\n`),
      });
      if (runs > RUNS) process.stderr.write(`${describeFuzz(outcomes)}\n`);
      // Whatever the seed is, attacks on every target get behind the first refusal. A replay of one input is no such run.
      if (runs >= RUNS) for (const [name, counts] of outcomes) expect(counts.size, name).toBeGreaterThan(1);
      rmSync(directory, { recursive: true });
    } catch (error) {
      if (!(error instanceof FuzzFailure)) throw error;
      const file = join(directory, `${error.seed}.bin`);
      writeFileSync(file, error.input);
      const again = `TIDEMARK_SEED=${error.seed} TIDEMARK_RUNS=${1 / RUNS} npx vitest run hostile-inputs`;
      throw new Error(`${error.message}\nthe input is kept in ${file}; to do it again: ${again}`, {
        cause: error.cause,
      });
    } finally {
      costs.uninstall();
    }
  });
});
