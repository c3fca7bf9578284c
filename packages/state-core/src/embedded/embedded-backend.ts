// Makes the keyed backend of an embedded state from a snapshot, or an empty one.
//
// Owns: which part of a snapshot belongs to the state, and the rules that decide before any byte of state is read:
// max parallelism, operators that the program lacks. Leaves compatibility of states and damage to the backend.

import type { Clock } from '../ambient/clock.js';
import type { StateLogger } from '../ambient/logger.js';
import type { RandomSource } from '../ambient/random.js';
import type { Scheduler } from '../ambient/scheduler.js';
import type { CheckpointMetadata, OperatorState } from '../checkpoint/checkpoint-metadata.js';
import type { StateHandleReader } from '../checkpoint-storage/checkpoint-stream.js';
import type { Configuration } from '../config/configuration.js';
import { didYouMean, suggest } from '../config/key-suggestion.js';
import { StateError } from '../error/state-error.js';
import type { KeyedStateHandle } from '../handle/keyed-state-handle.js';
import { computeDefaultMaxParallelism } from '../key-group/key-group-assignment.js';
import { KeyGroupRange } from '../key-group/key-group-range.js';
import type { KeySerializer } from '../serialization/type-serializer.js';
import type { StateDescriptor } from '../state/state-descriptor.js';
import type { KeyedStateBackend } from '../state-backend/keyed-state-backend.js';
import type { StateBackend } from '../state-backend/state-backend.js';
import type { StateRestoreReport } from '../state-backend/state-restore-report.js';
import { discardedStatesOf } from './snapshot-metadata.js';

/** What every keyed backend of one `openState` call is made with, whatever it restores. */
export interface EmbeddedBackendParameters<K> {
  readonly stateBackend: StateBackend;
  readonly jobId: string;
  readonly uid: string;
  readonly keySerializer: KeySerializer<K>;
  readonly declaredStates: readonly StateDescriptor[];
  /** As the program or the configuration says; `undefined` takes that of the snapshot. */
  readonly maxParallelism: number | undefined;
  readonly allowNonRestoredState: boolean;
  /** Operators whose state goes, by uid. */
  readonly discard: readonly string[];
  /** States of the program's own operator that go, by name; none of them is declared. */
  readonly discardedStates: readonly string[];
  readonly config: Configuration;
  readonly stateReader: StateHandleReader;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: RandomSource;
  readonly logger: StateLogger;
  readonly signal: AbortSignal;
}

/**
 * An empty backend, or one with the state of a snapshot.
 *
 * @throws StateError `max-parallelism-mismatch`, `state-orphaned`, `discarded-state-unknown`, `capability-missing`, and as `StateBackend.createKeyedStateBackend`.
 */
export async function createEmbeddedBackend<K>(
  parameters: EmbeddedBackendParameters<K>,
  metadata: CheckpointMetadata | undefined,
): Promise<KeyedStateBackend<K>> {
  const { stateBackend, uid, maxParallelism: given } = parameters;
  const operator = metadata?.operators.find((candidate) => candidate.uid === uid);
  const numberOfKeyGroups = given ?? operator?.maxParallelism ?? computeDefaultMaxParallelism(1);
  if (operator !== undefined && operator.maxParallelism !== numberOfKeyGroups) {
    throw maxParallelismMismatch(operator.maxParallelism, numberOfKeyGroups);
  }
  if (metadata !== undefined) checkOrphans(metadata, parameters);
  const stateHandles = (operator?.subtasks ?? []).flatMap((subtask): readonly KeyedStateHandle[] => subtask.keyed);
  const backend = await stateBackend.createKeyedStateBackend({
    jobId: parameters.jobId,
    keySerializer: parameters.keySerializer,
    declaredStates: parameters.declaredStates,
    config: parameters.config,
    stateReader: parameters.stateReader,
    clock: parameters.clock,
    scheduler: parameters.scheduler,
    random: parameters.random,
    logger: parameters.logger,
    signal: parameters.signal,
    operatorIdentifier: `${uid}_0`,
    attempt: attemptOf(parameters.random),
    numberOfKeyGroups,
    keyGroupRange: KeyGroupRange.of(0, numberOfKeyGroups - 1),
    stateHandles,
    restoredCheckpointId: metadata?.checkpointId,
    discardedStates: parameters.discardedStates,
    managedMemoryFraction: 1,
  });
  try {
    if (operator !== undefined) checkDiscarded(backend.restoreReport, operator, parameters);
    return backend;
  } catch (error) {
    await backend.close();
    throw error;
  }
}

