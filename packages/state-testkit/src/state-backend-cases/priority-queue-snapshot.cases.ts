// Priority queues in snapshots: as of their freeze, in increments, restored, rescaled, carried and refused.

import {
  assignToKeyGroup,
  computeKeyGroupRangeForOperatorIndex,
  int32,
  string,
  systemScheduler,
  ValueStateDescriptor,
} from '@tidemark/state-core';
import {
  type IncrementalKeyedStateHandle,
  intersectKeyedStateHandle,
  type KeyedStateBackend,
  type KeyedStateHandle,
} from '@tidemark/state-core/spi';
import { assertEqual, assertStateError, assertTrue } from '../conformance/assertions.js';
import { IncrementalChain } from './incremental-chain.js';
import type { StateBackendCase } from './state-backend-case.js';
import { plainState, type StateBackendHarness } from './state-backend-harness.js';
import {
  assertDrains,
  inOrder,
  queueOf,
  randomTimers,
  type Timer,
  type TimerQueue,
  textOf,
  timer,
  timers,
  timersOf,
} from './timers.js';

const requires = ['priorityQueues'] as const;
const requiresIncrements = ['priorityQueues', 'incrementalSnapshots'] as const;

async function assertHolds(
  harness: StateBackendHarness,
  handle: KeyedStateHandle | undefined,
  expected: Iterable<Timer>,
  what: string,
): Promise<void> {
  const restored = await harness.createKeyed({ restore: [handle] });
  assertDrains(timersOf(restored), expected, what);
  await restored.close();
}

/** Takes some out, puts some of these back and adds others: of many sorts, so that slots and blocks see all of them. */
function churn(queue: TimerQueue, round: number): void {
  const polled = [queue.poll(), queue.poll(), queue.poll()];
  if (polled[1] !== undefined) queue.add(polled[1]);
  for (const [index, one] of [...queue].entries()) {
    if ((index + round) % 7 === 0) queue.remove(one);
    if ((index + round) % 21 === 0) queue.add(one);
  }
  queue.addAll(randomTimers(20, 1000 + round));
}

async function deploy(
  harness: StateBackendHarness,
  parallelism: number,
  maxParallelism: number,
  handles: readonly (KeyedStateHandle | undefined)[],
): Promise<KeyedStateBackend<number>[]> {
  const subtasks: KeyedStateBackend<number>[] = [];
  for (let index = 0; index < parallelism; index++) {
    const keyGroupRange = computeKeyGroupRangeForOperatorIndex(maxParallelism, parallelism, index);
    const restore = handles.map((handle) => handle && intersectKeyedStateHandle(handle, keyGroupRange));
    subtasks.push(await harness.createKeyed({ numberOfKeyGroups: maxParallelism, keyGroupRange, restore }));
  }
  return subtasks;
}

/** Each subtask has the timers of its keys, in order. */
function assertDealtOut(
  subtasks: readonly KeyedStateBackend<number>[],
  expected: readonly Timer[],
  what: string,
): void {
  for (const subtask of subtasks) {
    const own = expected.filter(({ key }) =>
      subtask.keyGroupRange.contains(assignToKeyGroup(key, int32, subtask.numberOfKeyGroups)),
    );
    assertEqual([...timersOf(subtask)].map(textOf).sort(), own.map(textOf).sort(), `${what}: ${subtask.keyGroupRange}`);
    assertEqual(timersOf(subtask).peek(), inOrder(own)[0], `${what}: the first of ${subtask.keyGroupRange}`);
  }
}

