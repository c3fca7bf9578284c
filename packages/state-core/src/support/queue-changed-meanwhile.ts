// The error of a walk over a queue under which elements came or went.

import { StateError } from '../error/state-error.js';

/** The error for a walk over a queue during which elements were added, polled or removed. */
export function queueChangedMeanwhile(): StateError {
  return new StateError(
    'concurrent-modification',
    'a queue changed while it was being walked over; collect first and change afterwards ([...queue]), or take elements out with poll()',
  );
}
