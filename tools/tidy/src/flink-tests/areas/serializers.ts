// What every serializer has to do.

import type { FlinkArea } from '../flink-area.ts';

export const serializers: FlinkArea = {
  title: 'Serializers',
  state: 'complete',
  classes: [
    {
      name: 'SerializerTestBase',
      rows: [
        ['testInstantiate', 'createInstance non-null (unless nulls allowed) and of the right type'],
        [
          'testSnapshotConfigurationAndReconfigure',
          'write snapshot, read back, resolve new against old → as-is; restored serializer works',
        ],
        ['testGetLength', 'equals declared; 0 is not a valid expectation'],
        ['testCopy testCopyIndependently', 'copy equals original; independent of later reuse; with reuse target'],
        [
          'testCopyIntoNewElements testCopyIntoReusedElements',
          'copy equals original; independent of later reuse; with reuse target',
          'copy() has no object to reuse: immutable values are not copied at all, others become new objects.',
        ],
        ['testSerializabilityAndEquals', 'cloned serializer equals original and still copies'],
        [
          'testNullability',
          'probe for null support must not throw unexpectedly (serialise null either works symmetrically with fixed length or fails cleanly)',
        ],
      ],
    },
  ],
};
