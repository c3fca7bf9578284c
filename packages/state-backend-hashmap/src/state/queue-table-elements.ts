// The elements of a queue in one key group, kept as the entries of a map table: by key and namespace, then by priority.
//
//   QT1. The table is the queue: what it holds, and nothing else, is in snapshots. The heap over it is made from it.

import type { KeySerializer } from '@tidemark/state-core';
import type { PriorityQueueElement } from '@tidemark/state-core/spi';
import type { PriorityQueueRegistration, PriorityRank, QueueElements } from '@tidemark/state-core/support';
import type { MapOwner } from '../table/map-owner.js';
import type { MapTable } from '../table/map-table.js';
import { ABSENT } from '../table/slots.js';

/** The types of a queue. */
export interface QueueTypes {
  readonly key: KeySerializer<unknown>;
  readonly registration: PriorityQueueRegistration;
  readonly rankOf: PriorityRank;
  /** Whether parts of elements are copied when they are handed out. */
  readonly copies: boolean;
}

/** A map table as the elements of a queue. */
export class QueueTableElements<K, N, P> implements QueueElements<PriorityQueueElement<K, N, P>> {
  private readonly table: MapTable;
  private readonly key: KeySerializer<unknown>;
  private readonly namespace: KeySerializer<unknown>;
  private readonly priority: KeySerializer<unknown>;
  private readonly rankOf: PriorityRank;
  private readonly copies: boolean;

  constructor(table: MapTable, { key, registration, rankOf, copies }: QueueTypes) {
    this.table = table;
    this.key = key;
    this.namespace = registration.namespaceSerializer;
    this.priority = registration.mapKeySerializer;
    this.rankOf = rankOf;
    this.copies = copies;
  }

  insert({ key, namespace, priority }: PriorityQueueElement<K, N, P>): number {
    const { table } = this;
    // Whatever a serializer refuses, it refuses before anything is changed.
    const keyIdentity = this.key.identity(key);
    const namespaceIdentity = this.namespace.identity(namespace);
    const priorityIdentity = this.priority.identity(priority);
    const owner = table.ownerFor(keyIdentity, namespaceIdentity, key, namespace);
    return table.find(owner, priorityIdentity) >= 0 ? -1 : table.put(owner, priorityIdentity, priority, undefined);
  }

  find({ key, namespace, priority }: PriorityQueueElement<K, N, P>): number {
    const priorityIdentity = this.priority.identity(priority);
    const owner = this.table.findOwner(this.key.identity(key), this.namespace.identity(namespace));
    return owner === undefined ? -1 : this.table.find(owner, priorityIdentity);
  }

  remove(slot: number): void {
    this.table.remove(slot);
  }

  elementAt(slot: number): PriorityQueueElement<K, N, P> {
    const { key, namespace } = this.table.owners[slot] as MapOwner;
    const priority = this.table.mapKeys[slot];
    if (!this.copies) return { key: key as K, namespace: namespace as N, priority: priority as P };
    return {
      key: this.key.copy(key) as K,
      namespace: this.namespace.copy(namespace) as N,
      priority: this.priority.copy(priority) as P,
    };
  }

  *slots(): Iterable<number> {
    const { values, count } = this.table;
    for (let slot = 0; slot < count; slot++) if (values[slot] !== ABSENT) yield slot;
  }

  rankAt(slot: number): number {
    return this.rankOf(this.table.mapKeys[slot]);
  }

  compareTo(slot: number, other: QueueTableElements<K, N, P>, otherSlot: number): number {
    const byPriority = this.priority.compare(this.table.mapKeys[slot], other.table.mapKeys[otherSlot]);
    if (byPriority !== 0) return byPriority;
    const owner = this.table.owners[slot] as MapOwner;
    const otherOwner = other.table.owners[otherSlot] as MapOwner;
    const byKey = this.key.compare(owner.key, otherOwner.key);
    return byKey !== 0 ? byKey : this.namespace.compare(owner.namespace, otherOwner.namespace);
  }
}
