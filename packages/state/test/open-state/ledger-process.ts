// A process that books payments and takes checkpoints until all are booked or somebody kills it.
//
//   node ledger-process.mjs <directory> <payments> [state backend]
//   exit 0: done; 3: what was restored is wrong; 7: another instance took over. Sends 'open' to its parent.

import { isStateError } from '../../src/index.js';
import { book, differenceFrom, openLedger } from './ledger.js';

const CHECKPOINT_EVERY = 40;

async function main(directory: string, payments: number, backend: string): Promise<number> {
  const ledger = await openLedger(directory, {}, backend);
  const start = ledger.restored?.attachment?.payments ?? 0;
  const difference = differenceFrom(ledger, start);
  if (difference !== undefined) {
    process.stderr.write(`${difference}\n`);
    return 3;
  }
  process.send?.('open');
  let isFenced = false;
  for (let n = start; n < payments && !isFenced; n++) {
    book(ledger, n);
    if (n % CHECKPOINT_EVERY !== 0) continue;
    ledger.checkpoint({ attachment: { payments: n + 1 } }).catch((error: unknown) => {
      if (isStateError(error, 'fenced')) isFenced = true;
      else if (!isStateError(error, 'checkpoint-in-progress')) throw error;
    });
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  if (isFenced) return 7;
  while (ledger.metrics().checkpoints.inProgress > 0) await new Promise((resolve) => setTimeout(resolve, 1));
  await ledger.checkpoint({ attachment: { payments } });
  await ledger.close();
  return 0;
}

main(String(process.argv[2]), Number(process.argv[3]), process.argv[4] ?? 'hashmap').then(
  (code) => process.exit(code),
  (error) => {
    process.stderr.write(`${error?.stack}\n`);
    process.exit(isStateError(error, 'fenced') ? 7 : 1);
  },
);
