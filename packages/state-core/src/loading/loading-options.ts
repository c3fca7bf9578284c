// What the loaders are given by the application.

import type { StateLogger } from '../ambient/logger.js';
import type { CheckpointStorageFactory } from '../checkpoint-storage/checkpoint-storage-factory.js';
import type { ConfigOption } from '../config/config-option.js';
import type { StateBackendFactory } from '../state-backend/state-backend-factory.js';

/** From where a module is imported. */
export interface ImportParent {
  /** The directory of the configuration file as a `file:` URL; absent when there is no file. */
  readonly configDirectory?: string;
}

/**
 * Imports a module from the application's side: with isolated installations only the application sees its packages.
 * Usually `(specifier) => import(specifier)`.
 *
 * An error that says that the module does not exist has the code `ERR_MODULE_NOT_FOUND` or `MODULE_NOT_FOUND` and names
 * the module; it may list the `placesTried`, which then appear in the message to the user.
 */
export type ImportModule = (specifier: string, parent: ImportParent) => unknown;

/** How factories are found. */
export interface LoadingOptions {
  /** Imports the package of a backend or storage. Not needed when every factory is given. */
  readonly importModule?: ImportModule;
  /** State backends by name: these win over importing. For bundlers, which must see what a program uses. */
  readonly stateBackendFactories?: Readonly<Record<string, StateBackendFactory>>;
  /** Checkpoint storages by name: these win over importing. */
  readonly checkpointStorageFactories?: Readonly<Record<string, CheckpointStorageFactory>>;
  /** The directory of the configuration file as a `file:` URL: what relative paths are relative to. */
  readonly configDirectory?: string;
  /** Options of other packages of the program, so that their keys are known. */
  readonly options?: readonly ConfigOption<unknown>[];
  /** Takes warnings about former names and what was loaded. Default: nobody. */
  readonly logger?: StateLogger;
}
