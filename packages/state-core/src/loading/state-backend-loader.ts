// Which state backend a program uses.
//
// Owns: the precedence among application and configuration, as Flink's StateBackendLoader has it.
//
//   L1. A backend that the application made wins; one that is configurable gets the configuration, settings made in
//       code win inside it.
//   L2. Else the name in the configuration, whose default is hashmap. Nothing falls back in silence.

import { silentLogger } from '../ambient/logger.js';
import type { Configuration } from '../config/configuration.js';
import { checkConfigurationBeforeLoading, checkKeysOfFactory } from '../config/configuration-check.js';
import { StateBackendOptions } from '../config/state-backend-options.js';
import { StateError } from '../error/state-error.js';
import type { StateBackend } from '../state-backend/state-backend.js';
import type { ConfigurableStateBackend } from '../state-backend/state-backend-factory.js';
import {
  createService,
  factoryContextOf,
  givenFactory,
  loadFactory,
  optionsOfGivenFactories,
  runOfThirdParty,
  type ServiceKind,
} from './factory-loader.js';
import { formerNameOf, warnOfFormerName } from './former-names.js';
import { rememberStateBackendOrigin } from './loaded-state-backend.js';
import type { LoadingOptions } from './loading-options.js';

/** How the state backend is found. */
export interface StateBackendLoadingOptions extends LoadingOptions {
  /** The backend that the application made; wins over the configuration. */
  readonly application?: StateBackend;
}

const STATE_BACKEND_KIND: ServiceKind<StateBackend> = {
  title: 'state backend',
  key: 'state.backend',
  packagePrefix: '@tidemark/state-backend-',
  exportName: 'stateBackendFactory',
  knownWords: ['hashmap', 'lmdb'],
  isService: isStateBackend,
};

/**
 * Loads the state backend of a program: the application's, else the one that `state.backend` names, else hashmap.
 *
 * Checks keys and values of the configuration on the way, and warns about former names through `options.logger`. Keys
 * that may belong to the storage are left to {@link loadCheckpointStorage}.
 *
 * @throws StateError `factory-not-found` with every place tried and the install command, `factory-failed` with the cause,
 *   `factory-invalid`, `api-version-mismatch`, `config-key-unknown`, `config-key-unsupported`, `config-value-invalid`, and
 *   what the factory itself throws.
 * @example
 * ```ts
 * const config = Configuration.from({ 'state.backend': 'hashmap' });
 * const backend = await loadStateBackend(config, { importModule: (specifier) => import(specifier) });
 * ```
 */
export async function loadStateBackend(
  config: Configuration,
  options: StateBackendLoadingOptions,
): Promise<StateBackend> {
  checkConfigurationBeforeLoading(config, {
    options: [...(options.options ?? []), ...optionsOfGivenFactories(options)],
    ...(options.logger && { logger: options.logger }),
  });
  return options.application === undefined
    ? loadNamed(config, options)
    : configured(options.application, config, options);
}

async function loadNamed(config: Configuration, options: LoadingOptions): Promise<StateBackend> {
  const logger = options.logger ?? silentLogger;
  const { STATE_BACKEND } = StateBackendOptions;
  const given = options.stateBackendFactories ?? {};
  const name = config.get(STATE_BACKEND);
  const origin = config.find(STATE_BACKEND)?.origin ?? 'default';
  const former = givenFactory(given, name) === undefined ? formerNameOf(name) : undefined;
  if (former !== undefined) warnOfFormerName(logger, name, former, origin);
  const named = { name: former?.stateBackend ?? name, origin };
  const factory = await loadFactory(STATE_BACKEND_KIND, named, given, options);
  const stateBackend = await createService(STATE_BACKEND_KIND, factory, config, factoryContextOf(options));
  const classicStorage = former?.checkpointStorage;
  rememberStateBackendOrigin(stateBackend, { factory, ...(classicStorage && { classicStorage }) });
  checkKeysOfFactory(config, 'state.backend.', factory, logger);
  logger.info('state-backend', `state backend of the configuration: ${stateBackend.name} (${origin})`);
  return stateBackend;
}

async function configured(
  stateBackend: StateBackend,
  config: Configuration,
  options: LoadingOptions,
): Promise<StateBackend> {
  options.logger?.info('state-backend', `state backend of the application: ${stateBackend.name}`);
  const configurable = stateBackend as Partial<ConfigurableStateBackend> & StateBackend;
  if (typeof configurable.configure !== 'function') return stateBackend;
  const { configure } = configurable;
  const result: unknown = await runOfThirdParty(`configuring the state backend '${stateBackend.name}'`, () =>
    configure.call(stateBackend, config, factoryContextOf(options)),
  );
  if (isStateBackend(result)) return result;
  throw new StateError(
    'factory-invalid',
    `configure of the state backend '${stateBackend.name}' returned no state backend`,
    {
      details: { name: stateBackend.name },
    },
  );
}

function isStateBackend(candidate: unknown): candidate is StateBackend {
  if (typeof candidate !== 'object' || candidate === null) return false;
  const { name, capabilities, createKeyedStateBackend, createOperatorStateBackend } =
    candidate as Partial<StateBackend>;
  return (
    typeof name === 'string' &&
    typeof capabilities === 'object' &&
    typeof createKeyedStateBackend === 'function' &&
    typeof createOperatorStateBackend === 'function'
  );
}
