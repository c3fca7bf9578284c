// The keyed state of one subtask: tier two of the service interface, for those who want all of it in their hands.
// Tier one is keyed-store.ts.

import type { KeyedStateHandle } from '../handle/keyed-state-handle.js';
import type { KeyGroupRange } from '../key-group/key-group-range.js';
import type { KeySerializer } from '../serialization/type-serializer.js';
import type {
  AggregatingStateDescriptor,
  FoldingStateDescriptor,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  StateDescriptor,
  StateOf,
  ValueStateDescriptor,
} from '../state/state-descriptor.js';
import type { CheckpointListener } from './checkpoint-listener.js';
import type {
  InternalAggregatingState,
  InternalFoldingState,
  InternalKvState,
  InternalListState,
  InternalMapState,
  InternalReducingState,
} from './internal-state.js';
import type {
  KeyGroupedInternalPriorityQueue,
  PriorityQueueDescriptor,
  PriorityQueueElement,
} from './priority-queue.js';
import type { SnapshotContext, SnapshotView } from './snapshot-context.js';
import type { StateRestoreReport } from './state-restore-report.js';

/** The internal side of the state that a descriptor describes. */
export type InternalStateOf<K, N, D> =
  D extends ValueStateDescriptor<infer T, infer _D>
    ? InternalKvState<K, N, T>
    : D extends ListStateDescriptor<infer T>
      ? InternalListState<K, N, T>
      : D extends MapStateDescriptor<infer UK, infer UV>
        ? InternalMapState<K, N, UK, UV>
        : D extends ReducingStateDescriptor<infer T>
          ? InternalReducingState<K, N, T>
          : D extends AggregatingStateDescriptor<infer IN, infer ACC, infer OUT>
            ? InternalAggregatingState<K, N, IN, ACC, OUT>
            : D extends FoldingStateDescriptor<infer T, infer ACC>
              ? InternalFoldingState<K, N, T, ACC>
              : InternalKvState<K, N, unknown>;

/** A state together with its internal side. */
export type KeyedStateOf<K, N, D> = StateOf<D> & InternalStateOf<K, N, D>;

/**
 * What a backend tells about itself: plain numbers and text by name. Looking costs little and decodes nothing.
 *
 * `entries` counts the entries of all states and `<state>.entries` those of one, where the backend knows; the figures of
 * tracked calls are `<state>.valueStateGetLatency.p99` and the like.
 */
export type StateMetrics = Readonly<Record<string, number | string>>;

/** Told whenever a key is chosen. */
export type KeySelectionListener<K> = (key: K) => void;

/** The key that keyed state belongs to at the moment. */
export interface KeyContext<K> {
  /**
   * Chooses the key of the accesses that follow.
   *
   * @throws TypeError for null or undefined. StateError `key-group-out-of-range` when the key belongs to another subtask.
   */
  setCurrentKey(key: K): void;
  /** The current key, or `undefined`. */
  getCurrentKey(): K | undefined;
  /** Leaves no key chosen: state access throws `no-current-key` until the next. */
  clearCurrentKey(): void;
  /** The key group of the current key. @throws StateError `no-current-key`. */
  getCurrentKeyGroup(): number;
}

/**
 * The keyed state of one subtask.
 *
 * State access is synchronous and happens on one thread. Creation, snapshot, restore and close are asynchronous.
 *
 * Implementers
 * - MUST compare keys, namespaces and map keys by value: by the identity that their serializers give. [KSB-KEY-01]
 * - MUST show a snapshot the state as of its freeze, whatever is written afterwards. [KSB-SNAPSHOT-01]
 * - MUST write the states of the freeze, whatever is registered, read or decoded afterwards.
 *   [KSB-SNAPSHOT-02, KSB-SNAPSHOT-03]
 * - MUST hand out and take in values that share nothing mutable with what is stored, unless `state.object-reuse` is
 *   set. [KSB-ALIAS-01]
 * - MUST keep restored states that nobody registers and write them, unchanged, into every snapshot. [KSB-RESTORE-01]
 * - MUST refuse to be created when a declared state is incompatible, before any record. [KSB-RESTORE-02]
 */
export interface KeyedStateBackend<K> extends KeyContext<K>, CheckpointListener {
  readonly keySerializer: KeySerializer<K>;
  readonly numberOfKeyGroups: number;
  readonly keyGroupRange: KeyGroupRange;
  /** What became of the restored states; grows as states are registered. */
  readonly restoreReport: StateRestoreReport;

  /**
   * The state of a descriptor, made at the first call. The same name gives the same object afterwards.
   *
   * @throws StateError `state-already-registered` when the name is taken by another sort of state,
   * `value-serializer-incompatible`, `namespace-serializer-incompatible`, `state-type-incompatible`, `too-many-states`,
   * `backend-closed`. TypeError for a missing namespace serializer.
   */
  getOrCreateKeyedState<N, D extends StateDescriptor>(
    namespaceSerializer: KeySerializer<N>,
    descriptor: D,
  ): KeyedStateOf<K, N, D>;
  /** As {@link getOrCreateKeyedState}, with `namespace` chosen; the last state asked for is found without a look-up. */
  getPartitionedState<N, D extends StateDescriptor>(
    namespace: N,
    namespaceSerializer: KeySerializer<N>,
    descriptor: D,
  ): KeyedStateOf<K, N, D>;

  /** The keys that have something in a state and namespace. Empty for an unknown state. Fails with `concurrent-modification`. */
  getKeys<N>(stateName: string, namespace: N): Iterable<K>;
  /** All keys and namespaces that have something in a state. */
  getKeysAndNamespaces<N>(stateName: string): Iterable<readonly [key: K, namespace: N]>;
  /**
   * Calls `apply` for every key that has something in the state, with that key chosen. It may change the state. The
   * current key is restored afterwards.
   */
  applyToAllKeys<N, D extends StateDescriptor>(
    namespace: N,
    namespaceSerializer: KeySerializer<N>,
    descriptor: D,
    apply: (key: K, state: StateOf<D>) => void,
  ): void;

  /**
   * A queue that is part of the keyed state: snapshotted, restored and rescaled with it. The same name gives the same
   * queue. Absent where the capability `priorityQueues` is.
   *
   * @throws StateError as {@link getOrCreateKeyedState}.
   */
  createPriorityQueue?<N, P>(
    descriptor: PriorityQueueDescriptor<N, P>,
  ): KeyGroupedInternalPriorityQueue<PriorityQueueElement<K, N, P>>;

  /**
   * Moves the clock of event time on, in milliseconds; it never goes back. Called by whoever knows the watermark. Absent where
   * no state can expire by event time.
   *
   * @throws RangeError for what is no time. StateError `backend-closed`.
   */
  advanceEventTime?(timestampMs: number): void;

  registerKeySelectionListener(listener: KeySelectionListener<K>): void;
  /** Whether the listener was there. */
  deregisterKeySelectionListener(listener: KeySelectionListener<K>): boolean;

  /**
   * Makes the state of these keys available, where it may have to be waited for: a store over a network, key groups that
   * are still being restored. Absent where access never has to wait.
   */
  prepare?(keys: readonly K[]): void | Promise<void>;

  /** The synchronous half of a snapshot. @throws StateError `too-many-concurrent-snapshots`, `backend-closed`. */
  snapshot(context: SnapshotContext): SnapshotView<KeyedStateHandle>;

  /** How many entries there are: keys and namespaces with a value; for maps, map entries on stores that keep them apart. */
  numKeyValueStateEntries(): number;
  metrics(): StateMetrics;

  /** Aborts and awaits running snapshots, then lets go of everything. Idempotent. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
