// The metadata file of a checkpoint.

import type { FlinkArea } from '../flink-area.ts';

export const metadata: FlinkArea = {
  title: 'Checkpoint metadata',
  state: 'complete',
  classes: [
    {
      name: 'MetadataV3SerializerTest',
      rows: [
        ['testCheckpointWithOnlyMasterState', '1..5 random master states (version, name, bytes) round-trip'],
        [
          'testSerializeKeyGroupsStateHandle',
          'range [0,123], delegate "test" {1,2,3,4}: offsets, handle and bytes equal',
        ],
        [
          'testSerializeIncrementalChangelogStateBackendHandle testSerializeFullChangelogStateBackendHandle',
          'nested materialised + non-materialised handles, ids, sizes round-trip',
          'There is no changelog backend: increments are epochs of every backend.',
        ],
      ],
    },
    { name: 'MetadataV4SerializerTest', rows: [['testSerializeProperties', 'native savepoint properties round-trip']] },
    {
      name: 'MetadataV5SerializerTest',
      rows: [
        ['testSerializeOperatorUidAndName', 'name and uid present and equal'],
        [
          'testSerializeOperatorNameWithEmptyValue testSerializeOperatorUidWithEmptyValue',
          '"" → IllegalArgumentException with the given messages',
        ],
      ],
    },
    {
      name: 'CheckpointMetadataLoadingTest',
      rows: [
        [
          'testAllStateRestored',
          'id 2147606770 (max int + 123123), parallelism 128128: loaded job id, checkpoint id, operator state present',
        ],
      ],
    },
  ],
};
