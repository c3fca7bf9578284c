// Packs the published packages as a release would: with real versions in place of `workspace:` and `catalog:`.

import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runQuietly } from '../bootstrap/child.mjs';
import { repository } from '../bootstrap/prepare.mjs';

/** Folders of the packages that are published. */
export function publishedFolders() {
  return readdirSync(join(repository, 'packages'))
    .filter((folder) => !manifestOf(folder).private)
    .sort();
}

/**
 * @param {string} destination - A folder that is made.
 * @param {NodeJS.ProcessEnv} env - With pnpm on its PATH.
 * @returns {Promise<Map<string, string>>} Folder of a package to its tarball.
 */
export async function packPackages(destination, env) {
  mkdirSync(destination, { recursive: true });
  const tarballs = new Map();
  for (const folder of publishedFolders()) {
    const cwd = join(repository, 'packages', folder);
    await runQuietly('pnpm', ['pack', '--pack-destination', destination], { cwd, env });
    const { name, version } = manifestOf(folder);
    tarballs.set(folder, join(destination, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`));
  }
  return tarballs;
}

function manifestOf(folder) {
  return JSON.parse(readFileSync(join(repository, 'packages', folder, 'package.json'), 'utf8'));
}
