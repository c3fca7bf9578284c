// Takes a state over and finds what to start from.
//
// Owns: the order of takeover, and the fallback from damaged checkpoints to older ones. Leaves the choice of the lineage
// to checkpoint-lineage.ts, the making of the backend to embedded-backend.ts.
//
//   ER1. Ownership comes before the listing: what an older owner publishes later than that is not seen and does not count.
//   ER2. Only damage (kind `corrupt`) makes an older checkpoint be taken; everything else stops the opening, because it
//        would be wrong for the older one, too, or pass.
//   ER3. Checkpoints of which none can be read, or none is left, are never a clean start. Then nothing is removed either.
//   ER4. What this owner continues from is recorded before it writes anything; a snapshot that is no checkpoint of this
//        lineage with its pointer, so that `latest` goes back to it until there is a checkpoint.
//   ER5. Damaged and abandoned checkpoints are left where they are; only what was never published is cleared away.
//   ER6. What no published checkpoint names is removed before the first checkpoint: files that were shared by checkpoints that
//        are gone, records of owners. Where one checkpoint cannot be read, nothing is: it may name them.
//   ER7. The epoch of this owner is above every epoch that a checkpoint names, also when the records of owners are lost.
//   ER8. A snapshot from outside belongs to this state from the moment that the decision to begin with it is recorded, which
//        says so. Everything else about a claim is made up for at the next start.

import type { StateLogger } from '../ambient/logger.js';
import {
  decideLineage,
  type IgnoredCheckpoint,
  type LineageDecision,
  nextCheckpointId,
  ownersInUse,
} from '../checkpoint/checkpoint-lineage.js';
import type { CheckpointLineage, CheckpointMetadata } from '../checkpoint/checkpoint-metadata.js';
import { readCheckpointMetadata } from '../checkpoint/checkpoint-metadata-format.js';
import { checkpointStreams } from '../checkpoint/checkpoint-streams.js';
import type {
  CheckpointListing,
  CheckpointStorageCoordinatorView,
  FoundCheckpoint,
  FoundExternalSnapshot,
} from '../checkpoint-storage/checkpoint-storage.js';
import type { CheckpointOwner } from '../checkpoint-storage/checkpoint-storage-location.js';
import { CHECKPOINT_ID_MAX, OWNER_EPOCH_MAX } from '../checkpoint-storage/restore-decision.js';
import { isStateError, StateError } from '../error/state-error.js';
import type { KeyedStateBackend } from '../state-backend/keyed-state-backend.js';
import { ClaimedSnapshots } from './claimed-snapshots.js';
import { createEmbeddedBackend, type EmbeddedBackendParameters } from './embedded-backend.js';
import type { SkippedCheckpoint } from './open-state-contract.js';
import type { LineageMember } from './snapshot-metadata.js';

/** A snapshot whose metadata could be read. */
export interface ReadableSnapshot {
  readonly metadata: CheckpointMetadata;
  readonly externalPointer: string;
}

/** What a state starts from. */
export interface EmbeddedStart<K> {
  readonly backend: KeyedStateBackend<K>;
  readonly owner: CheckpointOwner;
  /** Absent after a clean start. */
  readonly restored: ReadableSnapshot | undefined;
  /** The checkpoint of this lineage that is continued; absent after a clean start and for any other snapshot. */
  readonly continues: LineageMember | undefined;
  /** Checkpoints of this lineage that belong to this state now, oldest first: they are removed when they are replaced. */
  readonly claimed: readonly ReadableSnapshot[];
  readonly skipped: readonly SkippedCheckpoint[];
  /** Above every id seen. */
  readonly firstCheckpointId: number;
  /** Snapshots from outside that belong to this state. */
  readonly claimedSnapshots: ClaimedSnapshots;
}

/** Where to start from, decided by the program and the configuration. */
export interface RestorePlan {
  readonly restore: 'latest' | 'none' | { readonly pointer: string };
  /** What `latest` starts from where there is no checkpoint yet. */
  readonly initialPointer: string | undefined;
  /** Whether the snapshot at a pointer belongs to this state from now on. */
  readonly claim: boolean;
}

