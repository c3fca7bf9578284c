// Faults of priority queues on the heap.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are source.

import type { MutantOf } from './mutant.js';

/** See {@link MutantOf}. */
export const PRIORITY_QUEUE_MUTANTS: readonly MutantOf[] = [
  {
    id: 'removal-only-sifts-down',
    file: 'packages/state-core/src/support/indexed-heap.ts',
    find: 'if (this.siftUp(position, slot, rank) === position) this.siftDown(position, slot, rank);',
    replace: 'this.siftDown(position, slot, rank);',
    breaks: 'after a removal the order is broken upwards',
    killers: ['KSB-QUEUE-02', 'KSB-QUEUE-03', 'KSB-QUEUE-04', 'KSB-QUEUE-10', 'KSB-QUEUE-21'],
  },
  {
    id: 'removal-only-sifts-up',
    file: 'packages/state-core/src/support/indexed-heap.ts',
    find: 'if (this.siftUp(position, slot, rank) === position) this.siftDown(position, slot, rank);',
    replace: 'this.siftUp(position, slot, rank);',
    breaks: 'after a removal the order is broken downwards',
    killers: ['KSB-QUEUE-02', 'KSB-QUEUE-04', 'KSB-QUEUE-06', 'KSB-QUEUE-09'],
  },
  {
    id: 'restored-heap-not-ordered',
    file: 'packages/state-core/src/support/indexed-heap.ts',
    find: 'this.siftDown(position, this.slots[position] as number, this.ranks[position] as number);',
    replace: 'void position;',
    breaks: 'restored elements are in no order',
    killers: ['KSB-QUEUE-06', 'KSB-QUEUE-18', 'KSB-QUEUE-19', 'KSB-QUEUE-23', 'KSB-QUEUE-24'],
  },
  {
    id: 'highest-priority-first',
    file: 'packages/state-core/src/support/indexed-heap.ts',
    find: 'if (rank > parentRank || (rank === parentRank && this.compare(slot, parentSlot) >= 0)) break;',
    replace: 'if (rank < parentRank || (rank === parentRank && this.compare(slot, parentSlot) >= 0)) break;',
    breaks: 'the highest priority comes first',
    killers: ['KSB-QUEUE-01', 'KSB-QUEUE-04', 'KSB-QUEUE-08', 'KSB-QUEUE-25'],
  },
  {
    id: 'ties-in-order-of-arrival',
    file: 'packages/state-core/src/support/indexed-heap.ts',
    find: '(rank === parentRank && this.compare(slot, parentSlot) >= 0)',
    replace: 'rank === parentRank',
    breaks: 'elements of one priority come as they were added',
    killers: ['KSB-QUEUE-02', 'KSB-QUEUE-10', 'KSB-QUEUE-19', 'KSB-QUEUE-23'],
  },
  {
    id: 'remove-always-true',
    file: 'packages/state-core/src/support/heap-priority-queue-set.ts',
    find: 'return slot >= 0 && this.removeSlot(slot);',
    replace: `if (slot >= 0) this.removeSlot(slot);
    return true;`,
    breaks: 'any removal says that it removed the first',
    killers: ['KSB-QUEUE-03'],
  },
  {
    id: 'queue-walk-never-fails',
    file: 'packages/state-core/src/support/key-group-partitioned-priority-queue.ts',
    find: `yield element;
        if (this.changes !== changes) throw queueChangedMeanwhile();`,
    replace: 'yield element;',
    breaks: 'a walk goes on over a queue that changed',
    killers: ['KSB-QUEUE-14'],
  },
  {
    id: 'queue-group-walk-never-fails',
    file: 'packages/state-core/src/support/heap-priority-queue-set.ts',
    find: 'if (this.changes !== changes) throw queueChangedMeanwhile();',
    replace: '',
    breaks: 'a walk over a key group goes on over a queue that changed',
    killers: ['KSB-QUEUE-14'],
  },
  {
    id: 'first-of-key-group-is-first',
    file: 'packages/state-core/src/support/key-group-partitioned-priority-queue.ts',
    find: `return this.heads.first === index;
  }

  remove`,
    replace: `return true;
  }

  remove`,
    breaks: 'the first of a key group counts as the first of all',
    killers: ['KSB-QUEUE-01'],
  },
  {
    id: 'removed-first-of-key-group-was-first',
    file: 'packages/state-core/src/support/key-group-partitioned-priority-queue.ts',
    find: 'const wasFirst = this.heads.first === index;',
    replace: 'const wasFirst = true;',
    breaks: 'a removed first of a key group counts as the first of all',
    killers: ['KSB-QUEUE-03'],
  },
  {
    id: 'key-group-head-stale',
    file: 'packages/state-core/src/support/key-group-partitioned-priority-queue.ts',
    find: 'else if (this.heads.has(index)) this.heads.update(index, queue.headRank);',
    replace: 'else if (this.heads.has(index)) return;',
    breaks: 'the first of a key group is not looked at again',
    killers: ['KSB-QUEUE-02', 'KSB-QUEUE-04', 'KSB-QUEUE-06', 'KSB-QUEUE-09'],
  },
  {
    id: 'restored-elements-not-counted',
    file: 'packages/state-core/src/support/key-group-partitioned-priority-queue.ts',
    find: `this.count += queue.size;
`,
    replace: '',
    breaks: 'restored elements are not in the size',
    killers: ['KSB-QUEUE-06', 'KSB-QUEUE-18', 'KSB-QUEUE-19', 'KSB-QUEUE-25'],
  },
  {
    id: 'subset-is-all',
    file: 'packages/state-core/src/support/key-group-partitioned-priority-queue.ts',
    find: 'return { [Symbol.iterator]: () => (this.queues[index] ?? [])[Symbol.iterator]() };',
    replace: `void index;
    return this;`,
    breaks: 'the elements of one key group are those of all',
    killers: ['KSB-QUEUE-01'],
  },
  {
    id: 'foreign-key-group-is-empty',
    file: 'packages/state-core/src/support/key-group-partitioned-priority-queue.ts',
    find: 'throw new RangeError(`key group ${keyGroup} is not one of this subtask, which has ${keyGroupRange.toString()}`);',
    replace: 'return [];',
    breaks: 'a key group of another subtask is empty',
    killers: ['KSB-QUEUE-01'],
  },
  {
    id: 'poll-not-counted',
    file: 'packages/state-core/src/support/key-group-partitioned-priority-queue.ts',
    find: `const element = queue.poll();
    this.count--;`,
    replace: 'const element = queue.poll();',
    breaks: 'polling does not change the size',
    killers: ['KSB-QUEUE-01', 'KSB-QUEUE-02', 'KSB-QUEUE-05', 'KSB-QUEUE-25'],
  },
  {
    id: 'add-all-skips-last',
    file: 'packages/state-core/src/support/key-group-partitioned-priority-queue.ts',
    find: 'for (const element of elements) this.add(element);',
    replace: 'for (const element of [...elements].slice(0, -1)) this.add(element);',
    breaks: 'addAll() loses the last element',
    killers: ['KSB-QUEUE-07', 'KSB-QUEUE-10', 'KSB-QUEUE-17', 'KSB-QUEUE-25'],
  },
  {
    id: 'duplicate-counted',
    file: 'packages/state-core/src/support/key-group-partitioned-priority-queue.ts',
    find: `const isFirstOfGroup = queue.add(element);
    if (queue.size === size) return false;`,
    replace: `const isFirstOfGroup = queue.add(element);
    if (queue.size === size && size === 0) return false;`,
    breaks: 'an element that is there already counts again',
    killers: ['KSB-QUEUE-01', 'KSB-QUEUE-08', 'KSB-QUEUE-09', 'KSB-QUEUE-14'],
  },
  {
    id: 'queue-elements-given-live',
    file: 'packages/state-backend-hashmap/src/state/queue-table-elements.ts',
    find: 'if (!this.copies) return',
    replace: 'if (this.copies || !this.copies) return',
    breaks: 'whoever polls gets the stored parts',
    killers: ['KSB-QUEUE-11'],
  },
  {
    id: 'queue-order-without-key',
    file: 'packages/state-backend-hashmap/src/state/queue-table-elements.ts',
    find: 'const byKey = this.key.compare(owner.key, otherOwner.key);',
    replace: 'const byKey = 0;',
    breaks: 'elements of one priority are not ordered by key',
    killers: ['KSB-QUEUE-02', 'KSB-QUEUE-04', 'KSB-QUEUE-09', 'KSB-QUEUE-23'],
  },
  {
    id: 'queue-order-without-namespace',
    file: 'packages/state-backend-hashmap/src/state/queue-table-elements.ts',
    find: 'return byKey !== 0 ? byKey : this.namespace.compare(owner.namespace, otherOwner.namespace);',
    replace: 'return byKey;',
    breaks: 'elements of one priority and key are not ordered by namespace',
    killers: ['KSB-QUEUE-10', 'KSB-QUEUE-18', 'KSB-QUEUE-19', 'KSB-QUEUE-20'],
  },
  {
    id: 'queue-without-namespaces',
    file: 'packages/state-backend-hashmap/src/state/queue-table-elements.ts',
    find: `const namespaceIdentity = this.namespace.identity(namespace);
    const priorityIdentity = this.priority.identity(priority);
    const owner = table.ownerFor`,
    replace: `const namespaceIdentity = 0;
    const priorityIdentity = this.priority.identity(priority);
    const owner = table.ownerFor`,
    breaks: 'elements of different namespaces are one',
    killers: ['KSB-QUEUE-04', 'KSB-QUEUE-07', 'KSB-QUEUE-09', 'KSB-QUEUE-14'],
  },
  {
    id: 'restored-queue-looks-empty',
    file: 'packages/state-backend-hashmap/src/state/heap-priority-queue.ts',
    find: 'const filledKeyGroups = tables.openAll();',
    replace: 'const filledKeyGroups: number[] = [];',
    breaks: 'a restored queue is empty until something is added',
    killers: ['KSB-QUEUE-18', 'KSB-QUEUE-19', 'KSB-QUEUE-23', 'KSB-QUEUE-25'],
  },
  {
    id: 'queue-used-after-close',
    file: 'packages/state-core/src/support/keyed-priority-queue.ts',
    find: `this.currentKey.checkOpen();
    this.opened`,
    replace: 'this.opened',
    breaks: 'a queue is used after close',
    killers: ['KSB-QUEUE-15'],
  },
  {
    id: 'queue-element-in-current-key-group',
    file: 'packages/state-backend-hashmap/src/state/heap-priority-queue.ts',
    find: 'keyGroupOf: ({ key }) => currentKey.keyGroupOf(key),',
    replace: 'keyGroupOf: ({ key }) => (currentKey.keyGroup >= 0 ? currentKey.keyGroup : currentKey.keyGroupOf(key)),',
    breaks: 'an element goes to the key group of the chosen key',
    killers: ['KSB-QUEUE-15'],
  },
  {
    id: 'queue-key-of-others-accepted',
    file: 'packages/state-core/src/support/keyed-current-key.ts',
    find: `if (!this.range.contains(keyGroup)) throw this.outOfRange(keyGroup);
    return keyGroup;`,
    replace: 'return this.range.contains(keyGroup) ? keyGroup : this.range.first;',
    breaks: 'a queue takes keys of other subtasks',
    killers: ['KSB-QUEUE-15'],
  },
  {
    id: 'queue-not-reused',
    file: 'packages/state-core/src/support/keyed-state-access.ts',
    find: 'const queue = this.queues.get(registration.name) ?? this.openQueue(registration);',
    replace: 'const queue = this.openQueue(registration);',
    breaks: 'asked for again a queue does not see what was added meanwhile',
    killers: ['KSB-QUEUE-16', 'KSB-QUEUE-23'],
  },
  {
    id: 'queue-of-closed-backend',
    file: 'packages/state-core/src/support/keyed-state-access.ts',
    find: `): KeyGroupedInternalPriorityQueue<PriorityQueueElement<K, N, P>> {
    this.currentKey.checkOpen();`,
    replace: '): KeyGroupedInternalPriorityQueue<PriorityQueueElement<K, N, P>> {',
    breaks: 'a queue is made after close',
    killers: ['KSB-QUEUE-15'],
  },
  {
    id: 'removing-nothing-is-removing-the-first',
    file: 'packages/state-core/src/support/key-group-partitioned-priority-queue.ts',
    find: 'if (queue.size === size) return false;\n    this.count--;\n    this.changes++;\n    if (!wasFirstOfGroup)',
    replace: 'if (queue.size === size) return true;\n    this.count--;\n    this.changes++;\n    if (!wasFirstOfGroup)',
    breaks: 'removing what is not there says that it was the first',
    killers: ['KSB-QUEUE-12'],
  },
];
