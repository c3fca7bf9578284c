// `pnpm test:mutants`: shows every case to every mutant and prints what each case finds.
//
//   node packages/state-testkit/test/mutants/matrix.mjs [--update] [--cases=<expression>] [subject, or text in the ids of mutants ...]
//
// With --cases only those are shown whose ids match the regular expression.
// With --update the killers of the mutants that were shown are listed anew: up to four, those first that find the fewest
// mutants, and besides them whatever would be listed for no mutant otherwise.
//
// A fault may make a case go on for ever; the thread is ended then, the case counts as failed and cannot be listed.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
const repository = resolve(here, '../../../..');
/** How long a thread may say nothing: longer than a case may take. */
const SILENCE_MS = 120_000;
const HANGS = 'hangs';
const KILLERS_MAX = 4;

// Where esbuild is found from.
const bundles = mkdtempSync(join(repository, 'node_modules/.tidemark-mutants-'));
try {
  await bundle('mutants', 'matrix-worker');
  const { MUTANTS } = await import(join(bundles, 'mutants.mjs'));
  const { SUBJECTS } = await importBundled('subjects');
  const update = process.argv.includes('--update');
  const cases = process.argv.find((text) => text.startsWith('--cases='))?.slice('--cases='.length) ?? '';
  const wanted = process.argv.slice(2).filter((text) => !text.startsWith('--'));
  const isWanted = (id, subject) => wanted.length === 0 || wanted.some((text) => id.includes(text) || subject === text);
  const jobs = [
    ...SUBJECTS.filter(({ id }) => isWanted('', id)).map(({ id }) => `control/${id}`),
    ...MUTANTS.filter(({ id, subject }) => isWanted(id, subject)).map(({ id }) => id),
  ];
  const results = await run(jobs, cases);
  const { CASES_WITHOUT_MUTANT } = await importBundled('cases-without-mutant');
  report(MUTANTS, results, CASES_WITHOUT_MUTANT);
  if (update) list(MUTANTS, results);
} finally {
  rmSync(bundles, { recursive: true });
}

async function importBundled(name) {
  await bundle(name);
  return import(join(bundles, `${name}.mjs`));
}

async function bundle(...names) {
  await build({
    entryPoints: names.map((name) => join(here, `${name}.ts`)),
    outdir: bundles,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['esbuild'],
    tsconfig: join(repository, 'tools/config/tsconfig.dev.json'),
    banner: {
      js: `import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(${JSON.stringify(import.meta.url)});`,
    },
    logLevel: 'error',
  });
}

/** By job: what every case said, `undefined` for one that passed. */
async function run(jobs, cases) {
  const results = new Map();
  let left = jobs;
  while (left.length > 0) {
    const { stuck } = await runThread(left, results, cases);
    const ended = new Set(results.keys());
    if (stuck !== undefined) print(stuck, results.get(stuck));
    left = left.filter((job) => !ended.has(job));
  }
  return results;
}

function runThread(jobs, results, cases) {
  return new Promise((resolvePromise, reject) => {
    const worker = new Worker(join(bundles, 'matrix-worker.mjs'), { workerData: { repository, jobs, cases } });
    let job;
    let timer;
    const end = (outcome) => {
      clearTimeout(timer);
      worker.terminate().then(() => resolvePromise(outcome), reject);
    };
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        if (job === undefined) return reject(new Error('the thread does not begin'));
        results.get(job).outcomes.set(HANGS, 'a case does not end');
        end({ stuck: job });
      }, SILENCE_MS);
    };
    worker.on('error', reject);
    worker.on('message', (message) => {
      alive();
      if (message.kind === 'begun') {
        job = message.job;
        results.set(job, { outcomes: new Map() });
      } else if (message.kind === 'case') {
        const { outcomes } = results.get(message.job);
        outcomes.set(message.id, outcomes.get(message.id) ?? message.failure);
      } else if (message.kind === 'ended') {
        results.get(message.job).broken = message.broken;
        results.get(message.job).unawaited = message.unawaited;
        print(message.job, results.get(message.job));
      } else end({});
    });
    alive();
  });
}

