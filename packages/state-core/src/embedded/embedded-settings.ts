// What openState was given, checked and completed: what is wrong with it is said before anything is opened.

import { type Clock, systemClock } from '../ambient/clock.js';
import { type StateLogger, silentLogger } from '../ambient/logger.js';
import { type RandomSource, systemRandom } from '../ambient/random.js';
import { type Scheduler, systemScheduler } from '../ambient/scheduler.js';
import { Configuration, type ConfigurationSource } from '../config/configuration.js';
import { didYouMean, suggest } from '../config/key-suggestion.js';
import { PipelineOptions } from '../config/pipeline-options.js';
import { StateRecoveryOptions } from '../config/state-recovery-options.js';
import { StateError } from '../error/state-error.js';
import { UPPER_BOUND_MAX_PARALLELISM } from '../key-group/key-group-assignment.js';
import { json } from '../serialization/json-serializer.js';
import { isKeySerializer, type KeySerializer, type TypeSerializer } from '../serialization/type-serializer.js';
import type { StateDescriptor } from '../state/state-descriptor.js';
import { AttachmentCodec } from './attachment-codec.js';
import type { EmbeddedBackendParameters } from './embedded-backend.js';
import type { RestorePlan } from './embedded-restore.js';
import { embeddedJobId } from './job-identity.js';
import { declaredStates } from './keyed-access.js';
import { completeLogger } from './open-state-arguments.js';
import type {
  DiscardedState,
  OpenStateEnvironment,
  OpenStateOptions,
  StateDeclarations,
} from './open-state-options.js';
import { EMBEDDED_OPERATOR_UID } from './snapshot-metadata.js';

/** Everything that was given, checked and completed. */
export interface EmbeddedSettings<K, S extends StateDeclarations, A>
  extends Omit<EmbeddedBackendParameters<K>, 'stateBackend' | 'stateReader'> {
  readonly name: string;
  readonly shard: string | undefined;
  readonly declarations: S;
  readonly attachments: AttachmentCodec<A>;
  readonly plan: RestorePlan;
}

/**
 * Reads and checks what `openState` was given.
 *
 * @throws StateError `config-value-invalid`, `key-type-unsupported`, `state-already-registered`. TypeError and RangeError
 * for wrong arguments.
 */
export function readSettings<K, S extends StateDeclarations, A>(
  options: OpenStateOptions<K, S, A>,
  environment: OpenStateEnvironment,
): EmbeddedSettings<K, S, A> {
  const jobId = embeddedJobId(options.name, options.shard);
  const config = configurationOf(options.config, environment.config);
  const uid = options.uid ?? EMBEDDED_OPERATOR_UID;
  const declared = declaredStates(options.states);
  return {
    name: options.name,
    shard: options.shard === undefined ? undefined : String(options.shard),
    jobId,
    uid,
    declarations: options.states,
    declaredStates: declared,
    keySerializer: checkKeySerializer(options.keySerializer),
    maxParallelism: checkMaxParallelism(options.maxParallelism ?? config.get(PipelineOptions.MAX_PARALLELISM)),
    allowNonRestoredState:
      options.allowNonRestoredState ?? config.get(StateRecoveryOptions.SAVEPOINT_IGNORE_UNCLAIMED_STATE),
    ...discardOf(options.discard, uid, declared),
    attachments: new AttachmentCodec(
      options.attachmentSerializer ?? (json as TypeSerializer<unknown> as TypeSerializer<A>),
    ),
    plan: restorePlanOf(options, config),
    config,
    ...ambientOf(options.logger, environment),
    signal: options.signal ?? new AbortController().signal,
  };
}

function ambientOf(
  logger: StateLogger | undefined,
  environment: OpenStateEnvironment,
): { logger: StateLogger; clock: Clock; scheduler: Scheduler; random: RandomSource } {
  return {
    logger: completeLogger(logger ?? environment.logger ?? silentLogger),
    clock: environment.clock ?? systemClock,
    scheduler: environment.scheduler ?? systemScheduler,
    random: environment.random ?? systemRandom,
  };
}

