// What a program on Node has around it: environment variables, a configuration file, packages, and the process to warn.

import { type Configuration, configurationFromEnvironment, type OpenStateEnvironment } from '@tidemark/state-core';
import { processEnvironment, processLogger, workingDirectoryUrl } from '../ambient/process-surroundings.js';
import { moduleImporter } from '../loading/module-import.js';
import { readConfigurationFile } from './configuration-file.js';

/** Where settings come from besides code. */
export interface SurroundingsOptions {
  /**
   * The configuration file, `.yaml`, `.yml` or `.json`; `false` reads none. Default: `tidemark.yaml`, `tidemark.yml` or
   * `tidemark.json` in the working directory, if there is one.
   */
  readonly configFile?: string | URL | false;
}

/** The part of the surroundings that this package fills in. */
export type Surroundings = Required<
  Pick<OpenStateEnvironment, 'config' | 'importModule' | 'logger' | 'configDirectory'>
>;

/**
 * Reads the surroundings: variables of the environment win over the file.
 *
 * @throws StateError `config-file-invalid`, `config-value-invalid`, `config-key-unknown` for a variable with `_` where
 * `__` belongs.
 */
export function readSurroundings({ configFile }: SurroundingsOptions = {}): Surroundings {
  const workingDirectory = workingDirectoryUrl();
  const file = configFile === false ? undefined : readConfigurationFile(configFile, workingDirectory);
  const variables = configurationFromEnvironment(processEnvironment());
  const config: Configuration = file === undefined ? variables : variables.withFallback(file.configuration);
  return {
    config,
    configDirectory: file?.directory ?? workingDirectory.href,
    importModule: moduleImporter(workingDirectory),
    logger: processLogger,
  };
}

/**
 * The configuration of a program on Node: environment variables, then a file. What code sets wins:
 * `Configuration.from({…}).withFallback(readConfiguration())`.
 *
 * @throws StateError as {@link readSurroundings}.
 */
export function readConfiguration(options: SurroundingsOptions = {}): Configuration {
  return readSurroundings(options).config;
}
