// The error of a value that its serializer does not take, and the path at which it sits.
//
//   F1. A leaf refuses with the path `$`; every composite that the error passes puts its own step in front.
//   F2. A message shows types and numbers, never the text or the bytes of a value: state may hold what a log must not.
//   F3. Whoever adds a step also takes back what was written since the value began.

import type { ByteWriter } from '../bytes/byte-writer.js';
import { isStateError, StateError } from '../error/state-error.js';

/**
 * The StateError `value-not-serializable` for a value outside its type.
 *
 * @param expected - What the serializer takes, in words: `int32`, `a Date with a time`.
 * @param value - What it got; only its kind appears in the message.
 */
export function refuseValue(expected: string, value: unknown): StateError {
  return refusal('$', expected, kindOfValue(value), undefined);
}

/** As {@link refuseValue}, with words of its own for what was found. */
export function refuse(expected: string, found: string, cause?: unknown): StateError {
  return refusal('$', expected, found, cause);
}

/** The same refusal seen from one level further out (F1); other errors pass unchanged. */
export function refusalWithin(error: unknown, step: string): unknown {
  if (!isStateError(error, 'value-not-serializable')) return error;
  const { path, expected, found } = error.details;
  if (typeof path !== 'string' || typeof expected !== 'string' || typeof found !== 'string') return error;
  return refusal(`$${step}${path.slice(1)}`, expected, found, error.cause);
}

/** What a composite throws when one of its parts failed: the refusal with its step, after taking the bytes back (F3). */
export function partRefused(error: unknown, step: string, output: ByteWriter, start: number): unknown {
  if (output.length > start) output.truncate(start);
  return refusalWithin(error, step);
}

/** The step of a path to a field: `.n`, or `["a b"]` for a name that is no identifier. */
export function fieldStep(name: string): string {
  return isIdentifier(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}

/** Whether a name can be written without quotes. */
export function isIdentifier(name: string): boolean {
  return /^[A-Za-z_$][\w$]*$/.test(name);
}

/** What sort of value this is, in words, without its contents (F2). */
export function kindOfValue(value: unknown): string {
  switch (typeof value) {
    case 'undefined':
      return 'undefined';
    case 'string':
      return `a string of ${value.length} characters`;
    case 'number':
      return Object.is(value, -0) ? 'the number -0' : `the number ${value}`;
    case 'bigint':
      return value > -(2n ** 64n) && value < 2n ** 64n ? `the bigint ${value}n` : 'a bigint of more than 64 bits';
    case 'boolean':
      return String(value);
    case 'object':
      return value === null ? 'null' : kindOfObject(value);
    default:
      return `a ${typeof value}`;
  }
}

function kindOfObject(value: object): string {
  if (Array.isArray(value)) return `an array of ${value.length} elements`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid Date' : 'a Date';
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return 'an object';
  const name: unknown = (prototype as { constructor?: { name?: unknown } }).constructor?.name;
  return typeof name === 'string' && name !== '' ? `an instance of ${name}` : 'an instance of a class';
}

function refusal(path: string, expected: string, found: string, cause: unknown): StateError {
  return new StateError(
    'value-not-serializable',
    `the value at ${path} is ${found}, the serializer takes ${expected}`,
    {
      details: { path, expected, found },
      ...(cause === undefined ? {} : { cause }),
    },
  );
}
