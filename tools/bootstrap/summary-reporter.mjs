// A vitest reporter that counts: writes { passed, failed, skipped } to the file that TIDEMARK_TEST_SUMMARY names.

import { writeFileSync } from 'node:fs';

export default class SummaryReporter {
  onTestRunEnd(testModules, unhandledErrors) {
    const summary = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const testModule of testModules) {
      // A file that cannot be loaded, or a hook that fails, leaves tests without a result: that is a failure too.
      if (testModule.errors().length > 0) summary.failed += 1;
      for (const suite of testModule.children.allSuites()) if (suite.errors().length > 0) summary.failed += 1;
      for (const test of testModule.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') summary.passed += 1;
        else if (state === 'failed') summary.failed += 1;
        else summary.skipped += 1;
      }
    }
    const file = process.env.TIDEMARK_TEST_SUMMARY;
    if (file !== undefined) writeFileSync(file, JSON.stringify(summary));
  }
}
