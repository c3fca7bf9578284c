// Variables of the environment as a layer of the configuration.
//
// Owns: the mapping of names. The variables are handed in: the core reads no environment of a process.
//
//   N1. After the prefix `__` is a dot, `_` a hyphen, and letters are lowered: TIDEMARK_EXECUTION__CHECKPOINTING__DIR is
//       execution.checkpointing.dir.
//   N2. A name without `__` is no key, since every key has a dot: such variables are left to others, unless one is an
//       option with `_` where `__` belongs, which is an error.
//   N3. A variable that is empty is not set.

import { StateError } from '../error/state-error.js';
import { type ConfigOption, keysOfOption } from './config-option.js';
import { Configuration, type ConfigurationEntry } from './configuration.js';
import { CORE_OPTIONS } from './core-options.js';

/** The prefix of the variables that are read. */
export const ENVIRONMENT_PREFIX: string = 'TIDEMARK_';

/** The variable that sets a key: `TIDEMARK_STATE__BACKEND` for `state.backend`. */
export function environmentVariableOf(key: string): string {
  return ENVIRONMENT_PREFIX + key.replaceAll('.', '__').replaceAll('-', '_').toUpperCase();
}

/**
 * Makes a configuration of one layer from variables of the environment.
 *
 * @param environment - Names and values, such as `process.env`.
 * @param options - The options known so far; used to find names with too few underscores. Default: those of the core.
 * @throws StateError `config-key-unknown` for a name that is an option with `_` in the place of `__`.
 */
export function configurationFromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  options: readonly ConfigOption<unknown>[] = CORE_OPTIONS,
): Configuration {
  const entries: ConfigurationEntry[] = [];
  for (const name of Object.keys(environment).sort()) {
    const written = environment[name];
    if (!name.startsWith(ENVIRONMENT_PREFIX) || written === undefined || written === '') continue;
    const rest = name.slice(ENVIRONMENT_PREFIX.length);
    if (!rest.includes('__')) {
      refuseMissingUnderscore(name, options);
      continue;
    }
    const key = rest.toLowerCase().replaceAll('__', '.').replaceAll('_', '-');
    entries.push({ key, written, origin: `environment variable ${name}` });
  }
  return Configuration.fromEntries(entries);
}

function refuseMissingUnderscore(name: string, options: readonly ConfigOption<unknown>[]): void {
  const meant = options
    .flatMap((option) => keysOfOption(option).map(environmentVariableOf))
    .find((variable) => variable.replaceAll('__', '_') === name.toUpperCase());
  if (meant === undefined) return;
  throw new StateError(
    'config-key-unknown',
    `the environment variable ${name} is no option; did you mean ${meant}? A dot is written as two underscores`,
    { details: { key: name, suggestions: [meant], origin: `environment variable ${name}` } },
  );
}
