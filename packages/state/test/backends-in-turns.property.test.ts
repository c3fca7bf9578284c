// Snapshots of either backend restored on the other: every keyed backend of a run, also those that run beside one another, is of
// the other package than the one made before it, through increments, savepoints and rescales. Digests are compared on the way.

import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testRuns } from '@tidemark/config/test-runs';
import { HashMapStateBackend } from '@tidemark/state-backend-hashmap';
import { LmdbStateBackend } from '@tidemark/state-backend-lmdb';
import type { StateBackend } from '@tidemark/state-core/spi';
import { describeModelRuns, runModels } from '@tidemark/state-testkit';
import { afterAll, it } from 'vitest';

const TIMEOUT_MS = 3_600_000;
const SEEDS = 2 ** 30;

const directory: string = mkdtempSync(join(tmpdir(), 'tidemark-backends-in-turns-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

let made = 0;

function inTurns(): StateBackend {
  const localDirectories = join(directory, String(made++));
  const backends: readonly StateBackend[] = [
    new HashMapStateBackend(),
    new LmdbStateBackend({ localDirectories, cacheBytes: 32 * 1024 }),
  ];
  let turn = 0;
  const next = (): StateBackend => backends[turn++ % backends.length] as StateBackend;
  const [heap, lmdb] = backends as [StateBackend, StateBackend];
  return {
    name: 'in turns',
    capabilities: {
      ...lmdb.capabilities,
      orderedIteration: false,
      maxConcurrentSnapshots: Math.min(
        heap.capabilities.maxConcurrentSnapshots,
        lmdb.capabilities.maxConcurrentSnapshots,
      ),
    },
    createKeyedStateBackend: (parameters) => next().createKeyedStateBackend(parameters),
    createOperatorStateBackend: (parameters) => heap.createOperatorStateBackend(parameters),
  };
}

it(
  'restores on hashmap what lmdb wrote, and on lmdb what hashmap wrote',
  async () => {
    const seed = process.env['TIDEMARK_SEED'];
    const runs = seed === undefined ? testRuns(60) : 1;
    const ran = await runModels({
      variants: [{ name: 'hashmap and lmdb in turns', create: inTurns }],
      runs,
      firstSeed: seed === undefined ? randomInt(SEEDS - runs) : Number(seed),
      replay: (failing) =>
        `TIDEMARK_SEED=${failing} pnpm exec vitest run packages/state/test/backends-in-turns.property.test.ts`,
    });
    process.stdout.write(`${describeModelRuns(ran)}\n`);
  },
  TIMEOUT_MS,
);
