// The crash suite of the testkit, run against this storage; and proof that it notices every sync that is missing and every
// step that comes too early.

import { testRuns } from '@tidemark/config/test-runs';
import {
  ConformanceFailure,
  type ConformanceSuite,
  type CrashFigures,
  crashConformance,
  type StorageFiles,
} from '@tidemark/state-testkit';
import { describe, expect, it } from 'vitest';
import { FileSystemCheckpointStorage } from '../src/index.js';
import { DURABILITY_FAULTS } from './fixtures/faulty-files.js';

const SEED = Number(process.env['TIDEMARK_SEED'] ?? 1);

interface SuiteOptions {
  readonly hasLinks?: boolean;
  readonly combinationsMax?: number;
  readonly onFigures?: (id: string, figures: CrashFigures) => void;
  readonly breakFiles?: (files: StorageFiles) => StorageFiles;
}

function suiteOf({ breakFiles = (files) => files, ...options }: SuiteOptions): ConformanceSuite {
  return crashConformance({
    name: 'filesystem',
    createStorage: (files) =>
      new FileSystemCheckpointStorage({
        directory: 'sim:///base/checkpoints',
        fileStateSizeThresholdBytes: 0,
        writeBufferSizeBytes: 256,
        fileSystems: { sim: breakFiles(files) },
      }),
    savepointTarget: 'sim:///savepoints',
    seed: SEED,
    ...options,
  });
}

describe.each([true, false])('power losses of the filesystem storage, with second names for files: %s', (hasLinks) => {
  const figures = new Map<string, CrashFigures>();
  const combinationsMax = testRuns(12);
  const suite = suiteOf({ hasLinks, combinationsMax, onFigures: (id, found) => void figures.set(id, found) });
  it.each(suite.cases)(
    '$id $title',
    async ({ id, run }) => {
      await run();
      expect(figures.get(id)?.crashes).toBeGreaterThan(20);
    },
    600_000,
  );
});

describe('the crash suite finds a storage in which', () => {
  it.each(DURABILITY_FAULTS)(
    '$title',
    async ({ killers, break: breakFiles }) => {
      const { cases } = suiteOf({ breakFiles, combinationsMax: 6 });
      const found: string[] = [];
      for (const { id, run } of cases.filter((one) => killers.includes(one.id))) {
        const outcome: unknown = await run().catch((error: unknown) => error);
        if (outcome === undefined) continue;
        expect(outcome).toBeInstanceOf(ConformanceFailure);
        expect((outcome as Error).message).toMatch(/^power lost (before|after)/);
        found.push(id);
      }
      expect(found).toEqual(killers);
    },
    600_000,
  );
});
