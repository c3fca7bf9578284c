import { exampleBuild } from '../../tools/config/tsup.base.ts';

// The job runs in a process and the plain pass in a thread of its own: each is a program.
export default exampleBuild(['main.ts', 'job.ts', 'plain-pass.ts']);
