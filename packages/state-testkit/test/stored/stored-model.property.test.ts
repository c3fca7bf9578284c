// Backends over a keyed store beside plain data: random operations, snapshots, aborts, restores and rescales.

import { randomInt } from 'node:crypto';
import { testRuns } from '@tidemark/config/test-runs';
import { it } from 'vitest';
import { describeModelRuns, runModels } from '../../src/index.js';
import { MODELLED_VARIANTS } from './stored-variants.js';

const TIMEOUT_MS = 3_600_000;
const SEEDS = 2 ** 30;

it(
  'does what the models say, with every size of the cache',
  async () => {
    const seed = process.env['TIDEMARK_SEED'];
    const runs = seed === undefined ? testRuns(300) : 1;
    const ran = await runModels({
      variants: MODELLED_VARIANTS,
      runs,
      firstSeed: seed === undefined ? randomInt(SEEDS - runs) : Number(seed),
      replay: (failing) =>
        `TIDEMARK_SEED=${failing} pnpm exec vitest run packages/state-testkit/test/stored/stored-model.property.test.ts`,
    });
    process.stdout.write(`${describeModelRuns(ran)}\n`);
  },
  TIMEOUT_MS,
);
