// Death and failure at every step between two checkpoints: what is found afterwards is the old checkpoint or both, each
// whole, whatever the disk kept of what was not made durable.

import { testRuns } from '@tidemark/config/test-runs';
import type { FileStateHandle } from '@tidemark/state-core/spi';
import { describe, expect, it } from 'vitest';
import { type Fate, ProcessDied, SimulatedDisk, SimulatedFileSystem, seededChance } from './fixtures/simulated-disk.js';
import {
  expectSameBytes,
  type Opened,
  openViews,
  patternBytes,
  readState,
  startCheckpoint,
  takeOver,
  writeState,
} from './fixtures/views.js';

/** What a run hopes for; the metadata of a checkpoint lists its files with length and seed. */
interface Progress {
  epochs: number;
  decided: boolean;
  published: number[];
  disposed: number[];
}

const CHECKPOINT_SIZES = { exclusive: 700, shared: 300 };

async function open(fileSystem: SimulatedFileSystem): Promise<Opened> {
  return openViews({
    directory: 'sim:///base/checkpoints',
    fileStateSizeThresholdBytes: 0,
    writeBufferSizeBytes: 128,
    fileSystems: { sim: fileSystem },
  });
}

/** Takes over, takes checkpoints 1 and 2, then removes 1: the life of an owner in short. */
async function live(opened: Opened, progress: Progress): Promise<void> {
  const { coordinator } = opened;
  const owner = await coordinator.acquireOwnership();
  progress.epochs = owner.epoch;
  await coordinator.recordRestoredFrom(owner, null);
  progress.decided = true;
  const sharedByBoth: FileStateHandle[] = [];
  for (const id of [1, 2]) {
    const { location, streams } = await startCheckpoint(opened, id, owner);
    try {
      const exclusive = (await writeState(
        streams,
        'exclusive',
        patternBytes(CHECKPOINT_SIZES.exclusive, id),
      )) as FileStateHandle;
      const shared = (await writeState(
        streams,
        'shared',
        patternBytes(CHECKPOINT_SIZES.shared, id + 10),
      )) as FileStateHandle;
      sharedByBoth.push(shared);
      const lines = [
        `${location.referenceOf(exclusive.location)} ${CHECKPOINT_SIZES.exclusive} ${id}`,
        ...sharedByBoth.map(
          (handle, index) => `${location.referenceOf(handle.location)} ${CHECKPOINT_SIZES.shared} ${index + 11}`,
        ),
        'end',
      ];
      await location.publish(new TextEncoder().encode(lines.join('\n')));
      progress.published.push(id);
    } catch (error) {
      await location.disposeOnFailure();
      progress.disposed.push(id);
      throw error;
    }
  }
  await coordinator.disposeCheckpoint(1);
  progress.disposed.push(1);
}

async function stepsOf(run: (opened: Opened, progress: Progress) => Promise<void>, hasLinks: boolean): Promise<number> {
  const fileSystem = new SimulatedFileSystem(new SimulatedDisk(), { hasLinks });
  await run(await open(fileSystem), newProgress());
  return fileSystem.steps;
}

function newProgress(): Progress {
  return { epochs: 0, decided: false, published: [], disposed: [] };
}

/** Every checkpoint that is listed as published has all its bytes; returns their ids. */
async function wholeCheckpoints({ coordinator, worker }: Opened): Promise<number[]> {
  const found = (await coordinator.list()).checkpoints.filter(({ published }) => published);
  for (const { externalPointer } of found) {
    const resolved = await coordinator.resolveCheckpoint(externalPointer);
    const lines = new TextDecoder().decode(await resolved.readMetadata()).split('\n');
    expect(lines.pop()).toBe('end');
    for (const line of lines) {
      const [reference, size, seed] = line.split(' ');
      const handle: FileStateHandle = {
        kind: 'file',
        location: resolved.locationOf(reference as string),
        sizeBytes: Number(size),
      };
      expectSameBytes(await readState(worker, handle), patternBytes(Number(size), Number(seed)));
    }
  }
  return found.map(({ checkpointId }) => checkpointId);
}

/** What must hold on a disk that a run with this progress left behind. */
async function expectSound(disk: SimulatedDisk, progress: Progress): Promise<void> {
  const opened = await open(new SimulatedFileSystem(disk));
  const whole = await wholeCheckpoints(opened);
  const mustBeThere = progress.published.filter((id) => id === 2 || !progress.published.includes(2));
  expect(whole).toEqual(expect.arrayContaining(mustBeThere));
  const { owners, checkpoints } = await opened.coordinator.list();
  if (progress.decided)
    expect(owners).toContainEqual(expect.objectContaining({ epoch: progress.epochs, restoredFrom: null }));

  // Life goes on: a higher epoch, a fresh id, a checkpoint that is found.
  const owner = await takeOver(opened.coordinator);
  expect(owner.epoch).toBeGreaterThan(progress.epochs);
  const next = Math.max(0, ...checkpoints.map(({ checkpointId }) => checkpointId)) + 1;
  const { location } = await startCheckpoint(opened, next, owner);
  await location.publish(new TextEncoder().encode('end'));
  expect(await wholeCheckpoints(opened)).toContain(next);
}

describe.each([true, false])('with second names for files: %s', (hasLinks) => {
  it.each(['before', 'during', 'after'] as const)(
    'a process that dies %s any step leaves whole checkpoints only',
    async (how) => {
      const steps = await stepsOf(live, hasLinks);
      expect(steps).toBeGreaterThan(40);
      for (let step = 0; step < steps; step++) {
        const fate: Fate = { step, how };
        const disk = new SimulatedDisk();
        const progress = newProgress();
        const run = live(await open(new SimulatedFileSystem(disk, { fate, hasLinks })), progress);
        await expect(run).rejects.toThrow(ProcessDied);
        const chances = [
          () => 0,
          () => 0.99,
          ...Array.from({ length: testRuns(6) }, (_, seed) => seededChance(seed * 1000 + step)),
        ];
        for (const [index, chance] of chances.entries()) {
          const context = `step ${step}, chance ${index}`;
          await expect(expectSound(disk.afterCrash(chance), progress).then(() => context)).resolves.toBe(context);
        }
        // The other processes of the machine see everything, durable or not.
        await expectSound(disk, progress);
      }
    },
  );

  it('a step that fails leaves whole checkpoints, nothing of the failed one, and no open file', async () => {
    const steps = await stepsOf(live, hasLinks);
    for (let step = 0; step < steps; step++) {
      const disk = new SimulatedDisk();
      const progress = newProgress();
      const fileSystem = new SimulatedFileSystem(disk, { fate: { step, how: 'fails' }, hasLinks });
      const outcome = await live(await open(fileSystem), progress).then(
        () => 'done',
        (error) => error.code,
      );
      expect(['done', 'storage-io-failed']).toContain(outcome);
      expect(fileSystem.openFiles).toBe(0);
      const { coordinator } = await open(new SimulatedFileSystem(disk));
      const left = (await coordinator.list()).checkpoints.filter(({ checkpointId }) =>
        progress.disposed.includes(checkpointId),
      );
      expect(left, `after a failure of step ${step}`).toEqual([]);
      await expectSound(disk, progress);
    }
  });
});