/**
 * Several owners of one name may be open at a time, in one process or in many, and only the newest may publish. Nobody counts
 * them before they are open, so that local files do not meet their number is drawn.
 */
function attemptOf(random: RandomSource): number {
  const bytes = new Uint8Array(4);
  random.fill(bytes);
  return new DataView(bytes.buffer).getUint32(0);
}

/** Whether a restore has let go of any state: what is written next must not build on a snapshot that still has it. */
export function hasDiscarded({ states }: StateRestoreReport): boolean {
  return states.some(({ outcome }) => outcome === 'discarded');
}

/** What was to go must have been there, now or when an earlier start of the program discarded it. */
function checkDiscarded<K>(
  { states }: StateRestoreReport,
  operator: OperatorState,
  { uid, discardedStates }: EmbeddedBackendParameters<K>,
): void {
  for (const stateName of discardedStates) {
    const line = states.find((candidate) => candidate.stateName === stateName && candidate.outcome !== 'new');
    if (line?.outcome === 'discarded') continue;
    if (line !== undefined) throw discardUnsupported(stateName);
    if (discardedStatesOf(operator).includes(stateName)) continue;
    const known = states.filter(({ outcome }) => outcome !== 'new').map((candidate) => candidate.stateName);
    throw new StateError(
      'discarded-state-unknown',
      `there is no state '${stateName}' of the operator '${uid}' to discard in the snapshot` +
        (didYouMean(suggest(stateName, known)) ||
          `; it has ${known.length === 0 ? 'none' : known.map((name) => `'${name}'`).join(', ')}`),
      { details: { stateName, uid, known } },
    );
  }
}

function discardUnsupported(stateName: string): StateError {
  return new StateError(
    'capability-missing',
    `this state backend cannot let go of state '${stateName}' while it restores: leave the state out of 'discard', or restore once with one that can:\n  state.backend.type: hashmap`,
    { details: { stateName } },
  );
}

function maxParallelismMismatch(stored: number, given: number): StateError {
  return new StateError(
    'max-parallelism-mismatch',
    `the snapshot was written with a max parallelism of ${stored}, and ${given} is asked for: it is fixed for the life of the state. ` +
      `Write maxParallelism: ${stored}, or leave it out`,
    { details: { stored, given } },
  );
}

/** The operators of a snapshot that the program lacks and does not discard. */
export function orphansOf(
  metadata: CheckpointMetadata,
  { uid, discard }: Pick<EmbeddedBackendParameters<never>, 'uid' | 'discard'>,
): readonly OperatorState[] {
  return metadata.operators.filter((operator) => operator.uid !== uid && !discard.includes(operator.uid));
}

function checkOrphans<K>(metadata: CheckpointMetadata, parameters: EmbeddedBackendParameters<K>): void {
  const { uid, allowNonRestoredState, logger } = parameters;
  const orphans = orphansOf(metadata, parameters).map((operator) => operator.uid);
  if (orphans.length === 0) return;
  const list = orphans.map((orphan) => `'${orphan}'`).join(', ');
  const message = `checkpoint ${metadata.checkpointId} has state of the operators ${list}, which this program has not (its uid is '${uid}')`;
  if (allowNonRestoredState) {
    logger.warn(
      'state-orphaned',
      `${message}; it is carried along into every snapshot. To let go of it write discard: ['${orphans[0]}']`,
      { orphans },
    );
    return;
  }
  throw new StateError(
    'state-orphaned',
    `${message}. To take one over write uid: '${orphans[0]}'; to go on and keep what is left in the snapshots to come write allowNonRestoredState: true; to let go of it write discard: ['${orphans[0]}']`,
    { details: { orphans, uid } },
  );
}
