// What makes a run unrepeatable, or writes where a library must not, stays in the one folder that adapts it: `ambient`.

import { type Finding, packageSources, type RepositoryFile } from './repository-files.ts';
import { lineOf, parse, ts, walk } from './syntax.ts';

const bannedMembers: Readonly<Record<string, readonly string[]>> = {
  Date: ['now'],
  performance: ['now'],
  Math: ['random'],
  process: ['env'],
};
const bannedGlobals: ReadonlySet<string> = new Set([
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'console',
]);

/** Objects to ambient time, randomness, timers, environment and console outside folders named `ambient`. */
export function checkAmbientUse(files: readonly RepositoryFile[]): Finding[] {
  const findings: Finding[] = [];
  for (const file of packageSources(files)) {
    if (/\/src\/(.*\/)?ambient\//.test(file.path)) continue;
    walk(file, (node) => {
      const found = ambientUseIn(node);
      if (found === undefined) return;
      findings.push({
        path: file.path,
        line: lineOf(node),
        message: `${found}: take it as a parameter (folder ambient has the real one)`,
      });
    });
  }
  return findings;
}

function ambientUseIn(node: ts.Node): string | undefined {
  if (ts.isNewExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'Date') {
    return (node.arguments?.length ?? 0) === 0 ? 'new Date()' : undefined;
  }
  if (ts.isPropertyAccessExpression(node)) return bannedMember(node.expression, node.name.text);
  if (ts.isElementAccessExpression(node) && ts.isStringLiteralLike(node.argumentExpression)) {
    return bannedMember(node.expression, node.argumentExpression.text);
  }
  if (ts.isIdentifier(node) && bannedGlobals.has(node.text) && isReference(node)) return node.text;
  // `const { now } = Date` and the like.
  if (ts.isVariableDeclaration(node) && ts.isObjectBindingPattern(node.name) && node.initializer !== undefined) {
    for (const { propertyName, name } of node.name.elements) {
      const member = (propertyName ?? name).getText();
      const banned = bannedMember(node.initializer, member);
      if (banned !== undefined) return banned;
    }
  }
  return undefined;
}

function bannedMember(object: ts.Expression, member: string): string | undefined {
  const name = globalName(object);
  if (name === 'globalThis' && bannedGlobals.has(member)) return `globalThis.${member}`;
  if (name !== undefined && bannedMembers[name]?.includes(member)) return `${name}.${member}`;
  return undefined;
}

/** `Date`, `globalThis.Date`, `(globalThis as X).Date` -> `Date`. */
function globalName(expression: ts.Expression): string | undefined {
  let inner = expression;
  while (ts.isParenthesizedExpression(inner) || ts.isAsExpression(inner) || ts.isNonNullExpression(inner))
    inner = inner.expression;
  if (ts.isIdentifier(inner)) return inner.text;
  if (ts.isPropertyAccessExpression(inner) && globalName(inner.expression) === 'globalThis') return inner.name.text;
  return undefined;
}

/** Whether an identifier is used as a value, not as the name of a member, a parameter or a type. */
function isReference(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node;
  if (ts.isVariableDeclaration(parent) || ts.isParameter(parent)) return parent.initializer === node;
  const isName =
    ts.isPropertySignature(parent) ||
    ts.isPropertyDeclaration(parent) ||
    ts.isMethodSignature(parent) ||
    ts.isMethodDeclaration(parent) ||
    ts.isFunctionDeclaration(parent) ||
    ts.isBindingElement(parent) ||
    ts.isQualifiedName(parent) ||
    ts.isTypeReferenceNode(parent);
  return !isName;
}

/** Objects to default exports and to `await` outside functions: the one has no name, the other breaks `require()`. */
export function checkModuleShape(files: readonly RepositoryFile[]): Finding[] {
  const findings: Finding[] = [];
  for (const file of packageSources(files)) {
    walk(file, (node) => {
      const isDefault =
        ts.isExportAssignment(node) ||
        (node.kind === ts.SyntaxKind.DefaultKeyword && ts.canHaveModifiers(node.parent)) ||
        (ts.isExportSpecifier(node) && node.name.text === 'default');
      if (isDefault) findings.push({ path: file.path, line: lineOf(node), message: 'default export' });
      if (isTopLevelAwait(node)) findings.push({ path: file.path, line: lineOf(node), message: 'top-level await' });
    });
    if (!ts.isExternalModule(parse(file)) && !file.path.endsWith('.d.ts')) {
      findings.push({ path: file.path, message: 'neither imports nor exports anything' });
    }
  }
  return findings;
}

function isTopLevelAwait(node: ts.Node): boolean {
  const awaits = ts.isAwaitExpression(node) || (ts.isForOfStatement(node) && node.awaitModifier !== undefined);
  if (!awaits) return false;
  for (let outer: ts.Node | undefined = node.parent; outer !== undefined; outer = outer.parent) {
    if (ts.isFunctionLike(outer) || ts.isClassStaticBlockDeclaration(outer)) return false;
  }
  return true;
}
