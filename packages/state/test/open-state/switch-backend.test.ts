import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../temporary-directory.js';
import { type Accounts, openAccounts, pay } from './accounts.js';

/** The file of a program in which one line says where state is kept. */
function configFile(directory: string, backend: string): string {
  const path = join(directory, 'tidemark.yaml');
  writeFileSync(
    path,
    `state.backend: ${backend}
state.backend.lmdb.localdir: ${join(directory, 'local')}
execution.checkpointing.dir: ${join(directory, 'checkpoints')}
execution.checkpointing.incremental: true
`,
  );
  return path;
}

function contentsOf(state: Accounts): unknown {
  return ['alice', 'bob', 'carol'].map((account) =>
    state.withKey(account, ({ total, log, byDay }) => [
      total.value(),
      [...log.get()],
      [...byDay.entries()].map(([day, count]) => `${day} ${count}`).sort(),
    ]),
  );
}

it('one line of configuration goes from hashmap to lmdb and back, with the checkpoints of either', async () => {
  const directory = temporaryDirectory();
  let before: unknown;
  for (const backend of ['hashmap', 'lmdb', 'hashmap', 'rocksdb', 'lmdb']) {
    await using state = await openAccounts(undefined, { name: 'accounts', configFile: configFile(directory, backend) });
    if (before !== undefined) expect(contentsOf(state)).toEqual(before);
    pay(state, 'alice', 1, backend);
    await state.checkpoint();
    pay(state, 'bob', 2, 'tuesday');
    state.withKey('carol', ({ log }) => log.add(backend));
    await state.checkpoint();
    before = contentsOf(state);
  }
  expect(readdirSync(join(directory, 'local'))).toEqual([]);
});

it('the same savepoint starts either backend, with the same state', async () => {
  const directory = temporaryDirectory();
  let savepoint: string;
  let before: unknown;
  {
    await using state = await openAccounts(undefined, { name: 'accounts', configFile: configFile(directory, 'lmdb') });
    pay(state, 'alice', 5);
    pay(state, 'bob', 7);
    before = contentsOf(state);
    savepoint = (await state.savepoint(join(directory, 'savepoint'))).externalPointer;
  }
  for (const backend of ['hashmap', 'lmdb']) {
    await using state = await openAccounts(undefined, {
      name: `from a savepoint on ${backend}`,
      configFile: configFile(directory, backend),
      restore: savepoint,
    });
    expect(contentsOf(state)).toEqual(before);
  }
});

it('the states of one process share the managed memory, and have more of it when one is closed', async () => {
  const directory = temporaryDirectory();
  const config = {
    'state.backend': 'lmdb',
    'state.backend.lmdb.localdir': join(directory, 'local'),
    'taskmanager.memory.managed.size': '8 mb',
  };
  const budgetOf = (state: Accounts): unknown => state.metrics().backend?.cacheBudgetBytes;
  const cacheOf = (share: number): number => Math.floor(0.85 * share);
  await using first = await openAccounts(undefined, { config });
  const alone = budgetOf(first);
  {
    await using second = await openAccounts(undefined, { config });
    expect([budgetOf(first), budgetOf(second)]).toEqual([cacheOf(4 * 1024 * 1024), cacheOf(4 * 1024 * 1024)]);
  }
  expect([alone, budgetOf(first)]).toEqual([cacheOf(8 * 1024 * 1024), cacheOf(8 * 1024 * 1024)]);
});

it('a newer owner takes over while an older one is open, each with working state of its own', async () => {
  const directory = temporaryDirectory();
  const configFilePath = configFile(directory, 'lmdb');
  const open = (): Promise<Accounts> => openAccounts(undefined, { name: 'accounts', configFile: configFilePath });
  await using older = await open();
  pay(older, 'alice', 1);
  await older.checkpoint();
  await using newer = await open();
  pay(newer, 'alice', 2);
  pay(older, 'alice', 10);
  expect(newer.withKey('alice', ({ total }) => total.value())).toBe(3);
  expect(older.withKey('alice', ({ total }) => total.value())).toBe(11);
  await newer.checkpoint();
  await expect(older.checkpoint()).rejects.toMatchObject({ code: 'fenced' });
});