/**
 * Takes the state over and restores it.
 *
 * @throws StateError `no-valid-checkpoint`, `checkpoint-not-found`, `fenced`, `storage-*`, codes of kind `corrupt` for a
 * given pointer, and as {@link createEmbeddedBackend}.
 */
export async function startEmbeddedState<K>(
  coordinator: CheckpointStorageCoordinatorView,
  parameters: EmbeddedBackendParameters<K>,
  plan: RestorePlan,
): Promise<EmbeddedStart<K>> {
  return new Takeover(coordinator, parameters).run(plan);
}

interface ChosenStart<K> {
  readonly backend: KeyedStateBackend<K>;
  readonly restored: ReadableSnapshot | undefined;
  readonly claimed: readonly ReadableSnapshot[];
  readonly skipped: readonly SkippedCheckpoint[];
  /** What becomes of a snapshot from outside: it belongs to this state from now on, it never will, or nothing changes. */
  readonly ownership?: 'claim' | 'release' | undefined;
}

class Takeover<K> {
  readonly #coordinator: CheckpointStorageCoordinatorView;
  readonly #parameters: EmbeddedBackendParameters<K>;
  readonly #logger: StateLogger;

  constructor(coordinator: CheckpointStorageCoordinatorView, parameters: EmbeddedBackendParameters<K>) {
    this.#coordinator = coordinator;
    this.#parameters = parameters;
    this.#logger = parameters.logger;
  }

  async run(plan: RestorePlan): Promise<EmbeddedStart<K>> {
    const { signal } = this.#parameters;
    signal.throwIfAborted();
    const { owner, listing, read } = await this.#takeOver();
    const start = await this.#choose(plan, listing, read);
    try {
      const continues = lineageMemberOf(start.restored, listing, owner);
      await this.#record(owner, start, continues);
      await this.#clearUnpublished(listing);
      await this.#clearUnneeded(owner, decidedIn(listing, owner, continues), read);
      return { ...start, owner, continues, ...(await this.#settleClaims(owner, start, listing)) };
    } catch (error) {
      await start.backend.close();
      throw error;
    }
  }

  /** A higher epoch than that of any earlier owner, and what they left (ER1, ER7). */
  async #takeOver(): Promise<{ owner: CheckpointOwner; listing: CheckpointListing; read: ReadSnapshots }> {
    const { signal } = this.#parameters;
    let owner = await this.#coordinator.acquireOwnership(signal);
    let listing = await this.#coordinator.list(signal);
    let read = await this.#readAll(listing);
    const highest = highestEpochIn(read);
    if (highest >= owner.epoch && highest < OWNER_EPOCH_MAX) {
      this.#logger.warn(
        'owner-records-missing',
        `'${this.#parameters.jobId}' has a checkpoint of owner ${highest} and no record of that owner: the files owner-... were removed, or the checkpoint was copied here. ` +
          `This owner has the number ${highest + 1}, so that none is taken for its own`,
        { epoch: highest },
      );
      owner = await this.#coordinator.acquireOwnership(signal, highest + 1);
      listing = await this.#coordinator.list(signal);
      read = await this.#readAll(listing);
    }
    return { owner, listing, read };
  }

