// The entry for optional building blocks: what is the same for every backend, offered and never forced.

export { checksum32 } from './bytes/checksum.js';
export { type CheckpointIdCounter, StandaloneCheckpointIdCounter } from './checkpoint/checkpoint-id-counter.js';
export {
  decideLineage,
  type IgnoredCheckpoint,
  type IgnoredCheckpointCause,
  type LineageDecision,
  nextCheckpointId,
  type RestorableCheckpoint,
} from './checkpoint/checkpoint-lineage.js';
export {
  CHECKPOINT_METADATA_VERSION,
  readCheckpointMetadata,
  writeCheckpointMetadata,
} from './checkpoint/checkpoint-metadata-format.js';
export { checkpointPropertiesFor, SAVEPOINT_PROPERTIES } from './checkpoint/checkpoint-properties.js';
export {
  type AddCheckpointOptions,
  type CompletedCheckpoint,
  type CompletedCheckpointStore,
  type CompletedCheckpointStoreOptions,
  type JobEnd,
  StandaloneCompletedCheckpointStore,
} from './checkpoint/completed-checkpoint-store.js';
export {
  type RegisteredCheckpoint,
  SharedStateRegistry,
  type SharedStateRegistryOptions,
} from './checkpoint/shared-state-registry.js';
export { EntryDigest } from './snapshot-format/entry-digest.js';
export { digestOfBlocks, digestOfEntries, type LogicalEntry } from './snapshot-format/logical-digest.js';
export { RecordCursor } from './snapshot-format/record-cursor.js';
export { decodeBlock } from './snapshot-format/record-decoder.js';
export { type RawRecordVisitor, walkRecords } from './snapshot-format/record-walk.js';
export {
  BLOCK_ENTRIES_MAX,
  type FinishedSegment,
  type RawBlock,
  type RecordCodec,
  RecordOp,
  type RecordReader,
  type RecordVisitor,
  type SegmentBlockReader,
  type SegmentRecordWriter,
} from './snapshot-format/segment-contract.js';
export type { SegmentHeader, SegmentStateKind, StateSchema } from './snapshot-format/segment-header.js';
export type { IndexedKeyGroup, IndexedState } from './snapshot-format/segment-index.js';
export {
  type IndexedSegmentReader,
  openSegmentReader,
  type SegmentReaderOptions,
} from './snapshot-format/segment-reader.js';
export { type VerifiedSegment, verifySegment } from './snapshot-format/segment-verification.js';
export { openSegmentWriter, type SegmentWriterOptions } from './snapshot-format/segment-writer.js';
export {
  STORED_CACHE_BYTES_DEFAULT,
  type StoredStateBackendOptions,
  storedStateBackend,
} from './stored/stored-state-backend.js';
export { AsyncSnapshotCallable, type AsyncSnapshotParts, type SnapshotRun } from './support/async-snapshot-callable.js';
export { checkEntries, checkValues } from './support/checked-iterables.js';
export { type Closeable, CloseableRegistry, type CloseableRegistryOptions } from './support/closeable-registry.js';
export { concurrentModification } from './support/concurrent-modification.js';
export {
  createSnapshotContext,
  SNAPSHOT_SLICE_MS,
  type SnapshotContextOptions,
} from './support/create-snapshot-context.js';
export { DefaultOperatorStateBackend } from './support/default-operator-state-backend.js';
export { type FoldOptions, foldRawChain, RawChainFold } from './support/fold-raw-chain.js';
export { HeapBroadcastState, readOnlyBroadcastState } from './support/heap-broadcast-state.js';
export { HeapPriorityQueueSet, type QueueElements } from './support/heap-priority-queue-set.js';
export {
  type FrozenChanges,
  type IncrementalSnapshotParameters,
  type KeyedChangesWriter,
  type WrittenSnapshot,
  writeIncrementalSnapshot,
} from './support/incremental-snapshot-writer.js';
export { IndexedHeap } from './support/indexed-heap.js';
export {
  KeyGroupPartitionedPriorityQueue,
  type KeyGroupPartitionedPriorityQueueParameters,
  type KeyGroupPriorityQueue,
} from './support/key-group-partitioned-priority-queue.js';
export { CurrentKey, type CurrentKeyParameters } from './support/keyed-current-key.js';
export { MutationCheck } from './support/keyed-mutation-check.js';
export { KeyedPriorityQueue } from './support/keyed-priority-queue.js';
export {
  type CarriedChain,
  planSnapshotLayers,
  type RestampingOf,
  type RewritingOf,
  type SnapshotLayer,
  type SnapshotLayers,
  type SnapshotPlanParameters,
} from './support/keyed-snapshot-layers.js';
export {
  type KeyedEntriesWriter,
  type KeyedSnapshotParameters,
  writeKeyedSnapshot,
} from './support/keyed-snapshot-writer.js';
export {
  type FrozenKeyedState,
  type FrozenStateParameters,
  KeyedStateAccess,
  type KeyedStateAccessOptions,
  type OpenedKeyedState,
} from './support/keyed-state-access.js';
export {
  KeyedStateCheckpointOutputStream,
  NO_OFFSET_SET,
} from './support/keyed-state-checkpoint-output-stream.js';
export { redistributeKeyedState, redistributeRawKeyedState } from './support/keyed-state-redistribution.js';
export {
  type EntriesRegistration,
  type KeyedStateRegistration,
  KeyedStateRegistry,
  type KeyedStateRegistryParameters,
  STATES_MAX,
} from './support/keyed-state-registry.js';
export { KeyedStateTracking, type KeyedStateTrackingParameters } from './support/keyed-state-tracking.js';
export { listTooShort } from './support/list-too-short.js';
export { MergedEntry, mergeNamespaces, type NamespaceMerge } from './support/merge-namespaces.js';
export {
  isVoidNamespace,
  NamespacedState,
  type NamespacedStateParameters,
  type TablesByKeyGroup,
} from './support/namespaced-state.js';
export { nothingToTouch } from './support/nothing-to-touch.js';
export {
  OperatorStateCheckpointOutputStream,
  RAW_OPERATOR_STATE_NAME,
} from './support/operator-state-checkpoint-output-stream.js';
export { redistributeOperatorState } from './support/operator-state-redistribution.js';
export { PartitionableListState } from './support/partitionable-list-state.js';
export type { PriorityQueueRegistration } from './support/priority-queue-registration.js';
export { type PriorityRank, priorityRankOf } from './support/priority-rank.js';
export type { RawStateWriter } from './support/raw-state-writer.js';
export { restoreFailed } from './support/restore-failed.js';
export { RestoredGroupDecoder } from './support/restored-group-decoder.js';
export { IdleWork } from './support/restored-idle-work.js';
export {
  type RestoredChain,
  type RestoredChains,
  RestoredKeyedState,
  type RestoredLink,
  type RestoredState,
  type RestoreParameters,
  schemasEqual,
} from './support/restored-keyed-state.js';
export { restoredRecordCount } from './support/restored-record-count.js';
export { type SampleFigures, SampleHistogram } from './support/sample-histogram.js';
export { SchemaRewriting, type SchemaRewritingParameters } from './support/schema-rewriting.js';
export {
  type FrozenIncrement,
  type OnRemembering,
  restoredBaseOf,
  type SnapshotBase,
  SnapshotBases,
} from './support/snapshot-bases.js';
export {
  CHAIN_SEGMENTS_MAX,
  KEY_GROUPS_PER_DUE,
  type KeyGroupMode,
  SnapshotChain,
  type WrittenIncrement,
} from './support/snapshot-chain.js';
export {
  type SnapshotExecution,
  SnapshotStrategyRunner,
  type SnapshotStrategyRunnerOptions,
} from './support/snapshot-strategy-runner.js';
export { assignOperatorState } from './support/state-assignment.js';
export type { TrackedTypes } from './support/state-call-sizes.js';
export { tooManyConcurrentSnapshots } from './support/too-many-concurrent-snapshots.js';
export { TtlCleanup, type TtlCleanupParameters, type TtlCleanupTarget, type TtlCursor } from './support/ttl-cleanup.js';
export { type FrozenTtlTime, NO_TIME, TtlClock, type TtlClockParameters, type TtlTime } from './support/ttl-clock.js';
export { TtlPolicy, ttlTimeOf } from './support/ttl-policy.js';
export { storedTimeOf, TtlRestamping } from './support/ttl-restamping.js';
export { type LivePlaces, ValuePassing, type ValuePassingOptions } from './support/value-passing.js';
