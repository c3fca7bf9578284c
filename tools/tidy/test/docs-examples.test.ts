import { expect, test } from 'vitest';
import { checkDocsExamples, docsExamples } from '../src/docs-examples.ts';
import { describeFindings, readRepository } from '../src/repository-files.ts';
import { messagesOf, repositoryOf } from './fixture.ts';

const page = [
  '# Title',
  '```ts',
  'const a: number = 1;',
  '```',
  '```ts ignore',
  'const b: number = "x";',
  '```',
  '```js',
  'const c = ;',
  '```',
  '````md',
  '```ts',
  'const d: number = "x";',
  '```',
  '````',
  '```ts',
  'const a = 2;',
  'const e: number = "x";',
  '```',
].join('\n');

test('finds the blocks that are to be compiled', () => {
  const found = docsExamples(
    repositoryOf({ 'docs/a.md': page, 'packages/state/test/README.md': page, 'notes.md': page }),
  );
  expect(found.map(({ path, line }) => `${path}:${line}`)).toEqual(['docs/a.md:3', 'docs/a.md:17']);
});

test('points at the line of the document that does not compile', () => {
  const found = checkDocsExamples(docsExamples(repositoryOf({ 'docs/a.md': page })));
  expect(messagesOf(found)).toEqual(["docs/a.md:18 TS2322 Type 'string' is not assignable to type 'number'."]);
});

test('knows the packages and Node', () => {
  const block =
    "```ts\nimport { nothing } from '@tidemark/state-core';\nimport { join } from 'node:path';\njoin('a', 'b');\n```";
  const found = messagesOf(checkDocsExamples(docsExamples(repositoryOf({ 'README.md': block }))));
  expect(found.join()).toContain("has no exported member 'nothing'");
  expect(found).toHaveLength(1);
});

test('every example of the docs compiles', () => {
  expect(describeFindings(checkDocsExamples(docsExamples(readRepository())))).toBe('');
});