  async #record(
    owner: CheckpointOwner,
    { restored, ownership }: ChosenStart<K>,
    continues: LineageMember | undefined,
  ): Promise<void> {
    const claim = ownership === 'claim';
    const external =
      restored === undefined || continues !== undefined ? undefined : { pointer: restored.externalPointer, claim };
    await this.#coordinator.recordRestoredFrom(owner, continues ?? null, external);
  }

  /** Makes the claim of this start durable, after the decision that it follows from; what an earlier start claimed stays. */
  async #settleClaims(
    owner: CheckpointOwner,
    { restored, ownership }: ChosenStart<K>,
    listing: CheckpointListing,
  ): Promise<{ firstCheckpointId: number; claimedSnapshots: ClaimedSnapshots }> {
    const { claims } = this.#coordinator;
    const earlier = (await claims?.list()) ?? [];
    const firstCheckpointId = Math.max(
      nextCheckpointId(listing),
      (restored?.metadata.checkpointId ?? 0) + 1,
      ...earlier.map(({ replacedFrom }) => replacedFrom).filter((id) => id <= CHECKPOINT_ID_MAX),
    );
    if (restored !== undefined && ownership === 'claim') {
      const streams = checkpointStreams(restored.metadata);
      await claims?.claim({ pointer: restored.externalPointer, streams, replacedFrom: firstCheckpointId }, owner);
    }
    if (ownership === 'release') {
      for (const claim of earlier.filter(({ pointer }) => pointer === restored?.externalPointer)) {
        await claims?.release(claim, owner);
      }
    }
    const pending = (await claims?.list()) ?? [];
    const claimedSnapshots = new ClaimedSnapshots(this.#coordinator, owner, pending, this.#logger);
    return { firstCheckpointId, claimedSnapshots };
  }

  /**
   * Makes sure that a snapshot from outside can be given to this state.
   *
   * @throws StateError `snapshot-claimed`, `storage-*`.
   */
  async #reserve(pointer: string): Promise<'claim' | undefined> {
    const { claims } = this.#coordinator;
    const refusal = claims === undefined ? CLAIMS_NOTHING : await claims.reserve(pointer);
    if (refusal === undefined) return 'claim';
    this.#logger.warn(
      'snapshot-not-claimed',
      `${pointer} was restored, and this state will not delete it: ${refusal}`,
      { pointer },
    );
    return undefined;
  }

  async #choose(plan: RestorePlan, listing: CheckpointListing, read: ReadSnapshots): Promise<ChosenStart<K>> {
    if (plan.restore === 'none') return this.#startClean(listing);
    if (plan.restore !== 'latest') return this.#startFrom(plan.restore.pointer, plan.claim, listing);
    const latest = await this.#startFromLatest(listing, read);
    if (latest !== undefined) return latest;
    if (plan.initialPointer !== undefined) return this.#startFrom(plan.initialPointer, plan.claim, listing);
    return this.#empty();
  }

  async #empty(): Promise<ChosenStart<K>> {
    return {
      backend: await createEmbeddedBackend(this.#parameters, undefined),
      restored: undefined,
      claimed: [],
      skipped: [],
    };
  }

  async #startClean(listing: CheckpointListing): Promise<ChosenStart<K>> {
    const left = listing.checkpoints.filter(({ published }) => published).map(({ externalPointer }) => externalPointer);
    if (left.length > 0) {
      this.#logger.warn(
        'checkpoint-ignored',
        `the state starts empty, as restore: 'none' says; these checkpoints are left alone and will not be restored again: ${left.join(', ')}`,
        { pointers: left },
      );
    }
    return this.#empty();
  }

  async #startFrom(pointer: string, claim: boolean, listing: CheckpointListing): Promise<ChosenStart<K>> {
    const restored = await this.#read(pointer);
    const { metadata, externalPointer } = restored;
    const backend = await createEmbeddedBackend(this.#parameters, metadata);
    const isOwn = isListed(restored, listing);
    if (isOwn) {
      this.#warnOfRepetition(metadata.checkpointId, listing);
      return { backend, restored, claimed: claim ? [restored] : [], skipped: [] };
    }
    try {
      const ownership = claim ? await this.#reserve(externalPointer) : 'release';
      return { backend, restored, claimed: [], skipped: [], ownership };
    } catch (error) {
      await backend.close();
      throw error;
    }
  }

  /** The newest checkpoint of the lineage that can be read, or `undefined` when the lineage has none. */
  async #startFromLatest(listing: CheckpointListing, read: ReadSnapshots): Promise<ChosenStart<K> | undefined> {
    for (const snapshot of read.values()) if (isStateError(snapshot) && !isDamage(snapshot)) throw snapshot;
    const lineage = decideLineage(listing, lineagesIn(read));
    const candidates = lineage.restorable.map(({ externalPointer }) => read.get(externalPointer) as ReadableSnapshot);
    const skipped: SkippedCheckpoint[] = [];
    for (const ignored of lineage.ignored) {
      const error = read.get(ignored.checkpoint.externalPointer);
      if (isStateError(error)) skipped.push(skippedOf(ignored.checkpoint, error));
      else if (ignored.cause !== 'unpublished') this.#warnOfIgnored(ignored);
    }
    for (const [index, candidate] of candidates.entries()) {
      const backend = await this.#tryRestore(candidate, skipped);
      if (backend === undefined) continue;
      const { checkpointId } = candidate.metadata;
      const newer = skipped
        .filter((one) => one.checkpointId > checkpointId)
        .sort((a, b) => b.checkpointId - a.checkpointId);
      for (const one of newer) this.#warnOfSkipped(one, checkpointId);
      this.#warnOfRepetition(checkpointId, listing);
      return { backend, restored: candidate, claimed: candidates.slice(index).reverse(), skipped: newer };
    }
    if (lineage.mayStartClean) return undefined;
    const nothing: NothingRestorable = { jobId: this.#parameters.jobId, skipped, lineage, listing };
    if (lineage.external !== undefined) return this.#startFromExternal(lineage.external, nothing);
    throw noValidCheckpoint(nothing);
  }

  /** What the owner before began with, whose own checkpoints do not exist or cannot be read. */
  async #startFromExternal(
    { pointer, claim }: FoundExternalSnapshot,
    nothing: NothingRestorable,
  ): Promise<ChosenStart<K>> {
    const { skipped, lineage, listing } = nothing;
    if (pointer === undefined) throw noValidCheckpoint(nothing, UNKNOWN_EXTERNAL);
    try {
      const restored = await this.#read(pointer);
      const backend = await createEmbeddedBackend(this.#parameters, restored.metadata);
      const newestFirst = skipped.toSorted((a, b) => b.checkpointId - a.checkpointId);
      for (const one of newestFirst) this.#warnOfSkipped(one, restored.metadata.checkpointId);
      if (lineage.hasPublished && skipped.length === 0) this.#warnOfLoss(restored);
      if (isListed(restored, listing)) this.#warnOfRepetition(restored.metadata.checkpointId, listing);
      // It was given to the owner before, who may not have got as far as recording more than that.
      const ownership = claim === true ? await this.#reserve(restored.externalPointer).catch(ignoreClaim) : undefined;
      return { backend, restored, claimed: [], skipped: newestFirst, ownership };
    } catch (error) {
      const isLost = isStateError(error) && (error.kind === 'corrupt' || error.code === 'checkpoint-not-found');
      if (!isLost) throw error;
      const line = `${pointer}, with which it began last: ${error.code}: ${error.message}`;
      throw noValidCheckpoint(nothing, line, error);
    }
  }

  async #tryRestore(
    candidate: ReadableSnapshot,
    skipped: SkippedCheckpoint[],
  ): Promise<KeyedStateBackend<K> | undefined> {
    try {
      return await createEmbeddedBackend(this.#parameters, candidate.metadata);
    } catch (error) {
      if (!isStateError(error) || error.kind !== 'corrupt') throw error;
      skipped.push(
        skippedOf({ checkpointId: candidate.metadata.checkpointId, externalPointer: candidate.externalPointer }, error),
      );
      return undefined;
    }
  }

  /** The metadata of everything published, or why it cannot be read, by pointer. */
  async #readAll(listing: CheckpointListing): Promise<ReadSnapshots> {
    const read = new Map<string, ReadableSnapshot | StateError>();
    for (const { externalPointer, published } of listing.checkpoints) {
      if (published) read.set(externalPointer, await this.#tryRead(externalPointer));
    }
    return read;
  }

  async #tryRead(externalPointer: string): Promise<ReadableSnapshot | StateError> {
    try {
      return await this.#read(externalPointer);
    } catch (error) {
      this.#parameters.signal.throwIfAborted();
      if (isStateError(error)) return error;
      throw error;
    }
  }

  async #read(pointer: string): Promise<ReadableSnapshot> {
    const resolved = await this.#coordinator.resolveCheckpoint(pointer);
    const metadata = readCheckpointMetadata(await resolved.readMetadata(this.#parameters.signal), resolved);
    return { metadata, externalPointer: resolved.externalPointer };
  }

  async #clearUnpublished(listing: CheckpointListing): Promise<void> {
    for (const { checkpointId, published, externalPointer } of listing.checkpoints) {
      if (published) continue;
      try {
        await this.#coordinator.disposeCheckpoint(checkpointId);
      } catch (error) {
        this.#logger.warn(
          'checkpoint-not-removed',
          `what is left of checkpoint ${checkpointId}, which never completed, could not be removed: ${String(error)}`,
          { pointer: externalPointer },
        );
      }
    }
  }

  /** Removes what the crashes of earlier owners left and nothing names (ER6). */
  async #clearUnneeded(owner: CheckpointOwner, listing: CheckpointListing, read: ReadSnapshots): Promise<void> {
    const epochs = ownersInUse(listing, lineagesIn(read));
    if (epochs === undefined) return;
    const snapshots = [...read.values()].filter((snapshot): snapshot is ReadableSnapshot => !isStateError(snapshot));
    try {
      await this.#coordinator.sweepUnreferenced(
        snapshots.flatMap(({ metadata }) => checkpointStreams(metadata)),
        owner,
      );
      await this.#coordinator.forgetOwners?.(epochs, owner);
    } catch (error) {
      if (isStateError(error, 'fenced')) throw error;
      this.#logger.warn(
        'orphans-not-removed',
        `what earlier instances left and no checkpoint names could not be removed, and is tried again at the next start: ${String(error)}`,
      );
    }
  }

  #warnOfIgnored({ checkpoint, reason }: IgnoredCheckpoint): void {
    const { checkpointId, externalPointer } = checkpoint;
    this.#logger.warn('checkpoint-ignored', `${reason}. It is left where it is: ${externalPointer}`, {
      checkpointId,
      pointer: externalPointer,
    });
  }

  #warnOfSkipped({ checkpointId, pointer, reason }: SkippedCheckpoint, restoredId: number): void {
    this.#logger.warn(
      'checkpoint-skipped',
      `checkpoint ${checkpointId} (${pointer}) is damaged and was skipped: ${reason}. Checkpoint ${restoredId} is used instead; the damaged one is left for study`,
      { checkpointId, pointer, restored: restoredId },
    );
  }

  #warnOfLoss({ metadata, externalPointer }: ReadableSnapshot): void {
    this.#logger.warn(
      'input-repeats',
      `${externalPointer}, with which the state began last, is restored although checkpoints had completed since: none of them is there any more, and everything since then is processed again`,
      { restored: metadata.checkpointId, pointer: externalPointer },
    );
  }

  #warnOfRepetition(restoredId: number, listing: CheckpointListing): void {
    const newest = Math.max(
      0,
      ...listing.checkpoints.filter(({ published }) => published).map(({ checkpointId }) => checkpointId),
    );
    if (newest <= restoredId) return;
    this.#logger.warn(
      'input-repeats',
      `checkpoint ${restoredId} is restored although checkpoint ${newest} had completed: everything between the two is processed again. ` +
        'What was written to other systems after the restored checkpoint happens twice unless those can take it back or recognise it',
      { restored: restoredId, newest },
    );
  }
}

