// A priority queue of a keyed backend: opened when it is first used.
//
// Owns: when it is opened, and that nothing is used after close. Leaves the order over the key groups to
// key-group-partitioned-priority-queue.ts, and to the backend where the elements are kept.
//
//   LQ1. Restored key groups are opened when the queue is first used: only then can the first of all elements be told.

import type { KeyGroupedInternalPriorityQueue } from '../state-backend/priority-queue.js';
import type { KeyGroupPartitionedPriorityQueue } from './key-group-partitioned-priority-queue.js';
import type { CurrentKey } from './keyed-current-key.js';

/**
 * A priority queue whose elements are kept by the class that extends it.
 *
 * @typeParam E - Element.
 */
export abstract class KeyedPriorityQueue<E> implements KeyGroupedInternalPriorityQueue<E> {
  /** The queues of the key groups, once the queue was used. */
  protected opened: KeyGroupPartitionedPriorityQueue<E> | undefined = undefined;

  constructor(private readonly currentKey: Pick<CurrentKey<unknown>, 'checkOpen'>) {}

  get size(): number {
    return this.queue().size;
  }

  isEmpty(): boolean {
    return this.queue().isEmpty();
  }

  peek(): E | undefined {
    return this.queue().peek();
  }

  poll(): E | undefined {
    return this.queue().poll();
  }

  add(element: E): boolean {
    return this.queue().add(element);
  }

  remove(element: E): boolean {
    return this.queue().remove(element);
  }

  addAll(elements: Iterable<E>): void {
    this.queue().addAll(elements);
  }

  getSubsetForKeyGroup(keyGroup: number): Iterable<E> {
    return this.queue().getSubsetForKeyGroup(keyGroup);
  }

  [Symbol.iterator](): Iterator<E> {
    return this.queue()[Symbol.iterator]();
  }

  /** Opens the queues of the key groups. @throws StateError `restore-failed` and what else the backend throws. */
  protected abstract open(): KeyGroupPartitionedPriorityQueue<E>;

  /** @throws StateError `backend-closed`, and as {@link open}. */
  private queue(): KeyGroupPartitionedPriorityQueue<E> {
    this.currentKey.checkOpen();
    this.opened ??= this.open();
    return this.opened;
  }
}
