// From options to the settings of an environment.
//
//   LS1. An option that is set by itself wins over the predefined set, that over the default.

import { lstatSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ConfigOptionWithDefault, StateError } from '@tidemark/state-core';
import type { ReadableConfig } from '@tidemark/state-core/spi';
import type { LmdbEnvironmentSettings } from '../environment/lmdb-environment.js';
import { type LmdbPredefinedOptions, LmdbStateBackendOptions } from './lmdb-state-backend-options.js';

const MEBIBYTE: number = 1024 * 1024;
const COMPACTION_CHECK_MS: number = 1000;

/** The options that a predefined set may change. */
type Predefined = Readonly<Partial<Record<keyof typeof LmdbStateBackendOptions, number | boolean>>>;

const PREDEFINED: Readonly<Record<LmdbPredefinedOptions, Predefined>> = {
  DEFAULT: {},
  SMALL_MEMORY: {
    CACHE_SIZE: 8 * MEBIBYTE,
    MAP_SIZE: 64 * MEBIBYTE,
    WRITE_BATCH_SIZE: MEBIBYTE / 2,
    COMPACTION_THRESHOLD: 0.3,
    COMPACTION_MIN_FILE_SIZE: 16 * MEBIBYTE,
  },
  LARGE_STATE: {
    MAP_SIZE: 64 * 1024 * MEBIBYTE,
    WRITE_BATCH_SIZE: 8 * MEBIBYTE,
    READ_AHEAD: false,
    COMPACTION_MIN_FILE_SIZE: 1024 * MEBIBYTE,
  },
};

/**
 * Local directories where none are set: of this user, so that nobody else's are in the way.
 *
 * @throws StateError `storage-permission-denied` when somebody else has made it before.
 */
export function defaultLocalDirectory(): string {
  const uid = process.getuid?.();
  const path = join(tmpdir(), `tidemark-${uid ?? userInfo().username}`);
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined || (found.isDirectory() && (uid === undefined || found.uid === uid)))
    return join(path, 'lmdb');
  throw new StateError(
    'storage-permission-denied',
    `${path} is not a directory of this user, so working state is not kept there; remove it, or set ${LmdbStateBackendOptions.LOCAL_DIRECTORIES.key}`,
    { details: { path } },
  );
}

/**
 * The settings that the configuration and the program make together.
 *
 * @param directories - What the program says; wins over configuration.
 * @throws StateError `config-value-invalid`, `storage-permission-denied`.
 */
export function environmentSettingsOf(
  config: ReadableConfig,
  directories?: readonly string[],
): LmdbEnvironmentSettings {
  const { SLICE_DURATION, MAX_READERS, MAX_FILE_SIZE, CHECKSUM } = LmdbStateBackendOptions;
  return {
    localDirectories: directories ?? localDirectoriesOf(config),
    mapBytes: chosen(config, 'MAP_SIZE', LmdbStateBackendOptions.MAP_SIZE),
    fileBytesMax: config.get(MAX_FILE_SIZE) ?? Number.MAX_SAFE_INTEGER,
    maxReaders: config.get(MAX_READERS),
    readAhead: chosen(config, 'READ_AHEAD', LmdbStateBackendOptions.READ_AHEAD),
    checksums: config.get(CHECKSUM),
    writeBatchBytes: chosen(config, 'WRITE_BATCH_SIZE', LmdbStateBackendOptions.WRITE_BATCH_SIZE),
    compactionThreshold: chosen(config, 'COMPACTION_THRESHOLD', LmdbStateBackendOptions.COMPACTION_THRESHOLD),
    compactionFileBytesMin: chosen(
      config,
      'COMPACTION_MIN_FILE_SIZE',
      LmdbStateBackendOptions.COMPACTION_MIN_FILE_SIZE,
    ),
    compactionCheckMs: COMPACTION_CHECK_MS,
    sliceMs: config.get(SLICE_DURATION),
  };
}

/** The cache of one backend in bytes; `undefined` when it is to have its share of the managed memory. */
export function cacheBytesOf(config: ReadableConfig): number | undefined {
  const { CACHE_SIZE, PREDEFINED_OPTIONS } = LmdbStateBackendOptions;
  const predefined = PREDEFINED[config.get(PREDEFINED_OPTIONS)].CACHE_SIZE as number | undefined;
  return config.get(CACHE_SIZE) ?? predefined;
}

/**
 * Local directories as the configuration names them.
 *
 * @throws StateError `config-value-invalid` for what is no path, no `file:` URI, or several of them in one text.
 */
function localDirectoriesOf(config: ReadableConfig): readonly string[] {
  const { LOCAL_DIRECTORIES } = LmdbStateBackendOptions;
  const written = config.get(LOCAL_DIRECTORIES);
  if (written === undefined || written.length === 0) return [defaultLocalDirectory()];
  return written.map((text) => localDirectoryOf(text, LOCAL_DIRECTORIES.key));
}

/** A path that is absolute. @throws StateError `config-value-invalid`. */
export function localDirectoryOf(text: string, option: string): string {
  if (/^file:/i.test(text)) {
    try {
      return fileURLToPath(text);
    } catch (error) {
      throw invalid(option, text, 'it is no URI of a local directory', error);
    }
  }
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(text)) throw invalid(option, text, 'working state is kept on a local disk');
  if (text.trim() === '') throw invalid(option, text, 'it is empty');
  if (text.includes('\0')) throw invalid(option, text, 'no path holds the character 0');
  // Flink separates them so. One directory that is called like two would hide that one of the disks is not used.
  if (/(?:,|..:)\//.test(text))
    throw invalid(option, text, "several directories are written as a list, or with ';' between them");
  return resolve(text);
}

function invalid(option: string, text: string, problem: string, cause?: unknown): StateError {
  return new StateError(
    'config-value-invalid',
    `${option}: '${text}' cannot be used: ${problem}; write a path such as /var/lib/tidemark, or a file: URI`,
    { details: { option, value: text }, cause },
  );
}

function chosen<T extends number | boolean>(
  config: ReadableConfig,
  name: keyof typeof LmdbStateBackendOptions,
  option: ConfigOptionWithDefault<T>,
): T {
  if (config.contains(option)) return config.get(option);
  const predefined = PREDEFINED[config.get(LmdbStateBackendOptions.PREDEFINED_OPTIONS)][name];
  return (predefined as T | undefined) ?? config.get(option);
}
