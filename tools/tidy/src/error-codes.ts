// Every error code has a heading in the docs, a test that provokes it and a `@throws` that names it; and no more.

import { type Finding, packageSources, type RepositoryFile, testSources } from './repository-files.ts';
import { commentsOf, ts, walk } from './syntax.ts';

const codeTable = 'packages/state-core/src/error/state-error-code.ts';
const docs = 'docs/errors.md';

/** Compares the code table with docs/errors.md, the tests and the `@throws` clauses. */
export function checkErrorCodes(files: readonly RepositoryFile[]): Finding[] {
  const table = files.find(({ path }) => path === codeTable);
  const kinds = table === undefined ? new Map<string, string>() : readCodeTable(table);
  if (kinds.size === 0) return [{ path: codeTable, message: 'no table STATE_ERROR_CODES found' }];

  const page = files.find(({ path }) => path === docs);
  const sections = page === undefined ? new Map<string, string>() : codeSections(page.text);
  const findings: Finding[] = page === undefined ? [{ path: docs, message: 'missing' }] : [];
  const tests = testSources(files).filter(({ path }) => path.startsWith('packages/') || path.startsWith('examples/'));
  const thrown = packageSources(files)
    .flatMap((file) => commentsOf(file).flatMap(throwsClauses))
    .join('\n');

  for (const [code, kind] of kinds) {
    const section = sections.get(code);
    if (section === undefined) findings.push({ path: docs, message: `no heading for '${code}'` });
    else if (!mentions(section, kind))
      findings.push({ path: docs, message: `the section of '${code}' does not name its kind '${kind}'` });
    if (!tests.some(({ text }) => quotes(text, code)))
      findings.push({ path: codeTable, message: `no test provokes '${code}'` });
    if (!mentions(thrown, code)) findings.push({ path: codeTable, message: `no @throws names '${code}'` });
  }
  for (const code of sections.keys()) {
    if (!kinds.has(code)) findings.push({ path: docs, message: `'${code}' is no error code` });
  }
  return findings;
}

/** Reads `STATE_ERROR_CODES`: code to kind, where the value is the kind or an object with a property `kind`. */
function readCodeTable(file: RepositoryFile): Map<string, string> {
  const kinds = new Map<string, string>();
  walk(file, (node) => {
    if (!ts.isVariableDeclaration(node) || node.name.getText() !== 'STATE_ERROR_CODES') return;
    let value = node.initializer;
    while (
      value !== undefined &&
      (ts.isAsExpression(value) || ts.isSatisfiesExpression(value) || ts.isCallExpression(value))
    ) {
      value = ts.isCallExpression(value) ? value.arguments[0] : value.expression;
    }
    if (value === undefined || !ts.isObjectLiteralExpression(value)) return;
    for (const property of value.properties) {
      if (!ts.isPropertyAssignment(property)) continue;
      const { name, initializer } = property;
      const code = ts.isStringLiteralLike(name) || ts.isIdentifier(name) ? name.text : name.getText();
      kinds.set(code, kindOf(initializer) ?? '');
    }
  });
  return kinds;
}

function kindOf(value: ts.Expression): string | undefined {
  if (ts.isStringLiteralLike(value)) return value.text;
  if (!ts.isObjectLiteralExpression(value)) return undefined;
  const kind = value.properties.find((property) => property.name?.getText() === 'kind');
  return kind !== undefined && ts.isPropertyAssignment(kind) && ts.isStringLiteralLike(kind.initializer)
    ? kind.initializer.text
    : undefined;
}

/** Sections whose heading is one code, in backticks or bare: code to the text below it. */
function codeSections(text: string): Map<string, string> {
  const sections = new Map<string, string>();
  for (const part of text.split(/^(?=#{2,4} )/m)) {
    const code = /^#{2,4} +(?:`([^`]+)`|([a-z0-9]+(?:-[a-z0-9]+)+)) *$/m.exec(part.split('\n', 1)[0] ?? '');
    if (code !== null) sections.set((code[1] ?? code[2]) as string, part.split('\n').slice(1).join('\n'));
  }
  return sections;
}

/** The `@throws` clauses of one comment, each up to the next tag. */
function throwsClauses(comment: string): string[] {
  return comment.split(/(?=@[a-zA-Z]+\b)/).filter((part) => part.startsWith('@throws'));
}

function mentions(text: string, word: string): boolean {
  return new RegExp(`(?<![\\w-])${word}(?![\\w-])`).test(text);
}

function quotes(text: string, code: string): boolean {
  return ["'", '"', '`'].some((quote) => text.includes(`${quote}${code}${quote}`));
}
