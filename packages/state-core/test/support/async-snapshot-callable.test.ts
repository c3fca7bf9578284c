import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/ambient/clock.js';
import type { SnapshotContext, SnapshotResult } from '../../src/state-backend/snapshot-context.js';
import { AsyncSnapshotCallable, type SnapshotRun } from '../../src/support/async-snapshot-callable.js';
import { CloseableRegistry } from '../../src/support/closeable-registry.js';
import { SnapshotStrategyRunner } from '../../src/support/snapshot-strategy-runner.js';
import { MemoryCheckpointStreams } from './memory-checkpoint-streams.js';
import { snapshotContext } from './operator-state-fixture.js';

/** Writes one stream, and notes in which order things happen. */
class Snapshot {
  readonly log: string[] = [];
  readonly owner: CloseableRegistry = new CloseableRegistry();
  readonly streams: MemoryCheckpointStreams = new MemoryCheckpointStreams();
  readonly controller: AbortController = new AbortController();
  readonly context: SnapshotContext = snapshotContext(this.streams, { signal: this.controller.signal });

  callable(
    call: (run: SnapshotRun) => Promise<SnapshotResult<string>> = (run) => this.writeStream(run),
  ): AsyncSnapshotCallable<string> {
    return new AsyncSnapshotCallable<string>({
      context: this.context,
      owner: this.owner,
      clock: systemClock,
      call: (run) => {
        this.log.push('call');
        return call(run);
      },
      logCompleted: () => void this.log.push('log'),
      cleanup: () => void this.log.push('cleanup'),
    });
  }

  async writeStream({ context, closeables }: SnapshotRun): Promise<SnapshotResult<string>> {
    const stream = await context.streams.createCheckpointStateOutputStream('exclusive', {
      stateNames: [],
      sort: 'keyed',
    });
    closeables.registerCloseable(stream);
    await stream.write(Uint8Array.of(1));
    await context.yieldNow();
    await stream.closeAndGetHandle();
    return { jobManagerOwned: 'handle' };
  }

