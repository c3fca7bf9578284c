// Priority queues: what a set in order does, over key groups. What becomes of them in snapshots:
// priority-queue-snapshot.cases.ts.

import {
  assignToKeyGroup,
  bytes,
  int32,
  KeyGroupRange,
  MapStateDescriptor,
  safeInteger,
  string,
  tuple,
  ValueStateDescriptor,
} from '@tidemark/state-core';
import { VOID_NAMESPACE, type VoidNamespace, voidNamespaceSerializer } from '@tidemark/state-core/spi';
import { assertEqual, assertStateError, assertTrue, assertTypeError, thrownBy } from '../conformance/assertions.js';
import type { StateBackendCase } from './state-backend-case.js';
import { plainState } from './state-backend-harness.js';
import {
  assertDrains,
  compareTimers,
  drained,
  inOrder,
  numbersFrom,
  queueOf,
  randomTimers,
  textOf,
  timer,
  timers,
  timersOf,
} from './timers.js';

const requires = ['priorityQueues'] as const;

/** Cases about priority queues. */
export const priorityQueueCases: readonly StateBackendCase[] = [
  {
    id: 'KSB-QUEUE-01',
    title:
      'testKeyGroupedInternalPriorityQueue: add() and remove() tell whether the first element is another one; elements by key group',
    requires,
    async run(harness) {
      const backend = await harness.createKeyed<string>({ keySerializer: string });
      const queue = queueOf(backend, {
        name: 'key-grouped',
        namespace: voidNamespaceSerializer,
        priority: int32,
      });
      const element = (key: string, priority: number) => ({
        key,
        namespace: VOID_NAMESPACE as VoidNamespace,
        priority,
      });
      const [a44, b1, b3, a42] = [element('a', 44), element('b', 1), element('b', 3), element('a', 42)];
      const priorities = (elements: Iterable<{ readonly priority: number }>): number[] =>
        [...elements].map(({ priority }) => priority).sort((a, b) => a - b);
      assertEqual(
        [a44, b1, element('b', 1), b3, a42].map((one) => queue.add(one)),
        [true, true, false, false, false],
        'the first element is another one',
      );
      const [ofA, ofB] = ['a', 'b'].map((key) => assignToKeyGroup(key, string, 10)) as [number, number];
      assertEqual(priorities(queue.getSubsetForKeyGroup(ofA)), [42, 44], 'the key group of a');
      assertEqual(priorities(queue.getSubsetForKeyGroup(ofB)), [1, 3], 'the key group of b');
      const other = Array.from({ length: 10 }, (_, keyGroup) => keyGroup).find((one) => one !== ofA && one !== ofB);
      assertEqual([...queue.getSubsetForKeyGroup(other as number)], [], 'another key group');
      const outside = thrownBy(() => queue.getSubsetForKeyGroup(10), 'a key group that there is not');
      assertTrue(outside instanceof RangeError, 'a key group that there is not is a RangeError');
      assertEqual(queue.peek(), b1, 'peek');
      assertEqual(queue.poll(), b1, 'poll');
      assertEqual(queue.peek(), b3, 'peek after poll');
      assertEqual(priorities(queue), [3, 42, 44], 'a walk');
      assertEqual(queue.size, 3, 'size');
      assertEqual(queue.remove(element('b', 1)), false, 'removing what is not there');
      assertEqual(queue.remove(element('a', 44)), false, 'removing another than the first');
      assertEqual(queue.remove(element('b', 3)), true, 'removing the first');
      assertEqual(queue.peek(), a42, 'peek after remove');
    },
  },
  {
    id: 'KSB-QUEUE-02',
    title: 'InternalPriorityQueueTestBase.testPeekPollOrder: what is peeked is polled next, in order, to the end',
    requires,
    async run(harness) {
      const queue = timersOf(await harness.createKeyed());
      const added = randomTimers(1000, 2);
      for (const one of added) queue.add(one);
      for (const [index, expected] of inOrder(added).entries()) {
        assertEqual(queue.size, 1000 - index, 'size');
        assertEqual(queue.peek(), expected, 'peek');
        assertEqual(queue.poll(), expected, 'poll');
      }
      assertTrue(queue.isEmpty(), 'not empty');
    },
  },
  {
    id: 'KSB-QUEUE-03',
    title: 'InternalPriorityQueueTestBase.testRemoveInsertMixKeepsOrder: removing and adding in between keep the order',
    requires,
    async run(harness) {
      const queue = timersOf(await harness.createKeyed());
      const below = numbersFrom(3);
      const [first, second] = [randomTimers(300, 30), randomTimers(500, 31).slice(0, 200)];
      const held = new Map(first.map((one) => [textOf(one), one]));
      queue.addAll(first);
      for (const next of second) {
        const ordered = inOrder(held.values());
        const gone = ordered[below(3) === 0 ? 0 : below(ordered.length)] as (typeof ordered)[0];
        assertEqual(queue.remove({ ...gone }), textOf(gone) === textOf(ordered[0] as typeof gone), 'remove()');
        held.delete(textOf(gone));
        queue.add(next);
        held.set(textOf(next), next);
        assertEqual(queue.peek(), inOrder(held.values())[0], 'peek');
      }
      assertDrains(queue, held.values(), 'what is left');
    },
  },
  {
    id: 'KSB-QUEUE-04',
    title:
      'InternalPriorityQueueTestBase.testPoll: undefined from an empty queue, then everything in order, then undefined',
    requires,
    async run(harness) {
      const queue = timersOf(await harness.createKeyed());
      assertEqual([queue.poll(), queue.peek()], [undefined, undefined], 'an empty queue');
      const added = randomTimers(345, 4);
      for (const one of added) queue.add(one);
      const polled = drained(queue);
      assertEqual(polled, inOrder(added), 'polled');
      assertEqual(queue.poll(), undefined, 'poll afterwards');
    },
  },
  {
    id: 'KSB-QUEUE-05',
    title: 'InternalPriorityQueueTestBase.testIsEmpty: empty before the first and after the last element',
    requires,
    async run(harness) {
      const queue = timersOf(await harness.createKeyed());
      assertTrue(queue.isEmpty(), 'at first');
      assertTrue(queue.add(timer(7)), 'adding the first element makes it the first');
      assertTrue(!queue.isEmpty(), 'with an element');
      queue.poll();
      assertTrue(queue.isEmpty(), 'after poll()');
    },
  },
  {
    id: 'KSB-QUEUE-06',
    title: 'InternalPriorityQueueTestBase.testBulkAddRestoredElements: of many copies each element is there once',
    requires,
    async run(harness) {
      const backend = await harness.createKeyed();
      const queue = timersOf(backend);
      const ten = randomTimers(10, 6);
      queue.addAll([...ten, ...ten.map((one) => ({ ...one }))]);
      queue.addAll(ten);
      assertEqual(queue.size, 10, 'size');
      const restored = timersOf(await harness.restart(backend));
      restored.addAll(ten);
      assertDrains(restored, ten, 'restored and added again');
    },
  },
  {
    id: 'KSB-QUEUE-07',
    title: 'InternalPriorityQueueTestBase.testIterator: nothing of an empty queue, each element once of another',
    requires,
    async run(harness) {
      const queue = timersOf(await harness.createKeyed());
      assertEqual(queue[Symbol.iterator]().next().done, true, 'an empty queue');
      const ten = randomTimers(10, 7);
      queue.addAll(ten);
      assertEqual([...queue].map(textOf).sort(), ten.map(textOf).sort(), 'ten elements');
      assertEqual(queue.size, 10, 'size after the walk');
    },
  },
  {
    id: 'KSB-QUEUE-08',
    title: 'InternalPriorityQueueTestBase.testAdd: a copy of an element changes nothing, a lower priority comes first',
    requires,
    async run(harness) {
      const queue = timersOf(await harness.createKeyed());
      const [low, high] = [timer(4711, 42), timer(815, 42)];
      assertEqual(queue.add(low), true, 'the first element');
      assertEqual(queue.add({ ...low }), false, 'a copy');
      assertEqual(queue.size, 1, 'size with a copy');
      assertEqual(queue.add(high), true, 'a lower priority');
      assertEqual(drained(queue), [high, low], 'polled');
      assertEqual(queue.add(low), true, 'an element that was polled is not there any more');
    },
  },
  {
    id: 'KSB-QUEUE-09',
    title: 'elements are known by value: compound keys, namespaces and priorities of new objects are the same element',
    requires,
    async run(harness) {
      const keySerializer = tuple(string, int32);
      const backend = await harness.createKeyed<[string, number]>({ keySerializer });
      const queue = queueOf(backend, { name: 'by-value', namespace: tuple(int32, int32), priority: bytes });
      const make = (key: string, namespace: number, priority: number) => ({
        key: [key, 1] as [string, number],
        namespace: [namespace, 2] as [number, number],
        priority: Uint8Array.of(priority, 3),
      });
      for (let round = 0; round < 2; round++)
        for (const key of ['a', 'b']) for (const rest of [1, 2]) queue.add(make(key, rest, rest));
      assertEqual(queue.size, 4, 'size');
      assertEqual(queue.remove(make('a', 1, 1)), true, 'removing the first by another object');
      assertEqual(queue.remove(make('a', 1, 1)), false, 'removing it again');
      assertEqual(queue.remove(make('b', 1, 2)), false, 'an element of another namespace');
      assertEqual(
        [queue.poll(), queue.poll(), queue.poll()],
        [make('b', 1, 1), make('a', 2, 2), make('b', 2, 2)],
        'polled',
      );
    },
  },
  {
    id: 'KSB-QUEUE-10',
    title: 'elements of one priority come in the order of their keys, then of their namespaces, over all key groups',
    requires,
    async run(harness) {
      const added = Array.from({ length: 400 }, (_, index) => timer(index % 4, (index * 37) % 100, index % 3));
      for (const numberOfKeyGroups of [1, 10, 128]) {
        const queue = timersOf(await harness.createKeyed({ numberOfKeyGroups }));
        queue.addAll(added);
        assertEqual(drained(queue).map(textOf), inOrder(added).map(textOf), `${numberOfKeyGroups} key groups`);
      }
      const negative = [3, -1, 0, -2_147_483_649, 2 ** 52, -(2 ** 52)].map((priority) => timer(priority));
      const queue = timersOf(await harness.createKeyed());
      queue.addAll(negative);
      assertEqual(drained(queue), negative.sort(compareTimers), 'priorities on both sides of zero');
    },
  },
  {
    id: 'KSB-QUEUE-11',
    title: 'what a program changes in an element that it gave or got changes nothing in the queue',
    requires,
    async run(harness) {
      const keySerializer = tuple(int32, int32);
      const backend = await harness.createKeyed<[number, number]>({ keySerializer, numberOfKeyGroups: 1 });
      const queue = queueOf(backend, { name: 'copied', namespace: tuple(int32), priority: tuple(int32) });
      const given = { key: [1, 2] as [number, number], namespace: [3] as [number], priority: [4] as [number] };
      const expected = { key: [1, 2], namespace: [3], priority: [4] };
      queue.add(given);
      given.key[0] = 9;
      given.namespace[0] = 9;
      given.priority[0] = 9;
      for (const got of [queue.peek(), ...queue, ...queue.getSubsetForKeyGroup(0)]) {
        assertEqual(got, expected, 'what is handed out');
        (got as typeof given).key[0] = 9;
        (got as typeof given).namespace[0] = 9;
        (got as typeof given).priority[0] = 9;
      }
      assertEqual(queue.poll(), expected, 'poll');
    },
  },
  {
    id: 'KSB-QUEUE-12',
    title:
      'InternalPriorityQueueTestBase.testRemove: false for what is not there, true for the only element, then false',
    requires,
    async run(harness) {
      const queue = timersOf(await harness.createKeyed());
      assertEqual(queue.remove(timer(1)), false, 'an empty queue');
      queue.add(timer(1));
      assertEqual(queue.remove(timer(1, 1)), false, 'another key');
      assertEqual(queue.remove(timer(1, 0, 1)), false, 'another namespace');
      assertEqual(queue.remove(timer(2)), false, 'another priority');
      assertEqual(queue.remove(timer(1)), true, 'the element');
      assertEqual(queue.remove(timer(1)), false, 'the element again');
      assertTrue(queue.isEmpty(), 'not empty');
    },
  },
  {
    id: 'KSB-QUEUE-14',
    title: 'a walk fails when elements come or go meanwhile, and not when nothing changes',
    requires,
    async run(harness) {
      const backend = await harness.createKeyed({ numberOfKeyGroups: 2 });
      const queue = timersOf(backend);
      const walkWhile = (walk: Iterable<unknown>, change: () => void): void => {
        for (const _ of walk) change();
      };
      const added = randomTimers(20, 14);
      queue.addAll(added);
      const keyGroup = assignToKeyGroup((added[0] as { key: number }).key, int32, 2);
      const changes: Record<string, () => void> = {
        'add()': () => queue.add(timer(1)),
        'poll()': () => queue.poll(),
        'remove()': () => queue.remove(added[0] as never),
      };
      for (const [name, change] of Object.entries(changes)) {
        assertStateError(() => walkWhile(queue, change), 'concurrent-modification', `${name} during a walk`, [
          'collect',
        ]);
        queue.addAll(added);
      }
      const ofGroup = (): Iterable<unknown> => queue.getSubsetForKeyGroup(keyGroup);
      assertStateError(
        () => walkWhile(ofGroup(), () => queue.remove(added[0] as never)),
        'concurrent-modification',
        'during a walk over a key group',
      );
      queue.addAll(added);
      walkWhile(queue, () => queue.add({ ...(added[0] as (typeof added)[0]) }));
      walkWhile(queue, () => queue.remove(timer(-1)));
    },
  },
  {
    id: 'KSB-QUEUE-15',
    title:
      'a queue needs no key and chooses none; keys of other subtasks, missing keys and closed backends are refused',
    requires,
    async run(harness) {
      const backend = await harness.createKeyed({ numberOfKeyGroups: 10, keyGroupRange: KeyGroupRange.of(0, 4) });
      const queue = timersOf(backend);
      const keys = Array.from({ length: 100 }, (_, key) => key);
      const own = keys.find((key) => assignToKeyGroup(key, int32, 10) < 5) as number;
      const foreign = keys.find((key) => assignToKeyGroup(key, int32, 10) >= 5) as number;
      queue.add(timer(1, own));
      assertEqual(backend.getCurrentKey(), undefined, 'the current key');
      backend.setCurrentKey(own);
      for (const call of [() => queue.add(timer(1, foreign)), () => queue.remove(timer(1, foreign))])
        assertStateError(call, 'key-group-out-of-range', 'a key of another subtask');
      assertTypeError(() => queue.add({ namespace: 1, priority: 1 } as never), 'a missing key');
      for (const wrong of [
        { key: own, namespace: 1 },
        { key: own, priority: 1 },
        { key: 'x', namespace: 1, priority: 1 },
      ])
        assertStateError(() => queue.add(wrong as never), 'value-not-serializable', 'a part of another type');
      assertEqual([...queue], [timer(1, own)], 'what is there after all this');
      assertEqual(backend.getCurrentKey(), own, 'the current key');
      await backend.close();
      const calls: Record<string, () => unknown> = {
        add: () => queue.add(timer(2, own)),
        peek: () => queue.peek(),
        poll: () => queue.poll(),
        size: () => queue.size,
        walk: () => [...queue],
        create: () => timersOf(backend),
      };
      for (const [name, call] of Object.entries(calls))
        assertStateError(call, 'backend-closed', `${name} after close()`);
    },
  },
  {
    id: 'KSB-QUEUE-16',
    title: 'one name, one queue; names are shared with the states, and errors name both sorts',
    requires,
    async run(harness) {
      const backend = await harness.createKeyed();
      const queue = timersOf(backend);
      queue.add(timer(1));
      assertTrue(queueOf(backend, { ...timers }) === queue, 'the same name is another object');
      assertDrains(queueOf(backend, { ...timers, name: 'others' }), [], 'another name');
      const taken = ['priority queue', 'value state'];
      const asState = new ValueStateDescriptor('timers', { type: int32 });
      assertStateError(() => plainState(backend, asState), 'state-already-registered', 'a state of the name', taken);
      const numbers = new ValueStateDescriptor('numbers', { type: int32 });
      plainState(backend, numbers);
      const asQueue = { ...timers, name: 'numbers' };
      assertStateError(() => queueOf(backend, asQueue), 'state-already-registered', 'a queue of the name', taken);
      assertStateError(
        () => queueOf(backend, { ...timers, priority: int32 }),
        'key-serializer-incompatible',
        'another type of priorities',
        ['safeInteger', 'int32', 'timers'],
      );
      assertStateError(
        () => queueOf(backend, { ...timers, namespace: string }),
        'namespace-serializer-incompatible',
        'another type of namespaces',
        ['string', 'int32'],
      );
      const declaring = await harness.createKeyed({ declaredStates: [numbers] });
      assertStateError(
        () => queueOf(declaring, asQueue),
        'state-already-registered',
        'a queue of a declared name',
        taken,
      );
      for (const wrong of [{ ...timers, name: '' }, { name: 'no types' }, { name: 'no priority', namespace: int32 }])
        assertTypeError(() => queueOf(backend, wrong as never), 'a descriptor without name or types');
    },
  },
  {
    id: 'KSB-QUEUE-17',
    title: 'elements are entries of the figures and no keys of a state',
    requires,
    async run(harness) {
      const backend = await harness.createKeyed();
      const map = plainState(backend, new MapStateDescriptor('ages', { key: safeInteger, value: int32 }));
      backend.setCurrentKey(1);
      map.put(7, 7);
      const queue = timersOf(backend);
      queue.addAll(randomTimers(50, 17));
      const figures = (from: typeof backend) => [
        from.numKeyValueStateEntries(),
        [...from.getKeys('timers', 0)].length,
        [...from.getKeysAndNamespaces('timers')].length,
      ];
      assertEqual(figures(backend).slice(1), [0, 0], 'keys of a queue');
      const entries = Number(backend.metrics()['entries'] ?? 51);
      assertEqual([entries, backend.metrics()['timers.entries'] ?? 50], [51, 50], 'entries of the figures');
      queue.poll();
      assertEqual(backend.metrics()['timers.entries'] ?? 49, 49, 'entries after poll()');
      const stateEntries = figures(backend)[0];
      const restored = await harness.restart(backend);
      assertEqual(restored.metrics()['timers.entries'] ?? 49, 49, 'entries of what is restored');
      timersOf(restored);
      plainState(restored, new MapStateDescriptor('ages', { key: safeInteger, value: int32 }));
      assertEqual(restored.numKeyValueStateEntries(), stateEntries, 'entries of states');
    },
  },
];
