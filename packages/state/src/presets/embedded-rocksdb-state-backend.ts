// Flink's EmbeddedRocksDBStateBackend: state outside the heap, in the embedded store that plays RocksDB's part here.

import { LmdbStateBackend } from '@tidemark/state-backend-lmdb';
import { checkPresetOptions } from './preset-arguments.js';

/** Settings of the backend `lmdb` in code. */
export interface EmbeddedRocksDBStateBackendOptions {
  /** Whether a checkpoint stores only what changed. Default: `execution.checkpointing.incremental`. */
  readonly incremental?: boolean;
}

/** Former name for `state.backend: lmdb`. */
export class EmbeddedRocksDBStateBackend extends LmdbStateBackend {
  /** @throws TypeError for unknown options. */
  constructor(options: EmbeddedRocksDBStateBackendOptions = {}) {
    checkPresetOptions('EmbeddedRocksDBStateBackend', options, ['incremental']);
    super({ incrementalCheckpoints: options.incremental });
  }
}
