// Names: files in kebab case, and no word that says nothing about what a thing is.

import type { Finding, RepositoryFile } from './repository-files.ts';
import { isExported, lineOf, ts, walk } from './syntax.ts';

const bannedWords: ReadonlySet<string> = new Set([
  'abstract',
  'base',
  'common',
  'helper',
  'helpers',
  'impl',
  'manager',
  'misc',
  'util',
  'utils',
]);

/** Names in which a banned word is the glossary's word for the thing itself, each with the reason. */
const termsOfArt: ReadonlyMap<string, string> = new Map([
  ['SnapshotBase', 'the base is the completed checkpoint that a delta builds on, not a class to extend'],
]);

const kebabCase = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/;
/** tsconfig.base.json and its neighbours carry the name that their tools' users expect. */
const settings = /^tools\/config\//;
const sourceFile = /^(packages|examples|tools|benchmarks)\/.*\.(ts|mts|mjs|js)$/;

/** Objects to file names that are not in kebab case or carry a banned word. */
export function checkFileNames(files: readonly RepositoryFile[]): Finding[] {
  const findings: Finding[] = [];
  for (const { path } of files) {
    if (!sourceFile.test(path) || settings.test(path)) continue;
    for (const part of path.split('/').slice(1)) {
      if (!kebabCase.test(part)) findings.push({ path, message: `${part} is not in kebab case` });
      const banned = part.split(/[-.]/).find((word) => bannedWords.has(word));
      if (banned !== undefined) findings.push({ path, message: `the name says '${banned}': say what it is instead` });
    }
  }
  return findings;
}

/** Objects to exported classes, interfaces, types and enums with a banned word or an `I` in front. */
export function checkTypeNames(files: readonly RepositoryFile[]): Finding[] {
  const findings: Finding[] = [];
  for (const file of files) {
    if (!sourceFile.test(file.path) || !file.path.endsWith('.ts')) continue;
    walk(file, (node) => {
      const isType =
        ts.isClassDeclaration(node) ||
        ts.isInterfaceDeclaration(node) ||
        ts.isTypeAliasDeclaration(node) ||
        ts.isEnumDeclaration(node);
      if (!isType || node.name === undefined || !isExported(node)) return;
      const name = node.name.text;
      if (termsOfArt.has(name)) return;
      const banned = wordsOf(name).find((word) => bannedWords.has(word));
      if (banned !== undefined) {
        findings.push({
          path: file.path,
          line: lineOf(node),
          message: `${name} says '${banned}': say what it is instead`,
        });
      }
      if (/^I[A-Z][a-z]/.test(name)) {
        findings.push({ path: file.path, line: lineOf(node), message: `${name}: interfaces carry no I in front` });
      }
    });
  }
  return findings;
}

/** `JobManagerView` -> job, manager, view; `Jobmanager` is Flink's one word and stays whole. */
function wordsOf(name: string): string[] {
  return name
    .replaceAll(/Job[Mm]anager/g, 'Jobmanager')
    .split(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_/)
    .map((word) => word.toLowerCase());
}
