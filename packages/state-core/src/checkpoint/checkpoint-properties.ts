// When a snapshot goes by itself: the combinations that Flink knows.

import type { ExternalizedCheckpointRetention } from '../config/checkpointing-options.js';
import type { CheckpointProperties } from './checkpoint-metadata.js';

/** The properties of a savepoint: it belongs to the user and never goes by itself. */
export const SAVEPOINT_PROPERTIES: CheckpointProperties = Object.freeze(
  propertiesOf('savepoint', false, false, false, false),
);

/** The properties of the checkpoints of a job, by what is to become of them when the job ends. */
export function checkpointPropertiesFor(retention: ExternalizedCheckpointRetention): CheckpointProperties {
  switch (retention) {
    case 'RETAIN_ON_CANCELLATION':
      return propertiesOf('checkpoint', true, false, false, false);
    case 'DELETE_ON_CANCELLATION':
      return propertiesOf('checkpoint', true, true, false, true);
    case 'NO_EXTERNALIZED_CHECKPOINTS':
      return propertiesOf('checkpoint', true, true, true, true);
  }
}

function propertiesOf(
  snapshotKind: CheckpointProperties['snapshotKind'],
  done: boolean,
  discardOnCancelled: boolean,
  discardOnFailed: boolean,
  discardOnSuspended: boolean,
): CheckpointProperties {
  return {
    snapshotKind,
    discardOnSubsumed: done,
    discardOnFinished: done,
    discardOnCancelled,
    discardOnFailed,
    discardOnSuspended,
  };
}
