// Names on the way to a checkpoint, and of what is decided for, that somebody else made and died over.

import { testRuns } from '@tidemark/config/test-runs';
import { StateError } from '@tidemark/state-core';
import { describe, expect, it } from 'vitest';
import { CountingFileSystem } from './fixtures/counting-file-system.js';
import { SimulatedDisk, SimulatedFileSystem, seededChance } from './fixtures/simulated-disk.js';
import { temporaryDirectory } from './fixtures/temporary-directory.js';
import { type Opened, openViews, startCheckpoint, takeOver } from './fixtures/views.js';

const METADATA = new TextEncoder().encode('metadata');

function open(disk: SimulatedDisk): Promise<Opened> {
  return openViews({ directory: 'sim:///base/checkpoints', fileSystems: { sim: new SimulatedFileSystem(disk) } });
}

/** The worst that a disk may do, and some of the rest. */
const chances = (): (() => number)[] => [
  () => 0,
  () => 0.99,
  ...Array.from({ length: testRuns(10) }, (_, seed) => seededChance(seed)),
];

describe('a power loss', () => {
  it('takes no confirmed checkpoint away whose directories a dead process had made', async () => {
    for (const made of [
      ['/base'],
      ['/base', '/base/checkpoints'],
      ['/base', '/base/checkpoints', '/base/checkpoints/job'],
    ]) {
      const disk = new SimulatedDisk();
      for (const path of made) await new SimulatedFileSystem(disk).createDirectory(path);
      const opened = await open(disk);
      const { location } = await startCheckpoint(opened, 1, await takeOver(opened.coordinator));
      await location.publish(METADATA);
      for (const chance of chances()) {
        const { coordinator } = await open(disk.afterCrash(chance));
        expect((await coordinator.list()).checkpoints).toMatchObject([{ checkpointId: 1, published: true }]);
      }
    }
  });

  it('takes no confirmed savepoint away whose directory a dead process had made', async () => {
    const disk = new SimulatedDisk();
    for (const path of ['/sp', '/sp/here']) await new SimulatedFileSystem(disk).createDirectory(path);
    const { coordinator } = await open(disk);
    const location = await coordinator.initializeLocationForSavepoint(1, 'sim:///sp/here');
    const { externalPointer } = await location.publish(METADATA);
    for (const chance of chances()) {
      const after = await open(disk.afterCrash(chance));
      const resolved = await after.coordinator.resolveCheckpoint(externalPointer);
      expect(await resolved.readMetadata()).toEqual(METADATA);
    }
  });

  it('leaves no decision for a checkpoint that it took away', async () => {
    const disk = new SimulatedDisk();
    const former = await open(disk);
    const owner = await takeOver(former.coordinator);
    await startCheckpoint(former, 1, owner);
    // Linked, and the end came before the sync of the directory.
    const fileSystem = new SimulatedFileSystem(disk);
    const writer = await fileSystem.openNew('/base/checkpoints/job/chk-1/_metadata');
    await writer?.write(METADATA);
    await writer?.sync();
    await writer?.close();
    const newer = await open(disk);
    const successor = await newer.coordinator.acquireOwnership();
    await newer.coordinator.recordRestoredFrom(successor, { epoch: owner.epoch, checkpointId: 1 });
    for (const chance of chances()) {
      const { coordinator } = await open(disk.afterCrash(chance));
      expect((await coordinator.list()).checkpoints).toMatchObject([{ checkpointId: 1, published: true }]);
    }
  });
});

describe('directories above the configured one', () => {
  const refusing = (code: 'storage-permission-denied' | 'storage-io-failed', isRefused: (path: string) => boolean) =>
    new CountingFileSystem(({ operation, path }) => {
      if (operation === 'syncDirectory' && isRefused(path)) throw new StateError(code, `not ${path}`);
    });

  it('may belong to others, the configured one may not, and a fault is one anywhere', async () => {
    const base = await temporaryDirectory();
    const outcomeOf = async (fileSystem: CountingFileSystem): Promise<string> => {
      const { coordinator } = await openViews({ directory: `file://${base}`, fileSystems: { file: fileSystem } });
      return coordinator.acquireOwnership().then(
        () => 'done',
        (error) => error.code,
      );
    };
    const isAbove = (path: string): boolean => base.startsWith(`${path}/`) || path === '/';
    expect(await outcomeOf(refusing('storage-permission-denied', isAbove))).toBe('done');
    expect(await outcomeOf(refusing('storage-io-failed', isAbove))).toBe('storage-io-failed');
    expect(await outcomeOf(refusing('storage-permission-denied', (path) => path === base))).toBe(
      'storage-permission-denied',
    );
  });

  it('are made durable once for a view, not for each checkpoint', async () => {
    const fileSystem = new CountingFileSystem();
    const base = await temporaryDirectory();
    const opened = await openViews({ directory: `file://${base}`, fileSystems: { file: fileSystem } });
    const owner = await takeOver(opened.coordinator);
    for (const id of [1, 2, 3]) {
      await opened.coordinator.initializeBaseLocationsForCheckpoint();
      const { location } = await startCheckpoint(opened, id, owner);
      await location.publish(METADATA);
    }
    expect(fileSystem.calls.filter((call) => call === 'syncDirectory /')).toHaveLength(1);
  });
});
