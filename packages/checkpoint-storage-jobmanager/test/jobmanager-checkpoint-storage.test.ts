// Settings, configuration and directories: the rows of Flink's CheckpointStorageLoaderTest and
// MemoryCheckpointStorageAccessTest that are about this storage. The directories are written by the filesystem storage.

import { mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  FileSystemCheckpointStorage,
  checkpointStorageFactory as fileSystemFactory,
} from '@tidemark/checkpoint-storage-filesystem';
import { Configuration, loadCheckpointStorage, silentLogger } from '@tidemark/state-core';
import { type FactoryContext, SPI_API_VERSION } from '@tidemark/state-core/spi';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  checkpointStorageFactory,
  JobManagerCheckpointStorage,
  JobManagerCheckpointStorageOptions,
  type JobManagerCheckpointStorageSettings,
  type MetadataStorage,
  processCoordinatorMemory,
} from '../src/index.js';
import { openViews, takeOver, writeBytes } from './fixtures/views.js';

const CONTEXT: FactoryContext = { logger: silentLogger };
const METADATA = Uint8Array.of(1, 2, 3);
const inFiles: MetadataStorage = (directories) => new FileSystemCheckpointStorage(directories);

async function temporaryDirectory(): Promise<string> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'tidemark-jobmanager-')));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function load(values: Record<string, string>): Promise<JobManagerCheckpointStorage> {
  const storage = await loadCheckpointStorage(Configuration.from(values), {
    checkpointStorageFactories: { jobmanager: checkpointStorageFactory, filesystem: fileSystemFactory },
  });
  return storage as JobManagerCheckpointStorage;
}

describe('CheckpointStorageLoaderTest', () => {
  it('testConfigureJobManagerStorage: the limit of the code stays, the directory of savepoints is added', () => {
    const inCode = new JobManagerCheckpointStorage({ maxStateSizeBytes: 100 });
    const config = Configuration.from({
      'execution.checkpointing.storage': 'filesystem',
      'execution.checkpointing.savepoint-dir': 'file:///savepoints',
      'execution.checkpointing.storage.jobmanager.max-state-size': '7 mb',
    });
    expect(inCode.configure(config, CONTEXT)).toMatchObject({
      name: 'jobmanager',
      maxStateSizeBytes: 100,
      savepointDirectory: 'file:///savepoints',
      checkpointDirectory: undefined,
    });
  });

  it('testHighAvailabilityDefault: without a directory there is none', async () => {
    const storage = await load({ 'execution.checkpointing.storage': 'jobmanager' });
    expect(storage.checkpointDirectory).toBeUndefined();
    expect(storage.capabilities.durable).toBe(false);
  });

  it('testHighAvailabilityDefaultLocalPaths: a configured directory takes the metadata', async () => {
    const directory = pathToFileURL(await temporaryDirectory()).href;
    const storage = await load({
      'execution.checkpointing.storage': 'jobmanager',
      'execution.checkpointing.dir': directory,
    });
    expect(storage.checkpointDirectory).toBe(directory);
    expect(storage.capabilities).toEqual({
      durable: true,
      savepoints: true,
      externallyAddressable: true,
      fencing: true,
    });
    const { coordinator, logger } = await openViews(storage);
    const location = await coordinator.initializeLocationForCheckpoint(1, await takeOver(coordinator));
    expect((await location.publish(METADATA)).externalPointer).toBe(`${directory}/job/chk-1`);
    expect(logger.warnings).toEqual([]);
  });
});

