import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { FileSystemCheckpointStorage } from '@tidemark/checkpoint-storage-filesystem';
import { describe, expect, it } from 'vitest';
import { type Scheduler, systemScheduler } from '../../src/index.js';
import { temporaryDirectory } from '../temporary-directory.js';
import { type Accounts, contentOf, openAccounts, pay } from './accounts.js';
import { gatedStorage } from './gated-storage.js';

const error = (code: string, message: RegExp = /./) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

/** Enough state that writing it takes many slices. */
function fill(state: Accounts, accounts: number): void {
  for (let i = 0; i < accounts; i++) pay(state, `account ${i}`, 1);
}

function filesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
    .filter((name) => !name.startsWith('owner-'));
}

describe('checkpoint', () => {
  it('ES3: refuses a second one while the first is written, having frozen nothing', async () => {
    const directory = temporaryDirectory();
    const state = await openAccounts(directory);
    fill(state, 2_000);
    let evaluated = 0;
    const first = state.checkpoint({ attachment: 1 });
    const second = state.checkpoint({ attachment: () => ++evaluated });
    const third = state.savepoint(directory, { attachment: () => ++evaluated });
    await expect(second).rejects.toEqual(error('checkpoint-in-progress'));
    await expect(third).rejects.toEqual(error('checkpoint-in-progress'));
    expect(state.metrics().checkpoints.inProgress).toBe(1);
    expect((await first).checkpointId).toBe(1);
    expect(evaluated).toBe(0);
    expect((await state.checkpoint({ attachment: 2 })).checkpointId).toBe(2);
    expect(state.metrics().checkpoints).toMatchObject({ completed: 2, failed: 0, inProgress: 0 });
    await state.close();
  });

  it('may be called in passing: a refusal and an end by closing need not be looked at', async () => {
    const state = await openAccounts(temporaryDirectory());
    fill(state, 2_000);
    // An ignored rejection would be reported as an unhandled error of this file.
    void state.checkpoint();
    void state.checkpoint();
    await state.close();
    await new Promise((resolve) => setImmediate(resolve));
  });

  it('never pairs an attachment with the state of another moment, however often it is called', async () => {
    const directory = temporaryDirectory();
    const state = await openAccounts(directory, { config: { 'execution.checkpointing.num-retained': '1000' } });
    const pending: Promise<unknown>[] = [];
    let completed = 0;
    for (let n = 1; completed < 8; n++) {
      pay(state, `account ${n % 7}`, 1);
      pending.push(
        state.checkpoint({ attachment: { payments: n } }).then(
          () => completed++,
          () => undefined,
        ),
      );
      if (n % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(pending);
    await state.close();
    for (const name of readdirSync(join(directory, 'accounts')).filter((entry) => entry.startsWith('chk-'))) {
      await using restored = await openAccounts(temporaryDirectory(), {
        name: 'copy',
        restore: join(directory, 'accounts', name),
      });
      const payments = Object.values(contentOf(restored)).reduce((sum, { total }) => sum + total, 0);
      expect(restored.restored?.attachment).toEqual({ payments });
    }
  });

  it('goes on after an attachment that throws, having frozen nothing', async () => {
    await using state = await openAccounts(temporaryDirectory());
    const failure = new Error('no offset yet');
    const broken = state.checkpoint({
      attachment: () => {
        throw failure;
      },
    });
    await expect(broken).rejects.toBe(failure);
    await expect(state.checkpoint({ attachment: Promise.resolve(1) })).rejects.toEqual(error('async-handler'));
    await expect(state.checkpoint({ attachment: { nan: Number.NaN } })).rejects.toEqual(
      error('value-not-serializable'),
    );
    expect((await state.checkpoint()).checkpointId).toBe(1);
  });

  it('refuses a checkpoint from inside the attachment of another', async () => {
    await using state = await openAccounts(temporaryDirectory());
    let inner: Promise<unknown> = Promise.resolve();
    await state.checkpoint({
      attachment: () => {
        inner = state.checkpoint().catch((refusal: unknown) => refusal);
        return 1;
      },
    });
    expect(await inner).toEqual(error('checkpoint-in-progress'));
  });

  it('ES5: aborted by a signal, it leaves no file, and the next one works', async () => {
    const directory = temporaryDirectory();
    const state = await openAccounts(directory);
    fill(state, 5_000);
    const before = contentOf(state);
    const abort = new AbortController();
    const doomed = state.checkpoint({ attachment: 'doomed', signal: abort.signal });
    pay(state, 'account 0', 1);
    abort.abort(new Error('not now'));
    await expect(doomed).rejects.toEqual(error('checkpoint-aborted', /not now/));
    expect(filesIn(directory)).toEqual([]);
    expect(Object.keys(contentOf(state))).toEqual(Object.keys(before));
    const report = await state.checkpoint({ attachment: 'kept' });
    expect(report.checkpointId).toBe(2);
    expect(state.metrics().checkpoints).toMatchObject({ completed: 1, failed: 1 });
    await state.close();
    await using restored = await openAccounts(directory);
    expect(restored.restored?.attachment).toBe('kept');
    expect(restored.withKey('account 0', ({ total }) => total.value())).toBe(2);
  });

  it('ES5: can be aborted at any step of the writing', async () => {
    const directory = temporaryDirectory();
    await using state = await openAccounts(directory);
    fill(state, 3_000);
    for (let turns = 0; turns < 40; turns++) {
      const abort = new AbortController();
      const result = state.checkpoint({ signal: abort.signal }).then(
        () => 'completed',
        (thrown) => thrown.code,
      );
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
      abort.abort();
      expect(['completed', 'checkpoint-aborted']).toContain(await result);
    }
    const { completed, failed, inProgress } = state.metrics().checkpoints;
    expect({ sum: completed + failed, inProgress }).toEqual({ sum: 40, inProgress: 0 });
    const kept = new Set(readdirSync(join(directory, 'accounts')).filter((name) => name.startsWith('chk-')));
    expect(kept.size).toBe(Math.min(3, completed));
    await state.checkpoint();
  });

  it('refuses a signal that has fired, without using up an id', async () => {
    await using state = await openAccounts(temporaryDirectory());
    await expect(state.checkpoint({ signal: AbortSignal.abort() })).rejects.toEqual(error('checkpoint-aborted'));
    expect((await state.checkpoint()).checkpointId).toBe(1);
  });

  it('gives up when it takes longer than execution.checkpointing.timeout', async () => {
    const directory = temporaryDirectory();
    const storage = gatedStorage(new FileSystemCheckpointStorage({ directory }));
    const alarms: (() => void)[] = [];
    const scheduler: Scheduler = {
      yieldNow: () => systemScheduler.yieldNow(),
      schedule(delayMs, task) {
        if (delayMs === 5_000) alarms.push(task);
        return () => undefined;
      },
    };
    const state = await openAccounts(directory, {
      checkpointStorage: storage.storage,
      config: { 'execution.checkpointing.timeout': '5 s' },
      environment: { scheduler },
    });
    pay(state, 'alice', 1);
    const gate = storage.closeGate();
    const slow = state.checkpoint();
    await gate.reached;
    for (const alarm of alarms) alarm();
    gate.open();
    await expect(slow).rejects.toEqual(error('checkpoint-aborted', /execution\.checkpointing\.timeout: 5000 ms/));
    expect(filesIn(directory)).toEqual([]);
    expect((await state.checkpoint()).checkpointId).toBe(2);
    await state.close();
  });

  it('closing aborts and awaits the one under way, takes none, and leaves no file', async () => {
    const directory = temporaryDirectory();
    const state = await openAccounts(directory);
    fill(state, 5_000);
    const doomed = state.checkpoint();
    const closed = state.close();
    await expect(doomed).rejects.toEqual(error('checkpoint-aborted', /being closed/));
    await closed;
    expect(filesIn(directory)).toEqual([]);
    await using again = await openAccounts(directory);
    expect(again.restored).toBeUndefined();
  });

  it('ES5: a storage that fails leaves the state usable, and the next checkpoint works', async () => {
    const directory = temporaryDirectory();
    const storage = gatedStorage(new FileSystemCheckpointStorage({ directory }));
    const state = await openAccounts(directory, { checkpointStorage: storage.storage });
    pay(state, 'alice', 1);
    for (const step of ['location', 'stream', 'publish'] as const) {
      const failure = new Error(`the ${step} is broken`);
      storage.failNext(step, failure);
      const thrown = await state.checkpoint().catch((caught: unknown) => caught);
      expect(thrown).toEqual(error('checkpoint-failed', new RegExp(`the ${step} is broken`)));
      expect((thrown as Error).cause).toBe(failure);
      pay(state, 'alice', 1);
    }
    expect(filesIn(directory)).toEqual([]);
    const report = await state.checkpoint({ attachment: 'after' });
    expect(report.checkpointId).toBe(4);
    await state.close();
    await using again = await openAccounts(directory);
    expect(again.restored?.attachment).toBe('after');
    expect(again.withKey('alice', ({ total }) => total.value())).toBe(4);
  });

  it('freezes in the middle of a stream of updates and writes the frozen values', async () => {
    const directory = temporaryDirectory();
    const state = await openAccounts(directory);
    fill(state, 3_000);
    const frozen = contentOf(state);
    const written = state.checkpoint();
    let isDone = false;
    void written.finally(() => {
      isDone = true;
    });
    for (let n = 0; !isDone; n++) {
      for (let i = 0; i < 50; i++) pay(state, `account ${(n * 50 + i) % 4_000}`, 1_000, 'tuesday');
      state.withKey(`account ${n % 3_000}`, ({ total, log, byDay }) => {
        total.clear();
        log.clear();
        byDay.clear();
      });
      await new Promise((resolve) => setImmediate(resolve));
    }
    await written;
    await state.close();
    await using again = await openAccounts(directory);
    expect(contentOf(again)).toEqual(frozen);
  });
});
