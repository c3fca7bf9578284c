// From a fresh clone to a built workspace on a machine that has only Node and npm.
//
// Owns: finding pnpm, installing, building. Leaves what is run afterwards to start.mjs, test.mjs and suite.mjs.
//
//   P1. Nothing is installed outside node_modules and the caches of npm and pnpm.
//   P2. A second run does nothing that the first has done: the install is skipped while the stamp of its inputs is
//       unchanged, the build is turbo's to skip.
//   P3. No step asks a question or reads standard input.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommandFailed, runQuietly } from './child.mjs';
import { Steps } from './steps.mjs';

export const repository = resolve(fileURLToPath(import.meta.url), '../../..');

/** What a turbo task is called in the report. */
const stepNames = { build: 'building', typecheck: 'checking types' };

const memoryFolder = join(repository, 'node_modules', '.tidemark');
const stampFile = join(memoryFolder, 'install-stamp');
const pnpmFile = join(memoryFolder, 'pnpm-path');

/** Variables that every tool we start gets: no telemetry, no questions, no download prompts. */
const quietEnvironment = {
  ...process.env,
  TURBO_TELEMETRY_DISABLED: '1',
  DO_NOT_TRACK: '1',
  TURBO_NO_UPDATE_NOTIFIER: '1',
  COREPACK_ENABLE_DOWNLOAD_PROMPT: '0',
  npm_config_update_notifier: 'false',
};

/**
 * Gets pnpm, installs, builds; each only if it is needed.
 *
 * @param {Steps} steps
 * @param {{ tasks?: readonly string[] }} options - The turbo tasks to run after the install.
 * @returns {Promise<NodeJS.ProcessEnv>} The environment for what runs next: pnpm is on its PATH.
 */
export async function prepare(steps = new Steps(), { tasks = ['build'] } = {}) {
  requireNodeVersion();
  const pnpm = await findPnpm(steps);
  const environment = {
    ...quietEnvironment,
    // turbo starts the scripts of the packages through the pnpm it finds on the PATH.
    PATH: [...pnpm.binFolders, process.env.PATH ?? ''].join(delimiter),
  };
  await install(steps, pnpm, environment);
  await runTasks(steps, tasks, environment);
  return environment;
}

/** Runs `main`, prints a failed step and nothing else of it, and sets the exit code. */
export async function runProgram(main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof CommandFailed)) process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 1;
  }
}

function requireNodeVersion() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new Error(`Tidemark needs Node 20.19 or later; this is ${process.version}.`);
}

/** The version that `packageManager` pins; a newer or older pnpm is never used instead. */
function pinnedPnpmVersion() {
  const { packageManager } = readJson(join(repository, 'package.json'));
  const version = /^pnpm@(\d+\.\d+\.\d+)/.exec(packageManager)?.[1];
  if (version === undefined) throw new Error('package.json must pin pnpm in "packageManager"');
  return version;
}

/** Finds the pinned pnpm: where it was last time, on the PATH, else through npx. */
async function findPnpm(steps) {
  const version = pinnedPnpmVersion();
  const remembered = readIfExists(pnpmFile)?.trim();
  if (remembered !== undefined && pnpmVersionAt(remembered) === version) return pnpmAt(remembered);

  steps.begin(`getting pnpm ${version}`);
  if (await pathHasPnpm(version)) {
    steps.end('on the PATH');
    return { command: 'pnpm', args: [], binFolders: [] };
  }
  try {
    const found = await pnpmThroughNpx(version);
    steps.end('through npx');
    return found;
  } catch (error) {
    steps.fail(error instanceof CommandFailed ? error.output : String(error));
    throw error;
  }
}

async function pathHasPnpm(version) {
  const folders = (process.env.PATH ?? '').split(delimiter);
  if (!folders.some((folder) => existsSync(join(folder, 'pnpm')))) return false;
  // A pnpm that is there but answers slowly or wrongly (a shim that wants to download) is as good as none.
  const options = { cwd: repository, env: quietEnvironment, timeoutMs: 15_000 };
  const output = await runQuietly('pnpm', ['--version'], options).catch(() => '');
  return output.trim().split('\n').at(-1) === version;
}

async function pnpmThroughNpx(version) {
  // npx puts the package into npm's cache and its folder of programs first on the PATH; that is how we learn where.
  const npmProgram = process.env.npm_execpath;
  const [command, ...first] =
    npmProgram !== undefined && /npm-cli\.c?js$/.test(npmProgram) ? [process.execPath, npmProgram] : ['npm'];
  const printPath = 'process.stdout.write("tidemark-path=" + process.env.PATH + "\\n")';
  const output = await runQuietly(
    command,
    [...first, 'exec', '--yes', `--package=pnpm@${version}`, '--', 'node', '-e', printPath],
    { cwd: repository, env: quietEnvironment },
  );
  const path = /^tidemark-path=(.*)$/m.exec(output)?.[1] ?? '';
  for (const folder of path.split(delimiter)) {
    const program = resolve(folder, '..', 'pnpm', 'bin', 'pnpm.cjs');
    if (pnpmVersionAt(program) === version) return pnpmAt(program);
  }
  throw new CommandFailed('npm exec', 'no pnpm', `npx ran, but pnpm ${version} is in none of ${path}`);
}

