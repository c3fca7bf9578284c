// The state backend that keeps serialized state off the heap, in LMDB.
//
// Owns: putting together the store, its place on disk and its share of memory. The keyed backend on top of the store is the
// core's, the same that serves every keyed store.

import { threadId } from 'node:worker_threads';
import { TaskManagerOptions } from '@tidemark/state-core';
import type {
  ConfigurableStateBackend,
  KeyedStateBackend,
  KeyedStateBackendParameters,
  KeyedStore,
  KeyedStoreParameters,
  OperatorStateBackend,
  OperatorStateBackendParameters,
  ReadableConfig,
  StateBackend,
  StateBackendCapabilities,
} from '@tidemark/state-core/spi';
import { DefaultOperatorStateBackend, storedStateBackend } from '@tidemark/state-core/support';
import { LmdbEnvironment } from './environment/lmdb-environment.js';
import { loadLmdb } from './environment/lmdb-module.js';
import { ManagedMemoryShare } from './memory/managed-memory.js';
import { cacheBytesOf, environmentSettingsOf, localDirectoryOf } from './options/lmdb-settings.js';
import { LmdbStateBackendOptions } from './options/lmdb-state-backend-options.js';
import { LmdbKeyedStore } from './store/lmdb-keyed-store.js';

/** What may be set in code; it wins over configuration. */
export interface LmdbStateBackendSettings {
  /** Local directories, used in turn. Default: `state.backend.lmdb.localdir`. */
  readonly localDirectories?: string | readonly string[] | undefined;
  /** The cache of one keyed backend in bytes; 0 for none. Default: `state.backend.lmdb.cache-size`. */
  readonly cacheBytes?: number | undefined;
  /** Whether a checkpoint stores only what changed. Default: `execution.checkpointing.incremental`. */
  readonly incrementalCheckpoints?: boolean | undefined;
}

/**
 * Keeps keyed state serialized in a local file, with the values in use on the heap: for state larger than memory. Its
 * checkpoints are those of every backend; a program goes from `hashmap` to `lmdb` and back with the same savepoint.
 *
 * Chosen by `state.backend.type: lmdb`. What is in the local file is a cache of the last checkpoint: it need not survive
 * the process, and is never read by another.
 *
 * @example
 * const backend = new LmdbStateBackend({ localDirectories: '/var/lib/tidemark' });
 * const keyed = await backend.createKeyedStateBackend(parameters);
 */
export class LmdbStateBackend implements ConfigurableStateBackend {
  readonly name: 'lmdb' = 'lmdb';
  readonly capabilities: StateBackendCapabilities = storedStateBackend({
    name: 'lmdb',
    openStore: neverOpened,
  }).capabilities;
  /** Whether the program chose incremental checkpoints in code. */
  readonly incrementalCheckpoints: boolean | undefined;
  private readonly settings: LmdbStateBackendSettings;
  private readonly config: ReadableConfig | undefined;

  /** @throws RangeError for a cache of no bytes count; StateError `config-value-invalid` for what is no local directory. */
  constructor(settings: LmdbStateBackendSettings = {}, config?: ReadableConfig) {
    const { cacheBytes, localDirectories } = settings;
    if (cacheBytes !== undefined && !(cacheBytes >= 0))
      throw new RangeError(`cacheBytes is a number of bytes from 0 on, not ${cacheBytes}`);
    this.settings = { ...settings, localDirectories: absoluteDirectories(localDirectories) };
    this.incrementalCheckpoints = settings.incrementalCheckpoints;
    this.config = config;
  }

  /** @throws StateError `config-value-invalid`. */
  configure(config: ReadableConfig): LmdbStateBackend {
    // All of it is read here: what cannot work is said at the start, not when the first state is made.
    environmentSettingsOf(config);
    cacheBytesOf(config);
    config.get(LmdbStateBackendOptions.TIMER_SERVICE_FACTORY);
    return new LmdbStateBackend(this.settings, config);
  }

  /**
   * @throws StateError `native-module-missing`, `local-directory-in-use`, `storage-*`, and as every backend:
   * `key-serializer-incompatible`, `value-serializer-incompatible`, `state-type-incompatible`, `max-parallelism-mismatch`,
   * `state-already-registered`, codes of kind `corrupt`.
   */
  async createKeyedStateBackend<K>(parameters: KeyedStateBackendParameters<K>): Promise<KeyedStateBackend<K>> {
    const config = this.config ?? parameters.config;
    const share = this.shareOf(config, parameters.managedMemoryFraction);
    try {
      const engine: StateBackend = storedStateBackend({
        name: this.name,
        openStore: (storeParameters) => this.openStore(config, storeParameters, share),
        cacheBytes: this.settings.cacheBytes ?? cacheBytesOf(config) ?? share?.cacheBytes ?? 0,
        watchCacheBytes: (onChange) => share?.watch(onChange),
        ...(config.get(LmdbStateBackendOptions.TIMER_SERVICE_FACTORY) === 'HEAP' && ({ queuesIn: 'heap' } as const)),
      });
      return await engine.createKeyedStateBackend(parameters);
    } catch (error) {
      share?.release();
      throw error;
    }
  }

  /** @throws StateError as {@link DefaultOperatorStateBackend.create}. */
  createOperatorStateBackend(parameters: OperatorStateBackendParameters): Promise<OperatorStateBackend> {
    return DefaultOperatorStateBackend.create(parameters);
  }

  private shareOf(config: ReadableConfig, fraction: number): ManagedMemoryShare | undefined {
    const isFixed = this.settings.cacheBytes !== undefined || cacheBytesOf(config) !== undefined;
    return isFixed ? undefined : new ManagedMemoryShare(config.get(TaskManagerOptions.MANAGED_MEMORY_SIZE), fraction);
  }

  private async openStore(
    config: ReadableConfig,
    { jobId, operatorIdentifier, keyGroupRange, attempt, logger, signal }: KeyedStoreParameters,
    share: ManagedMemoryShare | undefined,
  ): Promise<KeyedStore> {
    const settings = environmentSettingsOf(config, this.settings.localDirectories as readonly string[] | undefined);
    const module = await loadLmdb();
    signal.throwIfAborted();
    const environment = LmdbEnvironment.open(
      module,
      {
        jobId,
        operatorIdentifier,
        firstKeyGroup: keyGroupRange.first,
        lastKeyGroup: keyGroupRange.last,
        attempt,
      },
      { ...settings, localDirectories: inTurn(settings.localDirectories) },
      { logger },
    );
    return new LmdbKeyedStore(environment, { onClose: () => share?.release(), onIdle: () => share?.look() });
  }
}

let turn = threadId;

/** The directories from the next one on: one environment after another goes to another disk. */
function inTurn(directories: readonly string[]): readonly string[] {
  const first = turn++ % directories.length;
  return [...directories.slice(first), ...directories.slice(0, first)];
}

function absoluteDirectories(directories: string | readonly string[] | undefined): readonly string[] | undefined {
  if (directories === undefined) return undefined;
  const list = typeof directories === 'string' ? [directories] : directories;
  if (list.length === 0) throw new TypeError('localDirectories is empty; leave it out for the default directory');
  return list.map((text) => localDirectoryOf(text, LmdbStateBackendOptions.LOCAL_DIRECTORIES.key));
}

function neverOpened(): never {
  throw new Error('this backend is only asked what it can do');
}
