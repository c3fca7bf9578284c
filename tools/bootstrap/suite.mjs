// `pnpm test:long`, `test:crash`, `test:fuzz`, `test:simulation`: the suites that take longer than `npm test` may.
//
// Each runs the files of one sort, repeated more often: TIDEMARK_RUNS multiplies the counts the tests name.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { prepare, repository, runProgram } from './prepare.mjs';
import { runTests } from './run-tests.mjs';
import { Steps } from './steps.mjs';

/** Which files a suite consists of, as in tools/config/vitest.base.ts, and how often it repeats them. */
const suites = {
  long: { suffixes: ['.long.test.ts'], runs: 1 },
  crash: { suffixes: ['.crash.test.ts'], runs: 20 },
  fuzz: { suffixes: ['.fuzz.test.ts'], runs: 50 },
  simulation: { suffixes: ['.simulation.test.ts'], runs: 50 },
};

await runProgram(async () => {
  const [name = '', ...words] = process.argv.slice(2);
  // `--json`: tables of tests as data, for programs that read them.
  const filters = words.filter((word) => word !== '--json');
  const isJson = words.length > filters.length;
  const suite = suites[name];
  if (suite === undefined)
    throw new Error(`There is no suite '${name}': use one of ${Object.keys(suites).join(', ')}.`);
  if (!testFiles().some((file) => suite.suffixes.some((suffix) => file.endsWith(suffix)))) {
    process.stdout.write(`The suite '${name}' has no tests yet: no file ends in ${suite.suffixes.join(' or ')}.\n`);
    return 0;
  }
  const env = await prepare(new Steps());
  const runs = process.env.TIDEMARK_RUNS ?? String(suite.runs);
  return runTests(filters, {
    ...env,
    TIDEMARK_SUITE: name,
    TIDEMARK_RUNS: runs,
    ...(isJson ? { TIDEMARK_JSON: '1' } : {}),
    ...(process.stdout.isTTY === true && !process.env.NO_COLOR ? { TIDEMARK_COLOURS: '1' } : {}),
  });
});

function testFiles() {
  const roots = ['packages', 'examples', 'tools'].flatMap((parent) =>
    existsSync(join(repository, parent))
      ? readdirSync(join(repository, parent)).map((entry) => join(parent, entry))
      : [],
  );
  return [...roots, 'benchmarks']
    .map((folder) => join(repository, folder, 'test'))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder, { recursive: true }).map(String));
}
