// The entry to tier one: a state backend from nothing but a keyed store.

import type { OpenKeyedStore } from '../state-backend/keyed-store.js';
import type { StateBackend } from '../state-backend/state-backend.js';
import { DefaultOperatorStateBackend } from '../support/default-operator-state-backend.js';
import { openGuardedStore } from './guarded-store.js';
import { MAX_CONCURRENT_STORED_SNAPSHOTS, StoredKeyedStateBackend } from './stored-keyed-state-backend.js';

/** What stays in memory of a subtask when nobody says otherwise: 64 MiB. */
export const STORED_CACHE_BYTES_DEFAULT: number = 64 * 1024 * 1024;

/** What {@link storedStateBackend} is given. */
export interface StoredStateBackendOptions {
  /** The word that `state.backend` chooses the backend by. */
  readonly name: string;
  /** Opens the store of a subtask. */
  readonly openStore: OpenKeyedStore;
  /**
   * What may be kept in memory of the values of a subtask, in bytes, estimated. Values that were read or written stay here
   * and changes are written to the store together. 0 keeps nothing and writes everything at once. Default 64 MiB.
   */
  readonly cacheBytes?: number;
  /**
   * Called with every backend that is made, with what to call when its `cacheBytes` is to become another number: for caches
   * that share a budget.
   */
  readonly watchCacheBytes?: ((onChange: (cacheBytes: number) => void) => void) | undefined;
  /** Where priority queues are: with the state, or all of their elements in memory too. Default `store`. */
  readonly queuesIn?: 'store' | 'heap' | undefined;
  /** Whether access has to be prepared: the store has `prepare`. Default false. */
  readonly asynchronousAccess?: boolean;
  /** Whether the store may hold more than the memory of the process. Default true. */
  readonly largerThanMemory?: boolean;
  /** Whether the program chose incremental checkpoints in code. Default: configuration says. */
  readonly incrementalCheckpoints?: boolean;
}

/**
 * A state backend that keeps keyed state in a keyed store. Everything else is done here: all sorts of state, priority
 * queues, time to live, full and incremental snapshots, savepoints, restore at another parallelism and with another schema.
 * Operator state is kept in memory. The guide is docs/WRITING_A_BACKEND.md, "Tier one"; the suites `keyedStoreConformance`
 * and `stateBackendConformance` of the test kit prove a store.
 *
 * The store is a cache of the last checkpoint: it opens empty, restored state is put into it, and what it holds need not
 * survive the process. It belongs to the backend that opened it, which closes it.
 *
 * What a store throws while the backend works: a StateError passes as it is, so that its author can say `storage-no-space`
 * or a code of its own; anything else becomes `local-state-broken`, which names the backend and the call and has what was
 * thrown as its cause. What `openStore` throws becomes `factory-failed`, and a store that returns what no store returns is
 * refused with `factory-invalid`.
 *
 * @example
 * ```ts
 * export const stateBackendFactory: StateBackendFactory = {
 *   name: 'my-store',
 *   apiVersion: SPI_API_VERSION,
 *   options: [],
 *   createFromConfig: () => storedStateBackend({ name: 'my-store', openStore: () => new MyStore() }),
 * };
 * ```
 * @throws RangeError for a cache size that is no number of bytes. `createKeyedStateBackend` rejects with StateError
 *   `factory-failed`, `factory-invalid`, and as every backend; states throw `local-state-broken` besides.
 */
export function storedStateBackend(options: StoredStateBackendOptions): StateBackend {
  const {
    name,
    openStore,
    cacheBytes = STORED_CACHE_BYTES_DEFAULT,
    incrementalCheckpoints,
    watchCacheBytes,
    queuesIn,
  } = options;
  if (!(cacheBytes >= 0)) throw new RangeError(`cacheBytes is a number of bytes from 0 on, not ${cacheBytes}`);
  return {
    name,
    capabilities: {
      incrementalSnapshots: true,
      maxConcurrentSnapshots: MAX_CONCURRENT_STORED_SNAPSHOTS,
      liveObjects: false,
      largerThanMemory: options.largerThanMemory ?? true,
      orderedIteration: true,
      asynchronousAccess: options.asynchronousAccess ?? false,
      priorityQueues: true,
    },
    ...(incrementalCheckpoints === undefined ? {} : { incrementalCheckpoints }),
    async createKeyedStateBackend(parameters) {
      const { jobId, operatorIdentifier, attempt, keyGroupRange, config, logger, signal } = parameters;
      const { first, last } = keyGroupRange;
      const store = await openGuardedStore(name, openStore, {
        jobId,
        operatorIdentifier,
        attempt,
        keyGroupRange: { first, last },
        config,
        logger,
        signal,
      });
      return StoredKeyedStateBackend.create(parameters, {
        backendName: name,
        store,
        cacheBytes,
        watchCacheBytes,
        queuesIn,
      });
    },
    createOperatorStateBackend: (parameters) => DefaultOperatorStateBackend.create(parameters),
  };
}
