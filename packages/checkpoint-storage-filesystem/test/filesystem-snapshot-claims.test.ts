// Claims of snapshots from outside a job: who gets them, what a record may make the storage remove, what is given up.

import { access, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { StateError } from '@tidemark/state-core';
import type { StreamStateHandle } from '@tidemark/state-core/spi';
import { describe, expect, it } from 'vitest';
import { CountingFileSystem } from './fixtures/counting-file-system.js';
import { temporaryDirectory } from './fixtures/temporary-directory.js';
import { openViews, patternBytes, takeOver, writeState } from './fixtures/views.js';

const FENCED = { code: 'fenced', kind: 'restore' } as const;

/** A savepoint with two files. */
async function savepointOf(
  directory: string,
): Promise<{ pointer: string; path: string; streams: StreamStateHandle[] }> {
  const opened = await openViews({ directory, fileStateSizeThresholdBytes: 0 }, 'others');
  const location = await opened.coordinator.initializeLocationForSavepoint(5, join(directory, 'savepoints'));
  const factory = await opened.worker.resolveCheckpointStorageLocation(5, location.reference);
  const streams = [
    await writeState(factory, 'exclusive', patternBytes(10)),
    await writeState(factory, 'shared', patternBytes(20)),
  ];
  const { externalPointer } = await location.publish(patternBytes(3));
  return { pointer: externalPointer, path: fileURLToPath(externalPointer), streams };
}

async function claimsOf(directory: string, fileSystem = new CountingFileSystem()) {
  const { coordinator } = await openViews({ directory, fileSystems: { file: fileSystem } });
  return { coordinator, claims: coordinator.claims ?? expect.fail('the storage has no claims') };
}

describe('claims', () => {
  it('are recorded, listed by every view of the job, and end with the removal', async () => {
    const directory = await temporaryDirectory();
    const { pointer, path, streams } = await savepointOf(directory);
    const { coordinator, claims } = await claimsOf(directory);
    const owner = await takeOver(coordinator);
    for (let times = 0; times < 2; times++) {
      expect(await claims.reserve(pointer)).toBeUndefined();
      await claims.claim({ pointer, streams, replacedFrom: 6 }, owner);
    }
    const elsewhere = await claimsOf(directory);
    const [claim] = await elsewhere.claims.list();
    expect(await elsewhere.claims.list()).toHaveLength(1);
    expect(claim).toMatchObject({ pointer, replacedFrom: 6 });
    expect(claim?.streams).toHaveLength(2);
    if (claim === undefined) return expect.fail();
    expect(await claims.neighboursOf(claim)).toEqual([]);
    expect(await claims.remove(claim, [], owner)).toBeUndefined();
    await expect(access(path)).rejects.toThrow();
    expect(await claims.list()).toEqual([]);
    expect(await claims.remove(claim, [], owner)).toBeUndefined();
  });

  it('are nothing that a former owner can make, remove or give up', async () => {
    const directory = await temporaryDirectory();
    const { pointer, path, streams } = await savepointOf(directory);
    const former = await claimsOf(directory);
    const owner = await takeOver(former.coordinator);
    await former.claims.reserve(pointer);
    await former.claims.claim({ pointer, streams, replacedFrom: 6 }, owner);
    const [claim] = await former.claims.list();
    if (claim === undefined) return expect.fail();
    await (await claimsOf(directory)).coordinator.acquireOwnership();
    await expect(former.claims.claim({ pointer, streams, replacedFrom: 6 }, owner)).rejects.toMatchObject(FENCED);
    await expect(former.claims.remove(claim, [], owner)).rejects.toMatchObject(FENCED);
    await expect(former.claims.release(claim, owner)).rejects.toMatchObject(FENCED);
    expect(await readdir(path)).toHaveLength(4);
  });

  it('cannot be had of what is no directory with metadata, nor of what the job itself has', async () => {
    const directory = await temporaryDirectory();
    const { coordinator, claims } = await claimsOf(directory);
    await takeOver(coordinator);
    const own = pathToFileURL(join(directory, 'job')).href;
    await writeFile(join(directory, 'job', '_metadata'), 'x');
    expect(await claims.reserve(own)).toMatch(/directory of this job/);
    expect(await claims.reserve(`${own}/_metadata`)).toMatch(/no directory with a file _metadata/);
    expect(await claims.reserve(`${own}/nothing`)).toMatch(/no directory with a file _metadata/);
  });

  it('cannot be had where nothing may be written', async () => {
    const directory = await temporaryDirectory();
    const { pointer, path } = await savepointOf(directory);
    for (const code of ['storage-read-only', 'storage-permission-denied'] as const) {
      const fileSystem = new CountingFileSystem(({ operation, path: at }) => {
        if (operation === 'openNew' && at.startsWith(path)) throw new StateError(code, 'may not be written to');
      });
      const { claims } = await claimsOf(directory, fileSystem);
      expect(await claims.reserve(pointer)).toBe('may not be written to');
    }
    const failing = new CountingFileSystem(({ operation, path: at }) => {
      if (operation === 'openNew' && at.startsWith(path)) throw new StateError('storage-no-space', 'full');
    });
    await expect((await claimsOf(directory, failing)).claims.reserve(pointer)).rejects.toMatchObject({
      code: 'storage-no-space',
    });
  });

  it.each(['', '{', 'null', '{"by":7}', '\u0000'])('are refused where the mark is damaged: %j', async (mark) => {
    const directory = await temporaryDirectory();
    const { pointer, path } = await savepointOf(directory);
    await writeFile(join(path, '_claimed'), mark);
    const { claims } = await claimsOf(directory);
    await expect(claims.reserve(pointer)).rejects.toMatchObject({
      code: 'snapshot-claimed',
      kind: 'configure',
      message: expect.stringMatching(/claimed by another job/),
    });
    await rm(join(path, '_claimed'));
    expect(await claims.reserve(pointer)).toBeUndefined();
  });

  it.each(['', '[]', 'null', '{"pointer":7}', '{"pointer":"x","replacedFrom":1}', '{"pointer":"x","locations":[]}'])(
    'whose record is damaged are none: %j',
    async (record) => {
      const directory = await temporaryDirectory();
      const { coordinator, claims } = await claimsOf(directory);
      await takeOver(coordinator);
      await writeFile(join(directory, 'job', `claim-${'0'.repeat(32)}`), record);
      expect(await claims.list()).toEqual([]);
      expect((await coordinator.list()).checkpoints).toEqual([]);
    },
  );

  it('of a directory that somebody has removed end without a word', async () => {
    const directory = await temporaryDirectory();
    const { pointer, path, streams } = await savepointOf(directory);
    const { coordinator, claims } = await claimsOf(directory);
    const owner = await takeOver(coordinator);
    await claims.reserve(pointer);
    await claims.claim({ pointer, streams, replacedFrom: 6 }, owner);
    await rm(path, { recursive: true });
    for (const claim of await claims.list()) expect(await claims.remove(claim, [], owner)).toBeUndefined();
    expect(await claims.list()).toEqual([]);
  });
});
