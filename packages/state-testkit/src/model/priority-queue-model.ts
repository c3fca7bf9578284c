// A priority queue beside a plain sorted array: random changes, snapshots in the middle of them, aborts, restores and
// rescales. The same seed, the same run.
//
//   QM1. Whatever a call returns, the array says the same.
//   QM2. A snapshot holds what the array held at its freeze, although changes go on while it is written.

import {
  assignToKeyGroup,
  computeKeyGroupRangeForOperatorIndex,
  int32,
  type Scheduler,
  systemScheduler,
} from '@tidemark/state-core';
import {
  intersectKeyedStateHandle,
  type KeyedStateBackend,
  type KeyedStateHandle,
  type SnapshotView,
  type StateBackend,
} from '@tidemark/state-core/spi';
import type { SnapshotContextOptions } from '@tidemark/state-core/support';
import { assertEqual, isEqual } from '../conformance/assertions.js';
import { SeededRandom } from '../fault/seeded-random.js';
import { StateBackendHarness } from '../state-backend-cases/state-backend-harness.js';
import { compareTimers, queueOf, type Timer, type TimerQueue, timer, timers } from '../state-backend-cases/timers.js';

/** What {@link runPriorityQueueModel} runs. */
export interface PriorityQueueModelOptions {
  /** Makes the backend under test; it declares `priorityQueues`. */
  createBackend(): StateBackend;
  readonly seed: number;
  /** Default 400. */
  readonly steps?: number;
}

/**
 * Runs a queue beside a sorted array.
 *
 * @throws ConformanceFailure whose message names the seed, for the first difference.
 */
export async function runPriorityQueueModel({
  createBackend,
  seed,
  steps = 400,
}: PriorityQueueModelOptions): Promise<void> {
  const harness = new StateBackendHarness(createBackend());
  try {
    const model = new PriorityQueueModel(harness, new SeededRandom(seed));
    await model.run(steps);
  } catch (error) {
    if (error instanceof Error) error.message = `seed ${seed}: ${error.message}`;
    throw error;
  } finally {
    await harness.close();
  }
}

interface Subtask {
  readonly backend: KeyedStateBackend<number>;
  readonly queue: TimerQueue;
  /** What the queue holds, in order. */
  readonly held: Timer[];
}

type Request = Pick<SnapshotContextOptions, 'checkpointId' | 'kind' | 'sharing' | 'base'>;

interface Frozen {
  readonly request: Request;
  readonly views: readonly SnapshotView<KeyedStateHandle>[];
  readonly contents: readonly Timer[];
}

interface Completed extends Omit<Frozen, 'views'> {
  readonly handles: readonly (KeyedStateHandle | undefined)[];
}

class PriorityQueueModel {
  private readonly maxParallelism: number;
  private readonly keys: number;
  private readonly times: number;
  private readonly isIncremental: boolean;
  private subtasks: Subtask[] = [];
  private frozen: Frozen[] = [];
  private readonly completed: Completed[] = [];
  /** What the next checkpoint may build on. */
  private latest: Completed | undefined = undefined;
  private checkpointId = 0;
  /** Changes while a snapshot is written (QM2). */
  private readonly busy: Scheduler;

  constructor(
    private readonly harness: StateBackendHarness,
    private readonly random: SeededRandom,
  ) {
    this.maxParallelism = random.pick([1, 2, 16, 128]);
    this.keys = random.pick([1, 5, 200]);
    this.times = random.pick([3, 50, 10_000]);
    this.isIncremental = harness.backend.capabilities.incrementalSnapshots && random.chance(0.8);
    this.busy = {
      ...systemScheduler,
      yieldNow: () => {
        for (let change = random.below(4); change > 0; change--) this.operate();
        return systemScheduler.yieldNow();
      },
    };
  }

  async run(steps: number): Promise<void> {
    await this.deploy(undefined);
    for (let step = 0; step < steps; step++) {
      const chosen = this.random.next();
      if (chosen < 0.9) for (let change = this.random.below(20); change >= 0; change--) this.operate();
      else if (chosen < 0.95) this.freeze();
      else if (chosen < 0.99) await this.endOne();
      else await this.restore();
      if (this.random.chance(0.1)) this.compare();
    }
    while (this.frozen.length > 0) await this.endOne();
    await this.restore();
    this.compare();
    for (const { queue, held } of this.subtasks) {
      for (const expected of held) assertEqual(queue.poll(), expected, 'poll at the end');
      assertEqual(queue.poll(), undefined, 'poll of what is empty');
    }
  }

  private operate(): void {
    const { random } = this;
    const subtask = random.pick(this.subtasks);
    const { queue, held } = subtask;
    const chosen = random.next();
    if (chosen < 0.55) this.add(this.randomTimer());
    else if (chosen < 0.75) assertEqual(queue.poll(), held.shift(), 'poll()');
    else if (chosen < 0.85)
      this.remove(held.length === 0 || random.chance(0.2) ? this.randomTimer() : random.pick(held));
    else if (chosen < 0.9) this.addAll(subtask);
    else if (chosen < 0.905) while (held.length > 0) assertEqual(queue.poll(), held.shift(), 'poll() of all');
    else assertEqual(queue.peek(), held[0], 'peek()');
  }

  private add(added: Timer): void {
    const { queue, held } = this.ownerOf(added);
    const { index, isThere } = placeOf(held, added);
    assertEqual(queue.add({ ...added }), !isThere && index === 0, 'add()');
    if (!isThere) held.splice(index, 0, added);
  }

