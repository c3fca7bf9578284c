// Small repositories made of text.
import type { Finding, RepositoryFile } from '../src/repository-files.ts';

/** Files from a map of path to text. */
export function repositoryOf(texts: Readonly<Record<string, string>>): RepositoryFile[] {
  return Object.entries(texts).map(([path, text]) => ({ path, text }));
}

/** `path:line message` of each finding, the shape the tests compare. */
export function messagesOf(findings: readonly Finding[]): string[] {
  return findings.map(({ path, line, message }) => `${path}${line === undefined ? '' : `:${line}`} ${message}`);
}

/** A complete manifest of a published package, with parts replaced. */
export function manifestOf(folder: string, replaced: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    name: `@tidemark/${folder}`,
    description: 'A package.',
    license: 'Apache-2.0',
    type: 'module',
    engines: { node: '>=20.19' },
    sideEffects: false,
    exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' }, './package.json': './package.json' },
    files: ['dist'],
    publishConfig: { access: 'public', provenance: true },
    ...replaced,
  });
}
