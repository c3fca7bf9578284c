// The MUSTs of the service interfaces, read from their docstrings, and the cases that prove them.
//
//   /**
//    * Implementers (guide: Snapshots)
//    * - MUST show the state as of this call, whatever is written afterwards. [KSB-SNAPSHOT-01, LIST-10..LIST-12]
//    */
//
//   CR1. A rule stands in the docstring of the member that it is about, or of the whole interface.
//   CR2. An id stands for its variants too: TTL-01 for TTL-01-A, TTL-01-B and so on.

import type { Finding, RepositoryFile } from './repository-files.ts';
import { lineOf, parse, ts } from './syntax.ts';

/** The folders whose docstrings say what implementers must do. */
const interfaceFolder =
  /^packages\/state-core\/src\/(state|state-backend|checkpoint-storage|serialization)\/[^/]+\.ts$/;
const guide = 'docs/WRITING_A_BACKEND.md';

/** One MUST, as it is written. */
export interface WrittenRule {
  readonly path: string;
  readonly line: number;
  /** `KeyedStateBackend.snapshot`. */
  readonly member: string;
  readonly must: string;
  /** A heading of the guide; empty when none is named. */
  readonly guide: string;
  /** Ids, ranges written out. */
  readonly cases: readonly string[];
}

interface Reading {
  readonly rules: WrittenRule[];
  readonly findings: Finding[];
}

/** The rules of all interfaces, in the order of files and lines, and what is wrong with how they are written. */
export function readConformanceRules(files: readonly RepositoryFile[]): Reading {
  const reading: Reading = { rules: [], findings: [] };
  for (const file of files) {
    if (!interfaceFolder.test(file.path)) continue;
    const before = reading.rules.length;
    for (const statement of parse(file).statements) {
      if (!ts.isInterfaceDeclaration(statement) && !ts.isClassDeclaration(statement)) continue;
      const owner = statement.name?.text ?? '';
      readDocstring(file, statement, owner, reading);
      for (const member of statement.members) {
        readDocstring(file, member, `${owner}.${member.name?.getText() ?? ''}`, reading);
      }
    }
    const written = file.text.match(/\bMUST\b/g)?.length ?? 0;
    const read = reading.rules.length - before;
    if (written !== read) {
      reading.findings.push({
        path: file.path,
        message: `${written} times MUST, but ${read} rules: each begins a line "- MUST" of the docstring of an interface or a member`,
      });
    }
  }
  return reading;
}

function readDocstring(file: RepositoryFile, node: ts.Node, member: string, { rules, findings }: Reading): void {
  const range = ts.getLeadingCommentRanges(file.text, node.getFullStart())?.at(-1);
  const text = range === undefined ? '' : file.text.slice(range.pos, range.end);
  if (!text.startsWith('/**')) return;
  const line = lineOf(node);
  let heading = '';
  let bullet: string | undefined;
  const end = (): void => {
    if (bullet === undefined) return;
    const [, must, ids] = /^(.*?)\s*\[([A-Z0-9-]+(?:(?:, |\.\.)[A-Z0-9-]+)*)\]$/.exec(bullet) ?? [];
    if (must === undefined || ids === undefined)
      findings.push({
        path: file.path,
        line,
        message: `${member}: "MUST ${bullet}" does not end in [the ids of cases]`,
      });
    else rules.push({ path: file.path, line, member, must, guide: heading, cases: expandIds(ids) });
    bullet = undefined;
  };
  for (const raw of text.split('\n')) {
    const content = raw.replace(/^\s*(\/\*\*|\*\/|\*)/, '').replace(/\*\/\s*$/, '');
    const group = /^ Implementers(?: \(guide: ([^)]+)\))?$/.exec(content);
    const start = /^ - MUST (.*)$/.exec(content);
    if (group !== null || start !== null || /^ - /.test(content) || !/^ {3}\S/.test(content)) end();
    if (group !== null) heading = group[1] ?? '';
    if (start !== null) bullet = start[1] as string;
    else if (bullet !== undefined) bullet += ` ${content.trim()}`;
  }
  end();
}

/** `A-01, B-03..B-05` -> A-01, B-03, B-04, B-05. */
function expandIds(text: string): string[] {
  return text.split(', ').flatMap((part) => {
    const [first = '', last] = part.split('..');
    if (last === undefined) return [first];
    const prefix = first.slice(0, -2);
    const numbers = [Number(first.slice(-2)), Number(last.slice(-2))] as const;
    if (!last.startsWith(prefix) || !(numbers[0] < numbers[1])) return [part];
    return Array.from({ length: numbers[1] - numbers[0] + 1 }, (_, index) => {
      return prefix + String(numbers[0] + index).padStart(2, '0');
    });
  });
}

/** Objects to MUSTs without a case, cases without a MUST, and headings that the guide has not. */
export function checkConformanceRules(files: readonly RepositoryFile[], caseIds: readonly string[]): Finding[] {
  const { rules, findings } = readConformanceRules(files);
  const headings = new Set(
    (files.find(({ path }) => path === guide)?.text ?? '')
      .match(/^#{2,4} .*$/gm)
      ?.map((line) => line.replace(/^#+ /, '')),
  );
  const known = new Set(caseIds.flatMap((id) => [id, plainId(id)]));
  const proven = new Set<string>();
  for (const { path, line, member, must, guide: heading, cases } of rules) {
    if (!headings.has(heading))
      findings.push({ path, line, message: `${member}: "${heading}" is no heading of ${guide}` });
    for (const id of cases) {
      if (!known.has(id)) findings.push({ path, line, message: `${member}: MUST ${must} There is no case ${id}` });
      proven.add(id);
    }
  }
  for (const id of caseIds) {
    if (proven.has(id) || proven.has(plainId(id))) continue;
    findings.push({ path: 'packages/state-testkit/src', message: `no MUST names the case ${id}` });
  }
  return findings;
}

function plainId(id: string): string {
  return id.replace(/-[A-Z]$/, '');
}

/** The module of the test kit that holds the rules, for its reports: as the formatter would leave it. */
export function formatConformanceRules(rules: readonly WrittenRule[]): string {
  const lines = [
    '// The MUSTs of the service interfaces, and the cases that prove them. Made from the docstrings of @tidemark/state-core:',
    '// change those and run `pnpm conformance-rules`.',
    '//',
    '// Long because: a table.',
    '',
    "import type { ConformanceRule } from './conformance-rule.js';",
    '',
    '/** Every rule, in the order in which the interfaces stand. */',
    'export const CONFORMANCE_RULES: readonly ConformanceRule[] = [',
  ];
  for (const { member, must, guide: heading, cases } of rules) {
    lines.push('  {', `    member: ${quote(member)},`, `    must: ${quote(must)},`, `    guide: ${quote(heading)},`);
    lines.push(...list('cases', cases.map(quote)), '  },');
  }
  return `${[...lines, '];'].join('\n')}\n`;
}

const LINE_WIDTH = 120;

function list(name: string, values: readonly string[]): string[] {
  const line = `    ${name}: [${values.join(', ')}],`;
  return line.length <= LINE_WIDTH ? [line] : [`    ${name}: [`, ...values.map((value) => `      ${value},`), '    ],'];
}

function quote(text: string): string {
  return text.includes("'") && !text.includes('"') ? `"${text}"` : `'${text.replaceAll("'", "\\'")}'`;
}
