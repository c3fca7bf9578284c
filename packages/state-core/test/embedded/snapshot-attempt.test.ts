import { describe, expect, it } from 'vitest';
import { systemScheduler } from '../../src/ambient/scheduler.js';
import { publishSnapshot } from '../../src/embedded/snapshot-attempt.js';
import { snapshotMetadata } from '../../src/embedded/snapshot-metadata.js';
import type { KeyedStateHandle } from '../../src/handle/keyed-state-handle.js';

const handle: KeyedStateHandle = {
  kind: 'incremental',
  handleId: 'handle',
  keyGroupRange: { first: 0, last: 0 },
  maxParallelism: 1,
  segments: [],
  chainStarts: [],
  checkpointId: 7,
  checkpointedSizeBytes: 0,
};

/** A publication that fails after the metadata may be there; what is removed afterwards, in order. */
async function removalsOf(disposal: 'succeeds' | 'fails') {
  const steps: string[] = [];
  const warnings: string[] = [];
  const failure = new Error('the directory could not be synced');
  const attempt = publishSnapshot({
    checkpointId: 7,
    view: {
      write: async () => ({ jobManagerOwned: handle }),
      release: () => void steps.push('release'),
    },
    location: Promise.resolve({
      checkpointId: 7,
      reference: '',
      externalPointer: 'chk-7',
      referenceOf: (location: string) => location,
      locationOf: (reference: string) => reference,
      publish: () => Promise.reject(failure),
      async disposeOnFailure() {
        steps.push('dispose');
        // Whoever does not wait goes on meanwhile.
        for (let turn = 0; turn < 10; turn++) await Promise.resolve();
        if (disposal === 'fails') throw new Error('the directory is read-only');
        steps.push('disposed');
      },
    }),
    carry: async () => [],
    metadataOf: () =>
      snapshotMetadata(
        { jobId: 'job', name: 'job', uid: 'state', maxParallelism: 1 },
        {
          checkpointId: 7,
          kind: 'checkpoint',
          timestampMs: 0,
          handle: undefined,
          carried: [],
          attachment: undefined,
          owner: { epoch: 1 },
          parent: undefined,
        },
      ),
    discardHandle: async () => void steps.push('discard'),
    discardLate: async () => void steps.push('discard late'),
    signal: new AbortController().signal,
    scheduler: systemScheduler,
    logger: { warn: (code) => void warnings.push(code), info() {} },
  });
  await expect(attempt).rejects.toBe(failure);
  return { steps, warnings };
}

describe('a snapshot whose publication failed', () => {
  it('SA3: removes shared streams only when the metadata that may name them is gone', async () => {
    const { steps, warnings } = await removalsOf('succeeds');
    expect(steps).toEqual(['release', 'dispose', 'disposed', 'discard', 'release']);
    expect(warnings).toEqual([]);
  });

  it('SA3: leaves shared streams alone where the location could not be removed, and says so', async () => {
    const { steps, warnings } = await removalsOf('fails');
    expect(steps).toEqual(['release', 'dispose', 'release']);
    expect(warnings).toEqual(['checkpoint-not-removed']);
  });
});
