// A priority queue over a store: the queues of the key groups (stored-queue-group.ts), opened when the queue is first used.
//
//   SQ1. Restored key groups are brought into the store when the queue is first used: only then can the first of all elements
//        be told. Their elements are read from there as they come to be first.
//   SQ2. The tables of the queue are changed through this alone.

import type { KeyGroupRange } from '../key-group/key-group-range.js';
import type { KeySerializer } from '../serialization/type-serializer.js';
import { KeyGroupPartitionedPriorityQueue } from '../support/key-group-partitioned-priority-queue.js';
import type { CurrentKey } from '../support/keyed-current-key.js';
import { KeyedPriorityQueue } from '../support/keyed-priority-queue.js';
import type { PriorityQueueRegistration } from '../support/priority-queue-registration.js';
import { priorityRankOf } from '../support/priority-rank.js';
import type { RestoredKeyedState } from '../support/restored-keyed-state.js';
import { restoredRecordCount } from '../support/restored-record-count.js';
import type { CellCache } from './cell-cache.js';
import { CellTable, type CellTableParameters } from './cell-table.js';
import { type AnyElement, QueuePaths, type QueueTypes } from './queue-paths.js';
import { type QueueGroupParameters, StoredQueueGroup } from './stored-queue-group.js';
import type { StoredTables } from './stored-table.js';
import { ValueSizes } from './value-sizes.js';

/** What a queue over a store is made of. */
export interface StoredPriorityQueueParameters<K> {
  readonly registration: PriorityQueueRegistration;
  readonly currentKey: CurrentKey<K>;
  readonly keySerializer: KeySerializer<K>;
  readonly keyGroupRange: KeyGroupRange;
  readonly restored: RestoredKeyedState;
  readonly stored: StoredTables;
  readonly cache: CellCache;
  readonly objectReuse: boolean;
  /** Whether all elements stay in memory, and the store has them for snapshots alone. */
  readonly keepsAll: boolean;
}

/** A priority queue over a store. */
export class StoredPriorityQueue<K> extends KeyedPriorityQueue<AnyElement> {
  private readonly parameters: StoredPriorityQueueParameters<K>;

  constructor(parameters: StoredPriorityQueueParameters<K>) {
    super(parameters.currentKey);
    this.parameters = parameters;
  }

  /** Elements, for figures: opens nothing. */
  get entryCount(): number {
    const { restored, registration, stored, keyGroupRange } = this.parameters;
    if (this.opened !== undefined) return this.opened.size;
    let count = restoredRecordCount(restored, registration.name);
    for (let keyGroup = keyGroupRange.first; keyGroup <= keyGroupRange.last; keyGroup++)
      count += stored.peek(keyGroup)?.entryCount ?? 0;
    return count;
  }

  /** @throws StateError `restore-failed`, and as ST5 of stored-table.ts. */
  protected open(): KeyGroupPartitionedPriorityQueue<AnyElement> {
    const { currentKey, keyGroupRange, restored, registration, stored } = this.parameters;
    const filledKeyGroups: number[] = [];
    for (let keyGroup = keyGroupRange.first; keyGroup <= keyGroupRange.last; keyGroup++) {
      const isFilled = stored.peek(keyGroup) ?? restored.chainOf(registration.name, keyGroup);
      if (isFilled !== undefined) filledKeyGroups.push(keyGroup);
    }
    const types = this.tableTypes();
    const group = this.groupParameters();
    return new KeyGroupPartitionedPriorityQueue({
      keyGroupRange,
      keyGroupOf: ({ key }) => currentKey.keyGroupOf(key as K),
      createQueue: (keyGroup) => new StoredQueueGroup(new CellTable(stored.open(keyGroup), types), group),
      filledKeyGroups,
    });
  }

  private groupParameters(): QueueGroupParameters {
    const { cache, registration, stored, objectReuse, keepsAll } = this.parameters;
    const types = this.types();
    const parts = [types.key, types.namespace, types.priority];
    const copies = !objectReuse && !parts.every(({ isImmutableType }) => isImmutableType);
    return {
      cache,
      paths: new QueuePaths(types),
      rankOf: priorityRankOf(registration.mapKeySerializer),
      keepsAll,
      orderedBytes: stored.orderedBytes ?? Number.POSITIVE_INFINITY,
      copy: copies
        ? ({ key, namespace, priority }) => ({
            key: types.key.copy(key),
            namespace: types.namespace.copy(namespace),
            priority: types.priority.copy(priority),
          })
        : ({ key, namespace, priority }) => ({ key, namespace, priority }),
    };
  }

  private types(): QueueTypes {
    const { keySerializer, registration } = this.parameters;
    return {
      key: keySerializer as KeySerializer<unknown>,
      namespace: registration.namespaceSerializer,
      priority: registration.mapKeySerializer,
    };
  }

  private tableTypes(): CellTableParameters {
    const { id, name } = this.parameters.registration;
    const { key, namespace, priority } = this.types();
    return {
      sizes: new ValueSizes(0),
      ttl: undefined,
      verify: () => {},
      charge: () => {},
      types: {
        stateId: id,
        stateName: name,
        key,
        namespace,
        hasNamespaces: true,
        mapKey: priority,
        isMap: false,
        isList: false,
      },
    };
  }
}
