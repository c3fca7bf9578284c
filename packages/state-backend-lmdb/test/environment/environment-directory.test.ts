import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isStateError, type StateError, silentLogger } from '@tidemark/state-core';
import { describe, expect, it } from 'vitest';
import { directoryName } from '../../src/environment/directory-name.js';
import { EnvironmentDirectory, removeStaleDirectories } from '../../src/environment/environment-directory.js';
import { LmdbEnvironment } from '../../src/environment/lmdb-environment.js';
import { loadLmdb } from '../../src/environment/lmdb-module.js';
import { livenessOf, type ProcessIdentity, thisProcess } from '../../src/environment/process-identity.js';
import { bundleProcess, startProcess } from '../bundled-process.js';
import { smallVolume } from '../small-volume.js';
import { NAME, openEnvironment, settingsFor, temporaryDirectory } from '../temporary-environment.js';

const DEAD: ProcessIdentity = { ...thisProcess(), pid: 2 ** 22 + 1, started: '1' };

function ownedBy(path: string, process: ProcessIdentity): void {
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'owner.json'), JSON.stringify({ format: 1, lineage: 'x', thread: 0, process }));
  writeFileSync(join(path, 'state-1.mdb'), 'left');
}

function failureOf(run: () => unknown): StateError {
  try {
    run();
  } catch (error) {
    if (isStateError(error)) return error;
    throw error;
  }
  throw new Error('nothing failed');
}

describe('the directory of an environment', () => {
  it('EmbeddedRocksDBStateBackendTest.testDisposeDeletesAllDirectories: lies under job, operator, key groups and attempt, holds its owner, and is gone after close', async () => {
    const directory = temporaryDirectory();
    const environment = await openEnvironment({}, { directory });
    expect(environment.directory.path).toBe(join(directory, 'job', 'operator_0_0-127_1'));
    const owner = JSON.parse(readFileSync(join(environment.directory.path, 'owner.json'), 'utf8'));
    expect(owner).toMatchObject({ format: 1, lineage: environment.directory.lineage, process: thisProcess() });
    environment.openScratch();
    if (process.platform !== 'win32') expect(readdirSync(environment.directory.path)).toEqual(['owner.json']);
    environment.close();
    environment.close();
    expect(readdirSync(directory)).toEqual([]);
  });

  it.each([
    ['plain-name_1.2', 'plain-name_1.2'],
    ['Orders/../../etc', '=4frders=2f..=2f..=2fetc'],
    ['..', '=2e=2e'],
    ['.', '=2e'],
    ['', '=empty'],
    ['con', '=63on'],
    ['a\0b', 'a=00b'],
    ['C:\\x', '=43=3a=5cx'],
    ['\ud800', '=ed=a0=80'],
  ])('%j is named %j', (name, expected) => {
    expect(directoryName(name)).toBe(expected);
  });

  it('leads nowhere else, whatever the names are, and tells long names apart', () => {
    const names = ['../../x', '/etc/passwd', `${'a'.repeat(300)}1`, `${'a'.repeat(300)}2`, 'Ä'.repeat(200), 'A', 'a'];
    const made = names.map(directoryName);
    expect(new Set(made.map((name) => name.toLowerCase())).size).toBe(names.length);
    for (const name of made) {
      expect(name).toMatch(/^[a-z0-9=_-][a-z0-9=_.-]*$/);
      expect(name.length).toBeLessThanOrEqual(100);
    }
  });

  it('local-directory-in-use: a second opener in this process is told who has it', async () => {
    const directory = temporaryDirectory();
    const first = await openEnvironment({}, { directory });
    const failure = (await openEnvironment({}, { directory }).catch((error: unknown) => error)) as StateError;
    expect(failure).toMatchObject({ code: 'local-directory-in-use', kind: 'configure' });
    expect(failure.message).toContain(first.directory.path);
    expect(failure.message).toContain(`process ${process.pid}`);
    expect(existsSync(first.directory.path)).toBe(true);
    first.close();
    await openEnvironment({}, { directory });
  });

  it('local-directory-in-use: so is one in another process, until that one has ended', async () => {
    const directory = temporaryDirectory();
    const local = join(directory, 'local');
    const program = await bundleProcess('hazard-process', directory);
    const child = startProcess(program, [local, 'wait-for-a-signal', '7']);
    await child.ready;
    const name = { ...NAME, jobId: 'hazards', attempt: 7 };
    const failure = (await openEnvironment({}, { directory: local, name }).catch(
      (error: unknown) => error,
    )) as StateError;
    expect(failure).toMatchObject({ code: 'local-directory-in-use', details: { pid: child.pid } });
    child.kill('SIGKILL');
    await child.ended;
    const environment = await openEnvironment({}, { directory: local, name });
    expect(readdirSync(environment.directory.path)).toContain('owner.json');
  });

  it('one of many that open at the same time gets it', { timeout: 60_000 }, async () => {
    const directory = temporaryDirectory();
    const local = join(directory, 'local');
    const program = await bundleProcess('hazard-process', directory);
    const children = [1, 2, 3, 4].map(() => startProcess(program, [local, 'wait-for-a-signal', '7']));
    const outcomes = await Promise.all(children.map((child) => child.ready));
    expect(outcomes.filter((outcome) => outcome === 'ready')).toHaveLength(1);
    for (const child of children) child.kill('SIGKILL');
    const ended = await Promise.all(children.map((child) => child.ended));
    for (const { code, errors } of ended.filter(({ signal }) => signal === null)) {
      expect(code).toBe(1);
      expect(errors).toMatch(/local-directory-in-use/);
    }
  });
});

