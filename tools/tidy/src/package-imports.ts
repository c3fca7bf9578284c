// Packages see each other only through their public entries, and only those that the architecture allows.

import { ALLOWED_IMPORTS, type AllowedImports } from './layers.ts';
import { type Finding, packageSources, type RepositoryFile } from './repository-files.ts';
import { importsOf } from './syntax.ts';

const scope = '@tidemark/';

/** Objects to what a package's sources must not import. */
export function checkPackageImports(
  files: readonly RepositoryFile[],
  allowedByPackage: Readonly<Record<string, AllowedImports>> = ALLOWED_IMPORTS,
): Finding[] {
  const findings: Finding[] = [];
  for (const file of packageSources(files)) {
    const [, folder = '', inSource = ''] = /^packages\/([^/]+)\/src\/(.*)$/.exec(file.path) ?? [];
    const allowed = allowedByPackage[folder];
    if (allowed === undefined) {
      findings.push({ path: file.path, message: `package ${folder} is missing in tools/tidy/src/layers.ts` });
      continue;
    }
    for (const { specifier, line } of importsOf(file)) {
      const reason = refusalOf(specifier, folder, inSource, allowed);
      if (reason !== undefined) findings.push({ path: file.path, line, message: `${specifier}: ${reason}` });
    }
  }
  return findings;
}

function refusalOf(specifier: string, folder: string, inSource: string, allowed: AllowedImports): string | undefined {
  if (specifier.startsWith('.')) return undefined;
  if (specifier.startsWith('node:')) {
    const isAllowed = allowed.node || allowed.onlyIn?.[inSource]?.includes(specifier) === true;
    return isAllowed ? undefined : 'this package is pure, it knows no module of Node';
  }
  const name = packageNameOf(specifier);
  if (name === scope + folder) return 'a package does not import itself by name';
  if (name.startsWith(scope)) {
    return allowed.tidemark.includes(name.slice(scope.length))
      ? undefined
      : 'the architecture does not allow this import';
  }
  if (allowed.thirdParty.includes(name) || allowed.onlyIn?.[inSource]?.includes(name)) return undefined;
  return 'not among the packages this one may import';
}

/** Objects to paths into another package's insides, in sources, tests, examples and benchmarks alike. */
export function checkDeepImports(files: readonly RepositoryFile[]): Finding[] {
  const findings: Finding[] = [];
  const entries = publicEntries(files);
  for (const file of files) {
    const home = /^((?:packages|examples)\/[^/]+|benchmarks)\/.*\.ts$/.exec(file.path)?.[1];
    if (home === undefined) continue;
    for (const { specifier, line } of importsOf(file)) {
      if (specifier.startsWith('.')) {
        const intoPackage = /^(\.\.\/)+packages\//.test(specifier);
        const climbs = (specifier.match(/\.\.\//g) ?? []).length;
        const depth = file.path.slice(home.length + 1).split('/').length - 1;
        const leaves = climbs > depth && !/(^|\/)tools\/config\//.test(specifier);
        if (intoPackage || leaves)
          findings.push({ path: file.path, line, message: `${specifier} reaches into another package` });
      } else if (specifier.startsWith(scope) && entries.size > 0 && !entries.has(specifier)) {
        const name = packageNameOf(specifier);
        if (entries.has(name))
          findings.push({ path: file.path, line, message: `${specifier} is no public entry of ${name}` });
      }
    }
  }
  return findings;
}

/** Specifiers of all `exports` entries of all packages of ours. */
function publicEntries(files: readonly RepositoryFile[]): Set<string> {
  const entries = new Set<string>();
  for (const { path, text } of files) {
    if (!/^(packages|tools)\/[^/]+\/package\.json$/.test(path)) continue;
    const manifest = JSON.parse(text) as { name: string; exports?: Record<string, unknown> };
    for (const entry of Object.keys(manifest.exports ?? {})) entries.add(manifest.name + entry.slice(1));
  }
  return entries;
}

/** `@scope/name/sub` -> `@scope/name`, `name/sub` -> `name`. */
export function packageNameOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