/** The metadata of everything published, or why it cannot be read, by pointer. */
type ReadSnapshots = ReadonlyMap<string, ReadableSnapshot | StateError>;

function lineagesIn(
  read: ReadSnapshots,
): (checkpoint: FoundCheckpoint) => CheckpointLineage | 'unreadable' | undefined {
  return ({ externalPointer }) => {
    const snapshot = read.get(externalPointer);
    return snapshot === undefined || isStateError(snapshot) ? 'unreadable' : snapshot.metadata.lineage;
  };
}

function highestEpochIn(read: ReadSnapshots): number {
  let highest = 0;
  for (const snapshot of read.values()) {
    if (!isStateError(snapshot)) highest = Math.max(highest, snapshot.metadata.lineage?.epoch ?? 0);
  }
  return highest;
}

/** Not found after it was listed: whoever owned the state before was still removing what it had replaced. */
function isDamage(error: StateError): boolean {
  return error.kind === 'corrupt' || error.code === 'checkpoint-not-found';
}

/** The listing with the decision that was recorded since. */
function decidedIn(
  { checkpoints, owners }: CheckpointListing,
  { epoch }: CheckpointOwner,
  restoredFrom: LineageMember | undefined,
): CheckpointListing {
  const others = owners.filter((owner) => owner.epoch !== epoch);
  return { checkpoints, owners: [...others, { epoch, restoredFrom: restoredFrom ?? null }] };
}

