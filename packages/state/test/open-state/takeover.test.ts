import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { FileSystemCheckpointStorage } from '@tidemark/checkpoint-storage-filesystem';
import { JobManagerCheckpointStorage } from '@tidemark/checkpoint-storage-jobmanager';
import type { CheckpointStorage } from '@tidemark/state-core/spi';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../temporary-directory.js';
import { openAccounts, pay, recordingLogger } from './accounts.js';
import { gatedStorage } from './gated-storage.js';

const error = (code: string, message: RegExp = /./) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

const storages: readonly [string, () => CheckpointStorage][] = [
  ['filesystem', () => new FileSystemCheckpointStorage({ directory: temporaryDirectory() })],
  ['jobmanager', () => new JobManagerCheckpointStorage()],
];

describe.each(storages)('two instances of one name and shard on %s', (_, makeStorage) => {
  it('the second fences the first, which can publish nothing more', async () => {
    const checkpointStorage = makeStorage();
    const options = { checkpointStorage, name: 'accounts' };
    const first = await openAccounts(undefined, options);
    pay(first, 'alice', 1);
    await first.checkpoint({ attachment: 'first' });

    const second = await openAccounts(undefined, options);
    expect(second.restored?.attachment).toBe('first');
    pay(first, 'alice', 100);
    const refused = await first.checkpoint({ attachment: 'zombie' }).catch((thrown: unknown) => thrown);
    expect(refused).toEqual(error('fenced', /another instance has taken over 'accounts'/));
    expect((refused as { kind: string }).kind).toBe('restore');
    // Told once, it does not try again, and what is in memory can still be looked at.
    await expect(first.checkpoint()).rejects.toEqual(error('fenced'));
    expect(first.withKey('alice', ({ total }) => total.value())).toBe(101);

    pay(second, 'alice', 1);
    await second.checkpoint({ attachment: 'second' });
    await Promise.all([first.close(), second.close()]);
    await using third = await openAccounts(undefined, options);
    expect(third.restored?.attachment).toBe('second');
    expect(third.withKey('alice', ({ total }) => total.value())).toBe(2);
  });

  it('a zombie that was paused before it published is ignored at restore', async () => {
    const inner = makeStorage();
    const gated = gatedStorage(inner);
    const zombie = await openAccounts(undefined, { checkpointStorage: gated.storage, name: 'accounts' });
    pay(zombie, 'alice', 1);
    await zombie.checkpoint({ attachment: 'one' });
    const gate = gated.closeGate();
    pay(zombie, 'alice', 1_000);
    const late = zombie.checkpoint({ attachment: 'zombie' }).then(
      () => 'published',
      (thrown) => thrown.code,
    );
    await gate.reached;

    const heir = await openAccounts(undefined, { checkpointStorage: inner, name: 'accounts' });
    expect(heir.restored?.attachment).toBe('one');
    gate.open();
    expect(['published', 'fenced']).toContain(await late);
    pay(heir, 'alice', 1);
    await heir.checkpoint({ attachment: 'two' });
    await Promise.all([zombie.close(), heir.close()]);

    await using third = await openAccounts(undefined, { checkpointStorage: inner, name: 'accounts' });
    expect(third.restored?.attachment).toBe('two');
    expect(third.withKey('alice', ({ total }) => total.value())).toBe(2);
  });
});

describe('takeover in a directory', () => {
  it('a zombie checkpoint that was published after all is ignored, and said so', async () => {
    const directory = temporaryDirectory();
    const zombie = await openAccounts(directory);
    pay(zombie, 'alice', 1);
    await zombie.checkpoint({ attachment: 'one' });
    await zombie.checkpoint({ attachment: 'two' });
    await zombie.close();
    // The heir goes back to the first: the second is what a zombie would have published later.
    const heir = await openAccounts(directory, { restore: join(directory, 'accounts', 'chk-1') });
    await heir.close();

    const logger = recordingLogger();
    await using third = await openAccounts(directory, { logger });
    expect(third.restored?.attachment).toBe('one');
    expect(logger.warnings.map(({ code }) => code)).toEqual(['checkpoint-ignored', 'input-repeats']);
    expect(logger.warnings[0]?.message).toMatch(/checkpoint 2 is ignored/);
    expect((await third.checkpoint()).checkpointId).toBe(3);
  });

  it('clears away what a crash left unpublished, and never uses its id', async () => {
    const directory = temporaryDirectory();
    const gated = gatedStorage(new FileSystemCheckpointStorage({ directory }));
    const crashed = await openAccounts(directory, { checkpointStorage: gated.storage });
    pay(crashed, 'alice', 1);
    await crashed.checkpoint();
    const gate = gated.closeGate();
    const unfinished = crashed.checkpoint().catch((thrown: unknown) => thrown);
    await gate.reached;
    expect(namesIn(directory)).toEqual(['chk-1', 'chk-2']);

    await using heir = await openAccounts(directory);
    expect(heir.restored?.checkpointId).toBe(1);
    expect(namesIn(directory)).toEqual(['chk-1']);
    expect((await heir.checkpoint()).checkpointId).toBe(3);
    gate.open();
    expect(await unfinished).toEqual(
      expect.objectContaining({ code: expect.stringMatching(/^(fenced|storage-|checkpoint-failed)/) }),
    );
    await crashed.close();
    expect(namesIn(directory)).toEqual(['chk-1', 'chk-3']);
  });

  it('an overtaken instance deletes nothing that its heir may be reading', async () => {
    const directory = temporaryDirectory();
    const gated = gatedStorage(new FileSystemCheckpointStorage({ directory }));
    const config = { 'execution.checkpointing.num-retained': '1' };
    const zombie = await openAccounts(directory, { checkpointStorage: gated.storage, config });
    pay(zombie, 'alice', 1);
    await zombie.checkpoint();
    const gate = gated.closeGate();
    const late = zombie.checkpoint().catch(() => undefined);
    await gate.reached;
    const heir = await openAccounts(directory, { config });
    gate.open();
    await late;
    expect(namesIn(directory)).toContain('chk-1');
    expect(heir.withKey('alice', ({ total }) => total.value())).toBe(1);
    await Promise.all([zombie.close(), heir.close()]);
  });

  it('many instances in a race: one lineage survives, whole', async () => {
    const directory = temporaryDirectory();
    const states = await Promise.allSettled(Array.from({ length: 6 }, () => openAccounts(directory)));
    const opened = states.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    for (const result of states) {
      if (result.status === 'rejected') expect(result.reason).toEqual(error('fenced'));
    }
    expect(opened.length).toBeGreaterThan(0);
    const outcomes = await Promise.all(
      opened.map((state, index) => {
        pay(state, 'alice', index + 1);
        return state.checkpoint({ attachment: index + 1 }).then(
          () => index + 1,
          (thrown: { code: string }) => thrown.code,
        );
      }),
    );
    const winners = outcomes.filter((outcome) => typeof outcome === 'number');
    expect(winners).toHaveLength(1);
    await Promise.all(opened.map((state) => state.close()));
    await using heir = await openAccounts(directory);
    expect(heir.restored?.attachment).toBe(winners[0]);
    expect(heir.withKey('alice', ({ total }) => total.value())).toBe(winners[0]);
  });
});

function namesIn(directory: string): string[] {
  return readdirSync(join(directory, 'accounts'))
    .filter((name) => name.startsWith('chk-'))
    .sort();
}
