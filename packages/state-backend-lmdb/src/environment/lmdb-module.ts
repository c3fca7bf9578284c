// The one place that imports lmdb, and what to say where it cannot be loaded.
//
//   LM1. Imported when the first store is opened, not with this package: a program that only names the backend, or runs
//        where there is no binary, finds out by a StateError with the fix.

import { StateError } from '@tidemark/state-core';

/** What this package uses of lmdb. */
export type LmdbModule = Pick<typeof import('lmdb'), 'open'> & {
  /** The native part; not named by the typed interface. */
  readonly nativeAddon?: unknown;
};

/** The platforms that lmdb brings a binary for. */
const PLATFORMS: readonly string[] = [
  ...['darwin-arm64', 'darwin-x64', 'linux-arm', 'linux-arm64', 'linux-x64', 'win32-arm64', 'win32-x64'],
];

/**
 * Loads lmdb.
 *
 * @throws StateError `native-module-missing`.
 */
export async function loadLmdb(importLmdb: () => Promise<LmdbModule> = () => import('lmdb')): Promise<LmdbModule> {
  try {
    return await importLmdb();
  } catch (error) {
    throw nativeModuleMissing(error, `${process.platform}-${process.arch}`);
  }
}

/** What to do where the binary of lmdb does not load. */
export function nativeModuleMissing(cause: unknown, platform: string): StateError {
  const binary = `@lmdb/lmdb-${platform}`;
  const fix = PLATFORMS.includes(platform)
    ? `its binary is in the optional package ${binary}; install again with optional packages on this machine (npm install --include=optional; if the lockfile was written on another system, remove node_modules first)`
    : `there is no binary for ${platform}; lmdb has ${PLATFORMS.join(', ')}. Build it (npm rebuild lmdb --build-from-source), or write state.backend: hashmap, which reads the same checkpoints`;
  return new StateError('native-module-missing', `lmdb cannot be loaded on ${platform}: ${fix}`, {
    cause,
    details: { platform, package: binary, node: process.version },
  });
}
