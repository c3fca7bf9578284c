// The job whose directory is checked in under test/golden/incremental-v1: a full checkpoint and two increments, of values,
// lists and maps, with updates, removals, appended elements and cleared maps in each.

import type { Accounts } from './accounts.js';
import { pay } from './accounts.js';

/** The configuration that it was written with. */
export const GOLDEN_CONFIG: Readonly<Record<string, string>> = {
  'execution.checkpointing.incremental': 'true',
  'execution.checkpointing.data-inline-threshold': '0',
};

/** Does what the job does, with a checkpoint after each part. */
export async function runGoldenJob(state: Accounts): Promise<void> {
  for (let index = 0; index < 40; index++) pay(state, `account ${index}`, index);
  await state.checkpoint({ attachment: { part: 1 } });
  for (let index = 0; index < 40; index += 5) pay(state, `account ${index}`, 100, 'tuesday');
  state.withKey('account 1', ({ total, log, byDay }) => {
    total.clear();
    log.clear();
    byDay.clear();
  });
  state.withKey('account 2', ({ log }) => log.update(['replaced']));
  pay(state, 'account new', 7);
  await state.checkpoint({ attachment: { part: 2 } });
  pay(state, 'account 1', 1, 'wednesday');
  state.withKey('account 5', ({ byDay }) => {
    byDay.clear();
    byDay.put('thursday', 4);
    byDay.remove('tuesday');
  });
  state.withKey('account new', ({ total }) => total.clear());
  await state.checkpoint({ attachment: { part: 3 } });
}
