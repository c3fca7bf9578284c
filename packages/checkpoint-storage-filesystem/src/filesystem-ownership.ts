// Who may publish: takeovers of one job, in order.
//
// Owns: the files `owner-<epoch>`, `owner-<epoch>-from-...` and `owner-<epoch>-published`.
//
//   O1. An epoch belongs to whoever made its file, and making it fails when it is there.
//   O2. The facts are in the names; the content of an owner file is for people and is never read, but for the pointer in
//       `owner-<epoch>-from-external`. Such a file that cannot be understood still says that there was a snapshot.
//   O3. The files of the newest two owners are never removed, nor is a name given twice above them: whoever lists the
//       directory sees a newer owner than any that was overtaken, also while the older files are being removed. An owner
//       whose own file is gone while there are others was overtaken, too.
//   O4. That an owner has published is told apart from what it published: somebody may remove the checkpoints.

import { StateError } from '@tidemark/state-core';
import {
  type CheckpointOwner,
  checkRestoreDecision,
  type ExternalSnapshot,
  equalRestoreDecisions,
  type FoundExternalSnapshot,
  type FoundOwner,
  type RestoredFrom,
} from '@tidemark/state-core/spi';
import { publishAtomically } from './atomic-publication.js';
import { checkpointDirectoryName, type JobLayout } from './checkpoint-directory-layout.js';
import { childPath } from './file-system/file-paths.js';
import type { FileSystem } from './file-system/file-system.js';

const TAKEOVER_ATTEMPTS: number = 1000;
const OWNER_NAME: RegExp = /^owner-([1-9]\d{0,15})$/;
const DECISION_NAME: RegExp = /^owner-([1-9]\d{0,15})-from-(none|external|([1-9]\d{0,15})-([1-9]\d{0,15}))$/;
const PUBLISHED_NAME: RegExp = /^owner-([1-9]\d{0,15})-published$/;
/** What atomic-publication.ts leaves in the directory of a job when its process dies. */
const LEFTOVER_NAME: RegExp = /^(owner-\d+-from-external|claim-[0-9a-f]{32})\.([0-9a-f]+\.tmp|claim)$/;
const OWNED_NAME: RegExp = /^owner-([1-9]\d{0,15})(?:$|-)/;
/** Longer than any path or URI that somebody passes on. */
const EXTERNAL_BYTES_MAX: number = 1024 * 1024;

/** The takeovers of one job. */
export class FileSystemOwnership {
  readonly #fileSystem: FileSystem;
  readonly #jobPath: string;
  readonly #newName: () => string;
  readonly #decided: Set<number> = new Set();
  readonly #published: Set<number> = new Set();

  /** @param newName - A fresh name for a temporary file. */
  constructor(layout: JobLayout, newName: () => string) {
    this.#fileSystem = layout.fileSystem;
    this.#jobPath = layout.jobPath;
    this.#newName = newName;
  }

