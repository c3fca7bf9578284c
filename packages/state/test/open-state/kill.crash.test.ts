import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { testRuns } from '@tidemark/config/test-runs';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../temporary-directory.js';
import { bundleProcess, startProcess } from './bundled-process.js';
import { book, differenceFrom, localDirectoryOf, openLedger } from './ledger.js';

const KILLS = testRuns(6);
const SEED = Number(process.env['TIDEMARK_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

/** Random numbers in [0, 1) from a seed. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const wait = (delayMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, delayMs));

describe('a process that is killed', () => {
  it.each(['hashmap', 'lmdb'])(
    `loses nothing and doubles nothing on %s (TIDEMARK_SEED=${SEED}, ${KILLS} kills)`,
    async (backend) => {
      const directory = temporaryDirectory();
      const program = await bundleProcess('ledger-process', temporaryDirectory());
      const random = randomFrom(SEED);
      // More than can be booked before the last kill.
      const payments = 400 * (KILLS + 2);
      let kills = 0;
      let restored = 0;
      // Where the machine is slow the first checkpoint takes longer than usual: then some are killed later, and more.
      while (kills < KILLS || (restored === 0 && kills < 5 * KILLS)) {
        const running = startProcess(program, [directory, String(payments), backend]);
        await running.opened;
        await wait(random() * 80 * (restored === 0 ? 1 + kills : 1));
        running.child.kill('SIGKILL');
        const { code, signal, errors } = await running.ended;
        expect({ code: signal === 'SIGKILL' ? null : code, errors }).toEqual({
          code: signal === 'SIGKILL' ? null : 0,
          errors: '',
        });
        kills++;
        if (readdirSync(join(directory, 'ledger')).some((name) => name.startsWith('chk-'))) restored++;
      }
      const last = await startProcess(program, [directory, String(payments), backend]).ended;
      expect(last).toEqual({ code: 0, signal: null, errors: '' });
      expect(restored).toBeGreaterThan(0);

      // The last process has removed what those before it left, and its own.
      if (backend === 'lmdb') expect(readdirSync(localDirectoryOf(directory))).toEqual([]);
      await using ledger = await openLedger(directory);
      expect(ledger.restored?.attachment).toEqual({ payments });
      expect(ledger.restored?.skipped).toEqual([]);
      expect(differenceFrom(ledger, payments)).toBeUndefined();
      const left = readdirSync(join(directory, 'ledger')).filter((name) => name.startsWith('chk-'));
      expect(left).toHaveLength(3);
    },
  );
});

describe('a process that is paused', () => {
  it('wakes up fenced, and nothing that it writes then counts', async () => {
    const directory = temporaryDirectory();
    const program = await bundleProcess('ledger-process', temporaryDirectory());
    const zombie = startProcess(program, [directory, '1000000']);
    await zombie.opened;
    await wait(150);
    zombie.child.kill('SIGSTOP');

    const heir = await openLedger(directory);
    const start = heir.restored?.attachment?.payments ?? 0;
    expect(differenceFrom(heir, start)).toBeUndefined();
    zombie.child.kill('SIGCONT');
    expect((await zombie.ended).code).toBe(7);

    for (let n = start; n < start + 100; n++) book(heir, n);
    await heir.checkpoint({ attachment: { payments: start + 100 } });
    await heir.close();
    await using third = await openLedger(directory);
    expect(third.restored?.attachment).toEqual({ payments: start + 100 });
    expect(differenceFrom(third, start + 100)).toBeUndefined();
  });
});
