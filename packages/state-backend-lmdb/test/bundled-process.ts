// Runs a TypeScript file of the tests as a process or thread of its own.

import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { onTestFinished } from 'vitest';

const CONFIGURATION: string = fileURLToPath(new URL('../../../tools/config/tsconfig.dev.json', import.meta.url));
const DEADLINE_MS: number = 60_000;

/** Bundles a file beside this one, our packages from their sources; lmdb stays where it is installed. */
export async function bundleProcess(name: string, directory: string): Promise<string> {
  const outfile = join(directory, `${name}.mjs`);
  await build({
    entryPoints: [fileURLToPath(new URL(`${name}.ts`, import.meta.url))],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    alias: { ...sourcesOfPackages(), lmdb: installedLmdb() },
    external: [`${dirname(installedLmdb())}/*`],
    logLevel: 'error',
  });
  return outfile;
}

/** How a process ended. */
export interface EndedProcess {
  readonly code: number | null;
  readonly signal: string | null;
  readonly errors: string;
  readonly messages: readonly unknown[];
}

/** A process on its way to its end. */
export interface RunningProcess {
  readonly pid: number;
  /** Resolves at its first message. */
  readonly ready: Promise<unknown>;
  readonly ended: Promise<EndedProcess>;
  kill(signal: NodeJS.Signals): void;
  send(message: string): void;
}

/** Starts a bundled program; a process that does not end is killed and fails the test by its signal. */
export function startProcess(program: string, args: readonly string[]): RunningProcess {
  const child = fork(program, args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  const errors: string[] = [];
  const messages: unknown[] = [];
  child.stderr?.on('data', (text) => void errors.push(String(text)));
  const ready = new Promise<unknown>((settle) => child.once('message', settle));
  child.on('message', (message) => void messages.push(message));
  const deadline = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS);
  onTestFinished(() => {
    clearTimeout(deadline);
    child.kill('SIGKILL');
  });
  const ended = new Promise<EndedProcess>((settle) => {
    child.on('close', (code, signal) => settle({ code, signal, errors: errors.join(''), messages }));
  });
  return {
    pid: child.pid as number,
    ready: Promise.race([ready, ended]),
    ended,
    kill: (signal) => void child.kill(signal),
    send: (message) => void child.send(message),
  };
}

function installedLmdb(): string {
  return fileURLToPath(import.meta.resolve('lmdb'));
}

function sourcesOfPackages(): Record<string, string> {
  const text = readFileSync(CONFIGURATION, 'utf8').replace(/^\s*\/\/.*$/gm, '');
  const paths: Record<string, string[]> = JSON.parse(text).compilerOptions.paths;
  const sources = Object.entries(paths).map(([name, [file]]) => [name, resolve(CONFIGURATION, '..', String(file))]);
  // The longest name first: a package is the beginning of its entries.
  return Object.fromEntries(sources.sort(([a], [b]) => String(b).length - String(a).length));
}
