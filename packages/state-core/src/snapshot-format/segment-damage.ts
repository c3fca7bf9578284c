// How damage in a segment is reported: what is wrong, in which segment, and what to do about it.

import { isStateError, StateError } from '../error/state-error.js';
import type { KnownStateErrorCode } from '../error/state-error-code.js';

const ADVICE = 'restore from another checkpoint and keep the file for study';

/** The codes under which damaged bytes are reported. */
export type DamageCode = 'bytes-truncated' | 'bytes-invalid' | 'checksum-mismatch' | 'snapshot-invalid';

/** The error for bytes of a segment that are not what a writer wrote. */
export function damaged(code: DamageCode, where: string, what: string, cause?: unknown): StateError {
  return new StateError(code, `${where} is damaged: ${what}; ${ADVICE}`, {
    details: { where, what },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The error for a segment that a later version of the library wrote. */
export function unsupportedFormat(where: string, what: string): StateError {
  const code: KnownStateErrorCode = 'format-version-unsupported';
  return new StateError(
    code,
    `${where} ${what}, this version of the library reads format version 1; restore it with the version that wrote it, or a later one`,
    { details: { where, what } },
  );
}

/** An error of kind `corrupt` as one that names `where`; anything else as it is. */
export function locatedDamage(error: unknown, where: string): unknown {
  if (!isStateError(error) || error.kind !== 'corrupt' || error.details['where'] === where) return error;
  const what = error.details['what'];
  return damaged(error.code as DamageCode, where, typeof what === 'string' ? what : error.message, error);
}