describe('what dead processes left', () => {
  it('is removed when they were ended while they made or removed it: an owner that is not whole, or is the last that went', () => {
    const directory = temporaryDirectory();
    const empty = [join(directory, 'job-a', 'state_0_0-15_7'), join(directory, '.trash-0123456789abcdef')];
    const others = [join(directory, 'job-b', 'not-ours'), join(directory, `.claim-${process.pid}-x`)];
    const halfClaimed = join(directory, `.claim-${DEAD.pid}-y`);
    for (const path of [...empty, ...others, halfClaimed]) mkdirSync(path, { recursive: true });
    writeFileSync(join(halfClaimed, 'owner.json'), '{"form');
    removeStaleDirectories(directory);
    for (const path of [...empty, join(directory, 'job-a'), halfClaimed]) expect(existsSync(path), path).toBe(false);
    for (const path of others) expect(existsSync(path), path).toBe(true);
  });

  it('is removed with its empty surroundings; what a live one has is not; pids that were given anew are told apart', () => {
    const directory = temporaryDirectory();
    const paths = {
      dead: join(directory, 'job-a', 'dead_0-1_0'),
      reused: join(directory, 'job-a', 'reused_0-1_0'),
      earlierBoot: join(directory, 'job-b', 'boot_0-1_0'),
      alive: join(directory, 'job-c', 'alive_0-1_0'),
      elsewhere: join(directory, 'job-d', 'elsewhere_0-1_0'),
      foreign: join(directory, 'job-e', 'not-ours'),
      claim: join(directory, `.claim-${DEAD.pid}-x`),
    };
    ownedBy(paths.dead, DEAD);
    ownedBy(paths.reused, { ...thisProcess(), started: '1' });
    ownedBy(paths.earlierBoot, { ...thisProcess(), boot: 'another' });
    ownedBy(paths.alive, thisProcess());
    ownedBy(paths.elsewhere, { ...DEAD, host: 'another' });
    mkdirSync(paths.foreign, { recursive: true });
    writeFileSync(join(paths.foreign, 'a file'), 'somebody else');
    mkdirSync(paths.claim);
    const linux = process.platform === 'linux';
    const { removed, unknown } = removeStaleDirectories(directory);
    expect([...removed].sort()).toEqual(linux ? [paths.dead, paths.reused, paths.earlierBoot] : [paths.dead]);
    expect(unknown).toContain(paths.elsewhere);
    for (const path of [paths.alive, paths.elsewhere, paths.foreign]) expect(existsSync(path)).toBe(true);
    for (const path of [paths.dead, join(directory, 'job-a'), paths.claim])
      expect(existsSync(path)).toBe(!linux && path !== paths.dead && path !== paths.claim);
    expect(removeStaleDirectories(directory).removed).toEqual([]);
  });

  it('under the very name that is wanted is removed too; of another machine it is in the way', () => {
    const directory = temporaryDirectory();
    const path = join(directory, 'job', 'operator_0_0-127_1');
    ownedBy(path, DEAD);
    const claimed = EnvironmentDirectory.claim(directory, NAME);
    expect(readdirSync(path)).toEqual(['owner.json']);
    claimed.release();
    ownedBy(path, { ...DEAD, host: 'another' });
    const failure = failureOf(() => EnvironmentDirectory.claim(directory, NAME));
    expect(failure.code).toBe('local-directory-in-use');
    expect(failure.message).toMatch(/on another.*remove the directory/);
  });

  it('is judged by process, start and boot', () => {
    const self = thisProcess();
    expect(livenessOf(self)).toBe('alive');
    expect(livenessOf({ ...self, started: '' })).toBe('alive');
    expect(livenessOf(DEAD)).toBe('dead');
    expect(livenessOf({ ...self, pidNamespace: 'another' })).toBe('unknown');
    expect(livenessOf({ ...self, host: 'another' })).toBe('unknown');
    expect(livenessOf({ ...self, boot: '' })).toBe(self.boot === '' ? 'alive' : 'unknown');
  });
});

describe('several local directories', () => {
  it('RocksDBStateBackendConfigTest.testContinueOnSomeDbDirectoriesMissing, RocksDBStateBackendConfigTest.testFailWhenNoLocalStorageDir: one that cannot be used is passed over; with none it is an error that says what to do', async (context) => {
    const volume = smallVolume(context, 1024 * 1024);
    volume.makeReadOnly();
    const good = temporaryDirectory();
    const file = join(good, 'a-file');
    writeFileSync(file, '');
    const warnings: string[] = [];
    const open = async (localDirectories: readonly string[]): Promise<LmdbEnvironment> =>
      LmdbEnvironment.open(await loadLmdb(), NAME, settingsFor('', { localDirectories }), {
        logger: { ...silentLogger, warn: (code) => void warnings.push(code) },
      });
    const environment = await open([join(volume.path, 'x'), join(file, 'y'), good]);
    expect(environment.directory.path.startsWith(good)).toBe(true);
    expect(warnings).toEqual(['local-directory-unusable', 'local-directory-unusable']);
    environment.close();
    const readOnly = (await open([join(volume.path, 'x')]).catch((error: unknown) => error)) as StateError;
    expect(readOnly).toMatchObject({ code: 'storage-read-only', kind: 'configure' });
    expect(readOnly.message).toMatch(/state\.backend\.lmdb\.localdir/);
  });

  it('a full one is passed over while it opens, without a trace and without harm to the process', async (context) => {
    const volume = smallVolume(context, 1024 * 1024);
    writeFileSync(join(volume.path, 'fills-it'), new Uint8Array(900 * 1024));
    const good = temporaryDirectory();
    const environment = await openEnvironment({ localDirectories: [volume.path, good] });
    expect(environment.directory.path.startsWith(good)).toBe(true);
    expect(readdirSync(volume.path)).toEqual(['fills-it']);
  });
});
