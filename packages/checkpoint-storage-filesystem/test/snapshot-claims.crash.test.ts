// Power losses between the claim of a snapshot and its removal: it is whole as long as anybody needs it, and then gone.

import { testRuns } from '@tidemark/config/test-runs';
import type { CheckpointOwner, StreamStateHandle } from '@tidemark/state-core/spi';
import { describe, expect, it } from 'vitest';
import { SimulatedDisk, SimulatedFileSystem, seededChance } from './fixtures/simulated-disk.js';
import { type Opened, openViews, patternBytes, startCheckpoint, takeOver, writeState } from './fixtures/views.js';

function open(disk: SimulatedDisk, fileSystem = new SimulatedFileSystem(disk), jobId = 'job'): Promise<Opened> {
  const settings = { directory: 'sim:///base', fileStateSizeThresholdBytes: 0, fileSystems: { sim: fileSystem } };
  return openViews(settings, jobId);
}

/** A checkpoint of another job, with a file of its own and one that it shares. */
async function diskWithSnapshot(): Promise<{ disk: SimulatedDisk; pointer: string; streams: StreamStateHandle[] }> {
  const disk = new SimulatedDisk();
  const opened = await open(disk, undefined, 'others');
  const { location, streams } = await startCheckpoint(opened, 7, await takeOver(opened.coordinator));
  const written = [
    await writeState(streams, 'exclusive', patternBytes(10)),
    await writeState(streams, 'shared', patternBytes(20, 2)),
  ];
  const { externalPointer } = await location.publish(patternBytes(1));
  return { disk, pointer: externalPointer, streams: written };
}

/** What a start does with the snapshot: begins with it and claims it, unless an earlier start has. */
async function begin({ coordinator }: Opened, pointer: string, streams: StreamStateHandle[]): Promise<CheckpointOwner> {
  const owner = await coordinator.acquireOwnership();
  const { owners } = await coordinator.list();
  const hasBegun = owners.some(({ external }) => external?.claim === true);
  if (!hasBegun || (await coordinator.claims?.list())?.length === 0) {
    const isThere = await coordinator.resolveCheckpoint(pointer).catch(() => undefined);
    if (isThere !== undefined) {
      expect(await coordinator.claims?.reserve(pointer)).toBeUndefined();
      await coordinator.recordRestoredFrom(owner, null, { pointer, claim: true });
      await coordinator.claims?.claim({ pointer, streams, replacedFrom: 8 }, owner);
    }
  }
  return owner;
}

async function removeAll({ coordinator }: Opened, owner: CheckpointOwner): Promise<void> {
  for (const claim of (await coordinator.claims?.list()) ?? []) {
    expect(await coordinator.claims?.remove(claim, [], owner)).toBeUndefined();
  }
}

const namesOf = async (disk: SimulatedDisk, path: string): Promise<string[]> =>
  ((await new SimulatedFileSystem(disk).listDirectory(path)) ?? []).map(({ name }) => name);

describe('a power loss', () => {
  it('before a claimed snapshot is removed leaves it whole, and later ones leave nothing of it behind', async () => {
    for (const how of ['before', 'after'] as const) {
      let hasSurvived = false;
      for (let step = 0; !hasSurvived; step++) {
        const { disk, pointer, streams } = await diskWithSnapshot();
        const fileSystem = new SimulatedFileSystem(disk, { fate: { step, how } });
        let isRemoving = false;
        try {
          const opened = await open(disk, fileSystem);
          const owner = await begin(opened, pointer, streams);
          isRemoving = true;
          await removeAll(opened, owner);
        } catch {}
        hasSurvived = fileSystem.steps <= step;
        for (let seed = 0; seed < testRuns(4); seed++) {
          const after = disk.afterCrash(
            seed === 0 ? () => 0 : seed === 1 ? () => 0.99 : seededChance(step * 31 + seed),
          );
          const names = await namesOf(after, '/base/others/chk-7');
          const where = `${how} step ${step}, seed ${seed}`;
          const isWhole = names.includes('_metadata') && (await namesOf(after, '/base/others/shared')).length === 1;
          if (!isRemoving) expect(isWhole, where).toBe(true);
          if (names.includes('_metadata')) expect(isWhole, where).toBe(true);
          const opened = await open(after);
          await removeAll(opened, await begin(opened, pointer, streams));
          expect(await namesOf(after, '/base/others'), where).not.toContain('chk-7');
          expect(await namesOf(after, '/base/others/shared'), where).toEqual([]);
          expect(await opened.coordinator.claims?.list(), where).toEqual([]);
        }
      }
    }
  });
});