  /**
   * Takes the next epoch. The directory of the job is there.
   *
   * @param description - For people who look into the file.
   * @param epochMin - The epoch is at least this.
   */
  async acquire(description: Readonly<Record<string, unknown>>, epochMin = 1): Promise<CheckpointOwner> {
    const text = new TextEncoder().encode(`${JSON.stringify(description)}\n`);
    for (let attempt = 0; attempt < TAKEOVER_ATTEMPTS; attempt++) {
      const epoch = Math.max((await this.#highestEpoch()) + 1, epochMin);
      if (await this.#createDurably(`owner-${epoch}`, text)) return { epoch };
    }
    throw new StateError(
      'storage-io-failed',
      `other processes took over ${this.#uri()} ${TAKEOVER_ATTEMPTS} times while this one tried: several processes restart in turn under one name; stop all but one, or give each its own name or shard`,
      { details: { job: this.#uri() } },
    );
  }

  /**
   * Makes the decision of an owner durable. Repeating the same decision is harmless.
   *
   * @throws RangeError, TypeError as `CheckpointStorageCoordinatorView.recordRestoredFrom`.
   */
  async recordRestoredFrom(
    owner: CheckpointOwner,
    restoredFrom: RestoredFrom,
    external?: ExternalSnapshot,
  ): Promise<void> {
    checkRestoreDecision(owner, restoredFrom, external);
    await this.refuseFenced(owner);
    const earlier = (await this.list()).find((found) => found.epoch === owner.epoch);
    if (earlier?.restoredFrom !== undefined) {
      const recorded = { restoredFrom: earlier.restoredFrom, external: earlier.external };
      if (!equalRestoreDecisions(recorded, { restoredFrom, external }))
        throw new TypeError(`the owner of epoch ${owner.epoch} has recorded another snapshot to continue from already`);
    } else if (external === undefined) {
      if (restoredFrom !== null) await this.#makeDurable(restoredFrom.checkpointId);
      const from = restoredFrom === null ? 'none' : `${restoredFrom.epoch}-${restoredFrom.checkpointId}`;
      await this.#createDurably(`owner-${owner.epoch}-from-${from}`, new Uint8Array(0));
    } else {
      await this.#recordExternal(owner, external);
    }
    this.#decided.add(owner.epoch);
  }

  /**
   * Records that a checkpoint of an owner is there, once. A failure is nothing to fail a completed checkpoint for: the
   * next one tries again, and a start that finds the checkpoint records that it continues from it.
   */
  async recordPublished(owner: CheckpointOwner): Promise<void> {
    if (this.#published.has(owner.epoch)) return;
    try {
      await this.#createDurably(`owner-${owner.epoch}-published`, new Uint8Array(0));
      this.#published.add(owner.epoch);
    } catch {}
  }

  /** @throws TypeError when an owner has not recorded what it continues from. */
  async refuseUndecided(owner: CheckpointOwner): Promise<void> {
    if (this.#decided.has(owner.epoch)) return;
    const found = (await this.list()).find(({ epoch }) => epoch === owner.epoch);
    if (found?.restoredFrom === undefined) {
      throw new TypeError(
        `the owner of epoch ${owner.epoch} takes a checkpoint before it has recorded what it continues from: the checkpoint would count for nobody; call recordRestoredFrom first`,
      );
    }
    this.#decided.add(owner.epoch);
  }

  /** Every takeover, in order. */
  async list(): Promise<FoundOwner[]> {
    return this.ownersIn((await this.#names()) ?? []);
  }

  /** The takeovers that the names in the job's directory tell of, in order. */
  async ownersIn(names: Iterable<string>): Promise<FoundOwner[]> {
    const owners = decisionsIn(names).map(async ({ epoch, decision, published }): Promise<FoundOwner> => {
      const known = { epoch, ...(published && { published }) };
      if (decision === undefined) return known;
      if (decision !== 'external') return { ...known, restoredFrom: decision };
      return { ...known, restoredFrom: null, external: await this.#readExternal(epoch) };
    });
    return Promise.all(owners);
  }

  /**
   * Removes the files of owners that are not in use (O3), and what is left of files that a crash kept from being published.
   *
   * @throws StateError `fenced` when a newer owner than `owner` is there, `storage-*`.
   */
  async forget(inUse: ReadonlySet<number>, owner: CheckpointOwner): Promise<void> {
    const names = (await this.#names()) ?? [];
    // Asked after the listing: what is in it was there before any newer owner.
    await this.refuseFenced(owner);
    for (const name of names.filter((candidate) => LEFTOVER_NAME.test(candidate))) {
      await this.#fileSystem.removeFile(childPath(this.#jobPath, name));
    }
    const epochs = decisionsIn(names).map(({ epoch }) => epoch);
    const forgotten = new Set(epochs.slice(0, -2).filter((epoch) => epoch < owner.epoch && !inUse.has(epoch)));
    // The facts before the epoch: an owner that is still there without its decision counts as not having existed.
    for (const name of names.toSorted((a, b) => b.length - a.length)) {
      const epoch = Number(OWNED_NAME.exec(name)?.[1]);
      if (forgotten.has(epoch)) await this.#fileSystem.removeFile(childPath(this.#jobPath, name));
    }
  }

  /** @throws StateError `fenced` when there is a higher epoch than that of `owner`. */
  async refuseFenced(owner: CheckpointOwner): Promise<void> {
    if (await this.isOvertaken(owner)) throw this.fencedError(owner, await this.#highestEpoch());
  }

  /** Whether there is an epoch after that of `owner`, or was one that has removed its file (O3). */
  async isOvertaken({ epoch }: CheckpointOwner): Promise<boolean> {
    const names = (await this.#names()) ?? [];
    const epochs = decisionsIn(names).map((found) => found.epoch);
    // A directory without any was emptied by somebody: nobody has taken over.
    return epochs.length > 0 && ((epochs.at(-1) as number) > epoch || !epochs.includes(epoch));
  }

  /** The error for an owner that was overtaken. */
  fencedError(owner: CheckpointOwner, epoch: number): StateError {
    const what =
      epoch > owner.epoch
        ? `has been taken over by another owner (epoch ${epoch})`
        : `has no record of this owner any more (owner-${owner.epoch}), and has one of another (owner-${epoch})`;
    return new StateError(
      'fenced',
      `${this.#uri()} ${what}; this instance (epoch ${owner.epoch}) can publish nothing more that counts. Close it; if both are meant to run, give each its own name or shard`,
      { details: { job: this.#uri(), epoch: owner.epoch, takenOverBy: epoch } },
    );
  }

  async #highestEpoch(): Promise<number> {
    return decisionsIn((await this.#names()) ?? []).at(-1)?.epoch ?? 0;
  }

  async #names(): Promise<string[] | undefined> {
    return (await this.#fileSystem.listDirectory(this.#jobPath))?.map((entry) => entry.name);
  }

  /** Its owner may have died between linking and sync: a decision must not outlive what it decides for. */
  async #makeDurable(checkpointId: number): Promise<void> {
    const directory = childPath(this.#jobPath, checkpointDirectoryName(checkpointId));
    if ((await this.#fileSystem.status(directory)) === undefined) return;
    await this.#fileSystem.syncDirectory(directory);
    await this.#fileSystem.syncDirectory(this.#jobPath);
  }

  async #recordExternal(owner: CheckpointOwner, { pointer, claim }: ExternalSnapshot): Promise<void> {
    // Whole or not at all: half a pointer would stand in the way of every later start.
    await publishAtomically({
      fileSystem: this.#fileSystem,
      path: childPath(this.#jobPath, externalName(owner.epoch)),
      bytes: new TextEncoder().encode(`${JSON.stringify({ pointer, ...(claim === true && { claim }) })}\n`),
      random: this.#newName(),
    });
  }

  async #readExternal(epoch: number): Promise<FoundExternalSnapshot> {
    const path = childPath(this.#jobPath, externalName(epoch));
    if ((await this.#fileSystem.status(path))?.kind !== 'file') return {};
    const reader = await this.#fileSystem.openExisting(path);
    if (reader === undefined) return {};
    try {
      return externalIn(await reader.read(0, Math.min(reader.sizeBytes, EXTERNAL_BYTES_MAX)));
    } finally {
      await reader.close();
    }
  }

  async #createDurably(name: string, content: Uint8Array): Promise<boolean> {
    const writer = await this.#fileSystem.openNew(childPath(this.#jobPath, name));
    if (writer === undefined) return false;
    try {
      if (content.length > 0) await writer.write(content);
      await writer.sync();
    } finally {
      await writer.close();
    }
    await this.#fileSystem.syncDirectory(this.#jobPath);
    return true;
  }

  #uri(): string {
    return this.#fileSystem.uriOf(this.#jobPath);
  }
}

interface FoundDecision {
  readonly epoch: number;
  /** Absent when the owner stopped before it decided. */
  readonly decision?: RestoredFrom | 'external';
  readonly published: boolean;
}

function decisionsIn(names: Iterable<string>): FoundDecision[] {
  const epochs = new Set<number>();
  const decisions = new Map<number, RestoredFrom | 'external'>();
  const publishers = new Set<number>();
  for (const name of names) {
    const plain = OWNER_NAME.exec(name);
    if (plain !== null) epochs.add(Number(plain[1]));
    const publisher = PUBLISHED_NAME.exec(name);
    if (publisher !== null) publishers.add(Number(publisher[1]));
    const decision = DECISION_NAME.exec(name);
    if (decision === null) continue;
    const [, digits, from, fromEpoch, fromCheckpoint] = decision;
    const epoch = Number(digits);
    // A decision without its owner file counts as a takeover too: an epoch must never be given out twice.
    epochs.add(epoch);
    if (from === 'external') decisions.set(epoch, 'external');
    else if (from !== 'none') decisions.set(epoch, { epoch: Number(fromEpoch), checkpointId: Number(fromCheckpoint) });
    else if (!decisions.has(epoch)) decisions.set(epoch, null);
  }
  for (const epoch of publishers) epochs.add(epoch);
  const sorted = [...epochs].filter((epoch) => epoch < Number.MAX_SAFE_INTEGER).sort((a, b) => a - b);
  return sorted.map((epoch) => {
    const decision = decisions.get(epoch);
    const published = publishers.has(epoch);
    return decision === undefined ? { epoch, published } : { epoch, decision, published };
  });
}

function externalName(epoch: number): string {
  return `owner-${epoch}-from-external`;
}

function externalIn(bytes: Uint8Array): FoundExternalSnapshot {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    const { pointer, claim } = (parsed ?? {}) as { readonly pointer?: unknown; readonly claim?: unknown };
    if (typeof pointer !== 'string' || pointer.trim() === '') return {};
    return claim === true ? { pointer, claim } : { pointer };
  } catch {
    return {};
  }
}
