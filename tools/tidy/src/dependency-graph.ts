// The graph of the workspace, development dependencies included, has no cycle: turbo needs a build order.

import { ALLOWED_IMPORTS } from './layers.ts';
import type { Finding, RepositoryFile } from './repository-files.ts';

interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const manifestPath = /^(?:packages\/[^/]+|examples\/[^/]+|tools\/[^/]+|benchmarks)\/package\.json$/;

/** Objects to cycles, and to dependencies of a package that the architecture's import table does not have. */
export function checkDependencyGraph(files: readonly RepositoryFile[]): Finding[] {
  const manifests = new Map<string, { path: string; manifest: Manifest }>();
  for (const { path, text } of files) {
    if (!manifestPath.test(path)) continue;
    const manifest = JSON.parse(text) as Manifest;
    manifests.set(manifest.name, { path, manifest });
  }
  return [...findCycles(manifests), ...findUnexpectedDependencies(manifests)];
}

type Manifests = ReadonlyMap<string, { readonly path: string; readonly manifest: Manifest }>;

function findCycles(manifests: Manifests): Finding[] {
  const findings: Finding[] = [];
  const finished = new Set<string>();
  const visit = (name: string, trail: readonly string[]): void => {
    const known = manifests.get(name);
    if (known === undefined || finished.has(name)) return;
    if (trail.includes(name)) {
      const cycle = [...trail.slice(trail.indexOf(name)), name].join(' -> ');
      findings.push({ path: known.path, message: `dependency cycle: ${cycle}` });
      return;
    }
    for (const dependency of allDependencies(known.manifest)) visit(dependency, [...trail, name]);
    finished.add(name);
  };
  for (const name of manifests.keys()) visit(name, []);
  return findings;
}

function findUnexpectedDependencies(manifests: Manifests): Finding[] {
  const findings: Finding[] = [];
  for (const { path, manifest } of manifests.values()) {
    const folder = /^packages\/([^/]+)\//.exec(path)?.[1];
    const allowed = folder === undefined ? undefined : ALLOWED_IMPORTS[folder];
    if (allowed === undefined) continue;
    const names = [...allowed.thirdParty, ...Object.values(allowed.onlyIn ?? {}).flat()];
    for (const name of allDependencies(manifest, false)) {
      const isAllowed = name.startsWith('@tidemark/')
        ? allowed.tidemark.includes(name.slice(10))
        : names.includes(name);
      if (!isAllowed) findings.push({ path, message: `${name} is not among what this package may import` });
    }
  }
  return findings;
}

function allDependencies(manifest: Manifest, withDevelopment = true): string[] {
  const { dependencies, devDependencies, peerDependencies, optionalDependencies } = manifest;
  const used = [dependencies, peerDependencies, optionalDependencies, withDevelopment ? devDependencies : undefined];
  return [...new Set(used.flatMap((group) => Object.keys(group ?? {})))];
}
