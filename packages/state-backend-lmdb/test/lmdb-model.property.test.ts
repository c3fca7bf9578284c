// The lmdb backend beside plain data: random operations, snapshots, aborts, restores and rescales.

import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testRuns } from '@tidemark/config/test-runs';
import { describeModelRuns, type ModelledBackend, runModels } from '@tidemark/state-testkit';
import { afterAll, it } from 'vitest';
import { LmdbStateBackend } from '../src/index.js';

const TIMEOUT_MS = 3_600_000;
const SEEDS = 2 ** 30;

const directory: string = mkdtempSync(join(tmpdir(), 'tidemark-lmdb-model-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

let made = 0;
// A run has several backends of one name open at a time.
const lmdb = (cacheBytes?: number): LmdbStateBackend =>
  new LmdbStateBackend({ localDirectories: join(directory, String(made++)), cacheBytes });

const VARIANTS: readonly ModelledBackend[] = [
  { name: 'the default cache', create: () => lmdb() },
  { name: 'a cache of 64 KiB', create: () => lmdb(64 * 1024) },
  { name: 'no cache', create: () => lmdb(0) },
];

it(
  'does what the models say, with much, little and no cache',
  async () => {
    const seed = process.env['TIDEMARK_SEED'];
    const runs = seed === undefined ? testRuns(60) : 1;
    const ran = await runModels({
      variants: VARIANTS,
      runs,
      firstSeed: seed === undefined ? randomInt(SEEDS - runs) : Number(seed),
      replay: (failing) =>
        `TIDEMARK_SEED=${failing} pnpm exec vitest run packages/state-backend-lmdb/test/lmdb-model.property.test.ts`,
    });
    process.stdout.write(`${describeModelRuns(ran)}\n`);
  },
  TIMEOUT_MS,
);
