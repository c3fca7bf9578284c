// What a restore found and did, state by state, as plain data.

import type { StateKind } from '../state/state-descriptor.js';

/**
 * What became of a state.
 *
 * - `matched`: declared and restored, read as it is.
 * - `migrated`: declared and restored; old values are brought to today's schema when they are first used.
 * - `new`: declared, not in the snapshot.
 * - `kept`: in the snapshot, not declared: carried along unchanged.
 * - `discarded`: in the snapshot, not declared, and let go of on purpose.
 */
export type StateRestoreOutcome = 'matched' | 'migrated' | 'new' | 'kept' | 'discarded';

/** One line of a {@link StateRestoreReport}. */
export interface RestoredStateLine {
  readonly stateName: string;
  readonly kind: StateKind | 'priority-queue';
  readonly outcome: StateRestoreOutcome;
  /** The stored schema in words, of a queue that of its priorities; absent for new states. */
  readonly previousSchema?: string;
  /** Today's schema in words; absent for kept and discarded states. */
  readonly schema?: string;
}

/**
 * What became of an operator.
 *
 * - `matched`: the program has it and the snapshot too.
 * - `new`: the program has it, the snapshot has not.
 * - `carried`: the snapshot has it, the program has not: in every further snapshot, unchanged, until it is discarded.
 * - `discarded`: the snapshot has it, the program has not and says that it is to go.
 */
export type OperatorRestoreOutcome = 'matched' | 'new' | 'carried' | 'discarded';

/** One operator of a {@link StateRestoreReport}. */
export interface RestoredOperatorLine {
  readonly uid: string;
  readonly outcome: OperatorRestoreOutcome;
}

/** What a restore found and did. */
export interface StateRestoreReport {
  readonly restoredCheckpointId: number | undefined;
  readonly states: readonly RestoredStateLine[];
  /** The operators of program and snapshot, where whoever restores knows of others than its own. */
  readonly operators?: readonly RestoredOperatorLine[];
}
