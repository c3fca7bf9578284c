// Settings in code and in configuration, and the rows of Flink's CheckpointStorageLoaderTest that are about this storage.

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CheckpointingOptions, Configuration, type StateLogger, silentLogger } from '@tidemark/state-core';
import { type FactoryContext, SPI_API_VERSION } from '@tidemark/state-core/spi';
import { describe, expect, it } from 'vitest';
import {
  checkpointStorageFactory,
  FileSystemCheckpointStorage,
  FileSystemCheckpointStorageOptions,
  NodeFileSystem,
  registerFileSystem,
} from '../src/index.js';
import { temporaryDirectory } from './fixtures/temporary-directory.js';
import {
  openViews,
  patternBytes,
  readState,
  startCheckpoint,
  takeOver,
  viewParameters,
  writeState,
} from './fixtures/views.js';

const CONTEXT: FactoryContext = { logger: silentLogger };

function fromConfig(values: Record<string, string | number | boolean>, context: FactoryContext = CONTEXT) {
  return checkpointStorageFactory.createFromConfig(Configuration.from(values), context) as FileSystemCheckpointStorage;
}

describe('CheckpointStorageLoaderTest', () => {
  it('testLoadFileSystemCheckpointStorage: directories, threshold and buffer from configuration', () => {
    const storage = fromConfig({
      'execution.checkpointing.storage': 'filesystem',
      'execution.checkpointing.dir': 'file:///checkpoints/base',
      'execution.checkpointing.savepoint-dir': 'file:///savepoints',
      'execution.checkpointing.data-inline-threshold': '900kb',
      'execution.checkpointing.write-buffer-size': 1024,
    });
    expect(storage).toMatchObject({
      name: 'filesystem',
      checkpointDirectory: 'file:///checkpoints/base',
      savepointDirectory: 'file:///savepoints',
      fileStateSizeThresholdBytes: 921_600,
      writeBufferSizeBytes: 921_600,
    });
  });

  it('testLoadFileSystemStateBackendMixed: what was set in code wins, the rest comes from configuration', () => {
    const inCode = new FileSystemCheckpointStorage({
      directory: '/own/checkpoints',
      fileStateSizeThresholdBytes: 1_000_000,
      writeBufferSizeBytes: 4_000_000,
    });
    const config = Configuration.from({
      'execution.checkpointing.dir': 'file:///configured/checkpoints',
      'execution.checkpointing.savepoint-dir': 'file:///configured/savepoints',
      'execution.checkpointing.data-inline-threshold': '20 kb',
      'execution.checkpointing.write-buffer-size': '3 mb',
    });
    expect(inCode.configure(config, CONTEXT)).toMatchObject({
      checkpointDirectory: 'file:///own/checkpoints',
      savepointDirectory: 'file:///configured/savepoints',
      fileStateSizeThresholdBytes: 1_000_000,
      writeBufferSizeBytes: 4_000_000,
    });
    expect(inCode.savepointDirectory).toBeUndefined();
  });

  it.each([
    ['execution.checkpointing.dir', 'file://host/checkpoints'],
    ['execution.checkpointing.dir', 'file:///'],
    ['execution.checkpointing.dir', '/'],
    ['execution.checkpointing.dir', 'file:'],
    ['execution.checkpointing.savepoint-dir', 'file://host/savepoints'],
  ])('testLoadingFails: %s: %s is refused', (key, value) => {
    const make = () => fromConfig({ 'execution.checkpointing.dir': '/checkpoints', [key]: value });
    expect(make).toThrow(
      expect.objectContaining({ code: 'config-value-invalid', message: expect.stringContaining(value) }),
    );
  });

  it('testLoadingFails: no directory at all names the option', () => {
    expect(() => fromConfig({})).toThrow(
      expect.objectContaining({
        code: 'config-option-missing',
        message: expect.stringContaining('execution.checkpointing.dir'),
      }),
    );
  });
});

