// Increments end to end: what is written, named, counted and removed with `execution.checkpointing.incremental`.

import { cpSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { JobManagerCheckpointStorage } from '@tidemark/checkpoint-storage-jobmanager';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../temporary-directory.js';
import { type Accounts, contentOf, openAccounts, pay } from './accounts.js';

const INCREMENTAL = { 'execution.checkpointing.incremental': 'true', 'execution.checkpointing.num-retained': '1' };

function fill(state: Accounts, accounts: number): void {
  for (let index = 0; index < accounts; index++) pay(state, `account ${index}`, 1);
}

interface FoundFile {
  readonly path: string;
  readonly sizeBytes: number;
}

function filesIn(directory: string): FoundFile[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('owner-'))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path, sizeBytes: statSync(path).size }));
}

function sharedIn(directory: string): FoundFile[] {
  return filesIn(directory).filter(({ path }) => path.includes(`${join('shared', '')}`));
}

describe('with the filesystem storage', () => {
  it('writes what changed, keeps what is named, removes what is not, restores all of it', async () => {
    const directory = temporaryDirectory();
    const config = { ...INCREMENTAL, 'execution.checkpointing.data-inline-threshold': '0' };
    let state = await openAccounts(directory, { config });
    fill(state, 3_000);
    const full = await state.checkpoint();
    pay(state, 'account 7', 5);
    const increment = await state.checkpoint();
    expect(increment.checkpointedSizeBytes).toBeLessThan(full.checkpointedSizeBytes / 50);
    expect(increment.stateSizeBytes).toBe(full.stateSizeBytes + increment.checkpointedSizeBytes);
    expect(sharedIn(directory)).toHaveLength(2);
    const content = contentOf(state);
    await state.close();

    for (let start = 0; start < 3; start++) {
      state = await openAccounts(directory, { config });
      expect(contentOf(state)).toEqual(content);
      pay(state, `account ${start}`, 100);
      const next = await state.checkpoint();
      // Built on the restored checkpoint: nothing is written again.
      expect(next.checkpointedSizeBytes).toBeLessThan(full.checkpointedSizeBytes / 50);
      content[`account ${start}`] = contentOf(state)[`account ${start}`] as never;
      await state.close();
    }

    state = await openAccounts(directory, { config });
    // Everything changes, again and again: images take the place of chains, and what they replace goes.
    for (let round = 0; round < 12; round++) {
      fill(state, 3_000);
      await state.checkpoint();
    }
    const sizeBytes = sharedIn(directory).reduce((sum, file) => sum + file.sizeBytes, 0);
    expect(state.metrics().checkpoints.last?.stateSizeBytes).toBe(sizeBytes);
    const last = contentOf(state);
    await state.close();
    state = await openAccounts(directory, { config });
    expect(contentOf(state)).toEqual(last);
    await state.close();
  });

  it('a copy of the directory restores, the original gone', async () => {
    const [directory, copy] = [temporaryDirectory(), temporaryDirectory()];
    const state = await openAccounts(directory, { config: INCREMENTAL });
    fill(state, 500);
    await state.checkpoint();
    pay(state, 'account 3', 9);
    await state.checkpoint();
    const content = contentOf(state);
    await state.close();
    cpSync(directory, copy, { recursive: true });
    rmSync(directory, { recursive: true });
    const restored = await openAccounts(copy, { config: INCREMENTAL });
    expect(restored.restored?.checkpointId).toBe(2);
    expect(contentOf(restored)).toEqual(content);
    pay(restored, 'account 4', 1);
    expect((await restored.checkpoint()).checkpointId).toBe(3);
    await restored.close();
  });

  it('a failed and an aborted increment leave no file and forget nothing', async () => {
    const directory = temporaryDirectory();
    const state = await openAccounts(directory, { config: INCREMENTAL });
    fill(state, 2_000);
    await state.checkpoint();
    const before = filesIn(directory).map(({ path }) => path);
    fill(state, 2_000);
    const abort = new AbortController();
    const aborted = state.checkpoint({ signal: abort.signal });
    abort.abort();
    await expect(aborted).rejects.toMatchObject({ code: 'checkpoint-aborted' });
    expect(filesIn(directory).map(({ path }) => path)).toEqual(before);
    pay(state, 'account 1', 1);
    await state.checkpoint();
    const content = contentOf(state);
    await state.close();
    const restored = await openAccounts(directory, { config: INCREMENTAL });
    expect(contentOf(restored)).toEqual(content);
    await restored.close();
  });

  it('a savepoint in between stands alone, and increments go on past it', async () => {
    const [directory, savepoints] = [temporaryDirectory(), temporaryDirectory()];
    const state = await openAccounts(directory, { config: INCREMENTAL });
    fill(state, 500);
    await state.checkpoint();
    pay(state, 'account 1', 1);
    const { externalPointer } = await state.savepoint(savepoints);
    const atSavepoint = contentOf(state);
    pay(state, 'account 2', 2);
    const after = await state.checkpoint();
    expect(after.checkpointedSizeBytes).toBeLessThan(after.stateSizeBytes / 5);
    const content = contentOf(state);
    await state.close();
    const latest = await openAccounts(directory, { config: INCREMENTAL });
    expect(contentOf(latest)).toEqual(content);
    await latest.close();
    rmSync(directory, { recursive: true });
    const fromSavepoint = await openAccounts(temporaryDirectory(), { config: INCREMENTAL, restore: externalPointer });
    expect(contentOf(fromSavepoint)).toEqual(atSavepoint);
    await fromSavepoint.close();
  });

  it('NO_CLAIM: shares nothing with what was restored until a full checkpoint has completed', async () => {
    const [directory, other] = [temporaryDirectory(), temporaryDirectory()];
    let state = await openAccounts(directory, { config: INCREMENTAL });
    fill(state, 500);
    await state.checkpoint();
    pay(state, 'account 1', 1);
    const { externalPointer } = await state.checkpoint();
    const content = contentOf(state);
    await state.close();
    const before = filesIn(directory);
    state = await openAccounts(other, { config: INCREMENTAL, restore: externalPointer, restoreMode: 'NO_CLAIM' });
    const full = await state.checkpoint();
    expect(full.checkpointedSizeBytes).toBe(full.stateSizeBytes);
    pay(state, 'account 2', 1);
    const increment = await state.checkpoint();
    expect(increment.checkpointedSizeBytes).toBeLessThan(full.checkpointedSizeBytes / 5);
    for (let round = 0; round < 3; round++) {
      pay(state, 'account 2', 1);
      await state.checkpoint();
    }
    await state.close();
    expect(filesIn(directory)).toEqual(before);
    rmSync(directory, { recursive: true });
    state = await openAccounts(other, { config: INCREMENTAL });
    content['account 2'] = contentOf(state)['account 2'] as never;
    expect(contentOf(state)).toEqual(content);
    await state.close();
  });

  it('checkpoints from before increments were on are never built upon, and go', async () => {
    const directory = temporaryDirectory();
    let state = await openAccounts(directory, { config: { 'execution.checkpointing.num-retained': '1' } });
    fill(state, 500);
    await state.checkpoint();
    await state.close();
    state = await openAccounts(directory, { config: INCREMENTAL });
    pay(state, 'account 1', 1);
    const first = await state.checkpoint();
    expect(first.checkpointedSizeBytes).toBe(first.stateSizeBytes);
    pay(state, 'account 1', 1);
    const second = await state.checkpoint();
    expect(second.checkpointedSizeBytes).toBeLessThan(first.checkpointedSizeBytes / 5);
    await state.close();
    // And off again: full images of their own, the shared segments go with the last that names them.
    state = await openAccounts(directory, { config: { 'execution.checkpointing.num-retained': '1' } });
    pay(state, 'account 1', 1);
    const third = await state.checkpoint();
    expect(third.checkpointedSizeBytes).toBe(third.stateSizeBytes);
    expect(sharedIn(directory)).toEqual([]);
    const content = contentOf(state);
    await state.close();
    state = await openAccounts(directory, { config: INCREMENTAL });
    expect(contentOf(state)).toEqual(content);
    await state.close();
  });
});

describe('with the jobmanager storage', () => {
  it('writes what changed, and restores it', async () => {
    const directory = temporaryDirectory();
    const open = (): Promise<Accounts> =>
      openAccounts(directory, {
        config: { ...INCREMENTAL, 'execution.checkpointing.storage': 'jobmanager' },
      });
    let state = await open();
    fill(state, 1_000);
    const full = await state.checkpoint();
    pay(state, 'account 5', 5);
    const increment = await state.checkpoint();
    expect(increment.checkpointedSizeBytes).toBeLessThan(full.checkpointedSizeBytes / 20);
    const content = contentOf(state);
    await state.close();
    state = await open();
    expect(state.restored?.checkpointId).toBe(2);
    expect(contentOf(state)).toEqual(content);
    await state.close();
  });

  it('in memory alone', async () => {
    const storage = new JobManagerCheckpointStorage();
    const state = await openAccounts(undefined, { config: INCREMENTAL, checkpointStorage: storage });
    fill(state, 1_000);
    const full = await state.checkpoint();
    pay(state, 'account 5', 5);
    expect((await state.checkpoint()).checkpointedSizeBytes).toBeLessThan(full.checkpointedSizeBytes / 20);
    await state.close();
  });
});
