// `pnpm verify`: everything continuous integration asks of a change, each step in one line.
//
// `pnpm verify lint types` runs only those steps. A step that fails does not keep the later ones from running, so that
// one run shows everything; the exit code tells.

import { cpSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandFailed, runQuietly } from '../bootstrap/child.mjs';
import { prepare, repository, runProgram, runTasks } from '../bootstrap/prepare.mjs';
import { runTests } from '../bootstrap/run-tests.mjs';
import { Steps } from '../bootstrap/steps.mjs';
import { packPackages, publishedFolders } from '../smoke/pack.mjs';
import { smoke } from '../smoke/smoke.mjs';

const steps = new Steps();

/** The steps in their order. Each returns true when it holds and reports itself. */
const verification = {
  format: (env) =>
    command('checking the format', tool('@biomejs/biome/bin/biome'), ['check', '--linter-enabled=false', '.'], env),
  lint: (env) => command('linting', tool('@biomejs/biome/bin/biome'), ['lint', '--error-on-warnings', '.'], env),
  tidy: (env) =>
    command('tidy: tests about the repository', tool('vitest/vitest.mjs'), ['run', '--project', '@tidemark/tidy'], env),
  types: (env) => task('typecheck', env),
  build: (env) => task('build', env),
  packages: checkPackages,
  smoke: async (env) => (await smoke(steps, env)) === 0,
  tests: async (env) => (await runTests([], env)) === 0,
  docs: (env) =>
    command(
      'compiling the examples of the docs',
      tool('vitest/vitest.mjs'),
      ['run', '--project', '@tidemark/tidy', 'docs-examples'],
      env,
    ),
  release: dryRunRelease,
};

await runProgram(async () => {
  const wanted = process.argv.slice(2).filter((argument) => argument !== '--');
  const unknown = wanted.filter((name) => verification[name] === undefined);
  if (unknown.length > 0)
    throw new Error(`no step ${unknown.join(', ')}: there are ${Object.keys(verification).join(', ')}`);
  const needsBuild =
    wanted.length === 0 || wanted.some((name) => ['packages', 'smoke', 'tests', 'release'].includes(name));
  const env = { ...(await prepare(steps, { tasks: needsBuild ? ['build'] : [] })), NO_COLOR: '1' };
  const failed = [];
  for (const [name, step] of Object.entries(verification)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    if (!(await step(env))) failed.push(name);
  }
  steps.say(failed.length === 0 ? 'verified' : `not verified: ${failed.join(', ')} failed`);
  return failed.length === 0 ? 0 : 1;
});

function tool(path) {
  return join(repository, 'node_modules', path);
}

async function command(title, program, args, env, cwd = repository) {
  steps.begin(title);
  try {
    await runQuietly(process.execPath, [program, ...args], { cwd, env });
    steps.end();
    return true;
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    steps.fail(error.output);
    return false;
  }
}

async function task(name, env) {
  try {
    await runTasks(steps, [name], env);
    return true;
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    return false;
  }
}

/** publint and arethetypeswrong on the tarballs, as they would be published. */
async function checkPackages(env) {
  return inTemporaryFolder(async (folder) => {
    const tarballs = await packPackages(folder, env);
    let holds = true;
    for (const [name, tarball] of tarballs) {
      holds =
        (await command(`publint ${name}`, tool('publint/src/cli.js'), ['run', tarball, '--strict'], env)) && holds;
      const attw = [tarball, '--profile', 'esm-only', '--no-definitely-typed', '--no-emoji', '--no-color'];
      holds =
        (await command(`arethetypeswrong ${name}`, tool('@arethetypeswrong/cli/dist/index.js'), attw, env)) && holds;
    }
    return holds;
  });
}

/** The versions that a release would make, and the files it would publish; nothing leaves this machine. */
async function dryRunRelease(env) {
  return inTemporaryFolder(async (folder) => {
    const copy = join(folder, 'repository');
    const ignored = /(^|\/)(node_modules|dist|\.git|\.turbo|out)$/;
    cpSync(repository, copy, { recursive: true, filter: (source) => !ignored.test(source.slice(repository.length)) });
    symlinkSync(join(repository, 'node_modules'), join(copy, 'node_modules'), 'junction');
    const identity = ['-c', 'user.name=release', '-c', 'user.email=release@tidemark.invalid'];
    await runQuietly('git', ['init', '--quiet', '--initial-branch=main'], { cwd: copy, env });
    await runQuietly('git', [...identity, 'add', '--all'], { cwd: copy, env });
    await runQuietly('git', [...identity, 'commit', '--quiet', '--no-verify', '-m', 'copy'], { cwd: copy, env });
    const changeset = tool('@changesets/cli/bin.js');
    if (!(await command('release dry run: versions', changeset, ['version'], env, copy))) return false;
    const problems = publishedFolders().flatMap((name) => releaseProblems(copy, name));
    for (const problem of problems) steps.say(problem);
    let holds = problems.length === 0;
    for (const name of publishedFolders()) {
      const cwd = join(repository, 'packages', name);
      holds = (await publishDryRun(name, cwd, env)) && holds;
    }
    return holds;
  });
}

/** What is wrong with the version a package would get: it must be below 1.0.0 until that is decided, with a change log. */
function releaseProblems(copy, name) {
  const folder = join(copy, 'packages', name);
  const { version, private: isPrivate } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  if (isPrivate) return [];
  const problems = [];
  if (!/^0\.\d+\.\d+$/.test(version))
    problems.push(`${name} would be released as ${version}; expected a version below 1.0.0`);
  if (!readdirSync(folder).includes('CHANGELOG.md')) problems.push(`${name} would be released without a change log`);
  return problems;
}

async function publishDryRun(name, cwd, env) {
  steps.begin(`release dry run: ${name}`);
  try {
    // Provenance needs the identity of the release workflow; the rest of publishing is rehearsed.
    const args = ['publish', '--dry-run', '--no-git-checks', '--no-provenance', '--tag', 'dry-run'];
    await runQuietly('pnpm', args, { cwd, env });
    steps.end();
    return true;
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    steps.fail(error.output);
    return false;
  }
}

async function inTemporaryFolder(use) {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'tidemark verify '));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
