// Queues of elements by priority, kept by key group: what timers live in.
//
//   Q1. A queue is a set: an element is known by key, namespace and priority, and stands in it once.
//   Q2. Elements come out by priority, lowest first; those of equal priority in the order of their canonical bytes where the
//       store sorts, in any order elsewhere.

import type { KeySerializer } from '../serialization/type-serializer.js';

/** Describes a queue: timers have the time as their priority. */
export interface PriorityQueueDescriptor<N, P> {
  readonly name: string;
  readonly namespace: KeySerializer<N>;
  readonly priority: KeySerializer<P>;
}

/** An element of a queue. */
export interface PriorityQueueElement<K, N, P> {
  readonly key: K;
  readonly namespace: N;
  readonly priority: P;
}

/** A queue over all key groups of a subtask. */
export interface KeyGroupedInternalPriorityQueue<E> extends Iterable<E> {
  /** The first element, or `undefined`. It stays. */
  peek(): E | undefined;
  /** Takes the first element out. */
  poll(): E | undefined;
  /** Whether the first element is another one now; false for an element that was there. */
  add(element: E): boolean;
  /** Whether the first element is another one now; false for an element that was not there. */
  remove(element: E): boolean;
  addAll(elements: Iterable<E>): void;
  readonly size: number;
  isEmpty(): boolean;
  /** The elements of one key group, in any order. */
  getSubsetForKeyGroup(keyGroup: number): Iterable<E>;
}
