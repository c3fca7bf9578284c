// The front door of embedded use: checks what it is given, loads what it names, takes over, restores, and hands out.

import { type Clock, systemClock } from '../ambient/clock.js';
import { type StateLogger, silentLogger } from '../ambient/logger.js';
import { type RandomSource, systemRandom } from '../ambient/random.js';
import { type Scheduler, systemScheduler } from '../ambient/scheduler.js';
import type {
  CheckpointStorage,
  CheckpointStorageCoordinatorView,
  CheckpointStorageWorkerView,
} from '../checkpoint-storage/checkpoint-storage.js';
import type { StateHandleReader } from '../checkpoint-storage/checkpoint-stream.js';
import { CheckpointingOptions } from '../config/checkpointing-options.js';
import { Configuration, type ConfigurationSource } from '../config/configuration.js';
import { PipelineOptions } from '../config/pipeline-options.js';
import { StateRecoveryOptions } from '../config/state-recovery-options.js';
import { StateError } from '../error/state-error.js';
import { UPPER_BOUND_MAX_PARALLELISM } from '../key-group/key-group-assignment.js';
import { json } from '../serialization/json-serializer.js';
import { isKeySerializer, type KeySerializer, type TypeSerializer } from '../serialization/type-serializer.js';
import type { StateBackend } from '../state-backend/state-backend.js';
import { AttachmentCodec } from './attachment-codec.js';
import { createEmbeddedBackend, type EmbeddedBackendParameters } from './embedded-backend.js';
import { EmbeddedCheckpointing } from './embedded-checkpointing.js';
import { type EmbeddedStart, type RestorePlan, startEmbeddedState } from './embedded-restore.js';
import { loadEmbeddedServices } from './embedded-services.js';
import { EmbeddedState } from './embedded-state.js';
import { embeddedJobId } from './job-identity.js';
import { declaredStates } from './keyed-access.js';
import type { OpenState, RestoredState } from './open-state-contract.js';
import type {
  JsonAttachment,
  OpenStateEnvironment,
  OpenStateOptions,
  StateDeclarations,
} from './open-state-options.js';
import { RetainedCheckpoints } from './retained-checkpoints.js';
import { EMBEDDED_OPERATOR_UID } from './snapshot-metadata.js';

/** Checkpoints kept when `execution.checkpointing.num-retained` is not set: one to restore, two to fall back to. */
const RETAINED_DEFAULT: number = 3;

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
 * RangeError for wrong arguments. The reason of the signal.
 * @example
 * ```ts
 * const state = await openState({ name: 'accounts', states: { total }, keySerializer: string }, { importModule: (specifier) => import(specifier) });
 * state.withKey('alice', ({ total }) => total.update((total.value() ?? 0) + 1));
 * await state.checkpoint({ attachment: { nextOffset: 1 } });
 * ```
 */
export async function openState<K, const S extends StateDeclarations, A = JsonAttachment>(
  options: OpenStateOptions<K, S, A>,
  environment: OpenStateEnvironment = {},
): Promise<OpenState<K, S, A>> {
  const settings = readSettings(options, environment);
  const services = await loadEmbeddedServices(settings.config, options, { ...environment, logger: settings.logger });
  settings.signal.throwIfAborted();
  const parameters = { ...settings, stateBackend: services.stateBackend };
  return services.checkpointStorage === undefined
    ? openWithoutStorage(parameters, services.storageError)
    : openWithStorage(parameters, services.checkpointStorage);
}

/** Everything that was given, checked and completed. */
interface EmbeddedSettings<K, S extends StateDeclarations, A>
  extends Omit<EmbeddedBackendParameters<K>, 'stateBackend' | 'stateReader'> {
  readonly name: string;
  readonly shard: string | undefined;
  readonly declarations: S;
  readonly attachments: AttachmentCodec<A>;
  readonly plan: RestorePlan;
}

type ReadySettings<K, S extends StateDeclarations, A> = EmbeddedSettings<K, S, A> & {
  readonly stateBackend: StateBackend;
};

