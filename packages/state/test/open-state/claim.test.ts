// Who owns what was restored: CLAIM hands a snapshot over, NO_CLAIM leaves it alone and builds nothing on it.

import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { FileSystemCheckpointStorage } from '@tidemark/checkpoint-storage-filesystem';
import { JobManagerCheckpointStorage } from '@tidemark/checkpoint-storage-jobmanager';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../temporary-directory.js';
import { type Accounts, contentOf, openAccounts, pay, recordingLogger } from './accounts.js';

const FILES = { 'execution.checkpointing.data-inline-threshold': '0' };
const INCREMENTAL = { ...FILES, 'execution.checkpointing.incremental': 'true' };
const RETAIN_ONE = { ...INCREMENTAL, 'execution.checkpointing.num-retained': '1' };

const error = (code: string, message: RegExp = /./) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

const claimsIn = (directory: string): string[] =>
  readdirSync(join(directory, 'accounts')).filter((name) => name.startsWith('claim-'));

/** A directory with two incremental checkpoints of another job, its savepoint, and the content of both. */
async function anotherJob(name = 'others') {
  const directory = temporaryDirectory();
  const state = await openAccounts(directory, { name, config: INCREMENTAL });
  for (let index = 0; index < 50; index++) pay(state, `account ${index}`, index);
  const first = await state.checkpoint();
  pay(state, 'account 7', 7);
  const last = await state.checkpoint();
  const savepoint = await state.savepoint(temporaryDirectory());
  const content = contentOf(state);
  await state.close();
  const job = join(directory, name);
  return { directory, job, name, first, last, savepoint: fileURLToPath(savepoint.externalPointer), content };
}

async function checkpointTimes(state: Accounts, times: number): Promise<void> {
  for (let time = 0; time < times; time++) {
    pay(state, 'somebody', 1);
    await state.checkpoint();
  }
}

describe('CLAIM of a savepoint', () => {
  it('removes it when as many checkpoints as are kept have replaced it, and no sooner', async () => {
    const { savepoint, content } = await anotherJob();
    const directory = temporaryDirectory();
    const state = await openAccounts(directory, { restore: savepoint, restoreMode: 'CLAIM', config: INCREMENTAL });
    expect(contentOf(state)).toEqual(content);
    expect(claimsIn(directory)).toHaveLength(1);
    await checkpointTimes(state, 2);
    expect(existsSync(join(savepoint, '_metadata'))).toBe(true);
    await checkpointTimes(state, 1);
    expect(existsSync(savepoint)).toBe(false);
    expect(claimsIn(directory)).toEqual([]);
    await state.close();
    const heir = await openAccounts(directory);
    expect(contentOf(heir)).toMatchObject(content);
    await heir.close();
  });

  it('goes on at the next starts, and goes back to it while nothing has replaced it', async () => {
    const { savepoint, content } = await anotherJob();
    const directory = temporaryDirectory();
    await (await openAccounts(directory, { restore: savepoint, restoreMode: 'CLAIM', config: INCREMENTAL })).close();
    let state = await openAccounts(directory, { config: INCREMENTAL });
    expect(contentOf(state)).toEqual(content);
    for (let start = 1; start < 3; start++) {
      await checkpointTimes(state, 1);
      expect(existsSync(savepoint)).toBe(true);
      await state.close();
      state = await openAccounts(directory, { config: INCREMENTAL });
    }
    await checkpointTimes(state, 1);
    expect(existsSync(savepoint)).toBe(false);
    await state.close();
  });

  it('removes the files that the metadata names and no other', async () => {
    const { savepoint } = await anotherJob();
    writeFileSync(join(savepoint, 'notes.txt'), 'mine');
    const state = await openAccounts(temporaryDirectory(), {
      restore: savepoint,
      restoreMode: 'CLAIM',
      config: RETAIN_ONE,
    });
    await checkpointTimes(state, 1);
    expect(readdirSync(savepoint)).toEqual(['notes.txt']);
    await state.close();
  });

  it('carries operators that the program lacks before it removes what they lie in', async () => {
    const { savepoint, content } = await anotherJob();
    const directory = temporaryDirectory();
    const given = { uid: 'accounts', allowNonRestoredState: true, config: RETAIN_ONE };
    const state = await openAccounts(directory, { ...given, restore: savepoint, restoreMode: 'CLAIM' });
    await checkpointTimes(state, 2);
    expect(existsSync(savepoint)).toBe(false);
    const next = await state.savepoint(temporaryDirectory());
    await state.close();
    const back = await openAccounts(temporaryDirectory(), {
      restore: next.externalPointer,
      allowNonRestoredState: true,
    });
    expect(contentOf(back)).toEqual(content);
    await back.close();
  });

  it('is refused to a second job, and the message says whose it is and what to do', async () => {
    const { savepoint } = await anotherJob();
    const [one, other] = [temporaryDirectory(), temporaryDirectory()];
    const first = await openAccounts(one, { restore: savepoint, restoreMode: 'CLAIM', config: RETAIN_ONE });
    const second = openAccounts(other, { restore: savepoint, restoreMode: 'CLAIM', config: RETAIN_ONE });
    await expect(second).rejects.toMatchObject({
      code: 'snapshot-claimed',
      message: expect.stringMatching(
        /has been claimed by .*NO_CLAIM.*remove file:.*\/_claimed and every file:.*\.claim$/,
      ),
      details: { by: pathToFileURL(join(one, 'accounts')).href },
    });
    // As a copy it is nobody's.
    const reader = await openAccounts(other, { restore: savepoint, restoreMode: 'NO_CLAIM' });
    await Promise.all([first.close(), reader.close()]);
    expect(existsSync(join(savepoint, '_metadata'))).toBe(true);
  });

  it('is given up by a restore with NO_CLAIM', async () => {
    const { savepoint } = await anotherJob();
    const directory = temporaryDirectory();
    await (await openAccounts(directory, { restore: savepoint, restoreMode: 'CLAIM', config: RETAIN_ONE })).close();
    const state = await openAccounts(directory, { restore: savepoint, restoreMode: 'NO_CLAIM', config: RETAIN_ONE });
    expect(claimsIn(directory)).toEqual([]);
    await checkpointTimes(state, 2);
    await state.close();
    expect(readdirSync(savepoint)).toEqual(expect.arrayContaining(['_metadata']));
    expect(readdirSync(savepoint)).not.toContain('_claimed');
  });

  it('is given up, with a warning, when somebody has taken the mark away', async () => {
    const { savepoint } = await anotherJob();
    const directory = temporaryDirectory();
    const logger = recordingLogger();
    const state = await openAccounts(directory, {
      restore: savepoint,
      restoreMode: 'CLAIM',
      config: RETAIN_ONE,
      logger,
    });
    rmSync(join(savepoint, '_claimed'));
    await checkpointTimes(state, 1);
    await state.close();
    expect(existsSync(join(savepoint, '_metadata'))).toBe(true);
    expect(claimsIn(directory)).toEqual([]);
    expect(logger.warnings).toEqual([error('snapshot-not-claimed', /_claimed does not name/)]);
  });

  it('removes nothing that a record names outside the snapshot, however the record came about', async () => {
    const { savepoint } = await anotherJob();
    const directory = temporaryDirectory();
    const state = await openAccounts(directory, { restore: savepoint, restoreMode: 'CLAIM', config: RETAIN_ONE });
    await state.close();
    const elsewhere = join(savepoint, '..', 'precious');
    writeFileSync(elsewhere, 'precious');
    const record = join(directory, 'accounts', claimsIn(directory)[0] as string);
    const written = JSON.parse(readFileSync(record, 'utf8'));
    const locations = [
      pathToFileURL(elsewhere).href,
      `${pathToFileURL(savepoint)}/../precious`,
      'file:///%',
      'nowhere:/x',
      '',
    ];
    writeFileSync(record, JSON.stringify({ ...written, locations: [...written.locations, ...locations] }));
    const heir = await openAccounts(directory, { config: RETAIN_ONE });
    await checkpointTimes(heir, 1);
    await heir.close();
    expect(existsSync(savepoint)).toBe(false);
    expect(readFileSync(elsewhere, 'utf8')).toBe('precious');
  });
});

