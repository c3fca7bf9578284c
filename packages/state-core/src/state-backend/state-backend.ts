// A state backend: where the working state of a subtask is kept.

import type { KeyedStateBackend } from './keyed-state-backend.js';
import type { KeyedStateBackendParameters, OperatorStateBackendParameters } from './keyed-state-backend-parameters.js';
import type { OperatorStateBackend } from './operator-state-backend.js';
import type { StateBackendCapabilities } from './state-backend-capabilities.js';

/**
 * A state backend, configured but not yet used. Holds settings only; one instance may make many backends.
 *
 * Implementers
 * - MUST restore every snapshot of the portable format, whichever backend wrote it. [SB-RESTORE-01]
 * - MUST write snapshots of the portable format. [SB-SNAPSHOT-01]
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
   * @throws StateError `key-serializer-incompatible`, `value-serializer-incompatible`, `state-type-incompatible`,
   * `max-parallelism-mismatch`, codes of kind `corrupt`, `storage-*`, `restore-failed`; nothing is left open then.
   */
  createKeyedStateBackend<K>(parameters: KeyedStateBackendParameters<K>): Promise<KeyedStateBackend<K>>;
  /** Makes the operator state of one subtask and restores it. @throws StateError as {@link createKeyedStateBackend}. */
  createOperatorStateBackend(parameters: OperatorStateBackendParameters): Promise<OperatorStateBackend>;
}
