// Gives every checkpoint and savepoint of a job an id of its own.
//
//   I1. Ids ascend and are never given twice, also not for checkpoints that fail.

/** Counts checkpoints. Asynchronous, because a counter may be kept outside the process. */
export interface CheckpointIdCounter {
  /** The next id; the one after it is one higher. @throws StateError `storage-*` where the counter is kept outside. */
  getAndIncrement(): Promise<number>;
  /** What {@link getAndIncrement} will return. */
  get(): Promise<number>;
  /** Sets the next id, after a restore. @throws RangeError unless it is an integer of at least 1. */
  setCount(nextId: number): Promise<void>;
  close(): Promise<void>;
}

/** A {@link CheckpointIdCounter} in memory: the first id of a run comes from the listing of the storage. */
export class StandaloneCheckpointIdCounter implements CheckpointIdCounter {
  private nextId: number;

  /** @throws RangeError unless `firstId` is an integer of at least 1. */
  constructor(firstId = 1) {
    this.nextId = checkedId(firstId);
  }

  async getAndIncrement(): Promise<number> {
    const id = checkedId(this.nextId);
    this.nextId = id + 1;
    return id;
  }

  async get(): Promise<number> {
    return this.nextId;
  }

  async setCount(nextId: number): Promise<void> {
    this.nextId = checkedId(nextId);
  }

  async close(): Promise<void> {}
}

function checkedId(id: number): number {
  if (!Number.isSafeInteger(id) || id < 1)
    throw new RangeError(`a checkpoint id is an integer of at least 1, not ${id}`);
  return id;
}
