// Queues on the heap: what is written of them record by record, and when what was restored is decoded: HP1 of
// heap-priority-queue.ts.

import { int32, KeyGroupRange, safeInteger, tuple } from '@tidemark/state-core';
import type { KeyedStateBackend, KeyedStateHandle, SegmentReference } from '@tidemark/state-core/spi';
import { openSegmentReader, walkRecords } from '@tidemark/state-core/support';
import { StateBackendHarness } from '@tidemark/state-testkit';
import { expect, it, onTestFinished } from 'vitest';
import { HashMapStateBackend } from '../../src/index.js';

const timers = { name: 'timers', namespace: int32, priority: safeInteger };
const timer = (priority: number, key = 0, namespace = 0) => ({ key, namespace, priority });

function harnessOf(): StateBackendHarness {
  const harness = new StateBackendHarness(new HashMapStateBackend());
  onTestFinished(() => harness.close());
  return harness;
}

function queueOf(backend: KeyedStateBackend<number>) {
  return backend.createPriorityQueue?.(timers) ?? expect.fail('no queues');
}

/** The records of a segment: `put` or `delete`, and the last byte of the priority. */
async function recordsOf(harness: StateBackendHarness, segment: SegmentReference | undefined): Promise<string[]> {
  if (segment === undefined) return [];
  const reader = await openSegmentReader(await harness.streams.openInput(segment.stream), segment);
  const records: string[] = [];
  const other = (): void => void records.push('other');
  for await (const block of reader.readBlocks(KeyGroupRange.of(0, 0))) {
    walkRecords(block, {
      put: (_key, _namespace, priority, value) => {
        records.push(`put ${priority?.at(-1)}${value.length === 0 ? '' : ' with a value'}`);
      },
      delete: (_key, _namespace, priority) => void records.push(`delete ${priority?.at(-1)}`),
      clear: other,
      reset: other,
      splice: other,
      trim: other,
      touch: other,
    });
  }
  await reader.close();
  return records;
}

it('an increment has a PUT for what came and a DELETE for what went, each once, and no values', async () => {
  const harness = harnessOf();
  const backend = await harness.createKeyed({ numberOfKeyGroups: 1 });
  const queue = queueOf(backend);
  const take = async (checkpointId: number, base?: number): Promise<KeyedStateHandle> =>
    (await harness.snapshot(backend, { checkpointId, sharing: 'forward-backward', base })) ?? expect.fail('nothing');
  for (let priority = 10; priority < 40; priority++) queue.add(timer(priority));
  await take(1);
  expect(queue.poll()).toEqual(timer(10));
  queue.remove(timer(20));
  queue.add(timer(5));
  await take(2, 1);
  // 20 comes again, 5 goes again, 7 comes and goes, 21 goes and comes.
  queue.add(timer(20));
  expect(queue.poll()).toEqual(timer(5));
  queue.add(timer(7));
  queue.remove(timer(7));
  queue.remove(timer(21));
  queue.add(timer(21));
  const second = await take(3, 2);
  expect(await recordsOf(harness, second.segments.at(-1))).toEqual(['delete 5', 'put 20', 'put 21']);
});

it('what was restored stays raw until the queue is used, and is carried as it is until then', async () => {
  const harness = harnessOf();
  const first = await harness.createKeyed();
  for (let key = 0; key < 100; key++) queueOf(first).add(timer(key, key));
  const scheduler = { yieldNow: () => new Promise<void>((resolve) => setImmediate(resolve)), schedule: () => () => {} };
  const backend = await harness.restart(first, { scheduler });
  const queue = queueOf(backend);
  const figures = (): unknown[] => [backend.metrics()['decodedEntries'], backend.metrics()['timers.entries']];
  expect(figures()).toEqual([0, 100]);
  const carried = await harness.snapshot(backend);
  expect(figures()).toEqual([0, 100]);
  expect(queue.peek()).toEqual(timer(0, 0));
  expect(figures()).toEqual([100, 100]);
  expect(queueOf(await harness.createKeyed({ restore: [carried] })).size).toBe(100);
});

it('is decoded ahead in idle steps like any state', async () => {
  const harness = harnessOf();
  const first = await harness.createKeyed();
  for (let key = 0; key < 100; key++) queueOf(first).add(timer(key, key));
  const backend = await harness.restart(first);
  const queue = queueOf(backend);
  while (Number(backend.metrics()['decodedEntries']) < 100) await new Promise((resolve) => setTimeout(resolve, 1));
  expect([queue.size, queue.poll()]).toEqual([100, timer(0, 0)]);
});

it('with state.object-reuse parts of elements are handed out as they are kept', async () => {
  const harness = harnessOf();
  for (const reuse of [true, false]) {
    const backend = await harness.createKeyed({ config: { 'state.object-reuse': reuse } });
    const queue = backend.createPriorityQueue?.({ ...timers, name: 'tuples', priority: tuple(int32) });
    queue?.add({ key: 1, namespace: 1, priority: [1] });
    const [first, second] = [queue?.peek(), queue?.peek()];
    expect(first).toEqual(second);
    expect(first?.priority === second?.priority).toBe(reuse);
  }
});

it('fills and empties over and over, also when it was large', async () => {
  const backend = await harnessOf().createKeyed({ numberOfKeyGroups: 1 });
  const queue = queueOf(backend);
  for (const round of [1, 2]) {
    for (let priority = 0; priority < 3000; priority++) queue.add(timer((priority * 7919) % 3000, priority % 10));
    for (let priority = 0; priority < 3000; priority++) expect(queue.poll()?.priority, `${round}`).toBe(priority);
    expect([queue.poll(), backend.metrics()['timers.entries']]).toEqual([undefined, 0]);
  }
});

it('lets go of what a snapshot needed, written or given up: slots are used again', async () => {
  const harness = harnessOf();
  const backend = await harness.createKeyed({ numberOfKeyGroups: 1 });
  const queue = queueOf(backend);
  const { queues } = backend as unknown as {
    readonly queues: ReadonlyMap<string, { readonly tables: { peek(keyGroup: number): { readonly count: number } } }>;
  };
  for (let round = 0; round < 20; round++) {
    for (let priority = 0; priority < 50; priority++) queue.add(timer(priority));
    const view = backend.snapshot(harness.snapshotContext());
    for (let priority = 0; priority < 50; priority++) queue.poll();
    if (round % 2 === 0) await view.write();
    else view.release();
  }
  expect(queues.get('timers')?.tables.peek(0).count).toBe(50);
});