function pnpmAt(program) {
  return { command: process.execPath, args: [program], binFolders: [resolve(program, '../../../.bin')], program };
}

function pnpmVersionAt(program) {
  const manifest = resolve(program, '../../package.json');
  return existsSync(program) && existsSync(manifest) ? readJson(manifest).version : undefined;
}

async function install(steps, pnpm, environment) {
  const stamp = installStamp();
  if (readIfExists(stampFile) === stamp && existsSync(join(repository, 'node_modules', '.modules.yaml'))) return;

  steps.begin('installing dependencies');
  rmSync(stampFile, { force: true });
  const total = [...readFileSync(join(repository, 'pnpm-lock.yaml'), 'utf8').matchAll(/^ {4}resolution:/gm)].length;
  let done = 0;
  const onLine = (line) => {
    if (!line.includes('"pnpm:progress"')) return;
    if (line.includes('"fetched"') || line.includes('"found_in_store"')) steps.progress(++done, total);
  };
  const args = [...pnpm.args, 'install', '--frozen-lockfile', '--reporter=ndjson'];
  try {
    // CI=true answers pnpm's only question, whether a node_modules of another making may be replaced.
    await runQuietly(pnpm.command, args, { cwd: repository, env: { ...environment, CI: 'true' }, onLine });
  } catch (error) {
    steps.fail(readableNdjson(error.output ?? String(error)));
    throw error;
  }
  mkdirSync(memoryFolder, { recursive: true });
  if (pnpm.program !== undefined) writeFileSync(pnpmFile, pnpm.program);
  writeFileSync(stampFile, stamp);
  steps.end(`${done} packages`);
}

/** Everything an install depends on, as one digest. */
function installStamp() {
  const hash = createHash('sha256');
  hash.update([repository, process.version, process.platform, process.arch, pinnedPnpmVersion()].join('\0'));
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', '.npmrc', ...workspaceManifests()]) {
    hash.update(`\0${file}\0`).update(readIfExists(join(repository, file)) ?? '');
  }
  return hash.digest('hex');
}

function workspaceManifests() {
  const folders = ['', 'benchmarks'];
  for (const parent of ['packages', 'examples', 'tools']) {
    if (!existsSync(join(repository, parent))) continue;
    for (const entry of readdirSync(join(repository, parent)).sort()) folders.push(join(parent, entry));
  }
  return folders.map((folder) => join(folder, 'package.json')).filter((file) => existsSync(join(repository, file)));
}

/** Runs turbo tasks over the workspace. */
export async function runTasks(steps, tasks, environment) {
  for (const task of tasks) {
    steps.begin(stepNames[task] ?? `running ${task}`);
    const turbo = join(repository, 'node_modules', 'turbo', 'bin', 'turbo');
    const total = countTaskPackages(task);
    let begun = 0;
    const onLine = (line) => {
      if (/: cache (hit|miss|bypass)/.test(line)) steps.progress(begun++, total);
    };
    try {
      // Types are checked on sources: a package that fails does not keep the others from being looked at.
      const continuing = task === 'typecheck' ? ['--continue=always'] : [];
      const args = [turbo, 'run', task, '--ui=stream', '--no-color', '--output-logs=full', ...continuing];
      const output = await runQuietly(process.execPath, args, { cwd: repository, env: environment, onLine });
      const counts = /Cached:\s+(\d+) cached, (\d+) total/.exec(output);
      steps.end(counts === null ? 'done' : `${counts[2]} packages, ${counts[1]} of them unchanged`);
    } catch (error) {
      steps.fail(error instanceof CommandFailed ? failedTasksOnly(error.output, task) : String(error));
      throw error;
    }
  }
}

/** Of turbo's output the lines of the packages that failed, without those that only say what was started. */
function failedTasksOnly(output, task) {
  const failed = [...output.matchAll(/^(\S+)#\S+:\s+ERROR/gm)].map(([, name]) => `${name}:${task}: `);
  const lines = output.split('\n').filter((line) => failed.some((prefix) => line.startsWith(prefix)));
  return lines.length === 0 ? output : lines.filter((line) => !/: (> .*|cache miss.*)?$/.test(line)).join('\n');
}

function countTaskPackages(task) {
  return workspaceManifests().filter(
    (file) => file !== 'package.json' && readJson(join(repository, file)).scripts?.[task],
  ).length;
}

/** What a person needs of pnpm's machine-readable report: the messages of its errors and warnings. */
function readableNdjson(output) {
  const lines = output.split('\n').map((line) => {
    if (!line.startsWith('{')) return line;
    try {
      const { level, message, err } = JSON.parse(line);
      return level === 'error' || level === 'warn' ? (err?.message ?? message ?? '') : '';
    } catch {
      return line;
    }
  });
  return lines.filter((line) => line !== '').join('\n');
}

function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

function readIfExists(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
