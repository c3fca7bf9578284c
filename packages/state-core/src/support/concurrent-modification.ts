// The error of an iterator under which entries came or went.

import { StateError } from '../error/state-error.js';

/** The error for a walk over `what` during which entries were added or removed by others. */
export function concurrentModification(what: string): StateError {
  return new StateError(
    'concurrent-modification',
    `${what} changed while it was being walked over; collect first and change afterwards ([...iterable]), or change through the iterator (remove(), setValue())`,
  );
}
