// The error of a snapshot that is asked for while as many are being written as the backend allows.

import { StateError } from '../error/state-error.js';

/** The error for a snapshot beyond `maxConcurrent` running ones. */
export function tooManyConcurrentSnapshots(checkpointId: number, owner: string, maxConcurrent: number): StateError {
  return new StateError(
    'too-many-concurrent-snapshots',
    `snapshot ${checkpointId} of ${owner} was asked for while ${maxConcurrent} are being written, the most there may be; wait for one of them, or allow fewer checkpoints at a time:\n  execution.checkpointing.max-concurrent-checkpoints: ${maxConcurrent}`,
    { details: { checkpointId, maxConcurrent } },
  );
}