describe('CLAIM of a checkpoint of another job', () => {
  it('removes it with what it alone names, and leaves what other checkpoints of the job name', async () => {
    const { job, first, last, name, content, directory } = await anotherJob();
    const before = readdirSync(join(job, 'shared'));
    const state = await openAccounts(temporaryDirectory(), {
      restore: last.externalPointer,
      restoreMode: 'CLAIM',
      config: RETAIN_ONE,
    });
    expect(contentOf(state)).toEqual(content);
    await checkpointTimes(state, 1);
    await state.close();
    expect(existsSync(fileURLToPath(last.externalPointer))).toBe(false);
    const left = readdirSync(join(job, 'shared'));
    expect(left.length).toBeGreaterThan(0);
    expect(left.length).toBeLessThan(before.length);
    const other = await openAccounts(directory, { name, restore: first.externalPointer });
    expect(other.withKey('account 49', ({ total }) => total.value())).toBe(49);
    await other.close();
  });

  it('removes shared files with the last checkpoint that names them', async () => {
    const { job, first, last } = await anotherJob();
    for (const { externalPointer } of [last, first]) {
      const state = await openAccounts(temporaryDirectory(), {
        restore: externalPointer,
        restoreMode: 'CLAIM',
        config: RETAIN_ONE,
      });
      await checkpointTimes(state, 1);
      await state.close();
    }
    expect(readdirSync(join(job, 'shared'))).toEqual([]);
    expect(readdirSync(job).filter((name) => name.startsWith('chk-'))).toEqual([]);
  });

  it('fences the other job: what runs of it can go on with nothing that is to be removed', async () => {
    const directory = temporaryDirectory();
    const running = await openAccounts(directory, { name: 'others', config: INCREMENTAL });
    pay(running, 'alice', 1);
    const { externalPointer } = await running.checkpoint();
    const state = await openAccounts(temporaryDirectory(), { restore: externalPointer, restoreMode: 'CLAIM' });
    pay(running, 'alice', 1);
    await expect(running.checkpoint()).rejects.toEqual(error('fenced'));
    await Promise.all([running.close(), state.close()]);
  });

  it('is void, with a warning, once the other job has been started again', async () => {
    const { directory, name, last, content } = await anotherJob();
    const own = temporaryDirectory();
    const logger = recordingLogger();
    const state = await openAccounts(own, {
      restore: last.externalPointer,
      restoreMode: 'CLAIM',
      config: RETAIN_ONE,
      logger,
    });
    const again = await openAccounts(directory, { name, config: INCREMENTAL });
    expect(contentOf(again)).toEqual(content);
    await checkpointTimes(state, 2);
    await state.close();
    expect(logger.warnings).toEqual([error('snapshot-not-claimed', /was taken over after it had been claimed/)]);
    expect(claimsIn(own)).toEqual([]);
    await checkpointTimes(again, 1);
    await again.close();
    const third = await openAccounts(directory, { name, restore: last.externalPointer });
    expect(contentOf(third)).toEqual(content);
    await third.close();
  });

  it('waits while a checkpoint beside it cannot be read, and goes on when it can', async () => {
    const { job, first, last } = await anotherJob();
    const metadata = join(fileURLToPath(first.externalPointer), '_metadata');
    const bytes = readFileSync(metadata);
    writeFileSync(metadata, 'damaged');
    const logger = recordingLogger();
    const options = { restore: last.externalPointer, restoreMode: 'CLAIM', config: RETAIN_ONE, logger } as const;
    const state = await openAccounts(temporaryDirectory(), options);
    const before = readdirSync(join(job, 'shared'));
    await checkpointTimes(state, 1);
    expect(logger.warnings).toEqual([error('checkpoint-not-removed', /chk-1 beside it cannot be read/)]);
    expect(readdirSync(join(job, 'shared'))).toEqual(before);
    writeFileSync(metadata, bytes);
    await checkpointTimes(state, 1);
    await state.close();
    expect(existsSync(fileURLToPath(last.externalPointer))).toBe(false);
  });
});

