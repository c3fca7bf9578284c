// Retained checkpoints, their ids, and what becomes of them.

import type { FlinkArea } from '../flink-area.ts';

export const completedCheckpoints: FlinkArea = {
  title: 'Completed checkpoints',
  state: 'later',
  classes: [
    {
      name: 'CompletedCheckpointTest',
      rows: [
        [
          'testRegisterStatesAtRegistry',
          'registerSharedStatesAfterRestored → each operator state registered once with the checkpoint id',
        ],
        [
          'testCleanUpOnShutdown',
          'for FINISHED, CANCELED, FAILED, SUSPENDED: props retain → nothing discarded; props discard → state, location and metadata discarded',
        ],
        ['testCompletedCheckpointStatsCallbacks', 'discarding flags the stats as discarded'],
        [
          'testIsJavaSerializable',
          'completed stats round-trip every field',
          'There is no Java serialization; what is sent between threads is plain data.',
        ],
      ],
    },
    {
      name: 'CheckpointPropertiesTest',
      rows: [
        [
          'testCheckpointProperties',
          'which end of the job discards a checkpoint under RETAIN_ON_FAILURE and RETAIN_ON_CANCELLATION',
        ],
        ['testSavepointProperties', 'forSavepoint(true): force true; every discard flag false'],
        ['testIsSavepoint', 'false for both checkpoint policies; true for savepoint also after serialisation'],
      ],
    },
    {
      name: 'CompletedCheckpointStoreTest',
      rows: [
        ['testAddAndGetLatestCheckpoint', 'max 4: add 0 → size 1 latest 0; add 1 → size 2 latest 1'],
        ['testAddCheckpointMoreThanMaxRetained', 'max 1: adding 1..3 discards each predecessor; size always 1'],
        ['testGetAllCheckpoints', 'insertion order 0,1,2,3'],
        ['testDiscardAllCheckpoints', 'shutdown(FINISHED) → all discarded, store empty'],
      ],
    },
    {
      name: 'StandaloneCompletedCheckpointStoreTest',
      rows: [['testAddCheckpointWithFailedRemove', 'discard of a subsumed checkpoint throwing does not fail the add']],
    },
    {
      name: 'DefaultCompletedCheckpointStoreTest',
      rows: [
        ['testOlderSavepointSubsumed', 'cp1, sp2, cp3 → {cp3}'],
        ['testSubsumeAfterStoppingWithSavepoint', 'cp1, sp2, stop-with-savepoint 3 → {3}'],
        ['testNotSubsumedIfNotNeeded', 'max 3, three checkpoints → all kept'],
        [
          'testCorruptDataInStateHandleStoreShouldNotBeSkipped',
          'an unreadable entry → construction fails with the IOException as cause',
        ],
        [
          'testAddCheckpointSuccessfullyShouldRemoveOldOnes testAddCheckpointFailedShouldNotRemoveOldOnes',
          'add 100 → only 100 left; failing add → old one stays, exception surfaces',
        ],
        ['testShutdownFailsAnyFutureCallsToAddCheckpoint', 'add after shutdown (any status) → IllegalStateException'],
      ],
    },
    {
      name: 'CheckpointsCleanerTest',
      rows: [['testNotCleanHigherCheckpoint', 'clean below 2 → 1 discarded; 2, 3 kept']],
    },
    {
      name: 'CheckpointIDCounterTestBase',
      rows: [
        ['testSerialIncrementAndGet', 'getAndIncrement 1,2,3,4; get after each 2,3,4'],
        [
          'testConcurrentGetAndIncrement',
          '8 threads × 128 increments: each thread strictly increasing; the union has 1024 distinct values; last < get() and < next getAndIncrement()',
        ],
        ['testSetCount', 'setCount(1337): get 1337, getAndIncrement 1337, then 1338'],
      ],
    },
  ],
};
