// Timers and the priority queues under them.

import type { FlinkArea } from '../flink-area.ts';

export const timers: FlinkArea = {
  title: 'Timers and priority queues',
  state: 'later',
  classes: [
    {
      name: 'StateBackendTestBase',
      rows: [
        [
          'testKeyGroupedInternalPriorityQueue',
          'a queue over 10 key groups: add() tells whether the head changed, equal elements count once, poll, peek, remove, elements by key group',
        ],
      ],
    },
    {
      name: 'StateBackendMigrationTestBase',
      rows: [
        [
          'testPriorityQueueStateCreationFailsIfNewSerializerIsNotCompatible',
          'priority queue with 3 elements, restore, create with Incompatible → cause StateMigrationException',
        ],
      ],
    },
    {
      name: 'InternalTimerServiceImplTest',
      rows: [
        ['testKeyGroupStartIndexSetting', 'range [7,21] → local start index 7'],
        [
          'testOnlySetsOnePhysicalProcessingTimeTimer',
          'of five timers in two namespaces only the earliest is a real timer; after each firing the next one is',
        ],
        ['testCurrentProcessingTime testCurrentEventTime', 'reflects clock 17, 42 / last watermark 17, 42'],
        [
          'testSetAndFireEventTimeTimers',
          '2 keys × {ciao,hello} at 10: 4 timers (2 per ns); advanceWatermark(10) fires each once; fired metric 4; none left',
        ],
        ['testSetAndFireProcessingTimeTimers', 'same with processing time 10'],
        [
          'testForEachEventTimeTimers testForEachProcessingTimeTimers',
          'iteration yields the 4 (key, ns, ts) triples with current key set accordingly',
        ],
      ],
    },
    {
      name: 'HeapTimersSnapshottingTest',
      rows: [
        [
          'testNotSerializingTimersInRawStateForSavepoints testSerializingTimersInRawStateForCheckpoints',
          'heap timers with RocksDB: raw keyed state empty for canonical savepoint, non-empty for checkpoint',
          'Queues on the heap are keyed state like those of the store: their elements are records of the same segments, in savepoints as in checkpoints, and never raw keyed state.',
        ],
      ],
    },
    {
      name: 'InternalPriorityQueueTestBase',
      rows: [
        [
          'testPeekPollOrder',
          '1000 random, initial capacity 4: peek = next poll, priorities non-decreasing, size decreases by 1, ends empty',
        ],
        [
          'testRemoveInsertMixKeepsOrder',
          '300 elements: random removals and interleaved inserts keep order; remove(head) returns true',
        ],
        ['testPoll', 'empty → null; 345 elements non-decreasing; then null'],
        ['testIsEmpty', 'true → add true → false → poll → true'],
        [
          'testBulkAddRestoredElements',
          'addAll of 10 distinct ×2 copies then ×1: set semantics → size 10, iteration each once; plain heap → 30',
        ],
        ['testIterator', 'empty: hasNext false, next → no-such-element; 10 elements each once'],
        ['testAdd', 'add lower-priority first → true; duplicate → size unchanged for sets; polled in priority order'],
        ['testRemove', 'absent → false (sets); add, remove true, second remove false; empty'],
      ],
    },
  ],
};