/** Cases about priority queues in snapshots. */
export const priorityQueueSnapshotCases: readonly StateBackendCase[] = [
  {
    id: 'KSB-QUEUE-13',
    title: 'a snapshot holds the elements of its freeze, whatever is added, polled and removed while it is written',
    requires,
    async run(harness) {
      const backend = await harness.createKeyed();
      const queue = timersOf(backend);
      queue.addAll(randomTimers(2000, 13, 200));
      const expected = [...queue];
      let round = 0;
      const view = backend.snapshot(
        harness.snapshotContext({
          sliceMs: Number.MIN_VALUE,
          scheduler: {
            ...systemScheduler,
            async yieldNow() {
              if (round < 40) churn(queue, round++);
              await systemScheduler.yieldNow();
            },
          },
        }),
      );
      churn(queue, 100);
      const handle = (await view.write()).jobManagerOwned;
      const live = [...queue];
      await assertHolds(harness, handle, expected, 'the snapshot');
      await assertHolds(harness, await harness.snapshot(backend), live, 'the snapshot after it');
      assertDrains(queue, live, 'live');
    },
  },
  {
    id: 'KSB-QUEUE-18',
    title: 'several snapshots at once: each holds the elements of its own freeze, in whatever order they are written',
    requires: ['priorityQueues', 'concurrentSnapshots'],
    async run(harness) {
      const backend = await harness.createKeyed({ numberOfKeyGroups: 3 });
      const queue = timersOf(backend);
      queue.addAll(randomTimers(500, 18));
      const count = Math.min(4, harness.backend.capabilities.maxConcurrentSnapshots);
      const frozen = Array.from({ length: count }, (_, round) => {
        const view = backend.snapshot(harness.snapshotContext());
        const elements = [...queue];
        churn(queue, round);
        return { view, elements };
      });
      for (const { view, elements } of frozen.reverse()) {
        const handle = (await view.write()).jobManagerOwned;
        churn(queue, 50);
        const restored = await harness.createKeyed({ numberOfKeyGroups: 3, restore: [handle] });
        assertDrains(timersOf(restored), elements, 'a snapshot');
      }
    },
  },
  {
    id: 'KSB-QUEUE-19',
    title: 'increments hold what came and went since the base; a queue that was emptied is empty',
    requires: requiresIncrements,
    async run(harness) {
      const chain = new IncrementalChain(harness, await harness.createKeyed());
      const queue = timersOf(chain.backend);
      queue.addAll(randomTimers(3000, 19));
      const full = await chain.take();
      const [first, last] = [queue.poll() as Timer, inOrder(queue).at(-1) as Timer];
      queue.remove(last);
      queue.addAll([timer(5, 1), timer(6, 2), timer(7, 3)]);
      queue.remove(timer(7, 3));
      const again = queue.poll() as Timer;
      queue.add(again);
      const live = [...queue];
      const increment = await chain.take(1);
      assertTrue(
        increment.checkpointedSizeBytes < full.checkpointedSizeBytes / 4,
        `${increment.checkpointedSizeBytes} bytes for 5 changes of 3000; a full image has ${full.checkpointedSizeBytes}`,
      );
      assertTrue(![...live].some((one) => textOf(one) === textOf(first)), 'the polled element is there');
      await assertHolds(harness, increment, live, 'the increment');
      let [base, latest]: [number, IncrementalKeyedStateHandle] = [2, increment];
      for (let round = 0; round < 6; round++) {
        churn(queue, round);
        latest = await chain.take(base);
        base = chain.checkpointId;
      }
      await assertHolds(harness, latest, [...queue], 'after a chain');
      while (!queue.isEmpty()) queue.poll();
      latest = await chain.take(base);
      await assertHolds(harness, latest, [], 'emptied');
      queue.add(timer(9));
      await assertHolds(harness, await chain.take(chain.checkpointId), [timer(9)], 'filled again');
    },
  },
  {
    id: 'KSB-QUEUE-20',
    title: 'aborted and released checkpoints and savepoints in between forget no change of a queue',
    requires: requiresIncrements,
    async run(harness) {
      const chain = new IncrementalChain(harness, await harness.createKeyed());
      const { backend } = chain;
      const queue = timersOf(backend);
      queue.addAll(randomTimers(2000, 20));
      await chain.take();
      churn(queue, 1);
      await chain.take(1);
      await backend.notifyCheckpointAborted(2);
      churn(queue, 2);
      backend.snapshot(harness.snapshotContext(chain.next(1))).release();
      churn(queue, 3);
      const atSavepoint = [...queue];
      const savepoint = await harness.snapshot(backend, { checkpointId: ++chain.checkpointId, kind: 'savepoint' });
      churn(queue, 4);
      await assertHolds(harness, savepoint, atSavepoint, 'the savepoint');
      const abort = new AbortController();
      const writing = backend.snapshot(harness.snapshotContext({ ...chain.next(1), signal: abort.signal })).write();
      abort.abort();
      await writing.then(
        () => {},
        () => {},
      );
      churn(queue, 5);
      await assertHolds(harness, await chain.take(1), [...queue], 'the checkpoint that builds on the first');
    },
  },
  {
    id: 'KSB-QUEUE-21',
    title: 'a restored queue goes on: its order, its set, its increments, untouched and touched',
    requires,
    async run(harness) {
      const first = await harness.createKeyed();
      const added = randomTimers(600, 21);
      timersOf(first).addAll(added);
      const untouched = await harness.restart(first);
      timersOf(untouched);
      const again = await harness.restart(untouched);
      const queue = timersOf(again);
      const [head] = inOrder(added) as [Timer];
      assertEqual(queue.add({ ...head }), false, 'adding what was restored');
      assertEqual(queue.peek(), head, 'the first');
      assertEqual(queue.remove({ ...head }), true, 'removing the first');
      queue.add(timer(1));
      assertEqual(queue.poll(), timer(1), 'the new first');
      assertDrains(
        timersOf(await harness.restart(again)),
        added.filter((one) => one !== head),
        'in the end',
      );
    },
  },
  {
    id: 'KSB-QUEUE-22',
    title: 'rescaled from 1 to 128 and back, every subtask has the timers of its keys',
    requires,
    async run(harness) {
      const added = randomTimers(1500, 22, 700);
      let subtasks = await deploy(harness, 1, 128, []);
      timersOf(subtasks[0] as KeyedStateBackend<number>).addAll(added);
      for (const parallelism of [128, 7, 3, 1]) {
        const handles = await Promise.all(subtasks.map((subtask) => harness.snapshot(subtask)));
        for (const subtask of subtasks) await subtask.close();
        subtasks = await deploy(harness, parallelism, 128, handles);
        assertDealtOut(subtasks, added, `at parallelism ${parallelism}`);
      }
      assertDrains(timersOf(subtasks[0] as KeyedStateBackend<number>), added, 'in the end');
    },
  },
  {
    id: 'KSB-QUEUE-23',
    title:
      'savepoints of several subtasks are restored at another parallelism, whichever way the checkpoints before were',
    requires,
    async run(harness) {
      const added = randomTimers(800, 23);
      const { incrementalSnapshots } = harness.backend.capabilities;
      const two = await deploy(harness, 2, 16, []);
      const live: Timer[] = [];
      const savepoints: (KeyedStateHandle | undefined)[] = [];
      for (const [index, subtask] of two.entries()) {
        const queue = timersOf(subtask);
        for (const one of added)
          if (subtask.keyGroupRange.contains(assignToKeyGroup(one.key, int32, 16))) queue.add(one);
        if (incrementalSnapshots) await harness.snapshot(subtask, { checkpointId: 1, sharing: 'forward' });
        for (let polled = 0; polled < 20; polled++) queue.poll();
        if (incrementalSnapshots)
          await harness.snapshot(subtask, { checkpointId: 2, base: 1, sharing: 'forward-backward' });
        queue.poll();
        live.push(...queue);
        savepoints.push(await harness.snapshot(subtask, { checkpointId: 3 + index, kind: 'savepoint' }));
      }
      for (const parallelism of [5, 1]) {
        const restored = await deploy(harness, parallelism, 16, savepoints);
        assertDealtOut(restored, live, `at parallelism ${parallelism}`);
      }
    },
  },
  {
    id: 'KSB-QUEUE-24',
    title: 'a queue that nobody asks for is listed as kept and carried into every snapshot',
    requires,
    async run(harness) {
      const numbers = new ValueStateDescriptor('numbers', { type: int32 });
      const first = await harness.createKeyed();
      const added = randomTimers(400, 24);
      timersOf(first).addAll(added);
      queueOf(first, { ...timers, name: 'emptied' });
      const outcomes = ({ restoreReport }: KeyedStateBackend<number>): string[] =>
        restoreReport.states.map(({ stateName, kind, outcome }) => `${stateName}: ${kind} ${outcome}`);
      assertEqual(outcomes(first), ['emptied: priority-queue new', 'timers: priority-queue new'], 'new');
      let backend = await harness.restart(first);
      assertEqual(outcomes(backend), ['emptied: priority-queue kept', 'timers: priority-queue kept'], 'kept');
      for (let restart = 0; restart < 3; restart++) {
        backend.setCurrentKey(restart);
        plainState(backend, numbers).update(restart);
        backend = await harness.restart(backend);
      }
      const queue = timersOf(backend);
      const line = backend.restoreReport.states.find(({ stateName }) => stateName === 'timers');
      const schema = 'safeInteger';
      assertEqual(
        line,
        { stateName: 'timers', kind: 'priority-queue', outcome: 'matched', previousSchema: schema, schema },
        'matched',
      );
      assertDrains(queue, added, 'the queue');
    },
  },
  {
    id: 'KSB-QUEUE-25',
    title:
      'testPriorityQueueStateCreationFailsIfNewSerializerIsNotCompatible: a restored queue is refused with other types, and stays',
    requires,
    async run(harness) {
      const first = await harness.createKeyed();
      const three = [timer(1, 1), timer(2, 2), timer(3, 3)];
      timersOf(first).addAll(three);
      const backend = await harness.restart(first);
      // An int32 could be widened; the bytes of a priority are where an element lives.
      for (const priority of [int32, string] as const) {
        assertStateError(
          () => queueOf(backend, { ...timers, priority: priority as typeof int32 }),
          'key-serializer-incompatible',
          `priorities of type ${priority.typeName}`,
          ['timers', 'safeInteger', priority.typeName, 'a new name'],
        );
      }
      assertStateError(
        () => queueOf(backend, { ...timers, namespace: string }),
        'namespace-serializer-incompatible',
        'namespaces of another type',
        ['timers', 'int32', 'string'],
      );
      const asState = new ValueStateDescriptor('timers', { type: int32 });
      assertStateError(() => plainState(backend, asState), 'state-type-incompatible', 'a state of the name', [
        'priority-queue',
        'value',
      ]);
      assertDrains(timersOf(backend), three, 'with the types that were stored');
      const numbers = await harness.createKeyed();
      numbers.setCurrentKey(1);
      plainState(numbers, asState).update(1);
      const ofState = await harness.restart(numbers);
      assertStateError(() => timersOf(ofState), 'state-type-incompatible', 'a queue of the name of a state', ['value']);
    },
  },
  {
    id: 'KSB-QUEUE-26',
    title: 'a queue that is registered and empty is in the snapshot, one registered after the freeze is not',
    requires,
    async run(harness) {
      const backend = await harness.createKeyed();
      timersOf(backend);
      const view = backend.snapshot(harness.snapshotContext());
      queueOf(backend, { ...timers, name: 'later' }).add(timer(1));
      timersOf(backend).add(timer(2));
      const restored = await harness.createKeyed({ restore: [(await view.write()).jobManagerOwned] });
      const names = restored.restoreReport.states.map(({ stateName }) => stateName);
      assertEqual(names, ['timers'], 'what the snapshot knows');
      assertDrains(timersOf(restored), [], 'the queue');
    },
  },
];
