// Each of the ways in which lmdb is known to lose data or to end the process, tried on a store.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LmdbKeyedStore } from '../../src/store/lmdb-keyed-store.js';
import { bundleProcess, type EndedProcess, startProcess } from '../bundled-process.js';
import { bytes, openEnvironment, temporaryDirectory, text } from '../temporary-environment.js';

const EMPTY: Uint8Array = new Uint8Array(0);
const JOB: string = 'hazards';

async function openStore(changes: Parameters<typeof openEnvironment>[0] = {}): Promise<LmdbKeyedStore> {
  return new LmdbKeyedStore(await openEnvironment(changes));
}

async function endOf(hazard: string, seed = 1): Promise<EndedProcess> {
  const directory = temporaryDirectory();
  const program = await bundleProcess('hazard-process', directory);
  return startProcess(program, [join(directory, 'local'), hazard, '0', String(seed)]).ended;
}

describe('what is written', () => {
  it('is read in the same turn, as it was written last, whichever way (queued puts are not; they are reordered)', async () => {
    const store = await openStore();
    for (let index = 0; index < 100; index++) {
      store.put(1, 1, bytes('k'), bytes(`single ${index}`));
      expect(text(store.get(1, 1, bytes('k')))).toBe(`single ${index}`);
      store.batch(() => {
        expect(text(store.get(1, 1, bytes('k')))).toBe(`single ${index}`);
        store.put(1, 1, bytes('k'), bytes(`batch ${index}`));
        expect(text(store.get(1, 1, bytes('k')))).toBe(`batch ${index}`);
      });
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(text(store.get(1, 1, bytes('k')))).toBe('batch 99');
  });

  it('is not there when its batch was given up (a cache of lmdb would go on showing it)', async () => {
    const store = await openStore();
    const run = (): void =>
      store.batch(() => {
        store.put(1, 1, bytes('k'), bytes('v'));
        throw new Error('given up');
      });
    expect(run).toThrow('given up');
    expect(store.get(1, 1, bytes('k'))).toBeUndefined();
    expect(store.scan(1, 1, EMPTY, undefined, 10)).toEqual([]);
  });

  it('is refused and undone when the batch returns a promise (a transaction that waits never ends)', async () => {
    const store = await openStore();
    const promises: (() => unknown)[] = [
      async () => store.put(1, 1, bytes('k'), bytes('v')),
      () => {
        store.put(1, 1, bytes('k'), bytes('v'));
        return Promise.reject(new Error('later'));
      },
      // biome-ignore lint/suspicious/noThenProperty: whatever can be waited for counts
      () => ({ then: () => store.put(1, 1, bytes('k'), bytes('v')) }),
    ];
    for (const write of promises) expect(() => store.batch(write as () => void)).toThrow(TypeError);
    expect(() => store.batch(() => store.batch(promises[0] as () => void))).toThrow(TypeError);
    expect(store.get(1, 1, bytes('k'))).toBeUndefined();
    store.batch(() => store.put(1, 1, bytes('k'), bytes('after')));
    expect(text(store.get(1, 1, bytes('k')))).toBe('after');
  });

  it('does not make the file grow while the same entries are written and read (a reader that stays does)', async () => {
    const store = await openStore({ compactionThreshold: 1 });
    const round = (): void => {
      for (let group = 0; group < 10; group++) {
        store.scan(group, 1, EMPTY, undefined, 20);
        store.batch(() => {
          for (let index = 0; index < 100; index++) {
            store.get(group, 1, bytes(`k${index}`));
            store.put(group, 1, bytes(`k${index}`), new Uint8Array(200));
            if (index % 50 === 0) store.scan(group, 1, EMPTY, undefined, 3);
          }
        });
      }
    };
    for (let count = 0; count < 20; count++) round();
    const { usedPages } = (
      store as unknown as { environment: { statistics(): { usedPages: number } } }
    ).environment.statistics();
    for (let count = 0; count < 60; count++) round();
    const after = Number(store.metrics().pages);
    expect(after).toBeLessThan(usedPages * 1.5);
  });

  it('needs no more than one slot in the table of readers, however much is read', async () => {
    const store = await openStore({ maxReaders: 2 });
    store.put(1, 1, bytes('k'), bytes('v'));
    for (let count = 0; count < 300; count++) {
      store.get(1, 1, bytes('k'));
      store.scan(1, 1, EMPTY, undefined, 1);
      if (count % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(text(store.get(1, 1, bytes('k')))).toBe('v');
  });

  it('outgrows the map that the file began with, in one batch and in many', { timeout: 30_000 }, async () => {
    const store = await openStore({ mapBytes: 1024 * 1024 });
    store.batch(() => {
      for (let index = 0; index < 100; index++)
        store.put(1, 1, bytes(`k${index}`), new Uint8Array(200_000).fill(index));
    });
    for (let index = 0; index < 1000; index++) store.put(2, 1, bytes(`k${index}`), new Uint8Array(20_000).fill(index));
    expect(store.get(1, 1, bytes('k42'))?.[199_999]).toBe(42);
    expect(store.get(2, 1, bytes('k999'))?.[0]).toBe(999 & 0xff);
    expect(Number(store.metrics().mapBytes)).toBeGreaterThan(40_000_000);
  });
});

describe('what is removed', () => {
  it('is gone, and the state can be used at once (a dropped database ends the process, a cleared root aborts it)', async () => {
    const store = await openStore();
    for (let count = 0; count < 5; count++) {
      store.put(1, 1, bytes('k'), bytes(`v${count}`));
      store.put(1, 2, bytes('k'), bytes(`v${count}`));
      store.deleteState(1, 1);
      store.deleteState(1, 1);
      expect(store.get(1, 1, bytes('k'))).toBeUndefined();
      expect(text(store.get(1, 2, bytes('k')))).toBe(`v${count}`);
    }
  });

  it('may be removed while it is walked', async () => {
    const store = await openStore();
    for (let index = 0; index < 1000; index++) store.put(1, 1, bytes(`k${String(index).padStart(4, '0')}`), EMPTY);
    let after: Uint8Array | undefined;
    let seen = 0;
    for (;;) {
      const part = store.scan(1, 1, EMPTY, after, 7);
      for (const { path } of part) {
        store.delete(1, 1, path);
        // Inserted behind: not seen; a cursor of lmdb that stays open might meet it again and again.
        store.put(1, 2, path, EMPTY);
        seen++;
        after = path;
      }
      if (part.length < 7) break;
    }
    expect(seen).toBe(1000);
    expect(store.scan(1, 1, EMPTY, undefined, 10)).toEqual([]);
  });
});

describe('the end of a process', () => {
  it.each([
    ['exit', 3],
    ['throw', 1],
    ['exit-in-batch', 3],
    ['throw-in-batch', 1],
    ['exit-in-compaction', 3],
    ['end-without-close', 0],
    ['close-and-end', 0],
  ])('%s: ends with its own code, without a signal', { timeout: 60_000 }, async (hazard, code) => {
    const ended = await endOf(hazard);
    expect(ended).toMatchObject({ code, signal: null });
    expect(ended.errors.replace(/^Error: uncaught$|uncaught/gm, '')).not.toMatch(/assert|corrupt|malloc|segfault/i);
  });

  it('promise-in-batch: the batch is refused, the process ends', { timeout: 60_000 }, async () => {
    expect(await endOf('promise-in-batch')).toMatchObject({ code: 3, signal: null, messages: ['TypeError', true] });
  });

  it('SIGKILL: the space is free at once, and the next environment removes the directory', {
    timeout: 60_000,
  }, async () => {
    const directory = temporaryDirectory();
    const local = join(directory, 'local');
    const program = await bundleProcess('hazard-process', directory);
    const child = startProcess(program, [local, 'wait-for-a-signal', '0']);
    await child.ready;
    const path = join(local, JOB, 'operator_0_0-127_0');
    // File and scratch have no names: nobody can read, truncate or change them, and nothing of them is left behind.
    expect(readdirSync(path)).toEqual(['owner.json']);
    expect(JSON.parse(readFileSync(join(path, 'owner.json'), 'utf8')).process.pid).toBe(child.pid);
    await openEnvironment({}, { directory: local });
    expect(existsSync(path)).toBe(true);
    child.kill('SIGKILL');
    expect((await child.ended).signal).toBe('SIGKILL');
    const other = await openEnvironment({}, { directory: local, name: { ...NAME_OF_OTHER, attempt: 1 } });
    expect(existsSync(path)).toBe(false);
    expect(existsSync(join(local, JOB))).toBe(false);
    other.close();
  });
});

describe('the limits of a process', () => {
  it('no-descriptors: an environment that finds too few of them is refused, whatever number is left (LMDB ends the process)', {
    timeout: 60_000,
  }, async ({ skip }) => {
    const ended = await endOf('no-descriptors');
    const [said] = ended.messages as { failures?: (string | undefined)[]; read?: boolean; unlimited?: string }[];
    if (said?.unlimited !== undefined) skip(`no limit can be set here: ${said.unlimited}`);
    expect(ended).toMatchObject({ code: 0, signal: null });
    const refused = said?.failures?.filter((failure) => failure !== null) ?? [];
    expect(refused.length).toBeGreaterThan(2);
    expect(refused.length).toBeLessThan(8);
    for (const failure of refused) expect(failure).toMatch(/^storage-io-failed .*ulimit -n/);
    expect(said?.read).toBe(true);
  });

  it('no-address-space: a map that cannot be had is refused when it is asked for, and when a file would outgrow its own (LMDB ends the process)', {
    timeout: 60_000,
  }, async ({ skip }) => {
    if (process.platform !== 'linux') skip('the address space that is left is known on Linux only');
    const ended = await endOf('no-address-space');
    const [said] = ended.messages as Record<
      'atOpening' | 'whileGrowing' | 'written' | 'right' | 'unlimited',
      unknown
    >[];
    if (said?.unlimited !== undefined) skip(`no limit can be set here: ${said.unlimited}`);
    expect(ended).toMatchObject({ code: 0, signal: null });
    expect(said?.atOpening).toMatch(
      /^config-value-invalid state\.backend\.lmdb\.map-size: 1073741824 bytes .*ulimit -v/,
    );
    expect(said?.whileGrowing).toMatch(/^storage-no-space .* address space .*ulimit -v/);
    expect(said?.written).toBeGreaterThan(100);
    expect(said?.right).toBe(said?.written);
  });
});

const NAME_OF_OTHER = { jobId: 'other', operatorIdentifier: 'o', firstKeyGroup: 0, lastKeyGroup: 1, attempt: 0 };

describe('damage', () => {
  it('of values is found when they are read, and no other value is wrong', { timeout: 60_000 }, async ({ skip }) => {
    if (process.platform !== 'linux') skip('the open file of a process is reached through /proc');
    const ended = await endOf('flip-values', 5);
    const [found] = ended.messages as { wrong: number; refused: number; right: number; flipped: number }[];
    expect(ended).toMatchObject({ code: 0, signal: null });
    expect(found?.wrong).toBe(0);
    expect(found?.flipped).toBeGreaterThan(10);
    expect(found?.refused).toBeGreaterThan(0);
    // From the first on that was found nothing is answered any more.
    expect((found?.right ?? 0) + (found?.refused ?? 0)).toBe(20_000);
  });

  it('of a file that an earlier attempt left is of no interest: a store opens empty', async () => {
    const directory = temporaryDirectory();
    const left = join(directory, 'job', 'operator_0_0-127_1');
    mkdirSync(left, { recursive: true });
    writeFileSync(join(left, 'state-1.mdb'), new Uint8Array(10_000).fill(255));
    writeFileSync(
      join(left, 'owner.json'),
      JSON.stringify({
        ...JSON.parse(readFileSync(join((await openEnvironment()).directory.path, 'owner.json'), 'utf8')),
        process: { ...(await deadProcess()) },
      }),
    );
    const store = new LmdbKeyedStore(await openEnvironment({}, { directory }));
    expect(store.scan(0, 0, EMPTY, undefined, 10)).toEqual([]);
    store.put(0, 0, EMPTY, bytes('works'));
    expect(text(store.get(0, 0, EMPTY))).toBe('works');
    expect(readdirSync(left)).toEqual(['owner.json']);
  });
});

async function deadProcess(): Promise<object> {
  const { thisProcess } = await import('../../src/environment/process-identity.js');
  return { ...thisProcess(), pid: 2 ** 22 + 1, started: '1' };
}
