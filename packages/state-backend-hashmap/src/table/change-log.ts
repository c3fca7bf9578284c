// What the slots of one table cannot tell any more when a checkpoint writes what changed: entries that went, maps that were
// cleared, and how long lists were before something came or went at their ends. What was set is told by the epoch of each slot.
//
//   CL1. Changes are noted by epoch, and only while a checkpoint may be built upon that does not have them.
//   CL2. Only what was there when the epoch began is noted: an entry that comes and goes within it leaves no trace.
//   CL3. The log is no longer than the table, or LOG_ENTRIES_MIN: beyond that a full image is no larger than what changed,
//        so the oldest epochs go, and bases before their end can no longer be served.
//   CL4. Epochs that have ended never change: who holds them may read them at leisure.

import type { EpochClock } from './epoch-clock.js';

/** A log of so many entries is kept whatever the size of the table. */
const LOG_ENTRIES_MIN = 1024;

/** The changes of one epoch, in parallel arrays. */
export class EpochChanges {
  readonly removedKeys: unknown[] = [];
  readonly removedNamespaces: unknown[] = [];
  /** For maps. */
  readonly removedMapKeys: unknown[] = [];
  /** Maps of which all entries went at once. */
  readonly clearedKeys: unknown[] = [];
  readonly clearedNamespaces: unknown[] = [];
  /**
   * Lists that changed at their ends only, what tells each of them from others (its array, or its lineage), where in that it
   * began, its length before, and since when.
   */
  readonly tailSlots: number[] = [];
  readonly tailLists: object[] = [];
  readonly tailOffsets: number[] = [];
  readonly tailLengths: number[] = [];
  readonly tailSince: number[] = [];

  constructor(readonly epoch: number) {}

  get size(): number {
    return this.removedKeys.length + this.clearedKeys.length + this.tailSlots.length;
  }
}

/** The changes of one table, by epoch. */
export class ChangeLog {
  private epochs: EpochChanges[] = [];
  private size = 0;
  /** Up to this epoch changes are missing. */
  private forgottenEpoch = 0;

  constructor(private readonly clock: EpochClock) {}

  /** An entry went that was there when the epoch began. */
  removed(key: unknown, namespace: unknown, entries: number): void {
    const changes = this.open(entries);
    changes?.removedKeys.push(key);
    changes?.removedNamespaces.push(namespace);
  }

  /** As {@link removed}, of an entry of a map. */
  removedFromMap(key: unknown, namespace: unknown, mapKey: unknown, entries: number): void {
    const changes = this.open(entries);
    changes?.removedKeys.push(key);
    changes?.removedNamespaces.push(namespace);
    changes?.removedMapKeys.push(mapKey);
  }

  /** All entries of a map went, one of which at least was there when the epoch began. */
  cleared(key: unknown, namespace: unknown, entries: number): void {
    const changes = this.open(entries);
    changes?.clearedKeys.push(key);
    changes?.clearedNamespaces.push(namespace);
  }

  /**
   * A list is about to be appended to or trimmed, as the first change in the epoch.
   *
   * @param list - What stays the same as long as it changes at its ends only.
   * @param offset - How many elements went at its front since it began.
   * @param since - The epoch of the change before.
   */
  endsChange(slot: number, list: object, offset: number, length: number, since: number, entries: number): void {
    const changes = this.open(entries);
    changes?.tailSlots.push(slot);
    changes?.tailLists.push(list);
    changes?.tailOffsets.push(offset);
    changes?.tailLengths.push(length);
    changes?.tailSince.push(since);
  }

  /** The changes after `baseEpoch` up to `lastEpoch`, oldest first; `undefined` when some of them are missing. */
  between(baseEpoch: number, lastEpoch: number): readonly EpochChanges[] | undefined {
    if (baseEpoch < this.forgottenEpoch) return undefined;
    return this.epochs.filter(({ epoch }) => epoch > baseEpoch && epoch <= lastEpoch);
  }

  /** Lets go of what no checkpoint can ask for any more. */
  forget(): void {
    const { forgettableEpoch } = this.clock;
    while ((this.epochs[0]?.epoch ?? Number.POSITIVE_INFINITY) <= forgettableEpoch) this.dropOldest();
  }

  /** Forgets everything as if it had never been: what came before was no change. */
  clear(): void {
    this.epochs = [];
    this.size = 0;
    this.forgottenEpoch = 0;
  }

  /** Changes that are remembered. */
  get length(): number {
    return this.size;
  }

  /** The changes of this epoch, with room for one more; `undefined` when they are given up. */
  private open(entries: number): EpochChanges | undefined {
    const { epoch } = this.clock;
    if (epoch <= this.forgottenEpoch) return undefined;
    let changes = this.epochs[this.epochs.length - 1];
    if (changes?.epoch !== epoch) {
      this.forget();
      changes = new EpochChanges(epoch);
      this.epochs.push(changes);
    }
    this.size++;
    if (this.size <= LOG_ENTRIES_MIN || this.size <= entries) return changes;
    // With the one to come still uncounted in its epoch.
    while (this.epochs.length > 1 && this.size > LOG_ENTRIES_MIN && this.size > entries) this.dropOldest();
    if (this.size <= LOG_ENTRIES_MIN || this.size <= entries) return changes;
    this.dropOldest();
    this.size = 0;
    return undefined;
  }

  private dropOldest(): void {
    const oldest = this.epochs.shift();
    if (oldest === undefined) return;
    this.size -= oldest.size;
    this.forgottenEpoch = Math.max(this.forgottenEpoch, oldest.epoch);
  }
}
