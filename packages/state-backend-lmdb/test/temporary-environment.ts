// An environment in a directory of its own, gone with the test.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@tidemark/state-core';
import { onTestFinished } from 'vitest';
import type { EnvironmentName } from '../src/environment/environment-directory.js';
import { LmdbEnvironment, type LmdbEnvironmentSettings } from '../src/environment/lmdb-environment.js';
import { loadLmdb } from '../src/environment/lmdb-module.js';

const MEBIBYTE: number = 1024 * 1024;

/** A directory that is removed when the test has ended. */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'tidemark-lmdb-test-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export const NAME: EnvironmentName = {
  jobId: 'job',
  operatorIdentifier: 'operator_0',
  firstKeyGroup: 0,
  lastKeyGroup: 127,
  attempt: 1,
};

export function settingsFor(
  localDirectory: string,
  changes: Partial<LmdbEnvironmentSettings> = {},
): LmdbEnvironmentSettings {
  return {
    localDirectories: [localDirectory],
    mapBytes: 64 * MEBIBYTE,
    fileBytesMax: Number.MAX_SAFE_INTEGER,
    maxReaders: 126,
    readAhead: true,
    checksums: true,
    writeBatchBytes: 64 * MEBIBYTE,
    compactionThreshold: 0.5,
    compactionFileBytesMin: MEBIBYTE,
    compactionCheckMs: 0,
    sliceMs: 2,
    ...changes,
  };
}

/** An open environment that is closed when the test has ended. */
export async function openEnvironment(
  changes: Partial<LmdbEnvironmentSettings> = {},
  { directory = temporaryDirectory(), name = NAME }: { directory?: string; name?: EnvironmentName } = {},
): Promise<LmdbEnvironment> {
  const environment = LmdbEnvironment.open(await loadLmdb(), name, settingsFor(directory, changes), {
    logger: silentLogger,
  });
  onTestFinished(() => environment.close());
  return environment;
}

/** Bytes of text. */
export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The text of bytes, copied at once. */
export function text(value: Uint8Array | undefined): string | undefined {
  return value === undefined ? undefined : new TextDecoder().decode(value);
}
