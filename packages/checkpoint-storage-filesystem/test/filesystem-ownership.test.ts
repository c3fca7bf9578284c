// Takeovers: who may publish, who notices, and what becomes of what a former owner wrote.

import { access, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CountingFileSystem, type Intercept } from './fixtures/counting-file-system.js';
import { temporaryDirectory } from './fixtures/temporary-directory.js';
import { openViews, patternBytes, startCheckpoint, takeOver, writeState } from './fixtures/views.js';

const FENCED = { code: 'fenced', kind: 'restore' } as const;

describe('takeover', () => {
  it('gives each owner a higher epoch, also when many take over at once', async () => {
    const directory = await temporaryDirectory();
    const takeovers = Array.from({ length: 20 }, async () => {
      const { coordinator } = await openViews({ directory });
      return (await coordinator.acquireOwnership()).epoch;
    });
    const epochs = await Promise.all(takeovers);
    expect(epochs.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  });

  it('remembers what each owner continues from, or that it has not decided', async () => {
    const { coordinator } = await openViews({ directory: await temporaryDirectory() });
    const first = await coordinator.acquireOwnership();
    await coordinator.recordRestoredFrom(first, null);
    await coordinator.recordRestoredFrom(first, null);
    await coordinator.acquireOwnership();
    const third = await coordinator.acquireOwnership();
    await coordinator.recordRestoredFrom(third, { epoch: 1, checkpointId: 17 });
    expect((await coordinator.list()).owners).toEqual([
      { epoch: 1, restoredFrom: null },
      { epoch: 2 },
      { epoch: 3, restoredFrom: { epoch: 1, checkpointId: 17 } },
    ]);
    await expect(coordinator.recordRestoredFrom(third, null)).rejects.toThrow(TypeError);
    await expect(coordinator.recordRestoredFrom(first, null)).rejects.toMatchObject(FENCED);
  });

  it('remembers a snapshot from elsewhere whatever became of its record, and never takes it for a clean start', async () => {
    const directory = await temporaryDirectory();
    const { coordinator } = await openViews({ directory });
    const records = ['', '{', '{"pointer":', '{"pointer":7}', '{"pointer":" "}', 'null', '\u0000'.repeat(4096)];
    for (const [index, record] of records.entries()) {
      const owner = await coordinator.acquireOwnership();
      await coordinator.recordRestoredFrom(owner, null, { pointer: `/savepoints/${index}` });
      const file = join(directory, 'job', `owner-${owner.epoch}-from-external`);
      expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ pointer: `/savepoints/${index}` });
      await writeFile(file, record);
    }
    await mkdir(join(directory, 'job', 'owner-8-from-external'));
    const { owners } = await coordinator.list();
    expect(owners.map(({ restoredFrom, external }) => [restoredFrom, external])).toEqual(
      Array.from({ length: records.length + 1 }, () => [null, {}]),
    );
    expect((await coordinator.acquireOwnership()).epoch).toBe(9);
  });

  it('remembers that an owner has published when its checkpoints are gone, and never that of one that has not', async () => {
    const directory = await temporaryDirectory();
    const opened = await openViews({ directory });
    const { coordinator } = opened;
    const first = await takeOver(coordinator);
    const given = await startCheckpoint(opened, 1, first);
    await given.location.disposeOnFailure();
    expect((await coordinator.list()).owners).toEqual([{ epoch: 1, restoredFrom: null }]);
    for (const checkpointId of [2, 3]) {
      const { location } = await startCheckpoint(opened, checkpointId, first);
      await location.publish(patternBytes(1));
      await coordinator.disposeCheckpoint(checkpointId);
    }
    await coordinator.acquireOwnership();
    const elsewhere = (await openViews({ directory })).coordinator;
    expect(await elsewhere.list()).toEqual({
      checkpoints: [],
      owners: [{ epoch: 1, restoredFrom: null, published: true }, { epoch: 2 }],
    });
    await rm(join(directory, 'job', 'owner-1'));
    await rm(join(directory, 'job', 'owner-1-from-none'));
    await rm(join(directory, 'job', 'owner-2'));
    expect((await elsewhere.list()).owners).toEqual([{ epoch: 1, published: true }]);
    expect(await elsewhere.acquireOwnership()).toEqual({ epoch: 2 });
  });

  it('completes a checkpoint also when it cannot record that, and records it with the next', async () => {
    const directory = await temporaryDirectory();
    let refusals = 0;
    const intercept: Intercept = ({ path }) => {
      if (path.endsWith('-published') && refusals++ === 0) throw new Error('no space for a name');
    };
    const opened = await openViews({ directory, fileSystems: { file: new CountingFileSystem(intercept) } });
    const owner = await takeOver(opened.coordinator);
    for (const published of [undefined, true]) {
      const { location } = await startCheckpoint(opened, published === undefined ? 1 : 2, owner);
      await location.publish(patternBytes(1));
      expect((await opened.coordinator.list()).owners[0]?.published).toBe(published);
    }
    expect((await opened.coordinator.list()).checkpoints).toHaveLength(2);
  });

  it('stops a former owner before it makes a location, before it publishes, and before it removes', async () => {
    const directory = await temporaryDirectory();
    const former = await openViews({ directory, fileStateSizeThresholdBytes: 0 });
    const owner = await takeOver(former.coordinator);
    const kept = await startCheckpoint(former, 1, owner);
    const shared = await writeState(kept.streams, 'shared', patternBytes(10));
    await kept.location.publish(patternBytes(1));
    const { location } = await startCheckpoint(former, 2, owner);

    const newer = await openViews({ directory });
    await newer.coordinator.acquireOwnership();
    await expect(location.publish(patternBytes(1))).rejects.toMatchObject(FENCED);
    await expect(former.coordinator.initializeLocationForCheckpoint(3, owner)).rejects.toMatchObject(FENCED);
    await expect(former.coordinator.disposeCheckpoint(1)).rejects.toMatchObject(FENCED);
    await expect(former.coordinator.discard(shared)).rejects.toMatchObject(FENCED);
    await location.disposeOnFailure();
    expect((await newer.coordinator.list()).checkpoints).toMatchObject([{ checkpointId: 1, published: true }]);
    expect(await readdir(join(directory, 'job', 'shared'))).toHaveLength(1);
  });

  it('lets two jobs in one directory go on side by side', async () => {
    const directory = await temporaryDirectory();
    for (const jobId of ['a', 'b', 'A']) {
      const opened = await openViews({ directory }, jobId);
      const { location } = await startCheckpoint(opened, 1, await takeOver(opened.coordinator));
      await location.publish(patternBytes(1));
    }
    expect((await readdir(directory)).sort()).toEqual(['=41', 'a', 'b']);
  });
});

