// Copies of state beside the task, and the alternatives a restore tries in turn.

import type { FlinkArea } from '../flink-area.ts';

export const localRecovery: FlinkArea = {
  title: 'Local recovery and restore alternatives',
  state: 'later',
  classes: [
    {
      name: 'TaskLocalStateStoreImplTest',
      rows: [
        ['confirmCheckpoint', 'confirm 2 → 0,1 discarded; 2 kept'],
        ['abortCheckpoint', '4 stored, abort 2 → only 2 gone'],
        ['dispose', 'everything discarded including confirmed'],
        [
          'retrieveNullIfNoPersistedLocalState retrieveNullIfDisableLocalRecovery',
          'null; with local recovery off (backup on) null after store',
        ],
        ['retrievePersistedLocalStateFromDisc', 'new store instance over the same dirs returns an equal snapshot'],
        [
          'deletesLocalStateIfRetrievalFails',
          '4 garbage bytes in the snapshot file → null and the checkpoint dir is deleted',
        ],
      ],
    },
    {
      name: 'BackendRestorerProcedureTest',
      rows: [
        [
          'testRestoreProcedureOrderAndFailure',
          'alternatives [failing, good, unused]: first opened and fails, second restores (list 0,1,2,3), third never opened',
        ],
        ['testExceptionThrownIfAllRestoresFailed', 'all three fail → FlinkException; each opened once'],
        ['testCanBeCanceledViaRegistry', 'closing the registry during a blocked read → FlinkException'],
      ],
    },
    {
      name: 'SnapshotResultTest',
      rows: [
        ['discardState getStateSize', 'discards both job-manager and local handle; size 42 = job-manager side only'],
      ],
    },
  ],
};
