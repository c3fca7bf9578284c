// `npm start`: runs the job in a process of its own, kills it twice in the middle of its work, starts it again, and
// compares what it ends with to a plain sum over the input.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JobMessage, Totals } from './job.js';
import { PURCHASES, purchaseAt } from './purchases.js';

/** Between two checkpoints, so that work is lost and done again. */
const KILL_AT = [55_000, 131_000];

/** Runs the job until it ends, or until it gets to `killAt`. Returns what it ends with, `undefined` when it was killed. */
async function attempt(checkpoints: string, killAt: number | undefined): Promise<Totals | undefined> {
  const job = fork(fileURLToPath(new URL('./job.js', import.meta.url)), [checkpoints]);
  let totals: Totals | undefined;
  let killed = false;
  job.on('message', (message: JobMessage) => {
    if (message.type === 'opened') console.log(`starts at ${message.position}`);
    if (message.type === 'checkpoint') console.log(`  checkpoint at ${message.position}, ${message.bytes} bytes`);
    if (message.type === 'finished') {
      totals = message.totals;
      console.log(`  at the end, ${message.fileBytes} bytes in the SQLite file`);
    }
    if (message.type === 'progress' && !killed && message.position >= (killAt ?? Number.POSITIVE_INFINITY)) {
      killed = true;
      job.kill('SIGKILL');
      console.log(`  killed at ${message.position}`);
    }
  });
  // Not `exit`, after which messages may still come.
  const [exitCode] = await once(job, 'close');
  if (totals === undefined && !killed) throw new Error(`the job ended with ${exitCode}`);
  return totals;
}

function expectedTotals(): Map<string, number> {
  const totals = new Map<string, number>();
  for (let position = 0; position < PURCHASES; position++) {
    const { customer, cents } = purchaseAt(position);
    totals.set(customer, (totals.get(customer) ?? 0) + cents);
  }
  return totals;
}

const checkpoints = await mkdtemp(join(tmpdir(), 'tidemark-purchases-'));
try {
  const kills = [...KILL_AT];
  let totals: Totals | undefined;
  while (totals === undefined) totals = await attempt(checkpoints, kills.shift());
  const expected = expectedTotals();
  const right = totals.filter(([customer, cents]) => expected.get(customer) === cents).length;
  const isSame = right === expected.size && totals.length === expected.size;
  console.log(`${totals.length} customers, ${right} of ${expected.size} sums right`);
  console.log(`identical to an uninterrupted run: ${isSame ? 'yes' : 'no'}`);
  process.exitCode = isSame ? 0 : 1;
} finally {
  await rm(checkpoints, { recursive: true, force: true });
}
