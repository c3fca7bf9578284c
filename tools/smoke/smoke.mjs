// Pack-and-install smoke test: what a user gets is used the way a user does it.
//
// Owns: packing, the empty projects, who runs which program. The programs are in programs/; each throws when what it was
// promised does not hold.
//
//   S1. Nothing of this workspace is reachable from the projects: they lie outside it and see tarballs only.
//   S2. Every project is made with npm and with pnpm, whose isolated layout hides what is not a direct dependency.
//   S3. Everything is left in one temporary folder, which is removed at the end, also after a failure.

import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { CommandFailed, runQuietly } from '../bootstrap/child.mjs';
import { prepare, repository, runProgram } from '../bootstrap/prepare.mjs';
import { Steps } from '../bootstrap/steps.mjs';
import { packPackages } from './pack.mjs';

const programs = join(repository, 'tools/smoke/programs');

/** The projects: which packages are installed, and which programs must run in each. */
const projects = [
  {
    name: 'core and hashmap',
    packages: ['state-core', 'state-backend-hashmap'],
    programs: ['storage-missing.mjs', 'own-backend.mjs', 'require-entries.cjs'],
  },
  {
    name: 'core, hashmap and filesystem',
    packages: ['state-core', 'state-backend-hashmap', 'checkpoint-storage-filesystem'],
    programs: ['by-name.mjs', 'require-entries.cjs'],
  },
  {
    name: 'state alone',
    packages: ['state'],
    programs: ['batteries.mjs', 'require-entries.cjs'],
  },
  {
    name: 'a backend of your own',
    packages: ['state-core', 'state-backend-hashmap', 'state-testkit'],
    programs: ['broken-backend.mjs', 'broken-store.mjs'],
  },
  {
    name: 'everything',
    packages: undefined,
    programs: ['batteries.mjs', 'by-name.mjs', 'require-entries.cjs'],
  },
];
const installers = ['npm', 'pnpm'];

/** Runs every project; returns the number of failures. */
export async function smoke(steps, env) {
  // realpath: on some systems the temporary folder is a link, and pnpm's links are relative.
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'tidemark smoke '));
  try {
    steps.begin('packing');
    const tarballs = await packPackages(join(folder, 'tarballs'), env);
    steps.end(`${tarballs.size} tarballs`);
    const nodes = await nodePrograms(steps, env);
    let failures = 0;
    for (const installer of installers) {
      for (const project of projects) {
        failures += await runProject(steps, env, { folder, tarballs, installer, nodes, project });
      }
    }
    failures += await runBundle(steps, env, { folder, tarballs, nodes });
    failures += await runStrangersCopy(steps, env, { folder, tarballs });
    return failures;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runProject(steps, env, { folder, tarballs, installer, nodes, project }) {
  const title = `${project.name}, installed with ${installer}`;
  steps.begin(title);
  const place = join(folder, `${installer} ${project.name}`);
  try {
    await installProject(place, project.packages ?? [...tarballs.keys()], tarballs, installer, env);
    for (const program of project.programs) {
      cpSync(join(programs, program), join(place, program));
      for (const { node } of nodes) await runQuietly(node, [program], { cwd: place, env: bareEnvironment(env) });
    }
    steps.end(`works on Node ${nodes.map(({ version }) => version).join(' and ')}`);
    return 0;
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    steps.fail(`${error.message}\n${error.output}`);
    return 1;
  }
}

/** An empty project that depends on tarballs, also where one tarball depends on another. */
async function installProject(place, names, tarballs, installer, env) {
  mkdirSync(place);
  const fileOf = (name) => `file:${tarballs.get(name)}`;
  const dependencies = Object.fromEntries(names.map((name) => [`@tidemark/${name}`, fileOf(name)]));
  const manifest = { name: 'smoke', version: '1.0.0', private: true, type: 'module', dependencies };
  if (installer === 'npm') {
    // npm refuses an override of a direct dependency.
    const indirect = [...tarballs.keys()].filter((name) => !names.includes(name));
    const overrides = Object.fromEntries(indirect.map((name) => [`@tidemark/${name}`, fileOf(name)]));
    writeFileSync(join(place, 'package.json'), JSON.stringify({ ...manifest, overrides }, undefined, 2));
    await runQuietly('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline'], { cwd: place, env });
    return;
  }
  const overrides = [...tarballs.keys()].map((name) => `  '@tidemark/${name}': ${JSON.stringify(fileOf(name))}`);
  writeFileSync(join(place, 'package.json'), JSON.stringify(manifest, undefined, 2));
  writeFileSync(join(place, 'pnpm-workspace.yaml'), ['packages: []', 'overrides:', ...overrides, ''].join('\n'));
  await runQuietly('pnpm', ['install', '--no-frozen-lockfile', '--prefer-offline'], {
    cwd: place,
    env: { ...withoutWorkspaceSettings(env), CI: 'true' },
  });
  if (existsSync(join(place, 'node_modules/@tidemark/state-core')) && existsSync(join(place, 'node_modules/yaml'))) {
    throw new CommandFailed('pnpm install', 'a flat layout', 'the point of this project is the isolated one');
  }
}

