// The ways in which the heap backend can be set up, for the models.

import { randomInt } from 'node:crypto';
import { describeModelRuns, type ModelledBackend, runModels } from '@tidemark/state-testkit';
import { HashMapStateBackend } from '../src/index.js';

/** Every variant of the backend. */
export const VARIANTS: readonly ModelledBackend[] = [
  { name: 'async', create: () => new HashMapStateBackend() },
  { name: 'sync', create: () => new HashMapStateBackend({ snapshotMode: 'sync' }) },
  {
    name: 'object-reuse',
    create: () => new HashMapStateBackend(),
    config: { 'state.object-reuse': true },
    isReusing: true,
  },
];

const SEEDS = 2 ** 30;

/**
 * Runs the models, or with TIDEMARK_SEED the one run of that seed, and prints what was run.
 *
 * @param runs - How many runs.
 * @param part - Files that run beside one another take seeds from parts that have none in common, counted from 0.
 */
export async function runHeapModels(runs: number, part = 0): Promise<void> {
  const seed = process.env['TIDEMARK_SEED'];
  const ran = await runModels({
    variants: VARIANTS,
    runs: seed === undefined ? runs : 1,
    firstSeed: seed === undefined ? part * SEEDS + randomInt(SEEDS - runs) : Number(seed),
    replay: (failing) =>
      `TIDEMARK_SEED=${failing} pnpm exec vitest run packages/state-backend-hashmap/test/heap-model.property.test.ts`,
  });
  process.stdout.write(`${describeModelRuns(ran)}\n`);
}
