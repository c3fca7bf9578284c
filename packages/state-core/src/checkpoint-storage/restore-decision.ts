// What an owner begins with, as it is recorded in a storage before the first checkpoint.
//
//   RD1. A decision that could not be listed again is refused, never stored: whoever decided it would count as undecided,
//        and everything it publishes as nobody's.

import type { CheckpointOwner } from './checkpoint-storage-location.js';

/** A checkpoint of the history of a job; `null` for none. */
export type RestoredFrom = { readonly epoch: number; readonly checkpointId: number } | null;

/** A snapshot from outside the history of a job: a savepoint, a checkpoint of another job, one without a lineage. */
export interface ExternalSnapshot {
  /** What resolves it: the `externalPointer` of the resolved snapshot. */
  readonly pointer: string;
  /** Whether the job was given the snapshot: it belongs to the job from this decision on. Default: false. */
  readonly claim?: boolean;
}

/**
 * Refuses what no listing could give back (RD1). Storages call it before they record a decision.
 *
 * @throws RangeError for numbers that are no epoch before that of `owner` and no checkpoint id; for an empty pointer, and
 * for a checkpoint and an external snapshot at once.
 */
export function checkRestoreDecision(
  owner: CheckpointOwner,
  restoredFrom: RestoredFrom,
  external: ExternalSnapshot | undefined,
): void {
  if (external !== undefined) {
    if (restoredFrom !== null)
      throw new RangeError('an owner continues from a checkpoint or an external snapshot, not both');
    if (typeof external.pointer !== 'string' || external.pointer.trim() === '')
      throw new RangeError('the pointer to the external snapshot that an owner continues from is empty');
    return;
  }
  if (restoredFrom === null) return;
  const { epoch, checkpointId } = restoredFrom;
  if (!Number.isSafeInteger(epoch) || epoch < 1 || epoch >= owner.epoch)
    throw new RangeError(
      `the owner of epoch ${owner.epoch} continues from an epoch from 1 to ${owner.epoch - 1}, not ${epoch}`,
    );
  if (!Number.isSafeInteger(checkpointId) || checkpointId < 1)
    throw new RangeError(`an owner continues from a checkpoint id from 1, not ${checkpointId}`);
}

/** Far above what takeovers can reach, and far below where numbers stop to count one by one. */
export const OWNER_EPOCH_MAX: number = 2 ** 50;

/** The same for ids of checkpoints: what names a higher one is none of ours, and none follows it. */
export const CHECKPOINT_ID_MAX: number = 2 ** 50;

/** @throws RangeError for what is no lowest epoch of a new owner. */
export function checkEpochMin(epochMin: number): void {
  if (Number.isSafeInteger(epochMin) && epochMin >= 1 && epochMin <= OWNER_EPOCH_MAX) return;
  throw new RangeError(`the epoch of an owner is a whole number from 1 to ${OWNER_EPOCH_MAX}, not ${epochMin}`);
}

/** Whether two decisions are the same. */
export function equalRestoreDecisions(
  a: { readonly restoredFrom: RestoredFrom; readonly external?: Partial<ExternalSnapshot> | undefined },
  b: { readonly restoredFrom: RestoredFrom; readonly external?: Partial<ExternalSnapshot> | undefined },
): boolean {
  return (
    a.restoredFrom?.epoch === b.restoredFrom?.epoch &&
    a.restoredFrom?.checkpointId === b.restoredFrom?.checkpointId &&
    (a.external === undefined) === (b.external === undefined) &&
    a.external?.pointer === b.external?.pointer &&
    (a.external?.claim ?? false) === (b.external?.claim ?? false)
  );
}
