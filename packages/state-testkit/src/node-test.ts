// The entry for those who test with the runner of Node.

import { describe, it } from 'node:test';
import type { ConformanceSuite } from './conformance/conformance-case.js';

/** Registers every case of a suite as a test; cases that do not apply are shown as skipped, with the reason. */
export function register(suite: ConformanceSuite): void {
  // What `describe` returns ends with the tests in it; the runner awaits it by itself.
  void describe(suite.name, () => {
    for (const { id, title, skipped, run } of suite.cases) {
      void it(`${id} ${title}`, skipped === undefined ? {} : { skip: skipped }, () => run());
    }
  });
}
