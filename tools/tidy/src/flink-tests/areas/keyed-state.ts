// Keyed state on every backend, and the table of the heap backend.

import type { FlinkArea } from '../flink-area.ts';

export const keyedState: FlinkArea = {
  title: 'Keyed state',
  state: 'complete',
  classes: [
    {
      name: 'StateBackendTestBase',
      rows: [
        [
          'testBackendUsesRegisteredKryoDefaultSerializer testBackendUsesRegisteredKryoDefaultSerializerUsingGetOrCreate testBackendUsesRegisteredKryoSerializer testBackendUsesRegisteredKryoSerializerUsingGetOrCreate',
          'a serializer registered for a class before the descriptor is initialised is used: its failure surfaces at update or snapshot',
          'Types are declared, never registered: no class is mapped to a serializer behind the descriptor, and there is no Kryo.',
        ],
        [
          'testKryoRegisteringRestoreResilienceWithRegisteredType',
          'write 2 values, snapshot, register the type, restore → values readable',
          'Types are declared, never registered: no class is mapped to a serializer behind the descriptor, and there is no Kryo.',
        ],
        [
          'testKryoRegisteringRestoreResilienceWithDefaultSerializer testKryoRegisteringRestoreResilienceWithRegisteredSerializer',
          "after restore with a new custom serializer registered: write and snapshot ok; restoring that second snapshot and reading fails with the custom serializer's exception",
          'Types are declared, never registered: no class is mapped to a serializer behind the descriptor, and there is no Kryo.',
        ],
        [
          'testPojoRestoreResilienceWithDifferentRegistrationOrder',
          'same for POJO subclasses: update + snapshot after restore succeed',
          'Types are declared, never registered: no class is mapped to a serializer behind the descriptor, and there is no Kryo.',
        ],
        [
          'testListState',
          'null at first; add, update, other keys untouched; two snapshots, each restored as of its moment',
        ],
        [
          'testListStateAddNull testListStateAddAllNullEntries testListStateAddAllNull testListStateUpdateNullEntries testListStateUpdateNull',
          'each throws NullPointerException (elements [3,null,5] for the "entries" cases)',
        ],
        [
          'testListStateAPIs',
          'add, addAll, update, clear over several keys: update([]) clears, addAll([]) changes nothing, duplicates are kept, no entry is left at the end',
        ],
        [
          'testListStateMerging',
          'merging namespaces 2 and 3 into 1 joins the lists of five keys that have all, some or none of them; the sources are gone',
        ],
        ['testReducingState', 'string-append reduce: like testListState with "1,u1","2,u2","u3"'],
        [
          'testReducingStateAddAndGet',
          'sum reduce: null; 17+11=28; other key null; clear→null; 1+2+3+2+1=9; after clears 0 entries',
        ],
        [
          'testAggregatingStateMergingWithMutableAccumulator testAggregatingStateMergingWithImmutableAccumulator',
          'same as reducing merging (165)',
        ],
        [
          'testMapStateIsEmpty',
          'empty true; 1024 puts each non-empty; remove one by one, non-empty until the last is gone, then true',
        ],
        [
          'testMapStateIteratorArbitraryAccess',
          '4096 int keys iterate in ascending order; random iterator.remove; second remove in a row → IllegalStateException; hasNext between next and remove is fine',
        ],
        [
          'testMapStateEntryCompare',
          'an entry from the iterator equals a plain pair (0,10) and the entry of another state',
        ],
        ['testValueStateNullAsDefaultValue', 'default null: null → "Ciao" → clear → null'],
        ['testValueStateDefaultValue', 'default "Hello": Hello → Ciao → clear → Hello; after snapshot/restore Hello'],
        ['testReducingStateDefaultValue', 'null → "Ciao" → clear → null'],
        ['testListStateDefaultValue', 'null → [Ciao,Bello] → clear → null'],
        [
          'testMapStateDefaultValue',
          'entries() never null, iterator empty; puts visible; clear → entries not null and empty',
        ],
        ['testSnapshotNonAccessedState', 'restore without touching state, snapshot again, restore: values still there'],
        [
          'testRestoreWithWrongKeySerializer',
          'restore with another key serializer → StateMigrationException (direct or as cause)',
        ],
        ['testCopyDefaultValue', 'default object read under two keys: equal but not the same instance'],
        ['testRequireNonNullNamespace', 'null namespace, null namespace serializer, or both → NullPointerException'],
        [
          'testEmptyStateCheckpointing',
          'backend without registered state: snapshot handle is null; restoring from null works',
        ],
        ['testNumStateEntries', '0; update key 0 twice → 1; key 42 → 2; clear 0 → 1; clear 42 → 0'],
        [
          'testParallelAsyncSnapshots',
          'snapshot 1 blocked mid-write, state modified, snapshot 2 completes while 1 is blocked, then 1 completes',
        ],
        [
          'testNonConcurrentSnapshotTransformerAccess',
          'one snapshot transformer instance is never used by two threads at once (each snapshot gets its own)',
          'A subtask and its snapshots share one thread: nothing is used by two at once.',
        ],
        [
          'testAsyncSnapshot',
          'values 0..9; start async snapshot; concurrently write i+1 for 0..19; live state shows i+1; restored shows original i for 0..9 and null for 11',
        ],
        [
          'testConcurrentModificationWithApplyToAllKeys',
          '100 keys; applyToAllKeys reading, then clearing, then re-adding under the same iteration works; final "Hello_"+key single element',
        ],
        ['testApplyToAllKeysLambdaFunction', 'lambda variant sees "Hello"+key for each key'],
        [
          'testAsyncSnapshotCancellation',
          'close backend while snapshot blocked → future.get throws CancellationException',
        ],
        ['testMapStateGetKeys', 'map state with two user keys per key: getKeys lists each key once per namespace'],
        ['testMapStateGetKeysAndNamespaces', '1000 keys × 2 namespaces × 2 user keys → each (key, ns) once'],
      ],
    },
    {
      name: 'CopyOnWriteStateMapTest',
      rows: [
        [
          'testPutGetRemoveContainsTransform',
          'size and answers of put, contains, remove, removeAndGetOld and transform over keys and namespaces; a null value keeps its key',
        ],
        [
          'testIncrementalRehash',
          'insert until rehashing starts (removing every 8th), size = inserts − removes; continue until rehash ends; membership exact throughout',
        ],
        [
          'testRandomModificationsAndCopyOnWriteIsolation',
          '10 million random operations against a plain map; an open snapshot never changes until it is released',
        ],
        [
          'testCopyOnWriteContracts',
          'which reads copy: none before a snapshot, the first one after each snapshot, none for new entries, none after the release',
        ],
        [
          'testIteratingOverSnapshot',
          'snapshot iterator yields the 5 entries as of snapshot, also after put/remove/transform on the live map',
        ],
        ['testSnapshotRelease', 'version in live set until release; second release no effect'],
      ],
    },
    {
      name: 'CopyOnWriteStateTableTest',
      rows: [
        [
          'testSerializerAfterMetaInfoChanged',
          "setMetaInfo with V2 serializer updates every per-group map's serializer",
          'A table holds live values and knows no value serializer.',
        ],
        [
          'testSerializerDuplicationInSnapshot',
          'original serializers disabled after stateSnapshot; writing still works → duplicates used',
          'Serializers keep nothing between two calls, and a subtask has one thread: there is nothing to duplicate.',
        ],
        [
          'testReleaseForFailedSnapshot',
          'half the groups written: these are released, others not; release() frees the rest',
        ],
      ],
    },
  ],
};
