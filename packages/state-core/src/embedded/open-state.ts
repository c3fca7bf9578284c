// The front door of embedded use: loads what was named, takes over, restores, and hands out.

import type { CheckpointMetadata } from '../checkpoint/checkpoint-metadata.js';
import type {
  CheckpointStorage,
  CheckpointStorageCoordinatorView,
  CheckpointStorageWorkerView,
} from '../checkpoint-storage/checkpoint-storage.js';
import type { StateHandleReader } from '../checkpoint-storage/checkpoint-stream.js';
import { CheckpointingOptions } from '../config/checkpointing-options.js';
import type { Configuration } from '../config/configuration.js';
import type { StateError } from '../error/state-error.js';
import type { StateBackend } from '../state-backend/state-backend.js';
import type { RestoredOperatorLine } from '../state-backend/state-restore-report.js';
import { CarriedOperators } from './carried-operators.js';
import { createEmbeddedBackend, hasDiscarded, orphansOf } from './embedded-backend.js';
import { EmbeddedCheckpointing, type OwnedStorage } from './embedded-checkpointing.js';
import { type EmbeddedStart, startEmbeddedState } from './embedded-restore.js';
import { loadEmbeddedServices } from './embedded-services.js';
import { type EmbeddedSettings, readSettings } from './embedded-settings.js';
import { EmbeddedState } from './embedded-state.js';
import { checkOpenStateOptions, warnOfUnusedSettings } from './open-state-arguments.js';
import type { OpenState, RestoredState } from './open-state-contract.js';
import type {
  JsonAttachment,
  OpenStateEnvironment,
  OpenStateOptions,
  StateDeclarations,
} from './open-state-options.js';
import { RetainedCheckpoints } from './retained-checkpoints.js';

/** Checkpoints kept when `execution.checkpointing.num-retained` is not set: one to restore, two to fall back to. */
const RETAINED_DEFAULT: number = 3;

/**
 * Opens the keyed state of a program that has its own loop: takes it over, restores it, and returns it ready for records.
 *
 * @param options - What the program says about its state.
 * @param environment - What the surroundings bring along; the Node package fills it in.
 * @throws StateError codes of kind `configure` for settings, names and packages; `no-valid-checkpoint` when there are
 * checkpoints and none can be read; `checkpoint-not-found` for a path with nothing in it; codes of kind `corrupt` for a
 * damaged snapshot at a given path; `discarded-state-unknown`; `snapshot-claimed` when the snapshot at a given path belongs
 * to another job; `max-parallelism-mismatch`, `key-serializer-incompatible`,
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
  checkOpenStateOptions(options);
  const settings = readSettings(options, environment);
  warnOfUnusedSettings(settings.config, settings.logger);
  const services = await loadEmbeddedServices(settings.config, options, { ...environment, logger: settings.logger });
  settings.signal.throwIfAborted();
  const parameters = { ...settings, stateBackend: services.stateBackend };
  const opening =
    services.checkpointStorage === undefined
      ? openWithoutStorage(parameters, services.storageError)
      : openWithStorage(parameters, services.checkpointStorage);
  return opening.catch((error: unknown) => {
    // What the signal cut off says so in words of its own.
    throw settings.signal.aborted ? settings.signal.reason : error;
  });
}

type ReadySettings<K, S extends StateDeclarations, A> = EmbeddedSettings<K, S, A> & {
  readonly stateBackend: StateBackend;
};

async function openWithoutStorage<K, S extends StateDeclarations, A>(
  settings: ReadySettings<K, S, A>,
  storageError: StateError,
): Promise<OpenState<K, S, A>> {
  // A snapshot was named and cannot be read: what is missing must be installed first.
  if (typeof settings.plan.restore === 'object' || settings.plan.initialPointer !== undefined) throw storageError;
  const stateReader: StateHandleReader = { openInput: () => Promise.reject(storageError) };
  const backend = await createEmbeddedBackend({ ...settings, stateReader }, undefined);
  return closeUnless(backend, async () => {
    const nothing = { restored: undefined, closeStorage: async () => {} };
    return new EmbeddedState({ ...settings, ...nothing, backend, checkpointing: storageError });
  });
}

async function openWithStorage<K, S extends StateDeclarations, A>(
  settings: ReadySettings<K, S, A>,
  checkpointStorage: CheckpointStorage,
): Promise<OpenState<K, S, A>> {
  const coordinator = await checkpointStorage.createCoordinatorView(settings);
  return closeUnless(coordinator, async () => {
    const worker = await checkpointStorage.createWorkerView(settings);
    return closeUnless(worker, () => openWithViews(settings, coordinator, worker));
  });
}

async function openWithViews<K, S extends StateDeclarations, A>(
  settings: ReadySettings<K, S, A>,
  coordinator: CheckpointStorageCoordinatorView,
  worker: CheckpointStorageWorkerView,
): Promise<OpenState<K, S, A>> {
  const start = await startEmbeddedState(coordinator, { ...settings, stateReader: worker }, settings.plan);
  return closeUnless(start.backend, async () => {
    settings.signal.throwIfAborted();
    return new EmbeddedState({
      ...settings,
      backend: start.backend,
      restored: restoredStateOf(start, settings),
      checkpointing: await checkpointingOf(settings, start, { coordinator, worker, owner: start.owner }),
      closeStorage: async () => void (await Promise.all([worker.close(), coordinator.close()])),
    });
  });
}

/** Runs the next step; when that fails, what was made before is closed. */
async function closeUnless<T>(made: { close(): Promise<void> }, next: () => Promise<T>): Promise<T> {
  try {
    return await next();
  } catch (error) {
    await made.close();
    throw error;
  }
}

