// How stored bytes that cannot be read are reported: of which state and key, and what to do.

import { ByteReader } from '../bytes/byte-reader.js';
import { InvariantViolation } from '../error/invariant.js';
import { isStateError, StateError } from '../error/state-error.js';
import type { KnownStateErrorCode } from '../error/state-error-code.js';
import type { KeySerializer } from '../serialization/type-serializer.js';
import { restoreFailed } from '../support/restore-failed.js';

/** Names a key in messages. */
export function describeKeyOf(serializer: KeySerializer<unknown>, path: Uint8Array): string {
  let text: string;
  try {
    const key = serializer.deserializeKey(new ByteReader(path));
    text =
      typeof key === 'object'
        ? JSON.stringify(key, (_name, value) => (typeof value === 'bigint' ? `${value}n` : value))
        : String(key);
  } catch {
    text = [...path.subarray(0, 32)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  }
  return text.length > 100 ? `${text.slice(0, 100)}...` : text;
}

/** The error for bytes in the store that are not what was put there, or that hold a value the type does not read. */
export function unreadable(stateName: string, keyGroup: number, key: string, cause: unknown): unknown {
  if (cause instanceof InvariantViolation) return cause;
  if (isStateError(cause) && cause.kind !== 'corrupt') return cause;
  const code = (isStateError(cause) ? cause.code : 'bytes-invalid') as KnownStateErrorCode;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new StateError(
    code,
    `what the local store holds of state '${stateName}', key ${key} in key group ${keyGroup}, is damaged: ${why}\nThe local store is a copy: start again from the last checkpoint. When it happens again, look at the disk.`,
    { details: { stateName, keyGroup, key }, cause },
  );
}

/** The error for a restored value that the type of the program does not read (restore-failed.ts). */
export function unreadableRestored(stateName: string, keyGroup: number, cause: unknown): unknown {
  return cause instanceof InvariantViolation ? cause : restoreFailed(stateName, keyGroup, cause);
}

/** The refusal of a value with state and key, whatever its serializer threw: nobody finds one wrong value without them. */
export function refusedValue(error: unknown, stateName: string, key: string): unknown {
  const isTooLarge = isStateError(error, 'value-too-large');
  const message = error instanceof Error ? error.message : String(error);
  return new StateError(
    isTooLarge ? 'value-too-large' : 'value-not-serializable',
    `state '${stateName}': key ${key}: ${message}`,
    { details: { ...(isStateError(error) ? error.details : {}), stateName, key }, cause: error },
  );
}
