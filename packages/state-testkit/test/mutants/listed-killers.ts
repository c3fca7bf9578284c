// Which cases are listed for a mutant, and which for none.

import { CASES_WITHOUT_MUTANT } from './cases-without-mutant.js';
import type { Mutant } from './mutant.js';

/** Cases by what is listed for them. */
export interface ListedKillers {
  /** Ids of mutants by the id of the case, in the order of the cases. */
  readonly mutantsOf: ReadonlyMap<string, readonly string[]>;
  /** Cases that are listed for no mutant, in their order. */
  readonly others: readonly string[];
  /** Ids that are listed and are no cases. */
  readonly unknown: readonly string[];
}

/** Looks through the lists of the mutants. @param cases - Ids; several suites may have one. */
export function listedKillers(cases: Iterable<string>, mutants: readonly Mutant[]): ListedKillers {
  const mutantsOf = new Map<string, string[]>();
  for (const id of cases) mutantsOf.set(id, []);
  const unknown = new Set<string>();
  for (const { id, killers } of mutants) {
    for (const killer of killers) {
      const found = mutantsOf.get(killer);
      if (found === undefined) unknown.add(killer);
      else found.push(id);
    }
  }
  const others = [...mutantsOf].flatMap(([id, found]) => (found.length === 0 ? [id] : []));
  return { mutantsOf, others, unknown: [...unknown] };
}

/** What is said at the end of a run: how many cases are listed, and the others with their reasons. */
export function describeListedKillers({ mutantsOf, others }: ListedKillers, mutants: readonly Mutant[]): string {
  const listed = mutantsOf.size - others.length;
  const share = ((listed / mutantsOf.size) * 100).toFixed(1);
  const lines = [`${mutants.length} mutants; ${listed} of ${mutantsOf.size} cases (${share} %) are listed for one`];
  for (const id of others) lines.push(`  ${id.padEnd(20)} ${CASES_WITHOUT_MUTANT[id] ?? 'no reason is given'}`);
  return lines.join('\n');
}
