// Every published package.json is of one make.

import type { Finding, RepositoryFile } from './repository-files.ts';

interface Manifest {
  readonly name?: string;
  readonly description?: string;
  readonly license?: string;
  readonly type?: string;
  readonly private?: boolean;
  readonly sideEffects?: boolean;
  readonly engines?: { readonly node?: string };
  readonly files?: readonly string[];
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly publishConfig?: { readonly access?: string; readonly provenance?: boolean };
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const installScripts: readonly string[] = ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish'];

/** Objects to whatever a published package.json, or a version outside the catalog, has that others have not. */
export function checkManifests(files: readonly RepositoryFile[]): Finding[] {
  const findings: Finding[] = [];
  for (const { path, text } of files) {
    if (!/(^|\/)package\.json$/.test(path) || /\/(test|template)\//.test(path)) continue;
    const manifest = JSON.parse(text) as Manifest;
    const object = (message: string): unknown => findings.push({ path, message });
    for (const script of installScripts)
      if (manifest.scripts?.[script] !== undefined) object(`has an install script '${script}'`);
    for (const [name, range] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
      const isWritten = range === 'catalog:' || (name.startsWith('@tidemark/') && range.startsWith('workspace:'));
      if (!isWritten) object(`${name}: ${range} must be "catalog:" (ours: "workspace:^")`);
    }
    if (/^packages\//.test(path)) for (const message of publishedManifestProblems(path, manifest)) object(message);
  }
  return findings;
}

function publishedManifestProblems(path: string, manifest: Manifest): string[] {
  const problems: string[] = [];
  const require = (holds: boolean, message: string): void => {
    if (!holds) problems.push(message);
  };
  const folder = path.split('/')[1];
  require(manifest.name === `@tidemark/${folder}`, `the name must be @tidemark/${folder}`);
  require(manifest.private !== true, 'packages/ is for what is published');
  require((manifest.description ?? '') !== '', 'needs a description');
  require(manifest.license === 'Apache-2.0', 'license must be Apache-2.0');
  require(manifest.type === 'module', 'type must be module');
  require(manifest.sideEffects === false, 'sideEffects must be false');
  require(manifest.engines?.node === '>=20.19', 'engines.node must be >=20.19');
  require(manifest.files?.includes('dist') ?? false, 'files must contain dist');
  require(manifest.publishConfig?.access === 'public' &&
    manifest.publishConfig.provenance === true, 'publishConfig must be public with provenance');
  require(manifest.exports?.['./package.json'] === './package.json', 'exports must contain ./package.json');
  for (const [entry, target] of Object.entries(manifest.exports ?? {})) {
    if (entry === './package.json') continue;
    const conditions = typeof target === 'object' && target !== null ? Object.keys(target).join() : typeof target;
    // `default`, not only `import`: createRequire().resolve and require() of a module must find it.
    require(conditions === 'types,default', `exports["${entry}"] must have types, then default; found ${conditions}`);
  }
  return problems;
}

/** Objects to a lockfile that names a place to download from: it must hold on every machine. */
export function checkLockfile(files: readonly RepositoryFile[]): Finding[] {
  const lockfile = files.find(({ path }) => path === 'pnpm-lock.yaml');
  if (lockfile === undefined) return [{ path: 'pnpm-lock.yaml', message: 'missing' }];
  return lockfile.text
    .split('\n')
    .flatMap((line, index) =>
      /https?:\/\/|tarball:/.test(line)
        ? [{ path: lockfile.path, line: index + 1, message: 'names a registry host' }]
        : [],
    );
}
