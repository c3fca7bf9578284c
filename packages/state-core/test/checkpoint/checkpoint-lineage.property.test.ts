// Takeovers, checkpoints, crashes and zombies in any order, against a model that remembers what every owner's state
// consists of: the decision must be exactly the history of the owner that decided last.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decideLineage, nextCheckpointId } from '../../src/checkpoint/checkpoint-lineage.js';
import type { CheckpointLineage } from '../../src/checkpoint/checkpoint-metadata.js';
import type { CheckpointListing, FoundOwner } from '../../src/checkpoint-storage/checkpoint-storage.js';

interface Published {
  readonly checkpointId: number;
  readonly epoch: number;
  /** Everything before it that its state consists of. */
  readonly history: readonly Published[];
}

interface Owner {
  readonly epoch: number;
  restoredFrom?: { epoch: number; checkpointId: number } | null;
  /** What it saw when it listed, before it recorded its decision. */
  chosen?: { from: Published | undefined; nextId: number };
  history: readonly Published[];
  nextId: number;
  alive: boolean;
  published: boolean;
}

/** A storage with exclusive ids, and whatever processes think they own the job. */
class Job {
  readonly checkpoints: Map<number, Published | 'begun'> = new Map();
  readonly owners: Owner[] = [];

  listing(): CheckpointListing {
    return {
      checkpoints: [...this.checkpoints].map(([checkpointId, state]) => ({
        checkpointId,
        published: state !== 'begun',
        externalPointer: `chk-${checkpointId}`,
      })),
      owners: this.owners.map(
        ({ epoch, restoredFrom, published }): FoundOwner => ({
          epoch,
          ...(restoredFrom !== undefined && { restoredFrom }),
          ...(published && { published }),
        }),
      ),
    };
  }

  decide() {
    return decideLineage(
      this.listing(),
      ({ checkpointId }): CheckpointLineage => ({ epoch: this.published(checkpointId).epoch }),
    );
  }

  published(checkpointId: number): Published {
    const found = this.checkpoints.get(checkpointId);
    if (found === undefined || found === 'begun') throw new Error(`checkpoint ${checkpointId} is not published`);
    return found;
  }

  takeOver(): void {
    this.owners.push({ epoch: this.owners.length + 1, history: [], nextId: 1, alive: true, published: false });
  }

  /** Lists and chooses; `skip` newer ones turn out to be damaged. */
  choose(owner: Owner, skip: number): void {
    if (!owner.alive || owner.chosen !== undefined) return;
    const { restorable } = this.decide();
    const pick = restorable[Math.min(skip, restorable.length - 1)];
    owner.chosen = { from: pick && this.published(pick.checkpointId), nextId: nextCheckpointId(this.listing()) };
  }

  record(owner: Owner): void {
    if (!owner.alive || owner.chosen === undefined || owner.restoredFrom !== undefined) return;
    const { from, nextId } = owner.chosen;
    owner.restoredFrom = from === undefined ? null : { epoch: from.epoch, checkpointId: from.checkpointId };
    owner.history = from === undefined ? [] : [...from.history, from];
    owner.nextId = nextId;
  }

  /** Also by owners that have been replaced without knowing: that is what makes a zombie. */
  checkpoint(owner: Owner, completes: boolean): void {
    if (!owner.alive || owner.restoredFrom === undefined) return;
    while (this.checkpoints.has(owner.nextId)) owner.nextId++;
    const checkpointId = owner.nextId++;
    if (!completes) {
      this.checkpoints.set(checkpointId, 'begun');
      return;
    }
    const published: Published = { checkpointId, epoch: owner.epoch, history: owner.history };
    owner.history = [...owner.history, published];
    owner.published = true;
    this.checkpoints.set(checkpointId, published);
  }

  /** Retention: an owner removes the oldest that it knows. */
  subsume(owner: Owner): void {
    const oldest = owner.history.find((checkpoint) => this.isThere(checkpoint));
    if (oldest !== undefined && oldest !== owner.history.at(-1)) this.checkpoints.delete(oldest.checkpointId);
  }

  /** Whether the owner that decided last consists of anything, there or not. */
  hasState(): boolean {
    return (this.owners.findLast((owner) => owner.restoredFrom !== undefined)?.history ?? []).length > 0;
  }

  /** What the owner that decided last consists of, as far as it is still there, newest first. */
  trueHistory(): number[] {
    const latest = this.owners.findLast((owner) => owner.restoredFrom !== undefined);
    return (latest?.history ?? [])
      .filter((checkpoint) => this.isThere(checkpoint))
      .map(({ checkpointId }) => checkpointId)
      .reverse();
  }

  /** By object: a zombie may use the id of a checkpoint that was removed. */
  private isThere(checkpoint: Published): boolean {
    return this.checkpoints.get(checkpoint.checkpointId) === checkpoint;
  }
}

const step = fc.record({
  action: fc.constantFrom(
    'take over',
    'start',
    'start',
    'choose',
    'record',
    'checkpoint',
    'checkpoint',
    'checkpoint',
    'begin',
    'crash',
    'subsume',
  ),
  who: fc.nat({ max: 9 }),
  skip: fc.constantFrom(0, 0, 0, 1, 2),
});

it('finds exactly the history of the owner that decided last, whatever zombies do', () => {
  let zombies = 0;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150, size: 'max' }), (steps) => {
      const job = new Job();
      for (const { action, who, skip } of steps) {
        // The younger owners act more often than those long gone.
        const owner = job.owners.at(-1 - (who % Math.max(1, Math.min(4, job.owners.length))));
        if (action === 'take over' || owner === undefined) job.takeOver();
        else if (action === 'choose') job.choose(owner, skip);
        else if (action === 'record') job.record(owner);
        else if (action === 'start') {
          job.choose(owner, skip);
          job.record(owner);
        } else if (action === 'crash') owner.alive = false;
        else if (action === 'subsume') job.subsume(owner);
        else job.checkpoint(owner, action === 'checkpoint');

        const { restorable, ignored, mayStartClean } = job.decide();
        expect(mayStartClean).toBe(!job.hasState());
        const swept = { ...job.listing(), checkpoints: [] };
        expect(decideLineage(swept, () => undefined).mayStartClean).toBe(!job.hasState());
        expect(restorable.map(({ checkpointId }) => checkpointId)).toEqual(job.trueHistory());
        expect(restorable.length + ignored.length).toBe(job.checkpoints.size);
        expect(nextCheckpointId(job.listing())).toBeGreaterThan(Math.max(0, ...job.checkpoints.keys()));
        zombies += ignored.filter(({ cause }) => cause === 'zombie').length;
      }
    }),
  );
  // A model in which nothing ever goes wrong proves nothing.
  expect(zombies).toBeGreaterThan(1000);
});