describe('FileSystemCheckpointStorage', () => {
  it('has the defaults of Flink', () => {
    const storage = new FileSystemCheckpointStorage({ directory: '/checkpoints' });
    expect(storage).toMatchObject({ fileStateSizeThresholdBytes: 20_480, writeBufferSizeBytes: 20_480 });
    const noInline = new FileSystemCheckpointStorage({ directory: '/checkpoints', fileStateSizeThresholdBytes: 0 });
    expect(noInline.writeBufferSizeBytes).toBe(4096);
    expect(storage.capabilities).toEqual({
      durable: true,
      savepoints: true,
      externallyAddressable: true,
      fencing: true,
    });
    expect(checkpointStorageFactory).toMatchObject({ name: 'filesystem', apiVersion: SPI_API_VERSION });
    expect(checkpointStorageFactory.options).toEqual(Object.values(FileSystemCheckpointStorageOptions));
  });

  it.each([
    { fileStateSizeThresholdBytes: -1 },
    { fileStateSizeThresholdBytes: 1_048_577 },
    { fileStateSizeThresholdBytes: 1.5 },
    { writeBufferSizeBytes: -1 },
    { entropyLength: 0, entropyKey: '_entropy_' },
    { entropyLength: 33, entropyKey: '_entropy_' },
  ])('refuses %j', (settings) => {
    expect(() => new FileSystemCheckpointStorage({ directory: '/checkpoints', ...settings })).toThrow(RangeError);
  });

  it('takes the largest threshold', () => {
    const storage = new FileSystemCheckpointStorage({
      directory: '/checkpoints',
      fileStateSizeThresholdBytes: 1_048_576,
    });
    expect(storage.writeBufferSizeBytes).toBe(1_048_576);
  });

  it('refuses an empty directory, the root, and an entropy key that is no word', () => {
    for (const directory of ['', '  ', '/', 'file:///']) {
      expect(() => new FileSystemCheckpointStorage({ directory })).toThrow(TypeError);
    }
    expect(() => new FileSystemCheckpointStorage({ directory: '/a', entropyKey: '../' })).toThrow(TypeError);
  });

  it('warns of a configured threshold out of bounds and uses the default, as Flink does', () => {
    const warnings: string[] = [];
    const logger: StateLogger = { info() {}, warn: (code, message) => warnings.push(`${code}: ${message}`) };
    const storage = fromConfig(
      { 'execution.checkpointing.dir': '/checkpoints', 'state.storage.fs.memory-threshold': '2 mb' },
      { logger },
    );
    expect(storage.fileStateSizeThresholdBytes).toBe(20_480);
    expect(warnings).toEqual([expect.stringMatching(/^inline-threshold-out-of-range: .*2097152/)]);
    const nonsense = {
      'execution.checkpointing.dir': '/checkpoints',
      'execution.checkpointing.data-inline-threshold': 'lots',
    };
    expect(() => fromConfig(nonsense, { logger })).toThrow(expect.objectContaining({ code: 'config-value-invalid' }));
  });

  it('counts relative paths of a configuration file from its directory, all others from the working directory', () => {
    const context: FactoryContext = { logger: silentLogger, configDirectory: 'file:///etc/app/' };
    const file = Configuration.from(
      { 'execution.checkpointing.dir': './cp', 'execution.checkpointing.savepoint-dir': '/sp' },
      { origin: 'tidemark.yaml:1' },
    );
    expect(checkpointStorageFactory.createFromConfig(file, context)).toMatchObject({
      checkpointDirectory: 'file:///etc/app/cp',
      savepointDirectory: 'file:///sp',
    });
    const here = pathToFileURL(join(process.cwd(), 'cp')).href;
    for (const origin of ['code', 'environment variable TIDEMARK_EXECUTION__CHECKPOINTING__DIR']) {
      const config = Configuration.from({ 'execution.checkpointing.dir': './cp' }, { origin });
      expect(checkpointStorageFactory.createFromConfig(config, context)).toMatchObject({ checkpointDirectory: here });
    }
    expect(new FileSystemCheckpointStorage({ directory: 'cp' }).checkpointDirectory).toBe(here);
  });

  it('keeps characters that mean something in a URI', async () => {
    const directory = join(await temporaryDirectory(), 'a b#c?d%e');
    const opened = await openViews({ directory, fileStateSizeThresholdBytes: 0 });
    const { location, streams } = await startCheckpoint(opened, 1, await takeOver(opened.coordinator));
    const handle = await writeState(streams, 'shared', patternBytes(10));
    await location.publish(patternBytes(3));
    const resolved = await opened.coordinator.resolveCheckpoint(location.externalPointer);
    expect(await resolved.readMetadata()).toEqual(patternBytes(3));
    expect(await readState(opened.worker, handle)).toEqual(patternBytes(10));
    const throughPath = await opened.coordinator.resolveCheckpoint(join(directory, 'job', 'chk-1'));
    expect(throughPath.externalPointer).toBe(location.externalPointer);
  });
});

