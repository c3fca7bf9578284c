// The asynchronous half of a snapshot as something that can be run once, cancelled at any time, and always cleans up.
//
// Owns: the order run, log, clean up; what cancelling does before, during and after the run. Leaves what is frozen and
// how it is written to the strategy that hands in `call` and `cleanup`.
//
//   S1. `cleanup` runs exactly once: after the run, or at once when the snapshot is released before it ran.
//   S2. When the run ends, whatever it registered in `run.closeables` is closed. When the snapshot is released or its
//       signal fires meanwhile, that happens at once: a write that hangs in a stream comes back.
//   S3. A failure after cancelling is reported as the cancelling, with the failure as its cause.
//   S4. From its making to its end the callable is registered with its owner, whose close releases and awaits it.

import type { Clock } from '../ambient/clock.js';
import { isStateError, StateError } from '../error/state-error.js';
import type { SnapshotContext, SnapshotResult, SnapshotView } from '../state-backend/snapshot-context.js';
import { type Closeable, CloseableRegistry } from './closeable-registry.js';
import { checkpointAborted } from './create-snapshot-context.js';

/** What a running snapshot may use. */
export interface SnapshotRun {
  /** The context of the snapshot, whose `yieldNow` also rejects once the snapshot has been released. */
  readonly context: SnapshotContext;
  /** Takes the streams that the run opens. */
  readonly closeables: CloseableRegistry;
}

/** What an {@link AsyncSnapshotCallable} is made of. */
export interface AsyncSnapshotParts<H> {
  readonly context: SnapshotContext;
  /** Registry of the backend: closing it releases the snapshot. */
  readonly owner: CloseableRegistry;
  /** Writes what was frozen. */
  call(run: SnapshotRun): Promise<SnapshotResult<H>>;
  /** Lets go of what was frozen. */
  cleanup(): void;
  /** Told how long a successful run took, in milliseconds, before the cleanup. */
  logCompleted?(durationMs: number): void;
  readonly clock: Clock;
}

/** A {@link SnapshotView} that runs what it is given under the rules S1 to S4. Flink's AsyncSnapshotCallable. */
export class AsyncSnapshotCallable<H> implements SnapshotView<H>, Closeable {
  private readonly parts: AsyncSnapshotParts<H>;
  private readonly closeables: CloseableRegistry = new CloseableRegistry({ description: 'the snapshot' });
  private readonly onAbort: () => void = () => void this.closeables.close();
  private running: Promise<SnapshotResult<H>> | undefined;
  private released = false;
  private cleanedUp = false;

  /** @throws StateError `backend-closed` when the owner has closed; the parts are cleaned up then. */
  constructor(parts: AsyncSnapshotParts<H>) {
    this.parts = parts;
    if (parts.owner.isClosed) {
      this.released = true;
      this.cleanUpOnce();
      throw new StateError('backend-closed', 'the state backend has been closed: it takes no snapshot any more');
    }
    parts.owner.registerCloseable(this);
  }

  /** @throws StateError as {@link SnapshotView.write}. TypeError when called twice. */
  write(): Promise<SnapshotResult<H>> {
    if (this.running !== undefined)
      return Promise.reject(new TypeError('a snapshot is written once: write() was called before'));
    this.running = this.run();
    return this.running;
  }

  release(): void {
    if (this.released) return;
    this.released = true;
    if (this.running !== undefined) return void this.closeables.close();
    this.end();
  }

  /** Releases the snapshot and waits until a running write has ended. Never rejects. */
  async close(): Promise<void> {
    this.release();
    await this.running?.catch(() => {});
    await this.closeables.close();
  }

  private async run(): Promise<SnapshotResult<H>> {
    const { context, clock } = this.parts;
    const startMs = clock.monotonicMs();
    context.signal.addEventListener('abort', this.onAbort, { once: true });
    try {
      this.checkActive();
      const result = await this.parts.call({ context: this.watchedContext(), closeables: this.closeables });
      this.parts.logCompleted?.(clock.monotonicMs() - startMs);
      return result;
    } catch (error) {
      if (isStateError(error, 'checkpoint-aborted') || isStateError(error, 'snapshot-released')) throw error;
      throw this.cancellation(error) ?? error;
    } finally {
      context.signal.removeEventListener('abort', this.onAbort);
      await this.closeables.close();
      this.end();
    }
  }

  private watchedContext(): SnapshotContext {
    const { context } = this.parts;
    return {
      checkpointId: context.checkpointId,
      timestampMs: context.timestampMs,
      base: context.base,
      kind: context.kind,
      sharing: context.sharing,
      nowMs: context.nowMs,
      streams: context.streams,
      ...(context.localStreams === undefined ? {} : { localStreams: context.localStreams }),
      ...(context.rewriteSchemas === undefined ? {} : { rewriteSchemas: context.rewriteSchemas }),
      signal: context.signal,
      shouldYield: () => this.released || context.shouldYield(),
      yieldNow: async () => {
        this.checkActive();
        await context.yieldNow();
        this.checkActive();
      },
    };
  }

  private checkActive(): void {
    const cancelled = this.cancellation(undefined);
    if (cancelled !== undefined) throw cancelled;
  }

  private cancellation(cause: unknown): StateError | undefined {
    const { checkpointId, signal } = this.parts.context;
    if (signal.aborted) return checkpointAborted(checkpointId, signal);
    if (!this.released) return undefined;
    const message = `the snapshot for checkpoint ${checkpointId} was released before it was written; take another one`;
    return new StateError('snapshot-released', message, { details: { checkpointId }, cause });
  }

  private end(): void {
    this.parts.owner.unregisterCloseable(this);
    this.cleanUpOnce();
  }

  private cleanUpOnce(): void {
    if (this.cleanedUp) return;
    this.cleanedUp = true;
    this.parts.cleanup();
  }
}
