// What one configuration key is: its type, unit, default, bounds and other spellings.
//
// Owns: the shape of an option and the functions that define one. Reading a value belongs to configuration.ts, turning
// text into a value to config-value.ts. Third parties define the options of their backend or storage with the same
// functions and list them in their factory.
//
//   O1. An option is plain frozen data: it can cross threads and describe itself in docs and in a JSON Schema.
//   O2. Durations are milliseconds and sizes are bytes, both as numbers, whatever they were written as.
//   O3. A default satisfies its own bounds.

import { parseDuration } from './duration.js';
import { parseMemorySize } from './memory-size.js';

/** The sorts of values an option can have. */
export type ConfigOptionType =
  | 'string'
  | 'boolean'
  | 'integer'
  | 'number'
  | 'duration'
  | 'memory-size'
  | 'enum'
  | 'list';

/**
 * One configuration key, typed by its value: `configuration.get(option)` is a `T`, or `T | undefined` when the option
 * has no default.
 *
 * @typeParam T - The value: string, boolean, number (milliseconds for durations, bytes for sizes) or a list of strings.
 */
export interface ConfigOption<T> {
  /** Words of lower-case letters, digits and hyphens, joined by dots: `execution.checkpointing.interval`. */
  readonly key: string;
  readonly type: ConfigOptionType;
  /** One sentence or two for docs and editors. */
  readonly description: string;
  /** Unit of the value: `ms` for durations, `bytes` for sizes, a word for counts. Absent where none applies. */
  readonly unit?: string;
  /** The value when no layer of the configuration has the key. */
  readonly defaultValue?: T;
  /** Other keys that are read, without a word, when `key` is not set in the same layer. */
  readonly fallbackKeys?: readonly string[];
  /** Former keys that are read after the fallback keys, each with a warning that tells the new one. */
  readonly deprecatedKeys?: readonly string[];
  /** The only values allowed. */
  readonly allowedValues?: readonly T[];
  /** Smallest value allowed, in `unit`. */
  readonly minimum?: number;
  /** Largest value allowed, in `unit`. */
  readonly maximum?: number;
}

/** An option that always has a value. */
export interface ConfigOptionWithDefault<T> extends ConfigOption<T> {
  readonly defaultValue: T;
}

/** What every option definition says. */
export interface ConfigOptionDefinition {
  readonly key: string;
  readonly description: string;
  readonly fallbackKeys?: readonly string[];
  readonly deprecatedKeys?: readonly string[];
}

