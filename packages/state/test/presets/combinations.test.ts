import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FileSystemCheckpointStorage } from '@tidemark/checkpoint-storage-filesystem';
import { JobManagerCheckpointStorage } from '@tidemark/checkpoint-storage-jobmanager';
import { Configuration } from '@tidemark/state-core';
import { describe, expect, it } from 'vitest';
import {
  EmbeddedRocksDBStateBackend,
  FsStateBackend,
  fsStateBackend,
  lmdbStateBackend,
  loadStateBackendAndStorage,
  MemoryStateBackend,
  memoryStateBackend,
  RocksDBStateBackend,
} from '../../src/index.js';
import { openAccounts, pay, recordingLogger } from '../open-state/accounts.js';
import { temporaryDirectory } from '../temporary-directory.js';

const error = (code: string, message: RegExp = /./) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

describe('memoryStateBackend', () => {
  it('keeps state on the heap and checkpoints in memory', async () => {
    for (const stateBackend of [memoryStateBackend(), new MemoryStateBackend()]) {
      await using state = await openAccounts(undefined, { stateBackend });
      pay(state, 'alice', 1);
      await state.checkpoint();
      expect(stateBackend.checkpointStorage).toBeInstanceOf(JobManagerCheckpointStorage);
    }
  });

  it('takes the largest size of a state', async () => {
    await using state = await openAccounts(undefined, { stateBackend: memoryStateBackend({ maxStateSize: 64 }) });
    pay(state, 'alice', 1);
    await expect(state.checkpoint()).rejects.toEqual(error('state-size-limit-exceeded'));
    expect(() => memoryStateBackend({ maxStateSize: 0 })).toThrow(RangeError);
  });

  it('keeps metadata, with the state in it, in a directory', async () => {
    const checkpointDirectory = temporaryDirectory();
    const first = await openAccounts(undefined, {
      name: 'accounts',
      stateBackend: memoryStateBackend({ checkpointDirectory }),
    });
    pay(first, 'alice', 1);
    await first.checkpoint();
    await first.close();
    expect(readdirSync(join(checkpointDirectory, 'accounts', 'chk-1'))).toEqual(['_metadata']);
    await using second = await openAccounts(undefined, {
      name: 'accounts',
      stateBackend: memoryStateBackend({ checkpointDirectory }),
    });
    expect(second.withKey('alice', ({ total }) => total.value())).toBe(1);
  });
});

describe('fsStateBackend', () => {
  it('keeps state on the heap and checkpoints in a directory, given as a path or as a URI', async () => {
    const directory = temporaryDirectory();
    const written = [
      fsStateBackend(directory),
      new FsStateBackend(pathToFileURL(directory).href),
      fsStateBackend(pathToFileURL(directory)),
    ];
    for (const [index, stateBackend] of written.entries()) {
      await using state = await openAccounts(undefined, { name: 'accounts', stateBackend });
      expect(state.withKey('alice', ({ total }) => total.value())).toBe(index);
      pay(state, 'alice', 1);
      await state.checkpoint();
    }
    expect(readdirSync(join(directory, 'accounts')).filter((name) => name.startsWith('chk-'))).toHaveLength(3);
  });

  it('takes threshold, write buffer and savepoint directory', async () => {
    const directory = temporaryDirectory();
    const savepointDirectory = temporaryDirectory();
    const backend = fsStateBackend(directory, { fileStateSizeThreshold: 0, writeBufferSize: 100, savepointDirectory });
    expect(backend.checkpointStorage).toMatchObject({ fileStateSizeThresholdBytes: 0, writeBufferSizeBytes: 100 });
    await using state = await openAccounts(undefined, { name: 'accounts', stateBackend: backend });
    pay(state, 'alice', 1);
    await state.checkpoint();
    await state.savepoint();
    // Nothing is so small that it would go into the metadata.
    expect(readdirSync(join(directory, 'accounts', 'chk-1')).length).toBeGreaterThan(1);
    expect(readdirSync(savepointDirectory)).toHaveLength(1);
    expect(() => fsStateBackend(directory, { fileStateSizeThreshold: 2 * 1024 * 1024 })).toThrow(RangeError);
  });

  it('StateBackendLoadingTest.testLoadFileSystemStateBackendMixed: keeps its own settings and takes what it lacks from configuration', async () => {
    const own = temporaryDirectory();
    const savepoints = temporaryDirectory();
    const config = Configuration.from({
      'state.backend': 'jobmanager',
      'execution.checkpointing.dir': temporaryDirectory(),
      'execution.checkpointing.savepoint-dir': savepoints,
      'execution.checkpointing.data-inline-threshold': '20 b',
      'execution.checkpointing.write-buffer-size': '3000000',
    });
    const stateBackend = new FsStateBackend(own, { fileStateSizeThreshold: 1_000_000, writeBufferSize: 4_000_000 });
    const logger = recordingLogger();
    const { checkpointStorage } = await loadStateBackendAndStorage(config, { application: { stateBackend }, logger });
    expect((checkpointStorage as unknown as typeof stateBackend).checkpointStorage).toMatchObject({
      checkpointDirectory: pathToFileURL(own).href,
      savepointDirectory: pathToFileURL(savepoints).href,
      fileStateSizeThresholdBytes: 1_000_000,
      writeBufferSizeBytes: 4_000_000,
    });
  });

  it('CheckpointStorageLoaderTest.testLegacyStateBackendTakesPrecedence: wins over a storage of the application, and says so', async () => {
    const directory = temporaryDirectory();
    const logger = recordingLogger();
    await using state = await openAccounts(undefined, {
      name: 'accounts',
      stateBackend: fsStateBackend(directory),
      checkpointStorage: new JobManagerCheckpointStorage(),
      logger,
    });
    await state.checkpoint();
    expect(readdirSync(directory)).toEqual(['accounts']);
    expect(logger.warnings.map(({ code }) => code)).toContain('checkpoint-storage-overridden');
  });
});

