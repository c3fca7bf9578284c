// What earlier instances leave in the directory of a job, and what the next start does about it.

import { copyFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../temporary-directory.js';
import { contentOf, openAccounts, pay, recordingLogger } from './accounts.js';

const INCREMENTAL = {
  'execution.checkpointing.incremental': 'true',
  'execution.checkpointing.data-inline-threshold': '0',
  'execution.checkpointing.num-retained': '1',
};

const namesIn = (directory: string, start = ''): string[] =>
  readdirSync(join(directory, 'accounts')).filter((name) => name.startsWith(start));
const sharedIn = (directory: string): string[] => readdirSync(join(directory, 'accounts', 'shared')).sort();

function removeOwnerRecords(directory: string): void {
  for (const name of namesIn(directory, 'owner-')) rmSync(join(directory, 'accounts', name));
}

describe('records of owners', () => {
  it.each([true, false])('are few after many starts, with checkpoints: %s', async (takesCheckpoints) => {
    const directory = temporaryDirectory();
    for (let start = 1; start <= 12; start++) {
      const state = await openAccounts(directory, { config: INCREMENTAL });
      pay(state, 'alice', 1);
      if (takesCheckpoints || start === 1) await state.checkpoint({ attachment: start });
      await state.close();
      expect(namesIn(directory, 'owner-').length).toBeLessThanOrEqual(9);
    }
    await using state = await openAccounts(directory);
    expect(state.withKey('alice', ({ total }) => total.value())).toBe(takesCheckpoints ? 12 : 1);
  });

  it('that are lost make no old checkpoint one of the new owner', async () => {
    const directory = temporaryDirectory();
    let state = await openAccounts(directory);
    for (const amount of [1, 2, 3]) {
      pay(state, 'alice', amount);
      await state.checkpoint({ attachment: amount });
    }
    await state.close();
    removeOwnerRecords(directory);

    const logger = recordingLogger();
    state = await openAccounts(directory, { restore: 'none', logger });
    expect(logger.warnings[0]).toMatchObject({ code: 'owner-records-missing', details: { epoch: 1 } });
    pay(state, 'bob', 1);
    const { externalPointer } = await state.checkpoint({ attachment: 'new' });
    await state.close();
    // The state that was given up does not come back when the only checkpoint of the new one goes.
    rmSync(new URL(externalPointer), { recursive: true });
    await expect(openAccounts(directory)).rejects.toMatchObject({ code: 'no-valid-checkpoint' });
  });

  it('that are lost let an old checkpoint be continued by its path, and everything goes on from it', async () => {
    const directory = temporaryDirectory();
    let state = await openAccounts(directory);
    for (const amount of [1, 2]) {
      pay(state, 'alice', amount);
      await state.checkpoint();
    }
    await state.close();
    removeOwnerRecords(directory);
    await expect(openAccounts(directory)).rejects.toMatchObject({ code: 'no-valid-checkpoint' });
    state = await openAccounts(directory, { restore: join(directory, 'accounts', 'chk-2') });
    pay(state, 'alice', 4);
    await state.checkpoint();
    await state.close();
    await using heir = await openAccounts(directory);
    expect(heir.withKey('alice', ({ total }) => total.value())).toBe(7);
  });
});

describe('files that no checkpoint names', () => {
  /** A state with increments, and its content. */
  async function withIncrements(directory: string) {
    const state = await openAccounts(directory, { config: INCREMENTAL });
    for (let index = 0; index < 100; index++) pay(state, `account ${index}`, index);
    await state.checkpoint();
    pay(state, 'account 7', 7);
    await state.checkpoint();
    const content = contentOf(state);
    await state.close();
    return content;
  }

  it('are removed at the next start, and none that a checkpoint names', async () => {
    const directory = temporaryDirectory();
    const content = await withIncrements(directory);
    const named = sharedIn(directory);
    expect(named.length).toBeGreaterThan(1);
    const shared = join(directory, 'accounts', 'shared');
    // What is left of increments that were written one upon another and never completed.
    for (const index of [1, 2, 3]) copyFileSync(join(shared, named[0] as string), join(shared, `${index}`.repeat(32)));
    const state = await openAccounts(directory, { config: INCREMENTAL });
    expect(sharedIn(directory)).toEqual(named);
    expect(contentOf(state)).toEqual(content);
    await state.close();
  });

  it('stay while one checkpoint cannot be read: it may name them', async () => {
    const directory = temporaryDirectory();
    const config = { ...INCREMENTAL, 'execution.checkpointing.num-retained': '3' };
    const state = await openAccounts(directory, { config });
    for (const amount of [1, 2]) {
      pay(state, 'alice', amount);
      await state.checkpoint();
    }
    await state.close();
    writeFileSync(join(directory, 'accounts', 'shared', 'f'.repeat(32)), 'left');
    const metadata = join(directory, 'accounts', 'chk-2', '_metadata');
    const kept = `${directory}-metadata`;
    copyFileSync(metadata, kept);
    writeFileSync(metadata, 'damaged');
    const before = sharedIn(directory);
    await (await openAccounts(directory, { config })).close();
    expect(sharedIn(directory)).toEqual(before);
    copyFileSync(kept, metadata);
    rmSync(kept);
    await (await openAccounts(directory, { config })).close();
    expect(sharedIn(directory)).toEqual(before.filter((name) => name !== 'f'.repeat(32)));
  });

  it('that an abandoned checkpoint names stay with it', async () => {
    const directory = temporaryDirectory();
    const content = await withIncrements(directory);
    const named = sharedIn(directory);
    let state = await openAccounts(directory, { config: INCREMENTAL, restore: 'none' });
    pay(state, 'alice', 1);
    await state.checkpoint();
    await state.close();
    state = await openAccounts(directory, { config: INCREMENTAL });
    expect(sharedIn(directory)).toEqual(expect.arrayContaining(named));
    await state.close();
    state = await openAccounts(temporaryDirectory(), { restore: join(directory, 'accounts', 'chk-2') });
    expect(contentOf(state)).toEqual(content);
    await state.close();
  });
});
