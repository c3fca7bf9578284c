// The entry for those who test with vitest.

import { describe, it } from 'vitest';
import type { ConformanceSuite } from './conformance/conformance-case.js';

/** Registers every case of a suite as a test; cases that do not apply are shown as skipped, with the reason. */
export function register(suite: ConformanceSuite): void {
  describe(suite.name, () => {
    for (const { id, title, skipped, run } of suite.cases) {
      if (skipped === undefined) it(`${id} ${title}`, run);
      else it.skip(`${id} ${title} (${skipped})`, run);
    }
  });
}