/** One file with explicit factories, run where there is no node_modules at all. */
async function runBundle(steps, env, { folder, tarballs, nodes }) {
  steps.begin('one file made by esbuild, with explicit factories');
  const place = join(folder, 'bundle');
  try {
    await installProject(
      place,
      ['state-core', 'state-backend-hashmap', 'checkpoint-storage-filesystem'],
      tarballs,
      'npm',
      env,
    );
    cpSync(join(programs, 'bundled.mjs'), join(place, 'bundled.mjs'));
    const esbuild = join(repository, 'node_modules/esbuild/bin/esbuild');
    const alone = join(folder, 'bundle alone');
    mkdirSync(alone);
    const out = join(alone, 'program.mjs');
    const args = [
      esbuild,
      'bundled.mjs',
      '--bundle',
      '--platform=node',
      '--format=esm',
      '--log-level=warning',
      `--outfile=${out}`,
    ];
    await runQuietly(process.execPath, args, { cwd: place, env });
    for (const { node } of nodes) await runQuietly(node, [out], { cwd: alone, env: bareEnvironment(env) });
    steps.end(`works, ${Math.round(readFileSync(out).length / 1024)} KiB`);
    return 0;
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    steps.fail(`${error.message}\n${error.output}`);
    return 1;
  }
}

/** examples/custom-backend in an empty folder, as its README says: built, shown to the suites, run by name. */
async function runStrangersCopy(steps, env, { folder, tarballs }) {
  steps.begin("a stranger's copy of examples/custom-backend");
  const example = join(repository, 'examples/custom-backend');
  const place = join(folder, 'custom backend');
  // What the copy must not need: the workspace's links, builds and compiler settings.
  const left = new Set(['node_modules', 'dist', 'tsconfig.json'].map((name) => join(example, name)));
  try {
    cpSync(example, place, { recursive: true, filter: (path) => !left.has(path) });
    const manifest = JSON.parse(readFileSync(join(place, 'package.json'), 'utf8'));
    const catalog = catalogVersions();
    const fileOf = (name) => `file:${tarballs.get(name.replace('@tidemark/', ''))}`;
    const published = (dependencies = {}) =>
      Object.fromEntries(
        Object.entries(dependencies).map(([name, version]) => [
          name,
          name.startsWith('@tidemark/') ? fileOf(name) : version === 'catalog:' ? catalog[name] : version,
        ]),
      );
    const sorts = ['dependencies', 'peerDependencies', 'devDependencies'];
    for (const sort of sorts) manifest[sort] = published(manifest[sort]);
    const direct = new Set(sorts.flatMap((sort) => Object.keys(manifest[sort])));
    const indirect = [...tarballs.keys()].map((name) => `@tidemark/${name}`).filter((name) => !direct.has(name));
    manifest.overrides = Object.fromEntries(indirect.map((name) => [name, fileOf(name)]));
    writeFileSync(join(place, 'package.json'), JSON.stringify(manifest, undefined, 2));
    const own = { cwd: place, env: bareEnvironment(env) };
    await runQuietly('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline'], { cwd: place, env });
    await runQuietly('npm', ['run', 'build'], own);
    const output = await runQuietly('npm', ['test', '--', 'conformance', 'sqlite-keyed-store', '--reporter=dot'], own);
    const [, passed] = /Tests +(?:\d+ skipped \| )?(\d+) passed/.exec(stripVTControlCharacters(output)) ?? [];
    if (passed === undefined) throw new CommandFailed('npm test', 'no count of tests', output);
    await runQuietly('npm', ['start'], own);
    steps.end(`builds, passes ${passed} cases and tests, runs`);
    return 0;
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    steps.fail(`${error.message}\n${error.output}`);
    return 1;
  }
}

/** The versions that `catalog:` stands for. */
function catalogVersions() {
  const [, block = ''] =
    /^catalog:\n((?: {2}.*\n)+)/m.exec(readFileSync(join(repository, 'pnpm-workspace.yaml'), 'utf8')) ?? [];
  return Object.fromEntries(
    [...block.matchAll(/^ {2}"?([^":]+)"?: (.*)$/gm)].map(([, name, version]) => [name, version]),
  );
}

/** This Node, and the long-term release after it through npx. */
async function nodePrograms(steps, env) {
  const programsFound = [{ node: process.execPath, version: process.versions.node }];
  const other = process.versions.node.startsWith('24.') ? '20' : '24';
  steps.begin(`getting Node ${other}`);
  try {
    const print = 'process.stdout.write(JSON.stringify({ node: process.execPath, version: process.versions.node }))';
    const output = await runQuietly('npm', ['exec', '--yes', `--package=node@${other}`, '--', 'node', '-e', print], {
      cwd: tmpdir(),
      env,
    });
    programsFound.push(JSON.parse(/\{"node".*\}/.exec(output)[0]));
    steps.end(programsFound[1].version);
  } catch (error) {
    steps.fail(error.output ?? String(error));
    throw error;
  }
  return programsFound;
}

/** Without the variables npm and vitest leave behind: a user's shell has none of them. */
function bareEnvironment(env) {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(npm_|NODE_|TIDEMARK_|VITEST)/i.test(name)));
}

/** Scripts that pnpm runs get what pnpm-workspace.yaml says; a stranger's project knows nothing of it. */
function withoutWorkspaceSettings(env) {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^npm_config_(strict_dep_builds|catalog)/i.test(name)),
  );
}

if (basename(process.argv[1] ?? '') === 'smoke.mjs') {
  await runProgram(async () => {
    const steps = new Steps();
    const env = await prepare(steps);
    const failures = await smoke(steps, env);
    steps.say(failures === 0 ? 'smoke test passed' : `smoke test: ${failures} failed`);
    return failures === 0 ? 0 : 1;
  });
}
