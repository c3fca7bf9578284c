// Runs a snapshot strategy: freezes at once, writes when asked or right away, says how long both took.
//
//   R1. `prepare` runs in the call; the writing never does, so a caller holds the program up only for the freeze.
//   R2. `synchronous` means that writing begins with the call and the result is on its way before anybody asks.

import type { Clock } from '../ambient/clock.js';
import type { StateLogger } from '../ambient/logger.js';
import type { SnapshotContext, SnapshotStrategy, SnapshotView } from '../state-backend/snapshot-context.js';
import { AsyncSnapshotCallable } from './async-snapshot-callable.js';
import type { CloseableRegistry } from './closeable-registry.js';

/** When the writing of a snapshot begins: with the first call of `write`, or with the snapshot. */
export type SnapshotExecution = 'asynchronous' | 'synchronous';

/** What a {@link SnapshotStrategyRunner} takes. */
export interface SnapshotStrategyRunnerOptions<H> {
  readonly strategy: SnapshotStrategy<H>;
  /** Of the backend: closing it releases running snapshots. */
  readonly owner: CloseableRegistry;
  readonly clock: Clock;
  readonly logger: StateLogger;
  /** Default `asynchronous`. */
  readonly execution?: SnapshotExecution;
}

/** Runs the snapshots of one backend. Flink's SnapshotStrategyRunner. */
export class SnapshotStrategyRunner<H> {
  private readonly options: SnapshotStrategyRunnerOptions<H>;

  constructor(options: SnapshotStrategyRunnerOptions<H>) {
    this.options = options;
  }

  /**
   * Freezes, and returns the view that writes (R1).
   *
   * @throws StateError `too-many-concurrent-snapshots`, `backend-closed`.
   */
  snapshot(context: SnapshotContext): SnapshotView<H> {
    const { strategy, owner, clock } = this.options;
    const startMs = clock.monotonicMs();
    const view = strategy.prepare(context);
    const freezeMs = clock.monotonicMs() - startMs;
    const callable = new AsyncSnapshotCallable<H>({
      context,
      owner,
      clock,
      call: (run) => {
        // Cancelling closes what is registered: that is how the view hears of it.
        run.closeables.registerCloseable({ close: () => view.release() });
        return view.write();
      },
      cleanup: () => view.release(),
      logCompleted: (writeMs) => this.logCompleted(context, freezeMs, writeMs),
    });
    return this.options.execution === 'synchronous' ? alreadyWriting(callable) : callable;
  }

  private logCompleted({ checkpointId }: SnapshotContext, freezeMs: number, writeMs: number): void {
    const { strategy, logger } = this.options;
    const message = `checkpoint ${checkpointId}: ${strategy.description} was frozen in ${freezeMs.toFixed(1)} ms and written in ${writeMs.toFixed(1)} ms`;
    logger.info('snapshot-written', message, { checkpointId, freezeMs, writeMs });
  }
}

function alreadyWriting<H>(view: SnapshotView<H>): SnapshotView<H> {
  const written = view.write();
  // Whoever asks gets the failure; until then it must not look unhandled.
  written.catch(() => {});
  return { write: () => written, release: () => view.release() };
}
