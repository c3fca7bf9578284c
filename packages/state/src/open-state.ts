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

/** What {@link openState} takes in Node. */
export interface NodeOpenStateOptions<K, S extends StateDeclarations, A = JsonAttachment>
  extends OpenStateOptions<K, S, A> {
  /**
   * The configuration file, `.yaml`, `.yml` or `.json`; `false` reads none. Default: `tidemark.yaml`, `tidemark.yml` or
   * `tidemark.json` in the working directory, if there is one.
   */
  readonly configFile?: string | URL | false;
}

/**
 * Opens the keyed state of a program that has its own loop.
 *
 * @throws StateError as the `openState` of the core, and `config-file-invalid`.
 */
export async function openState<K, const S extends StateDeclarations, A = JsonAttachment>(
  options: NodeOpenStateOptions<K, S, A>,
  environment: OpenStateEnvironment = {},
): Promise<OpenState<K, S, A>> {
  return openPureState(options, environment);
}
