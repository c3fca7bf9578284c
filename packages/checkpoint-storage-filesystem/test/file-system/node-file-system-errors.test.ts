// What refuses, refuses by name: provoked on real directories and volumes, also as root.

import { chmod, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { translateNodeFileSystemError } from '../../src/file-system/node-file-system-errors.js';
import { asUnprivilegedUser, smallVolume } from '../fixtures/hostile-volumes.js';
import { temporaryDirectory } from '../fixtures/temporary-directory.js';
import { openViews, patternBytes, startCheckpoint, takeOver, writeState } from '../fixtures/views.js';

/** How many descriptors this process has open; `undefined` where the system does not tell. */
async function openDescriptors(): Promise<number | undefined> {
  return readdir('/proc/self/fd').then(
    (names) => names.length,
    () => undefined,
  );
}

async function checkpointIn(directory: string) {
  const opened = await openViews({ directory, fileStateSizeThresholdBytes: 0 });
  const owner = await takeOver(opened.coordinator);
  const { location, streams } = await startCheckpoint(opened, 1, owner);
  const handle = await writeState(streams, 'exclusive', patternBytes(10_000));
  await location.publish(patternBytes(100));
  return { ...opened, owner, location, streams, handle };
}

describe('a directory that this user may not use', () => {
  const denied = { code: 'storage-permission-denied', kind: 'configure', message: expect.stringContaining('chmod') };

  it('is named when it may not be written, and leaves no descriptor open', async () => {
    const directory = await temporaryDirectory();
    const { coordinator, owner, streams } = await checkpointIn(directory);
    await chmod(directory, 0o755);
    for (const name of ['', 'shared', 'chk-1']) await chmod(join(directory, 'job', name), 0o555);
    const before = await openDescriptors();
    await asUnprivilegedUser(async () => {
      await expect(coordinator.acquireOwnership()).rejects.toMatchObject(denied);
      await expect(coordinator.initializeLocationForCheckpoint(2, owner)).rejects.toMatchObject(denied);
      await expect(coordinator.disposeCheckpoint(1)).rejects.toMatchObject(denied);
      await expect(coordinator.initializeLocationForSavepoint(2, join(directory, 'sp'))).rejects.toMatchObject(denied);
      await expect(writeState(streams, 'exclusive', patternBytes(10_000))).rejects.toMatchObject(denied);
    });
    expect(await openDescriptors()).toBe(before);
    for (const name of ['', 'shared', 'chk-1']) await chmod(join(directory, 'job', name), 0o755);
  });

  it('is named when it may not be read', async () => {
    const directory = await temporaryDirectory();
    const { coordinator, worker, location, handle } = await checkpointIn(directory);
    const path = join(directory, 'job', 'chk-1');
    for (const name of await readdir(path)) await chmod(join(path, name), 0o000);
    await chmod(directory, 0o755);
    await asUnprivilegedUser(async () => {
      await expect(worker.openInput(handle)).rejects.toMatchObject(denied);
      const resolved = await coordinator.resolveCheckpoint(location.externalPointer);
      await expect(resolved.readMetadata()).rejects.toMatchObject(denied);
    });
    await chmod(directory, 0o000);
    await asUnprivilegedUser(async () => {
      await expect(coordinator.list()).rejects.toMatchObject(denied);
    });
    await chmod(directory, 0o755);
  });
});

describe('a volume', () => {
  it('that became read-only is named, and can still be restored from', async (context) => {
    const volume = await smallVolume(context, 4 * 1024 * 1024);
    const { coordinator, worker, owner, location, handle, streams } = await checkpointIn(volume.path);
    const pending = await startCheckpoint({ coordinator, worker } as never, 2, owner);
    volume.makeReadOnly();
    const readOnly = { code: 'storage-read-only', kind: 'configure', message: expect.stringContaining('read-only') };
    await expect(pending.location.publish(patternBytes(10))).rejects.toMatchObject(readOnly);
    await expect(coordinator.initializeLocationForCheckpoint(3, owner)).rejects.toMatchObject(readOnly);
    await expect(coordinator.acquireOwnership()).rejects.toMatchObject(readOnly);
    await expect(writeState(streams, 'shared', patternBytes(10))).rejects.toMatchObject(readOnly);
    await expect(coordinator.discard(handle)).rejects.toMatchObject(readOnly);
    const resolved = await coordinator.resolveCheckpoint(location.externalPointer);
    expect(await resolved.readMetadata()).toEqual(patternBytes(100));
    await (await worker.openInput(handle)).close();
  });

  it('that is full is named, the failed checkpoint leaves nothing, and the one before is whole', async (context) => {
    const volume = await smallVolume(context, 1024 * 1024);
    const opened = await checkpointIn(volume.path);
    const noSpace = { code: 'storage-no-space', kind: 'retry', message: expect.stringContaining('num-retained') };
    const before = await openDescriptors();
    const state = await startCheckpoint(opened, 2, opened.owner);
    await expect(writeState(state.streams, 'exclusive', patternBytes(2_000_000))).rejects.toMatchObject(noSpace);
    await expect(state.location.publish(patternBytes(2_000_000))).rejects.toMatchObject(noSpace);
    expect(await readdir(join(volume.path, 'job', 'chk-2'))).toEqual([]);
    await expect(state.streams.duplicate?.(opened.handle, 'exclusive')).resolves.toMatchObject({ sizeBytes: 10_000 });
    await state.location.disposeOnFailure();
    expect(await openDescriptors()).toBe(before);
    const { checkpoints } = await opened.coordinator.list();
    expect(checkpoints).toMatchObject([{ checkpointId: 1, published: true }]);
  });
});

describe('translateNodeFileSystemError', () => {
  it.each([
    ['EACCES', 'storage-permission-denied', 'chmod'],
    ['EPERM', 'storage-permission-denied', 'chmod'],
    ['EROFS', 'storage-read-only', 'remount'],
    ['ENOSPC', 'storage-no-space', 'num-retained'],
    ['EDQUOT', 'storage-no-space', 'quota'],
    ['EMFILE', 'storage-io-failed', 'ulimit -n'],
    ['ENFILE', 'storage-io-failed', 'ulimit -n'],
    ['ENOENT', 'storage-io-failed', 'gone'],
    ['ENOTDIR', 'storage-io-failed', 'execution.checkpointing.dir'],
    ['ELOOP', 'path-not-allowed', 'symbolic link'],
    ['ENAMETOOLONG', 'storage-io-failed', 'shorter'],
    ['EIO', 'storage-io-failed', 'disk'],
    ['ESTALE', 'storage-io-failed', 'remount'],
    ['EWHATEVER', 'storage-io-failed', 'EWHATEVER'],
  ])('%s is %s and says what to do', (systemCode, code, advice) => {
    const cause = Object.assign(new Error('from the system'), { code: systemCode });
    const error = translateNodeFileSystemError(cause, 'write', '/some/file');
    expect(error).toMatchObject({ code, cause, details: { path: '/some/file', operation: 'write', systemCode } });
    expect(error.message).toContain('cannot write /some/file');
    expect(error.message).toContain(advice);
  });
});