function configurationOf(
  given: Configuration | ConfigurationSource | undefined,
  lower: Configuration | undefined,
): Configuration {
  const own = isConfiguration(given) ? given : Configuration.from(given ?? {});
  return lower === undefined ? own.clone() : own.withFallback(lower);
}

/** By shape: it may come from another installed copy of the core. */
function isConfiguration(given: Configuration | ConfigurationSource | undefined): given is Configuration {
  return typeof given?.['entriesByLayer'] === 'function';
}

function checkKeySerializer<K>(serializer: KeySerializer<K>): KeySerializer<K> {
  if (typeof serializer?.serialize !== 'function')
    throw new TypeError('openState needs the type of the keys: keySerializer: string');
  if (isKeySerializer(serializer)) return serializer;
  const { typeName } = serializer as TypeSerializer<K>;
  throw new StateError(
    'key-type-unsupported',
    `keys cannot be of type ${typeName}: its values have no canonical bytes to compare by; use a string, a number, a tuple or a struct of such`,
    { details: { typeName } },
  );
}

function discardOf(
  discard: readonly (string | DiscardedState)[] = [],
  uid: string,
  declared: readonly StateDescriptor[],
): { readonly discard: readonly string[]; readonly discardedStates: readonly string[] } {
  const isList = Array.isArray(discard) && discard.every((one) => typeof one === 'string' || isDiscardedState(one));
  if (!isList) {
    throw new TypeError(
      "discard is a list of operators by uid and of states of the program's own operator: " +
        `discard: ['old-operator', { operator: '${uid}', state: 'old-state' }]`,
    );
  }
  const states = discard.filter((one) => typeof one !== 'string');
  for (const { operator, state } of states) {
    if (operator !== uid) {
      throw new TypeError(
        `discard: { operator: '${operator}', state: '${state}' } is no state of the program's own operator, whose uid is '${uid}'${didYouMean(suggest(operator, [uid]))}; ` +
          `of an operator that the program lacks all state is carried as it is, or all is let go of: discard: ['${operator}']`,
      );
    }
    if (declared.some(({ name }) => name === state))
      throw new TypeError(
        `discard names the state '${state}', which the program declares: leave it out of one of the two`,
      );
  }
  return {
    discard: discard.filter((one) => typeof one === 'string'),
    discardedStates: [...new Set(states.map(({ state }) => state))],
  };
}

function isDiscardedState(given: unknown): given is DiscardedState {
  if (typeof given !== 'object' || given === null) return false;
  const { operator, state, ...rest } = given as Readonly<Record<string, unknown>>;
  return [operator, state].every((name) => typeof name === 'string' && name !== '') && Object.keys(rest).length === 0;
}

function checkMaxParallelism(maxParallelism: number | undefined): number | undefined {
  if (maxParallelism === undefined) return undefined;
  if (Number.isInteger(maxParallelism) && maxParallelism >= 1 && maxParallelism <= UPPER_BOUND_MAX_PARALLELISM)
    return maxParallelism;
  throw new RangeError(
    `maxParallelism is a whole number from 1 to ${UPPER_BOUND_MAX_PARALLELISM}, not ${String(maxParallelism)}`,
  );
}

function restorePlanOf<K, S extends StateDeclarations, A>(
  options: OpenStateOptions<K, S, A>,
  config: Configuration,
): RestorePlan {
  const restore: string = options.restore ?? 'latest';
  if (typeof restore !== 'string' || restore === '')
    throw new TypeError("restore is 'latest', 'none' or the path of a snapshot");
  return {
    restore: restore === 'latest' || restore === 'none' ? restore : { pointer: restore },
    initialPointer: config.get(StateRecoveryOptions.SAVEPOINT_PATH),
    claim: (options.restoreMode ?? config.get(StateRecoveryOptions.RESTORE_MODE)) === 'CLAIM',
  };
}
