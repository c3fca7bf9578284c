import { symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  CheckpointingOptions,
  Configuration,
  type ConfigurationSource,
  int32,
  safeInteger,
} from '@tidemark/state-core';
import { StateBackendHarness } from '@tidemark/state-testkit';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { LmdbStateBackend, LmdbStateBackendOptions, stateBackendFactory } from '../src/index.js';
import { ManagedMemoryShare } from '../src/memory/managed-memory.js';
import { cacheBytesOf, environmentSettingsOf } from '../src/options/lmdb-settings.js';
import { LmdbKeyedStore } from '../src/store/lmdb-keyed-store.js';
import { temporaryDirectory } from './temporary-environment.js';

const MEBIBYTE: number = 1024 * 1024;

const settingsOf = (source: ConfigurationSource = {}) => environmentSettingsOf(Configuration.from(source));

describe('the options', () => {
  it('RocksDBStateBackendConfigTest.testPredefinedOptions: have defaults, which a predefined set changes, which an option of its own changes', () => {
    expect(settingsOf()).toMatchObject({
      mapBytes: 1024 * MEBIBYTE,
      fileBytesMax: Number.MAX_SAFE_INTEGER,
      writeBatchBytes: 2 * MEBIBYTE,
      compactionThreshold: 0.5,
      checksums: true,
      sliceMs: 2,
    });
    const small = { 'state.backend.lmdb.predefined-options': 'small-memory' };
    expect(settingsOf(small)).toMatchObject({ mapBytes: 64 * MEBIBYTE, compactionThreshold: 0.3 });
    expect(cacheBytesOf(Configuration.from(small))).toBe(8 * MEBIBYTE);
    expect(settingsOf({ ...small, 'state.backend.lmdb.map-size': '2 mb' }).mapBytes).toBe(2 * MEBIBYTE);
    expect(settingsOf({ 'state.backend.lmdb.predefined-options': 'LARGE_STATE' }).readAhead).toBe(false);
    expect(cacheBytesOf(Configuration.from({}))).toBeUndefined();
    expect(cacheBytesOf(Configuration.from({ 'state.backend.lmdb.cache-size': '0 b' }))).toBe(0);
  });

  it('RocksDBStateBackendConfigTest.testSetDbPath, RocksDBStateBackendConfigTest.testStoragePathWithFilePrefix, RocksDBStateBackendConfigTest.testUseTempDirectories: local directories', () => {
    const [byDefault] = settingsOf().localDirectories;
    expect(byDefault?.startsWith(tmpdir())).toBe(true);
    const directories = `/var/a; ${pathToFileURL('/var/b')}`;
    expect(settingsOf({ 'state.backend.lmdb.localdir': directories }).localDirectories).toEqual(['/var/a', '/var/b']);
  });

  it('RocksDBStateBackendConfigTest.testWithDefaultFsSchemeNoStoragePath, RocksDBStateBackendConfigTest.testWithDefaultFsSchemeAbsoluteStoragePath: where checkpoints go says nothing of where working state is', () => {
    const remote = {
      'execution.checkpointing.dir': 's3://bucket/checkpoints',
      'execution.checkpointing.savepoint-dir': 's3://bucket/savepoints',
    };
    expect(settingsOf(remote).localDirectories).toEqual(settingsOf().localDirectories);
    const absolute = { ...remote, 'state.backend.lmdb.localdir': '/var/a' };
    expect(settingsOf(absolute).localDirectories).toEqual(['/var/a']);
  });

  it('EmbeddedRocksDBStateBackendTest.testConfigureTernaryBooleanConfigs: a boolean that is not set is that of the predefined set or the default, one that is set wins', () => {
    const large = { 'state.backend.lmdb.predefined-options': 'LARGE_STATE' };
    expect(settingsOf().readAhead).toBe(true);
    expect(settingsOf({ 'state.backend.lmdb.read-ahead': false }).readAhead).toBe(false);
    expect(settingsOf(large).readAhead).toBe(false);
    expect(settingsOf({ ...large, 'state.backend.lmdb.read-ahead': true }).readAhead).toBe(true);
    const config = Configuration.from({ 'execution.checkpointing.incremental': true });
    for (const incrementalCheckpoints of [undefined, false, true]) {
      const backend = new LmdbStateBackend({ incrementalCheckpoints }).configure(config);
      expect(backend.incrementalCheckpoints).toBe(incrementalCheckpoints);
    }
  });

  it('RocksDBStateBackendConfigTest.testDefaultsInSync: nothing in code leaves the choice of increments to the configuration, whose default is none', () => {
    expect(new LmdbStateBackend().incrementalCheckpoints).toBeUndefined();
    expect(new LmdbStateBackend().capabilities.incrementalSnapshots).toBe(true);
    expect(Configuration.from({}).get(CheckpointingOptions.INCREMENTAL_CHECKPOINTS)).toBe(false);
  });

  it.each([
    ['state.backend.lmdb.cache-size', '-1 b'],
    ['state.backend.lmdb.write-batch-size', '1 kb'],
    ['state.backend.lmdb.map-size', -1],
    ['state.backend.lmdb.max-file-size', '1 mb'],
    ['state.backend.lmdb.compaction.threshold', -0.1],
    ['state.backend.lmdb.compaction.threshold', 1.1],
    ['taskmanager.memory.managed.size', '-1 b'],
  ])(
    'RocksDBStateBackendConfigTest.testConfigureIllegalMemoryControlParameters: %s: %s is refused by name',
    async (key, value) => {
      const create = async (): Promise<unknown> => {
        const config = Configuration.from({ [key]: value });
        const backend = new LmdbStateBackend({ localDirectories: temporaryDirectory() }).configure(config);
        return new StateBackendHarness(backend).createKeyed();
      };
      const error = await create().then(
        () => 'created',
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({ code: 'config-value-invalid' });
      expect(String(error)).toContain(key);
    },
  );

  it('what is no local directory is refused', () => {
    for (const directory of ['hdfs:///some/path', 'file://host/some/path', ' ', '/a\0b', '/a,/b', '/a:/b']) {
      const create = (): unknown => new LmdbStateBackend({ localDirectories: directory });
      expect(create).toThrow(expect.objectContaining({ code: 'config-value-invalid' }));
    }
    expect(() => new LmdbStateBackend({ localDirectories: [] })).toThrow(TypeError);
    expect(() => new LmdbStateBackend({ cacheBytes: -1 })).toThrow(RangeError);
    expect(() => settingsOf({ 'state.backend.lmdb.compaction.threshold': 2 })).toThrow(/compaction\.threshold/);
    expect(() => settingsOf({ 'state.backend.lmdb.localdir': 's3://bucket' })).toThrow(/local disk/);
    expect(() => settingsOf({ 'state.backend.lmdb.localdir': '/ssd1,/ssd2' })).toThrow(/with ';' between them/);
    expect(settingsOf({ 'state.backend.lmdb.localdir': '/ssd1;/ssd2' }).localDirectories).toEqual(['/ssd1', '/ssd2']);
  });

  it('name no directory that somebody else has put in the way of the default one', () => {
    const directory = temporaryDirectory();
    vi.stubEnv('TMPDIR', directory);
    const [byDefault] = settingsOf().localDirectories;
    expect(byDefault?.startsWith(directory)).toBe(true);
    symlinkSync('/somewhere', dirname(String(byDefault)));
    expect(() => settingsOf()).toThrow(expect.objectContaining({ code: 'storage-permission-denied' }));
    expect(settingsOf({ 'state.backend.lmdb.localdir': '/var/a' }).localDirectories).toEqual(['/var/a']);
  });

  it('are those of the factory, which refuses what cannot work', () => {
    expect(stateBackendFactory.options).toEqual(Object.values(LmdbStateBackendOptions));
    const config = Configuration.from({ 'state.backend.lmdb.localdir': 's3://bucket' });
    const create = (): unknown => stateBackendFactory.createFromConfig(config, undefined as never);
    expect(create).toThrow(expect.objectContaining({ code: 'config-value-invalid' }));
  });
});

describe('the share of managed memory', () => {
  it('is the same for every backend, and grows when one is closed', () => {
    const shares = [1, 2, 3].map(() => new ManagedMemoryShare(12_000, 1));
    const [first] = shares as [ManagedMemoryShare, ...ManagedMemoryShare[]];
    const seen: number[] = [];
    first.watch((bytes) => void seen.push(bytes));
    expect(shares.map(({ bytes }) => bytes)).toEqual([4000, 4000, 4000]);
    expect(first.cacheBytes).toBe(3400);
    shares[1]?.release();
    shares[1]?.release();
    shares[2]?.release();
    expect(seen).toEqual([5100, 10_200]);
    first.release();
    const tenth = new ManagedMemoryShare(12_000, 0.1);
    expect(tenth.bytes).toBe(1200);
    tenth.release();
  });

  it('RocksDBStateBackendConfigTest.testConfigureManagedMemory: is what the configuration gives to all, unless a cache has a size of its own', async () => {
    const budgetOf = async (source: ConfigurationSource, cacheBytes?: number): Promise<unknown> => {
      const settings = { localDirectories: temporaryDirectory(), cacheBytes };
      const harness = new StateBackendHarness(new LmdbStateBackend(settings).configure(Configuration.from(source)));
      const { cacheBudgetBytes } = (await harness.createKeyed()).metrics();
      await harness.close();
      return cacheBudgetBytes;
    };
    const managed = { 'taskmanager.memory.managed.size': '12 mb' };
    const sized = { ...managed, 'state.backend.lmdb.cache-size': '5 mb' };
    expect(await budgetOf({})).toBe(Math.floor(0.85 * 256 * MEBIBYTE));
    expect(await budgetOf(managed)).toBe(Math.floor(0.85 * 12 * MEBIBYTE));
    expect(await budgetOf(sized)).toBe(5 * MEBIBYTE);
    expect(await budgetOf(sized, MEBIBYTE)).toBe(MEBIBYTE);
  });
});

describe('RocksDBStateBackendConfigTest.testConfigureTimerService: queues', () => {
  it.each([
    ['with the state where nothing is said', {}, 'store'],
    ['with the state', { 'state.backend.lmdb.timer-service.factory': 'lmdb' }, 'store'],
    ['on the heap', { 'state.backend.lmdb.timer-service.factory': 'HEAP' }, 'heap'],
  ] as const)('are %s', async (_title, source, place) => {
    const settings = { localDirectories: temporaryDirectory(), cacheBytes: 0 };
    const harness = new StateBackendHarness(new LmdbStateBackend(settings).configure(Configuration.from(source)));
    onTestFinished(() => harness.close());
    const backend = await harness.createKeyed({ numberOfKeyGroups: 1 });
    const queue = backend.createPriorityQueue?.({ name: 'timers', namespace: int32, priority: safeInteger });
    for (let priority = 0; priority < 1000; priority++) queue?.add({ key: priority, namespace: 0, priority });
    await harness.snapshot(backend);
    const scans = vi.spyOn(LmdbKeyedStore.prototype, 'scan');
    const polled = Array.from({ length: 1000 }, () => queue?.poll()?.priority);
    expect(polled).toEqual(Array.from({ length: 1000 }, (_, priority) => priority));
    if (place === 'heap') expect(scans).not.toHaveBeenCalled();
    else expect(scans).toHaveBeenCalled();
  });

  it('are nowhere else', () => {
    const config = Configuration.from({ 'state.backend.lmdb.timer-service.factory': 'ROCKSDB' });
    const create = (): unknown => new LmdbStateBackend().configure(config);
    expect(create).toThrow(expect.objectContaining({ code: 'config-value-invalid' }));
  });
});
