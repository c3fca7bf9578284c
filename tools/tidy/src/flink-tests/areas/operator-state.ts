// Operator state: lists, unions, broadcast, and how they are dealt out again.

import type { FlinkArea } from '../flink-area.ts';

export const operatorState: FlinkArea = {
  title: 'Operator state',
  state: 'complete',
  classes: [
    {
      name: 'worked numbers',
      isOurs: true,
      rows: [
        [
          'RoundRobinOperatorStateRepartitioner',
          'worked outcomes of the round robin over old subtasks, with the surplus rotating over the states',
        ],
      ],
    },
    {
      name: 'OperatorStateBackendTest',
      rows: [
        ['testCreateOnAbstractStateBackend', 'fresh backend: registered list and broadcast names empty'],
        [
          'testRegisterStatesWithoutTypeSerializer',
          'two list states by class (one Kryo with registered serializer honoured); names size 2; second: add kevin,sunny iterate in order',
          'A descriptor has a serializer from the start; there is no class to make one from, and no Kryo.',
        ],
        [
          'testRegisterStates',
          'lists, unions and broadcast states by name; getting one again gives the same data; another mode for a name is refused',
        ],
        ['testSnapshotEmpty', 'nothing registered → JM handle null'],
        [
          'testFileMergingSnapshotEmpty',
          'nothing registered on a merging location → empty merging handle, not null',
          'There is no merging of checkpoint files, hence no handle for an empty part of one.',
        ],
        [
          'testSnapshotBroadcastStateWithEmptyOperatorState',
          'broadcast {1:2,3:4,5:6} only: snapshot non-null; restore equal; remove 1, snapshot, restore → {3:4,5:6}; clear, snapshot, restore → empty',
        ],
        [
          'testSnapshotRestoreAsync',
          'mutable elements; snapshot started, then live lists and maps modified (added/removed/changed objects) while blocked; restored shows the values at snapshot time',
        ],
        [
          'testSnapshotAsyncClose',
          'closing backend while the async part is blocked → future throws CancellationException',
        ],
        ['testSnapshotAsyncCancel', 'cancel(true): all streams created are closed; future → CancellationException'],
      ],
    },
    {
      name: 'OperatorStateRestoreOperationTest',
      rows: [
        [
          'testMergeOperatorState',
          'two handles with the same states → lists concatenated (s1,s2 doubled) in handle order',
        ],
      ],
    },
    {
      name: 'StateAssignmentOperationTest',
      rows: [
        [
          'testRepartitionSplitDistributeStates',
          'two subtasks with two elements each: in two places when there are more subtasks, in one otherwise',
        ],
        [
          'testRepartitionBroadcastState',
          't-5,t-6 in both subtasks: each appears exactly newP times (once per new subtask)',
        ],
        [
          'testReDistributeCombinedPartitionableStates',
          'mix: union t-1 → 2·newP, union t-2 → newP, split t-3 [52,63] → 2 if scaling up else 1, broadcasts t-4,t-5,t-6 → newP each',
        ],
        [
          'testChannelStateAssignmentStability',
          '10 operators × 100 subtasks unchanged parallelism: assigned subtask state is the same object content as old',
        ],
        [
          'testStateWithFullyFinishedOperators',
          'fully finished vertex tasks get "deployed as finished" restore; others not',
        ],
      ],
    },
  ],
};
