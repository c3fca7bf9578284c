// A state backend: where the working state of a subtask is kept.

import type { KeyedStateBackend } from './keyed-state-backend.js';
import type { KeyedStateBackendParameters, OperatorStateBackendParameters } from './keyed-state-backend-parameters.js';
import type { OperatorStateBackend } from './operator-state-backend.js';
import type { StateBackendCapabilities } from './state-backend-capabilities.js';

/**
 * A state backend, configured but not yet used. Holds settings only; one instance may make many backends.
 *
 * Implementers (guide: Snapshots)
 * - MUST write snapshots of the portable format. [SB-SNAPSHOT-01]
 *
 * Implementers (guide: Restore)
 * - MUST restore every snapshot of the portable format, whichever backend wrote it. [SB-RESTORE-01]
 */
export interface StateBackend {
  /** The word that `state.backend` chooses it by. */
  readonly name: string;
  readonly capabilities: StateBackendCapabilities;
  /** Whether the program chose incremental checkpoints in code; absent leaves it to `execution.checkpointing.incremental`. */
  readonly incrementalCheckpoints?: boolean | undefined;
  /**
   * Makes the keyed state of one subtask and restores it.
   *
   * Implementers (guide: Restore)
   * - MUST refuse another max parallelism, and say which one to configure. [RESTORE-08]
   * - MUST verify all bytes of its key groups before creation ends: what is damaged is an error of kind `corrupt` then.
   *   [RESTORE-09]
   * - MUST end when the signal fires, and leave nothing open then. [RESTORE-10]
   * - MUST refuse to be created when a declared state is incompatible, before any record. [KSB-RESTORE-02]
   * - MUST refuse another type of keys, with old and new side by side: keys never migrate. [RESTORE-05, RESTORE-06]
   * - MUST refuse two declared states of different sorts under one name. [REGISTER-04]
   *
   * Implementers (guide: Rescaling)
   * - MUST give every subtask the entries of its key groups, at any parallelism and from any number of handles.
   *   [RESCALE-01, RESCALE-02, RESCALE-04, RESCALE-07]
   * - MUST read only the bytes, and open only the segments, that hold key groups of its own. [RESCALE-03, RESCALE-06]
   *
   * @throws StateError `key-serializer-incompatible`, `value-serializer-incompatible`, `state-type-incompatible`,
   * `max-parallelism-mismatch`, codes of kind `corrupt`, `storage-*`, `restore-failed`; nothing is left open then.
   */
  createKeyedStateBackend<K>(parameters: KeyedStateBackendParameters<K>): Promise<KeyedStateBackend<K>>;
  /**
   * Makes the operator state of one subtask and restores it.
   *
   * Implementers (guide: Schema changes)
   * - MUST bring the elements of lists, and the keys and values of broadcast maps, to the types of today.
   *   [MIGRATION-32..MIGRATION-36]
   * - MUST refuse incompatible types of them, with old and new side by side. [MIGRATION-30, MIGRATION-31, MIGRATION-37,
   *   MIGRATION-38]
   *
   * @throws StateError as {@link createKeyedStateBackend}.
   */
  createOperatorStateBackend(parameters: OperatorStateBackendParameters): Promise<OperatorStateBackend>;
}
