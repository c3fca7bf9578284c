// What every case about a state backend works with: backends of one subtask, snapshots in memory, restores.
//
//   BH1. Everything that was made is closed at the end of the case, and no stream may be left open then.

import {
  type Clock,
  Configuration,
  type ConfigurationSource,
  int32,
  KeyGroupRange,
  type KeySerializer,
  type Scheduler,
  type StateDescriptor,
  silentLogger,
  systemClock,
  systemRandom,
  systemScheduler,
} from '@tidemark/state-core';
import {
  type KeyedStateBackend,
  type KeyedStateHandle,
  type KeyedStateOf,
  type OperatorStateBackend,
  type OperatorStateHandle,
  type SnapshotContext,
  type StateBackend,
  type StateBackendParameters,
  voidNamespaceSerializer,
} from '@tidemark/state-core/spi';
import { createSnapshotContext, type SnapshotContextOptions } from '@tidemark/state-core/support';
import { assertTrue } from '../conformance/assertions.js';
import { MemoryCheckpointStreams } from '../memory/memory-checkpoint-streams.js';

/** How a backend of a case differs from the usual one: int32 keys, 10 key groups, all of them, nothing restored. */
export interface KeyedBackendOptions<K> {
  readonly keySerializer?: KeySerializer<K>;
  readonly numberOfKeyGroups?: number;
  readonly keyGroupRange?: KeyGroupRange;
  readonly restore?: readonly (KeyedStateHandle | undefined)[];
  readonly restoredCheckpointId?: number;
  readonly declaredStates?: readonly StateDescriptor[];
  readonly config?: ConfigurationSource;
  readonly clock?: Clock;
  readonly scheduler?: Scheduler;
  readonly signal?: AbortSignal;
}

/** The context of a case about a state backend. */
export class StateBackendHarness {
  readonly backend: StateBackend;
  readonly streams: MemoryCheckpointStreams;
  private readonly made: { close(): Promise<void> }[] = [];
  private lastCheckpointId = 0;
  private attempts = 0;

  /** @param streams - Where snapshots go. Default: streams of its own. */
  constructor(backend: StateBackend, streams: MemoryCheckpointStreams = new MemoryCheckpointStreams()) {
    this.backend = backend;
    this.streams = streams;
  }

  /** A keyed backend that is closed at the end of the case. */
  async createKeyed<K = number>(options: KeyedBackendOptions<K> = {}): Promise<KeyedStateBackend<K>> {
    const numberOfKeyGroups = options.numberOfKeyGroups ?? 10;
    const backend = await this.backend.createKeyedStateBackend<K>({
      ...this.parametersOf(options),
      keySerializer: options.keySerializer ?? (int32 as unknown as KeySerializer<K>),
      numberOfKeyGroups,
      keyGroupRange: options.keyGroupRange ?? KeyGroupRange.of(0, numberOfKeyGroups - 1),
      stateHandles: (options.restore ?? []).filter((handle) => handle !== undefined),
      restoredCheckpointId: options.restoredCheckpointId,
      declaredStates: options.declaredStates ?? [],
      managedMemoryFraction: 1,
    });
    this.made.push(backend);
    return backend;
  }

  /** An operator state backend that is closed at the end of the case. */
  async createOperator(...restore: readonly (OperatorStateHandle | undefined)[]): Promise<OperatorStateBackend> {
    const backend = await this.backend.createOperatorStateBackend({
      ...this.parametersOf({}),
      stateHandles: restore.filter((handle) => handle !== undefined),
    });
    this.made.push(backend);
    return backend;
  }

  /** A snapshot context with an id above all before; of a snapshot that shares nothing, unless it says otherwise. */
  snapshotContext(options: Partial<SnapshotContextOptions> = {}): SnapshotContext {
    this.lastCheckpointId++;
    return createSnapshotContext({
      checkpointId: this.lastCheckpointId,
      sharing: 'no-sharing',
      streams: this.streams,
      clock: systemClock,
      scheduler: systemScheduler,
      ...options,
    });
  }

  /** Freezes and writes. */
  async snapshot<K>(
    backend: KeyedStateBackend<K>,
    options: Partial<SnapshotContextOptions> = {},
  ): Promise<KeyedStateHandle | undefined> {
    return (await backend.snapshot(this.snapshotContext(options)).write()).jobManagerOwned;
  }

  /** Freezes and writes operator state. */
  async snapshotOperator(backend: OperatorStateBackend): Promise<OperatorStateHandle | undefined> {
    return (await backend.snapshot(this.snapshotContext()).write()).jobManagerOwned;
  }

  /** Freezes, writes, closes, and makes a backend from the snapshot. */
  async restart<K>(backend: KeyedStateBackend<K>, options: KeyedBackendOptions<K> = {}): Promise<KeyedStateBackend<K>> {
    const handle = await this.snapshot(backend);
    const { keySerializer, numberOfKeyGroups, keyGroupRange } = backend;
    await backend.close();
    return this.createKeyed({
      keySerializer,
      numberOfKeyGroups,
      keyGroupRange,
      restore: [handle],
      restoredCheckpointId: this.lastCheckpointId,
      ...options,
    });
  }

  /** Closes what the case made. @throws ConformanceFailure when a stream was left open (BH1). */
  async close(): Promise<void> {
    this.streams.letGo();
    for (const backend of this.made) await backend.close();
    assertTrue(this.streams.open === 0, `${this.streams.open} output streams were left open`);
    assertTrue(this.streams.openInputs === 0, `${this.streams.openInputs} input streams were left open`);
  }

  private parametersOf(
    options: Pick<KeyedBackendOptions<never>, 'config' | 'clock' | 'scheduler' | 'signal'>,
  ): StateBackendParameters {
    return {
      jobId: 'conformance',
      operatorIdentifier: 'operator_0',
      // Several are open at a time.
      attempt: this.attempts++,
      config: Configuration.from(options.config ?? {}),
      clock: options.clock ?? systemClock,
      scheduler: options.scheduler ?? systemScheduler,
      random: systemRandom,
      logger: silentLogger,
      stateReader: this.streams,
      signal: options.signal ?? new AbortController().signal,
    };
  }
}

/** The state of a descriptor in the void namespace. */
export function plainState<K, D extends StateDescriptor>(
  backend: KeyedStateBackend<K>,
  descriptor: D,
): KeyedStateOf<K, unknown, D> {
  return backend.getOrCreateKeyedState<unknown, D>(voidNamespaceSerializer as KeySerializer<unknown>, descriptor);
}