function readSettings<K, S extends StateDeclarations, A>(
  options: OpenStateOptions<K, S, A>,
  environment: OpenStateEnvironment,
): EmbeddedSettings<K, S, A> {
  const jobId = embeddedJobId(options.name, options.shard);
  const config = configurationOf(options.config, environment.config);
  return {
    name: options.name,
    shard: options.shard === undefined ? undefined : String(options.shard),
    jobId,
    uid: options.uid ?? EMBEDDED_OPERATOR_UID,
    declarations: options.states,
    declaredStates: declaredStates(options.states),
    keySerializer: checkKeySerializer(options.keySerializer),
    maxParallelism: checkMaxParallelism(options.maxParallelism ?? config.get(PipelineOptions.MAX_PARALLELISM)),
    allowNonRestoredState:
      options.allowNonRestoredState ?? config.get(StateRecoveryOptions.SAVEPOINT_IGNORE_UNCLAIMED_STATE),
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
    logger: logger ?? environment.logger ?? silentLogger,
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

async function openWithoutStorage<K, S extends StateDeclarations, A>(
  settings: ReadySettings<K, S, A>,
  storageError: StateError,
): Promise<OpenState<K, S, A>> {
  // A snapshot was named and cannot be read: what is missing must be installed first.
  if (typeof settings.plan.restore === 'object' || settings.plan.initialPointer !== undefined) throw storageError;
  const stateReader: StateHandleReader = { openInput: () => Promise.reject(storageError) };
  const backend = await createEmbeddedBackend({ ...settings, stateReader }, undefined);
  return handOut(settings, backend, undefined, storageError, async () => {});
}

async function openWithStorage<K, S extends StateDeclarations, A>(
  settings: ReadySettings<K, S, A>,
  checkpointStorage: CheckpointStorage,
): Promise<OpenState<K, S, A>> {
  const coordinator = await checkpointStorage.createCoordinatorView(settings);
  let worker: CheckpointStorageWorkerView | undefined;
  const closeStorage = async (): Promise<void> => {
    await Promise.all([worker?.close(), coordinator.close()]);
  };
  try {
    worker = await checkpointStorage.createWorkerView(settings);
    const start = await startEmbeddedState(coordinator, { ...settings, stateReader: worker }, settings.plan);
    const checkpointing = checkpointingOf(settings, start, coordinator, worker);
    return await handOut(settings, start.backend, start, checkpointing, closeStorage);
  } catch (error) {
    await closeStorage();
    throw error;
  }
}

function checkpointingOf<K, S extends StateDeclarations, A>(
  settings: ReadySettings<K, S, A>,
  start: EmbeddedStart<K>,
  coordinator: CheckpointStorageCoordinatorView,
  worker: CheckpointStorageWorkerView,
): EmbeddedCheckpointing<K, A> {
  const { config, jobId, name, uid, logger, stateBackend } = settings;
  const retained = new RetainedCheckpoints({
    coordinator,
    retainedMax: config.getOptional(CheckpointingOptions.MAX_RETAINED_CHECKPOINTS) ?? RETAINED_DEFAULT,
    incremental: wantsIncrements(stateBackend, config),
    claimed: start.claimed.map(({ metadata }) => metadata),
    restored: start.continues,
    logger,
  });
  return new EmbeddedCheckpointing({
    ...settings,
    identity: { jobId, name, uid, maxParallelism: start.backend.numberOfKeyGroups },
    backend: start.backend,
    storage: { coordinator, worker, owner: start.owner },
    retained,
    firstCheckpointId: start.firstCheckpointId,
    timeoutMs: config.get(CheckpointingOptions.CHECKPOINTING_TIMEOUT),
  });
}

function wantsIncrements(stateBackend: StateBackend, config: Configuration): boolean {
  if (!stateBackend.capabilities.incrementalSnapshots) return false;
  return stateBackend.incrementalCheckpoints ?? config.get(CheckpointingOptions.INCREMENTAL_CHECKPOINTS);
}

/** The last step: from here on the caller closes. */
async function handOut<K, S extends StateDeclarations, A>(
  settings: ReadySettings<K, S, A>,
  backend: EmbeddedStart<K>['backend'],
  start: EmbeddedStart<K> | undefined,
  checkpointing: EmbeddedCheckpointing<K, A> | StateError,
  closeStorage: () => Promise<void>,
): Promise<OpenState<K, S, A>> {
  const { name, shard, declarations } = settings;
  try {
    settings.signal.throwIfAborted();
    const restored = start === undefined ? undefined : restoredStateOf(start, settings.attachments);
    return new EmbeddedState({ name, shard, declarations, backend, restored, checkpointing, closeStorage });
  } catch (error) {
    await backend.close();
    throw error;
  }
}

function restoredStateOf<K, A>(
  { restored, backend, skipped }: EmbeddedStart<K>,
  attachments: AttachmentCodec<A>,
): RestoredState<A> | undefined {
  if (restored === undefined) return undefined;
  const { metadata, externalPointer } = restored;
  return Object.freeze({
    checkpointId: metadata.checkpointId,
    externalPointer,
    attachment: attachments.thaw(metadata.attachment),
    get plan() {
      return backend.restoreReport;
    },
    skipped,
  });
}
