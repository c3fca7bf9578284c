// The error of restored entries that cannot be decoded when they are first needed.

import { isStateError, StateError } from '../error/state-error.js';

/**
 * What a backend throws when decoding restored entries fails. Their bytes were verified before, so the types are to
 * blame, or a value that a validator refuses.
 *
 * @returns StateError `value-invalid` for a validator, else `restore-failed`, both with the name of the state.
 */
export function restoreFailed(stateName: string, keyGroup: number, cause: unknown): StateError {
  if (isStateError(cause, 'value-invalid')) {
    return new StateError('value-invalid', `state '${stateName}' in key group ${keyGroup}: ${cause.message}`, {
      details: { ...cause.details, stateName, keyGroup },
      cause,
    });
  }
  const why = cause instanceof Error ? cause.message : String(cause);
  return new StateError(
    'restore-failed',
    `state '${stateName}' in key group ${keyGroup} cannot be decoded, though its bytes are as they were written: ${why}\nThe type of the program does not read what the type of the snapshot wrote: give it a migration, mend the one it has, or restore another snapshot.`,
    { details: { stateName, keyGroup }, cause },
  );
}
