// Priority queues over a keyed store: every case about queues and a model, with much, little and no cache, with the elements in
// the store and all of them on the heap, and over a store that shortens paths.

import { testRuns } from '@tidemark/config/test-runs';
import type { KeyedStoreEntry, StateBackend } from '@tidemark/state-core/spi';
import { storedStateBackend } from '@tidemark/state-core/support';
import { describe, expect, it } from 'vitest';
import {
  MemoryKeyedStore,
  runPriorityQueueModel,
  StateBackendHarness,
  stateBackendConformance,
} from '../../src/index.js';
import { neverIdle } from '../../src/state-backend-cases/never-idle.js';
import { inOrder, randomTimers, timer, timersOf } from '../../src/state-backend-cases/timers.js';
import { register } from '../../src/vitest.js';

const variants = [
  { title: 'the default cache', options: {} },
  { title: 'a cache of 64 KiB', options: { cacheBytes: 64 * 1024 } },
  { title: 'no cache', options: { cacheBytes: 0 } },
  { title: 'the default cache, queues on the heap', options: { queuesIn: 'heap' } },
  { title: 'a cache of 64 KiB, queues on the heap', options: { queuesIn: 'heap', cacheBytes: 64 * 1024 } },
  { title: 'no cache, queues on the heap', options: { queuesIn: 'heap', cacheBytes: 0 } },
] as const;

for (const { title, options } of variants) {
  const create = (): StateBackend =>
    storedStateBackend({ name: 'stored', openStore: () => new MemoryKeyedStore({ strict: true }), ...options });
  const { cases, ...rest } = stateBackendConformance({
    name: `queues over a store with ${title}`,
    create,
    capabilities: create().capabilities,
  });
  register({ ...rest, cases: cases.filter(({ id }) => id.startsWith('KSB-QUEUE')) });

  describe(`queues over a store with ${title}`, () => {
    it('do what a sorted array does, through snapshots, aborts, restores and rescales', async () => {
      for (let seed = 1; seed <= testRuns(20); seed++) await runPriorityQueueModel({ createBackend: create, seed });
    }, 600_000);
  });
}

/** Counts what is read. */
class ReadStore extends MemoryKeyedStore {
  scans = 0;
  gets = 0;

  override scan(...call: Parameters<MemoryKeyedStore['scan']>): readonly KeyedStoreEntry[] {
    this.scans++;
    return super.scan(...call);
  }

  override get(...call: Parameters<MemoryKeyedStore['get']>): Uint8Array | undefined {
    this.gets++;
    return super.get(...call);
  }
}

describe('elements of a queue that are written', () => {
  const added = randomTimers(4000, 1);

  async function written(queuesIn: 'store' | 'heap') {
    const store = new ReadStore();
    const harness = new StateBackendHarness(storedStateBackend({ name: 'stored', openStore: () => store, queuesIn }));
    const backend = await harness.createKeyed({ numberOfKeyGroups: 2, scheduler: neverIdle });
    const queue = timersOf(backend);
    queue.addAll(added);
    await harness.snapshot(backend);
    [store.scans, store.gets] = [0, 0];
    return { store, queue, harness };
  }

  it('leave memory but for the first ones of each key group, and are read 128 at a time', async () => {
    const { store, queue, harness } = await written('store');
    expect(queue.peek()).toEqual(inOrder(added)[0]);
    for (const expected of inOrder(added).slice(0, 128)) expect(queue.poll()).toEqual(expected);
    expect(store.scans).toBeLessThanOrEqual(2);
    for (const expected of inOrder(added).slice(128)) expect(queue.poll()).toEqual(expected);
    expect(store.scans).toBeGreaterThanOrEqual(25);
    expect(store.scans).toBeLessThanOrEqual(40);
    await harness.close();
  });

  it('are looked for in the store only where they come after those in memory', async () => {
    const { store, queue, harness } = await written('store');
    expect(queue.add(timer(1, 5))).toBe(true);
    expect(queue.add({ ...(inOrder(added)[0] as (typeof added)[0]) })).toBe(false);
    expect(store.gets).toBe(0);
    expect(queue.add({ ...(inOrder(added).at(-1) as (typeof added)[0]) })).toBe(false);
    expect(store.gets).toBe(1);
    expect(queue.size).toBe(4001);
    await harness.close();
  });

  it('all stay in memory with queues on the heap', async () => {
    const { store, queue, harness } = await written('heap');
    expect(queue.add({ ...(inOrder(added).at(-1) as (typeof added)[0]) })).toBe(false);
    for (const expected of inOrder(added)) expect(queue.poll()).toEqual(expected);
    expect([store.scans, store.gets]).toEqual([0, 0]);
    await harness.close();
  });
});
