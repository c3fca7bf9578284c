// A priority queue of the heap backend: map tables, and heaps over them.
//
//   HP1. Restored key groups are decoded when the queue is first used: only then can the first of all elements be told.
//   HP2. The tables are changed through this alone, so the heaps never miss a change.

import type { KeyGroupRange, KeySerializer } from '@tidemark/state-core';
import type { PriorityQueueElement } from '@tidemark/state-core/spi';
import {
  type CurrentKey,
  HeapPriorityQueueSet,
  KeyedPriorityQueue,
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
export class HeapPriorityQueue<K, N, P> extends KeyedPriorityQueue<PriorityQueueElement<K, N, P>> {
  readonly tables: HeapPriorityQueueParameters<K>['tables'];
  private readonly parameters: HeapPriorityQueueParameters<K>;

  constructor(parameters: HeapPriorityQueueParameters<K>) {
    super(parameters.currentKey);
    this.tables = parameters.tables;
    this.parameters = parameters;
  }

  protected open(): KeyGroupPartitionedPriorityQueue<PriorityQueueElement<K, N, P>> {
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
