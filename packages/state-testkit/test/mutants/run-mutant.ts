// Shows cases to an implementation with a fault, and tells which of them fail.

import type * as Testkit from '@tidemark/state-testkit';
import type { Mutant } from './mutant.js';
import type { SourceModules, World } from './source-modules.js';
import { subjectOf } from './subjects.js';

/** What became of the cases: the failure, or `undefined` for a case that passed. By id. */
export type Outcomes = ReadonlyMap<string, string | undefined>;

/** Which cases are shown, and what is told of them. */
export interface RunMutantOptions {
  /** Ids, or what they look like. Default: all. */
  readonly cases?: readonly string[] | RegExp;
  /** Default 10,000. */
  readonly caseTimeoutMs?: number;
  onCase?(id: string, failure: string | undefined): void;
}

/** The world of a mutant. @throws RangeError when its text is not there exactly once. */
export function worldOf(sources: SourceModules, mutant: Mutant): World {
  return sources.withChange(mutant);
}

/** Shows cases of a subject to what a world has. A case of several suites fails when it fails in one. */
export async function runSubject(
  sources: SourceModules,
  subject: string,
  world: World,
  { cases, caseTimeoutMs = 10_000, onCase }: RunMutantOptions = {},
): Promise<Outcomes> {
  const testkit = sources.load<typeof Testkit>('@tidemark/state-testkit');
  const outcomes = new Map<string, string | undefined>();
  for (const suite of subjectOf(subject).suites(testkit, world)) {
    const wanted = suite.cases.filter(({ id, skipped }) => skipped === undefined && isAmong(id, cases));
    if (wanted.length === 0) continue;
    const ids = new Set(wanted.map(({ id }) => id));
    await testkit.runConformance(suite, {
      filter: ({ id }) => ids.has(id),
      caseTimeoutMs,
      onCase({ id, outcome, error }) {
        const failure = outcome === 'failed' ? `${error?.name}: ${error?.message}` : undefined;
        outcomes.set(id, outcomes.get(id) ?? failure);
        onCase?.(id, failure);
      },
    });
  }
  return outcomes;
}

function isAmong(id: string, cases: RunMutantOptions['cases']): boolean {
  if (cases === undefined) return true;
  return cases instanceof RegExp ? cases.test(id) : cases.includes(id);
}
