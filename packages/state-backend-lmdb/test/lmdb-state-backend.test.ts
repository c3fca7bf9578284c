import { symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Configuration, type ConfigurationSource } from '@tidemark/state-core';
import { describe, expect, it, vi } from 'vitest';
import { LmdbStateBackend, LmdbStateBackendOptions, stateBackendFactory } from '../src/index.js';
import { ManagedMemoryShare } from '../src/memory/managed-memory.js';
import { cacheBytesOf, environmentSettingsOf } from '../src/options/lmdb-settings.js';
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

  it('what is no local directory is refused', () => {
    for (const directory of ['hdfs:///some/path', 'file://host/some/path', ' ']) {
      const create = (): unknown => new LmdbStateBackend({ localDirectories: directory });
      expect(create).toThrow(expect.objectContaining({ code: 'config-value-invalid' }));
    }
    expect(() => new LmdbStateBackend({ localDirectories: [] })).toThrow(TypeError);
    expect(() => new LmdbStateBackend({ cacheBytes: -1 })).toThrow(RangeError);
    expect(() => settingsOf({ 'state.backend.lmdb.compaction.threshold': 2 })).toThrow(/compaction\.threshold/);
    expect(() => settingsOf({ 'state.backend.lmdb.localdir': 's3://bucket' })).toThrow(/local disk/);
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
    shares[1]?.release();
    shares[1]?.release();
    shares[2]?.release();
    expect(seen).toEqual([6000, 12_000]);
    first.release();
    const tenth = new ManagedMemoryShare(12_000, 0.1);
    expect(tenth.bytes).toBe(1200);
    tenth.release();
  });
});
