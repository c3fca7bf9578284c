// Barriers between tasks, and the data in flight.

import type { FlinkArea } from '../flink-area.ts';

export const barriers: FlinkArea = {
  title: 'Barriers and channel state',
  state: 'later',
  classes: [
    {
      name: 'StateAssignmentOperationTest',
      rows: [
        [
          'testChannelStateAssignmentDownscalingTwoDifferentGates',
          '3→2 with two gates that are partitioned differently: old subtasks, channel map and ambiguous ones per gate',
        ],
        [
          'testChannelStateAssignmentTwoGatesPartiallyDownscaling',
          'upstream 3→2, downstream stays 3, one gate FULL: each downstream subtask is given 6 input channel handles',
        ],
        ['testChannelStateAssignmentNoRescale', '2→2: identity and NO_RESCALE descriptors'],
        [
          'testChannelStateAssignmentUpscaling',
          '2→3: input: 0←{0}, 1←{0,1}, 2←{1}; output: 0←{0}, 1←{1}, 2←{}; descriptors [{0},{0,1},{1}], subtask 2 output NO_RESCALE',
        ],
        [
          'testOnlyUpstreamChannelStateAssignment testOnlyUpstreamChannelRescaleStateAssignment testOnlyDownstreamChannelRescaleStateAssignment',
          "if only one side has channel state, the other side's tasks still get a restore object / non-NO_RESCALE descriptors (5→7, 5→5)",
        ],
      ],
    },
    {
      name: 'MetadataV6SerializerTest',
      rows: [
        [
          'testSerializeUnmergedChannelStateHandle testSerializeMergedChannelStateHandle',
          'input/result handles of a subtask, plain or merged, round-trip equal',
        ],
      ],
    },
    {
      name: 'CheckpointBarrierTrackerTest',
      rows: [
        ['testSingleChannelWithSkippedBarriers', 'B1,B3,B4,B6,B7,B10 → + exactly those'],
        [
          'testMultiChannelWithBarriers',
          '3 channels: B1@1,B1@2,B1@0 …, B4@1,B4@2,B4@0 → +1+2+3+4, each on the last barrier',
        ],
        [
          'testMultiChannelSkippingCheckpoints',
          '3 never gets channels 0,1 (only B3@2), then B4 on all → +1+2+4 (3 silently dropped, no abort)',
        ],
        [
          'testCompleteCheckpointsOnLateBarriers',
          'overlapping 2..10 with late barriers (B3@0 after B4@1,2; 6 never completed) → +2+3+4+5+7+8+9+10',
        ],
        ['testSingleChannelAbortCheckpoint', 'B1,B2,X4,B5,X6 → +1+2−4+5−6'],
        [
          'testMultiChannelAbortCheckpoint',
          '1 complete; B2@0,B2@2,X2@1; 3 complete; X4@1,B4@2,B4@0; 5 complete; X6@1,X6@2,B6@0 → +1−2+3−4+5−6 (each abort once)',
        ],
        ['testInterleavedCancellationBarriers', '3 channels: B1@0,X2@0,X1@1,X2@1,X1@2,X2@2 → −1−2'],
        [
          'testMetrics',
          '3 channels, 100-byte buffers: B@1, b0,b2, B@0, b2, (10 ms) B@2 → bytes processed during alignment 300, duration ≥ 10 ms, start delay ≥ 10 ms',
        ],
        [
          'testTriggerCheckpointsWithEndOfPartition',
          '3 channels: B1@0,B2@0,B2@1,B3@0,B4@0,B4@1,B5@1,E2 → +4 only, no abort; pending {5}; 2 open channels',
        ],
        [
          'testDeduplicateChannelsWithBothBarrierAndEndOfPartition',
          'B2@0,B2@1,E1 → nothing; B2@2 → +2 (a channel is not counted twice)',
        ],
        ['testTriggerCheckpointsAfterReceivedEndOfPartition', 'E2,B5@0,B6@0,B6@1,E1,B7@0 → +6+7, no abort'],
        ['testNoFastPathWithChannelFinishedDuringCheckpoints', '2 channels: B1@0,E0,B1@1 → +1, nothing pending'],
        ['testNoFastPathWithChannelFinishedDuringCheckpointsCancel', 'B1@0,E0,X1@1 → −1, nothing pending'],
        ['testTwoLastBarriersOneByOne', '1 s per step: B1@1,B2@1,B1@0,B2@0 → duration of 2 = 2 s'],
      ],
    },
    {
      name: 'CheckpointedInputGateTest',
      rows: [
        [
          'testPersisting testPersistingWithDrainingTheGate',
          'unaligned over three channels: which buffers are persisted before and after each barrier; an obsolete barrier is ignored',
        ],
        [
          'testPriorityBeforeClose',
          'barrier enqueued while the gate is closed concurrently (100 repeats) → either triggered once or CancelTask exception; never a hang or other error',
        ],
      ],
    },
    {
      name: 'AlignedCheckpointsTest',
      rows: [
        ['testSingleChannelNoBarriers testMultiChannelNoBarriers', 'pass; alignment duration 0'],
        [
          'testMultiChannelWithBarriers',
          '3 channels: after the first barrier only still-open channels deliver; +1..+4 on each last barrier; no blocked channel after; duration > 0 only while aligning',
        ],
        ['testMetrics', 'as tracker: bytes during alignment 300, duration ≥ 10 ms and ≤ elapsed, start delay ≥ 10 ms'],
        ['testMissingCancellationBarriers', '2 channels: B1@0,X3@1,X2@0,X3@0,b0 → all pass; no channel stays blocked'],
        [
          'testStartAlignmentWithClosedChannels',
          '4 channels: E2,E1 first; B2@3,B2@0 completes 2; B3 likewise; after E0, B4@3 alone completes 4; never a blocked channel afterwards',
        ],
        [
          'testEndOfStreamWhileCheckpoint',
          'B1 on 3; then B2@2,B2@0, b1, E1 → end of partition counts as barrier: nothing blocked after it; rest passes',
        ],
        [
          'testSingleChannelAbortCheckpoint',
          'B1,B2 trigger; X4 → latest 4, aborted with CHECKPOINT_DECLINED_ON_CANCELLATION_BARRIER; B5 triggers; X6 aborts; totals 3 triggered, 2 aborted; duration 0 throughout',
        ],
        [
          'testMultiChannelAbortCheckpoint',
          '1 ok; B2@0,B2@2 (blocked {0,2}) X2@1 → −2, unblocked at once; 3 ok; X4@1 → −4 before any barrier, later B4@2,B4@0 do not block; 5 ok; X6@1,X6@2 −6 once, B6@0 ignored',
        ],
        [
          'testAbortOnCanceledBarriers',
          'B1@1, X1@0 → −1 unblocked; B2@1 starts 2; late B1@2 ignored (does not block); B2@0,B2@2 → +2; totals 1/1',
        ],
        [
          'testIgnoreCancelBarrierIfCheckpointSubsumed',
          'B3@1,B3@0 (blocked {0,1}); B5@2 → −3 CHECKPOINT_DECLINED_SUBSUMED, blocked {2}; X3@0 ignored; B5@0,B5@1 → +5; totals 1/1',
        ],
        ['testTriggerCheckpointsWithEndOfPartition', 'B1@0,B1@1,E2 → +1, none pending'],
        ['testDeduplicateChannelsWithBothBarrierAndEndOfPartition', 'B2@0,B2@1,E1 → nothing; B2@2 → +2'],
        ['testTriggerCheckpointsAfterReceivedEndOfPartition', 'E2,B6@0,B6@1,E1,B7@0 → +6+7, no abort'],
      ],
    },
    {
      name: 'AlignedCheckpointsMassiveRandomTest',
      rows: [
        [
          'testWithTwoChannelsAndRandomBarriers',
          '2 channels, random barriers (every 100 000 / random), 2 000 000 polls → no exception, no stall',
        ],
      ],
    },
    {
      name: 'AlternatingCheckpointsTest',
      rows: [
        [
          'testChannelResetOnNewBarrier',
          'savepoint 0 started on ch0 then data; unaligned checkpoint 1 on ch1 → supersedes; in-flight data of ch0 is persisted (non-empty)',
        ],
        [
          'testSwitchToUnalignedByUpstream',
          'announcement of aligned barrier on ch0 → 0 triggers; same barrier as unaligned on ch1 → 1 trigger',
        ],
        ['testSavepointHandling', 'aligned savepoint: triggered only on the second; both channels unblocked'],
        ['testAlternation', '123 ids × 123 channels, even=checkpoint, odd=savepoint → triggered 0..122 in order'],
        [
          'testAlignedAfterTimedOut',
          '1 channel, timeout 100: announcement, +101 ms, barrier → triggered unaligned; next checkpoint without delay → triggered aligned-with-timeout',
        ],
        [
          'testTimeoutAlignment',
          'announcements, then the timeout: unaligned trigger, and both barriers overtake the three data buffers',
        ],
        [
          'testTimeoutAlignmentOnFirstBarrier',
          'announcements only: no trigger; +400 ms then first barrier → one trigger',
        ],
        [
          'testTimeoutAlignmentBeforeFirstBarrier',
          'barrier is already older than the timeout when first seen → triggered at once',
        ],
        [
          'testTimeoutAlignmentWhenLocalBarrierFirst',
          'local channel barrier first (no announcement): 1 aligned; for checkpoint 2 the remote announcement after +202 ms total → triggered UNALIGNED',
        ],
        [
          'testTimeoutAlignmentOnAnnouncementForSecondCheckpoint',
          'after one complete checkpoint: both announcements of 2, +400 ms, barrier → trigger 2',
        ],
        [
          'testPassiveTimeoutAlignmentOnAnnouncement',
          'ch0 barrier done, +400 ms no timers, ch1 announcement → exactly 1 trigger',
        ],
        [
          'testActiveTimeoutAlignmentOnFirstBarrier',
          'barrier ch0, +101 ms → timer triggers unaligned without further input',
        ],
        [
          'testAllChannelsUnblockedAfteralignedCheckpointTimeout',
          'blocked ch0, timeout, then announcement+barrier ch1 → one unaligned trigger; both channels unblocked',
        ],
        ['testNoActiveTimeoutAlignmentAfterAbort', 'barrier ch0, X1@0, X1@1, +101 ms → nothing triggered'],
        ['testNoActiveTimeoutAlignmentAfterClose', 'gate closed, timer fires anyway → nothing triggered'],
        [
          'testActiveTimeoutAlignmentOnAnnouncement',
          'both announcements, +11 ms → timer converts: barriers first, 1 unaligned trigger, then 3 data buffers',
        ],
        [
          'testActiveTimeoutAfterAnnouncementPassiveTimeout testActiveTimeoutBeforeFirstAnnouncementPassiveTimeout testActiveTimeoutAfterBarrierPassiveTimeout',
          'passive timeout wins at announcement/barrier, later timer run is a no-op: exactly 1 unaligned trigger',
        ],
        [
          'testTimeoutAlignmentOnUnalignedCheckpoint',
          'ch0 aligned barrier, ch1: 2 data + unaligned barrier (priority) → 1 trigger; 2 buffers of ch1 persisted',
        ],
        [
          'testStartNewCheckpointViaAnnouncement',
          'ch0 announcement + E1 → alignment in progress; barrier ch0, barrier ch2 → +1',
        ],
        [
          'testMetricsAlternation',
          'alignment bytes, duration and start delay of an aligned, a savepoint and an unaligned barrier',
        ],
        ['testMetricsSingleChannel', 'duration 0, bytes 0, start delay ≥ 10 ms / 5 ms'],
        [
          'testPreviousHandlerReset',
          'savepoints and checkpoints in turn supersede each other: a savepoint blocks its own channel, a checkpoint none',
        ],
        [
          'testNextFirstCheckpointBarrierOvertakesCancellationBarrier',
          '1 s steps: B1@0,B2@0,X1@1,B2@1 → duration of 2 = 2 s',
        ],
      ],
    },
    {
      name: 'UnalignedCheckpointsTest',
      rows: [
        ['testSingleChannelNoBarriers testMultiChannelNoBarriers', 'pass; no in-flight data'],
        [
          'testMultiChannelWithBarriers',
          'what is recorded as in flight: buffers of channels whose barrier is still to come, and no others',
        ],
        [
          'testMetrics',
          '100-byte buffers → bytes processed during alignment 600, duration ≥ 10 ms, start delay ≥ 10 ms',
        ],
        [
          'testMultiChannelTrailingInflightData',
          'after-finish off: second checkpoint interrupted by E1 → started id 2, no in-flight data retained',
        ],
        ['testMissingCancellationBarriers', 'B1@0,X2@0,X3@0,X3@1 → started 1; last cancelled 3; no in-flight'],
        [
          'testNotifyAbortCheckpointBeforeCancellingAsyncCheckpoint',
          'at abort callback the all-barriers future is not yet done (abort is notified before cancelling)',
        ],
        ['testSingleChannelAbortCheckpoint', 'B1,B2,X4 → started 2, cancelled 4; B5,X6 → started 5, cancelled 6'],
        [
          'testMultiChannelAbortCheckpoint',
          '1 ok; 2 started then X2@1 → cancelled 2, in-flight dropped; 3 ok; X4 before barriers → nothing started (−1); 5 ok; X6 → −1, cancelled 6',
        ],
        [
          'testProcessCancellationBarrierAfterProcessBarrier',
          'pending n, cancel m ∈ {n, n+1} → not pending, latest = m, aborted m; barrier n ignored afterwards; cancel m+1 → latest m+1',
        ],
        [
          'testProcessCancellationBarrierBeforeProcessAndReceiveBarrier',
          'cancel n first → aborted n; later barrier n does not trigger',
        ],
        [
          'testEndOfStreamWithPendingCheckpoint',
          'after-finish off: pending n, end of partition → aborted n, 1 open channel',
        ],
        ['testTriggerCheckpointsWithEndOfPartition', 'B1@1,b0,B1@0,b1,E2,… → +1, no abort, in-flight = b0'],
        [
          'testTriggerCheckpointsAfterReceivedEndOfPartition',
          'E0,B3@1,b1,b2,E1,B3@2 → +3, in-flight b2; then b2,B4@2 → +4',
        ],
      ],
    },
  ],
};
