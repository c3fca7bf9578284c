// SB1 to SB4 of snapshot-bases.ts: which checkpoints may be named, and what must be remembered for them.

import { describe, expect, it } from 'vitest';
import { KeyGroupRange, systemClock, systemScheduler } from '../../src/index.js';
import type { SnapshotContext } from '../../src/spi.js';
import { createSnapshotContext, type FrozenIncrement, SnapshotBases, SnapshotChain } from '../../src/support.js';
import { MemoryCheckpointStreams } from './memory-checkpoint-streams.js';

const chain = SnapshotChain.empty(KeyGroupRange.of(0, 0));
const EVERYTHING = Number.MAX_SAFE_INTEGER;

class Coordinator {
  epoch = 0;
  remembers = false;
  forgettable = -1;
  readonly bases: SnapshotBases;

  constructor(restored?: number) {
    const base = restored === undefined ? undefined : { checkpointId: restored, chain };
    this.bases = new SnapshotBases((remembers, forgettable) => {
      this.remembers = remembers;
      this.forgettable = forgettable;
    }, base);
  }

  freeze(checkpointId: number, base?: number): FrozenIncrement {
    const sharing = base === undefined ? 'forward' : 'forward-backward';
    const increment = this.bases.freeze(context({ checkpointId, base, sharing }), ++this.epoch);
    expect(increment).toBeDefined();
    return increment as FrozenIncrement;
  }

  take(checkpointId: number, base?: number): FrozenIncrement {
    const increment = this.freeze(checkpointId, base);
    this.bases.complete(increment, chain);
    this.bases.release(increment);
    return increment;
  }
}

function context(options: Partial<Parameters<typeof createSnapshotContext>[0]>): SnapshotContext {
  return createSnapshotContext({
    checkpointId: 1,
    streams: new MemoryCheckpointStreams(),
    clock: systemClock,
    scheduler: systemScheduler,
    ...options,
  });
}

describe('bases', () => {
  it('nothing is remembered before the first checkpoint that others may build on, nor after increments are off', () => {
    const job = new Coordinator();
    expect([job.remembers, job.forgettable]).toEqual([false, EVERYTHING]);
    expect(job.bases.freeze(context({ sharing: 'no-sharing' }), ++job.epoch)).toBeUndefined();
    expect(job.remembers).toBe(false);
    job.take(2);
    expect([job.remembers, job.forgettable]).toEqual([true, 2]);
    job.bases.freeze(context({ checkpointId: 3, sharing: 'no-sharing' }), ++job.epoch);
    expect([job.remembers, job.forgettable]).toEqual([false, EVERYTHING]);
    expect(job.freeze(4, 2).base).toBeUndefined();
  });

  it('the restored checkpoint may be named from the start', () => {
    const job = new Coordinator(7);
    expect([job.remembers, job.forgettable]).toEqual([true, 0]);
    expect(job.freeze(8, 7).base).toMatchObject({ checkpointId: 7, epoch: 0 });
  });

  it('a savepoint changes nothing and is no base', () => {
    const job = new Coordinator();
    job.take(1);
    expect(job.bases.freeze(context({ checkpointId: 2, kind: 'savepoint' }), ++job.epoch)).toBeUndefined();
    expect([job.remembers, job.forgettable]).toEqual([true, 1]);
    expect(job.freeze(3, 2).base).toBeUndefined();
    expect(job.freeze(4, 1).base?.checkpointId).toBe(1);
  });

  it('naming a base lets go of what is before it, but for those that are being written', () => {
    const job = new Coordinator();
    for (const checkpointId of [1, 2, 3]) job.take(checkpointId);
    const slow = job.freeze(4, 1);
    expect(job.forgettable).toBe(1);
    job.take(5, 3);
    // The slow one still writes what changed since the first.
    expect(job.forgettable).toBe(1);
    expect(job.freeze(6, 2).base).toBeUndefined();
    job.bases.complete(slow, chain);
    job.bases.release(slow);
    expect(job.forgettable).toBe(3);
    expect(job.freeze(7, 4).base?.checkpointId).toBe(4);
  });

  it('one that ends after a later one was named is no base', () => {
    const job = new Coordinator();
    job.take(1);
    const slow = job.freeze(2, 1);
    job.take(3, 1);
    job.take(4, 3);
    job.bases.complete(slow, chain);
    job.bases.release(slow);
    expect(job.freeze(5, 2).base).toBeUndefined();
  });

  it('one that was given up or aborted can never be named, and nothing is kept for it', () => {
    const job = new Coordinator();
    job.take(1);
    job.bases.abort(1);
    expect(job.forgettable).toBe(EVERYTHING);
    const given = job.freeze(2);
    job.bases.release(given);
    job.bases.release(given);
    expect([job.freeze(3, 2).base, job.freeze(4, 1).base]).toEqual([undefined, undefined]);
  });

  it('remembers a few checkpoints when nobody ever names one', () => {
    const job = new Coordinator();
    for (let checkpointId = 1; checkpointId <= 100; checkpointId++) job.take(checkpointId);
    expect(job.forgettable).toBe(85);
    expect(job.freeze(101, 84).base).toBeUndefined();
    expect(job.freeze(102, 85).base?.checkpointId).toBe(85);
  });
});
