// Who may publish: takeovers of one job, in order.
//
// Owns: the files `owner-<epoch>` and `owner-<epoch>-from-...`.
//
//   O1. An epoch belongs to whoever made its file, and making it fails when it is there.
//   O2. The facts are in the names; the content of an owner file is for people and is never read.
//   O3. Owner files are never removed: an epoch is used once in the life of a job's directory, and epochs have no gaps. So
//       one look at the next epoch tells whether an owner was overtaken, however many there have been.

import { StateError } from '@tidemark/state-core';
import type { CheckpointOwner, FoundOwner } from '@tidemark/state-core/spi';
import type { JobLayout } from './checkpoint-directory-layout.js';
import { childPath } from './file-system/file-paths.js';
import type { FileSystem } from './file-system/file-system.js';

/** What an owner continues from; `null` for a clean start. */
export type RestoredFrom = { readonly epoch: number; readonly checkpointId: number } | null;

const TAKEOVER_ATTEMPTS: number = 1000;
const OWNER_NAME: RegExp = /^owner-([1-9]\d{0,15})$/;
const DECISION_NAME: RegExp = /^owner-([1-9]\d{0,15})-from-(?:none|([1-9]\d{0,15})-([1-9]\d{0,15}))$/;

/** The takeovers of one job. */
export class FileSystemOwnership {
  readonly #fileSystem: FileSystem;
  readonly #jobPath: string;

  constructor(layout: JobLayout) {
    this.#fileSystem = layout.fileSystem;
    this.#jobPath = layout.jobPath;
  }

  /**
   * Takes the next epoch. The directory of the job is there.
   *
   * @param description - For people who look into the file.
   */
  async acquire(description: Readonly<Record<string, unknown>>): Promise<CheckpointOwner> {
    const text = new TextEncoder().encode(`${JSON.stringify(description)}\n`);
    for (let attempt = 0; attempt < TAKEOVER_ATTEMPTS; attempt++) {
      const epoch = (await this.#highestEpoch()) + 1;
      if (await this.#createDurably(`owner-${epoch}`, text)) return { epoch };
    }
    throw new StateError(
      'storage-io-failed',
      `other processes took over ${this.#uri()} ${TAKEOVER_ATTEMPTS} times while this one tried: several processes restart in turn under one name; stop all but one, or give each its own name or shard`,
      { details: { job: this.#uri() } },
    );
  }

  /** Makes the decision of an owner durable. Repeating the same decision is harmless. */
  async recordRestoredFrom(owner: CheckpointOwner, restoredFrom: RestoredFrom): Promise<void> {
    await this.refuseFenced(owner);
    const from = restoredFrom === null ? 'none' : `${restoredFrom.epoch}-${restoredFrom.checkpointId}`;
    const earlier = (await this.list()).find((found) => found.epoch === owner.epoch)?.restoredFrom;
    if (earlier !== undefined && !sameDecision(earlier, restoredFrom)) {
      throw new TypeError(`the owner of epoch ${owner.epoch} has recorded another checkpoint to continue from already`);
    }
    await this.#createDurably(`owner-${owner.epoch}-from-${from}`, new Uint8Array(0));
  }

  /** Every takeover, in order. */
  async list(): Promise<FoundOwner[]> {
    return ownersIn((await this.#names()) ?? []);
  }

  /** @throws StateError `fenced` when there is a higher epoch than that of `owner`. */
  async refuseFenced(owner: CheckpointOwner): Promise<void> {
    if (await this.isOvertaken(owner)) throw this.fencedError(owner, await this.#highestEpoch());
  }

  /** Whether there is an epoch after that of `owner`. */
  async isOvertaken(owner: CheckpointOwner): Promise<boolean> {
    return (await this.#fileSystem.status(childPath(this.#jobPath, `owner-${owner.epoch + 1}`))) !== undefined;
  }

  /** The error for an owner that was overtaken. */
  fencedError(owner: CheckpointOwner, epoch: number): StateError {
    return new StateError(
      'fenced',
      `${this.#uri()} has been taken over by another owner (epoch ${epoch}); this instance (epoch ${owner.epoch}) can publish nothing more that counts. Close it; if both are meant to run, give each its own name or shard`,
      { details: { job: this.#uri(), epoch: owner.epoch, takenOverBy: epoch } },
    );
  }

  async #highestEpoch(): Promise<number> {
    return (await this.list()).at(-1)?.epoch ?? 0;
  }

  async #names(): Promise<string[] | undefined> {
    return (await this.#fileSystem.listDirectory(this.#jobPath))?.map((entry) => entry.name);
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

/** The takeovers that the names in a job's directory tell of, in order. */
export function ownersIn(names: Iterable<string>): FoundOwner[] {
  const epochs = new Set<number>();
  const decisions = new Map<number, RestoredFrom>();
  for (const name of names) {
    const plain = OWNER_NAME.exec(name);
    if (plain !== null) epochs.add(Number(plain[1]));
    const decision = DECISION_NAME.exec(name);
    if (decision === null) continue;
    const [, epoch, fromEpoch, fromCheckpoint] = decision;
    const isClean = fromEpoch === undefined;
    decisions.set(Number(epoch), isClean ? null : { epoch: Number(fromEpoch), checkpointId: Number(fromCheckpoint) });
  }
  // A decision without its owner file counts as a takeover too: an epoch must never be given out twice.
  for (const epoch of decisions.keys()) epochs.add(epoch);
  const sorted = [...epochs].filter((epoch) => epoch < Number.MAX_SAFE_INTEGER).sort((a, b) => a - b);
  return sorted.map((epoch) => {
    const restoredFrom = decisions.get(epoch);
    return restoredFrom === undefined ? { epoch } : { epoch, restoredFrom };
  });
}

function sameDecision(a: RestoredFrom, b: RestoredFrom): boolean {
  return a === b || (a !== null && b !== null && a.epoch === b.epoch && a.checkpointId === b.checkpointId);
}
