// State that expires.

import type { FlinkArea } from '../flink-area.ts';

export const ttl: FlinkArea = {
  title: 'Time to live',
  state: 'complete',
  classes: [
    {
      name: 'StateBackendTestBase',
      rows: [['testValueStateWorkWithTtl', 'mutable object value with TTL: update then value() must not fail']],
    },
    {
      name: 'StateBackendMigrationTestBase',
      rows: [
        ['testStateMigrationAfterChangingTTL', 'V1+ttl 1 day → V2+ttl 2 days: value script passes'],
        [
          'testStateMigrationAfterChangingTTLFromEnablingToDisabling testStateMigrationAfterChangingTTLFromDisablingToEnabling',
          'base (heap): StateMigrationException. RocksDB overrides: both directions migrate; the first read after enabling returns the value with a fresh timestamp',
        ],
      ],
    },
    {
      name: 'contexts',
      isOurs: true,
      rows: [
        ['TtlValueStateTestContext', '11 / 21 / 31 → same value; empty null'],
        ['TtlFixedLenElemListStateTestContext', '[5,7,10] / [8,9,11] / [1,4] → same lists (update replaces); empty []'],
        [
          'TtlMapStatePerElementTestContext',
          'put(TEST_KEY, v1/v2/v3) → get; also asserts contains(key) ⇔ original entry present; empty null',
        ],
        ['TtlReducingStateTestContext', 'add 5 / 7 / 6 with sum → 5, 12, 6 (the expired 12 is not added)'],
      ],
    },
    {
      name: 'TtlStateTestBase',
      rows: [
        [
          'testExactExpirationOnWrite',
          'OnCreateAndWrite: writes renew, reads do not; expired reads as empty and is physically gone; snapshot and restore between every step',
        ],
        [
          'testExactExpirationOnRead',
          'OnReadAndWrite, Never: t0 write; t50 read ok (renews); t120 read ok (renews); t250 → empty and cleared',
        ],
        [
          'testRelaxedExpirationOnRead',
          'OnReadAndWrite, ReturnExpired: t0 write; t50 read; t170 read still returned (expired, cleared); next read empty',
        ],
        ['testExpirationTimestampOverflow', 'ttl = 2^63−1, written at t10 → readable at t50'],
        [
          'testMergeNamespaces',
          'of six source namespaces only what has not expired is merged into the target, element by element for lists',
        ],
        [
          'testMultipleKeys testMultipleNamespaces',
          'ids id1,id2: t0 id2=A; t50 id1=A,id2=B; t120 both readable (A,B); t170 id2=C; t230 id1 empty, id2 C; snapshot/restore between steps',
        ],
        [
          'testMultipleKeysWithSnapshotCleanup testMultipleNamespacesWithSnapshotCleanup',
          'cleanupFullSnapshot: as above, and after the last restore with clock set BACK to 170 id1 is still empty (it was filtered out of the snapshot at 230)',
        ],
        [
          'testRestoreTtlAndRegisterNonTtlStateCompatFailure',
          'TTL state restored and registered without TTL → StateMigrationException (RocksDB 2.1 migrates instead)',
        ],
        [
          'testIncrementalCleanupWholeState',
          'cleanupIncrementally(5, per record) ; many keys at t0; t120: just calling setCurrentKey for all keys removes all underlying entries',
        ],
        [
          'testIncrementalCleanup',
          'expired keys go while a snapshot is open and others are updated; the snapshot keeps what it had; the restored state is cleaned likewise',
        ],
      ],
    },
    {
      name: 'CopyOnWriteStateMapTest',
      rows: [
        [
          'testIteratingOverSnapshotWithTransform',
          '10..14 with transform (drop 12, else +2) → {1:12,2:13,4:15,5:16}',
          'A snapshot changes no value: all that it leaves out is what has expired, with cleanupFullSnapshot, and that the tests of time to live show.',
        ],
      ],
    },
  ],
};