function failedOf({ outcomes }) {
  return [...outcomes].filter(([, failure]) => failure !== undefined).map(([id]) => id);
}

function print(job, result) {
  const failed = failedOf(result);
  const verdict = result.broken ?? `${failed.length} of ${result.outcomes.size} cases find it`;
  process.stdout.write(`${job}: ${verdict}${failed.length > 0 && failed.length <= 8 ? `: ${failed.join(' ')}` : ''}\n`);
}

function report(mutants, results, reasons) {
  const all = new Set();
  const listed = new Set();
  const finders = new Map();
  for (const [job, { outcomes }] of results) {
    for (const [id, failure] of outcomes) {
      if (id === HANGS) continue;
      all.add(id);
      if (failure !== undefined) finders.set(id, [...(finders.get(id) ?? []), job]);
    }
  }
  for (const { killers } of mutants) for (const id of killers) listed.add(id);
  const without = [...all].filter((id) => !listed.has(id));
  process.stdout.write(`\n${all.size} cases shown, ${all.size - without.length} of them listed for a mutant\n`);
  for (const id of without) {
    const found = finders.get(id) ?? [];
    process.stdout.write(
      `  ${id} is listed for none (${reasons[id] ?? 'no reason'}); finds ${found.length === 0 ? 'nothing' : found.slice(0, 6).join(' ')}\n`,
    );
  }
  const survivors = mutants.filter(({ id }) => results.has(id) && failedOf(results.get(id)).length === 0);
  process.stdout.write(`survivors: ${survivors.map(({ id }) => id).join(' ') || 'none'}\n`);
  const path = process.env.TIDEMARK_MUTANTS_REPORT;
  if (path === undefined) return;
  const plain = [...results].map(([job, { outcomes, ...rest }]) => [job, { ...rest, outcomes: [...outcomes] }]);
  writeFileSync(path, JSON.stringify(Object.fromEntries(plain)));
}

/** Writes the killers into the files of the mutants. */
function list(mutants, results) {
  // A rejection that nobody awaits would fail the tests as a whole: such a mutant is left to whoever updates.
  const shown = mutants.filter(({ id }) => results.has(id) && results.get(id).unawaited === undefined);
  const quickly = new Map(shown.map(({ id }) => [id, quicklyFailedOf(results.get(id))]));
  const finds = new Map();
  for (const ids of quickly.values()) for (const id of ids) finds.set(id, (finds.get(id) ?? 0) + 1);
  const byRarity = (a, b) => finds.get(a) - finds.get(b) || (a < b ? -1 : 1);
  const killers = new Map([...quickly].map(([id, found]) => [id, found.toSorted(byRarity).slice(0, KILLERS_MAX)]));
  // What others are listed for, of which some were not shown now.
  const others = mutants.filter(({ id }) => !killers.has(id)).flatMap((mutant) => mutant.killers);
  const listed = new Set([...[...killers.values()].flat(), ...others]);
  for (const caseId of [...finds.keys()].filter((id) => !listed.has(id))) {
    const [fewest] = [...quickly]
      .filter(([, found]) => found.includes(caseId))
      .sort(([, a], [, b]) => a.length - b.length);
    killers.get(fewest[0]).push(caseId);
  }
  for (const name of readdirSync(here).filter((file) => file.endsWith('.mutants.ts'))) {
    const path = join(here, name);
    const text = readFileSync(path, 'utf8');
    const changed = text.replace(/id: '([^']+)',[\s\S]*?killers: \[[^\]]*\]/g, (whole, id) => {
      const found = killers.get(id);
      const written = found
        ?.toSorted()
        .map((caseId) => `'${caseId}'`)
        .join(', ');
      return found === undefined ? whole : whole.replace(/killers: \[[^\]]*\]$/, `killers: [${written}]`);
    });
    if (changed !== text) writeFileSync(path, changed);
  }
}

/** Cases that end by themselves: others would make a listed run slow. */
function quicklyFailedOf({ outcomes }) {
  return [...outcomes]
    .filter(([id, failure]) => failure !== undefined && id !== HANGS && !failure.includes('has not ended within'))
    .map(([id]) => id);
}
