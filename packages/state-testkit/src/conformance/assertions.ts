// What cases state with: independent of any test runner, and understood by all that show `actual` and `expected`.

import { isStateError, type StateError, type StateErrorCode } from '@tidemark/state-core';

/** Longer values are cut in messages; `actual` and `expected` have them whole. */
const SHOWN_MAX = 160;

/** A behaviour was not as required. */
export class ConformanceFailure extends Error {
  override readonly name: string = 'ConformanceFailure';
  readonly actual: unknown;
  readonly expected: unknown;

  constructor(message: string, actual?: unknown, expected?: unknown, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.actual = actual;
    this.expected = expected;
  }
}

/** @throws ConformanceFailure unless both are equal in structure. */
export function assertEqual(actual: unknown, expected: unknown, what: string): void {
  if (isEqual(actual, expected)) return;
  const texts = [show(actual), show(expected)] as const;
  const isLong = texts.some((text) => text.length > SHOWN_MAX);
  const where = isLong ? `; the first difference is at ${firstDifference(actual, expected)}` : '';
  throw new ConformanceFailure(
    `${what}: got ${shorten(texts[0])}, expected ${shorten(texts[1])}${where}`,
    actual,
    expected,
  );
}

/** @throws ConformanceFailure unless `condition` holds. */
export function assertTrue(condition: boolean, what: string): void {
  if (!condition) throw new ConformanceFailure(what, condition, true);
}

/** The error that `action` throws. @throws ConformanceFailure when it throws none. */
export function thrownBy(action: () => unknown, what: string): unknown {
  let result: unknown;
  try {
    result = action();
  } catch (error) {
    return error;
  }
  throw new ConformanceFailure(`${what}: expected an error, got ${show(result)}`, result);
}

/** @throws ConformanceFailure unless `action` throws a TypeError. */
export function assertTypeError(action: () => unknown, what: string): TypeError {
  const error = thrownBy(action, what);
  if (error instanceof TypeError) return error;
  throw new ConformanceFailure(`${what}: expected a TypeError, got ${show(error)}`, error);
}

/** @throws ConformanceFailure unless `action` throws a StateError of this code whose message holds all `words`. */
export function assertStateError(
  action: () => unknown,
  code: StateErrorCode,
  what: string,
  words: readonly string[] = [],
): StateError {
  return checkStateError(thrownBy(action, what), code, what, words);
}

/** @throws ConformanceFailure unless the promise rejects with a StateError of this code whose message holds all `words`. */
export async function assertRejects(
  promise: Promise<unknown>,
  code: StateErrorCode,
  what: string,
  words: readonly string[] = [],
): Promise<StateError> {
  let result: unknown;
  try {
    result = await promise;
  } catch (error) {
    return checkStateError(error, code, what, words);
  }
  throw new ConformanceFailure(`${what}: expected ${code}, got ${show(result)}`, result, code);
}

function checkStateError(error: unknown, code: StateErrorCode, what: string, words: readonly string[]): StateError {
  if (!isStateError(error, code))
    throw new ConformanceFailure(`${what}: expected ${code}, got ${show(error)}`, error, code);
  for (const word of words) {
    if (!error.message.includes(word)) {
      throw new ConformanceFailure(
        `${what}: the message does not say '${word}': ${error.message}`,
        error.message,
        word,
      );
    }
  }
  return error;
}

/** Whether two values are equal in structure: arrays, bytes, maps, sets, dates and plain objects by their contents. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime();
  if (a instanceof Set && b instanceof Set) return isEqual([...a], [...b]);
  if (a instanceof Map && b instanceof Map) return isEqual([...a], [...b]);
  if (ArrayBuffer.isView(a) && ArrayBuffer.isView(b)) return isEqualBytes(a as Uint8Array, b as Uint8Array);
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  return names.every((name) => Object.hasOwn(b, name) && isEqual(a[name as never], b[name as never]));
}

function isEqualBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

function show(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (value instanceof Map) return `Map ${show([...value])}`;
  try {
    return (
      JSON.stringify(value, (_name, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part)) ?? String(value)
    );
  } catch {
    return String(value);
  }
}

function shorten(text: string): string {
  return text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX)}...`;
}

/** Where two values that are not equal begin to differ, as a path, and what stands there. */
function firstDifference(actual: unknown, expected: unknown, path = '$'): string {
  if (isPlain(actual) && isPlain(expected) && Array.isArray(actual) === Array.isArray(expected)) {
    for (const name of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
      const [one, other] = [actual[name], expected[name]];
      const step = Array.isArray(actual) ? `[${name}]` : `.${name}`;
      if (Object.hasOwn(actual, name) === Object.hasOwn(expected, name) && isEqual(one, other)) continue;
      return firstDifference(one, other, path + step);
    }
  }
  return `${path}: ${shorten(show(actual))} instead of ${shorten(show(expected))}`;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false;
  return !(value instanceof Map || value instanceof Set || value instanceof Date);
}