describe('what cannot be claimed is left, with a warning', () => {
  it('metadata under another name: nobody knows what else lies beside it', async () => {
    const { savepoint } = await anotherJob();
    const renamed = join(temporaryDirectory(), 'copy');
    cpSync(savepoint, renamed, { recursive: true });
    cpSync(join(renamed, '_metadata'), join(renamed, 'monday'));
    const logger = recordingLogger();
    const options = { restore: join(renamed, 'monday'), restoreMode: 'CLAIM', config: RETAIN_ONE, logger } as const;
    const state = await openAccounts(temporaryDirectory(), options);
    await checkpointTimes(state, 2);
    await state.close();
    expect(logger.warnings).toEqual([error('snapshot-not-claimed', /no directory with a file _metadata/)]);
    expect(readdirSync(renamed)).toContain('monday');
  });

  it.skipIf(process.getuid?.() === 0)('a directory that may not be written to', async () => {
    const { savepoint } = await anotherJob();
    chmodSync(savepoint, 0o555);
    const logger = recordingLogger();
    const options = { restore: savepoint, restoreMode: 'CLAIM', config: RETAIN_ONE, logger } as const;
    const state = await openAccounts(temporaryDirectory(), options);
    await state.close();
    chmodSync(savepoint, 0o755);
    expect(logger.warnings).toEqual([error('snapshot-not-claimed')]);
  });

  it('anything, when checkpoints end with the process', async () => {
    const { savepoint } = await anotherJob();
    const logger = recordingLogger();
    const checkpointStorage = new JobManagerCheckpointStorage({
      metadataStorage: (directories) => new FileSystemCheckpointStorage(directories),
    });
    const state = await openAccounts(undefined, {
      checkpointStorage,
      restore: savepoint,
      restoreMode: 'CLAIM',
      logger,
    });
    await checkpointTimes(state, 4);
    await state.close();
    expect(logger.warnings).toContainEqual(error('snapshot-not-claimed', /end with the process/));
    expect(existsSync(join(savepoint, '_metadata'))).toBe(true);
  });
});

describe('NO_CLAIM', () => {
  it('shares nothing with the snapshot and removes nothing of it: the first checkpoint is full', async () => {
    const { savepoint, last, job, content } = await anotherJob();
    for (const pointer of [savepoint, fileURLToPath(last.externalPointer)]) {
      const before = [...readdirSync(pointer), ...readdirSync(job), ...readdirSync(join(job, 'shared'))];
      const directory = temporaryDirectory();
      const state = await openAccounts(directory, { restore: pointer, config: RETAIN_ONE });
      const full = await state.checkpoint();
      expect(full.checkpointedSizeBytes).toBe(full.stateSizeBytes);
      await checkpointTimes(state, 2);
      await state.close();
      expect([...readdirSync(pointer), ...readdirSync(job), ...readdirSync(join(job, 'shared'))]).toEqual(before);
      const moved = join(temporaryDirectory(), 'moved');
      cpSync(directory, moved, { recursive: true });
      const copy = await openAccounts(moved);
      expect(contentOf(copy)).toMatchObject(content);
      await copy.close();
    }
  });
});
