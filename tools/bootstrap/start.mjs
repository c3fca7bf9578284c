// `npm start`: prepares the workspace and runs the flight-delays example. Flags after `--` are the example's.

import { join } from 'node:path';
import { runInForeground } from './child.mjs';
import { prepare, repository, runProgram } from './prepare.mjs';
import { Steps } from './steps.mjs';

await runProgram(async () => {
  const steps = new Steps();
  const env = await prepare(steps);
  const flags = process.argv.slice(2);
  if (flags[0] === '--') flags.shift();
  steps.say(`starting ${['examples/flight-delays', ...flags].join(' ')}`);
  return runInForeground([join(repository, 'examples/flight-delays/dist/main.js'), ...flags], { cwd: repository, env });
});
