// The entry for those who test with vitest.

import { describe, it } from 'vitest';
import type { ConformanceSuite } from './conformance/conformance-case.js';
import { CASE_TIMEOUT_MS_DEFAULT } from './conformance/run-conformance.js';

/** How a suite is registered. */
export interface RegisterOptions {
  /** A case that takes longer has failed, in milliseconds, whatever the limit of other tests is. Default: two minutes. */
  readonly caseTimeoutMs?: number;
}

/** Registers every case of a suite as a test; cases that do not apply are shown as skipped, with the reason. */
export function register(
  suite: ConformanceSuite,
  { caseTimeoutMs = CASE_TIMEOUT_MS_DEFAULT }: RegisterOptions = {},
): void {
  describe(suite.name, () => {
    for (const { id, title, skipped, run } of suite.cases) {
      if (skipped === undefined) it(`${id} ${title}`, run, caseTimeoutMs);
      else it.skip(`${id} ${title} (${skipped})`, run);
    }
  });
}
