// Flink's EmbeddedRocksDBStateBackend: state outside the heap, in the embedded store that plays RocksDB's part here.
//
//   ER1. The package of the store is optional: it is imported when the first state is made, and its absence says then
//        what to use meanwhile.

import { Configuration, type ReadableConfig } from '@tidemark/state-core';
import type {
  ConfigurableStateBackend,
  FactoryContext,
  KeyedStateBackend,
  KeyedStateBackendParameters,
  OperatorStateBackend,
  OperatorStateBackendParameters,
  StateBackend,
  StateBackendCapabilities,
} from '@tidemark/state-core/spi';
import { loadStateBackend } from '../loading/load-services.js';
import { checkPresetOptions } from './preset-arguments.js';

/** Settings of the backend `lmdb` in code. */
export interface EmbeddedRocksDBStateBackendOptions {
  /** Whether a checkpoint stores only what changed. Default: `execution.checkpointing.incremental`. */
  readonly incremental?: boolean;
}

/** Former name for `state.backend: lmdb`. */
export class EmbeddedRocksDBStateBackend implements ConfigurableStateBackend {
  readonly name: 'lmdb' = 'lmdb';
  readonly capabilities: StateBackendCapabilities = {
    incrementalSnapshots: true,
    maxConcurrentSnapshots: 1,
    liveObjects: false,
    largerThanMemory: true,
    orderedIteration: true,
    asynchronousAccess: false,
  };
  readonly incrementalCheckpoints: boolean | undefined;
  readonly #config: Configuration;
  readonly #context: Partial<FactoryContext>;
  #loaded: Promise<StateBackend> | undefined;

  /** @throws TypeError for unknown options. */
  constructor(
    options: EmbeddedRocksDBStateBackendOptions = {},
    config?: Configuration,
    context: Partial<FactoryContext> = {},
  ) {
    checkPresetOptions('EmbeddedRocksDBStateBackend', options, ['incremental']);
    this.incrementalCheckpoints = options.incremental;
    this.#config = config ?? new Configuration();
    this.#context = context;
  }

  configure(config: ReadableConfig, context: FactoryContext): EmbeddedRocksDBStateBackend {
    const { incrementalCheckpoints: incremental } = this;
    // What the loader hands over is a Configuration; anything else that reads has no layers to pass on.
    const layers = config instanceof Configuration ? config : undefined;
    return new EmbeddedRocksDBStateBackend(incremental === undefined ? {} : { incremental }, layers, context);
  }

  /** @throws StateError `factory-not-found` while the package is not installed, and as the backend itself. */
  async createKeyedStateBackend<K>(parameters: KeyedStateBackendParameters<K>): Promise<KeyedStateBackend<K>> {
    return (await this.#load()).createKeyedStateBackend(parameters);
  }

  /** @throws StateError `factory-not-found` while the package is not installed, and as the backend itself. */
  async createOperatorStateBackend(parameters: OperatorStateBackendParameters): Promise<OperatorStateBackend> {
    return (await this.#load()).createOperatorStateBackend(parameters);
  }

  #load(): Promise<StateBackend> {
    const { incrementalCheckpoints: incremental } = this;
    const own = Configuration.from({
      'state.backend.type': 'lmdb',
      'execution.checkpointing.incremental': incremental,
    });
    const { logger, configDirectory } = this.#context;
    this.#loaded ??= loadStateBackend(own.withFallback(this.#config), {
      ...(logger && { logger }),
      ...(configDirectory !== undefined && { configDirectory }),
    });
    return this.#loaded;
  }
}