  private addAll({ queue, held }: Subtask): void {
    const copies = held.slice(0, 5);
    queue.addAll(copies);
    assertEqual(queue.size, held.length, 'size after addAll() of what is there');
  }

  private remove(removed: Timer): void {
    const { queue, held } = this.ownerOf(removed);
    const { index, isThere } = placeOf(held, removed);
    assertEqual(queue.remove({ ...removed }), isThere && index === 0, 'remove()');
    if (isThere) held.splice(index, 1);
  }

  private compare(): void {
    for (const { backend, queue, held } of this.subtasks) {
      assertEqual(queue.size, held.length, 'size');
      assertEqual(queue.isEmpty(), held.length === 0, 'isEmpty()');
      assertEqual([...queue].sort(compareTimers), held, 'a walk');
      const keyGroup = backend.keyGroupRange.getKeyGroupId(this.random.below(backend.keyGroupRange.numberOfKeyGroups));
      assertEqual(
        [...queue.getSubsetForKeyGroup(keyGroup)].sort(compareTimers),
        held.filter(({ key }) => this.keyGroupOf(key) === keyGroup),
        `key group ${keyGroup}`,
      );
    }
  }

  private freeze(): void {
    if (this.frozen.length >= Math.min(3, this.harness.backend.capabilities.maxConcurrentSnapshots)) return;
    const request = this.nextRequest();
    const views = this.subtasks.map(({ backend }) =>
      backend.snapshot(this.harness.snapshotContext({ ...request, sliceMs: Number.MIN_VALUE, scheduler: this.busy })),
    );
    this.frozen.push({ request, views, contents: this.subtasks.flatMap(({ held }) => [...held]) });
  }

  private nextRequest(): Request {
    const checkpointId = ++this.checkpointId;
    if (this.random.chance(0.15)) return { checkpointId, kind: 'savepoint', sharing: 'no-sharing' };
    if (!this.isIncremental) return { checkpointId, sharing: 'no-sharing' };
    const base = this.latest?.request.checkpointId;
    return base === undefined
      ? { checkpointId, sharing: 'forward' }
      : { checkpointId, sharing: 'forward-backward', base };
  }

  /** Writes one of the frozen snapshots, or gives it up. */
  private async endOne(): Promise<void> {
    const { random, frozen } = this;
    if (frozen.length === 0) return;
    const [one] = frozen.splice(random.below(frozen.length), 1) as [Frozen];
    const { request, views, contents } = one;
    const { checkpointId } = request;
    if (random.chance(0.15)) {
      for (const view of views) view.release();
      return;
    }
    const handles: (KeyedStateHandle | undefined)[] = [];
    for (const view of views) handles.push((await view.write()).jobManagerOwned);
    if (request.kind !== 'savepoint' && random.chance(0.2)) {
      if (random.chance(0.5))
        for (const { backend } of this.subtasks) void backend.notifyCheckpointAborted(checkpointId);
      return;
    }
    const completed = { request, contents, handles };
    this.completed.push(completed);
    if (request.kind === 'savepoint') return;
    if (checkpointId > (this.latest?.request.checkpointId ?? 0) && this.isIncremental) this.latest = completed;
    if (random.chance(0.7))
      for (const { backend } of this.subtasks) void backend.notifyCheckpointComplete(checkpointId);
  }

  private async restore(): Promise<void> {
    for (const { views } of this.frozen) for (const view of views) view.release();
    this.frozen = [];
    for (const { backend } of this.subtasks) await backend.close();
    await this.deploy(this.completed.length === 0 ? undefined : this.random.pick(this.completed.slice(-3)));
  }

  private async deploy(from: Completed | undefined): Promise<void> {
    const { harness, maxParallelism, random } = this;
    const parallelism = 1 + random.below(Math.min(maxParallelism, 6));
    const isBase = from !== undefined && from.request.sharing !== 'no-sharing' && random.chance(0.8);
    this.latest = isBase ? from : undefined;
    this.subtasks = [];
    for (let index = 0; index < parallelism; index++) {
      const keyGroupRange = computeKeyGroupRangeForOperatorIndex(maxParallelism, parallelism, index);
      const backend = await harness.createKeyed({
        numberOfKeyGroups: maxParallelism,
        keyGroupRange,
        restore: (from?.handles ?? []).map((handle) => handle && intersectKeyedStateHandle(handle, keyGroupRange)),
        ...(isBase ? { restoredCheckpointId: from.request.checkpointId } : {}),
      });
      const held = (from?.contents ?? []).filter(({ key }) => keyGroupRange.contains(this.keyGroupOf(key)));
      this.subtasks.push({ backend, queue: queueOf(backend, timers), held: held.sort(compareTimers) });
    }
  }

  private ownerOf({ key }: Timer): Subtask {
    const keyGroup = this.keyGroupOf(key);
    return this.subtasks.find(({ backend }) => backend.keyGroupRange.contains(keyGroup)) as Subtask;
  }

  private keyGroupOf(key: number): number {
    return assignToKeyGroup(key, int32, this.maxParallelism);
  }

  private randomTimer(): Timer {
    const { random } = this;
    return timer(1_700_000_000_000 + random.below(this.times), random.below(this.keys) - 2, random.below(3));
  }
}

/** Where a timer is in a sorted array, or would be. */
function placeOf(held: readonly Timer[], searched: Timer): { readonly index: number; readonly isThere: boolean } {
  let [low, high] = [0, held.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareTimers(held[middle] as Timer, searched) < 0) low = middle + 1;
    else high = middle;
  }
  return { index: low, isThere: low < held.length && isEqual(held[low], searched) };
}
