// The rows of Flink's FsCheckpointStateOutputStreamTest, for state of one checkpoint and for shared state (Flink: relative
// and absolute paths), and what this stream promises beyond.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StateError } from '@tidemark/state-core';
import type { FileStateHandle, StreamStateHandle } from '@tidemark/state-core/spi';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FileSystemCheckpointStream } from '../src/filesystem-checkpoint-stream.js';
import { NodeFileSystem } from '../src/index.js';
import { CountingFileSystem } from './fixtures/counting-file-system.js';
import { temporaryDirectory } from './fixtures/temporary-directory.js';
import {
  expectSameBytes,
  openViews,
  PURPOSE,
  patternBytes,
  readState,
  startCheckpoint,
  takeOver,
} from './fixtures/views.js';

/** A stream of a started checkpoint, and the directory that its file would be in. */
async function openStream(scope: 'exclusive' | 'shared', buffer: number, threshold: number) {
  const directory = await temporaryDirectory();
  const fileSystem = new CountingFileSystem();
  onTestFinished(() => expect(fileSystem.openFiles, 'files left open').toBe(0));
  const opened = await openViews({
    directory,
    writeBufferSizeBytes: buffer,
    fileStateSizeThresholdBytes: threshold,
    fileSystems: { file: fileSystem },
  });
  const owner = await takeOver(opened.coordinator);
  const { streams } = await startCheckpoint(opened, 1, owner);
  const stateDirectory = join(directory, 'job', scope === 'shared' ? 'shared' : 'chk-1');
  const open = () => streams.createCheckpointStateOutputStream(scope, PURPOSE);
  return { ...opened, stream: await open(), open, stateDirectory, fileSystem };
}

/** Deals `bytes` out in pieces of one byte and of random length, as Flink's test does. */
function* inPieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let start = 0, step = 0; start < bytes.length; step++) {
    const length = step % 3 === 0 ? 1 : Math.min(1 + ((step * 7919) % 5000), bytes.length - start);
    yield bytes.subarray(start, start + length);
    start += length;
  }
}

async function expectRoundTrip(
  scope: 'exclusive' | 'shared',
  {
    sizeBytes,
    buffer,
    threshold,
    expectFile,
  }: { sizeBytes: number; buffer: number; threshold: number; expectFile: boolean },
): Promise<void> {
  const { stream, worker, coordinator, stateDirectory } = await openStream(scope, buffer, threshold);
  const bytes = patternBytes(sizeBytes);
  for (const piece of inPieces(bytes)) await stream.write(piece);
  const handle = (await stream.closeAndGetHandle()) as StreamStateHandle;
  expect(handle.kind).toBe(expectFile ? 'file' : 'byte-stream');
  expect(handle.kind === 'file' ? handle.sizeBytes : handle.bytes.length).toBe(sizeBytes);
  expectSameBytes(await readState(worker, handle), bytes);
  expect(await readdir(stateDirectory)).toHaveLength(expectFile ? 1 : 0);
  await coordinator.discard(handle);
  expect(await readdir(stateDirectory)).toEqual([]);
}

