// A state backend that brings its checkpoint storage along, as Flink's first three did.
//
// Owns: being both at once. Which two belong together is said by the files beside this one.
//
//   CB1. The loaders see a backend that is itself a storage: its storage wins over code and configuration.
//   CB2. What was set in code wins over configuration in both halves; `configure` changes nothing here.

import type { ReadableConfig } from '@tidemark/state-core';
import type {
  CheckpointStorage,
  CheckpointStorageCapabilities,
  CheckpointStorageCoordinatorView,
  CheckpointStorageParameters,
  CheckpointStorageWorkerView,
  ConfigurableCheckpointStorage,
  ConfigurableStateBackend,
  FactoryContext,
  KeyedStateBackend,
  KeyedStateBackendParameters,
  OperatorStateBackend,
  OperatorStateBackendParameters,
  StateBackend,
  StateBackendCapabilities,
} from '@tidemark/state-core/spi';

/** A state backend and a checkpoint storage in one. */
export class CombinedStateBackend implements ConfigurableStateBackend, ConfigurableCheckpointStorage {
  readonly name: string;
  readonly capabilities: StateBackendCapabilities & CheckpointStorageCapabilities;
  /** Whether the program chose incremental checkpoints in code. */
  readonly incrementalCheckpoints: boolean | undefined;
  /** Where state is kept. */
  readonly stateBackend: StateBackend;
  /** Where its checkpoints go. */
  readonly checkpointStorage: CheckpointStorage;

  constructor(name: string, stateBackend: StateBackend, checkpointStorage: CheckpointStorage) {
    this.name = name;
    this.stateBackend = stateBackend;
    this.checkpointStorage = checkpointStorage;
    this.incrementalCheckpoints = stateBackend.incrementalCheckpoints;
    this.capabilities = { ...stateBackend.capabilities, ...checkpointStorage.capabilities };
  }

  configure(config: ReadableConfig, context: FactoryContext): CombinedStateBackend {
    return new CombinedStateBackend(
      this.name,
      configured(this.stateBackend, config, context),
      configured(this.checkpointStorage, config, context),
    );
  }

  createKeyedStateBackend<K>(parameters: KeyedStateBackendParameters<K>): Promise<KeyedStateBackend<K>> {
    return this.stateBackend.createKeyedStateBackend(parameters);
  }

  createOperatorStateBackend(parameters: OperatorStateBackendParameters): Promise<OperatorStateBackend> {
    return this.stateBackend.createOperatorStateBackend(parameters);
  }

  createCoordinatorView(parameters: CheckpointStorageParameters): Promise<CheckpointStorageCoordinatorView> {
    return this.checkpointStorage.createCoordinatorView(parameters);
  }

  createWorkerView(parameters: CheckpointStorageParameters): Promise<CheckpointStorageWorkerView> {
    return this.checkpointStorage.createWorkerView(parameters);
  }
}

function configured<S extends object>(service: S, config: ReadableConfig, context: FactoryContext): S {
  const { configure } = service as { configure?: (config: ReadableConfig, context: FactoryContext) => S };
  return typeof configure === 'function' ? configure.call(service, config, context) : service;
}
