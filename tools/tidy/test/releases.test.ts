import { describe, expect, test } from 'vitest';
import { checkChangesets } from '../src/changesets.ts';
import { checkLockfile, checkManifests } from '../src/manifests.ts';
import { manifestOf, messagesOf, repositoryOf } from './fixture.ts';

describe('changesets', () => {
  const complete = {
    'packages/state/package.json': manifestOf('state'),
    'packages/state/src/index.ts': 'export {};',
    '.changeset/README.md': 'About changesets.',
    '.changeset/first.md': "---\n'@tidemark/state': minor\n---\n\nThe first release.\n",
  };
  const check = (replaced: Record<string, string>): string[] =>
    messagesOf(checkChangesets(repositoryOf({ ...complete, ...replaced })));

  test('complete', () => expect(check({})).toEqual([]));
  test('an unknown package and an unknown bump', () => {
    const text = "---\n'@tidemark/state': minor\n'@tidemark/tide': big\n---\n\nText.\n";
    expect(check({ '.changeset/first.md': text })).toEqual([
      '.changeset/first.md @tidemark/tide is no published package',
      ".changeset/first.md @tidemark/tide: 'big' is none of major, minor, patch",
    ]);
  });
  test('no sentence', () => {
    expect(check({ '.changeset/first.md': "---\n'@tidemark/state': minor\n---\n" })[0]).toContain(
      'needs packages between',
    );
  });
  test('a package that nobody announces; a change log will do', () => {
    const more = { 'packages/lmdb/package.json': manifestOf('lmdb'), 'packages/lmdb/src/a.ts': '' };
    expect(check(more)).toEqual(['packages/lmdb/package.json no changeset and no change log: run "pnpm changeset"']);
    expect(check({ ...more, 'packages/lmdb/CHANGELOG.md': '# Changes' })).toEqual([]);
  });
});

describe('manifests', () => {
  const check = (replaced: Record<string, unknown>): string[] =>
    messagesOf(checkManifests(repositoryOf({ 'packages/state/package.json': manifestOf('state', replaced) })));

  test('complete', () => expect(check({})).toEqual([]));
  test.each([
    [{ name: '@tidemark/other' }, 'the name must be'],
    [{ private: true }, 'packages/ is for what is published'],
    [{ description: '' }, 'needs a description'],
    [{ license: 'MIT' }, 'license must be'],
    [{ type: 'commonjs' }, 'type must be module'],
    [{ sideEffects: true }, 'sideEffects must be false'],
    [{ engines: { node: '>=18' } }, 'engines.node must be'],
    [{ files: [] }, 'files must contain dist'],
    [{ publishConfig: { access: 'public' } }, 'publishConfig must be'],
    [{ exports: { '.': { types: './a.d.ts', default: './a.js' } } }, 'exports must contain ./package.json'],
    [
      { exports: { '.': { default: './a.js', types: './a.d.ts' }, './package.json': './package.json' } },
      'found default,types',
    ],
    [
      { exports: { '.': { types: './a.d.ts', import: './a.js' }, './package.json': './package.json' } },
      'found types,import',
    ],
    [{ scripts: { postinstall: 'node x.js' } }, "has an install script 'postinstall'"],
    [{ dependencies: { yaml: '^2.0.0' } }, 'yaml: ^2.0.0 must be "catalog:"'],
  ])('%j', (replaced, message) => expect(check(replaced).join()).toContain(message));
});

test('a lockfile that names a host', () => {
  const lockfile = (text: string) => messagesOf(checkLockfile(repositoryOf({ 'pnpm-lock.yaml': text })));
  expect(lockfile('packages:\n  a@1.0.0:\n    resolution: {integrity: sha512-x}\n')).toEqual([]);
  expect(lockfile('a\n    resolution: {tarball: https://example.invalid/a.tgz}\n')).toEqual([
    'pnpm-lock.yaml:2 names a registry host',
  ]);
  expect(messagesOf(checkLockfile([]))).toEqual(['pnpm-lock.yaml missing']);
});
