// A queue over all key groups of a subtask: one queue for each, and a heap over the first elements of these.
//
// Owns: finding the key group of an element, and the first of all. Leaves the elements of a key group to its queue, so that
// each can be snapshotted, restored and handed on by itself.
//
//   KQ1. A queue that is not empty is in the heap, one that is empty is not.
//   KQ2. The queue of a key group is made when it is first needed; nobody else changes it afterwards.
//   KQ3. A walk over all elements fails when elements come or go in any key group meanwhile, one over a key group when they
//        do in this one.

import type { KeyGroupRange } from '../key-group/key-group-range.js';
import type { KeyGroupedInternalPriorityQueue } from '../state-backend/priority-queue.js';
import { IndexedHeap } from './indexed-heap.js';
import { queueChangedMeanwhile } from './queue-changed-meanwhile.js';

/** The queue of one key group: a set in the order of priority, then of the canonical bytes of key and namespace. */
export interface KeyGroupPriorityQueue<E> extends Iterable<E> {
  readonly size: number;
  /** The first element, or `undefined`. It stays. */
  peek(): E | undefined;
  /** Takes the first element out. */
  poll(): E | undefined;
  /** Whether the element is the first now; false for one that was there. */
  add(element: E): boolean;
  /** Whether the element was the first; false for one that was not there. */
  remove(element: E): boolean;
  /** A number that orders as first elements do, as far as it can: see `priorityRankOf`. Of a queue that is not empty. */
  readonly headRank: number;
  /** The order of the first elements of two queues that are not empty. */
  compareHead(other: KeyGroupPriorityQueue<E>): number;
}

/** What a {@link KeyGroupPartitionedPriorityQueue} is made of. */
export interface KeyGroupPartitionedPriorityQueueParameters<E> {
  readonly keyGroupRange: KeyGroupRange;
  /** The key group of an element. @throws for an element that belongs to no key group of the range. */
  keyGroupOf(element: E): number;
  /** Makes the queue of a key group (KQ2), with the elements that it has. */
  createQueue(keyGroup: number): KeyGroupPriorityQueue<E>;
  /** Key groups that have elements already. Default none. */
  readonly filledKeyGroups?: Iterable<number>;
}

/** A queue over key groups. */
export class KeyGroupPartitionedPriorityQueue<E> implements KeyGroupedInternalPriorityQueue<E> {
  private readonly parameters: KeyGroupPartitionedPriorityQueueParameters<E>;
  private readonly firstKeyGroup: number;
  /** By place of the key group in the range. */
  private readonly queues: (KeyGroupPriorityQueue<E> | undefined)[];
  private readonly heads: IndexedHeap;
  private count = 0;
  private changes = 0;

  constructor(parameters: KeyGroupPartitionedPriorityQueueParameters<E>) {
    const { keyGroupRange, filledKeyGroups = [] } = parameters;
    this.parameters = parameters;
    this.firstKeyGroup = keyGroupRange.first;
    const queues = new Array<KeyGroupPriorityQueue<E> | undefined>(keyGroupRange.numberOfKeyGroups).fill(undefined);
    this.queues = queues;
    this.heads = new IndexedHeap((a, b) =>
      (queues[a] as KeyGroupPriorityQueue<E>).compareHead(queues[b] as KeyGroupPriorityQueue<E>),
    );
    for (const keyGroup of filledKeyGroups) this.open(keyGroup - this.firstKeyGroup);
  }

  get size(): number {
    return this.count;
  }

  isEmpty(): boolean {
    return this.count === 0;
  }

  peek(): E | undefined {
    const { first } = this.heads;
    return first < 0 ? undefined : (this.queues[first] as KeyGroupPriorityQueue<E>).peek();
  }

  poll(): E | undefined {
    const { first } = this.heads;
    if (first < 0) return undefined;
    const queue = this.queues[first] as KeyGroupPriorityQueue<E>;
    const element = queue.poll();
    this.count--;
    this.changes++;
    this.headChanged(first, queue);
    return element;
  }

  add(element: E): boolean {
    const index = this.parameters.keyGroupOf(element) - this.firstKeyGroup;
    const queue = this.queues[index] ?? this.open(index);
    const { size } = queue;
    const isFirstOfGroup = queue.add(element);
    if (queue.size === size) return false;
    this.count++;
    this.changes++;
    if (!isFirstOfGroup) return false;
    this.headChanged(index, queue);
    return this.heads.first === index;
  }

  remove(element: E): boolean {
    const index = this.parameters.keyGroupOf(element) - this.firstKeyGroup;
    const queue = this.queues[index];
    if (queue === undefined) return false;
    const { size } = queue;
    const wasFirstOfGroup = queue.remove(element);
    if (queue.size === size) return false;
    this.count--;
    this.changes++;
    if (!wasFirstOfGroup) return false;
    const wasFirst = this.heads.first === index;
    this.headChanged(index, queue);
    return wasFirst;
  }

  addAll(elements: Iterable<E>): void {
    for (const element of elements) this.add(element);
  }

  /** All elements, those of a key group together. Fails with `concurrent-modification`. */
  *[Symbol.iterator](): Iterator<E> {
    const { changes } = this;
    for (const queue of this.queues) {
      if (queue === undefined) continue;
      for (const element of queue) {
        yield element;
        if (this.changes !== changes) throw queueChangedMeanwhile();
      }
    }
  }

  /**
   * The elements of one key group, in any order. Fails with `concurrent-modification`.
   *
   * @throws RangeError for a key group of another subtask.
   */
  getSubsetForKeyGroup(keyGroup: number): Iterable<E> {
    const { keyGroupRange } = this.parameters;
    if (!keyGroupRange.contains(keyGroup)) {
      throw new RangeError(`key group ${keyGroup} is not one of this subtask, which has ${keyGroupRange.toString()}`);
    }
    const index = keyGroup - this.firstKeyGroup;
    return { [Symbol.iterator]: () => (this.queues[index] ?? [])[Symbol.iterator]() };
  }

  private open(index: number): KeyGroupPriorityQueue<E> {
    const queue = this.parameters.createQueue(this.firstKeyGroup + index);
    this.queues[index] = queue;
    this.count += queue.size;
    if (queue.size > 0) this.heads.add(index, queue.headRank);
    return queue;
  }

  private headChanged(index: number, queue: KeyGroupPriorityQueue<E>): void {
    if (queue.size === 0) this.heads.remove(index);
    else if (this.heads.has(index)) this.heads.update(index, queue.headRank);
    else this.heads.add(index, queue.headRank);
  }
}
