// The state backend that keeps live values on the heap.

import type {
  ConfigurableStateBackend,
  KeyedStateBackend,
  KeyedStateBackendParameters,
  OperatorStateBackend,
  OperatorStateBackendParameters,
  ReadableConfig,
  StateBackendCapabilities,
} from '@tidemark/state-core/spi';
import { DefaultOperatorStateBackend } from '@tidemark/state-core/support';
import { HashMapStateBackendOptions, type SnapshotMode } from './hash-map-state-backend-options.js';
import { HeapKeyedStateBackend, MAX_CONCURRENT_SNAPSHOTS } from './heap-keyed-state-backend.js';

/** What may be set in code; it wins over configuration. */
export interface HashMapStateBackendSettings {
  /** Default: what `state.backend.hashmap.snapshot-mode` says, else `async`. */
  readonly snapshotMode?: SnapshotMode | undefined;
}

/**
 * Keeps keyed state as live JavaScript values: the fastest backend for state that fits into memory.
 *
 * Chosen by `state.backend.type: hashmap`, the default. `state.backend.hashmap.snapshot-mode` says how snapshots are
 * written, `state.object-reuse` and `state.check-mutation` how values pass.
 *
 * @example
 * const backend = new HashMapStateBackend();
 * const keyed = await backend.createKeyedStateBackend(parameters);
 */
export class HashMapStateBackend implements ConfigurableStateBackend {
  readonly name: 'hashmap' = 'hashmap';
  readonly capabilities: StateBackendCapabilities = {
    incrementalSnapshots: true,
    maxConcurrentSnapshots: MAX_CONCURRENT_SNAPSHOTS,
    liveObjects: true,
    largerThanMemory: false,
    orderedIteration: false,
    asynchronousAccess: false,
    priorityQueues: true,
  };
  /** How snapshots are written; `undefined` when code leaves it to configuration. */
  readonly snapshotMode: SnapshotMode | undefined;

  /** @throws RangeError for another mode than `async` and `sync`. */
  constructor({ snapshotMode }: HashMapStateBackendSettings = {}) {
    if (snapshotMode !== undefined && snapshotMode !== 'async' && snapshotMode !== 'sync')
      throw new RangeError(`snapshotMode is 'async' or 'sync', not ${JSON.stringify(snapshotMode)}`);
    this.snapshotMode = snapshotMode;
  }

  /** @throws StateError `config-value-invalid`. */
  configure(config: ReadableConfig): HashMapStateBackend {
    return new HashMapStateBackend({
      snapshotMode: this.snapshotMode ?? config.get(HashMapStateBackendOptions.SNAPSHOT_MODE),
    });
  }

  /** @throws StateError as {@link HeapKeyedStateBackend.create}. */
  createKeyedStateBackend<K>(parameters: KeyedStateBackendParameters<K>): Promise<KeyedStateBackend<K>> {
    return HeapKeyedStateBackend.create(parameters, this.snapshotMode);
  }

  /** @throws StateError as {@link DefaultOperatorStateBackend.create}. */
  createOperatorStateBackend(parameters: OperatorStateBackendParameters): Promise<OperatorStateBackend> {
    return DefaultOperatorStateBackend.create(parameters);
  }
}
