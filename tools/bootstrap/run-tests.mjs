// Runs vitest over the workspace and says in its last line how it went.
//
//   T1. The last line is `N passed, N failed, N skipped`, over all packages, whatever happened before.
//   T2. The exit code is 0 only when something passed, nothing failed, and vitest itself ended with 0. An error outside
//       any test and a file that could not be loaded count as failures.
//   T3. Tests get a temporary folder of their own, which is removed; whatever they left in it counts as a failure.

import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInForeground } from './child.mjs';
import { repository } from './prepare.mjs';

/** Folders that vitest and Node make for themselves. */
const ofTheRunner = /^([\w-]{21}|node-compile-cache|vitest-.*)$/;

/**
 * @param {readonly string[]} args - For vitest: name filters and the like.
 * @param {NodeJS.ProcessEnv} env
 * @param {{ failedBefore?: number }} options - Failures of earlier steps that count into the last line.
 * @returns {Promise<number>} The exit code.
 */
export async function runTests(args, env, { failedBefore = 0 } = {}) {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'tidemark-tests-'));
  // Some tests become another user, who has to get as far as what they try.
  chmodSync(folder, 0o755);
  try {
    const summaryFile = join(folder, 'summary.json');
    const temporary = join(folder, 'tmp');
    mkdirSync(temporary);
    const vitest = join(repository, 'node_modules/vitest/vitest.mjs');
    const reporters = ['--reporter=default', `--reporter=${join(repository, 'tools/bootstrap/summary-reporter.mjs')}`];
    const code = await runInForeground([vitest, 'run', '--allowOnly=false', ...reporters, ...args], {
      cwd: repository,
      env: {
        ...env,
        ...plainWhereNoTerminal(),
        TMPDIR: temporary,
        TEMP: temporary,
        TMP: temporary,
        TIDEMARK_TEST_SUMMARY: summaryFile,
      },
    });
    const { passed, failed, skipped } = readSummary(summaryFile);
    // The default directory of lmdb is shared by all backends of the user and stays; files in it would be left behind.
    const isEmptyDefault = (name) =>
      /^tidemark-\d+$/.test(name) &&
      readdirSync(join(temporary, name), { recursive: true, withFileTypes: true }).every((entry) =>
        entry.isDirectory(),
      );
    const leftovers = readdirSync(temporary).filter((name) => !ofTheRunner.test(name) && !isEmptyDefault(name));
    if (leftovers.length > 0)
      process.stdout.write(`tests left files behind in the temporary folder: ${leftovers.join(', ')}\n`);
    const failedOutside = failedBefore + (failed === 0 && code !== 0 ? 1 : 0) + (leftovers.length > 0 ? 1 : 0);
    const failedTotal = failed + failedOutside;
    process.stdout.write(`${passed} passed, ${failedTotal} failed, ${skipped} skipped\n`);
    return failedTotal === 0 && passed > 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Vitest colours its output whenever CI is set; a log file wants plain lines. */
function plainWhereNoTerminal() {
  return process.stdout.isTTY === true || process.env.FORCE_COLOR !== undefined ? {} : { NO_COLOR: '1' };
}

function readSummary(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    // Vitest ended before it could report: nothing is known to have passed.
    return { passed: 0, failed: 1, skipped: 0 };
  }
}
