// Shows all cases to one subject after the other, in a thread that can be ended when a fault makes a case go on for ever.

import { parentPort, workerData } from 'node:worker_threads';
import { MUTANTS } from './mutants.js';
import { runSubject, worldOf } from './run-mutant.js';
import { SourceModules } from './source-modules.js';

const { repository, jobs, cases } = workerData as { repository: string; jobs: readonly string[]; cases: string };
const sources = new SourceModules(repository);
const tell = (message: object): void => parentPort?.postMessage(message);

// What a fault leaves behind unawaited is no case that fails.
let unawaited: unknown;
for (const event of ['unhandledRejection', 'uncaughtException']) {
  process.on(event, (reason: unknown) => {
    unawaited = reason;
  });
}

for (const job of jobs) {
  unawaited = undefined;
  tell({ kind: 'begun', job });
  const mutant = MUTANTS.find(({ id }) => id === job);
  const subject = mutant?.subject ?? job.slice('control/'.length);
  try {
    const world = mutant === undefined ? sources : worldOf(sources, mutant);
    await runSubject(sources, subject, world, {
      caseTimeoutMs: 10_000,
      cases: new RegExp(cases),
      onCase: (id, failure) => tell({ kind: 'case', job, id, failure: failure?.slice(0, 400) }),
    });
    tell({ kind: 'ended', job, ...(unawaited === undefined ? {} : { unawaited: String(unawaited) }) });
  } catch (error) {
    tell({ kind: 'ended', job, broken: String(error) });
  }
}
tell({ kind: 'finished' });