describe('an owner that is overtaken while it publishes', () => {
  /** Publishes checkpoint 1 of epoch 1; `meanwhile` runs right after the metadata has its name. */
  async function overtakenPublication(meanwhile: (directory: string) => Promise<void>) {
    const directory = await temporaryDirectory();
    let isLinked = false;
    const intercept: Intercept = ({ operation }) => {
      if (operation === 'link') isLinked = true;
    };
    const fileSystem = new CountingFileSystem(intercept);
    const removeFile = fileSystem.removeFile.bind(fileSystem);
    fileSystem.removeFile = async (path) => {
      if (isLinked && path.endsWith('.tmp')) await meanwhile(directory);
      return removeFile(path);
    };
    const former = await openViews({ directory, fileSystems: { file: fileSystem } });
    const owner = await takeOver(former.coordinator);
    const { location } = await startCheckpoint(former, 1, owner);
    await expect(location.publish(patternBytes(1))).rejects.toMatchObject(FENCED);
    const metadata = join(directory, 'job', 'chk-1', '_metadata');
    return {
      location,
      isThere: () =>
        access(metadata).then(
          () => true,
          () => false,
        ),
    };
  }

  const overtake = async (directory: string, decision?: { epoch: number; checkpointId: number } | null) => {
    const { coordinator } = await openViews({ directory });
    const owner = await coordinator.acquireOwnership();
    if (decision !== undefined) await coordinator.recordRestoredFrom(owner, decision);
  };

  it('leaves the checkpoint to a newer owner that has not decided yet: it may have seen it', async () => {
    const { location, isThere } = await overtakenPublication((directory) => overtake(directory));
    expect(await isThere()).toBe(true);
    await location.disposeOnFailure();
    expect(await isThere()).toBe(true);
  });

  it('leaves the checkpoint to a newer owner that continues from it', async () => {
    const { location, isThere } = await overtakenPublication((directory) =>
      overtake(directory, { epoch: 1, checkpointId: 1 }),
    );
    await location.disposeOnFailure();
    expect(await isThere()).toBe(true);
  });

  it('takes the checkpoint back when the newer owner continues from something else', async () => {
    const { location, isThere } = await overtakenPublication((directory) => overtake(directory, null));
    expect(await isThere()).toBe(false);
    await location.disposeOnFailure();
  });

  it('leaves the checkpoint to a newer owner that began with it as with any snapshot, and takes it back from others', async () => {
    for (const isIt of [true, false]) {
      const { isThere } = await overtakenPublication(async (directory) => {
        const { coordinator } = await openViews({ directory });
        const { externalPointer } = await coordinator.resolveCheckpoint(join(directory, 'job', 'chk-1'));
        const pointer = isIt ? externalPointer : 'file:///elsewhere';
        await coordinator.recordRestoredFrom(await coordinator.acquireOwnership(), null, { pointer });
      });
      expect(await isThere()).toBe(isIt);
    }
  });

  it('leaves the checkpoint while one of several newer owners has not decided', async () => {
    const { isThere } = await overtakenPublication(async (directory) => {
      await overtake(directory);
      await overtake(directory, null);
    });
    expect(await isThere()).toBe(true);
  });
});

