// What a backend is created with: one object, so that arguments can be added.

import type { Clock } from '../ambient/clock.js';
import type { StateLogger } from '../ambient/logger.js';
import type { RandomSource } from '../ambient/random.js';
import type { Scheduler } from '../ambient/scheduler.js';
import type { StateHandleReader } from '../checkpoint-storage/checkpoint-stream.js';
import type { ReadableConfig } from '../config/readable-config.js';
import type { KeyedStateHandle } from '../handle/keyed-state-handle.js';
import type { OperatorStateHandle } from '../handle/operator-state-handle.js';
import type { KeyGroupRange } from '../key-group/key-group-range.js';
import type { KeySerializer } from '../serialization/type-serializer.js';
import type { StateDescriptor } from '../state/state-descriptor.js';

/** What both sorts of backend are created with. */
export interface StateBackendParameters {
  readonly jobId: string;
  /** Names the operator and subtask for messages and local files: `route-delay_0`. */
  readonly operatorIdentifier: string;
  /** Counts the attempts of this subtask, from 0: local files of different attempts never meet. */
  readonly attempt: number;
  readonly config: ReadableConfig;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: RandomSource;
  readonly logger: StateLogger;
  /** Opens the handles to restore from. */
  readonly stateReader: StateHandleReader;
  /** Fires when creation is no longer wanted. */
  readonly signal: AbortSignal;
}

/** What a keyed state backend is created with. */
export interface KeyedStateBackendParameters<K> extends StateBackendParameters {
  readonly keySerializer: KeySerializer<K>;
  /** The max parallelism of the operator: fixed for the life of its state. */
  readonly numberOfKeyGroups: number;
  /** The key groups of this subtask. */
  readonly keyGroupRange: KeyGroupRange;
  /** What to restore, already cut to `keyGroupRange` where possible; empty for a clean start. Each is complete in itself. */
  readonly stateHandles: readonly KeyedStateHandle[];
  /** The id that was restored, and that a next increment may name as its base. */
  readonly restoredCheckpointId: number | undefined;
  /**
   * The states that the program declares. Their compatibility with what is restored is decided before creation ends;
   * more may be registered later.
   */
  readonly declaredStates: readonly StateDescriptor[];
  /**
   * States of the snapshot that are let go of: they are not restored, are in no further snapshot, and the report lists them
   * as `discarded`. None of them is declared. Names that the snapshot has not change nothing. Default: none.
   */
  readonly discardedStates?: readonly string[];
  /**
   * Processing time for time to live, in milliseconds since 1970: whoever drives the state in slices gives one time for the
   * whole of a slice. Read whenever a key is chosen. Default: the time of `clock`.
   */
  readonly ttlProcessingTimeMs?: () => number;
  /** Share of the memory managed by the process, from 0 to 1, for backends that keep caches. */
  readonly managedMemoryFraction: number;
}

/** What an operator state backend is created with. */
export interface OperatorStateBackendParameters extends StateBackendParameters {
  /** What to restore, already redistributed. */
  readonly stateHandles: readonly OperatorStateHandle[];
}