/** Where lmdb keeps its working state in a test. */
function localDirectory(): Record<string, string> {
  return { 'state.backend.lmdb.localdir': temporaryDirectory() };
}

describe('lmdbStateBackend', () => {
  it('takes a directory or another combination', async () => {
    const directory = temporaryDirectory();
    const fs = fsStateBackend(directory, { writeBufferSize: 65_536 });
    for (const stateBackend of [lmdbStateBackend(directory), new RocksDBStateBackend(fs, { incremental: true })]) {
      expect(stateBackend.checkpointStorage).toBeInstanceOf(FileSystemCheckpointStorage);
      await using state = await openAccounts(undefined, { name: 'accounts', stateBackend, config: localDirectory() });
      state.withKey('a', ({ total }) => total.update(total.value() + 1));
      await state.checkpoint();
    }
    await using state = await openAccounts(undefined, { name: 'accounts', stateBackend: fs });
    expect(state.withKey('a', ({ total }) => total.value())).toBe(2);
    expect(new RocksDBStateBackend(fs, { incremental: true }).incrementalCheckpoints).toBe(true);
    expect(new RocksDBStateBackend(fs).checkpointStorage).toBe(fs.checkpointStorage);
    expect(lmdbStateBackend(directory).incrementalCheckpoints).toBeUndefined();
  });

  it('has the backend alone under its former name', async () => {
    const stateBackend = new EmbeddedRocksDBStateBackend({ incremental: true });
    expect(stateBackend).toMatchObject({ name: 'lmdb', incrementalCheckpoints: true });
    await using state = await openAccounts(undefined, { stateBackend, config: localDirectory() });
    state.withKey('a', ({ total }) => total.update(3));
    expect(state.withKey('a', ({ total }) => total.value())).toBe(3);
  });
});

describe('former names in configuration', () => {
  it('jobmanager selects hashmap with checkpoints in memory, and prints what to write', async () => {
    const logger = recordingLogger();
    await using state = await openAccounts(undefined, { config: { 'state.backend': 'jobmanager' }, logger });
    await state.checkpoint();
    expect(logger.warnings.map(({ message }) => message).join('\n')).toMatch(
      /former name; write state\.backend: hashmap and execution\.checkpointing\.storage: jobmanager/,
    );
  });

  it('filesystem selects hashmap with checkpoints in a directory, and prints what to write', async () => {
    const directory = temporaryDirectory();
    const logger = recordingLogger();
    await using state = await openAccounts(directory, { config: { 'state.backend': 'filesystem' }, logger });
    await state.checkpoint();
    expect(readFileSync(join(directory, 'accounts', 'chk-1', '_metadata')).length).toBeGreaterThan(0);
    expect(logger.warnings.map(({ message }) => message).join('\n')).toMatch(
      /former name; write state\.backend: hashmap and execution\.checkpointing\.storage: filesystem/,
    );
    await expect(openAccounts(undefined, { config: { 'state.backend': 'filesystem' } })).rejects.toEqual(
      error('config-option-missing', /execution\.checkpointing\.dir/),
    );
  });
});