describe('MemoryCheckpointStorageAccessTest', () => {
  async function withDirectory(settings: JobManagerCheckpointStorageSettings = {}) {
    const directory = await temporaryDirectory();
    return {
      directory,
      ...(await openViews({ checkpointDirectory: directory, metadataStorage: inFiles, ...settings })),
    };
  }

  it('testParametrizationDirectories: with a directory it can be restored from elsewhere', async () => {
    const { storage, directory } = await withDirectory();
    expect(storage.checkpointDirectory).toBe(directory);
    expect(storage.capabilities.durable).toBe(true);
  });

  it('testStorageLocationMkdirs: the directory of a checkpoint is made for its location, not before', async () => {
    const { coordinator, directory } = await withDirectory();
    const owner = await takeOver(coordinator);
    expect(await readdir(join(directory, 'job'))).not.toContain('chk-177');
    await coordinator.initializeLocationForCheckpoint(177, owner);
    expect(await readdir(join(directory, 'job'))).toContain('chk-177');
  });

  it('testLocationReference: with a directory and for savepoints, too, a task needs to know nothing about the place', async () => {
    const { coordinator, directory } = await withDirectory();
    const owner = await takeOver(coordinator);
    expect((await coordinator.initializeLocationForCheckpoint(1, owner)).reference).toBe('');
    expect((await coordinator.initializeLocationForSavepoint(2, join(directory, 'savepoints'))).reference).toBe('');
  });

  it('writes metadata and no state to the directory, and finds it again in another process', async () => {
    const { coordinator, worker, directory } = await withDirectory({ createSubdirectory: false });
    const owner = await takeOver(coordinator);
    await coordinator.recordRestoredFrom(owner, null);
    await coordinator.initializeBaseLocationsForCheckpoint();
    expect(await writeBytes(worker, 100_000)).toMatchObject({ kind: 'byte-stream' });
    await (await coordinator.initializeLocationForCheckpoint(1, owner)).publish(METADATA);
    expect(await readdir(join(directory, 'chk-1'))).toEqual(['_metadata']);

    const other = await openViews({
      checkpointDirectory: directory,
      metadataStorage: inFiles,
      createSubdirectory: false,
    });
    const { checkpoints, owners } = await other.coordinator.list();
    expect(owners).toEqual([{ epoch: 1, restoredFrom: null, published: true }]);
    const resolved = await other.coordinator.resolveCheckpoint(checkpoints[0]?.externalPointer ?? '');
    expect(await resolved.readMetadata()).toEqual(METADATA);
    await other.coordinator.sweepUnreferenced([], owner);
    await other.coordinator.disposeCheckpoint(1);
    expect((await other.coordinator.list()).checkpoints).toEqual([]);
    await other.coordinator.close();
  });

  it('checks the size of a checkpoint that goes to a directory', async () => {
    const { coordinator, directory } = await withDirectory({ maxCheckpointSizeBytes: 100 });
    const location = await coordinator.initializeLocationForCheckpoint(1, await takeOver(coordinator));
    await expect(location.publish(new Uint8Array(101))).rejects.toMatchObject({
      code: 'checkpoint-size-limit-exceeded',
    });
    await location.disposeOnFailure();
    expect(await readdir(join(directory, 'job'))).not.toContain('chk-1');
  });

  it.each([
    'testSavepointPathConfiguredAndTarget',
    'testSavepointPathConfiguredNoTarget',
    'testNoSavepointPathConfiguredAndTarget',
  ])('%s: checkpoints in memory, savepoints where they are wanted', async (row) => {
    const [configured, target] = [await temporaryDirectory(), await temporaryDirectory()];
    const values = row.startsWith('testNo') ? {} : { 'execution.checkpointing.savepoint-dir': configured };
    const { coordinator } = await openViews(
      await load({ 'execution.checkpointing.storage': 'jobmanager', ...values }),
      row,
    );
    const location = await coordinator.initializeLocationForSavepoint(1, row.endsWith('NoTarget') ? undefined : target);
    const { externalPointer } = await location.publish(METADATA);
    const parent = row.endsWith('NoTarget') ? configured : target;
    expect(externalPointer.startsWith(pathToFileURL(join(parent, 'savepoint-')).href)).toBe(true);
    expect(location.referenceOf(`${externalPointer}/0123`)).toBe('0123');
    expect(location.locationOf('0123')).toBe(`${externalPointer}/0123`);
    const resolved = await coordinator.resolveCheckpoint(externalPointer);
    expect(await resolved.readMetadata()).toEqual(METADATA);
    await location.disposeOnFailure();
    expect(await readdir(parent)).toEqual([]);
  });

  it('reads and removes files that another storage wrote', async () => {
    const directory = await temporaryDirectory();
    const parameters = {
      jobId: 'job',
      clock: { nowMs: () => 0, monotonicMs: () => 0 },
      random: { fill: (bytes: Uint8Array) => void bytes.fill(7) },
      logger: silentLogger,
    };
    const files = new FileSystemCheckpointStorage({ directory, fileStateSizeThresholdBytes: 0 });
    const writing = await files.createCoordinatorView(parameters);
    await writing.initializeLocationForCheckpoint(1, await takeOver(writing));
    const handle = await writeBytes(await files.createWorkerView(parameters), 50);
    if (handle === undefined) throw new Error('nothing was written');
    for (const settings of [{}, { checkpointDirectory: directory }]) {
      const { coordinator, worker } = await openViews({ ...settings, metadataStorage: inFiles });
      for (const view of [coordinator, worker]) {
        const input = await view.openInput(handle);
        expect(input.sizeBytes).toBe(50);
        await input.close();
      }
    }
    await (await openViews({ metadataStorage: inFiles })).coordinator.discard(handle);
    const { worker } = await openViews({ metadataStorage: inFiles });
    await expect(worker.openInput(handle)).rejects.toMatchObject({ code: 'file-missing' });
  });
});

