// Counts the epochs of one backend: an epoch is all changes between two freezes.
//
//   EC1. Freezing takes constant time: it ends an epoch and notes that somebody looks at its end. Each table finds out
//        when it is changed or walked next.
//   EC2. `frozen` is ordered from the oldest freeze to the newest.

/** The end of an epoch that a running snapshot looks at. */
export interface FrozenEpoch {
  /** Changes of this epoch and of earlier ones are in the snapshot. */
  readonly epoch: number;
}

/** The epochs of one backend. */
export class EpochClock {
  /** The epoch that changes belong to now; from 1, so that 0 is before every freeze. */
  epoch = 1;
  /** The freezes that running snapshots look at (EC2). */
  frozen: readonly FrozenEpoch[] = [];
  /** Whether a checkpoint to come may be built on an earlier one, so that tables note what goes. */
  isRemembering = false;
  /** Changes up to this epoch need not be remembered any more. */
  forgettableEpoch: number = Number.MAX_SAFE_INTEGER;

  /** Ends the epoch. */
  freeze(): FrozenEpoch {
    const frozen = { epoch: this.epoch };
    this.frozen = [...this.frozen, frozen];
    this.epoch++;
    return frozen;
  }

  /** Nobody looks at this freeze any more. */
  release(released: FrozenEpoch): void {
    this.frozen = this.frozen.filter((frozen) => frozen !== released);
  }
}