describe('FsCheckpointStateOutputStreamTest', () => {
  it('testWrongParameters: a buffer smaller than the in-line threshold is refused', () => {
    const settings = { fileSystem: new NodeFileSystem(), newPath: () => '/nowhere/0' };
    const make = () =>
      new FileSystemCheckpointStream({ ...settings, bufferSizeBytes: 4000, fileStateSizeThresholdBytes: 5000 });
    expect(make).toThrow(RangeError);
  });

  describe.each(['exclusive', 'shared'] as const)('%s state', (scope) => {
    it('testEmptyState: a stream that nothing was written to has no handle and no file', async () => {
      const { stream, stateDirectory } = await openStream(scope, 1024, 512);
      expect(await stream.closeAndGetHandle()).toBeUndefined();
      expect(await readdir(stateDirectory)).toEqual([]);
    });

    it('testZeroThreshold: without in-line state everything goes into a file', async () => {
      await expectRoundTrip(scope, { sizeBytes: 16_678, buffer: 4096, threshold: 0, expectFile: true });
    });

    it('testZeroThreshold: even one byte', async () => {
      await expectRoundTrip(scope, { sizeBytes: 1, buffer: 4096, threshold: 0, expectFile: true });
    });

    it.each([
      { name: 'testStateBelowMemThreshold', sizeBytes: 222, buffer: 999, threshold: 512, expectFile: false },
      { name: 'as much as the threshold', sizeBytes: 999, buffer: 999, threshold: 999, expectFile: false },
      { name: 'one byte above the threshold', sizeBytes: 1000, buffer: 999, threshold: 999, expectFile: true },
      { name: 'testStateOneBufferAboveThreshold', sizeBytes: 896, buffer: 1024, threshold: 15, expectFile: true },
      { name: 'testStateAboveMemThreshold', sizeBytes: 576_446, buffer: 259, threshold: 17, expectFile: true },
    ])('$name: $sizeBytes bytes with threshold $threshold', async ({ name: _name, ...row }) => {
      await expectRoundTrip(scope, row);
    });

    it('testGetPos: the position is the number of bytes written', async () => {
      const { stream, open } = await openStream(scope, 31, 17);
      for (let index = 0; index < 64; index++) {
        expect(stream.position).toBe(index);
        await stream.write(Uint8Array.of(0x42));
      }
      await stream.closeAndGetHandle();

      const mixed = await open();
      const seven = patternBytes(7);
      for (let written = 0, index = 0; index < 64; index++) {
        expect(mixed.position).toBe(written);
        const piece = index % 2 === 0 ? Uint8Array.of(0x42) : seven;
        await mixed.write(piece);
        written += piece.length;
      }
      await mixed.closeAndGetHandle();
    });

    it('testWriteFailsFastWhenClosed: after closing nothing is taken any more', async () => {
      const { stream } = await openStream(scope, 1024, 512);
      await stream.close();
      await expect(stream.write(Uint8Array.of(1))).rejects.toMatchObject({ code: 'stream-closed' });
      await expect(stream.write(new Uint8Array(4))).rejects.toMatchObject({ code: 'stream-closed' });
      await expect(stream.flush()).rejects.toMatchObject({ code: 'stream-closed' });
      await expect(stream.closeAndGetHandle()).rejects.toMatchObject({ code: 'stream-closed' });
    });

    it('testMixedBelowAndAboveThreshold: files, in-line state and nothing side by side', async () => {
      const { stream, open, worker, coordinator, stateDirectory } = await openStream(scope, 15, 15);
      await stream.close();
      const sizes = [1_274_673, 1, 0, 177];
      const handles: (StreamStateHandle | undefined)[] = [];
      for (const [index, size] of sizes.entries()) {
        const next = await open();
        for (const piece of inPieces(patternBytes(size, index + 1))) await next.write(piece);
        handles.push(await next.closeAndGetHandle());
      }
      expect(handles.map((handle) => handle?.kind)).toEqual(['file', 'byte-stream', undefined, 'file']);
      for (const [index, handle] of handles.entries()) {
        if (handle === undefined) continue;
        expectSameBytes(await readState(worker, handle), patternBytes(sizes[index] as number, index + 1));
        await coordinator.discard(handle);
      }
      expect(await readdir(stateDirectory)).toEqual([]);
    });
  });

  it('testStreamDoesNotTryToCleanUpParentOnError: an error removes the file and never its directory', async () => {
    const directory = await temporaryDirectory();
    const fileSystem = new CountingFileSystem(({ operation, path }) => {
      if (operation === 'sync' && path.includes('chk-1'))
        throw new StateError('storage-io-failed', 'the disk is broken');
    });
    const opened = await openViews({ directory, fileStateSizeThresholdBytes: 0, fileSystems: { file: fileSystem } });
    const { streams } = await startCheckpoint(opened, 1, await takeOver(opened.coordinator));
    const stream = await streams.createCheckpointStateOutputStream('exclusive', PURPOSE);
    await stream.write(patternBytes(30_000));
    await expect(stream.closeAndGetHandle()).rejects.toMatchObject({ code: 'storage-io-failed' });
    await stream.close();
    expect(await readdir(join(directory, 'job', 'chk-1'))).toEqual([]);
    expect(fileSystem.calls.filter((call) => call.startsWith('removeDirectory'))).toEqual([]);
    expect(fileSystem.openFiles).toBe(0);
  });

  it('testCleanupWhenCloseableRegistryClosedBeforeCreatingStream: closing while the file is made waits and removes it', async () => {
    const { stream, stateDirectory, fileSystem } = await openStream('exclusive', 16, 0);
    const writing = stream.write(patternBytes(1000));
    const closing = stream.close();
    await expect(writing.then(() => stream.closeAndGetHandle())).rejects.toMatchObject({ code: 'stream-closed' });
    await closing;
    expect(await readdir(stateDirectory)).toEqual([]);
    expect(fileSystem.openFiles).toBe(0);
  });
});

