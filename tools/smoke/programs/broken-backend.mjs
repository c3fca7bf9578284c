// What the guide says under "Reading the report": a backend that is broken on purpose, run as a program and with the
// runner of Node; the report names the rule, the member of the interface and the section of the guide.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

writeFileSync(
  'late-backend.mjs',
  `import { HashMapStateBackend } from '@tidemark/state-backend-hashmap';

export class LateStateBackend extends HashMapStateBackend {
  async createKeyedStateBackend(parameters) {
    const backend = await super.createKeyedStateBackend(parameters);
    const freeze = backend.snapshot.bind(backend);
    backend.snapshot = (context) => ({ write: () => freeze(context).write(), release: () => {} });
    return backend;
  }
}
`,
);
writeFileSync(
  'suite.mjs',
  `import { stateBackendConformance } from '@tidemark/state-testkit';
import { LateStateBackend } from './late-backend.mjs';

const create = () => new LateStateBackend();
export const suite = stateBackendConformance({ name: 'late', create, capabilities: create().capabilities });
`,
);
writeFileSync(
  'check.mjs',
  `import { runConformanceProgram } from '@tidemark/state-testkit/program';
import { suite } from './suite.mjs';

await runConformanceProgram([suite]);
`,
);
writeFileSync(
  'late.test.mjs',
  `import { register } from '@tidemark/state-testkit/node-test';
import { suite } from './suite.mjs';

register({ ...suite, cases: suite.cases.filter(({ id }) => /^(KSB-SNAPSHOT|VALUE)-01$/.test(id)) });
`,
);
const run = (...args) => spawnSync(process.execPath, args, { encoding: 'utf8' });

const report = run('check.mjs', '--filter=KSB-SNAPSHOT-*,VALUE-*');
assert.equal(report.status, 1, report.stderr);
assert.equal(report.stderr, '', 'nobody watches: no progress');
const said = [
  'FAILED KSB-SNAPSHOT-01 ',
  'rule   KeyedStateBackend.snapshot MUST show the state as of this call, whatever is written afterwards.',
  'read   docs/WRITING_A_BACKEND.md, "Snapshots"',
  'error  ConformanceFailure: ',
];
let from = 0;
for (const words of said) {
  const at = report.stdout.indexOf(words, from);
  assert.ok(at >= 0, `the report does not say ${JSON.stringify(words)}:\n${report.stdout}`);
  from = at;
}
assert.doesNotMatch(report.stdout, /FAILED VALUE/);

const data = run('check.mjs', '--filter=KSB-SNAPSHOT-01', '--json');
const [{ totals, cases }] = JSON.parse(data.stdout);
assert.equal(totals.failed, 1);
const [rule] = cases.find(({ outcome }) => outcome === 'failed').rules;
assert.deepEqual([rule.member, rule.guide], ['KeyedStateBackend.snapshot', 'Snapshots']);

assert.equal(run('check.mjs', '--filter=KBS-*').status, 2, 'a filter that names nothing');

const tests = run('--test', 'late.test.mjs');
assert.equal(tests.status, 1, tests.stdout);
assert.match(tests.stdout, /not ok .*KSB-SNAPSHOT-01|✖ KSB-SNAPSHOT-01/);
assert.match(tests.stdout, /(?<!not )ok .*VALUE-01|✔ VALUE-01/);
