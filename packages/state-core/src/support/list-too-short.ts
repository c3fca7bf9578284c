// The error of a restored list of which a part is missing.

import { StateError } from '../error/state-error.js';

/** The error for elements that continue a list at `from`, of which only `length` elements are there. */
export function listTooShort(from: number, length: number): StateError {
  return new StateError(
    'snapshot-invalid',
    `the snapshot continues a list at element ${from}, of which it holds ${length}; a segment of its chain is missing or of another snapshot`,
    { details: { from, length } },
  );
}
