// The elements of a queue in one key group: a set with a heap over it.
//
// Owns: the heap and the rules of a set. Leaves the elements to whoever keeps them: the table that is snapshotted is the
// one place where they are, the heap knows their slots only.
//
//   HQ1. An element that is there is not added again; the one that is there stays.
//   HQ2. Nobody adds or removes elements but this, once it is made.
//   HQ3. A walk fails when elements come or go meanwhile.

import { IndexedHeap } from './indexed-heap.js';
import type { KeyGroupPriorityQueue } from './key-group-partitioned-priority-queue.js';
import { queueChangedMeanwhile } from './queue-changed-meanwhile.js';

/** Keeps elements under small numbers. */
export interface QueueElements<E> {
  /** Puts an element into a slot; -1 when it is there already (HQ1). */
  insert(element: E): number;
  /** The slot of an element; -1 when it is not there. */
  find(element: E): number;
  /** Removes the element in a slot. */
  remove(slot: number): void;
  /** The element in a slot, for the program: it shares nothing mutable with what is kept. */
  elementAt(slot: number): E;
  /** The slots of all elements. */
  slots(): Iterable<number>;
  /** As the rank of `IndexedHeap`. */
  rankAt(slot: number): number;
  /** The order of the element in a slot and one of another key group. */
  compareTo(slot: number, other: QueueElements<E>, otherSlot: number): number;
}

/** The queue of one key group on a heap. */
export class HeapPriorityQueueSet<E> implements KeyGroupPriorityQueue<E> {
  private readonly elements: QueueElements<E>;
  private readonly heap: IndexedHeap;
  /** Counts what came and went (HQ3). */
  private changes = 0;

  /** @param elements - May hold some already. */
  constructor(elements: QueueElements<E>) {
    this.elements = elements;
    this.heap = new IndexedHeap((a, b) => elements.compareTo(a, elements, b));
    this.heap.fill(elements.slots(), (slot) => elements.rankAt(slot));
  }

  get size(): number {
    return this.heap.size;
  }

  get headRank(): number {
    return this.heap.firstRank;
  }

  compareHead(other: KeyGroupPriorityQueue<E>): number {
    const { elements, heap } = other as HeapPriorityQueueSet<E>;
    return this.elements.compareTo(this.heap.first, elements, heap.first);
  }

  peek(): E | undefined {
    const { first } = this.heap;
    return first < 0 ? undefined : this.elements.elementAt(first);
  }

  poll(): E | undefined {
    const { first } = this.heap;
    if (first < 0) return undefined;
    const element = this.elements.elementAt(first);
    this.removeSlot(first);
    return element;
  }

  add(element: E): boolean {
    const slot = this.elements.insert(element);
    if (slot < 0) return false;
    this.changes++;
    return this.heap.add(slot, this.elements.rankAt(slot));
  }

  remove(element: E): boolean {
    const slot = this.elements.find(element);
    return slot >= 0 && this.removeSlot(slot);
  }

  *[Symbol.iterator](): Iterator<E> {
    const { changes } = this;
    for (let position = 0; position < this.heap.size; position++) {
      yield this.elements.elementAt(this.heap.slotAt(position));
      if (this.changes !== changes) throw queueChangedMeanwhile();
    }
  }

  private removeSlot(slot: number): boolean {
    this.changes++;
    const wasFirst = this.heap.remove(slot);
    this.elements.remove(slot);
    return wasFirst;
  }
}
