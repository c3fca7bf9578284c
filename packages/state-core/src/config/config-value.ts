// From what stands in a file, a variable or an object literal to the value of an option.
//
// Owns: the conversion of each type of option, and the words that say what would have been right. Where a value came
// from is known by configuration.ts, which makes the error.
//
//   V1. Text is accepted for every type: variables of the environment are nothing else.
//   V2. What is accepted is within the bounds and among the allowed values of the option.

import type { ConfigOption } from './config-option.js';
import { DURATION_UNITS, formatDuration, parseDuration } from './duration.js';
import { formatMemorySize, MEMORY_SIZE_UNITS, parseMemorySize } from './memory-size.js';

/** One value as written. */
export type ConfigurationScalar = string | number | boolean | bigint;

/** A value as written: a scalar or a list of them. */
export type ConfigurationValue = ConfigurationScalar | readonly ConfigurationScalar[];

/** The value, or the reason why there is none. */
export type ConversionResult<T> =
  | { readonly value: T; readonly problem?: undefined }
  | { readonly problem: string; readonly value?: undefined };

/** Turns a value as written into the value of `option`. */
export function convertValue<T>(option: ConfigOption<T>, written: ConfigurationValue): ConversionResult<T> {
  const result = convert(option, written);
  if (result.problem !== undefined) return result;
  const problem = boundsProblem(option, result.value);
  return problem === undefined ? { value: result.value as T } : { problem };
}

/** Says in words which values `option` takes, with the unit: the tail of an error message, a cell of the docs. */
export function describeExpectation(option: ConfigOption<unknown>): string {
  switch (option.type) {
    case 'string':
      return option.allowedValues ? `one of ${option.allowedValues.join(', ')}` : 'text that is not empty';
    case 'boolean':
      return 'true or false';
    case 'integer':
      return `a whole number${option.unit ? ` of ${option.unit}` : ''}${describeBounds(option, String)}`;
    case 'number':
      return `a number${option.unit ? `, a ${option.unit}` : ''}${describeBounds(option, String)}`;
    case 'duration':
      return (
        `a duration: a number of ms, or text with one number and one unit (${DURATION_UNITS}) such as '10 min'` +
        describeBounds(option, formatDuration)
      );
    case 'memory-size':
      return (
        `a size: a number of bytes, or text with one number and one unit (${MEMORY_SIZE_UNITS}) such as '20 kb'` +
        describeBounds(option, formatMemorySize)
      );
    case 'enum':
      return `one of ${(option.allowedValues ?? []).join(', ')}`;
    case 'list':
      return "a list of texts, or one text with ';' between the elements";
  }
}

/** Writes a value of `option` the way a person would: `600000` as `10 min`. */
export function formatValue(option: ConfigOption<unknown>, value: unknown): string {
  if (option.type === 'duration') return formatDuration(value as number);
  if (option.type === 'memory-size') return formatMemorySize(value as number);
  if (option.type === 'list') return (value as readonly string[]).join(';');
  return String(value);
}

function convert(option: ConfigOption<unknown>, written: ConfigurationValue): ConversionResult<unknown> {
  if (option.type === 'list') return convertList(written);
  if (typeof written === 'object') return { problem: 'a list stands where one value is expected' };
  switch (option.type) {
    case 'string':
      return convertString(written);
    case 'boolean':
      return convertBoolean(written);
    case 'integer':
      return convertInteger(written);
    case 'number':
      return convertNumber(written);
    case 'duration':
      return convertQuantity(written, parseDuration);
    case 'memory-size':
      return convertQuantity(written, parseMemorySize);
    case 'enum':
      return convertEnum(option, written);
  }
}

function convertString(written: ConfigurationScalar): ConversionResult<string> {
  if (typeof written === 'boolean') return { problem: 'it is not text' };
  const text = String(written);
  return text.trim() === '' ? { problem: 'it is empty' } : { value: text };
}

function convertBoolean(written: ConfigurationScalar): ConversionResult<boolean> {
  const word = String(written).trim().toLowerCase();
  if (word === 'true') return { value: true };
  if (word === 'false') return { value: false };
  return { problem: 'it is neither true nor false' };
}

function convertInteger(written: ConfigurationScalar): ConversionResult<number> {
  if (typeof written === 'boolean') return { problem: 'it is not a number' };
  if (typeof written === 'string' && !/^\s*[-+]?[0-9]+\s*$/.test(written)) {
    return { problem: 'it is not a whole number' };
  }
  const value = Number(written);
  return Number.isSafeInteger(value) ? { value } : { problem: 'it is not a whole number up to 2^53 - 1' };
}

function convertNumber(written: ConfigurationScalar): ConversionResult<number> {
  if (typeof written === 'boolean') return { problem: 'it is not a number' };
  if (typeof written === 'string' && !/^\s*[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[-+]?[0-9]+)?\s*$/i.test(written)) {
    return { problem: 'it is not a number' };
  }
  const value = Number(written);
  return Number.isFinite(value) ? { value } : { problem: 'it is not a finite number' };
}

function convertQuantity(written: ConfigurationScalar, parse: (text: string) => number): ConversionResult<number> {
  if (typeof written === 'boolean') return { problem: 'it is not a number' };
  if (typeof written !== 'string') return convertInteger(written);
  try {
    return { value: parse(written) };
  } catch (error) {
    return { problem: (error as RangeError).message };
  }
}

function convertEnum(option: ConfigOption<unknown>, written: ConfigurationScalar): ConversionResult<unknown> {
  const plain = (value: unknown): string => String(value).trim().toUpperCase().replaceAll('-', '_');
  const value = option.allowedValues?.find((allowed) => plain(allowed) === plain(written));
  return value === undefined ? { problem: 'it is none of the allowed values' } : { value };
}

function convertList(written: ConfigurationValue): ConversionResult<readonly string[]> {
  const parts = typeof written === 'object' ? written.map(String) : String(written).split(';');
  const value = parts.map((part) => part.trim()).filter((part) => part !== '');
  return { value: Object.freeze(value) };
}

function boundsProblem(option: ConfigOption<unknown>, value: unknown): string | undefined {
  if (option.type !== 'enum' && option.allowedValues !== undefined && !option.allowedValues.includes(value)) {
    return 'it is none of the allowed values';
  }
  if (typeof value !== 'number') return undefined;
  if (option.minimum !== undefined && value < option.minimum) return 'it is too small';
  if (option.maximum !== undefined && value > option.maximum) return 'it is too large';
  return undefined;
}

function describeBounds(option: ConfigOption<unknown>, format: (value: number) => string): string {
  const { minimum, maximum } = option;
  const isQuantity = option.type === 'duration' || option.type === 'memory-size';
  // That a duration or a size is not negative needs no words, unless there is another bound to go with it.
  if (minimum !== undefined && maximum !== undefined) return `, from ${format(minimum)} to ${format(maximum)}`;
  if (minimum !== undefined && !(isQuantity && minimum === 0)) return `, at least ${format(minimum)}`;
  if (maximum !== undefined) return `, at most ${format(maximum)}`;
  return '';
}
