// State that is read from outside.

import type { FlinkArea } from '../flink-area.ts';

export const queryableState: FlinkArea = {
  title: 'Queryable state',
  state: 'later',
  classes: [
    {
      name: 'StateBackendTestBase',
      rows: [
        [
          'testValueStateRace',
          'raw query for another (key, namespace) does not disturb the current key/namespace of the state; concurrent reader threads keep seeing their value',
        ],
        [
          'testQueryableStateRegistration',
          'setQueryable("banana") + get state → registered for job, vertex, key-group range; dispose → unregistered; restore + access → registered again',
        ],
      ],
    },
    {
      name: 'AbstractQueryableStateTestBase',
      rows: [
        [
          'testQueryableState',
          '256 keys reducing sum by query name: eventually every key answers with its key and count > 0',
        ],
        [
          'testDuplicateRegistrationFailsJob',
          'same query name on two operators → job fails, message contains "KvState with name \'…\' has already been registered by another operator"',
        ],
        [
          'testCustomKryoSerializerHandling',
          'client with user class loader can read Kryo value',
          'Types are declared, never registered: no class is mapped to a serializer behind the descriptor, and there is no Kryo.',
        ],
        ['testWrongJobIdAndWrongQueryableStateName', 'a wrong job and a wrong name each give their own error'],
        ['testQueryNonStartedJobState', 'query before submission does not break; later query returns the value'],
        [
          'testValueStateDefault',
          'descriptor with default and key never written → UnknownKeyOrNamespaceException (default is not returned)',
        ],
        ['testValueStateShortcut', 'asQueryableState(name) alone creates a value state holding the last element'],
        ['testListState', 'per key 1025 distinct values 0..1024'],
      ],
    },
    {
      name: 'KvStateRegistryTest',
      rows: [
        [
          'testLegacyCodePathPreference',
          'a listener on the default job id gets all notifications instead of the per-job one',
          'There is no older registry of queryable state to prefer.',
        ],
      ],
    },
    {
      name: 'KvStateLocationRegistryTest',
      rows: [
        [
          'testRegisterAndLookup',
          'vertices max 32 and 13, one registration per group: lookup right; after unregister of all → location null',
        ],
        ['testRegisterDuplicateName', 'same name from another vertex → IllegalStateException'],
        ['testUnregisterBeforeRegister', 'IllegalArgumentException'],
        ['testUnregisterFailures', 'unregistered group, or other vertex → IllegalArgumentException'],
      ],
    },
    {
      name: 'KvStateRequestSerializerTest',
      rows: [
        [
          'testKeyAndNamespaceSerialization',
          'key long 2147495970 and ns "knilf" round trip (layout key, byte 42, namespace)',
        ],
        [
          'testKeyAndNamespaceDeserializationEmpty testKeyAndNamespaceDeserializationTooShort testKeyAndNamespaceDeserializationTooMany1 testKeyAndNamespaceDeserializationTooMany2',
          '[], [1], [1×8,42,0,2], [1×8,42,0,2,2] → IOException',
        ],
        [
          'testValueSerialization testDeserializeValueEmpty testDeserializeValueTooShort testDeserializeValueTooMany1 testDeserializeValueTooMany2',
          'long round trip; [], [1], 9 bytes, 10 bytes → IOException',
        ],
        [
          'testMapSerialization testDeserializeMapEmpty testDeserializeMapTooShort1 testDeserializeMapTooShort2 testDeserializeMapTooShort3',
          'map raw bytes round trip incl. null value flag; [] → empty; [1]; key only + flag 0; second key cut → IOException',
        ],
      ],
    },
    {
      name: 'MessageSerializerTest',
      rows: [
        [
          'testRequestSerialization testRequestSerializationWithZeroLengthKeyAndNamespace',
          'frame length = readable end − 4; type REQUEST; id 2147484984; body 1024 / 0 bytes survive',
        ],
        [
          'testKvStateRequestFailureSerialization testServerFailureSerialization',
          'REQUEST_FAILURE with id and cause class + message; SERVER_FAILURE with cause',
        ],
      ],
    },
    {
      name: 'KvStateServerHandlerTest',
      rows: [
        [
          'testQueryUnknownKvStateID testQueryUnknownKey',
          'REQUEST_FAILURE with UnknownKvStateIdException / UnknownKeyOrNamespaceException; stats failed 1',
        ],
        ['testFailureOnGetSerializedValue', 'state throws → REQUEST_FAILURE containing its message'],
        [
          'testCloseChannelOnExceptionCaught testQueryExecutorShutDown testUnexpectedMessage',
          'SERVER_FAILURE then channel closed / REQUEST_FAILURE with RejectedExecution / SERVER_FAILURE IllegalArgument, 0 requests counted',
        ],
        [
          'testSerializerMismatch',
          'wrong key or namespace serializer bytes → REQUEST_FAILURE containing IOException; failed 2',
        ],
      ],
    },
  ],
};