describe('file systems by scheme', () => {
  class OtherFileSystem extends NodeFileSystem {
    override pathOf(uri: string): string {
      return super.pathOf(uri.replace(/^\w+:/, 'file:'));
    }
    override uriOf(path: string): string {
      return super.uriOf(path).replace('file:', 'other:');
    }
  }

  it('says which scheme is unknown and how to register one', () => {
    const make = () => new FileSystemCheckpointStorage({ directory: 's3://bucket/checkpoints' });
    expect(make).toThrow(
      expect.objectContaining({
        code: 'file-system-scheme-unknown',
        message: expect.stringMatching(/'s3'.*registerFileSystem\('s3', yourFileSystem\)/),
      }),
    );
    expect(() => fromConfig({ 'execution.checkpointing.dir': 's3://bucket/cp' })).toThrow(
      expect.objectContaining({ code: 'file-system-scheme-unknown' }),
    );
  });

  it('uses a registered file system until it is taken back', async () => {
    const fileSystem = new OtherFileSystem();
    const takeBack = registerFileSystem('Other', fileSystem);
    try {
      const directory = `other://${await temporaryDirectory()}`;
      const opened = await openViews({ directory, fileStateSizeThresholdBytes: 0 });
      const { location, streams } = await startCheckpoint(opened, 1, await takeOver(opened.coordinator));
      const handle = await writeState(streams, 'exclusive', patternBytes(10));
      expect(handle).toMatchObject({ location: expect.stringMatching(/^other:\/\//) });
      await location.publish(patternBytes(3));
      expect((await opened.coordinator.list()).checkpoints[0]?.externalPointer).toMatch(/^other:/);
      expect(await readState(opened.worker, handle)).toEqual(patternBytes(10));
      expect(registerFileSystem('other', fileSystem)).toBeTypeOf('function');
      expect(() => registerFileSystem('other', new OtherFileSystem())).toThrow(TypeError);
    } finally {
      takeBack();
    }
    expect(() => new FileSystemCheckpointStorage({ directory: 'other:///x' })).toThrow(/'other'/);
  });

  it('refuses to register what is no scheme, and the one of the machine', () => {
    for (const scheme of ['', 'c', 'a b', '1a', 'file', 'a/']) {
      expect(() => registerFileSystem(scheme, new NodeFileSystem())).toThrow(TypeError);
    }
  });

  it('FsCheckpointStorageAccessTest.testNotDuplicationCheckpointStateToolset: copies between file systems through the process', async () => {
    const own = await temporaryDirectory();
    const fileSystems = { other: new OtherFileSystem() };
    const opened = await openViews({ directory: own, fileStateSizeThresholdBytes: 0, fileSystems });
    const { streams } = await startCheckpoint(opened, 1, await takeOver(opened.coordinator));
    const handle = await writeState(streams, 'shared', patternBytes(3_000_000));
    const savepoint = await opened.coordinator.initializeLocationForSavepoint(
      2,
      `other://${await temporaryDirectory()}`,
    );
    const target = await opened.worker.resolveCheckpointStorageLocation(2, savepoint.reference);
    const copy = await target.duplicate?.(handle, 'exclusive');
    expect(copy).toMatchObject({ sizeBytes: 3_000_000, location: expect.stringMatching(/^other:/) });
  });
});

describe('entropy', () => {
  it('spreads state files, leaves metadata where it is found, and removes both', async () => {
    const root = await temporaryDirectory();
    const settings = {
      directory: join(root, 'a-_entropy_', 'cp'),
      entropyKey: '_entropy_',
      entropyLength: 5,
      fileStateSizeThresholdBytes: 0,
    };
    const opened = await openViews(settings);
    const owner = await takeOver(opened.coordinator);
    const { location, streams } = await startCheckpoint(opened, 1, owner);
    expect(location.externalPointer).toBe(pathToFileURL(join(root, 'a-', 'cp', 'job', 'chk-1')).href);
    const handles = [
      await writeState(streams, 'exclusive', patternBytes(10)),
      await writeState(streams, 'shared', patternBytes(20)),
    ] as { location: string }[];
    expect(handles[0]?.location).toMatch(/\/a-[0-9a-f]{5}\/cp\/job\/chk-1\/[0-9a-f]{32}$/);
    expect(handles[1]?.location).toMatch(/\/a-[0-9a-f]{5}\/cp\/job\/shared\/[0-9a-f]{32}$/);
    const references = handles.map((handle) => location.referenceOf(handle.location));
    expect(references[0]).toMatch(/^entropy\/[0-9a-f]{5}\/chk-1\//);
    await location.publish(patternBytes(3));

    const other = await openViews(settings, 'another job');
    const resolved = await other.coordinator.resolveCheckpoint(location.externalPointer);
    expect(references.map((reference) => resolved.locationOf(reference))).toEqual(
      handles.map((handle) => handle.location),
    );
    for (const hostile of [
      'entropy/zz/chk-1/0',
      'entropy/abcde/chk-2/0',
      'entropy/abcdef/chk-1/0',
      'entropy/../chk-1/0',
    ]) {
      expect(() => resolved.locationOf(hostile)).toThrow(expect.objectContaining({ code: 'path-not-allowed' }));
    }
    await opened.coordinator.sweepUnreferenced([], owner);
    await opened.coordinator.disposeCheckpoint(1);
    for (const handle of handles) {
      await expect(
        opened.worker.openInput({ kind: 'file', location: handle.location, sizeBytes: -1 }),
      ).rejects.toMatchObject({ code: 'file-missing' });
    }
  });

  it('changes nothing in a directory without the marker, and can be configured', async () => {
    const directory = await temporaryDirectory();
    const config = Configuration.from({
      [CheckpointingOptions.CHECKPOINTS_DIRECTORY.key]: directory,
      [FileSystemCheckpointStorageOptions.ENTROPY_KEY.key]: '_entropy_',
      [FileSystemCheckpointStorageOptions.ENTROPY_LENGTH.key]: 8,
    });
    const storage = checkpointStorageFactory.createFromConfig(config, CONTEXT) as FileSystemCheckpointStorage;
    const coordinator = await storage.createCoordinatorView(viewParameters());
    const location = await coordinator.initializeLocationForCheckpoint(1, await takeOver(coordinator));
    expect(location.referenceOf(`${location.externalPointer}/0123`)).toBe('0123');
  });
});
