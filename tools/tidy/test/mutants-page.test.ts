import {
  CRASH_CASES,
  checkpointStorageCases,
  checkpointStorageFactoryCases,
  FAULT_CASES,
  KEYED_STORE_CASES,
  SERIALIZER_CASES,
  STATE_BACKEND_CASES,
  stateBackendFactoryCases,
} from '@tidemark/state-testkit';
import { expect, test } from 'vitest';
import { CASES_WITHOUT_MUTANT } from '../../../packages/state-testkit/test/mutants/cases-without-mutant.js';
import { listedKillers } from '../../../packages/state-testkit/test/mutants/listed-killers.js';
import { MUTANTS } from '../../../packages/state-testkit/test/mutants/mutants.js';
import { mutantsPage } from '../../../packages/state-testkit/test/mutants/mutants-page.js';

const CASES = [
  ...STATE_BACKEND_CASES,
  ...stateBackendFactoryCases,
  ...KEYED_STORE_CASES,
  ...checkpointStorageCases,
  ...checkpointStorageFactoryCases,
  ...CRASH_CASES,
  ...FAULT_CASES,
  ...SERIALIZER_CASES,
];

test('every case is listed for a mutant, or there is a reason why not', () => {
  const { others, unknown } = listedKillers(
    CASES.map(({ id }) => id),
    MUTANTS,
  );
  expect(unknown).toEqual([]);
  expect(others.toSorted()).toEqual(Object.keys(CASES_WITHOUT_MUTANT).toSorted());
});

test('docs/mutants.md says what the mutants are: `pnpm mutants-page` writes it', async () => {
  await expect(mutantsPage(MUTANTS, CASES)).toMatchFileSnapshot('../../../docs/mutants.md');
});
