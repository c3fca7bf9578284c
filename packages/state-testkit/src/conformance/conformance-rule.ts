// What a case proves: a sentence of the service interface, where it stands, and what to read about it.

import { CONFORMANCE_RULES } from './conformance-rules.js';

/** One MUST of the service interface. */
export interface ConformanceRule {
  /** The interface, or the member of it: `KeyedStateBackend.snapshot`. */
  readonly member: string;
  /** The sentence without its MUST: `show the state as of its freeze, whatever is written afterwards.` */
  readonly must: string;
  /** The heading of docs/WRITING_A_BACKEND.md that says more. */
  readonly guide: string;
  /** The ids of the cases that prove it. `TTL-01` stands for its variants `TTL-01-A`, `TTL-01-B` and so on as well. */
  readonly cases: readonly string[];
}

/** The document that {@link ConformanceRule.guide} is a heading of. */
export const GUIDE: string = 'docs/WRITING_A_BACKEND.md';

const rulesByCase: ReadonlyMap<string, readonly ConformanceRule[]> = indexRules();

/** The rules that a case proves; none for a case that is not of this package. */
export function rulesOfCase(id: string): readonly ConformanceRule[] {
  return rulesByCase.get(id) ?? rulesByCase.get(id.replace(/-[A-Z]$/, '')) ?? [];
}

function indexRules(): Map<string, ConformanceRule[]> {
  const byCase = new Map<string, ConformanceRule[]>();
  for (const rule of CONFORMANCE_RULES) {
    for (const id of rule.cases) {
      const rules = byCase.get(id);
      if (rules === undefined) byCase.set(id, [rule]);
      else rules.push(rule);
    }
  }
  return byCase;
}
