// Checkpoints that somebody removed, whole or in part, and records of owners that somebody removed: a state that had
// content never comes up empty without having been told to.

import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../temporary-directory.js';
import { contentOf, openAccounts, pay, recordingLogger } from './accounts.js';

const IN_FILES = { 'execution.checkpointing.data-inline-threshold': '0' };

/** The job's directory after one owner took three checkpoints, and what the last contains. */
async function checkpointed(restore?: string) {
  const directory = temporaryDirectory();
  const state = await openAccounts(directory, { config: IN_FILES, ...(restore !== undefined && { restore }) });
  for (let n = 1; n <= 3; n++) {
    pay(state, 'account', n);
    await state.checkpoint();
  }
  const content = contentOf(state);
  await state.close();
  return { directory, job: join(directory, 'accounts'), content };
}

const checkpointsIn = (job: string): string[] => readdirSync(job).filter((name) => name.startsWith('chk-'));
const filesOf = (job: string): string[] =>
  (readdirSync(job, { recursive: true }) as string[]).filter((name) => /^chk-|^shared/.test(name)).sort();

describe('a state of which one owner took checkpoints', () => {
  it.each([
    ['every checkpoint is', '', /all of them, or the metadata of all, have been removed/],
    ['the metadata of every checkpoint is', '_metadata', /checkpoint 3 is ignored: .*its metadata is gone/],
  ])('is an error when %s removed, removes nothing itself, and starts empty only on purpose', async (_, part, told) => {
    const { directory, job } = await checkpointed();
    for (const name of checkpointsIn(job)) rmSync(join(job, name, part), { recursive: true });
    const left = filesOf(job);
    for (let attempt = 0; attempt < 2; attempt++) {
      const error = await openAccounts(directory).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'no-valid-checkpoint', kind: 'corrupt' });
      expect((error as Error).message).toMatch(told);
      expect((error as Error).message).toContain("restore: 'none'");
      expect(filesOf(job)).toEqual(left);
    }
    const empty = await openAccounts(directory, { restore: 'none' });
    expect(contentOf(empty)).toEqual({});
    await empty.close();
    // Given up once, it is given up: the new owner has completed nothing that could be lost.
    await using again = await openAccounts(directory);
    expect(again.restored).toBeUndefined();
  });

  it.each([
    ['the record of what it began with', /^owner-1-from-none$/],
    ['every record', /^owner-/],
  ])('names its checkpoints and the way to go on from them when %s is removed', async (_, names) => {
    const { directory, job, content } = await checkpointed();
    for (const name of readdirSync(job)) if (names.test(name)) rmSync(join(job, name));
    const error = (await openAccounts(directory).catch((thrown: unknown) => thrown)) as Error;
    expect(error).toMatchObject({ code: 'no-valid-checkpoint' });
    const pointers = checkpointsIn(job).map((name) => pathToFileURL(join(job, name)).href);
    expect(pointers.length).toBeGreaterThan(0);
    for (const pointer of pointers) {
      const line = error.message.split('\n').find((one) => one.endsWith(`(${pointer})`));
      expect(line).toMatch(/checkpoint \d is ignored: its owner's record is missing/);
    }
    const newest = pathToFileURL(join(job, 'chk-3')).href;
    expect(error.message).toContain(`restore: '${newest}'`);
    const state = await openAccounts(directory, { restore: newest });
    expect(contentOf(state)).toEqual(content);
    await state.close();
    await using again = await openAccounts(directory);
    expect(contentOf(again)).toEqual(content);
  });

  it('warns when it goes back to the savepoint that it began with because its own checkpoints were removed', async () => {
    const elsewhere = await openAccounts(temporaryDirectory());
    pay(elsewhere, 'account', 100);
    const { externalPointer } = await elsewhere.savepoint(join(temporaryDirectory(), 'savepoints'));
    const begun = contentOf(elsewhere);
    await elsewhere.close();
    const { directory, job } = await checkpointed(externalPointer);
    for (const name of checkpointsIn(job)) rmSync(join(job, name), { recursive: true });
    const logger = recordingLogger();
    await using state = await openAccounts(directory, { logger });
    expect(contentOf(state)).toEqual(begun);
    expect(logger.warnings).toEqual([
      expect.objectContaining({ code: 'input-repeats', message: expect.stringContaining(externalPointer) }),
    ]);
  });
});
