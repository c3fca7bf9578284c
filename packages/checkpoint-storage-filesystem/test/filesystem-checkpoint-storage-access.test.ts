// The rows of Flink's FsCheckpointStorageAccessTest and AbstractFileCheckpointStorageAccessTestBase.

import { access, mkdir, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { FileStateHandle } from '@tidemark/state-core/spi';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from './fixtures/temporary-directory.js';
import {
  openViews,
  patternBytes,
  readState,
  startCheckpoint,
  takeOver,
  writeState,
  writeTo,
} from './fixtures/views.js';

const SMALL = { fileStateSizeThresholdBytes: 0 } as const;

async function savepointIn(settings: { savepointDirectory?: string }, target?: string) {
  const directory = await temporaryDirectory();
  const opened = await openViews({ directory, ...SMALL, ...settings });
  const location = await opened.coordinator.initializeLocationForSavepoint(7, target);
  const streams = await opened.worker.resolveCheckpointStorageLocation(7, location.reference);
  return { ...opened, directory, location, streams, path: fileURLToPath(location.externalPointer) };
}

describe('FsCheckpointStorageAccessTest', () => {
  it.each(['Default', 'Custom'] as const)(
    'testSavepointsInOneDirectory%sLocation: all files of a savepoint are in one directory',
    async (which) => {
      const savepoints = await temporaryDirectory();
      const { streams, path } =
        which === 'Default' ? await savepointIn({ savepointDirectory: savepoints }) : await savepointIn({}, savepoints);
      await writeState(streams, 'exclusive', patternBytes(100));
      await writeState(streams, 'shared', patternBytes(100));
      expect(join(path, '..')).toBe(savepoints);
      expect(await readdir(path)).toHaveLength(2);
    },
  );

  it('testDirectoriesForExclusiveAndSharedState: each scope has a directory of its own, emptied by discarding', async () => {
    const directory = await temporaryDirectory();
    const opened = await openViews({ directory, ...SMALL });
    const { streams } = await startCheckpoint(opened, 1, await takeOver(opened.coordinator));
    const [exclusive, shared] = [join(directory, 'job', 'chk-1'), join(directory, 'job', 'shared')];
    expect([await readdir(exclusive), await readdir(shared)]).toEqual([[], []]);
    const first = await writeState(streams, 'exclusive', patternBytes(100));
    expect([await readdir(exclusive), await readdir(shared)]).toMatchObject([{ length: 1 }, { length: 0 }]);
    const second = await writeState(streams, 'shared', patternBytes(100));
    expect([await readdir(exclusive), await readdir(shared)]).toMatchObject([{ length: 1 }, { length: 1 }]);
    await opened.coordinator.discard(first);
    await opened.coordinator.discard(second);
    expect([await readdir(exclusive), await readdir(shared)]).toEqual([[], []]);
  });

  it('testTaskOwnedStateStream: a stream that a task keeps goes into a directory of its own', async () => {
    const directory = await temporaryDirectory();
    const { coordinator, worker } = await openViews({ directory, ...SMALL });
    await coordinator.initializeBaseLocationsForCheckpoint();
    const handle = (await writeTo(await worker.createTaskOwnedStateStream(), patternBytes(100))) as FileStateHandle;
    expect(join(fileURLToPath(handle.location), '..')).toBe(join(directory, 'job', 'taskowned'));
    expect(await readState(worker, handle)).toEqual(patternBytes(100));
  });

  it('nothing is made before it is asked for', async () => {
    const directory = await temporaryDirectory();
    const { coordinator } = await openViews({ directory });
    expect(await readdir(directory)).toEqual([]);
    await coordinator.initializeBaseLocationsForCheckpoint();
    expect((await readdir(join(directory, 'job'))).sort()).toEqual(['shared', 'taskowned']);
  });

  it('testDuplicationCheckpointStateToolset: a file is copied by the file system', async () => {
    const { coordinator, worker, directory } = await savepointIn({ savepointDirectory: await temporaryDirectory() });
    const { streams } = await startCheckpoint({ coordinator, worker } as never, 1, await takeOver(coordinator));
    const original = (await writeState(streams, 'shared', patternBytes(5000))) as FileStateHandle;
    const savepoint = await coordinator.initializeLocationForSavepoint(2, undefined);
    const target = await worker.resolveCheckpointStorageLocation(2, savepoint.reference);
    const copy = (await target.duplicate?.(original, 'exclusive')) as FileStateHandle;
    expect(copy).toMatchObject({ kind: 'file', sizeBytes: 5000 });
    expect(copy.location.startsWith(savepoint.externalPointer)).toBe(true);
    await coordinator.discard(original);
    expect(await readdir(join(directory, 'job', 'shared'))).toEqual([]);
    expect(await readState(worker, copy)).toEqual(patternBytes(5000));
    await expect(target.duplicate?.(original, 'exclusive')).rejects.toMatchObject({ code: 'file-missing' });
    const inline = { kind: 'byte-stream', name: 'small', bytes: patternBytes(3) } as const;
    expect(await target.duplicate?.(inline, 'shared')).toEqual(inline);
  });
});

describe('AbstractFileCheckpointStorageAccessTestBase', () => {
  it('testPointerPathResolution: metadata file, directory, and directory with a slash are one snapshot', async () => {
    const directory = await temporaryDirectory();
    const { coordinator } = await openViews({ directory: await temporaryDirectory() });
    const metadata = join(directory, '_metadata');
    await writeFile(metadata, patternBytes(23));
    const pointers = [metadata, directory, `${directory}/`, `${directory}//`];
    for (const pointer of [...pointers, ...pointers.map((path) => pathToFileURL(path).href)]) {
      const resolved = await coordinator.resolveCheckpoint(pointer);
      expect(resolved.externalPointer).toBe(pathToFileURL(directory).href);
      expect(await resolved.readMetadata()).toEqual(new Uint8Array(patternBytes(23)));
    }
  });

  it('testPointerPathResolution: a metadata file under another name is its own pointer', async () => {
    const directory = await temporaryDirectory();
    const { coordinator } = await openViews({ directory });
    await writeFile(join(directory, 'saved'), patternBytes(23));
    const resolved = await coordinator.resolveCheckpoint(join(directory, 'saved'));
    expect(resolved.externalPointer).toBe(pathToFileURL(join(directory, 'saved')).href);
  });

  it('testFailingPointerPathResolution: no pointer, an empty one, garbage, and a path that is not there', async () => {
    const { coordinator } = await openViews({ directory: await temporaryDirectory() });
    await expect(coordinator.resolveCheckpoint(null as never)).rejects.toThrow(TypeError);
    await expect(coordinator.resolveCheckpoint('')).rejects.toThrow(TypeError);
    const missing = [
      'this is no path',
      join(await temporaryDirectory(), 'nothing'),
      'file://host/path',
      '<checkpoint-not-externally-addressable>',
    ];
    for (const pointer of missing) {
      await expect(coordinator.resolveCheckpoint(pointer)).rejects.toMatchObject({ code: 'checkpoint-not-found' });
    }
    await expect(coordinator.resolveCheckpoint(await temporaryDirectory())).rejects.toThrow(/_metadata/);
    await expect(coordinator.resolveCheckpoint('s3://bucket/chk-1')).rejects.toMatchObject({
      code: 'file-system-scheme-unknown',
    });
  });

  it('testCreateCheckpointSubDirs: with and without a directory for the job', async () => {
    for (const createSubdirectory of [true, false]) {
      const directory = await temporaryDirectory();
      const { coordinator } = await openViews({ directory, createSubdirectory });
      await coordinator.initializeLocationForCheckpoint(42, await takeOver(coordinator));
      expect(await readdir(directory)).toContain(createSubdirectory ? 'job' : 'chk-42');
      expect((await coordinator.list()).checkpoints).toMatchObject([{ checkpointId: 42, published: false }]);
    }
  });

  it('writeToAlreadyExistingCheckpointFails: the same id a second time, and the same location', async () => {
    const opened = await openViews({ directory: await temporaryDirectory() });
    const owner = await takeOver(opened.coordinator);
    const { location } = await startCheckpoint(opened, 177, owner);
    await location.publish(patternBytes(10));
    const exists = { code: 'checkpoint-location-exists' };
    await expect(location.publish(patternBytes(11))).rejects.toMatchObject(exists);
    await expect(opened.coordinator.initializeLocationForCheckpoint(177, owner)).rejects.toMatchObject(exists);
    const resolved = await opened.coordinator.resolveCheckpoint(location.externalPointer);
    expect(await resolved.readMetadata()).toEqual(patternBytes(10));
  });

  it.each([
    'testSavepointPathConfiguredAndTarget',
    'testSavepointPathConfiguredNoTarget',
    'testNoSavepointPathConfiguredAndTarget',
  ])('%s: where the savepoint goes, what it holds, and that it can be given up', async (row) => {
    const [configured, target] = [await temporaryDirectory(), await temporaryDirectory()];
    const { location, coordinator, path, streams, worker } = await savepointIn(
      row.startsWith('testNo') ? {} : { savepointDirectory: configured },
      row.endsWith('NoTarget') ? undefined : target,
    );
    expect(join(path, '..')).toBe(row.endsWith('NoTarget') ? configured : target);
    expect(path).toMatch(/\/savepoint-job-[0-9a-f]{12}$/);
    const handle = (await writeState(streams, 'exclusive', patternBytes(500))) as FileStateHandle;
    const reference = location.referenceOf(handle.location);
    expect(reference).toMatch(/^[0-9a-f]{32}$/);
    const { externalPointer } = await location.publish(patternBytes(20));
    const resolved = await coordinator.resolveCheckpoint(externalPointer);
    expect(await resolved.readMetadata()).toEqual(patternBytes(20));
    expect(resolved.locationOf(reference)).toBe(handle.location);
    expect(await readState(worker, handle)).toEqual(patternBytes(500));
    await location.disposeOnFailure();
    await location.disposeOnFailure();
    await expect(access(path)).rejects.toThrow();
  });

  it('testNoSavepointPathConfiguredNoTarget: a savepoint without a place is refused', async () => {
    const { coordinator } = await openViews({ directory: await temporaryDirectory() });
    await expect(coordinator.initializeLocationForSavepoint(1, undefined)).rejects.toMatchObject({
      code: 'savepoint-location-missing',
      message: expect.stringContaining('execution.checkpointing.savepoint-dir'),
    });
  });

  it('a reference that no coordinator made is refused', async () => {
    const { worker } = await openViews({ directory: await temporaryDirectory() });
    for (const reference of ['/etc', 'file:///etc', '../up']) {
      await expect(worker.resolveCheckpointStorageLocation(1, reference)).rejects.toMatchObject({
        code: 'path-not-allowed',
      });
    }
  });

  it('ids begin at 1', async () => {
    const { coordinator } = await openViews({ directory: await temporaryDirectory() });
    const owner = await takeOver(coordinator);
    for (const id of [0, -1, 1.5, Number.NaN]) {
      await expect(coordinator.initializeLocationForCheckpoint(id, owner)).rejects.toThrow(RangeError);
    }
  });
});

describe('a snapshot in another place', () => {
  /** A checkpoint that refers to a file of its own, a shared one and one that a task keeps. */
  async function publishedCheckpoint() {
    const directory = await temporaryDirectory();
    const opened = await openViews({ directory, ...SMALL });
    const { location, streams } = await startCheckpoint(opened, 3, await takeOver(opened.coordinator));
    const handles = [
      await writeState(streams, 'exclusive', patternBytes(100, 1)),
      await writeState(streams, 'shared', patternBytes(100, 2)),
      await writeTo(await opened.worker.createTaskOwnedStateStream(), patternBytes(100, 3)),
    ] as FileStateHandle[];
    const references = handles.map((handle) => location.referenceOf(handle.location));
    await location.publish(new TextEncoder().encode(references.join('\n')));
    return { ...opened, directory, location, handles, references };
  }

  it('restores from a moved tree, whose references name no absolute path', async () => {
    const { directory, references } = await publishedCheckpoint();
    expect(references[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(references[1]).toMatch(/^\.\.\/shared\/[0-9a-f]{32}$/);
    expect(references[2]).toMatch(/^\.\.\/taskowned\/[0-9a-f]{32}$/);
    const moved = join(await temporaryDirectory(), 'moved');
    await rename(join(directory, 'job'), moved);
    const { coordinator, worker } = await openViews({ directory: await temporaryDirectory() }, 'another job');
    const resolved = await coordinator.resolveCheckpoint(join(moved, 'chk-3'));
    const text = new TextDecoder().decode(await resolved.readMetadata());
    for (const [index, reference] of text.split('\n').entries()) {
      const handle: FileStateHandle = { kind: 'file', location: resolved.locationOf(reference), sizeBytes: 100 };
      expect(await readState(worker, handle)).toEqual(patternBytes(100, index + 1));
    }
  });

  it('names files of the own job alike, however the pointer was written', async () => {
    const { directory, coordinator, handles, references } = await publishedCheckpoint();
    const alias = join(await temporaryDirectory(), 'alias');
    await symlink(directory, alias);
    for (const pointer of [join(directory, 'job/../job/chk-3/'), join(alias, 'job', 'chk-3', '_metadata')]) {
      const resolved = await coordinator.resolveCheckpoint(pointer);
      expect(references.map((reference) => resolved.locationOf(reference))).toEqual(
        handles.map((handle) => handle.location),
      );
      expect(handles.map((handle) => resolved.referenceOf(handle.location))).toEqual(references);
    }
  });

  it('reads one checkpoint directory alone when it refers to its own files only', async () => {
    const { directory, references } = await publishedCheckpoint();
    const copy = join(await temporaryDirectory(), 'backup of monday');
    await rename(join(directory, 'job', 'chk-3'), copy);
    const { coordinator, worker } = await openViews({ directory: await temporaryDirectory() });
    const resolved = await coordinator.resolveCheckpoint(copy);
    const location = resolved.locationOf(references[0] as string);
    expect(await readState(worker, { kind: 'file', location, sizeBytes: 100 })).toEqual(patternBytes(100, 1));
    expect(() => resolved.locationOf(references[1] as string)).toThrow(/must keep its name/);
  });

  it.each([
    '/etc/passwd',
    '../../../etc/passwd',
    '../shared/../../../etc/passwd',
    '../chk-2/0123',
    '../shared/',
    '../shared/..',
    '..',
    '.',
    '',
    '_metadata',
    '../owner-1',
    'file:///etc/passwd',
    'a\\..\\b',
    'sub/file',
    '\0',
    'entropy/ab/shared/0123',
    '../shared/%2e%2e',
  ])('refuses the reference %j of hostile metadata', async (reference) => {
    const { coordinator, location } = await publishedCheckpoint();
    const resolved = await coordinator.resolveCheckpoint(location.externalPointer);
    for (const scope of [resolved, location]) {
      expect(() => scope.locationOf(reference)).toThrow(expect.objectContaining({ code: 'path-not-allowed' }));
    }
  });

  it('refers to no file of another checkpoint, job, savepoint or directory', async () => {
    const { coordinator, location, directory } = await publishedCheckpoint();
    const strangers = [
      join(directory, 'job', 'chk-2', '0123'),
      join(directory, 'other', 'shared', '0123'),
      join(directory, 'job', 'owner-1'),
      '/etc/passwd',
    ];
    for (const path of strangers) {
      const make = () => location.referenceOf(pathToFileURL(path).href);
      expect(make).toThrow(expect.objectContaining({ code: 'path-not-allowed' }));
    }
    const savepoint = await coordinator.initializeLocationForSavepoint(9, join(directory, 'savepoints'));
    const shared = pathToFileURL(join(directory, 'job', 'shared', '0123')).href;
    expect(() => savepoint.referenceOf(shared)).toThrow(expect.objectContaining({ code: 'path-not-allowed' }));
  });

  it('follows no link in the place of metadata, of a checkpoint or of the shared directory', async () => {
    const { coordinator, directory, location, storage } = await publishedCheckpoint();
    const outside = await temporaryDirectory();
    await writeFile(join(outside, '_metadata'), 'secret');
    await symlink(outside, join(directory, 'job', 'chk-4'));
    const linked = (await coordinator.list()).checkpoints.at(-1);
    await expect(coordinator.resolveCheckpoint(linked?.externalPointer ?? '')).rejects.toMatchObject({
      code: 'path-not-allowed',
    });
    await coordinator.disposeCheckpoint(4);
    expect(await readdir(outside)).toEqual(['_metadata']);

    const metadata = join(fileURLToPath(location.externalPointer), '_metadata');
    await rename(metadata, join(outside, 'moved'));
    await symlink(join(outside, 'moved'), metadata);
    const resolved = coordinator.resolveCheckpoint(location.externalPointer).then((found) => found.readMetadata());
    await expect(resolved).rejects.toMatchObject({ code: 'path-not-allowed' });

    await rename(join(directory, 'job', 'shared'), join(outside, 'shared'));
    await symlink(join(outside, 'shared'), join(directory, 'job', 'shared'));
    const refused = { code: 'path-not-allowed' };
    await expect(coordinator.sweepUnreferenced([], { epoch: 1 })).rejects.toMatchObject(refused);
    await expect(coordinator.acquireOwnership()).rejects.toMatchObject(refused);
    expect(await readdir(join(outside, 'shared'))).toHaveLength(1);
    expect(storage.name).toBe('filesystem');
  });
});

describe('removal', () => {
  it('removes a checkpoint with everything in it, again without an error, and touches nothing else', async () => {
    const directory = await temporaryDirectory();
    const opened = await openViews({ directory, ...SMALL });
    const owner = await takeOver(opened.coordinator);
    for (const id of [1, 2]) {
      const { location, streams } = await startCheckpoint(opened, id, owner);
      await writeState(streams, 'exclusive', patternBytes(10));
      await writeState(streams, 'shared', patternBytes(10));
      await location.publish(patternBytes(5));
    }
    await mkdir(join(directory, 'job', 'chk-1', 'nested', 'deep'), { recursive: true });
    await opened.coordinator.disposeCheckpoint(1);
    await opened.coordinator.disposeCheckpoint(1);
    expect((await opened.coordinator.list()).checkpoints).toMatchObject([{ checkpointId: 2, published: true }]);
    expect(await readdir(join(directory, 'job', 'shared'))).toHaveLength(2);
  });

  it('sweeps shared files that nobody names and keeps the others', async () => {
    const directory = await temporaryDirectory();
    const opened = await openViews({ directory, ...SMALL });
    const owner = await takeOver(opened.coordinator);
    const { streams } = await startCheckpoint(opened, 1, owner);
    const kept = await writeState(streams, 'shared', patternBytes(10));
    await writeState(streams, 'shared', patternBytes(20));
    await opened.coordinator.sweepUnreferenced([kept], owner);
    expect(await readdir(join(directory, 'job', 'shared'))).toEqual([
      fileURLToPath((kept as FileStateHandle).location)
        .split('/')
        .at(-1),
    ]);
    const newer = await takeOver(opened.coordinator);
    await expect(opened.coordinator.sweepUnreferenced([], owner)).rejects.toMatchObject({ code: 'fenced' });
    expect(newer.epoch).toBe(2);
    expect(await readState(opened.worker, kept)).toEqual(patternBytes(10));
  });

  it('lists nothing of an unknown job, ignores strangers, and counts ids that never completed', async () => {
    const directory = await temporaryDirectory();
    const { coordinator } = await openViews({ directory });
    expect(await coordinator.list()).toEqual({ checkpoints: [], owners: [] });
    const owner = await takeOver(coordinator);
    await coordinator.initializeLocationForCheckpoint(12, owner);
    for (const name of ['chk-', 'chk-x', 'chk-007', 'chk-99999999999999999', 'notes'])
      await mkdir(join(directory, 'job', name));
    expect((await coordinator.list()).checkpoints.map((found) => found.checkpointId)).toEqual([12]);
    await expect(coordinator.list(AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  });

  it('tells people who looks at an owner file what it is', async () => {
    const directory = await temporaryDirectory();
    const { coordinator } = await openViews({ directory }, 'Accounts/1');
    await coordinator.acquireOwnership();
    const [job] = await readdir(directory);
    expect(job).toBe('=41ccounts=2f1');
    expect(JSON.parse(await readFile(join(directory, job as string, 'owner-1'), 'utf8'))).toEqual({
      jobId: 'Accounts/1',
    });
  });
});
