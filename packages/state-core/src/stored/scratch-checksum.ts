// What comes back from scratch space is what went there, or an error.

import { checksum32 } from '../bytes/checksum.js';
import { StateError } from '../error/state-error.js';

export const SEED: number = 0x5c7a;

/** The bytes themselves. @throws StateError `checksum-mismatch` when they are others than were written. */
export function checked(bytes: Uint8Array, checksum: number, what: string): Uint8Array {
  if (checksum32(bytes, SEED) === checksum) return bytes;
  throw new StateError(
    'checksum-mismatch',
    `${what} came back from local scratch space with other bytes than were written; start again from the last checkpoint, and look at the disk`,
    { details: { what, lengthBytes: bytes.length } },
  );
}
