// A state that began with a snapshot from elsewhere and dies before its first checkpoint: it begins with it again.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileSystemCheckpointStorage } from '@tidemark/checkpoint-storage-filesystem';
import { JobManagerCheckpointStorage } from '@tidemark/checkpoint-storage-jobmanager';
import { systemClock, systemRandom } from '@tidemark/state-core';
import type { CheckpointStorage } from '@tidemark/state-core/spi';
import { readCheckpointMetadata, writeCheckpointMetadata } from '@tidemark/state-core/support';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../temporary-directory.js';
import { contentOf, openAccounts, pay, recordingLogger } from './accounts.js';

const KEYS = 20;

/** A savepoint in which every account has one, and the directory that the state goes on in. */
async function savepoint(): Promise<{ pointer: string; content: unknown }> {
  const directory = temporaryDirectory();
  await using state = await openAccounts(directory);
  for (let key = 0; key < KEYS; key++) pay(state, `account ${key}`, 1);
  const { externalPointer } = await state.savepoint(join(directory, 'savepoints'));
  return { pointer: externalPointer, content: contentOf(state) };
}

/** A state with checkpoints of its own, in which every account has a hundred times as much. */
async function withCheckpoints(checkpointStorage: CheckpointStorage): Promise<void> {
  await using state = await openAccounts(undefined, { checkpointStorage, name: 'accounts' });
  for (let key = 0; key < KEYS; key++) pay(state, `account ${key}`, 100);
  await state.checkpoint();
  await state.checkpoint();
}

const filesIn = (directory: string) => new FileSystemCheckpointStorage({ directory });
const storages: readonly [string, () => CheckpointStorage][] = [
  ['filesystem', () => filesIn(temporaryDirectory())],
  ['jobmanager', () => new JobManagerCheckpointStorage({ metadataStorage: ({ directory }) => filesIn(directory) })],
];

describe.each(storages)('a state on %s that began with a savepoint and took no checkpoint', (_, makeStorage) => {
  it('begins with it again, and then goes on by itself', async () => {
    const { pointer, content } = await savepoint();
    const checkpointStorage = makeStorage();
    const options = { checkpointStorage, name: 'accounts' };
    await withCheckpoints(checkpointStorage);
    const first = await openAccounts(undefined, { ...options, restore: pointer });
    expect(contentOf(first)).toEqual(content);
    await first.close();

    for (let start = 0; start < 2; start++) {
      await using again = await openAccounts(undefined, options);
      expect(again.restored?.externalPointer).toBe(pointer);
      expect(contentOf(again)).toEqual(content);
    }
    const last = await openAccounts(undefined, options);
    pay(last, 'account 0', 1);
    const report = await last.checkpoint();
    const after = contentOf(last);
    await last.close();
    await using heir = await openAccounts(undefined, options);
    expect(heir.restored?.checkpointId).toBe(report.checkpointId);
    expect(contentOf(heir)).toEqual(after);
  });

  it('is an error that names it when it is gone, and never empty', async () => {
    const { pointer } = await savepoint();
    const checkpointStorage = makeStorage();
    const options = { checkpointStorage, name: 'accounts' };
    await (await openAccounts(undefined, { ...options, restore: pointer })).close();
    rmSync(new URL(pointer), { recursive: true });
    const refused = openAccounts(undefined, options);
    await expect(refused).rejects.toMatchObject({ code: 'no-valid-checkpoint', kind: 'corrupt' });
    await expect(refused).rejects.toThrow(pointer);
    await using given = await openAccounts(undefined, { ...options, restore: 'none' });
    expect(contentOf(given)).toEqual({});
  });

  it('is an error when it is damaged', async () => {
    const { pointer } = await savepoint();
    const checkpointStorage = makeStorage();
    const options = { checkpointStorage, name: 'accounts' };
    await (await openAccounts(undefined, { ...options, restore: pointer })).close();
    const directory = new URL(`${pointer}/`);
    for (const name of readdirSync(directory)) writeFileSync(new URL(name, directory), 'gone');
    await expect(openAccounts(undefined, options)).rejects.toMatchObject({ code: 'no-valid-checkpoint' });
  });
});

describe('a state in a directory', () => {
  it('that was first started by configuration begins with that snapshot again when the key is taken away', async () => {
    const { pointer, content } = await savepoint();
    const directory = temporaryDirectory();
    const config = { 'execution.state-recovery.path': pointer };
    await (await openAccounts(directory, { config })).close();
    await using again = await openAccounts(directory);
    expect(contentOf(again)).toEqual(content);
  });

  it('that cannot tell any more what it began with is an error, and never empty', async () => {
    const { pointer } = await savepoint();
    const directory = temporaryDirectory();
    await (await openAccounts(directory, { restore: pointer })).close();
    writeFileSync(join(directory, 'accounts', 'owner-1-from-external'), '');
    await expect(openAccounts(directory)).rejects.toMatchObject({
      code: 'no-valid-checkpoint',
      message: expect.stringMatching(/the snapshot with which it began last: its name in the storage is damaged/),
    });
  });

  it('falls back to it when the only checkpoint is damaged, and says so', async () => {
    const { pointer, content } = await savepoint();
    const directory = temporaryDirectory();
    const state = await openAccounts(directory, { restore: pointer });
    pay(state, 'account 0', 5);
    const { checkpointId } = await state.checkpoint();
    await state.close();
    writeFileSync(join(directory, 'accounts', `chk-${checkpointId}`, '_metadata'), 'gone');
    const logger = recordingLogger();
    await using heir = await openAccounts(directory, { logger });
    expect(contentOf(heir)).toEqual(content);
    expect(heir.restored?.skipped.map((skipped) => skipped.checkpointId)).toEqual([checkpointId]);
    expect(logger.warnings.map(({ code }) => code)).toContain('checkpoint-skipped');
  });

  it('that goes back to a checkpoint without a lineage of its own goes back to it again', async () => {
    const directory = temporaryDirectory();
    await withCheckpoints(filesIn(directory));
    const [first] = readdirSync(join(directory, 'accounts')).filter((name) => name.startsWith('chk-'));
    const pointer = join(directory, 'accounts', 'chk-77');
    await copyWithoutLineage(join(directory, 'accounts', first as string), pointer);
    const state = await openAccounts(directory, { restore: pointer });
    const content = contentOf(state);
    await state.close();
    const again = await openAccounts(directory);
    expect(contentOf(again)).toEqual(content);
    pay(again, 'account 0', 1);
    const { checkpointId } = await again.checkpoint();
    expect(checkpointId).toBeGreaterThan(77);
    const after = contentOf(again);
    await again.close();
    await using heir = await openAccounts(directory);
    expect(heir.restored?.checkpointId).toBe(checkpointId);
    expect(contentOf(heir)).toEqual(after);
  });
});

/** Copies a checkpoint, as a tool that knows nothing of owners would have written it. */
async function copyWithoutLineage(from: string, to: string): Promise<void> {
  mkdirSync(to);
  for (const name of readdirSync(from)) writeFileSync(join(to, name), readFileSync(join(from, name)));
  const view = await filesIn(join(to, '..', '..')).createCoordinatorView({
    jobId: 'accounts',
    clock: systemClock,
    random: systemRandom,
    logger: recordingLogger(),
  });
  const copy = await view.resolveCheckpoint(to);
  const { lineage: _, ...metadata } = readCheckpointMetadata(await copy.readMetadata(), copy);
  writeFileSync(join(to, '_metadata'), writeCheckpointMetadata(metadata, copy));
}
