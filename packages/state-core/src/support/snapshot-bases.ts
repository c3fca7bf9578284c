// Which checkpoints an increment of this subtask may build on, and which changes must be remembered for it (N3 and N4 of
// snapshot-context.ts). The same for every backend that counts epochs.
//
//   SB1. An epoch is a number that grows by one with every freeze. A checkpoint may be named once it was written to its
//        end; the one that was restored may be named from the start, as epoch 0: before every change.
//   SB2. Changes are remembered while a checkpoint may be named that does not have them: those written and not yet passed
//        by a later base, those being written, and the bases that running ones build on. Savepoints are never among them.
//   SB3. While increments are off nothing is remembered. Naming a base lets go of everything before it. A checkpoint that
//        was aborted can never be named.
//   SB4. At most BASES_MAX checkpoints are remembered: when nobody ever names one, the oldest go.

import type { KeyedStateBackendParameters } from '../state-backend/keyed-state-backend-parameters.js';
import type { SnapshotContext } from '../state-backend/snapshot-context.js';
import type { RestoredKeyedState } from './restored-keyed-state.js';
import { SnapshotChain } from './snapshot-chain.js';

/** How many written checkpoints are remembered (SB4). */
const BASES_MAX = 16;

/** Stands for "every change". */
const ALL_EPOCHS: number = Number.MAX_SAFE_INTEGER;

/** What a running checkpoint builds on. */
export interface FrozenIncrement {
  readonly checkpointId: number;
  /** The epoch that its freeze ended. */
  readonly epoch: number;
  /** What it builds on; `undefined` for full images. */
  readonly base: SnapshotBase | undefined;
}

/** A checkpoint that was named as base and is known. */
export interface SnapshotBase {
  readonly checkpointId: number;
  /** Changes of later epochs are the delta. */
  readonly epoch: number;
  readonly chain: SnapshotChain;
}

/** Told when changes up to an epoch need no longer be remembered, or none at all. */
export type OnRemembering = (isRemembering: boolean, forgettableEpoch: number) => void;

/** The checkpoints that increments of one subtask may build on. */
export class SnapshotBases {
  private readonly written: Map<number, SnapshotBase> = new Map();
  private readonly running: Set<FrozenIncrement> = new Set();
  private isOn: boolean;
  /** Of the latest base that was named: earlier ones are never named again. */
  private passedEpoch = -1;

  /** @param restored - The restored checkpoint, where it may be named. */
  constructor(
    private readonly onRemembering: OnRemembering,
    restored: Omit<SnapshotBase, 'epoch'> | undefined,
  ) {
    this.isOn = restored !== undefined;
    if (restored !== undefined) this.written.set(restored.checkpointId, { ...restored, epoch: 0 });
    this.tell();
  }

  /**
   * At every freeze: what the snapshot builds on. `undefined` for savepoints and for checkpoints that share nothing.
   *
   * @param epoch - The epoch that the freeze ends.
   */
  freeze(context: SnapshotContext, epoch: number): FrozenIncrement | undefined {
    const { checkpointId, kind, sharing } = context;
    if (kind === 'savepoint') return undefined;
    this.isOn = sharing !== 'no-sharing';
    if (!this.isOn) {
      this.written.clear();
      this.tell();
      return undefined;
    }
    const base = sharing === 'forward-backward' && context.base !== undefined ? this.name(context.base) : undefined;
    const increment = { checkpointId, epoch, base };
    this.running.add(increment);
    this.tell();
    return increment;
  }

  /** A checkpoint was written to its end: it may be named from now on. */
  complete({ checkpointId, epoch }: FrozenIncrement, chain: SnapshotChain): void {
    // One that ends after a later one was named can be no base any more.
    if (!this.isOn || epoch < this.passedEpoch) return;
    this.written.set(checkpointId, { checkpointId, epoch, chain });
    if (this.written.size > BASES_MAX) this.written.delete(this.oldest()?.checkpointId as number);
  }

  /** A checkpoint is not being written any more, whatever became of it. Idempotent. */
  release(increment: FrozenIncrement): void {
    if (this.running.delete(increment)) this.tell();
  }

  /** A checkpoint will never complete. */
  abort(checkpointId: number): void {
    if (this.written.delete(checkpointId)) this.tell();
  }

  private name(checkpointId: number): SnapshotBase | undefined {
    const base = this.written.get(checkpointId);
    if (base === undefined) return undefined;
    this.passedEpoch = Math.max(this.passedEpoch, base.epoch);
    for (const [id, { epoch }] of this.written) if (epoch < base.epoch) this.written.delete(id);
    return base;
  }

  private oldest(): SnapshotBase | undefined {
    let oldest: SnapshotBase | undefined;
    for (const base of this.written.values()) if (oldest === undefined || base.epoch < oldest.epoch) oldest = base;
    return oldest;
  }

  private tell(): void {
    let forgettable = this.oldest()?.epoch ?? ALL_EPOCHS;
    for (const { epoch, base } of this.running) forgettable = Math.min(forgettable, base?.epoch ?? epoch);
    this.onRemembering(this.isOn, forgettable);
  }
}

/**
 * What the first increment may build on; `undefined` where it may not.
 *
 * @param restored - As loaded, before anything of it is decoded.
 * @throws RangeError when two handles claim the same key group.
 */
export function restoredBaseOf<K>(
  { restoredCheckpointId, stateHandles, keyGroupRange }: KeyedStateBackendParameters<K>,
  restored: RestoredKeyedState,
): Omit<SnapshotBase, 'epoch'> | undefined {
  if (restoredCheckpointId === undefined) return undefined;
  const chain = SnapshotChain.ofRestored(stateHandles, keyGroupRange, restored);
  return chain && { checkpointId: restoredCheckpointId, chain };
}
