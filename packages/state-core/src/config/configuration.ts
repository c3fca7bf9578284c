// What a program was told, from whom, and what wins.
//
// Owns: layers of values as written and their lookup. Leaves to config-value.ts what the values mean, to
// configuration-check.ts which keys exist, to environment-configuration.ts the variables, and the reading of files to the
// packages that may touch a disk.
//
//   C1. A higher layer wins under whichever of an option's keys it has the value; within one layer the option's own key
//       wins over its fallback keys, and those over its deprecated keys.
//   C2. `set` changes only this object: what `withFallback` and `clone` return shares nothing with it.
//   C3. Values stay as written until they are read, so that an error can show them together with where they stand.

import { StateError } from '../error/state-error.js';
import { type ConfigOption, type ConfigOptionWithDefault, keysOfOption } from './config-option.js';
import {
  type ConfigurationScalar,
  type ConfigurationValue,
  convertValue,
  describeExpectation,
} from './config-value.js';
import { CORE_OPTIONS } from './core-options.js';
import type { ReadableConfig } from './readable-config.js';

/**
 * Values by key: flat (`'state.backend.type': 'hashmap'`), nested (`state: { backend: { type: 'hashmap' } }`) or mixed.
 * `undefined` means not set.
 */
export interface ConfigurationSource {
  readonly [key: string]: ConfigurationValue | ConfigurationSource | undefined;
}

/** A value as it stands in one layer. */
export interface ConfigurationEntry {
  readonly key: string;
  readonly written: ConfigurationValue;
  /** Where it stands, for messages: `tidemark.yaml`, `environment variable TIDEMARK_STATE__BACKEND`, `code`. */
  readonly origin: string;
}

type Layer = ReadonlyMap<string, ConfigurationEntry>;

const NESTING_MAX: number = 32;

/**
 * The configuration of a program, in layers: what code set wins over the environment, that over the file, that over the
 * defaults of the options.
 *
 * Reading is pure and typed by the option. `set` changes this object, as in Flink; everything that stores a
 * configuration takes a `clone()` first.
 *
 * @example
 * ```ts
 * const file = Configuration.from({ state: { backend: 'hashmap' } }, { origin: 'tidemark.yaml' });
 * const config = new Configuration().withFallback(file);
 * config.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, './checkpoints');
 * config.get(StateBackendOptions.STATE_BACKEND);   // 'hashmap'
 * config.get(CheckpointingOptions.CHECKPOINTING_TIMEOUT);   // 600000, the default in ms
 * ```
 */
export class Configuration implements ReadableConfig {
  #own: Map<string, ConfigurationEntry> = new Map();
  #fallbacks: readonly Layer[] = [];

