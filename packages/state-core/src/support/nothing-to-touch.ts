// The error of a restored time stamp whose entry is missing.

import { StateError } from '../error/state-error.js';

/** The error for a new time stamp of an entry that is not there. */
export function nothingToTouch(): StateError {
  return new StateError(
    'snapshot-invalid',
    'the snapshot gives a new time stamp to an entry that it does not hold; a segment of its chain is missing or of another snapshot',
  );
}
