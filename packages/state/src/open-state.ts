// openState for Node: the pure one with packages found, a configuration file and the environment read, and warnings sent
// to the process.

import {
  type JsonAttachment,
  type OpenState,
  type OpenStateEnvironment,
  type OpenStateOptions,
  openState as openPureState,
  type StateDeclarations,
} from '@tidemark/state-core';
import { readSurroundings, type SurroundingsOptions } from './configuration/surroundings.js';

/** What {@link openState} takes in Node. */
export interface NodeOpenStateOptions<K, S extends StateDeclarations, A = JsonAttachment>
  extends OpenStateOptions<K, S, A>,
    SurroundingsOptions {}

/**
 * Opens the keyed state of a program that has its own loop: takes it over, restores it, and returns it ready for records.
 *
 * Settings come from `options.config`, then `TIDEMARK_…` variables, then a file, then the defaults.
 *
 * @param environment - Replaces parts of the surroundings: for bundlers and tests.
 * @throws StateError as the `openState` of the core, and `config-file-invalid`.
 * @example
 * ```ts
 * const total = new ValueStateDescriptor('total', { type: float64, defaultValue: 0 });
 * const state = await openState({
 *   name: 'accounts',
 *   states: { total },
 *   keySerializer: string,
 *   config: { 'execution.checkpointing.dir': './checkpoints' },
 * });
 * state.withKey('alice', ({ total }) => total.update(total.value() + 12.5));
 * await state.checkpoint({ attachment: { nextOffset: 1 } });
 * await state.close();
 * ```
 */
export async function openState<K, const S extends StateDeclarations, A = JsonAttachment>(
  options: NodeOpenStateOptions<K, S, A>,
  environment: OpenStateEnvironment = {},
): Promise<OpenState<K, S, A>> {
  return openPureState(options, { ...readSurroundings(options), ...environment });
}
