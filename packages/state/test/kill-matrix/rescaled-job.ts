// The job at another parallelism: several subtasks restored from its newest checkpoint, and a savepoint of all of them that it
// goes on from at its own.

import {
  assignToKeyGroup,
  Configuration,
  computeKeyGroupRangeForOperatorIndex,
  json,
  silentLogger,
  string,
  systemClock,
  systemRandom,
  systemScheduler,
} from '@tidemark/state-core';
import {
  type CheckpointMetadata,
  type CheckpointStorage,
  type KeyedStateBackend,
  type KeyedStateHandle,
  serializeToBytes,
  VOID_NAMESPACE,
  voidNamespaceSerializer,
} from '@tidemark/state-core/spi';
import {
  createSnapshotContext,
  readCheckpointMetadata,
  SAVEPOINT_PROPERTIES,
  writeCheckpointMetadata,
} from '@tidemark/state-core/support';
import type { Findings, Subject } from './kill-order.js';
import { backendOf, configOf, judgeContent, type Position } from './ledger-job.js';
import {
  accountOf,
  book,
  type LedgerAccess,
  ledgerStates,
  MAX_PARALLELISM,
  type Timers,
  timers,
  timersAsText,
} from './stream-ledger.js';

/** What is rescaled, and how. */
export interface Rescaling {
  readonly subject: Subject;
  readonly storage: CheckpointStorage;
  readonly parallelism: number;
  /** How many records are processed before the savepoint. */
  readonly records: number;
  readonly savepoints: string;
  readonly findings: Findings;
}

/** Restores at a parallelism, works, and takes a savepoint. @throws what the parts throw; everything is closed then. */
export async function rescale(rescaling: Rescaling): Promise<{ readonly pointer: string; readonly records: number }> {
  const { subject, storage, parallelism, savepoints, findings } = rescaling;
  const parameters = { jobId: 'ledger', clock: systemClock, random: systemRandom, logger: silentLogger };
  const coordinator = await storage.createCoordinatorView(parameters);
  const worker = await storage.createWorkerView(parameters);
  const backends: KeyedStateBackend<string>[] = [];
  try {
    const { checkpoints } = await coordinator.list();
    const newest = checkpoints.filter(({ published }) => published).sort((a, b) => b.checkpointId - a.checkpointId)[0];
    if (newest === undefined) throw new Error('there is no checkpoint to rescale from');
    const resolved = await coordinator.resolveCheckpoint(newest.externalPointer);
    const metadata = readCheckpointMetadata(await resolved.readMetadata(), resolved);
    const operator = metadata.operators[0] as CheckpointMetadata['operators'][number];
    const handles = operator.subtasks.flatMap(({ keyed }): readonly KeyedStateHandle[] => keyed);
    for (let index = 0; index < parallelism; index++) {
      backends.push(
        await backendOf(subject).createKeyedStateBackend({
          ...parameters,
          keySerializer: string,
          declaredStates: Object.values(ledgerStates),
          config: Configuration.from(configOf(subject)),
          stateReader: coordinator,
          scheduler: systemScheduler,
          signal: new AbortController().signal,
          operatorIdentifier: `state_${index}`,
          attempt: 0,
          numberOfKeyGroups: MAX_PARALLELISM,
          keyGroupRange: computeKeyGroupRangeForOperatorIndex(MAX_PARALLELISM, parallelism, index),
          stateHandles: handles,
          restoredCheckpointId: metadata.checkpointId,
          managedMemoryFraction: 1 / parallelism,
        }),
      );
    }
    const queues = backends.map((backend) => backend.createPriorityQueue?.(timers) as Timers);
    let records = positionOf(metadata);
    judgeContent(contentOf(backends, queues), records, `in ${parallelism} subtasks`, findings);
    const access = accessTo(backends, queues);
    for (let left = rescaling.records; left > 0; left--) book(access, records++);

    const checkpointId = metadata.checkpointId + 1;
    const location = await coordinator.initializeLocationForSavepoint(checkpointId, savepoints);
    const streams = await worker.resolveCheckpointStorageLocation(checkpointId, location.reference);
    const written = await Promise.all(
      backends.map((backend) =>
        backend
          .snapshot(
            createSnapshotContext({
              checkpointId,
              kind: 'savepoint',
              sharing: 'no-sharing',
              streams,
              clock: systemClock,
              scheduler: systemScheduler,
            }),
          )
          .write(),
      ),
    );
    const subtasks = written.map(({ jobManagerOwned }, subtaskIndex) => ({
      subtaskIndex,
      keyed: jobManagerOwned === undefined ? [] : [jobManagerOwned],
      operator: [],
      rawKeyed: [],
      rawOperator: [],
    }));
    const { lineage: _, ...facts } = metadata;
    const savepoint: CheckpointMetadata = {
      ...facts,
      checkpointId,
      properties: SAVEPOINT_PROPERTIES,
      operators: [{ ...operator, parallelism, subtasks }],
      attachment: {
        ...(metadata.attachment as NonNullable<typeof metadata.attachment>),
        bytes: serializeToBytes(json.of<Position>(), { records }),
      },
    };
    const { externalPointer } = await location.publish(writeCheckpointMetadata(savepoint, location));
    return { pointer: externalPointer, records };
  } finally {
    for (const backend of backends) await backend.close();
    await worker.close();
    await coordinator.close();
  }
}

function positionOf({ attachment }: CheckpointMetadata): number {
  return (JSON.parse(new TextDecoder().decode(attachment?.bytes).replace(/^[^{]*/, '')) as Position).records;
}

function accessTo(backends: readonly KeyedStateBackend<string>[], queues: readonly Timers[]): LedgerAccess {
  const indexOf = (key: string): number => {
    const keyGroup = assignToKeyGroup(key, string, MAX_PARALLELISM);
    return backends.findIndex(({ keyGroupRange }) => keyGroupRange.contains(keyGroup));
  };
  return {
    withKey: (key, handler) => void handler(statesOf(backends[indexOf(key)] as KeyedStateBackend<string>, key)),
    timersOf: (key) => queues[indexOf(key)] as Timers,
  };
}

function contentOf(backends: readonly KeyedStateBackend<string>[], queues: readonly Timers[]) {
  const accounts: Record<string, unknown> = {};
  for (const backend of backends) {
    statesOf(backend, 'account 0', false);
    for (const key of [...backend.getKeys('sum', VOID_NAMESPACE)]) accounts[key] = accountOf(statesOf(backend, key));
  }
  return { accounts, timers: queues.flatMap((queue) => timersAsText(queue)).sort() };
}

function statesOf(backend: KeyedStateBackend<string>, key: string, select = true): Parameters<typeof accountOf>[0] {
  if (select) backend.setCurrentKey(key);
  const states = Object.entries(ledgerStates).map(([name, descriptor]) => [
    name,
    backend.getPartitionedState(VOID_NAMESPACE, voidNamespaceSerializer, descriptor),
  ]);
  return Object.fromEntries(states);
}
