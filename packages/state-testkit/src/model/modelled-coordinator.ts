// The coordinator of the model: which checkpoint the next one builds on, what becomes of each, and what the tasks hear of
// it. Notifications are lost and late as they please; savepoints come in between.
//
//   MC1. A base is the latest completed checkpoint, or none; so bases never descend.
//   MC2. A checkpoint that was written to its end may still never complete.

import type { KeyedStateBackend, KeyedStateHandle } from '@tidemark/state-core/spi';
import type { SnapshotContextOptions } from '@tidemark/state-core/support';
import type { SeededRandom } from './seeded-random.js';

/** What a coordinator says about a snapshot. */
export type ModelledRequest = Required<Pick<SnapshotContextOptions, 'checkpointId' | 'kind' | 'sharing'>> &
  Pick<SnapshotContextOptions, 'base'>;

/** A snapshot that was written. */
export interface WrittenSnapshot<C> {
  readonly request: ModelledRequest;
  readonly handles: readonly (KeyedStateHandle | undefined)[];
  readonly contents: C;
}

/** Coordinates the snapshots of one run. @typeParam C - What the model says is in a snapshot. */
export class ModelledCoordinator<C> {
  private checkpointId = 0;
  private latest: WrittenSnapshot<C> | undefined = undefined;
  private isIncremental: boolean;

  constructor(
    private readonly random: SeededRandom,
    private readonly canBeIncremental: boolean,
  ) {
    this.isIncremental = canBeIncremental && random.chance(0.8);
  }

  /** The id above all before. */
  nextId(): number {
    return ++this.checkpointId;
  }

  /** What the next snapshot is to be. */
  request(): ModelledRequest {
    const checkpointId = this.nextId();
    if (this.random.chance(0.15)) return { checkpointId, kind: 'savepoint', sharing: 'no-sharing' };
    if (!this.isIncremental) return { checkpointId, kind: 'checkpoint', sharing: 'no-sharing' };
    const base = this.latest?.request.checkpointId;
    if (base === undefined || this.random.chance(0.05)) return { checkpointId, kind: 'checkpoint', sharing: 'forward' };
    return { checkpointId, kind: 'checkpoint', sharing: 'forward-backward', base };
  }

  /** Decides what becomes of a snapshot that was written; may tell the tasks. Whether it may be restored. */
  complete(written: WrittenSnapshot<C>, backends: readonly KeyedStateBackend<number>[]): boolean {
    const { random } = this;
    const { checkpointId, kind } = written.request;
    if (kind === 'savepoint') return true;
    if (random.chance(0.2)) {
      this.abort(checkpointId, backends);
      return false;
    }
    // One that was overtaken may be restored, but nothing builds on it any more.
    const isLatest = checkpointId > (this.latest?.request.checkpointId ?? 0);
    if (isLatest) this.latest = written.request.sharing === 'no-sharing' ? undefined : written;
    if (random.chance(0.7)) for (const backend of backends) void backend.notifyCheckpointComplete(checkpointId);
    return true;
  }

  /** A snapshot will never complete; the tasks may hear of it. */
  abort(checkpointId: number, backends: readonly KeyedStateBackend<number>[]): void {
    if (this.random.chance(0.5)) for (const backend of backends) void backend.notifyCheckpointAborted(checkpointId);
  }

  /** Everything was restored from a snapshot. */
  restored(from: WrittenSnapshot<C>): void {
    this.isIncremental = this.canBeIncremental && this.random.chance(0.8);
    // Checkpoints are claimed and built upon; what comes from elsewhere is not.
    const mayBeBase = this.isIncremental && from.request.sharing !== 'no-sharing' && this.random.chance(0.8);
    this.latest = mayBeBase ? from : undefined;
  }
}