/** What the new owner continues from, in terms of this job; what names none of its earlier owners is no member. */
function lineageMemberOf(
  restored: ReadableSnapshot | undefined,
  listing: CheckpointListing,
  owner: CheckpointOwner,
): LineageMember | undefined {
  if (restored === undefined || !isListed(restored, listing)) return undefined;
  const { checkpointId, lineage } = restored.metadata;
  // A copied checkpoint may name an owner that this job has not had yet.
  if (lineage === undefined || lineage.epoch >= owner.epoch) return undefined;
  return { epoch: lineage.epoch, checkpointId };
}

function isListed(snapshot: ReadableSnapshot, listing: CheckpointListing): boolean {
  return listing.checkpoints.some(
    ({ externalPointer, published }) => published && externalPointer === snapshot.externalPointer,
  );
}

function skippedOf(
  { checkpointId, externalPointer }: Pick<FoundCheckpoint, 'checkpointId' | 'externalPointer'>,
  error: StateError,
): SkippedCheckpoint {
  return { checkpointId, pointer: externalPointer, reason: `${error.code}: ${error.message}` };
}

const CLAIMS_NOTHING: string =
  'checkpoints of this storage end with the process, and then it would be all that is left';

/** Another job has claimed what this one began with: it is restored all the same, and left to the other. */
function ignoreClaim(error: unknown): undefined {
  if (!isStateError(error, 'snapshot-claimed')) throw error;
  return undefined;
}

