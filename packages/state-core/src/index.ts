// The entry for applications: state, types, configuration, loading, embedded use.

export { type Clock, systemClock } from './ambient/clock.js';
export { type StateLogger, silentLogger } from './ambient/logger.js';
export { type RandomSource, systemRandom } from './ambient/random.js';
export { type CancelScheduled, type Scheduler, systemScheduler } from './ambient/scheduler.js';
export {
  type CheckpointingMode,
  CheckpointingOptions,
  type ExternalizedCheckpointRetention,
} from './config/checkpointing-options.js';
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
export type { ConfigurationScalar, ConfigurationValue } from './config/config-value.js';
export { Configuration, type ConfigurationEntry, type ConfigurationSource } from './config/configuration.js';
export {
  type ConfigurationCheck,
  checkConfigurationAfterLoading,
  checkConfigurationBeforeLoading,
  type LoadedConfigurationCheck,
} from './config/configuration-check.js';
export { configurationJsonSchema, type JsonSchema } from './config/configuration-json-schema.js';
export { CORE_OPTIONS } from './config/core-options.js';
export { formatDuration, parseDuration } from './config/duration.js';
export {
  configurationFromEnvironment,
  ENVIRONMENT_PREFIX,
  environmentVariableOf,
} from './config/environment-configuration.js';
export { TaskManagerOptions } from './config/managed-memory-options.js';
export { formatMemorySize, parseMemorySize } from './config/memory-size.js';
export { PipelineOptions } from './config/pipeline-options.js';
export type { ReadableConfig } from './config/readable-config.js';
export { StateBackendOptions } from './config/state-backend-options.js';
export { StateOptions } from './config/state-options.js';
export { type RestoreMode, StateRecoveryOptions } from './config/state-recovery-options.js';
export { openState } from './embedded/open-state.js';
export type {
  CheckpointOptions,
  CheckpointReport,
  OpenState,
  OpenStateMetrics,
  RestoredState,
  SkippedCheckpoint,
  SynchronousResult,
} from './embedded/open-state-contract.js';
export type {
  DiscardedState,
  JsonAttachment,
  OpenStateEnvironment,
  OpenStateOptions,
  StateDeclarations,
  StatesOf,
} from './embedded/open-state-options.js';
export { isStateError, StateError, type StateErrorDetails, type StateErrorOptions } from './error/state-error.js';
export {
  type KnownStateErrorCode,
  STATE_ERROR_CODES,
  type StateErrorCode,
  type StateErrorKind,
} from './error/state-error-code.js';
export {
  assignKeyToParallelOperator,
  assignToKeyGroup,
  computeDefaultMaxParallelism,
  computeKeyGroupForKeyHash,
  computeKeyGroupRangeForOperatorIndex,
  computeOperatorIndexForKeyGroup,
  createKeyGroupPartitions,
  DEFAULT_LOWER_BOUND_MAX_PARALLELISM,
  UPPER_BOUND_MAX_PARALLELISM,
} from './key-group/key-group-assignment.js';
export { KeyGroupRange } from './key-group/key-group-range.js';
export { type CheckpointStorageLoadingOptions, loadCheckpointStorage } from './loading/checkpoint-storage-loader.js';
export type { ImportModule, ImportParent, LoadingOptions } from './loading/loading-options.js';
export {
  loadStateBackendAndStorage,
  type StateBackendAndStorage,
  type StateBackendAndStorageLoadingOptions,
} from './loading/state-backend-and-storage-loader.js';
export { loadStateBackend, type StateBackendLoadingOptions } from './loading/state-backend-loader.js';
export {
  nullable,
  type OptionalKeySerializer,
  type OptionalSerializer,
  optional,
} from './serialization/absence-serializers.js';
export { bigint } from './serialization/bigint-serializer.js';
export { boolean } from './serialization/boolean-serializer.js';
export { bytes } from './serialization/bytes-serializer.js';
export { type CustomSerializerDefinition, OpaqueValue, serializer } from './serialization/custom-serializer.js';
export { date } from './serialization/date-serializer.js';
export { float64 } from './serialization/float64-serializer.js';
export { int32, int64, safeInteger } from './serialization/integer-serializers.js';
export { type JsonSerializer, type JsonValue, json } from './serialization/json-serializer.js';
export { list } from './serialization/list-serializer.js';
export { type LiteralValue, literal } from './serialization/literal-serializer.js';
export { map } from './serialization/map-serializer.js';
export { type MsgpackSerializer, type MsgpackValue, msgpack } from './serialization/msgpack-serializer.js';
export { requireKeySerializer } from './serialization/require-key-serializer.js';
export { describeSnapshot } from './serialization/serializer-snapshot.js';
export { set } from './serialization/set-serializer.js';
export { string } from './serialization/string-serializer.js';
export {
  type StructFields,
  type StructOptions,
  type StructSerializerOf,
  type StructValue,
  struct,
} from './serialization/struct.js';
export { type TupleSerializerOf, type TupleValue, tuple } from './serialization/tuple-serializer.js';
export type {
  Infer,
  KeyIdentity,
  KeySerializer,
  PlainData,
  SchemaCompatibility,
  SerializerSnapshot,
  TypeSerializer,
  ValueReader,
} from './serialization/type-serializer.js';
export {
  type UnionAlternatives,
  type UnionSerializerOf,
  type UnionValue,
  union,
} from './serialization/union-serializer.js';
export { type StandardResult, type StandardSchema, validated } from './serialization/validated.js';
export { withMigration } from './serialization/with-migration.js';
export type { KeyedStateStore } from './state/keyed-state-store.js';
export type {
  AggregatingState,
  AppendingState,
  BroadcastState,
  FoldingState,
  ListState,
  MapState,
  MapStateIterator,
  MergingState,
  ReadOnlyBroadcastState,
  ReducingState,
  State,
  ValueState,
} from './state/state.js';
export {
  AggregatingStateDescriptor,
  FoldingStateDescriptor,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  type StateDescriptor,
  type StateDescriptorOptions,
  type StateKind,
  type StateOf,
  type ValueOrDefault,
  ValueStateDescriptor,
} from './state/state-descriptor.js';
export type { AggregateFunction, FoldFunction, ReduceFunction } from './state/state-functions.js';
export {
  StateTtlConfig,
  type StateTtlOptions,
  type TtlStateVisibility,
  type TtlTimeCharacteristic,
  type TtlUpdateType,
} from './state/state-ttl-config.js';
export { formatRestorePlan } from './state-backend/format-restore-plan.js';
