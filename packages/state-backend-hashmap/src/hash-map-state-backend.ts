// The state backend that keeps live values on the heap.

import type {
  KeyedStateBackend,
  KeyedStateBackendParameters,
  OperatorStateBackend,
  OperatorStateBackendParameters,
  StateBackend,
  StateBackendCapabilities,
} from '@tidemark/state-core/spi';
import { DefaultOperatorStateBackend } from '@tidemark/state-core/support';
import { HeapKeyedStateBackend, MAX_CONCURRENT_SNAPSHOTS } from './heap-keyed-state-backend.js';

/**
 * Keeps keyed state as live JavaScript values: the fastest backend for state that fits into memory.
 *
 * Chosen by `state.backend.type: hashmap`, the default. Has no options of its own; `state.object-reuse` and
 * `state.check-mutation` say how values pass.
 *
 * @example
 * const backend = new HashMapStateBackend();
 * const keyed = await backend.createKeyedStateBackend(parameters);
 */
export class HashMapStateBackend implements StateBackend {
  readonly name: 'hashmap' = 'hashmap';
  readonly capabilities: StateBackendCapabilities = {
    incrementalSnapshots: true,
    maxConcurrentSnapshots: MAX_CONCURRENT_SNAPSHOTS,
    liveObjects: true,
    largerThanMemory: false,
    orderedIteration: false,
    asynchronousAccess: false,
  };

  /** @throws StateError as {@link HeapKeyedStateBackend.create}. */
  createKeyedStateBackend<K>(parameters: KeyedStateBackendParameters<K>): Promise<KeyedStateBackend<K>> {
    return HeapKeyedStateBackend.create(parameters);
  }

  /** @throws StateError as {@link DefaultOperatorStateBackend.create}. */
  createOperatorStateBackend(parameters: OperatorStateBackendParameters): Promise<OperatorStateBackend> {
    return DefaultOperatorStateBackend.create(parameters);
  }
}