async function checkpointingOf<K, S extends StateDeclarations, A>(
  settings: ReadySettings<K, S, A>,
  start: EmbeddedStart<K>,
  storage: OwnedStorage,
): Promise<EmbeddedCheckpointing<K, A>> {
  const { config, jobId, name, uid, discardedStates, logger, stateBackend } = settings;
  const retained = new RetainedCheckpoints({
    coordinator: storage.coordinator,
    uid,
    retainedMax: config.getOptional(CheckpointingOptions.MAX_RETAINED_CHECKPOINTS) ?? RETAINED_DEFAULT,
    incremental: wantsIncrements(stateBackend, config),
    restored: start.continues,
    claimedSnapshots: start.claimedSnapshots,
    startsFull: hasDiscarded(start.backend.restoreReport),
    logger,
  });
  await retained.claim(start.claimed);
  return new EmbeddedCheckpointing({
    ...settings,
    identity: { jobId, name, uid, maxParallelism: start.backend.numberOfKeyGroups, discardedStates },
    backend: start.backend,
    storage,
    retained,
    carried: new CarriedOperators(start.restored === undefined ? [] : orphansOf(start.restored.metadata, settings)),
    firstCheckpointId: start.firstCheckpointId,
    timeoutMs: config.get(CheckpointingOptions.CHECKPOINTING_TIMEOUT),
  });
}

function wantsIncrements(stateBackend: StateBackend, config: Configuration): boolean {
  if (!stateBackend.capabilities.incrementalSnapshots) return false;
  return stateBackend.incrementalCheckpoints ?? config.get(CheckpointingOptions.INCREMENTAL_CHECKPOINTS);
}

function restoredStateOf<K, A>(
  { restored, backend, skipped }: EmbeddedStart<K>,
  { attachments, uid, discard }: Pick<ReadySettings<K, StateDeclarations, A>, 'attachments' | 'uid' | 'discard'>,
): RestoredState<A> | undefined {
  if (restored === undefined) return undefined;
  const { metadata, externalPointer } = restored;
  const operators = operatorLines(metadata, uid, discard);
  return Object.freeze({
    checkpointId: metadata.checkpointId,
    externalPointer,
    attachment: attachments.thaw(metadata.attachment),
    get plan() {
      return { ...backend.restoreReport, operators };
    },
    skipped,
  });
}

function operatorLines(
  { operators }: CheckpointMetadata,
  uid: string,
  discard: readonly string[],
): readonly RestoredOperatorLine[] {
  const isRestored = operators.some((operator) => operator.uid === uid);
  const others = operators
    .filter((operator) => operator.uid !== uid)
    .map(
      (operator): RestoredOperatorLine => ({
        uid: operator.uid,
        outcome: discard.includes(operator.uid) ? 'discarded' : 'carried',
      }),
    );
  return [{ uid, outcome: isRestored ? 'matched' : 'new' }, ...others];
}
