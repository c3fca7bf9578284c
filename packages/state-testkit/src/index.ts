// The entry for authors of backends, storages and serializers: suites, faults, streams in memory.

export type {
  CheckpointStorageCase,
  CheckpointStorageRequirement,
} from './checkpoint-storage-cases/checkpoint-storage-case.js';
export {
  type CheckpointStorageConformanceOptions,
  checkpointStorageCases,
  checkpointStorageConformance,
} from './checkpoint-storage-cases/checkpoint-storage-conformance.js';
export {
  CheckpointStorageHarness,
  type CheckpointStorageUnderTest,
} from './checkpoint-storage-cases/checkpoint-storage-harness.js';
export {
  assertEqual,
  assertRejects,
  assertStateError,
  assertTrue,
  assertTypeError,
  ConformanceFailure,
  isEqual,
} from './conformance/assertions.js';
export {
  type ConformanceCase,
  type ConformanceSuite,
  type ConformanceSuiteParameters,
  conformanceSuite,
  type ReadyCase,
} from './conformance/conformance-case.js';
export {
  type CaseError,
  type CaseOutcome,
  type CaseReport,
  type ConformanceReport,
  type ConformanceTotals,
  formatConformanceReport,
  type ReportedRule,
} from './conformance/conformance-report.js';
export { type ConformanceRule, rulesOfCase } from './conformance/conformance-rule.js';
export { CONFORMANCE_RULES } from './conformance/conformance-rules.js';
export { type ConformanceProgress, type RunConformanceOptions, runConformance } from './conformance/run-conformance.js';
export {
  CRASH_CASES,
  type CrashCase,
  type CrashConformanceOptions,
  type CrashRequirement,
  crashConformance,
} from './crash-cases/crash-conformance.js';
export type { CrashFigures, CrashSubject } from './crash-cases/crash-scenario.js';
export {
  FAULT_CASES,
  type FaultCase,
  type FaultConformanceOptions,
  type FaultSubject,
  faultConformance,
} from './crash-cases/fault-conformance.js';
export { contentAt, Ledger, type LedgerOptions } from './crash-cases/ledger.js';
export { checkpointStorageFactoryCases, stateBackendFactoryCases } from './factory-cases/factory.cases.js';
export {
  type FactoryCase,
  FactoryHarness,
  type FactoryRequirement,
  type FactoryUnderTest,
  type InvalidConfiguration,
} from './factory-cases/factory-case.js';
export {
  checkpointStorageFactoryConformance,
  type FactoryConformanceParameters,
  stateBackendFactoryConformance,
} from './factory-cases/factory-conformance.js';
export { type CrashState, type CrashStateLimits, crashStates, describeCrash } from './fault/crash-states.js';
export { faultyCheckpointStorage } from './fault/faulty-checkpoint-storage.js';
export { ManualClock } from './fault/manual-clock.js';
export { ManualScheduler } from './fault/manual-scheduler.js';
export {
  type ChangeFate,
  type DiskNode,
  type DiskStep,
  type NameChange,
  type NodeNumber,
  RecordedDisk,
} from './fault/recorded-disk.js';
export { SeededRandom, seededSource } from './fault/seeded-random.js';
export {
  type SimulatedEntry,
  SimulatedFileSystem,
  type SimulatedFileSystemOptions,
  type SimulatedReader,
  type SimulatedWriter,
  type StorageFiles,
} from './fault/simulated-file-system.js';
export { type PlannedFault, ProcessDied, type StepActions, type StepFault, StepFaults } from './fault/step-faults.js';
export { mutateBytes } from './fuzz/byte-mutations.js';
export {
  describeFuzz,
  FuzzFailure,
  type FuzzGuard,
  type FuzzOutcomes,
  type FuzzRun,
  type FuzzTarget,
  prototypeGuard,
  runFuzz,
} from './fuzz/fuzz-run.js';
export { HOSTILE_NAMES, mutateJson } from './fuzz/json-mutations.js';
export type { KeyedStoreCase, KeyedStoreRequirement } from './keyed-store-cases/keyed-store-case.js';
export {
  KEYED_STORE_CASES,
  type KeyedStoreConformanceParameters,
  keyedStoreConformance,
} from './keyed-store-cases/keyed-store-conformance.js';
export { KeyedStoreHarness, type KeyedStoreUnderTest } from './keyed-store-cases/keyed-store-harness.js';
export { MemoryCheckpointStreams } from './memory/memory-checkpoint-streams.js';
export { MemoryKeyedStore, type MemoryKeyedStoreOptions } from './memory/memory-keyed-store.js';
export { MODEL_CONFIGURATIONS, type ModelConfiguration, type ModelledClocks } from './model/model-configuration.js';
export type { ModelledKeyType } from './model/model-keys.js';
export {
  describeModelRuns,
  type ModelledBackend,
  type ModelMatrix,
  type ModelRuns,
  runModels,
} from './model/model-matrix.js';
export { type PriorityQueueModelOptions, runPriorityQueueModel } from './model/priority-queue-model.js';
export type {
  OlderSchema,
  SerializerCase,
  SerializerRequirement,
  SerializerUnderTest,
  WrittenValue,
} from './serializer-cases/serializer-case.js';
export {
  SERIALIZER_CASES,
  type SerializerConformanceParameters,
  serializerConformance,
} from './serializer-cases/serializer-conformance.js';
export { SerializerHarness } from './serializer-cases/serializer-harness.js';
export { type Evolution, EvolvingSerializer } from './serializers/evolving-serializer.js';
export type { StateBackendCase, StateBackendRequirement } from './state-backend-cases/state-backend-case.js';
export {
  STATE_BACKEND_CASES,
  type StateBackendConformanceParameters,
  stateBackendConformance,
} from './state-backend-cases/state-backend-conformance.js';
export {
  type KeyedBackendOptions,
  plainState,
  StateBackendHarness,
} from './state-backend-cases/state-backend-harness.js';