const UNKNOWN_EXTERNAL: string = 'the snapshot with which it began last: its name in the storage is damaged';

/** What was found where nothing can be restored. */
interface NothingRestorable {
  readonly jobId: string;
  readonly skipped: readonly SkippedCheckpoint[];
  readonly lineage: LineageDecision;
  readonly listing: CheckpointListing;
}

function noValidCheckpoint(nothing: NothingRestorable, external?: string, cause?: unknown): StateError {
  const { jobId, skipped, lineage } = nothing;
  const lines = skipped.map(
    ({ checkpointId, pointer, reason }) => `checkpoint ${checkpointId} (${pointer}): ${reason}`,
  );
  const told = new Set(skipped.map(({ pointer }) => pointer));
  for (const { checkpoint, reason } of lineage.ignored) {
    if (!told.has(checkpoint.externalPointer)) lines.push(`${reason} (${checkpoint.externalPointer})`);
  }
  if (external !== undefined) lines.push(external);
  else if (skipped.length === 0) lines.push(...missingIn(nothing));
  const stranded = lineage.ignored
    .filter(({ cause: why }) => why === 'undecided-owner')
    .map(({ checkpoint }) => checkpoint)
    .toSorted((a, b) => b.checkpointId - a.checkpointId)[0];
  return new StateError(
    'no-valid-checkpoint',
    [
      `'${jobId}' has had state, and nothing that holds it can be restored:`,
      ...lines.map((line) => `  - ${line}`),
      ...(stranded === undefined
        ? []
        : [`go on from the newest whose owner's record is missing (restore: '${stranded.externalPointer}'), or`]),
      "restore a savepoint (restore: '<path>'), or give the state up and start empty (restore: 'none')",
    ].join('\n'),
    { details: { checkpoints: skipped }, ...(cause !== undefined && { cause }) },
  );
}

/** What must have been there and is not. */
function missingIn({ lineage, listing }: NothingRestorable): string[] {
  const from = listing.owners
    .toSorted((a, b) => b.epoch - a.epoch)
    .find(({ restoredFrom }) => restoredFrom !== undefined)?.restoredFrom;
  if (from != null) return [`checkpoint ${from.checkpointId}, which was restored last, is no longer there`];
  if (!lineage.hasPublished || lineage.ignored.some(({ cause }) => cause === 'undecided-owner')) return [];
  return ['checkpoints had completed, and all of them, or the metadata of all, have been removed'];
}
