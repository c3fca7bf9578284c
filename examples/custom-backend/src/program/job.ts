// The job: sums up what every customer spends, takes a checkpoint every 20,000 purchases, and goes on from the last one.
// It knows nothing of SQLite: tidemark.yaml names the backend.

import { int32, openState, safeInteger, string, struct, ValueStateDescriptor } from '@tidemark/state';
import { PURCHASES, purchaseAt } from './purchases.js';

const CHECKPOINT_EVERY = 20_000;
const REPORT_EVERY = 1_000;

const spent = new ValueStateDescriptor('spent', { type: int32, defaultValue: 0 });

/** What the job tells the process that watches it. */
export type JobMessage =
  | { readonly type: 'opened'; readonly position: number }
  | { readonly type: 'progress'; readonly position: number }
  | { readonly type: 'checkpoint'; readonly position: number; readonly bytes: number }
  | { readonly type: 'finished'; readonly fileBytes: number; readonly totals: Totals };

/** What every customer has spent. */
export type Totals = readonly (readonly [customer: string, cents: number])[];

async function run(checkpoints: string, tell: (message: JobMessage) => Promise<void>): Promise<void> {
  await using state = await openState({
    name: 'purchases',
    states: { spent },
    keySerializer: string,
    attachmentSerializer: struct({ position: safeInteger }),
    configFile: new URL('../../tidemark.yaml', import.meta.url),
    config: { 'execution.checkpointing.dir': checkpoints },
    restore: 'latest',
  });
  let position = state.restored?.attachment?.position ?? 0;
  await tell({ type: 'opened', position });

  while (position < PURCHASES) {
    const { customer, cents } = purchaseAt(position);
    state.withKey(customer, ({ spent }) => spent.update(spent.value() + cents));
    position++;
    if (position % REPORT_EVERY === 0) {
      await tell({ type: 'progress', position });
    }
    if (position % CHECKPOINT_EVERY === 0) {
      // The position goes with the state: what is restored together was true together.
      const { checkpointedSizeBytes } = await state.checkpoint({ attachment: { position } });
      await tell({ type: 'checkpoint', position, bytes: checkpointedSizeBytes });
    }
  }
  const customers = [...state.keys('spent')].sort();
  await tell({
    type: 'finished',
    // One of the figures that the store itself gives.
    fileBytes: Number(state.metrics().backend['fileBytes']),
    totals: customers.map((customer) => [customer, state.withKey(customer, ({ spent }) => spent.value())] as const),
  });
}

function send(message: JobMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(message, undefined, undefined, (error) => (error === null ? resolve() : reject(error)));
  });
}

run(process.argv[2] as string, send).then(
  () => process.disconnect(),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
