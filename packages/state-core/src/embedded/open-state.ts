// The front door of embedded use.

import { StateError } from '../error/state-error.js';
import type { OpenState } from './open-state-contract.js';
import type {
  JsonAttachment,
  OpenStateEnvironment,
  OpenStateOptions,
  StateDeclarations,
} from './open-state-options.js';

/**
 * Opens the keyed state of a program that has its own loop: takes it over, restores it, and returns it ready for records.
 *
 * @param options - What the program says about its state.
 * @param environment - What the surroundings bring along; the Node package fills it in.
 * @throws StateError codes of kind `configure` for settings, names and packages; `no-valid-checkpoint` when there are
 * checkpoints and none can be read; `checkpoint-not-found` for a path with nothing in it; codes of kind `corrupt` for a
 * damaged snapshot at a given path; `max-parallelism-mismatch`, `key-serializer-incompatible`,
 * `value-serializer-incompatible`, `state-type-incompatible`, `state-orphaned`, `format-version-unsupported` when the
 * snapshot is another program's; `fenced` when yet another instance took over meanwhile; `storage-*`. TypeError and
 * RangeError for wrong arguments.
 */
export async function openState<K, const S extends StateDeclarations, A = JsonAttachment>(
  options: OpenStateOptions<K, S, A>,
  environment: OpenStateEnvironment = {},
): Promise<OpenState<K, S, A>> {
  void environment;
  throw new StateError('capability-missing', `the state '${options.name}' cannot be opened yet`);
}
