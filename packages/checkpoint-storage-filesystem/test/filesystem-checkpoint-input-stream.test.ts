import { execFileSync } from 'node:child_process';
import { appendFile, mkdir, readdir, rename, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { StateError } from '@tidemark/state-core';
import type { FileStateHandle } from '@tidemark/state-core/spi';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CountingFileSystem, type Intercept } from './fixtures/counting-file-system.js';
import { temporaryDirectory } from './fixtures/temporary-directory.js';
import { openViews, patternBytes, startCheckpoint, takeOver, writeState } from './fixtures/views.js';

async function writtenFile(scope: 'exclusive' | 'shared' = 'exclusive', intercept?: Intercept) {
  const directory = await temporaryDirectory();
  const fileSystem = new CountingFileSystem(intercept);
  onTestFinished(() => expect(fileSystem.openFiles, 'files left open').toBe(0));
  const opened = await openViews({ directory, fileStateSizeThresholdBytes: 0, fileSystems: { file: fileSystem } });
  const { streams } = await startCheckpoint(opened, 1, await takeOver(opened.coordinator));
  const handle = (await writeState(streams, scope, patternBytes(5000))) as FileStateHandle;
  return { ...opened, directory, handle, fileSystem, path: fileURLToPath(handle.location) };
}

describe('reading a file of a snapshot', () => {
  it('gives exactly the bytes asked for, at any position', async () => {
    const { worker, handle } = await writtenFile();
    const input = await worker.openInput(handle);
    expect(input.sizeBytes).toBe(5000);
    expect(await input.read(4990, 10)).toEqual(patternBytes(5000).subarray(4990));
    expect(await input.read(5000, 0)).toHaveLength(0);
    await expect(input.read(4990, 11)).rejects.toMatchObject({ code: 'bytes-truncated' });
    await expect(input.read(0, 2 ** 52)).rejects.toMatchObject({ code: 'bytes-truncated' });
    await expect(input.read(-1, 1)).rejects.toThrow(RangeError);
    await input.close();
    await input.close();
    await expect(input.read(0, 1)).rejects.toMatchObject({ code: 'stream-closed' });
  });

  it('names a file that is missing', async () => {
    const { worker, handle, path } = await writtenFile();
    await rm(path);
    await expect(worker.openInput(handle)).rejects.toMatchObject({ code: 'file-missing', kind: 'corrupt' });
  });

  it('names a file whose whole directory is missing', async () => {
    const { worker, handle, directory } = await writtenFile('shared');
    await rm(join(directory, 'job', 'shared'), { recursive: true });
    await expect(worker.openInput(handle)).rejects.toMatchObject({ code: 'file-missing' });
  });

  it('names a file that was cut, and one that something was appended to', async () => {
    const { worker, handle, path, fileSystem } = await writtenFile();
    await truncate(path, 4999);
    await expect(worker.openInput(handle)).rejects.toMatchObject({ code: 'bytes-truncated', kind: 'corrupt' });
    await truncate(path, 0);
    await expect(worker.openInput(handle)).rejects.toMatchObject({ code: 'bytes-truncated' });
    await truncate(path, 5000);
    await appendFile(path, 'x');
    await expect(worker.openInput(handle)).rejects.toMatchObject({ code: 'bytes-invalid', kind: 'corrupt' });
    expect(fileSystem.openFiles).toBe(0);
  });

  it('names a file that is cut while it is read', async () => {
    const { worker, handle, path } = await writtenFile();
    const input = await worker.openInput(handle);
    await truncate(path, 100);
    await expect(input.read(50, 100)).rejects.toMatchObject({ code: 'bytes-truncated' });
    await input.close();
  });

  it('takes a handle of unknown length', async () => {
    const { worker, handle } = await writtenFile();
    const input = await worker.openInput({ ...handle, sizeBytes: -1 });
    expect(input.sizeBytes).toBe(5000);
    await input.close();
  });

  it('follows no symbolic link in the place of a file', async () => {
    const { worker, handle, path, directory } = await writtenFile();
    await rename(path, join(directory, 'elsewhere'));
    await symlink(join(directory, 'elsewhere'), path);
    await expect(worker.openInput(handle)).rejects.toMatchObject({ code: 'path-not-allowed', kind: 'corrupt' });
  });

  it.each(['exclusive', 'shared'] as const)(
    'follows no symbolic link in the place of the directory of %s state',
    async (scope) => {
      const { worker, coordinator, handle, path, directory } = await writtenFile(scope);
      const elsewhere = join(directory, 'elsewhere');
      await rename(join(path, '..'), elsewhere);
      await symlink(elsewhere, join(path, '..'));
      await expect(worker.openInput(handle)).rejects.toMatchObject({ code: 'path-not-allowed' });
      await expect(coordinator.discard(handle)).rejects.toMatchObject({ code: 'path-not-allowed' });
      expect(await readdir(elsewhere)).toHaveLength(1);
    },
  );

  it('reads through a link above the snapshot: where checkpoints are kept is the business of the machine', async () => {
    const { directory, handle } = await writtenFile();
    const alias = join(await temporaryDirectory(), 'alias');
    await symlink(directory, alias);
    const throughAlias = await openViews({ directory: alias });
    const location = handle.location.replace(pathToFileURL(directory).href, pathToFileURL(alias).href);
    const input = await throughAlias.worker.openInput({ ...handle, location });
    expect(await input.read(0, 5000)).toEqual(patternBytes(5000));
    await input.close();
  });

  it('does not wait for a pipe and opens no directory in the place of a file', async () => {
    const { worker, handle, path, fileSystem } = await writtenFile();
    await rm(path);
    execFileSync('mkfifo', [path]);
    await expect(worker.openInput(handle)).rejects.toMatchObject({ code: 'path-not-allowed' });
    await rm(path);
    await mkdir(path);
    await expect(worker.openInput(handle)).rejects.toMatchObject({ code: 'path-not-allowed' });
    expect(fileSystem.openFiles).toBe(0);
  });

  it('closes the file when reading fails, and can be aborted', async () => {
    const { worker, handle, fileSystem } = await writtenFile('exclusive', ({ operation }) => {
      if (operation === 'read') throw new StateError('storage-io-failed', 'the disk is broken');
    });
    const input = await worker.openInput(handle);
    await expect(input.read(0, 1)).rejects.toMatchObject({ code: 'storage-io-failed' });
    await input.close();
    await expect(worker.openInput(handle, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
    const abort = new AbortController();
    const aborted = await worker.openInput(handle, abort.signal);
    abort.abort(new Error('enough'));
    await expect(aborted.read(0, 1)).rejects.toThrow('enough');
    await aborted.close();
    expect(fileSystem.openFiles).toBe(0);
  });
});

describe('FileStateHandleTest', () => {
  it('testDisposeDoesNotDeleteParentDirectory: exactly the file is removed', async () => {
    const { coordinator, handle, path, fileSystem } = await writtenFile();
    fileSystem.calls.length = 0;
    await coordinator.discard(handle);
    expect(fileSystem.calls.filter((call) => call.startsWith('remove'))).toEqual([`removeFile ${path}`]);
    expect((await stat(join(path, '..'))).isDirectory()).toBe(true);
  });

  it('testDiscardStateForNonExistingFileWithoutAnErrorBeingExposedByTheFileSystem: no question is asked afterwards', async () => {
    const { coordinator, handle, path, fileSystem } = await writtenFile();
    await rm(path);
    fileSystem.calls.length = 0;
    await coordinator.discard(handle);
    expect(fileSystem.calls).not.toContain(`status ${path}`);
  });

  it('an error of a removal does not matter when the file is gone', async () => {
    const { coordinator, handle, path } = await writtenFile('exclusive', ({ operation }) => {
      if (operation === 'removeFile') throw new StateError('storage-io-failed', 'the file system is confused');
    });
    await rm(path);
    await expect(coordinator.discard(handle)).resolves.toBeUndefined();
  });

  it('testDiscardStateWithDeletionFailureThroughException: an error is told when the file is still there', async () => {
    const { coordinator, handle, path } = await writtenFile('exclusive', ({ operation }) => {
      if (operation === 'removeFile') throw new StateError('storage-io-failed', 'the disk is broken');
    });
    await expect(coordinator.discard(handle)).rejects.toMatchObject({ code: 'storage-io-failed' });
    expect((await stat(path)).size).toBe(5000);
  });

  it('removes nothing but files of state', async () => {
    const { coordinator, directory } = await writtenFile();
    const metadata = join(directory, 'job', 'chk-1', '_metadata');
    const owner = join(directory, 'job', 'owner-1');
    await writeFile(metadata, 'm');
    for (const path of [metadata, owner]) {
      const handle = { kind: 'file', location: pathToFileURL(path).href, sizeBytes: -1 } as const;
      await expect(coordinator.discard(handle)).rejects.toMatchObject({ code: 'path-not-allowed' });
      expect((await stat(path)).isFile()).toBe(true);
    }
  });
});
