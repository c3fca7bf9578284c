// What hostile inputs have found, one test for each: see hostile-inputs.property.test.ts.

import { FileSystemCheckpointStorage } from '@tidemark/checkpoint-storage-filesystem';
import { silentLogger, systemClock, systemRandom } from '@tidemark/state-core';
import { describe, expect, it } from 'vitest';

describe('a pointer that can name nothing is not found, and no fault of the storage', () => {
  it.each([
    'file:///tmp/none%00',
    'file:///%00',
    `file:///tmp/${'x'.repeat(5000)}`,
    `/tmp/${'long/'.repeat(2000)}`,
    `/tmp/${'\ufffd'.repeat(400)}/_metadata`,
  ])('%j', async (pointer) => {
    const storage = new FileSystemCheckpointStorage({ directory: '/tmp/tidemark-nothing-here' });
    const parameters = { jobId: 'job', clock: systemClock, random: systemRandom, logger: silentLogger };
    const coordinator = await storage.createCoordinatorView(parameters);
    await expect(coordinator.resolveCheckpoint(pointer)).rejects.toMatchObject({ code: 'checkpoint-not-found' });
  });
});
