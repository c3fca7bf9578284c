// The repository as data: every check is a pure function over files, so that it can be tried on a few lines of text.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** One text file; `path` is relative to the repository, with forward slashes. */
export interface RepositoryFile {
  readonly path: string;
  readonly text: string;
}

/** Something that a check objects to. */
export interface Finding {
  readonly path: string;
  /** 1-based; absent when the finding is about the file as a whole. */
  readonly line?: number;
  readonly message: string;
}

const repository = resolve(fileURLToPath(import.meta.url), '../../../..');
const foldersSkipped: ReadonlySet<string> = new Set([
  'node_modules',
  'dist',
  '.turbo',
  '.git',
  'coverage',
  'out',
  'golden',
]);
const textFile = /\.(ts|mts|mjs|js|json|md|yaml|yml)$/;

/** All text files of the repository, sorted by path. */
export function readRepository(): RepositoryFile[] {
  return readFolder('').sort((a, b) => (a.path < b.path ? -1 : 1));
}

function readFolder(folder: string): RepositoryFile[] {
  const files: RepositoryFile[] = [];
  for (const entry of readdirSync(join(repository, folder), { withFileTypes: true })) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      if (!foldersSkipped.has(entry.name)) files.push(...readFolder(path));
    } else if (entry.isFile() && textFile.test(entry.name) && existsSync(join(repository, path))) {
      files.push({ path, text: readFileSync(join(repository, path), 'utf8') });
    }
  }
  return files;
}

/** The source files of published packages: `packages/<name>/src/**`. */
export function packageSources(files: readonly RepositoryFile[]): RepositoryFile[] {
  return files.filter(({ path }) => /^packages\/[^/]+\/src\/.*\.ts$/.test(path));
}

/** The test files of the whole workspace. */
export function testSources(files: readonly RepositoryFile[]): RepositoryFile[] {
  return files.filter(({ path }) =>
    // A behaviour case is a test that every implementation runs.
    /^(packages|examples|tools)\/[^/]+\/test\/.*\.ts$|^benchmarks\/test\/|^packages\/[^/]+\/src\/.*\.cases\.ts$/.test(
      path,
    ),
  );
}

/** Findings as a text that a failing test prints; empty when there are none. */
export function describeFindings(findings: readonly Finding[]): string {
  return findings
    .map(({ path, line, message }) => `${path}${line === undefined ? '' : `:${line}`}: ${message}`)
    .join('\n');
}