  async untilWriting(): Promise<void> {
    while (this.streams.opened.length === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('AsyncSnapshotCallable', () => {
  it('AsyncSnapshotCallableTest.testNormalRun: call, log, cleanup; the stream is closed', async () => {
    const snapshot = new Snapshot();
    expect(await snapshot.callable().write()).toEqual({ jobManagerOwned: 'handle' });
    expect(snapshot.log).toEqual(['call', 'log', 'cleanup']);
    expect(snapshot.streams.opened.map(({ closed, discarded }) => [closed, discarded])).toEqual([[true, false]]);
    expect(snapshot.owner.numberOfRegisteredCloseables).toBe(0);
  });

  it('hands on all that the coordinator said', async () => {
    const { streams, owner, context: plain } = new Snapshot();
    const context: SnapshotContext = { ...plain, localStreams: streams, rewriteSchemas: true };
    const given: SnapshotContext[] = [];
    const call = async (run: SnapshotRun): Promise<SnapshotResult<string>> => {
      given.push(run.context);
      return { jobManagerOwned: undefined };
    };
    await new AsyncSnapshotCallable<string>({ context, owner, clock: systemClock, call, cleanup() {} }).write();
    const { shouldYield: _shouldYield, yieldNow: _yieldNow, ...said } = context;
    expect(given).toMatchObject([said]);
  });

  it('AsyncSnapshotCallableTest.testExceptionRun: call, cleanup, no log; the failure as it was; the stream is given up', async () => {
    const snapshot = new Snapshot();
    const failure = new Error('broken');
    const callable = snapshot.callable(async (run) => {
      await snapshot.writeStream({ ...run, context: { ...run.context, yieldNow: () => Promise.reject(failure) } });
      return expect.fail('went on');
    });
    await expect(callable.write()).rejects.toBe(failure);
    expect(snapshot.log).toEqual(['call', 'cleanup']);
    expect(snapshot.streams.opened.map(({ discarded }) => discarded)).toEqual([true]);
    expect(snapshot.owner.numberOfRegisteredCloseables).toBe(0);
  });

  it('AsyncSnapshotCallableTest.testCancelBeforeRun: cleanup at once; the call never runs', async () => {
    const snapshot = new Snapshot();
    const callable = snapshot.callable();
    callable.release();
    callable.release();
    expect(snapshot.log).toEqual(['cleanup']);
    await expect(callable.write()).rejects.toMatchObject({ code: 'snapshot-released' });
    expect(snapshot.log).toEqual(['cleanup']);
    expect(snapshot.owner.numberOfRegisteredCloseables).toBe(0);
  });

  it('AsyncSnapshotCallableTest.testCancelDuringRun: a write that hangs comes back, and nothing is left', async () => {
    const snapshot = new Snapshot();
    snapshot.streams.hold();
    const callable = snapshot.callable();
    const outcome = expect(callable.write()).rejects.toMatchObject({ code: 'snapshot-released' });
    await snapshot.untilWriting();
    callable.release();
    await outcome;
    expect(snapshot.log).toEqual(['call', 'cleanup']);
    expect(snapshot.streams.opened.map(({ discarded }) => discarded)).toEqual([true]);
  });

  it('ends as an aborted checkpoint when the signal fires, with the failure that followed as its cause', async () => {
    const snapshot = new Snapshot();
    snapshot.streams.hold();
    const outcome = expect(snapshot.callable().write()).rejects.toMatchObject({ code: 'checkpoint-aborted' });
    await snapshot.untilWriting();
    snapshot.controller.abort();
    await outcome;
    expect(snapshot.log).toEqual(['call', 'cleanup']);
  });

  it('does not begin when the signal has fired before', async () => {
    const snapshot = new Snapshot();
    const callable = snapshot.callable();
    snapshot.controller.abort();
    await expect(callable.write()).rejects.toMatchObject({ code: 'checkpoint-aborted' });
    expect(snapshot.log).toEqual(['cleanup']);
  });

  it('is released and awaited by the close of its owner, and refused afterwards', async () => {
    const snapshot = new Snapshot();
    snapshot.streams.hold();
    const outcome = expect(snapshot.callable().write()).rejects.toMatchObject({ code: 'snapshot-released' });
    await snapshot.untilWriting();
    await snapshot.owner.close();
    expect(snapshot.log).toEqual(['call', 'cleanup']);
    await outcome;
    expect(() => snapshot.callable()).toThrow(expect.objectContaining({ code: 'backend-closed' }));
    expect(snapshot.log).toEqual(['call', 'cleanup', 'cleanup']);
  });

  it('is written once', async () => {
    const callable = new Snapshot().callable();
    await callable.write();
    await expect(callable.write()).rejects.toThrow(TypeError);
  });
});

describe('SnapshotStrategyRunner', () => {
  function runnerOf(snapshot: Snapshot, execution: 'asynchronous' | 'synchronous') {
    const messages: string[] = [];
    const runner = new SnapshotStrategyRunner<string>({
      strategy: {
        description: 'the test state',
        prepare: () => {
          snapshot.log.push('prepare');
          return {
            write: async () => {
              snapshot.log.push('write');
              return { jobManagerOwned: 'handle' };
            },
            release: () => void snapshot.log.push('release'),
          };
        },
      },
      owner: snapshot.owner,
      clock: systemClock,
      logger: { warn() {}, info: (code, message) => void messages.push(`${code}: ${message}`) },
      execution,
    });
    return { runner, messages };
  }

  it('SnapshotStrategyRunner: freezes in the call and writes when asked', async () => {
    const snapshot = new Snapshot();
    const { runner, messages } = runnerOf(snapshot, 'asynchronous');
    const view = runner.snapshot(snapshot.context);
    await Promise.resolve();
    expect(snapshot.log).toEqual(['prepare']);
    expect(await view.write()).toEqual({ jobManagerOwned: 'handle' });
    expect(snapshot.log.slice(0, 3)).toEqual(['prepare', 'write', 'release']);
    expect(messages).toEqual([
      expect.stringMatching(
        /^snapshot-written: checkpoint 1: the test state was frozen in [\d.]+ ms and written in [\d.]+ ms$/,
      ),
    ]);
  });

  it('SnapshotStrategyRunner: writes at once when synchronous, and keeps the result', async () => {
    const snapshot = new Snapshot();
    const view = runnerOf(snapshot, 'synchronous').runner.snapshot(snapshot.context);
    expect(snapshot.log).toEqual(['prepare', 'write']);
    expect(await view.write()).toEqual({ jobManagerOwned: 'handle' });
    view.release();
  });

  it('SnapshotStrategyRunner: releasing before the write lets go of what was frozen', async () => {
    const snapshot = new Snapshot();
    const view = runnerOf(snapshot, 'asynchronous').runner.snapshot(snapshot.context);
    view.release();
    expect(snapshot.log).toEqual(['prepare', 'release']);
    await expect(view.write()).rejects.toMatchObject({ code: 'snapshot-released' });
  });
});
