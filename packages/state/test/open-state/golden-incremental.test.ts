// The directory of increments that is kept for ever: a copy of what `runGoldenJob` wrote when the format was new. It never
// changes; a new version of the format gets another beside it.

import { cpSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../temporary-directory.js';
import { contentOf, openAccounts } from './accounts.js';
import { GOLDEN_CONFIG, runGoldenJob } from './golden-incremental.js';

const GOLDEN = fileURLToPath(new URL('../golden/incremental-v1', import.meta.url));

it('restores the directory of increments that is checked in', async () => {
  const [directory, fresh] = [temporaryDirectory(), temporaryDirectory()];
  const expected = await openAccounts(fresh, { config: GOLDEN_CONFIG });
  await runGoldenJob(expected);
  cpSync(GOLDEN, directory, { recursive: true });
  const state = await openAccounts(directory, { config: GOLDEN_CONFIG });
  expect(state.restored).toMatchObject({ checkpointId: 3, attachment: { part: 3 }, skipped: [] });
  expect(contentOf(state)).toEqual(contentOf(expected));
  // And goes on from there.
  const full = expected.metrics().checkpoints.last?.stateSizeBytes ?? 0;
  expect((await state.checkpoint()).checkpointedSizeBytes).toBeLessThan(full / 10);
  await state.close();
  await expected.close();
});
