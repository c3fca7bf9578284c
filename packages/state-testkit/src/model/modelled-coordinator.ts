// The coordinator of the models: which checkpoint the next one builds on, what becomes of each, and what the tasks hear of
// it. Acknowledgements and notifications are lost, late and out of order as they please; savepoints come in between.
//
//   MC1. A base is the latest completed checkpoint, or none; so bases never descend.
//   MC2. A checkpoint that was written to its end may still never complete.
//   MC3. What was retained may be restored, whether something newer completed since or not.

import type { KeyedStateBackend, KeyedStateHandle } from '@tidemark/state-core/spi';
import type { SnapshotContextOptions } from '@tidemark/state-core/support';
import type { SeededRandom } from '../fault/seeded-random.js';

/** What a coordinator says about a snapshot. */
export type ModelledRequest = Required<Pick<SnapshotContextOptions, 'checkpointId' | 'kind' | 'sharing'>> &
  Pick<SnapshotContextOptions, 'base'>;

/** A snapshot that was written. */
export interface WrittenSnapshot<C> {
  readonly request: ModelledRequest;
  readonly handles: readonly (KeyedStateHandle | undefined)[];
  readonly contents: C;
}

type Backends = readonly KeyedStateBackend<unknown>[];
type Outcome = 'Complete' | 'Aborted' | 'Subsumed';

const NUM_RETAINED = 3;

/** Coordinates the snapshots of one run. @typeParam C - What the model says is in a snapshot. */
export class ModelledCoordinator<C> {
  /** What may be restored, oldest first. */
  retained: WrittenSnapshot<C>[] = [];
  private checkpointId = 0;
  private latest: WrittenSnapshot<C> | undefined = undefined;
  private isIncremental: boolean;
  private underway: (readonly [Outcome, number])[] = [];

  constructor(
    private readonly random: SeededRandom,
    private readonly canBeIncremental: boolean,
  ) {
    this.isIncremental = canBeIncremental;
  }

  /** The id above all before. */
  nextId(): number {
    return ++this.checkpointId;
  }

  /** The segments that a snapshot may refer to besides its own: those of its base. */
  segmentsOf(checkpointId: number | undefined): ReadonlySet<string> {
    const base = this.retained.find(({ request }) => request.checkpointId === checkpointId);
    return new Set(base?.handles.flatMap((handle) => handle?.segments.map(({ uid }) => uid) ?? []));
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

  /** A snapshot was acknowledged; decides what becomes of it. */
  acknowledge(written: WrittenSnapshot<C>, backends: Backends): void {
    const { checkpointId, kind, sharing } = written.request;
    if (kind === 'checkpoint') {
      if (this.random.chance(0.15)) {
        this.abort(checkpointId, backends);
        return;
      }
      // One that was overtaken may be restored, but nothing builds on it any more.
      const isLatest = checkpointId > (this.latest?.request.checkpointId ?? 0);
      if (isLatest) this.latest = sharing === 'no-sharing' ? undefined : written;
      this.tell('Complete', checkpointId, backends);
    }
    this.retained.push(written);
    if (this.retained.length > NUM_RETAINED) this.subsume(backends);
  }

  /** A snapshot will never complete. */
  abort(checkpointId: number, backends: Backends): void {
    this.tell('Aborted', checkpointId, backends);
  }

  /** One of the notifications that are under way arrives. */
  deliver(backends: Backends): void {
    if (this.underway.length === 0) return;
    const [chosen] = this.underway.splice(this.random.below(this.underway.length), 1);
    if (chosen !== undefined) notify(...chosen, backends);
  }

  /** Everything was restored from a snapshot. */
  restored(from: WrittenSnapshot<C>): void {
    this.underway = [];
    this.isIncremental = this.canBeIncremental && this.random.chance(0.9);
    // Checkpoints are claimed and built upon; what comes from elsewhere is not.
    const mayBeBase = this.isIncremental && from.request.sharing !== 'no-sharing' && this.random.chance(0.8);
    this.latest = mayBeBase ? from : undefined;
  }

  private subsume(backends: Backends): void {
    // The base of the next checkpoint stays, whatever else goes: also the newest, in any order.
    const others = this.retained.filter((written) => written !== this.latest);
    const dropped = this.random.pick(others);
    this.retained = this.retained.filter((written) => written !== dropped);
    if (dropped.request.kind === 'checkpoint') this.tell('Subsumed', dropped.request.checkpointId, backends);
  }

  private tell(outcome: Outcome, checkpointId: number, backends: Backends): void {
    if (this.random.chance(0.25)) return;
    if (this.random.chance(0.3)) this.underway.push([outcome, checkpointId]);
    else notify(outcome, checkpointId, backends);
  }
}

function notify(outcome: Outcome, checkpointId: number, backends: Backends): void {
  for (const backend of backends) void backend[`notifyCheckpoint${outcome}`](checkpointId);
}
