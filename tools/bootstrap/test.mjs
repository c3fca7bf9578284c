// `npm test`: prepares the workspace, checks the types (type tests are tests), runs every test of the ordinary suite.

import { CommandFailed } from './child.mjs';
import { prepare, runProgram, runTasks } from './prepare.mjs';
import { runTests } from './run-tests.mjs';
import { Steps } from './steps.mjs';

await runProgram(async () => {
  const steps = new Steps();
  let env;
  try {
    env = await prepare(steps);
  } catch (error) {
    if (!(error instanceof CommandFailed)) process.stderr.write(`${error.message}\n`);
    process.stdout.write('0 passed, 1 failed, 0 skipped\n');
    return 1;
  }
  const typesFailed = await typeErrors(steps, env);
  const filters = process.argv.slice(2).filter((argument) => argument !== '--');
  return runTests(filters, env, { failedBefore: typesFailed ? 1 : 0 });
});

async function typeErrors(steps, env) {
  try {
    await runTasks(steps, ['typecheck'], env);
    return false;
  } catch (error) {
    if (error instanceof CommandFailed) return true;
    throw error;
  }
}
