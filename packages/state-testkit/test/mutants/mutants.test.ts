// Every mutant is found by the cases that are listed for it, and the sources without a fault pass those cases.

import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type * as Testkit from '@tidemark/state-testkit';
import { describe, expect, test } from 'vitest';
import { CASES_WITHOUT_MUTANT } from './cases-without-mutant.js';
import { describeListedKillers, listedKillers } from './listed-killers.js';
import { MUTANTS } from './mutants.js';
import { type Outcomes, runSubject, worldOf } from './run-mutant.js';
import { SourceModules } from './source-modules.js';
import { SUBJECTS } from './subjects.js';

const sources = new SourceModules(resolve(fileURLToPath(import.meta.url), '../../../../..'));

/** Those that have mutants. */
const subjects = SUBJECTS.map(({ id }) => id).filter((id) => MUTANTS.some(({ subject }) => subject === id));

/** A case that does not end has not failed: it may be a busy machine. */
function failedOf(outcomes: Outcomes): string[] {
  const isFailed = (failure: string | undefined): boolean => failure?.includes('has not ended within') === false;
  return [...outcomes].flatMap(([id, failure]) => (isFailed(failure) ? [id] : [])).sort();
}

test('no two mutants have one name', () => {
  expect(MUTANTS.length).toBe(new Set(MUTANTS.map(({ id }) => id)).size);
});

test('four of five cases are listed for a mutant, and for the others there is a reason', () => {
  const testkit = sources.load<typeof Testkit>('@tidemark/state-testkit');
  const suites = SUBJECTS.flatMap((subject) => subject.suites(testkit, sources));
  const cases = new Set(suites.flatMap((suite) => suite.cases.map(({ id }) => id)));
  const killers = listedKillers(cases, MUTANTS);
  process.stdout.write(`${describeListedKillers(killers, MUTANTS)}\n`);
  expect(killers.others.length / cases.size).toBeLessThan(0.2);
  expect(killers.unknown).toEqual([]);
  expect(killers.others.toSorted()).toEqual(Object.keys(CASES_WITHOUT_MUTANT).toSorted());
});

describe('without a fault every case passes that is listed for', () => {
  test.each(subjects)('%s', async (subject) => {
    const mutants = MUTANTS.filter((mutant) => mutant.subject === subject);
    const cases = [...new Set(mutants.flatMap(({ killers }) => killers))].sort();
    const outcomes = await runSubject(sources, subject, sources, { cases });
    expect([...outcomes.keys()].sort(), 'cases that were shown').toEqual(cases);
    expect([...outcomes].filter(([, failure]) => failure !== undefined)).toEqual([]);
  });
});

describe.each(subjects)('a fault of %s is found:', (subject) => {
  test.each(MUTANTS.filter((mutant) => mutant.subject === subject))('$id: $breaks', async (mutant) => {
    expect(mutant.killers).not.toEqual([]);
    const outcomes = await runSubject(sources, subject, worldOf(sources, mutant), { cases: mutant.killers });
    expect(failedOf(outcomes)).toEqual(mutant.killers);
  });
});
