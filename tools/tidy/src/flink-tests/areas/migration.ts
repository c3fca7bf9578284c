// State under a new schema.

import type { FlinkArea } from '../flink-area.ts';

export const migration: FlinkArea = {
  title: 'Schema evolution',
  state: 'complete',
  classes: [
    {
      name: 'StateBackendMigrationTestBase',
      rows: [
        [
          'testKeyedValueStateMigration testKeyedListStateMigration testKeyedMapStateStateMigration',
          'V1→V2: script passes (values migrated)',
        ],
        [
          'testKeyedValueStateSerializerReconfiguration testKeyedListStateSerializerReconfiguration testKeyedMapStateSerializerReconfiguration',
          'V1→Reconfig: script passes using the reconfigured serializer only',
        ],
        [
          'testKeyedValueStateRegistrationFailsIfNewStateSerializerIsIncompatible testKeyedListStateRegistrationFailsIfNewStateSerializerIsIncompatible testKeyedMapStateRegistrationFailsIfNewStateSerializerIsIncompatible',
          'StateMigrationException (direct or cause) when the state is registered after restore',
        ],
        [
          'testStateBackendRestoreFailsIfNewKeySerializerRequiresMigration',
          'key V1→V2 → restore fails with cause StateMigrationException',
        ],
        [
          'testKeyedStateRegistrationFailsIfNewNamespaceSerializerRequiresMigration testKeyedStateRegistrationFailsIfNewNamespaceSerializerIsIncompatible',
          'StateMigrationException at registration',
        ],
        ['testKeyedStateRegistrationSucceedsIfNewNamespaceSerializerRequiresReconfiguration', 'works'],
        [
          'testOperatorParitionableListStateRegistrationFailsIfNewSerializerIsIncompatible testOperatorUnionListStateRegistrationFailsIfNewSerializerIsIncompatible',
          'StateMigrationException',
        ],
        [
          'testBroadcastStateValueMigration testBroadcastStateKeyMigration testBroadcastStateValueSerializerReconfiguration testBroadcastStateKeySerializerReconfiguration',
          'map content equal after restore; further snapshot ok',
        ],
        [
          'testBroadcastStateRegistrationFailsIfNewValueSerializerIsIncompatible testBroadcastStateRegistrationFailsIfNewKeySerializerIsIncompatible',
          'StateMigrationException',
        ],
      ],
    },
    {
      name: 'StateSerializerProviderTest',
      rows: [
        [
          'testPreviousSchemaSerializerForEagerlyRegisteredStateSerializerProvider',
          'eager without snapshot → UnsupportedOperationException; lazy → V1',
          'A backend is restored while it is made, before any state is registered: no schema arrives after the serializer.',
        ],
        [
          'testPreviousSchemaSerializerForLazilyRegisteredStateSerializerProvider',
          'eager without snapshot → UnsupportedOperationException; lazy → V1',
        ],
        [
          'testLazilyRegisterNewCompatibleAfterMigrationSerializer',
          'V2 on V1 → after-migration; current V2, previous V1',
        ],
        [
          'testLazilyRegisterNewSerializerRequiringReconfiguration',
          '→ reconfigured; current is the reconfigured serializer, not the given one',
        ],
        ['testLazilyRegisterIncompatibleSerializer', '→ incompatible; current → IllegalStateException afterwards'],
        [
          'testSetSerializerSnapshotWithLazilyRegisteredSerializerProviderShouldFail testSetSerializerSnapshotTwiceWithEagerlyRegisteredSerializerProviderShouldFail',
          'UnsupportedOperationException',
          'A backend is restored while it is made, before any state is registered: no schema arrives after the serializer.',
        ],
        [
          'testEagerlyRegisterNewCompatibleAsIsSerializer testEagerlyRegisterCompatibleAfterMigrationSerializer testEagerlyRegisterNewSerializerRequiringReconfiguration testEagerlyRegisterIncompatibleSerializer',
          'the four outcomes when the snapshot arrives after the new serializer',
          'A backend is restored while it is made, before any state is registered: no schema arrives after the serializer.',
        ],
      ],
    },
    {
      name: 'SerializationProxiesTest',
      rows: [
        [
          'testKeyedStateMetaInfoSerialization testOperatorStateMetaInfoSerialization testBroadcastStateMetaInfoSerialization',
          'name, backend type, options (VALUE / UNION / BROADCAST) and serializer snapshots survive',
        ],
      ],
    },
  ],
};