  /**
   * Makes a configuration of one layer.
   *
   * @param source - Nested or flat. Nothing of it is kept.
   * @param options - `origin`: where the values stand, named in errors and warnings. Default `code`.
   * @throws StateError `config-value-invalid` for a value that is no scalar, list or object, for `null`, and when one key
   *   is written twice (nested and flat) with different values.
   */
  static from(source: ConfigurationSource, options: { readonly origin?: string } = {}): Configuration {
    const origin = options.origin ?? 'code';
    const configuration = new Configuration();
    flatten(source, '', 0, (key, written) => configuration.#add({ key, written, origin }));
    return configuration;
  }

  /**
   * Makes a configuration of one layer from entries that each know where they stand.
   *
   * @throws StateError `config-value-invalid` when one key occurs twice with different values.
   */
  static fromEntries(entries: Iterable<ConfigurationEntry>): Configuration {
    const configuration = new Configuration();
    for (const entry of entries) configuration.#add(entry);
    return configuration;
  }

  /**
   * The value of an option, or its default.
   *
   * @throws StateError `config-value-invalid` naming the option, its unit, what is allowed and where the value stands.
   */
  get<T>(option: ConfigOptionWithDefault<T>): T;
  get<T>(option: ConfigOption<T>): T | undefined;
  get<T>(option: ConfigOption<T>): T | undefined {
    return this.getOptional(option) ?? option.defaultValue;
  }

  /**
   * The value of an option if one is written, whatever its default.
   *
   * @throws StateError `config-value-invalid` naming the option, its unit, what is allowed and where the value stands.
   */
  getOptional<T>(option: ConfigOption<T>): T | undefined {
    const entry = this.find(option);
    if (entry === undefined) return undefined;
    const result = convertValue(option, entry.written);
    if (result.problem !== undefined) throw invalidValue(option, entry, result.problem);
    return result.value;
  }

  /** Tells whether a value is written under one of the option's keys. */
  contains(option: ConfigOption<unknown>): boolean {
    return this.find(option) !== undefined;
  }

  /** The entry that wins for an option, as written; for messages that tell where a value stands. */
  find(option: ConfigOption<unknown>): ConfigurationEntry | undefined {
    const keys = keysOfOption(option);
    for (const layer of this.#layers()) {
      for (const key of keys) {
        const entry = layer.get(key);
        if (entry !== undefined) return entry;
      }
    }
    return undefined;
  }

  /**
   * Sets an option in the highest layer of this object, replacing what stood there under any of its keys.
   *
   * @returns This object.
   * @throws StateError `config-value-invalid` when `value` is not a value of the option.
   */
  set<T>(option: ConfigOption<T>, value: NoInfer<T>): this {
    const entry: ConfigurationEntry = { key: option.key, written: value as ConfigurationValue, origin: 'code' };
    const result = convertValue(option, entry.written);
    if (result.problem !== undefined) throw invalidValue(option, entry, result.problem);
    for (const key of keysOfOption(option)) this.#own.delete(key);
    this.#own.set(option.key, { ...entry, written: result.value as ConfigurationValue });
    return this;
  }

  /** A configuration with this one's values and, for options that it does not have, those of `lower`. */
  withFallback(lower: Configuration): Configuration {
    return Configuration.#ofLayers([...this.entriesByLayer(), ...lower.entriesByLayer()]);
  }

  /** An independent copy. */
  clone(): Configuration {
    return Configuration.#ofLayers(this.entriesByLayer());
  }

  /** Every key that is written in any layer, sorted. */
  keys(): string[] {
    return [...new Set(this.#layers().flatMap((layer) => [...layer.keys()]))].sort();
  }

  /** Every entry of every layer, the highest layer first: also those that a higher one hides. */
  entriesByLayer(): readonly (readonly ConfigurationEntry[])[] {
    return this.#layers().map((layer) => [...layer.values()]);
  }

  /**
   * The values as written, flat and without layers: `Configuration.from` of it reads the same.
   *
   * @param options - The options whose other keys count as the same key. Default: those of the core.
   */
  toObject(options: readonly ConfigOption<unknown>[] = CORE_OPTIONS): Record<string, ConfigurationValue> {
    const optionByKey = new Map(options.flatMap((option) => keysOfOption(option).map((key) => [key, option] as const)));
    const winners = new Map<string, ConfigurationValue>();
    for (const key of this.keys()) {
      const option = optionByKey.get(key) ?? { key };
      const winner = this.find(option as ConfigOption<unknown>);
      if (winner !== undefined) winners.set(winner.key, winner.written);
    }
    return Object.fromEntries(winners);
  }

  static #ofLayers(layers: readonly (readonly ConfigurationEntry[])[]): Configuration {
    const maps = layers.filter((layer) => layer.length > 0).map((layer) => byKey(layer));
    const configuration = new Configuration();
    configuration.#own = maps[0] ?? new Map();
    configuration.#fallbacks = maps.slice(1);
    return configuration;
  }

  #layers(): readonly Layer[] {
    return [this.#own, ...this.#fallbacks];
  }

  #add(entry: ConfigurationEntry): void {
    const earlier = this.#own.get(entry.key);
    if (earlier !== undefined && String(earlier.written) !== String(entry.written)) {
      throw new StateError(
        'config-value-invalid',
        `${entry.key} is written twice: '${earlier.written}' (${earlier.origin}) and '${entry.written}' (${entry.origin}); keep one`,
        { details: { key: entry.key, values: [earlier.written, entry.written], origin: entry.origin } },
      );
    }
    this.#own.set(entry.key, entry);
  }
}

function byKey(entries: readonly ConfigurationEntry[]): Map<string, ConfigurationEntry> {
  return new Map(entries.map((entry) => [entry.key, entry]));
}

function invalidValue(option: ConfigOption<unknown>, entry: ConfigurationEntry, problem: string): StateError {
  // JSON has neither, and would print NaN as null.
  const written = JSON.stringify(entry.written, (_, value) =>
    typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value)) ? String(value) : value,
  );
  const alias = entry.key === option.key ? '' : ` (another name of ${option.key})`;
  const expectation = describeExpectation(option);
  return new StateError(
    'config-value-invalid',
    `${entry.key}${alias} cannot be ${written}: ${problem}; expected ${expectation}. It stands in: ${entry.origin}`,
    {
      details: {
        key: entry.key,
        option: option.key,
        value: entry.written,
        unit: option.unit,
        allowedValues: option.allowedValues,
        minimum: option.minimum,
        maximum: option.maximum,
        origin: entry.origin,
      },
    },
  );
}

function flatten(
  source: ConfigurationSource,
  prefix: string,
  depth: number,
  add: (key: string, written: ConfigurationValue) => void,
): void {
  if (depth > NESTING_MAX) throw unusable(prefix, `it is nested more than ${NESTING_MAX} levels deep`);
  for (const [name, value] of Object.entries(source)) {
    const key = prefix === '' ? name : `${prefix}.${name}`;
    if (value === undefined) continue;
    if (isPlainObject(value)) flatten(value, key, depth + 1, add);
    else if (Array.isArray(value) && value.every(isScalar)) add(key, Object.freeze([...value]));
    else if (isScalar(value)) add(key, value);
    else throw unusable(key, value === null ? 'it has no value' : 'it is no text, number, boolean, list or section');
  }
}

function unusable(key: string, problem: string): StateError {
  return new StateError('config-value-invalid', `${key}: ${problem}; write a value or leave the key out`, {
    details: { key },
  });
}

function isScalar(value: unknown): value is ConfigurationScalar {
  return ['string', 'number', 'boolean', 'bigint'].includes(typeof value);
}

function isPlainObject(value: unknown): value is ConfigurationSource {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Objects of another realm and of parsers have other prototypes; a class instance is no section of a configuration.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
