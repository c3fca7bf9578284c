// Many writes together, where the store can do that.
//
//   SY1. A batch within a batch is a part of it: stores know of one at a time.
//   SY2. What was noted to be undone is undone, last first, when the batch fails: nobody knows then what of it is in the store.

import type { KeyedStore } from '../state-backend/keyed-store.js';

/** The batches of one store. */
export class StoreBatches {
  /** Whether one is running. */
  isOpen = false;
  private undoing: (() => void)[] = [];

  constructor(private readonly store: KeyedStore) {}

  /** Runs `write` in a batch of the store. @throws what `write` and the store throw. */
  run(write: () => void): void {
    if (this.isOpen) {
      write();
      return;
    }
    this.isOpen = true;
    try {
      if (this.store.batch === undefined) write();
      else this.store.batch(write);
    } catch (error) {
      for (const undo of this.undoing.reverse()) undo();
      throw error;
    } finally {
      this.isOpen = false;
      if (this.undoing.length > 0) this.undoing = [];
    }
  }

  /** Notes what to do when the batch that runs fails. */
  onFailure(undo: () => void): void {
    this.undoing.push(undo);
  }
}
