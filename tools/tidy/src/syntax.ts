// What the checks need of TypeScript's parser. Comments and strings are never mistaken for code.

import ts from 'typescript';
import type { RepositoryFile } from './repository-files.ts';

const parsed = new WeakMap<RepositoryFile, ts.SourceFile>();

/** The syntax tree of a file, parsed once. */
export function parse(file: RepositoryFile): ts.SourceFile {
  let tree = parsed.get(file);
  if (tree === undefined) {
    tree = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS);
    parsed.set(file, tree);
  }
  return tree;
}

/** Calls `visit` for every node of the file. */
export function walk(file: RepositoryFile, visit: (node: ts.Node) => void): void {
  const step = (node: ts.Node): void => {
    visit(node);
    ts.forEachChild(node, step);
  };
  step(parse(file));
}

/** The 1-based line of a node. */
export function lineOf(node: ts.Node): number {
  const tree = node.getSourceFile();
  return tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
}

/** Where a module is asked for: static and dynamic imports, re-exports, `import()` types, `require`. */
export interface ImportSite {
  readonly specifier: string;
  readonly line: number;
}

/** Every module that the file names in a literal. */
export function importsOf(file: RepositoryFile): ImportSite[] {
  const sites: ImportSite[] = [];
  const add = (node: ts.Node | undefined): void => {
    if (node !== undefined && ts.isStringLiteralLike(node)) sites.push({ specifier: node.text, line: lineOf(node) });
  };
  walk(file, (node) => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) add(node.moduleSpecifier);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal);
    else if (ts.isExternalModuleReference(node)) add(node.expression);
    else if (ts.isCallExpression(node) && isModuleCall(node.expression)) add(node.arguments[0]);
  });
  return sites;
}

function isModuleCall(callee: ts.Expression): boolean {
  if (callee.kind === ts.SyntaxKind.ImportKeyword) return true;
  return ts.isIdentifier(callee) && callee.text === 'require';
}

/** The text of all comments of a file. */
export function commentsOf(file: RepositoryFile): string[] {
  const tree = parse(file);
  const seen = new Map<number, string>();
  const collect = (ranges: readonly ts.CommentRange[] | undefined): void => {
    for (const { pos, end } of ranges ?? []) seen.set(pos, file.text.slice(pos, end));
  };
  const step = (node: ts.Node): void => {
    collect(ts.getLeadingCommentRanges(file.text, node.getFullStart()));
    collect(ts.getTrailingCommentRanges(file.text, node.getEnd()));
    for (const child of node.getChildren(tree)) step(child);
  };
  step(tree);
  return [...seen.entries()].sort(([a], [b]) => a - b).map(([, text]) => text);
}

/** The comments before the first statement: what a file says of itself. */
export function headerOf(file: RepositoryFile): string {
  const ranges = ts.getLeadingCommentRanges(file.text, 0) ?? [];
  return ranges.map(({ pos, end }) => file.text.slice(pos, end)).join('\n');
}

/** Whether a declaration carries `export`. */
export function isExported(node: ts.Node): boolean {
  return (
    ts.canHaveModifiers(node) &&
    (ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false)
  );
}

export { ts };
