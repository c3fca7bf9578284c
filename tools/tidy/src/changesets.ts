// Every published package says what its next release brings, and no changeset speaks of a package that does not exist.

import type { Finding, RepositoryFile } from './repository-files.ts';

const bumps: readonly string[] = ['major', 'minor', 'patch'];

/** Objects to changesets that cannot be applied, and to public packages with sources that no release note knows of. */
export function checkChangesets(files: readonly RepositoryFile[]): Finding[] {
  const findings: Finding[] = [];
  const publicPackages = new Map<string, string>();
  for (const { path, text } of files) {
    if (!/^packages\/[^/]+\/package\.json$/.test(path)) continue;
    const manifest = JSON.parse(text) as { name: string; private?: boolean };
    if (manifest.private !== true) publicPackages.set(manifest.name, path.replace('/package.json', ''));
  }

  const announced = new Set<string>();
  for (const { path, text } of files) {
    if (!/^\.changeset\/(?!README).*\.md$/.test(path)) continue;
    const [, head, body] = /^---\n([\s\S]*?)---\n([\s\S]*)$/.exec(text) ?? [];
    if (head === undefined || (body ?? '').trim() === '') {
      findings.push({ path, message: 'needs packages between --- lines and a sentence for the change log' });
      continue;
    }
    for (const line of head.split('\n').filter((candidate) => candidate.trim() !== '')) {
      const [, name = line, bump = ''] = /^['"]?([^'":]+)['"]?: *(\S+)$/.exec(line) ?? [];
      if (!publicPackages.has(name)) findings.push({ path, message: `${name} is no published package` });
      if (!bumps.includes(bump)) findings.push({ path, message: `${name}: '${bump}' is none of ${bumps.join(', ')}` });
      announced.add(name);
    }
  }

  for (const [name, folder] of publicPackages) {
    const hasSources = files.some(({ path }) => path.startsWith(`${folder}/src/`));
    const isReleased = files.some(({ path }) => path === `${folder}/CHANGELOG.md`);
    if (hasSources && !isReleased && !announced.has(name)) {
      findings.push({
        path: `${folder}/package.json`,
        message: 'no changeset and no change log: run "pnpm changeset"',
      });
    }
  }
  return findings;
}
