// Which keys exist, and what is said about those that do not, or are no longer the right ones.
//
// Owns: the refusal of unknown and unsupported keys, the warnings about former ones, and the rule by which the options of
// backends and storages that are not loaded yet stay open.
//
//   K1. Nothing that a person wrote is ignored in silence: a key is read, warned about, or an error.
//   K2. Before loading, only keys that no option of a package could be are refused; after loading, all.
//   K3. Each former key is warned about once a check, whichever layers have it.

import { type StateLogger, silentLogger } from '../ambient/logger.js';
import { StateError } from '../error/state-error.js';
import { type ConfigOption, keysOfOption } from './config-option.js';
import type { Configuration, ConfigurationEntry } from './configuration.js';
import { CORE_OPTIONS } from './core-options.js';
import { adviceForUnsupportedKey } from './flink-keys.js';
import { didYouMean, suggest } from './key-suggestion.js';

/** What a check knows besides the options of the core. */
export interface ConfigurationCheck {
  /** Options of other packages that are known without loading anything: those of a runtime or of given factories. */
  readonly options?: readonly ConfigOption<unknown>[];
  /** Takes the warnings. Default: nobody. */
  readonly logger?: StateLogger;
}

/** What a check knows once the backend and the storage are loaded. */
export interface LoadedConfigurationCheck extends ConfigurationCheck {
  /** Options of the factories that were loaded. */
  readonly factoryOptions: readonly ConfigOption<unknown>[];
  /** The words of backend and storage in use whose options are all in `factoryOptions`. */
  readonly factoryNames: readonly string[];
  /** The words of backend and storage that were made in code: their keys are their own affair. */
  readonly applicationNames?: readonly string[];
}

/** The first words of keys that belong to one backend or storage; the word after it is its name. */
const OWNED_PREFIXES: readonly string[] = ['state.backend.', 'execution.checkpointing.storage.'];

/**
 * Checks keys and values before backend and storage are loaded, so that a slip is reported as itself and not as what
 * follows from it. Keys that a package could own are left to {@link checkConfigurationAfterLoading}.
 *
 * @throws StateError `config-key-unknown` with the nearest keys, `config-key-unsupported` with what to write instead,
 *   `config-value-invalid`.
 */
export function checkConfigurationBeforeLoading(config: Configuration, check: ConfigurationCheck = {}): void {
  const options = [...CORE_OPTIONS, ...(check.options ?? [])];
  const known = new Set(options.flatMap(keysOfOption));
  for (const entry of entriesOf(config)) {
    if (known.has(entry.key)) continue;
    refuseUnsupported(entry);
    const suggestions = suggest(entry.key, known);
    if (ownerOf(entry.key) === undefined && suggestions.length > 0) throw unknownKey(entry, suggestions);
  }
  checkOptions(config, options, check.logger);
}

/**
 * Checks every key and the values of the factories' options once backend and storage are loaded.
 *
 * @throws StateError `config-key-unknown` with the nearest keys, `config-key-unsupported` with what to write instead,
 *   `config-value-invalid`.
 */
export function checkConfigurationAfterLoading(config: Configuration, check: LoadedConfigurationCheck): void {
  const options = [...CORE_OPTIONS, ...(check.options ?? []), ...check.factoryOptions];
  const known = new Set(options.flatMap(keysOfOption));
  for (const entry of entriesOf(config)) {
    if (known.has(entry.key)) continue;
    refuseUnsupported(entry);
    const owner = ownerOf(entry.key);
    if (owner !== undefined && check.applicationNames?.includes(owner)) continue;
    const suggestions = suggest(entry.key, known);
    const isOfAnother = owner !== undefined && !check.factoryNames.includes(owner) && suggestions.length === 0;
    if (!isOfAnother) throw unknownKey(entry, suggestions);
    (check.logger ?? silentLogger).warn(
      'config-key-unused',
      `${entry.key} (${entry.origin}) belongs to '${owner}', which is not in use, and has no effect`,
      { key: entry.key, origin: entry.origin },
    );
  }
  checkOptions(config, check.factoryOptions, check.logger);
}

/**
 * Checks the keys and values that belong to one factory, for callers that load only that.
 *
 * @param prefix - Under which prefix the factory's own keys stand: `state.backend.`.
 * @throws StateError `config-key-unknown`, `config-value-invalid`.
 */
export function checkKeysOfFactory(
  config: Configuration,
  prefix: string,
  factory: { readonly name: string; readonly options: readonly ConfigOption<unknown>[] },
  logger?: StateLogger,
): void {
  const known = new Set([...CORE_OPTIONS, ...factory.options].flatMap(keysOfOption));
  for (const entry of entriesOf(config)) {
    const isOwn = entry.key.startsWith(`${prefix}${factory.name}.`);
    if (isOwn && !known.has(entry.key)) throw unknownKey(entry, suggest(entry.key, known));
  }
  checkOptions(config, factory.options, logger);
}

function checkOptions(
  config: Configuration,
  options: readonly ConfigOption<unknown>[],
  logger: StateLogger = silentLogger,
): void {
  for (const option of options) {
    config.getOptional(option);
    warnOfFormerKeys(config, option, logger);
    warnOfConflicts(config, option, logger);
  }
}

function warnOfFormerKeys(config: Configuration, option: ConfigOption<unknown>, logger: StateLogger): void {
  for (const key of option.deprecatedKeys ?? []) {
    const entry = entriesOf(config).find((candidate) => candidate.key === key);
    if (entry === undefined) continue;
    logger.warn('config-key-deprecated', `${key} (${entry.origin}) is a former name; write ${option.key} instead`, {
      key,
      replacement: option.key,
      origin: entry.origin,
    });
  }
}

function warnOfConflicts(config: Configuration, option: ConfigOption<unknown>, logger: StateLogger): void {
  const keys = keysOfOption(option);
  for (const layer of config.entriesByLayer()) {
    const [winner, ...losers] = keys
      .map((key) => layer.find((entry) => entry.key === key))
      .filter((entry) => entry !== undefined);
    if (winner === undefined) continue;
    for (const loser of losers) {
      if (String(loser.written) === String(winner.written)) continue;
      logger.warn(
        'config-key-conflict',
        `${winner.key}: ${winner.written} (${winner.origin}) wins over ${loser.key}: ${loser.written} (${loser.origin}), another name of the same option; remove one`,
        { key: loser.key, winner: winner.key, origin: loser.origin },
      );
    }
  }
}

function refuseUnsupported(entry: ConfigurationEntry): void {
  const advice = adviceForUnsupportedKey(entry.key);
  if (advice === undefined) return;
  throw new StateError(
    'config-key-unsupported',
    `${entry.key} (${entry.origin}) is an option of Flink that is not supported: ${advice}`,
    { details: { key: entry.key, advice, origin: entry.origin } },
  );
}

function unknownKey(entry: ConfigurationEntry, suggestions: readonly string[]): StateError {
  return new StateError('config-key-unknown', `${entry.key} (${entry.origin}) is no option${didYouMean(suggestions)}`, {
    details: { key: entry.key, suggestions, origin: entry.origin },
  });
}

/** The name of the backend or storage that a key belongs to: `lmdb` for `state.backend.lmdb.map-size`. */
function ownerOf(key: string): string | undefined {
  const prefix = OWNED_PREFIXES.find((candidate) => key.startsWith(candidate));
  const words = prefix === undefined ? [] : key.slice(prefix.length).split('.');
  return words.length >= 2 ? words[0] : undefined;
}

function entriesOf(config: Configuration): readonly ConfigurationEntry[] {
  return config.entriesByLayer().flat();
}
