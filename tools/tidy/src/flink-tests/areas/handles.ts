// State handles, the registry of shared state, streams for raw state, the asynchronous part of a snapshot.

import type { FlinkArea } from '../flink-area.ts';

export const handles: FlinkArea = {
  title: 'Handles, shared state, raw streams',
  state: 'complete',
  classes: [
    {
      name: 'SharedStateRegistryTest',
      rows: [
        [
          'testRegistryNormal',
          'register first, second at checkpoint 0: returns same objects, not discarded; unregisterUnusedState(1) discards both',
        ],
        ['testUnregisterWithUnexistedKey', 'unregister(−1) and unregister(max) on empty registry do nothing'],
        [
          'testRegisterChangelogStateBackendHandles',
          'equal copies of a handle are registered once; copies are discarded, the original stays until its last user has gone',
        ],
        [
          'testUnregisterUnusedSavepointState',
          'restored NATIVE savepoint id 1 (NO_SHARING), its state used by 2,3: unregister(3) → still-in-use ids {1}; unregister(4) → {}',
        ],
        [
          'testUnregisterInitialCheckpointUsedInChangelog',
          'same but registered with "prevent discarding" once (and false later): unregister(3) → {1}',
        ],
      ],
    },
    {
      name: 'IncrementalRemoteKeyedStateHandleTest',
      rows: [
        ['testUnregisteredDiscarding', 'discard unregistered: private, shared and meta all discarded'],
        [
          'testSharedStateReRegistration',
          'registered state survives a discard, a closed registry refuses, another registry takes it after a recovery',
        ],
        ['testCollectSizeStats', 'all in LOCAL_MEMORY = state size'],
      ],
    },
    {
      name: 'KeyedStateCheckpointOutputStreamTest',
      rows: [
        ['testCloseNotPropagated', 'close() leaves delegate open'],
        ['testEmptyKeyedStream', 'nothing written: closeAndGetHandle → null and delegate closed'],
        ['testReadWriteMissingKeyGroups', 'only group 1 written: exactly one offset ≥ 0'],
      ],
    },
    {
      name: 'AsyncSnapshotCallableTest',
      rows: [
        ['testNormalRun', 'order: call, log, cleanup; IO closed'],
        ['testExceptionRun', 'order: call, cleanup (no log); ExecutionException caused by IOException'],
        ['testCancelBeforeRun', 'cancel, cleanup; call never runs'],
      ],
    },
    {
      name: 'StateUtilTest',
      rows: [
        [
          'unexpectedStateExceptionForSingleExpectedType unexpectedStateExceptionForMultipleExpectedTypes',
          'message lists expected type(s), found type, and says a different state backend may have written it',
          'Every keyed snapshot restores on every backend, so that no handle is of the wrong backend. A handle of an unknown kind is refused when metadata is read.',
        ],
      ],
    },
  ],
};
