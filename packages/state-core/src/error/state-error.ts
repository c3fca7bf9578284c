// The one error class of the library.
//
// Owns: the brand by which two installed copies of the core recognise each other's errors, and the check of kinds.
// Leaves the list of codes to state-error-code.ts.

import { STATE_ERROR_CODES, type StateErrorCode, type StateErrorKind } from './state-error-code.js';

const BRAND: unique symbol = Symbol.for('tidemark.StateError') as never;

/** Plain data that describes a failure: values that a log can hold. */
export type StateErrorDetails = Readonly<Record<string, unknown>>;

/** What may accompany a {@link StateError}. */
export interface StateErrorOptions {
  /** Plain data for programs and logs; the message already says it in words. */
  readonly details?: StateErrorDetails;
  /** The failure underneath. Its text is not repeated in the message. */
  readonly cause?: unknown;
  /** Required for codes of third parties, refused for the codes of the library, whose kind is fixed. */
  readonly kind?: StateErrorKind;
}

/**
 * A failure in operation: configuration, stored bytes, storage, schema, life cycle.
 *
 * `kind` is the short list that a caller switches on, `code` the long one that a log is searched for. Wrong arguments
 * are plain `TypeError`/`RangeError` instead.
 */
export class StateError extends Error {
  override readonly name: string = 'StateError';
  readonly code: StateErrorCode;
  readonly kind: StateErrorKind;
  readonly details: StateErrorDetails;

  constructor(code: StateErrorCode, message: string, options: StateErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.kind = kindOf(code, options.kind);
    this.details = options.details ?? {};
    Object.defineProperty(this, BRAND, { value: true });
  }
}

function kindOf(code: StateErrorCode, given: StateErrorKind | undefined): StateErrorKind {
  // The annotation is what checks that every code of the table has a kind of the list.
  const kinds: Readonly<Record<string, StateErrorKind>> = STATE_ERROR_CODES;
  const known = Object.hasOwn(kinds, code) ? kinds[code] : undefined;
  if (known !== undefined) return known;
  if (given === undefined) throw new TypeError(`the third-party error code ${code} needs a kind`);
  return given;
}

/**
 * Tells whether something thrown is a {@link StateError}, also one made by another installed copy of the core.
 *
 * @param code - When given, the error must also have this code.
 */
export function isStateError<C extends StateErrorCode>(
  error: unknown,
  code: C,
): error is StateError & { readonly code: C };
export function isStateError(error: unknown): error is StateError;
export function isStateError(error: unknown, code?: StateErrorCode): boolean {
  if (typeof error !== 'object' || error === null) return false;
  if ((error as Record<symbol, unknown>)[BRAND] !== true) return false;
  return code === undefined || (error as StateError).code === code;
}
