// A priority queue of the heap backend: map tables, and heaps over them.
//
//   HP1. Restored key groups are decoded when the queue is first used: only then can the first of all elements be told.
//   HP2. The tables are changed through this alone, so the heaps never miss a change.

import type { KeyGroupRange, KeySerializer } from '@tidemark/state-core';
import type { KeyGroupedInternalPriorityQueue, PriorityQueueElement } from '@tidemark/state-core/spi';
import {
  type CurrentKey,
  HeapPriorityQueueSet,
  KeyGroupPartitionedPriorityQueue,
  type PriorityQueueRegistration,
  priorityRankOf,
} from '@tidemark/state-core/support';
import type { MapTable } from '../table/map-table.js';
import type { StateTables } from '../table/state-tables.js';
import { QueueTableElements, type QueueTypes } from './queue-table-elements.js';

/** What a queue on the heap is made of. */
export interface HeapPriorityQueueParameters<K> {
  readonly currentKey: CurrentKey<K>;
  readonly keySerializer: KeySerializer<K>;
  readonly keyGroupRange: KeyGroupRange;
  readonly tables: StateTables<MapTable, PriorityQueueRegistration>;
  readonly objectReuse: boolean;
}

/** A priority queue on the heap. */
export class HeapPriorityQueue<K, N, P> implements KeyGroupedInternalPriorityQueue<PriorityQueueElement<K, N, P>> {
  private readonly parameters: HeapPriorityQueueParameters<K>;
  private opened: KeyGroupPartitionedPriorityQueue<PriorityQueueElement<K, N, P>> | undefined = undefined;

  constructor(parameters: HeapPriorityQueueParameters<K>) {
    this.parameters = parameters;
  }

  get size(): number {
    return this.queue().size;
  }

  isEmpty(): boolean {
    return this.queue().isEmpty();
  }

  peek(): PriorityQueueElement<K, N, P> | undefined {
    return this.queue().peek();
  }

  poll(): PriorityQueueElement<K, N, P> | undefined {
    return this.queue().poll();
  }

  add(element: PriorityQueueElement<K, N, P>): boolean {
    return this.queue().add(element);
  }

  remove(element: PriorityQueueElement<K, N, P>): boolean {
    return this.queue().remove(element);
  }

  addAll(elements: Iterable<PriorityQueueElement<K, N, P>>): void {
    this.queue().addAll(elements);
  }

  getSubsetForKeyGroup(keyGroup: number): Iterable<PriorityQueueElement<K, N, P>> {
    return this.queue().getSubsetForKeyGroup(keyGroup);
  }

  [Symbol.iterator](): Iterator<PriorityQueueElement<K, N, P>> {
    return this.queue()[Symbol.iterator]();
  }

  /** @throws StateError `backend-closed`, `restore-failed`. */
  private queue(): KeyGroupPartitionedPriorityQueue<PriorityQueueElement<K, N, P>> {
    this.parameters.currentKey.checkOpen();
    this.opened ??= this.open();
    return this.opened;
  }

  private open(): KeyGroupPartitionedPriorityQueue<PriorityQueueElement<K, N, P>> {
    const { currentKey, keySerializer, keyGroupRange, tables, objectReuse } = this.parameters;
    const { registration } = tables;
    const { namespaceSerializer, mapKeySerializer } = registration;
    const parts = [keySerializer, namespaceSerializer, mapKeySerializer];
    const types: QueueTypes = {
      key: keySerializer as KeySerializer<unknown>,
      registration,
      rankOf: priorityRankOf(mapKeySerializer),
      copies: !objectReuse && !parts.every(({ isImmutableType }) => isImmutableType),
    };
    const filledKeyGroups = tables.openAll();
    return new KeyGroupPartitionedPriorityQueue({
      keyGroupRange,
      keyGroupOf: ({ key }) => currentKey.keyGroupOf(key),
      createQueue: (keyGroup) =>
        new HeapPriorityQueueSet(new QueueTableElements<K, N, P>(tables.open(keyGroup), types)),
      filledKeyGroups,
    });
  }
}
