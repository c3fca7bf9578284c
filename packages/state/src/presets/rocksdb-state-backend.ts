// Flink's RocksDBStateBackend: state outside the heap, checkpoints in a directory.

import type { CheckpointStorage } from '@tidemark/state-core/spi';
import { CombinedStateBackend } from './combined-state-backend.js';
import {
  EmbeddedRocksDBStateBackend,
  type EmbeddedRocksDBStateBackendOptions,
} from './embedded-rocksdb-state-backend.js';
import { directoryStorage } from './fs-state-backend.js';
import { checkPresetDirectory } from './preset-arguments.js';

/**
 * State in an embedded store and checkpoints in a directory.
 *
 * Former name for `state.backend: lmdb` with `execution.checkpointing.storage: filesystem`.
 */
export class RocksDBStateBackend extends CombinedStateBackend {
  /**
   * @param directoryOrBackend - Where checkpoints go; or a combination such as `fsStateBackend(…)`, whose storage is used.
   * @throws TypeError for an empty directory. StateError `file-system-scheme-unknown`, `path-not-allowed`.
   */
  constructor(
    directoryOrBackend: string | URL | CombinedStateBackend,
    options: EmbeddedRocksDBStateBackendOptions = {},
  ) {
    super('lmdb', new EmbeddedRocksDBStateBackend(options), storageOf(directoryOrBackend));
  }
}

/**
 * lmdb and filesystem in one.
 *
 * @param directoryOrBackend - Where checkpoints go; or a combination such as `fsStateBackend(…)`, whose storage is used.
 * @throws TypeError for an empty directory. StateError `file-system-scheme-unknown`, `path-not-allowed`.
 * @example
 * ```ts
 * const backend = lmdbStateBackend(fsStateBackend('./checkpoints', { writeBufferSize: 64 * 1024 }), { incremental: true });
 * ```
 */
export function lmdbStateBackend(
  directoryOrBackend: string | URL | CombinedStateBackend,
  options: EmbeddedRocksDBStateBackendOptions = {},
): RocksDBStateBackend {
  return new RocksDBStateBackend(directoryOrBackend, options);
}

function storageOf(directoryOrBackend: string | URL | CombinedStateBackend): CheckpointStorage {
  // By shape: the combination may come from another installed copy.
  if (typeof directoryOrBackend === 'object' && 'checkpointStorage' in (directoryOrBackend ?? {}))
    return (directoryOrBackend as CombinedStateBackend).checkpointStorage;
  checkPresetDirectory('lmdbStateBackend', directoryOrBackend);
  return directoryStorage(directoryOrBackend as string | URL, {});
}
