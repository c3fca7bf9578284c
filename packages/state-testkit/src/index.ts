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
export { ManualClock } from './fault/manual-clock.js';
export { ManualScheduler } from './fault/manual-scheduler.js';
export { MemoryCheckpointStreams } from './memory/memory-checkpoint-streams.js';
export { type KeyedStateModelOptions, runKeyedStateModel } from './model/keyed-state-model.js';
export { SeededRandom } from './model/seeded-random.js';
export { runTtlModel, type TtlModelOptions } from './model/ttl-model.js';
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
