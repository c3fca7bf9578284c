// What hostile inputs have found, one test for each: see hostile-inputs.fuzz.test.ts.

import { FileSystemCheckpointStorage } from '@tidemark/checkpoint-storage-filesystem';
import { parseConfiguration } from '@tidemark/state';
import { silentLogger, systemClock, systemRandom } from '@tidemark/state-core';
import { writeCheckpointMetadata } from '@tidemark/state-core/support';
import { describe, expect, it } from 'vitest';
import { fullMetadata } from '../checkpoint/checkpoint-metadata-fixture.js';

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

describe('metadata that names an id which nothing can follow', () => {
  it('is damaged, and not what the next checkpoint counts from', () => {
    const scope = { referenceOf: (location: string) => location, locationOf: (reference: string) => reference };
    const metadata = { ...fullMetadata(), checkpointId: Number.MAX_SAFE_INTEGER, lineage: { epoch: 1 } };
    expect(() => writeCheckpointMetadata(metadata, scope)).toThrow(/checkpointId is 9007199254740991/);
  });
});

describe('a configuration file that is nested without end', () => {
  it.each(['? ', '[', '{a: ', '- '])('of %j is refused in words', (token) => {
    const text = `state:\n  ${token.repeat(20_000)}`;
    expect(() => parseConfiguration(text, 'tidemark.yaml')).toThrow(
      expect.objectContaining({ code: 'config-file-invalid' }),
    );
  });
});
