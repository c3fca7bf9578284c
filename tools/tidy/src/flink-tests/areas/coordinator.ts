// Triggering, acknowledging, failing and restoring checkpoints.

import type { FlinkArea } from '../flink-area.ts';

export const coordinator: FlinkArea = {
  title: 'Checkpoint coordinator',
  state: 'later',
  classes: [
    {
      name: 'CheckpointMetadataLoadingTest',
      rows: [
        [
          'testUnmatchedCoordinatorOnlyStateFails',
          'only coordinator state for a missing operator → IllegalStateException',
        ],
      ],
    },
    {
      name: 'CheckpointCoordinatorTest',
      rows: [
        [
          'testSharedStateNotDiscaredOnAbort',
          'v1 acks with metadata, private and shared state, v2 declines → metadata and private state disposed, shared state kept (only unused after a later subsuming checkpoint)',
        ],
        ['testCheckpointStatsUpdatedAfterFailure', 'a late ack carrying metrics does the same; its state is dropped'],
        [
          'testScheduleTriggerRequestDuringShutdown',
          'scheduling a trigger after executors are shut down raises no exception',
        ],
        [
          'testCheckpointAbortsIfTriggerTasksAreNotExecuted',
          'a task not RUNNING → trigger future exceptional; 0 pending, 0 retained',
        ],
        [
          'testCheckpointAbortsIfTriggerTasksAreFinished',
          'finished tasks and checkpoint-after-finish off → exceptional; 0 pending, 0 retained',
        ],
        [
          'testCheckpointTriggeredAfterSomeTasksFinishedIfAllowed',
          '3 of 6 subtasks finished and allowed → 1 pending; its stats already count 3 acknowledged (the finished ones)',
        ],
        [
          'testIOExceptionForPeriodicSchedulingWithInactiveTasks',
          'storage IOException → promise fails with IO_EXCEPTION',
        ],
        [
          'testTriggerAndDeclineSyncCheckpointFailureSimple testTriggerAndDeclineAsyncCheckpointFailureSimple',
          'decline (sync reason / async reason) → pending disposed and removed, abort notification sent to both tasks, later acks/declines of that id ignored',
        ],
        [
          'testTriggerAndConfirmSimpleCheckpoint',
          'pending until both tasks acknowledge, then retained and notified; a second checkpoint replaces it',
        ],
        [
          'testSuccessfulCheckpointSubsumesUnsuccessful',
          '1 partly acked, 2 completes → 1 disposed, its collected states discarded, notifyComplete only for 2; late ack state for 1 discarded; shutdown discards 2',
        ],
        [
          'testCheckpointTimeoutIsolated',
          'expiry timer → checkpoint disposed, 0 pending/retained, already acked state discarded, no notifyComplete',
        ],
        [
          'testTriggerAndConfirmSimpleSavepoint',
          'savepoint: canBeSubsumed=false; future completes only after both acks; not in retained store; repeat with second savepoint works',
        ],
        [
          'testSavepointsAreNotSubsumed',
          'order cp1, sp1, cp2, sp2: completing cp2 subsumes cp1 but sp1 stays pending; sp completes later independently',
        ],
        ['testPeriodicSchedulingWithInactiveTasks', 'no pending while tasks not running; > 0 after they run'],
        ['testConcurrentSavepoints', 'max concurrent 1: five savepoints trigger at once and all complete'],
        ['testMinDelayBetweenSavepoints', 'huge min pause: a second savepoint is not delayed'],
        [
          'testCheckpointStatsTrackerPendingCheckpointCallback',
          'tracker.reportPendingCheckpoint called once with id 1, right timestamp and props',
        ],
        [
          'testCheckpointStatsTrackerRestoreCallback',
          'restoring completed checkpoint 42 → reportInitializationStarted/restored once',
        ],
        [
          'testSharedStateRegistrationOnRestore',
          'after restore from checkpoints with shared files and subsequent subsumption: old shared files discarded in CLAIM, never in NO_CLAIM / LEGACY',
        ],
        [
          'jobFailsIfInFlightSynchronousSavepointIsDiscarded',
          'expired/aborted synchronous savepoint → failJob invoked exactly once; root cause kept',
        ],
        ['testTriggerCheckpointAfterStopping', 'PERIODIC_SCHEDULER_SHUTDOWN'],
        [
          'testExternallyInducedSourceWithOperatorCoordinator',
          'acks arriving before the triggering phase ends (master hook) are accepted; completes afterwards with coordinator state',
        ],
        ['testResetCalledInRegionRecovery', 'restore with no checkpoint still calls coordinator/hook reset'],
        [
          'testNotifyCheckpointAbortionInOperatorCoordinator',
          'completed id notified complete, subsumed older pending id notified aborted',
        ],
        [
          'testAbortingBeforeTriggeringCheckpointOperatorCoordinator',
          'abort of id n before its coordinator trigger → coordinator not triggered for n; n+1 proceeds',
        ],
      ],
    },
    {
      name: 'CheckpointCoordinatorTriggeringTest',
      rows: [
        [
          'testPeriodicTriggering',
          'each tick triggers with a higher id; none after the scheduler stopped; again after a restart',
        ],
        [
          'testTriggeringFullSnapshotAfterJobmasterFailover',
          'restore savepoint NO_CLAIM, coordinator replaced (same store and id counter), restoreLatest…, trigger → task receives type FULL_CHECKPOINT (id 2)',
        ],
        ['testTriggeringCheckpointsWithNullCheckpointType', 'triggerCheckpoint(null) → IllegalArgumentException'],
        [
          'testTriggeringCheckpointsWithIncrementalCheckpointType',
          'user trigger INCREMENTAL → task receives CHECKPOINT',
        ],
        ['testTriggeringCheckpointsWithFullCheckpointType', 'user trigger FULL → FULL_CHECKPOINT'],
        [
          'testWithNoOpCheckpointStatsTracker',
          'no-op tracker with a finished task (allowed) → 1 pending, no null error',
        ],
        [
          'testTriggerCheckpointWithShuttingDownCoordinator',
          'trigger, then shutdown before it runs → CHECKPOINT_COORDINATOR_SHUTDOWN',
        ],
        [
          'testTriggerCheckpointBeforePreviousOneCompleted',
          'second trigger while first is triggering → queued (queue 1, isTriggering); after executor drains: both triggered (2 messages), queue empty',
        ],
        [
          'discardingTriggeringCheckpointWillExecuteNextCheckpointRequest',
          'aborting while the first is triggering lets the queued request go on',
        ],
      ],
    },
    {
      name: 'CheckpointCoordinatorRestoringTest',
      rows: [
        [
          'testRestoreLatestCheckpointFailureWhenMaxParallelismChanges',
          'explicit max 42→20 and 13→42 → IllegalStateException',
        ],
        [
          'testRestoreLatestCheckpointedStateWithoutInFlightData',
          'ignored-in-flight id = restored id 1 → input-channel and result-subpartition state are empty, all keyed/operator state present',
        ],
        [
          'testRestoreFinishedStateWithoutInFlightData',
          'same with a fully finished operator → restored snapshot stays "deployed as finished"',
        ],
      ],
    },
    {
      name: 'CheckpointStateRestoreTest',
      rows: [
        [
          'testSetState',
          'checkpoint of 3 stateful + 2 stateless tasks: after restore only stateful tasks carry restore info with their snapshots; stateless null',
        ],
        ['testNoCheckpointAvailable', 'empty store: restoreLatestCheckpointedStateToAll → false'],
      ],
    },
    {
      name: 'CheckpointCoordinatorFailureTest',
      rows: [
        [
          'testFailingCompletedCheckpointStoreAdd',
          'a store that fails at the last acknowledgement fails the checkpoint and discards every handle once',
        ],
        [
          'testCleanupForGenericFailure',
          'store failure with a generic exception → FINALIZE_CHECKPOINT_FAILURE, stats FAILED with metrics, cleanup called once',
        ],
        [
          'testCleanupOmissionForPossibleInconsistentStateException',
          'PossibleInconsistentStateException → cleanup NOT called (0)',
        ],
      ],
    },
    {
      name: 'CheckpointFailureManagerTest',
      rows: [
        [
          'testIgnoresPastCheckpoints',
          'tolerance 2: expired(1), expired(2), success(2), expired(1), expired(3), expired(4) → job not failed',
        ],
        [
          'testContinuousFailure',
          'tolerance 2: declined 1, 2, JOB_FAILOVER_REGION 3 (ignored), declined 4 → failed once',
        ],
        ['testBreakContinuousFailure', 'io 1, declined 2, failover 3, success 4, expired 5 → not failed'],
        ['testTotalCountValue', 'of all reasons five count: io, asynchronous part, declined, expired, finalizing'],
        [
          'testIgnoreOneCheckpointRepeatedlyCountMultiTimes',
          'tolerance 2: declined 1, 2, failover 3, declined 2 again → not failed (same id counted once)',
        ],
      ],
    },
    {
      name: 'CheckpointRequestDeciderTest',
      rows: [
        ['testForce', 'forced (periodic) savepoint with 1 pending of max 1 and huge pause → chosen immediately'],
        [
          'testSavepointPrioritized testNonForcedSavepointPrioritized',
          'queue [checkpoint, savepoint] → savepoint first',
        ],
        [
          'testQueueSizeLimit',
          'max queued 10, isTriggering, 11 checkpoints → the excess one fails TOO_MANY_CHECKPOINT_REQUESTS',
        ],
        [
          'testQueueSizeLimitPriority',
          'max queued 1: checkpoint then savepoint → the checkpoint fails TOO_MANY…, savepoint waits',
        ],
        [
          'testCheckpointTiming',
          'periodic checkpoint inside min pause → dropped with MINIMUM_TIME_BETWEEN_CHECKPOINTS; manual checkpoint → immediate',
        ],
      ],
    },
    {
      name: 'PendingCheckpointTest',
      rows: [
        [
          'testCompletionFuture',
          'future undone at start; every abort completes it; all acked + finalize alone does not complete it; finalize before full ack → IllegalStateException',
        ],
        [
          'testAbortDiscardsState',
          'abort with DECLINED, EXPIRED, SUBSUMED: each discards the collected subtask state once',
        ],
        [
          'testNullSubtaskStateLeadsToStatelessTask',
          'ack with null snapshot → operator state entry with parallelism/maxParallelism and no subtasks',
        ],
        ['testNonNullSubtaskStateLeadsToStatefulTask', 'ack with a snapshot → operator states not empty'],
        [
          'testSetCanceller',
          'canceller on an aborted checkpoint → false; on a live one → true and cancelled (without interrupt) at abort',
        ],
        [
          'testMasterState testMasterStateWithNullState',
          'master acks and task acks counted apart; a hook returning null counts as acked but adds no state (1 of 2 states kept)',
        ],
        ['testInitiallyUnacknowledgedCoordinatorStates', '2 coordinators → 2 outstanding; not fully acked'],
        [
          'testAcknowledgedCoordinatorStates',
          'ack with a handle and with null → SUCCESS both, 0 outstanding, fully acked; states contain task and both coordinators',
        ],
        ['testDuplicateAcknowledgeCoordinator testAcknowledgeUnknownCoordinator', 'DUPLICATE / UNKNOWN'],
        ['testDisposeDisposesCoordinatorStates', 'abort disposes coordinator handles'],
        [
          'testReportTaskFinishedOnRestore testReportTaskFinishedOperators',
          'ack FINISHED_ON_RESTORE / snapshot flagged finished → plan told of that vertex',
        ],
      ],
    },
    {
      name: 'CheckpointOptionsTest',
      rows: [
        ['testSavepointNeedsAlignment', 'savepoint + UNALIGNED → IllegalArgumentException'],
        ['testCheckpointNeedsAlignment', 'UNALIGNED false, ALIGNED true, FORCED_ALIGNED true, AT_LEAST_ONCE false'],
        [
          'testCheckpointIsTimeoutable',
          'whether aligned-with-timeout and unaligned options are unaligned, timeoutable, and with which timeout',
        ],
      ],
    },
  ],
};
