// The backend that keeps state in an embedded store.

import type { FlinkArea } from '../flink-area.ts';

export const embeddedBackend: FlinkArea = {
  title: 'Embedded backend',
  state: 'complete',
  classes: [
    {
      name: 'CompositeKeySerializationUtilsTest',
      rows: [
        ['testKeyGroupSerializationAndDeserialization', 'groups 0..127 with 1 and 2 prefix bytes round-trip'],
        [
          'testKeySerializationAndDeserialization testNamespaceSerializationAndDeserialization',
          'ints 0..99 with ambiguous flag false and true round-trip',
        ],
      ],
    },
    {
      name: 'SerializedCompositeKeyBuilderTest',
      rows: [['testSetKeyNamespaceUserKey testSetKeyNamespaceUserKeyWithSet', 'same plus appended user key']],
    },
    {
      name: 'EmbeddedRocksDBStateBackendTest',
      rows: [
        [
          'testDismissingSnapshot testDismissingSnapshotNotRunnable',
          'cancel before running → resources freed; running afterwards: get() throws',
        ],
        ['testCancelRunningSnapshot', 'cancel during async part → streams closed, get() throws, resources freed'],
        [
          'testDisposeDeletesAllDirectories',
          'working directory has content while open; after dispose only the base dir is left',
        ],
        [
          'testSharedIncrementalStateDeRegistration',
          'three increments register every shared file with the checkpoint id; older handles may be discarded one step behind',
        ],
        ['testMapStateClear', 'native error in iterator during map clear → FlinkRuntimeException (not swallowed)'],
        [
          'testConfigureTernaryBooleanConfigs',
          'unset booleans fall back to configuration, explicitly set ones win (ingest-db restore, async compact, delete-files-in-range)',
        ],
        [
          'testSmallFilesCompaction',
          '50 key groups, one update + one snapshot each (49) → number of sst files ≤ 25 (small files are merged)',
        ],
      ],
    },
    {
      name: 'RocksDBStateBackendConfigTest',
      rows: [
        [
          'testDefaultsInSync',
          "new backend's incremental flag = default of execution.checkpointing.incremental (false)",
        ],
        [
          'testDefaultDbLogDir',
          'log level default; db log dir = directory of the process log file; path length > 255 → log dir unset',
          'LMDB writes no log of its own: what the backend has to say goes to the logger of the job.',
        ],
        [
          'testSetDbPath',
          'unset null; one path; null resets; two paths kept in order; instance dir starts with one of them',
        ],
        [
          'testConfigureTimerService',
          'key state.backend.rocksdb.timer-service.factory, values ROCKSDB/HEAP, default ROCKSDB; HEAP configured → heap queue factory',
        ],
        [
          'testConfigureRocksDBPriorityQueueFactoryCacheSize',
          'cache size 512 reaches the factory',
          'A queue of the store keeps the first elements of each key group in memory, always as many; there is no size to set.',
        ],
        ['testConfigureTimerServiceLoadingFromApplication', 'set HEAP in code, ROCKSDB in config → HEAP (code wins)'],
        [
          'testConfigureRocksDBCompressionPerLevel',
          '[none, snappy] reaches column options',
          'A file of LMDB is a tree of pages without levels, and the pages are not compressed; checkpoints are, with execution.checkpointing.snapshot-compression.',
        ],
        [
          'testStoragePathWithFilePrefix testWithDefaultFsSchemeNoStoragePath testWithDefaultFsSchemeAbsoluteStoragePath',
          '"file:" URI accepted; default remote scheme never applies to the local directory',
        ],
        ['testUseTempDirectories', "no path set → working dir under the task's temp dirs"],
        [
          'testFailWhenNoLocalStorageDir',
          'only dir not writable → error containing "No local storage directories available" and the path',
        ],
        ['testContinueOnSomeDbDirectoriesMissing', 'one of two unusable → works'],
        ['testPredefinedOptions', 'default DEFAULT; config FLASH_SSD_OPTIMIZED; setter SPINNING_DISK_OPTIMIZED wins'],
        [
          'testOptionsFactory',
          'options factory from config (background jobs 4); programmatic factory replaces it',
          'There are no options of the store beyond those of the configuration and of the constructor, so there is no factory that makes others.',
        ],
        ['testConfigureManagedMemory', 'configurable'],
        [
          'testConfigureIllegalMemoryControlParameters',
          '−1B, ratios −0.1 / 1.1 → IllegalArgumentException; write 0.6 + high priority 0.6 (> 1) → validate fails',
        ],
        [
          'testDefaultRestoreOverlapThreshold testConfigureRestoreOverlapThreshold',
          '0.0; 0.3',
          'No database is taken over to be clipped: of every segment a subtask reads the key groups that are its own, however many these are.',
        ],
        [
          'testDefaultUseIngestDB testConfigureUseIngestDB testDefaultUseDeleteFilesInRange testConfigureUseFilesInRange testDefaultIncrementalRestoreInstanceBufferSize testConfigureIncrementalRestoreInstanceBufferSize',
          'default flag and its inversion are honoured',
          'These choose how files of several databases become one. A checkpoint has no files of the store: its records are put into a new one, and there is nothing to ingest, to delete by file or to copy through a second instance.',
        ],
        [
          'testConfigurePeriodicCompactionTime testConfigureQueryTimeAfterNumEntries',
          '"1d" → 1 day; "100" → 100',
          'LMDB compacts without looking at entries, so nothing expires in a compaction: expired entries go in idle moments, when they are met, and with the options of time to live.',
        ],
      ],
    },
    {
      name: 'RocksDBIncrementalCheckpointUtilsTest',
      rows: [
        [
          'testClipDBWithKeyGroupRange',
          'clipping a database to a range of key groups removes all keys outside and none inside, also with two-byte prefixes',
        ],
        [
          'testChooseTheBestStateHandleForInitial',
          'the handle with most key groups in the range is chosen, then the one with the larger part inside',
          'No handle is the one to begin with: of each a subtask reads the key groups that are its own.',
        ],
      ],
    },
    {
      name: 'RocksDBRecoveryTest',
      rows: [
        [
          'testScaleOut_1_2 testScaleOut_2_8 testScaleOut_2_7 testScaleIn_2_1 testScaleIn_8_2 testScaleIn_7_2 testScaleIn_2_3 testScaleIn_3_2',
          '50 000 int keys + timers, overwrite each 10th; rescale there (and back) with ingest on/off × async compaction on/off: every key has its last value, no key outside range',
        ],
      ],
    },
    {
      name: 'RocksDBWriteBatchWrapperTest',
      rows: [
        [
          'testAsyncCancellation',
          'closing the cancel registry makes a following put throw within fewer than 2 × check-interval puts',
        ],
        ['testWriteBatchWrapperFlushAfterCountExceed', 'capacity 100, 2-byte key+value: +8 per put, 100th put flushes'],
        [
          'testDefaultWriteOptionsHaveDisabledWAL testNotClosingPassedInWriteOption',
          'own options disable the WAL and are closed; passed-in ones are not closed',
          'LMDB has no write-ahead log, and a batch takes no options that somebody would have to close.',
        ],
      ],
    },
    {
      name: 'RocksDBRocksStateKeysIteratorTest',
      rows: [
        [
          'testIterator',
          'maxP 128 (1-byte prefix) and 256 (2-byte), int and string keys: 1000 keys come back exactly once',
        ],
      ],
    },
    {
      name: 'RocksKeyGroupsRocksSingleStateIteratorTest',
      rows: [
        [
          'testEmptyMergeIterator testMergeIteratorByte testMergeIteratorShort',
          'merge over several states: key groups ascending, state id changes flagged, all entries once; empty → invalid',
        ],
      ],
    },
    {
      name: 'RocksDBMemoryControllerUtilsTest',
      rows: [
        [
          'testCreateSharedResourcesWithExpectedCapacity',
          'total 2048, write 0.5: cache = (3−0.5)·2048/3 = 1706, write-buffer = 2·2048·0.5/3 = 682',
          'There are no write buffers to divide memory with: all of the share of a backend is its one cache.',
        ],
        [
          'testCalculateRocksDBDefaultArenaBlockSize testCalculateRocksDBMutableLimit testValidateArenaBlockSize',
          '64 MiB → 8 MiB; 64 MiB−1 → 8 MiB; 64 MiB+8 → 8 MiB+4096; mutable limit = 7/8; arena 8 MiB invalid for limit 4 MiB, valid for 12 MiB',
          'There are no memtables and no arenas to size.',
        ],
      ],
    },
    {
      name: 'RocksDBAsyncSnapshotTest',
      rows: [
        [
          'testFullyAsyncSnapshot',
          'element processed while the async part is blocked; ack carries keyed state handles',
        ],
        [
          'testCancelFullyAsyncCheckpoints',
          'task cancel during upload → all created streams closed, task ends cancelled',
        ],
        [
          'testCleanupOfSnapshotsInFailureCase',
          'stream failing with IOException → future fails with it; stream closed',
        ],
      ],
    },
  ],
};
