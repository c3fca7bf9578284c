// Queues of elements by priority, kept by key group: what timers live in.
//
//   Q1. A queue is a set: an element is known by key, namespace and priority, and stands in it once.
//   Q2. Elements come out by priority, lowest first; those of equal priority in the order of the canonical bytes of their key,
//       then of their namespace. So the order is the same on every store, at every parallelism and after every restore.

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

/**
 * A queue over all key groups of a subtask. No key has to be chosen for it, and none is by it.
 *
 * Adding and removing throw TypeError for an element without key and StateError `key-group-out-of-range` for one whose key
 * belongs to another subtask, and all calls throw `backend-closed` and `restore-failed`. Walks throw
 * `concurrent-modification` when elements come or go meanwhile.
 *
 * Implementers (guide: Priority queues)
 * - MUST hold an element once, however often it is added, and know it by value. [KSB-QUEUE-06, KSB-QUEUE-08,
 *   KSB-QUEUE-09]
 * - MUST let elements out in the one order (Q2), whatever is added and removed in between. [KSB-QUEUE-02..KSB-QUEUE-05,
 *   KSB-QUEUE-10]
 * - MUST tell by the results of `add` and `remove` whether the first element is another one. [KSB-QUEUE-01,
 *   KSB-QUEUE-12]
 * - MUST show a snapshot the queues and elements of its freeze, whatever is added, polled or removed afterwards.
 *   [KSB-QUEUE-13, KSB-QUEUE-18, KSB-QUEUE-26]
 * - MUST hand out and take in elements that share nothing mutable with what is stored. [KSB-QUEUE-11]
 * - MUST walk over each element once, and fail when elements come or go meanwhile. [KSB-QUEUE-07, KSB-QUEUE-14]
 * - MUST need no current key and choose none, and refuse elements of other subtasks. [KSB-QUEUE-15]
 */
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
  /** The elements of one key group, in any order. @throws RangeError for a key group of another subtask. */
  getSubsetForKeyGroup(keyGroup: number): Iterable<E>;
}
