// What a snapshot of an embedded state says about itself: one operator with one subtask, as a runtime of one task would
// write it, so that the runtime can take it over.

import type {
  CheckpointAttachment,
  CheckpointMetadata,
  CheckpointProperties,
  OperatorState,
} from '../checkpoint/checkpoint-metadata.js';
import { SAVEPOINT_PROPERTIES } from '../checkpoint/checkpoint-properties.js';
import type { CheckpointOwner } from '../checkpoint-storage/checkpoint-storage-location.js';
import type { KeyedStateHandle } from '../handle/keyed-state-handle.js';
import type { SnapshotKind } from '../state-backend/snapshot-context.js';

/** The operator that an embedded state belongs to when nothing else is said. */
export const EMBEDDED_OPERATOR_UID: string = 'state';

/** The fact beside an operator that {@link discardedStatesOf} reads. */
const DISCARDED: string = 'discardedStates';

/** Version of the library, for messages. */
const WRITER: string = '@tidemark/state-core openState';

/** What stays the same in all snapshots of one state. */
export interface SnapshotIdentity {
  readonly jobId: string;
  readonly name: string;
  readonly uid: string;
  readonly maxParallelism: number;
  /** States of the operator that the program lets go of, by name. Default: none. */
  readonly discardedStates?: readonly string[];
}

/** A checkpoint of a lineage. */
export interface LineageMember {
  readonly epoch: number;
  readonly checkpointId: number;
}

/** What belongs to one snapshot. */
export interface SnapshotFacts {
  readonly checkpointId: number;
  readonly kind: SnapshotKind;
  readonly timestampMs: number;
  readonly handle: KeyedStateHandle | undefined;
  /** Operators that the program lacks. */
  readonly carried: readonly OperatorState[];
  readonly attachment: CheckpointAttachment | undefined;
  readonly owner: CheckpointOwner;
  readonly parent: LineageMember | undefined;
}

/** The metadata of one snapshot. */
export function snapshotMetadata(identity: SnapshotIdentity, facts: SnapshotFacts): CheckpointMetadata {
  const { handle, attachment, parent } = facts;
  const { discardedStates = [] } = identity;
  const subtask = {
    subtaskIndex: 0,
    keyed: handle === undefined ? [] : [handle],
    operator: [],
    rawKeyed: [],
    rawOperator: [],
  };
  return {
    jobId: identity.jobId,
    checkpointId: facts.checkpointId,
    timestampMs: facts.timestampMs,
    properties: facts.kind === 'savepoint' ? SAVEPOINT_PROPERTIES : CHECKPOINT_PROPERTIES,
    lineage: { epoch: facts.owner.epoch, ...(parent === undefined ? {} : { parent }) },
    operators: [
      {
        uid: identity.uid,
        name: identity.name,
        parallelism: 1,
        maxParallelism: identity.maxParallelism,
        subtasks: [subtask],
        ...(discardedStates.length > 0 && { optional: { [DISCARDED]: discardedStates } }),
      },
      ...facts.carried,
    ],
    masterStates: [],
    ...(attachment === undefined ? {} : { attachment }),
    writer: WRITER,
  };
}

/**
 * The states that the program which wrote an operator had let go of: a name that is still to be discarded at the next start
 * is then no slip.
 */
export function discardedStatesOf({ optional }: OperatorState): readonly string[] {
  const stored = optional?.[DISCARDED];
  return Array.isArray(stored) ? stored.filter((name) => typeof name === 'string') : [];
}

/** The end of the program says nothing about its checkpoints: the next start needs them. */
const CHECKPOINT_PROPERTIES: CheckpointProperties = {
  snapshotKind: 'checkpoint',
  discardOnSubsumed: true,
  discardOnFinished: false,
  discardOnCancelled: false,
  discardOnFailed: false,
  discardOnSuspended: false,
};
