// Which of the checkpoints that a storage lists belong to the true history of a job. Pure functions over plain data.
//
// Every takeover is an owner with a higher epoch than any before. An owner that lost the job without knowing (a zombie)
// may still publish; what it publishes then was never part of what the newer owner continued.
//
//   L1. History is read from the end: the highest epoch whose owner recorded what it restored from, then that snapshot,
//       then what came before it in its own epoch, then what that epoch was restored from, and so on to a clean start.
//   L2. An owner that stopped before it decided counts as not having existed.
//   L3. Of an older epoch, only ids up to the one that was restored from count: later ones are a zombie's, or were given up.
//   L4. Whatever is left out is left out with a reason in words.
//   L5. A history may begin with a snapshot from outside it. While its last owner has completed nothing, that snapshot is
//       all there is of it: it is gone back to, and starting empty would lose it.
//   L6. A history in which a checkpoint was completed never starts clean by itself, also when no trace of one is left.
//   L7. What is not younger than what an owner began with is none of that owner's, whatever it says: when the records of
//       owners are lost, epochs may begin anew, and an epoch names two owners.

import type {
  CheckpointListing,
  FoundCheckpoint,
  FoundExternalSnapshot,
  FoundOwner,
} from '../checkpoint-storage/checkpoint-storage.js';
import { CHECKPOINT_ID_MAX } from '../checkpoint-storage/restore-decision.js';
import type { CheckpointLineage } from './checkpoint-metadata.js';

/** Why a checkpoint is not offered for restoring. */
export type IgnoredCheckpointCause =
  /** It was begun and never completed. */
  | 'unpublished'
  /** Its metadata could not be read, so nobody knows whose it is. */
  | 'unreadable'
  /** Its owner had been replaced, or it lies after the point that a newer owner went back to. */
  | 'zombie'
  /** Its owner never recorded what it continued from. */
  | 'undecided-owner';

/** A checkpoint that is left out, and why (L4). */
export interface IgnoredCheckpoint {
  readonly checkpoint: FoundCheckpoint;
  readonly cause: IgnoredCheckpointCause;
  /** A sentence for a log. */
  readonly reason: string;
}

/** A checkpoint of the true history. */
export interface RestorableCheckpoint extends FoundCheckpoint {
  /** The owner that published it; absent where the storage records no owners. */
  readonly epoch?: number;
}

/** What {@link decideLineage} found. */
export interface LineageDecision {
  /** The true history, newest first: the first valid one is what to restore. */
  readonly restorable: readonly RestorableCheckpoint[];
  readonly ignored: readonly IgnoredCheckpoint[];
  /**
   * Nothing to restore and nothing lost: no checkpoint of the true history was ever completed, as far as can be told.
   * When it is false and nothing restorable turns out valid, starting without state would forget what there was.
   */
  readonly mayStartClean: boolean;
  /** Whether an owner of the history is known to have completed a checkpoint, also one that is gone (L6). */
  readonly hasPublished: boolean;
  /**
   * What the last owner began with, where that is no checkpoint of the history (L5): to be restored when none of
   * {@link restorable} can be.
   */
  readonly external?: FoundExternalSnapshot;
}

/**
 * Sorts the checkpoints of a job into those that may be restored, newest first, and those that are ignored.
 *
 * Called after taking the job over and reading the metadata of everything published; the caller's own owner has not
 * decided yet and so counts as not existing (L2).
 *
 * @param lineageOf - The lineage in the metadata of a published checkpoint; `unreadable` when the metadata could not be
 * read, `undefined` when it names no owner.
 */
export function decideLineage(
  listing: CheckpointListing,
  lineageOf: (checkpoint: FoundCheckpoint) => CheckpointLineage | 'unreadable' | undefined,
): LineageDecision {
  const history = historyOf(listing.owners);
  const restorable: RestorableCheckpoint[] = [];
  const ignored: IgnoredCheckpoint[] = [];
  for (const checkpoint of listing.checkpoints) {
    const lineage = checkpoint.published ? lineageOf(checkpoint) : undefined;
    const verdict = judge(checkpoint, lineage, history);
    if ('cause' in verdict) ignored.push(verdict);
    else restorable.push(verdict);
  }
  restorable.sort((a, b) => (b.epoch ?? 0) - (a.epoch ?? 0) || b.checkpointId - a.checkpointId);
  const nothingLost = ignored.every(({ cause }) => cause === 'unpublished' || cause === 'zombie');
  return {
    restorable,
    ignored,
    mayStartClean: restorable.length === 0 && nothingLost && !history.continuesSnapshot && !history.hasPublished,
    hasPublished: history.hasPublished,
    ...(history.external !== undefined && { external: history.external }),
  };
}

/**
 * The id of the next checkpoint: above every id seen, published or not, valid or not, so that no file of an earlier
 * attempt is ever met.
 */
export function nextCheckpointId(listing: CheckpointListing): number {
  const ids = [
    ...listing.checkpoints.map(({ checkpointId }) => checkpointId),
    ...listing.owners.map(({ restoredFrom }) => restoredFrom?.checkpointId ?? 0),
  ];
  return ids.reduce((highest, id) => (id > highest && id <= CHECKPOINT_ID_MAX ? id : highest), 0) + 1;
}

/**
 * The epochs of the owners whose records are still needed: those that a published checkpoint names, those of the true
 * history as far back as it has checkpoints, and the last one with the one that it continued. `undefined` when the
 * metadata of a checkpoint cannot be read: then all of them may be.
 *
 * Called after the caller's own owner has decided, with its decision in the listing.
 */