describe('records of owners that nobody needs', () => {
  /** Owners 1 to `count`, each with a view of its own and a checkpoint location that it has not published. */
  async function manyOwners(directory: string, count: number) {
    const zombies = [];
    for (let epoch = 1; epoch <= count; epoch++) {
      const opened = await openViews({ directory });
      const owner = await takeOver(opened.coordinator);
      zombies.push({ coordinator: opened.coordinator, owner, ...(await startCheckpoint(opened, epoch, owner)) });
    }
    return zombies;
  }

  it('are removed but for those in use and the newest two, and every older owner stays fenced at each step of it', async () => {
    const directory = await temporaryDirectory();
    const zombies = await manyOwners(directory, 6);
    let removals = 0;
    const fileSystem = new CountingFileSystem();
    const removeFile = fileSystem.removeFile.bind(fileSystem);
    fileSystem.removeFile = async (path) => {
      const isRemoved = await removeFile(path);
      removals++;
      for (const { coordinator, owner } of zombies) {
        await expect(coordinator.initializeLocationForCheckpoint(100 + removals, owner)).rejects.toMatchObject(FENCED);
      }
      return isRemoved;
    };
    const { coordinator } = await openViews({ directory, fileSystems: { file: fileSystem } });
    const newest = await takeOver(coordinator);
    await coordinator.forgetOwners?.(new Set([2]), newest);
    expect(removals).toBe(8);
    expect((await coordinator.list()).owners.map(({ epoch }) => epoch)).toEqual([2, 6, 7]);
    for (const { location, owner, coordinator: former } of zombies) {
      await expect(location.publish(patternBytes(1))).rejects.toMatchObject(FENCED);
      await expect(former.disposeCheckpoint(1)).rejects.toMatchObject(FENCED);
      await expect(former.sweepUnreferenced([], owner)).rejects.toMatchObject(FENCED);
      await expect(former.forgetOwners?.(new Set(), owner)).rejects.toMatchObject(FENCED);
    }
    expect((await coordinator.list()).checkpoints.every(({ published }) => !published)).toBe(true);
    expect((await (await openViews({ directory })).coordinator.acquireOwnership()).epoch).toBe(8);
  });

  it('go again after any crash while they are removed, and nobody takes an epoch twice', async () => {
    for (let crashAt = 0; crashAt < 9; crashAt++) {
      const directory = await temporaryDirectory();
      const zombies = await manyOwners(directory, 5);
      let steps = 0;
      const intercept: Intercept = ({ operation }) => {
        if (operation === 'removeFile' && steps++ >= crashAt) throw new Error('the process is dead');
      };
      const dying = await openViews({ directory, fileSystems: { file: new CountingFileSystem(intercept) } });
      const owner = await takeOver(dying.coordinator);
      await dying.coordinator.forgetOwners?.(new Set(), owner).catch(() => undefined);
      const { coordinator } = await openViews({ directory });
      for (const { location } of zombies) await expect(location.publish(patternBytes(1))).rejects.toMatchObject(FENCED);
      const next = await takeOver(coordinator);
      expect(next.epoch).toBe(7);
      await coordinator.forgetOwners?.(new Set(), next);
      expect((await coordinator.list()).owners.map(({ epoch }) => epoch)).toEqual([6, 7]);
    }
  });

  it('fence also an owner that made its file anew under a number that had been forgotten', async () => {
    const directory = await temporaryDirectory();
    const zombies = await manyOwners(directory, 5);
    const { coordinator } = await openViews({ directory });
    await coordinator.forgetOwners?.(new Set(), await takeOver(coordinator));
    // What a process does that listed the directory before owners 3 to 6 were there, and was paused.
    await writeFile(join(directory, 'job', 'owner-3'), '{}');
    for (const { location, owner, coordinator: former } of zombies) {
      await expect(location.publish(patternBytes(1))).rejects.toMatchObject(FENCED);
      await expect(former.recordRestoredFrom(owner, null)).rejects.toMatchObject(FENCED);
    }
  });
});