/** Bounds and unit of a number. */
export interface NumberOptionDefinition extends ConfigOptionDefinition {
  /** What is counted or measured, for messages and docs: `checkpoints`, `calls`. */
  readonly unit?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** Bounds of a duration or a size: a number in ms or bytes, or text such as `'10 min'` and `'20 kb'`. */
export interface QuantityOptionDefinition extends ConfigOptionDefinition {
  readonly minimum?: number | string;
  readonly maximum?: number | string;
}

/** Defines an option whose value is any text that is not empty. */
export function stringOption(
  definition: ConfigOptionDefinition & { readonly defaultValue: string },
): ConfigOptionWithDefault<string>;
export function stringOption(definition: ConfigOptionDefinition): ConfigOption<string>;
export function stringOption(
  definition: ConfigOptionDefinition & { readonly defaultValue?: string },
): ConfigOption<string> {
  return defineOption({ ...definition, type: 'string' });
}

/** Defines an option that is `true` or `false`. */
export function booleanOption(
  definition: ConfigOptionDefinition & { readonly defaultValue: boolean },
): ConfigOptionWithDefault<boolean>;
export function booleanOption(definition: ConfigOptionDefinition): ConfigOption<boolean>;
export function booleanOption(
  definition: ConfigOptionDefinition & { readonly defaultValue?: boolean },
): ConfigOption<boolean> {
  return defineOption({ ...definition, type: 'boolean' });
}

/** Defines an option whose value is a whole number up to 2^53 - 1. */
export function integerOption(
  definition: NumberOptionDefinition & { readonly defaultValue: number },
): ConfigOptionWithDefault<number>;
export function integerOption(definition: NumberOptionDefinition): ConfigOption<number>;
export function integerOption(
  definition: NumberOptionDefinition & { readonly defaultValue?: number },
): ConfigOption<number> {
  return defineOption({ ...definition, type: 'integer' });
}

/** Defines an option whose value is a finite number. */
export function numberOption(
  definition: NumberOptionDefinition & { readonly defaultValue: number },
): ConfigOptionWithDefault<number>;
export function numberOption(definition: NumberOptionDefinition): ConfigOption<number>;
export function numberOption(
  definition: NumberOptionDefinition & { readonly defaultValue?: number },
): ConfigOption<number> {
  return defineOption({ ...definition, type: 'number' });
}

/** Defines a duration in milliseconds; default and bounds may be written as text (`'10 min'`). Never negative. */
export function durationOption(
  definition: QuantityOptionDefinition & { readonly defaultValue: number | string },
): ConfigOptionWithDefault<number>;
export function durationOption(definition: QuantityOptionDefinition): ConfigOption<number>;
export function durationOption(
  definition: QuantityOptionDefinition & { readonly defaultValue?: number | string },
): ConfigOption<number> {
  return defineOption({ ...inNumbers(definition, parseDuration), type: 'duration', unit: 'ms' });
}

/** Defines a size in bytes; default and bounds may be written as text (`'20 kb'`). Never negative. */
export function memorySizeOption(
  definition: QuantityOptionDefinition & { readonly defaultValue: number | string },
): ConfigOptionWithDefault<number>;
export function memorySizeOption(definition: QuantityOptionDefinition): ConfigOption<number>;
export function memorySizeOption(
  definition: QuantityOptionDefinition & { readonly defaultValue?: number | string },
): ConfigOption<number> {
  return defineOption({ ...inNumbers(definition, parseMemorySize), type: 'memory-size', unit: 'bytes' });
}

/** Defines an option with a closed list of words; case does not matter and `-` is the same as `_` when read. */
export function enumOption<const E extends string>(
  definition: ConfigOptionDefinition & { readonly allowedValues: readonly E[]; readonly defaultValue: NoInfer<E> },
): ConfigOptionWithDefault<E>;
export function enumOption<const E extends string>(
  definition: ConfigOptionDefinition & { readonly allowedValues: readonly E[] },
): ConfigOption<E>;
export function enumOption<const E extends string>(
  definition: ConfigOptionDefinition & { readonly allowedValues: readonly E[]; readonly defaultValue?: E },
): ConfigOption<E> {
  return defineOption({ ...definition, type: 'enum' });
}

/** Defines an option that is a list of texts: a list in a file, or one text with `;` between the elements. */
export function listOption(
  definition: ConfigOptionDefinition & { readonly defaultValue: readonly string[] },
): ConfigOptionWithDefault<readonly string[]>;
export function listOption(definition: ConfigOptionDefinition): ConfigOption<readonly string[]>;
export function listOption(
  definition: ConfigOptionDefinition & { readonly defaultValue?: readonly string[] },
): ConfigOption<readonly string[]> {
  return defineOption({ ...definition, type: 'list' });
}

/** Every key under which an option may be written, the one to write first, in the order in which they win. */
export function keysOfOption(option: ConfigOption<unknown>): readonly string[] {
  return [option.key, ...(option.fallbackKeys ?? []), ...(option.deprecatedKeys ?? [])];
}

const KEY_PATTERN: RegExp = /^[a-z0-9-]+(\.[a-z0-9-]+)+$/;

function defineOption<T>(option: ConfigOption<T>): ConfigOption<T> {
  for (const key of keysOfOption(option)) {
    if (!KEY_PATTERN.test(key)) {
      throw new TypeError(`the option key '${key}' is not lower-case words (a-z, 0-9, -) joined by at least one dot`);
    }
  }
  const { defaultValue, minimum, maximum } = option;
  if (typeof defaultValue === 'number') {
    if (minimum !== undefined && defaultValue < minimum) throw new RangeError(`${option.key}: default below minimum`);
    if (maximum !== undefined && defaultValue > maximum) throw new RangeError(`${option.key}: default above maximum`);
  }
  const lists: Partial<ConfigOption<T>> = {
    ...(option.fallbackKeys && { fallbackKeys: Object.freeze([...option.fallbackKeys]) }),
    ...(option.deprecatedKeys && { deprecatedKeys: Object.freeze([...option.deprecatedKeys]) }),
    ...(option.allowedValues && { allowedValues: Object.freeze([...option.allowedValues]) }),
  };
  return Object.freeze({ ...option, ...lists });
}

type QuantityInNumbers = ConfigOptionDefinition & { minimum: number; maximum?: number; defaultValue?: number };

function inNumbers(
  definition: QuantityOptionDefinition & { readonly defaultValue?: number | string },
  parse: (text: string) => number,
): QuantityInNumbers {
  const { minimum, maximum, defaultValue, ...rest } = definition;
  const toNumber = (value: number | string): number => (typeof value === 'string' ? parse(value) : value);
  return {
    ...rest,
    minimum: minimum === undefined ? 0 : toNumber(minimum),
    ...(maximum !== undefined && { maximum: toNumber(maximum) }),
    ...(defaultValue !== undefined && { defaultValue: toNumber(defaultValue) }),
  };
}
