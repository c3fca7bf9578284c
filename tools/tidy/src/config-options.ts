// Every configuration option stands in the table of docs/configuration.md with its default and its unit; and no other.

import { type Finding, packageSources, type RepositoryFile } from './repository-files.ts';
import { lineOf, ts, walk } from './syntax.ts';

const docs = 'docs/configuration.md';
const definers: ReadonlyMap<string, string | undefined> = new Map([
  ['stringOption', undefined],
  ['booleanOption', undefined],
  ['integerOption', undefined],
  ['numberOption', undefined],
  ['durationOption', 'ms'],
  ['memorySizeOption', 'bytes'],
  ['enumOption', undefined],
  ['listOption', undefined],
]);
/** What a cell says where there is nothing to say. */
const nothing: ReadonlySet<string> = new Set(['', '-', '–', '—', 'none', 'not set']);

interface DefinedOption {
  readonly path: string;
  readonly line: number;
  readonly key: string;
  /** As written in the source, without quotes; absent when the option has none. */
  readonly defaultValue?: string;
  readonly unit?: string;
}

interface DocumentedOption {
  readonly line: number;
  readonly defaultValue: string;
  readonly unit: string;
}

/** Compares the options that the sources define with the docs table. */
export function checkConfigOptions(files: readonly RepositoryFile[]): Finding[] {
  const options = packageSources(files).flatMap(definedOptions);
  const page = files.find(({ path }) => path === docs);
  if (page === undefined)
    return options.length === 0 ? [] : [{ path: docs, message: `missing; ${options.length} options to document` }];

  const documented = documentedOptions(page.text);
  const findings: Finding[] = [];
  for (const option of options) {
    const row = documented.get(option.key);
    if (row === undefined) {
      findings.push({ path: option.path, line: option.line, message: `${option.key} is not in the table of ${docs}` });
      continue;
    }
    const { defaultValue, unit } = option;
    if (!sameCell(row.defaultValue, defaultValue, unit)) {
      findings.push({
        path: docs,
        line: row.line,
        message: `${option.key}: default is ${defaultValue ?? 'none'}, the table says ${row.defaultValue}`,
      });
    }
    if (!sameCell(row.unit, unit)) {
      findings.push({
        path: docs,
        line: row.line,
        message: `${option.key}: unit is ${unit ?? 'none'}, the table says ${row.unit}`,
      });
    }
  }
  const known = new Set(options.map(({ key }) => key));
  for (const [key, { line }] of documented) {
    if (!known.has(key)) findings.push({ path: docs, line, message: `${key} is no option` });
  }
  return findings;
}

function definedOptions(file: RepositoryFile): DefinedOption[] {
  const options: DefinedOption[] = [];
  walk(file, (node) => {
    if (!ts.isCallExpression(node) || !ts.isIdentifier(node.expression) || !definers.has(node.expression.text)) return;
    const definition = node.arguments[0];
    if (definition === undefined || !ts.isObjectLiteralExpression(definition)) return;
    const key = literalOf(definition, 'key');
    if (key === undefined) return;
    const defaultValue = literalOf(definition, 'defaultValue');
    const unit = definers.get(node.expression.text) ?? literalOf(definition, 'unit');
    options.push({
      path: file.path,
      line: lineOf(node),
      key,
      ...(defaultValue === undefined ? {} : { defaultValue }),
      ...(unit === undefined ? {} : { unit }),
    });
  });
  return options;
}

function literalOf(object: ts.ObjectLiteralExpression, name: string): string | undefined {
  const property = object.properties.find((candidate) => candidate.name?.getText() === name);
  if (property === undefined || !ts.isPropertyAssignment(property)) return undefined;
  const { initializer } = property;
  return ts.isStringLiteralLike(initializer) ? initializer.text : initializer.getText();
}

/** Rows of every table whose head has a column for the key, one `Default` and one `Unit`. */
function documentedOptions(text: string): Map<string, DocumentedOption> {
  const options = new Map<string, DocumentedOption>();
  let columns: { key: number; defaultValue: number; unit: number } | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    if (!line.trimStart().startsWith('|')) {
      columns = undefined;
      continue;
    }
    const cells = cellsOf(line);
    if (columns === undefined) {
      const heads = cells.map((cell) => cell.toLowerCase());
      const key = heads.findIndex((head) => head === 'key' || head === 'option');
      columns = { key, defaultValue: heads.indexOf('default'), unit: heads.indexOf('unit') };
      continue;
    }
    const { key, defaultValue, unit } = columns;
    const name = cells[key];
    if (key === -1 || defaultValue === -1 || unit === -1 || name === undefined || /^:?-+:?$/.test(name)) continue;
    options.set(name, { line: index + 1, defaultValue: cells[defaultValue] ?? '', unit: cells[unit] ?? '' });
  }
  return options;
}

function cellsOf(row: string): string[] {
  return row
    .trim()
    .replace(/^\||\|$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('`', ''));
}

function sameCell(cell: string, expected: string | undefined, unit?: string): boolean {
  if (expected === undefined) return nothing.has(cell.toLowerCase());
  const plain = (value: string): string => value.replaceAll(/['"\s_]/g, '').toLowerCase();
  return plain(cell) === plain(expected) || (unit !== undefined && plain(cell) === plain(expected + unit));
}