describe('lost records of owners', () => {
  it('a new owner begins above any epoch that it is told of, and the owners before it are fenced', async () => {
    const directory = await temporaryDirectory();
    const opened = await openViews({ directory });
    const former = await takeOver(opened.coordinator);
    await startCheckpoint(opened, 1, former);
    for (const name of await readdir(join(directory, 'job'))) {
      if (name.startsWith('owner-')) await rm(join(directory, 'job', name));
    }
    const { coordinator } = await openViews({ directory });
    const first = await coordinator.acquireOwnership();
    expect(first).toEqual({ epoch: 1 });
    const second = await coordinator.acquireOwnership(undefined, 41);
    expect(second).toEqual({ epoch: 41 });
    expect(await coordinator.acquireOwnership(undefined, 5)).toEqual({ epoch: 42 });
    for (const owner of [former, first, second]) {
      await expect(coordinator.initializeLocationForCheckpoint(2, owner)).rejects.toMatchObject(FENCED);
    }
    for (const epochMin of [0, -1, 1.5, Number.NaN, 2 ** 53]) {
      await expect(coordinator.acquireOwnership(undefined, epochMin)).rejects.toThrow(RangeError);
    }
  });

  it('an owner of a higher number than any that is left is fenced too', async () => {
    const directory = await temporaryDirectory();
    const { coordinator } = await openViews({ directory });
    await coordinator.acquireOwnership();
    const former = await takeOver(coordinator);
    for (const name of ['owner-1', 'owner-2', 'owner-2-from-none']) await rm(join(directory, 'job', name));
    expect(await (await openViews({ directory })).coordinator.acquireOwnership()).toEqual({ epoch: 1 });
    await expect(coordinator.initializeLocationForCheckpoint(1, former)).rejects.toMatchObject({
      ...FENCED,
      message: expect.stringMatching(/has no record of this owner any more \(owner-2\)/),
    });
  });
});
