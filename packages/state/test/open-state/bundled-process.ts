// Runs a TypeScript file of the tests as a process of its own.

import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const CONFIGURATION = fileURLToPath(new URL('../../../../tools/config/tsconfig.dev.json', import.meta.url));

// Only the package that depends on it can see it; its binary is found from where it is installed.
export const INSTALLED_LMDB: string = join(
  dirname(createRequire(new URL('../../../state-backend-lmdb/package.json', import.meta.url)).resolve('lmdb')),
  '../node-index.js',
);

/** Where a program is, and what it has in the place of packages. */
export interface BundleOptions {
  /** Default: beside this file. */
  readonly folder?: URL;
  /** Files by the names that they are imported by. */
  readonly alias?: Readonly<Record<string, string | URL>>;
}

/** Bundles a file, our packages from their sources, and returns the path of the program. */
export async function bundleProcess(
  name: string,
  directory: string,
  { folder = new URL('.', import.meta.url), alias = {} }: BundleOptions = {},
): Promise<string> {
  const others = Object.entries(alias).map(([from, to]) => [from, to instanceof URL ? fileURLToPath(to) : to]);
  const outfile = join(directory, `${name}.mjs`);
  await build({
    entryPoints: [fileURLToPath(new URL(`${name}.ts`, folder))],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    alias: { ...sourcesOfPackages(), lmdb: INSTALLED_LMDB, ...Object.fromEntries(others) },
    external: [`${dirname(INSTALLED_LMDB)}/*`],
    logLevel: 'error',
    // What is bundled of CommonJS still asks for modules of Node by `require`.
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
  });
  return outfile;
}

/** A process on its way to its end. */
export interface RunningProcess {
  readonly child: ChildProcess;
  /** Resolves when it has opened its state, or ended. */
  readonly opened: Promise<void>;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null; readonly errors: string }>;
}

/** Starts a bundled program. */
export function startProcess(program: string, args: readonly string[]): RunningProcess {
  const child = fork(program, args, { stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
  const errors: string[] = [];
  child.stderr?.on('data', (text) => void errors.push(String(text)));
  const ended = new Promise<Awaited<RunningProcess['ended']>>((settle) => {
    child.on('close', (code, signal) => settle({ code, signal, errors: errors.join('') }));
  });
  const opened = Promise.race([
    new Promise<void>((settle) => child.once('message', () => settle())),
    ended.then(() => undefined),
  ]);
  return { child, opened, ended };
}

function sourcesOfPackages(): Record<string, string> {
  const text = readFileSync(CONFIGURATION, 'utf8').replace(/^\s*\/\/.*$/gm, '');
  const paths: Record<string, string[]> = JSON.parse(text).compilerOptions.paths;
  const sources = Object.entries(paths).map(([name, [file]]) => [name, resolve(CONFIGURATION, '..', String(file))]);
  // The longest name first: `@tidemark/state` is the beginning of the others.
  return Object.fromEntries(sources.sort(([a], [b]) => String(b).length - String(a).length));
}
