// The entry for implementers: what state backends and checkpoint storages are made of.

export { randomHexId } from './ambient/random.js';
export { type ByteInput, ByteReader } from './bytes/byte-reader.js';
export { type ByteOutput, ByteWriter, MAX_SERIALIZED_BYTES } from './bytes/byte-writer.js';
export type {
  CheckpointAttachment,
  CheckpointLineage,
  CheckpointMetadata,
  CheckpointProperties,
  MasterState,
  OperatorState,
  OperatorSubtaskState,
  RawKeyedStateHandle,
} from './checkpoint/checkpoint-metadata.js';
export type {
  CheckpointListing,
  CheckpointStorage,
  CheckpointStorageCoordinatorView,
  CheckpointStorageParameters,
  CheckpointStorageWorkerView,
  FoundCheckpoint,
  FoundExternalSnapshot,
  FoundOwner,
} from './checkpoint-storage/checkpoint-storage.js';
export type { CheckpointStorageCapabilities } from './checkpoint-storage/checkpoint-storage-capabilities.js';
export {
  type CheckpointStorageFactory,
  type ConfigurableCheckpointStorage,
  type FactoryContext,
  SPI_API_VERSION,
} from './checkpoint-storage/checkpoint-storage-factory.js';
export type {
  CheckpointMetadataScope,
  CheckpointOwner,
  CheckpointStorageLocation,
  CheckpointStorageLocationReference,
  CompletedCheckpointPointer,
  ResolvedCheckpoint,
  StateHandleDiscarder,
} from './checkpoint-storage/checkpoint-storage-location.js';
export type {
  CheckpointedStateScope,
  CheckpointStateInputStream,
  CheckpointStateOutputStream,
  CheckpointStreamFactory,
  CheckpointStreamPurpose,
  StateHandleReader,
} from './checkpoint-storage/checkpoint-stream.js';
export {
  checkEpochMin,
  checkRestoreDecision,
  type ExternalSnapshot,
  equalRestoreDecisions,
  type RestoredFrom,
} from './checkpoint-storage/restore-decision.js';
export type { ClaimableSnapshot, SnapshotClaim, SnapshotClaims } from './checkpoint-storage/snapshot-claims.js';
export {
  booleanOption,
  type ConfigOption,
  type ConfigOptionDefinition,
  type ConfigOptionType,
  type ConfigOptionWithDefault,
  durationOption,
  enumOption,
  integerOption,
  keysOfOption,
  listOption,
  memorySizeOption,
  type NumberOptionDefinition,
  numberOption,
  type QuantityOptionDefinition,
  stringOption,
} from './config/config-option.js';
export type { Configuration } from './config/configuration.js';
export type { ReadableConfig } from './config/readable-config.js';
export { InvariantViolation, invariant } from './error/invariant.js';
export {
  type ChainStart,
  type IncrementalKeyedStateHandle,
  intersectKeyedStateHandle,
  type KeyedStateHandle,
  type KeyGroupRangeData,
  type KeyGroupsStateHandle,
  keyedStateCheckpointedSizeBytes,
  keyedStateSizeBytes,
  keyGroupRangeOf,
  mayBeBase,
  mayHoldKeyGroups,
  type SegmentReference,
  type StateDigests,
  type UnitedSegments,
  uniteKeyedStateHandles,
} from './handle/keyed-state-handle.js';
export {
  type OperatorStateHandle,
  type OperatorStateMode,
  type OperatorStatePartitions,
  operatorStateSizeBytes,
} from './handle/operator-state-handle.js';
export type { OptionalFact, OptionalFacts } from './handle/optional-facts.js';
export {
  type ByteStreamStateHandle,
  equalStreamStateHandles,
  type FileStateHandle,
  physicalStateHandleId,
  type StreamStateHandle,
  streamStateSizeBytes,
} from './handle/stream-state-handle.js';
export { KeyGroupRangeOffsets } from './key-group/key-group-range-offsets.js';
export {
  bitMix,
  javaBooleanHash,
  javaFloat64Hash,
  javaInt64Hash,
  javaSafeIntegerHash,
  javaStringHash,
  KEY_HASH,
  murmur3Bytes,
  murmurHash,
} from './key-group/key-hash.js';
export type { DelegatingStateBackend } from './loading/delegating-state-backend.js';
export {
  compareBytes,
  deserializeFromBytes,
  deserializeKeyFromBytes,
  hashOfKeyBytes,
  identityOfKeyBytes,
  latin1OfBytes,
  serializeKeyToBytes,
  serializeToBytes,
} from './serialization/key-bytes.js';
export { refusalWithin, refuse, refuseValue } from './serialization/refusal.js';
export { requireKeySerializer } from './serialization/require-key-serializer.js';
export type { RestoreOptions, RestoreSerializer } from './serialization/restore-options.js';
export { restoreSerializer } from './serialization/restore-serializer.js';
export {
  AS_IS,
  afterMigration,
  type Composition,
  combineParts,
  type PartCompatibility,
  resolveAgainst,
  resolvePart,
} from './serialization/schema-compatibility.js';
export { checkSnapshot, describeSnapshot, snapshotsEqual } from './serialization/serializer-snapshot.js';
export { isKeySerializer } from './serialization/type-serializer.js';
export type { SnapshotCompression } from './snapshot-format/snapshot-compression.js';
export { VOID_NAMESPACE, type VoidNamespace, voidNamespaceSerializer } from './state/namespace.js';
export { valueSerializerOf } from './state/state-descriptor.js';
export type { CheckpointListener } from './state-backend/checkpoint-listener.js';
export type {
  InternalAggregatingState,
  InternalAppendingState,
  InternalFoldingState,
  InternalKvState,
  InternalListState,
  InternalMapState,
  InternalMergingState,
  InternalReducingState,
  InternalValueState,
} from './state-backend/internal-state.js';
export type {
  InternalStateOf,
  KeyContext,
  KeyedStateBackend,
  KeyedStateOf,
  KeySelectionListener,
  StateMetrics,
} from './state-backend/keyed-state-backend.js';
export type {
  KeyedStateBackendParameters,
  OperatorStateBackendParameters,
  StateBackendParameters,
} from './state-backend/keyed-state-backend-parameters.js';
export {
  KEYED_STORE_STATE_ID_MAX,
  type KeyedStore,
  type KeyedStoreEntry,
  type KeyedStoreParameters,
  type KeyedStoreScratch,
  type OpenKeyedStore,
  type TakeKeyedEntry,
} from './state-backend/keyed-store.js';
export type { OperatorStateBackend, OperatorStateStore } from './state-backend/operator-state-backend.js';
export type {
  KeyGroupedInternalPriorityQueue,
  PriorityQueueDescriptor,
  PriorityQueueElement,
} from './state-backend/priority-queue.js';
export type {
  SnapshotContext,
  SnapshotKind,
  SnapshotResult,
  SnapshotSharing,
  SnapshotStrategy,
  SnapshotView,
} from './state-backend/snapshot-context.js';
export type { StateBackend } from './state-backend/state-backend.js';
export type { StateBackendCapabilities } from './state-backend/state-backend-capabilities.js';
export type { ConfigurableStateBackend, StateBackendFactory } from './state-backend/state-backend-factory.js';
export type {
  OperatorRestoreOutcome,
  RestoredOperatorLine,
  RestoredStateLine,
  StateRestoreOutcome,
  StateRestoreReport,
} from './state-backend/state-restore-report.js';