export function ownersInUse(
  listing: CheckpointListing,
  lineageOf: (checkpoint: FoundCheckpoint) => CheckpointLineage | 'unreadable' | undefined,
): ReadonlySet<number> | undefined {
  const history = historyOf(listing.owners);
  const inUse = new Set<number>();
  let oldestRestorable = history.latestEpoch ?? 0;
  for (const checkpoint of listing.checkpoints) {
    if (!checkpoint.published) continue;
    const lineage = lineageOf(checkpoint);
    if (lineage === 'unreadable') return undefined;
    if (lineage === undefined) continue;
    inUse.add(lineage.epoch);
    if (!('cause' in judge(checkpoint, lineage, history))) {
      oldestRestorable = Math.min(oldestRestorable, lineage.epoch);
    }
  }
  const [latest, continued] = history.idMaxByEpoch.keys();
  for (const epoch of history.idMaxByEpoch.keys()) {
    if (epoch >= oldestRestorable || epoch === latest || epoch === continued) inUse.add(epoch);
  }
  return inUse;
}

/** The epochs of the true history and up to which id each counts. */
interface History {
  /** The owner whose history it is; `undefined` where nobody decided. */
  readonly latestEpoch: number | undefined;
  /** The checkpoint that an epoch began with; 0 for none of the history (L7). */
  readonly idBeforeByEpoch: ReadonlyMap<number, number>;
  readonly idMaxByEpoch: ReadonlyMap<number, number>;
  readonly owners: ReadonlyMap<number, FoundOwner>;
  /** The latest owner began with a snapshot, not empty. */
  readonly continuesSnapshot: boolean;
  readonly hasPublished: boolean;
  readonly external: FoundExternalSnapshot | undefined;
}

function historyOf(owners: readonly FoundOwner[]): History {
  const byEpoch = new Map(owners.map((owner) => [owner.epoch, owner]));
  const decided = owners.filter((owner) => owner.restoredFrom !== undefined).map((owner) => owner.epoch);
  const latestEpoch = decided.length === 0 ? undefined : decided.reduce((a, b) => Math.max(a, b));
  const idMaxByEpoch = new Map<number, number>();
  const idBeforeByEpoch = new Map<number, number>();
  let epoch = latestEpoch;
  let idMax = Number.MAX_SAFE_INTEGER;
  while (epoch !== undefined) {
    idMaxByEpoch.set(epoch, idMax);
    const from = byEpoch.get(epoch)?.restoredFrom;
    // Only backwards: a record that names its own or a later epoch is damaged and ends the history.
    const goesOn = from !== null && from !== undefined && from.epoch < epoch;
    idMax = goesOn ? from.checkpointId : 0;
    idBeforeByEpoch.set(epoch, idMax);
    epoch = goesOn ? from.epoch : undefined;
  }
  const latest = latestEpoch === undefined ? undefined : byEpoch.get(latestEpoch);
  const external = latest?.external;
  const continuesSnapshot = (latest?.restoredFrom ?? null) !== null || external !== undefined;
  const hasPublished = owners.some(({ epoch: by, restoredFrom, published }) => {
    // Only who had decided can have published: without a decision its record is lost, and the history goes on unknown.
    const isLastUnknown = restoredFrom === undefined && by > (latestEpoch ?? 0);
    return published === true && (isLastUnknown || idMaxByEpoch.has(by));
  });
  return { latestEpoch, idBeforeByEpoch, idMaxByEpoch, owners: byEpoch, continuesSnapshot, hasPublished, external };
}

function judge(
  checkpoint: FoundCheckpoint,
  lineage: CheckpointLineage | 'unreadable' | undefined,
  history: History,
): RestorableCheckpoint | IgnoredCheckpoint {
  const { checkpointId } = checkpoint;
  const ignore = (cause: IgnoredCheckpointCause, why: string): IgnoredCheckpoint => ({
    checkpoint,
    cause,
    reason: `checkpoint ${checkpointId} is ignored: ${why}`,
  });
  if (!checkpoint.published) return ignore('unpublished', 'it was begun and never completed, or its metadata is gone');
  if (lineage === 'unreadable') return ignore('unreadable', 'its metadata cannot be read, so it may belong to anybody');
  // A storage without takeovers has one history.
  if (history.owners.size === 0) return lineage === undefined ? checkpoint : { ...checkpoint, epoch: lineage.epoch };
  if (lineage === undefined) return ignore('undecided-owner', 'its metadata names no owner');
  const { epoch } = lineage;
  const idMax = history.idMaxByEpoch.get(epoch);
  const idBefore = history.idBeforeByEpoch.get(epoch) ?? 0;
  if (checkpointId <= idBefore) {
    return ignore('zombie', `owner ${epoch} began with checkpoint ${idBefore}, so an older one is another owner's`);
  }
  if (idMax !== undefined && checkpointId <= idMax) return { ...checkpoint, epoch };
  if (idMax !== undefined) {
    return ignore(
      'zombie',
      `owner ${epoch} published it after checkpoint ${idMax}, from which a newer owner had continued`,
    );
  }
  if (history.owners.get(epoch)?.restoredFrom === undefined) {
    return ignore(
      'undecided-owner',
      `its owner's record is missing: nothing says what owner ${epoch} continued from (owner-${epoch}-from-... in files)`,
    );
  }
  return ignore(
    'zombie',
    `owner ${epoch} is not in the history of owner ${history.latestEpoch}, which took over later`,
  );
}
