// What the cases about queues work with: queues of timers, in the one order that they come out in.

import { int32, safeInteger } from '@tidemark/state-core';
import type {
  KeyedStateBackend,
  KeyGroupedInternalPriorityQueue,
  PriorityQueueDescriptor,
  PriorityQueueElement,
} from '@tidemark/state-core/spi';
import { assertEqual, assertTrue } from '../conformance/assertions.js';

/** A timer of an int32 key in an int32 namespace. */
export type Timer = PriorityQueueElement<number, number, number>;

/** A queue of timers. */
export type TimerQueue = KeyGroupedInternalPriorityQueue<Timer>;

/** The queue of most cases. */
export const timers: PriorityQueueDescriptor<number, number> = {
  name: 'timers',
  namespace: int32,
  priority: safeInteger,
};

/** A queue of a backend that declares `priorityQueues`. */
export function queueOf<K, N, P>(
  backend: KeyedStateBackend<K>,
  descriptor: PriorityQueueDescriptor<N, P>,
): KeyGroupedInternalPriorityQueue<PriorityQueueElement<K, N, P>> {
  assertTrue(backend.createPriorityQueue !== undefined, 'the backend has no createPriorityQueue');
  return (backend.createPriorityQueue as NonNullable<typeof backend.createPriorityQueue>)(descriptor);
}

/** The queue {@link timers} of a backend. */
export function timersOf(backend: KeyedStateBackend<number>): TimerQueue {
  return queueOf(backend, timers);
}

/** A timer. */
export function timer(priority: number, key = 0, namespace = 0): Timer {
  return { key, namespace, priority };
}

/** The one order of timers. */
export function compareTimers(a: Timer, b: Timer): number {
  return a.priority - b.priority || a.key - b.key || a.namespace - b.namespace;
}

/** Timers in their order, each once. */
export function inOrder(unordered: Iterable<Timer>): Timer[] {
  const distinct = new Map([...unordered].map((one) => [textOf(one), one]));
  return [...distinct.values()].sort(compareTimers);
}

/** A timer as text, one for each. */
export function textOf({ key, namespace, priority }: Timer): string {
  return `${priority}/${key}/${namespace}`;
}

/** Timers that come again from the same seed: some have the same priority, none are the same. */
export function randomTimers(count: number, seed: number, keys: number = count): Timer[] {
  const below = numbersFrom(seed);
  const made = new Map<string, Timer>();
  while (made.size < count) {
    // Times of this century take more than 32 bits.
    const one = timer(1_700_000_000_000 + below(count), below(keys), below(3));
    made.set(textOf(one), one);
  }
  return [...made.values()];
}

/** Gives integers from 0 to before a bound, the same ones for the same seed. */
export function numbersFrom(seed: number): (bound: number) => number {
  let state = seed >>> 0;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

/** Takes everything out, in order. */
export function drained(queue: TimerQueue): Timer[] {
  const polled: Timer[] = [];
  for (let one = queue.poll(); one !== undefined; one = queue.poll()) polled.push(one);
  return polled;
}

/** The queue holds these timers: by its size, by walking over it and by emptying it. */
export function assertDrains(queue: TimerQueue, expected: Iterable<Timer>, what: string): void {
  const wanted = inOrder(expected).map(textOf);
  assertEqual(queue.size, wanted.length, `${what}: size`);
  assertEqual([...queue].sort(compareTimers).map(textOf), wanted, `${what}: a walk`);
  assertEqual(drained(queue).map(textOf), wanted, `${what}: polled`);
  assertTrue(queue.isEmpty() && queue.size === 0 && queue.peek() === undefined, `${what}: not empty afterwards`);
}
