// What an operator state backend is made with in tests, and one round through a snapshot.

import { systemClock } from '../../src/ambient/clock.js';
import { silentLogger } from '../../src/ambient/logger.js';
import { systemRandom } from '../../src/ambient/random.js';
import { systemScheduler } from '../../src/ambient/scheduler.js';
import { Configuration, type ConfigurationSource } from '../../src/config/configuration.js';
import type { OperatorStateHandle } from '../../src/handle/operator-state-handle.js';
import type { SnapshotContext } from '../../src/state-backend/snapshot-context.js';
import { createSnapshotContext } from '../../src/support/create-snapshot-context.js';
import { DefaultOperatorStateBackend } from '../../src/support/default-operator-state-backend.js';
import { MemoryCheckpointStreams } from './memory-checkpoint-streams.js';

export function createOperatorStateBackend(
  stateHandles: readonly OperatorStateHandle[] = [],
  config: ConfigurationSource = {},
): Promise<DefaultOperatorStateBackend> {
  return DefaultOperatorStateBackend.create({
    jobId: 'job',
    operatorIdentifier: 'operator_0',
    attempt: 0,
    config: Configuration.from(config),
    clock: systemClock,
    scheduler: systemScheduler,
    random: systemRandom,
    logger: silentLogger,
    stateReader: new MemoryCheckpointStreams(),
    signal: new AbortController().signal,
    stateHandles,
  });
}

export function snapshotContext(
  streams: MemoryCheckpointStreams = new MemoryCheckpointStreams(),
  overrides: Partial<Parameters<typeof createSnapshotContext>[0]> = {},
): SnapshotContext {
  return createSnapshotContext({
    checkpointId: 1,
    streams,
    clock: systemClock,
    scheduler: systemScheduler,
    ...overrides,
  });
}

export async function snapshotOf(backend: DefaultOperatorStateBackend): Promise<OperatorStateHandle | undefined> {
  const result = await backend.snapshot(snapshotContext()).write();
  return result.jobManagerOwned;
}
