// Which tests of Flink the titles of our tests name.
//
//   T1. A title names a test as `Class.test`, or as `test` where a `describe` around it, or its file, names the class.
//   T2. Words of a table that a title is made of count as titles: `test.each([['Class.test', ...]])('%s', ...)`. A title
//       with `%s` inside a name stands for every name that fits.
//   T3. `Test` and `TestBase` at the end of a class may be left out: `MathUtil.testPowerOfTwo`.

import type { RepositoryFile } from '../repository-files.ts';
import { ts, walk } from '../syntax.ts';

/** Files whose titles name tests alone, each with the classes that these belong to. */
const classesByFolder: readonly (readonly [folder: string, classes: readonly string[]])[] = [
  ['packages/state-testkit/src/state-backend-cases/', ['StateBackendTestBase', 'StateBackendMigrationTestBase']],
  [
    'packages/state-testkit/src/checkpoint-storage-cases/',
    [
      'FsCheckpointStateOutputStreamTest',
      'FsCheckpointStorageAccessTest',
      'AbstractFileCheckpointStorageAccessTestBase',
    ],
  ],
];

/** A text of a test file with the titles of the `describe` calls around it. */
export interface TestTitle {
  readonly path: string;
  readonly text: string;
  readonly around: string;
}

/** The texts that may be titles: of the packages' tests and of the conformance cases. */
export function testTitles(files: readonly RepositoryFile[]): TestTitle[] {
  const titles: TestTitle[] = [];
  for (const file of files) {
    if (!/^packages\/[^/]+\/test\/.*\.ts$|^packages\/[^/]+\/src\/.*\.cases\.ts$/.test(file.path)) continue;
    walk(file, (node) => {
      const text = textOf(node);
      if (text !== undefined && text !== '') titles.push({ path: file.path, text, around: describedBy(node) });
    });
  }
  return titles;
}

function textOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text;
  return ts.isTemplateExpression(node) ? node.getText() : undefined;
}

function describedBy(node: ts.Node): string {
  const titles: string[] = [];
  for (let outer = node.parent; outer !== undefined; outer = outer.parent) {
    if (!ts.isCallExpression(outer) || !/^describe\b/.test(outer.expression.getText())) continue;
    const [title] = outer.arguments;
    if (title !== undefined && title !== node) titles.unshift(textOf(title) ?? '');
  }
  return titles.join(' ');
}

/** For `Class.test` of every test that a title names: the files it is in, sorted. */
export type NamedTests = ReadonlyMap<string, readonly string[]>;

/**
 * Looks the tests up.
 *
 * @param known - Classes with the names of their tests.
 */
export function findNamedTests(
  titles: readonly TestTitle[],
  known: ReadonlyMap<string, ReadonlySet<string>>,
): NamedTests {
  const found = new Map<string, Set<string>>();
  const add = (className: string, test: string, path: string): void => {
    const name = `${className}.${test}`;
    found.set(name, (found.get(name) ?? new Set()).add(path));
  };
  const fullNames = new Map([...known.keys()].map((name) => [withoutSuffix(name), name]));

  for (const { path, text, around } of titles) {
    const outer = [
      ...classesIn(`${around} ${text}`, fullNames),
      ...classesByFolder.filter(([folder]) => path.startsWith(folder)).flatMap(([, classes]) => classes),
    ];
    for (const [, qualifier, word = ''] of text.matchAll(/(?:\b([A-Z]\w*)\.)?\b([a-z]\w*(?:%s\w*)*)/g)) {
      const own = qualifier === undefined ? undefined : fullNames.get(withoutSuffix(qualifier));
      for (const className of own === undefined ? outer : [own]) {
        for (const test of testsNamed(word, known.get(className))) add(className, test, path);
      }
    }
  }
  return new Map([...found].map(([name, paths]) => [name, [...paths].sort()]));
}

function withoutSuffix(className: string): string {
  return className.replace(/Test(Base)?$/, '');
}

function classesIn(text: string, fullNames: ReadonlyMap<string, string>): string[] {
  const words = text.match(/\b[A-Z]\w*/g) ?? [];
  return words.flatMap((word) => fullNames.get(withoutSuffix(word)) ?? []);
}

function testsNamed(word: string, tests: ReadonlySet<string> | undefined): string[] {
  if (tests === undefined) return [];
  if (!word.includes('%s')) return tests.has(word) ? [word] : [];
  const pattern = new RegExp(`^${word.replaceAll('%s', '\\w+')}$`);
  return [...tests].filter((test) => pattern.test(test));
}