describe('FileSystemCheckpointStream', () => {
  it('copies: the caller may reuse the array of a write', async () => {
    const { stream, worker } = await openStream('exclusive', 64, 0);
    const reused = new Uint8Array(48);
    for (let index = 0; index < 5; index++) await stream.write(reused.fill(index));
    const bytes = await readState(worker, (await stream.closeAndGetHandle()) as StreamStateHandle);
    expect([bytes[0], bytes[48], bytes[96], bytes[239]]).toEqual([0, 1, 2, 4]);
  });

  it('keeps small state in the metadata although it is flushed', async () => {
    const { stream, stateDirectory } = await openStream('exclusive', 4096, 1024);
    await stream.write(patternBytes(100));
    await stream.flush();
    expect(await readdir(stateDirectory)).toEqual([]);
    expect(await stream.closeAndGetHandle()).toMatchObject({ kind: 'byte-stream' });
  });

  it('hands bytes over on flush once they are more than the threshold', async () => {
    const { stream, stateDirectory } = await openStream('exclusive', 4096, 1024);
    await stream.write(patternBytes(2000));
    await stream.flush();
    const [name] = await readdir(stateDirectory);
    expect(await readFile(join(stateDirectory, name as string))).toHaveLength(2000);
    await stream.close();
    expect(await readdir(stateDirectory)).toEqual([]);
  });

  it('has made the file durable when it hands out the handle', async () => {
    const { stream, fileSystem } = await openStream('exclusive', 16, 0);
    await stream.write(patternBytes(1000));
    const { location } = (await stream.closeAndGetHandle()) as FileStateHandle;
    expect(fileSystem.calls.at(-1)).toBe(`sync ${fileURLToPath(location)}`);
  });

  it('takes another name when the random one is taken, and says so when all are', async () => {
    const directory = await temporaryDirectory();
    const fileSystem = new NodeFileSystem();
    const path = (name: string) => join(directory, name);
    await (await fileSystem.openNew(path('taken')))?.close();
    const names = ['taken', 'taken', 'free'];
    const settings = { fileSystem, bufferSizeBytes: 1, fileStateSizeThresholdBytes: 0 };
    const lucky = new FileSystemCheckpointStream({ ...settings, newPath: () => path(names.shift() as string) });
    await lucky.write(patternBytes(10));
    expect(await lucky.closeAndGetHandle()).toMatchObject({ location: fileSystem.uriOf(path('free')) });

    const unlucky = new FileSystemCheckpointStream({ ...settings, newPath: () => path('taken') });
    await expect(unlucky.write(patternBytes(10))).rejects.toMatchObject({ code: 'storage-io-failed' });
    expect((await readdir(directory)).sort()).toEqual(['free', 'taken']);
  });

  it('leaves neither file nor descriptor when it is aborted between two writes', async () => {
    const { worker, fileSystem, stateDirectory } = await openStream('exclusive', 16, 0);
    const abort = new AbortController();
    const streams = await worker.resolveCheckpointStorageLocation(1, '');
    const stream = await streams.createCheckpointStateOutputStream('exclusive', PURPOSE, abort.signal);
    await stream.write(patternBytes(1000));
    abort.abort(new Error('enough'));
    await expect(stream.write(patternBytes(1000))).rejects.toThrow('enough');
    expect(await readdir(stateDirectory)).toEqual([]);
    expect(fileSystem.openFiles).toBe(0);
    await stream.close();
  });
});