describe('JobManagerCheckpointStorage', () => {
  it('has the defaults of Flink and takes limits from configuration', () => {
    expect(new JobManagerCheckpointStorage()).toMatchObject({
      maxStateSizeBytes: 5_242_880,
      maxCheckpointSizeBytes: 268_435_456,
    });
    const config = Configuration.from({
      'execution.checkpointing.storage.jobmanager.max-state-size': '7 mb',
      'execution.checkpointing.storage.jobmanager.max-checkpoint-size': '1 gb',
    });
    expect(checkpointStorageFactory.createFromConfig(config, CONTEXT)).toMatchObject({
      maxStateSizeBytes: 7_340_032,
      maxCheckpointSizeBytes: 2 ** 30,
    });
    expect(checkpointStorageFactory).toMatchObject({ name: 'jobmanager', apiVersion: SPI_API_VERSION });
    expect(checkpointStorageFactory.options).toEqual(Object.values(JobManagerCheckpointStorageOptions));
  });

  it('refuses limits and directories that cannot work', () => {
    for (const size of [0, -1, 1.5, Number.NaN]) {
      expect(() => new JobManagerCheckpointStorage({ maxStateSizeBytes: size })).toThrow(RangeError);
      expect(() => new JobManagerCheckpointStorage({ maxCheckpointSizeBytes: size })).toThrow(RangeError);
    }
    expect(() => new JobManagerCheckpointStorage({ checkpointDirectory: ' ' })).toThrow(TypeError);
    const zero = Configuration.from({ 'execution.checkpointing.storage.jobmanager.max-state-size': 0 });
    expect(() => checkpointStorageFactory.createFromConfig(zero, CONTEXT)).toThrow(
      expect.objectContaining({ code: 'config-value-invalid' }),
    );
  });

  it('says what writes to a directory when nothing does', async () => {
    await expect(openViews({ checkpointDirectory: './checkpoints' })).rejects.toMatchObject({
      code: 'config-option-missing',
      kind: 'configure',
      message: expect.stringMatching(/'\.\/checkpoints'.*new FileSystemCheckpointStorage\(directories\)/),
    });
  });

  it('says what to install when the storage for the directory is not there', async () => {
    const config = Configuration.from({
      'execution.checkpointing.storage': 'jobmanager',
      'execution.checkpointing.dir': './cp',
    });
    const storage = await loadCheckpointStorage(config, {
      checkpointStorageFactories: { jobmanager: checkpointStorageFactory },
      importModule: (specifier) => {
        throw Object.assign(new Error(`Cannot find package '${specifier}'`), { code: 'ERR_MODULE_NOT_FOUND' });
      },
    });
    await expect(openViews(storage as JobManagerCheckpointStorage)).rejects.toMatchObject({
      code: 'factory-not-found',
      message: expect.stringContaining('@tidemark/checkpoint-storage-filesystem'),
    });
  });

  it('counts a relative directory of a configuration file from that file, also through the other storage', async () => {
    const directory = await temporaryDirectory();
    const config = Configuration.from(
      {
        'execution.checkpointing.storage': 'jobmanager',
        'execution.checkpointing.dir': './cp',
        'execution.checkpointing.savepoint-dir': './sp',
      },
      { origin: 'tidemark.yaml:1' },
    );
    const storage = await loadCheckpointStorage(config, {
      checkpointStorageFactories: { jobmanager: checkpointStorageFactory, filesystem: fileSystemFactory },
      configDirectory: `${pathToFileURL(directory).href}/`,
    });
    const { coordinator } = await openViews(storage as JobManagerCheckpointStorage);
    await coordinator.acquireOwnership();
    await coordinator.initializeLocationForSavepoint(1, undefined);
    expect((await readdir(directory)).sort()).toEqual(['cp', 'sp']);
  });

  it('shares the memory of the process among storages made from configuration', async () => {
    const jobId = 'shared by configuration';
    onTestFinished(() => processCoordinatorMemory.forget(jobId));
    const first = await openViews(await load({}), jobId);
    await first.coordinator.acquireOwnership();
    const second = await openViews(await load({}), jobId);
    expect((await second.coordinator.list()).owners).toEqual([{ epoch: 1 }]);
    const inCode = await openViews({}, jobId);
    expect((await inCode.coordinator.list()).owners).toEqual([]);
  });
});
