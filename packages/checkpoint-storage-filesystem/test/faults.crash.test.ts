// The fault suite of the testkit, run against this storage on simulated files.

import { faultConformance, RecordedDisk, SimulatedFileSystem } from '@tidemark/state-testkit';
import { describe, expect, it } from 'vitest';
import { FileSystemCheckpointStorage } from '../src/index.js';

describe('faults of the filesystem storage', () => {
  const runs = new Map<string, number>();
  const suite = faultConformance({
    name: 'filesystem',
    create: () => ({
      storage: new FileSystemCheckpointStorage({
        directory: 'sim:///base/checkpoints',
        fileStateSizeThresholdBytes: 0,
        fileSystems: { sim: new SimulatedFileSystem(new RecordedDisk()) },
      }),
    }),
    onRuns: (id, count) => void runs.set(id, count),
  });
  it.each(suite.cases)(
    '$id $title',
    async ({ id, run }) => {
      await run();
      expect(runs.get(id)).toBeGreaterThan(30);
    },
    600_000,
  );
});
