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

/**
 * The key that keyed state belongs to at the moment.
 *
 * Implementers (guide: Keys and namespaces)
 * - MUST refuse access without a key, and say what to call. [KEY-01]
 */
export interface KeyContext<K> {
  /**
   * Chooses the key of the accesses that follow.
   *
   * Implementers (guide: Keys and namespaces)
   * - MUST refuse the key of another subtask with its key group and the range. [KEY-02]
   * - MUST keep the key as it is now, whatever the program changes in the object afterwards. [KEY-08]
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
 * Implementers (guide: Keys and namespaces)
 * - MUST compare keys, namespaces and map keys by value: by the identity that their serializers give. [KSB-KEY-01,
 *   NAMESPACE-03, MAP-11]
 * - MUST keep the namespaces of a key apart. [NAMESPACE-01]
 *
 * Implementers (guide: States)
 * - MUST hand out and take in values that share nothing mutable with what is stored, defaults and accumulators
 *   included, unless `state.object-reuse` is set. [KSB-ALIAS-01, VALUE-04, VALUE-07, LIST-09, MAP-13, REDUCE-05,
 *   AGGREGATE-03, FOLD-02]
 * - MUST find live values that were changed without an update, where `state.check-mutation` is set. [MUTATION-01]
 *
 * Implementers (guide: Restore)
 * - MUST keep restored states that nobody registers and write them, unchanged, into every snapshot. [KSB-RESTORE-01,
 *   RESTORE-01]
 * - MUST leave the other restored entries as they were when some are used, also while a snapshot is written.
 *   [RESTORE-03, RESTORE-04, RESTORE-14]
 */
export interface KeyedStateBackend<K> extends KeyContext<K>, CheckpointListener {
  readonly keySerializer: KeySerializer<K>;
  readonly numberOfKeyGroups: number;
  readonly keyGroupRange: KeyGroupRange;
  /**
   * What became of the restored states; grows as states are registered.
   *
   * Implementers (guide: Restore)
   * - MUST say what matched, is new and is kept, and grow with registrations. [RESTORE-02]
   * - MUST say that a time to live came or went. [TTL-41]
   */
  readonly restoreReport: StateRestoreReport;

  /**
   * The state of a descriptor, made at the first call. The same name gives the same object afterwards.
   *
   * Implementers (guide: States)
   * - MUST give the same object for the same name, and refuse another sort of state under it with both sorts.
   *   [REGISTER-01]
   * - MUST take the function and the default of the last call. [REGISTER-02]
   * - MUST refuse other types for a state in use, and a missing namespace. [REGISTER-03, NAMESPACE-02]
   *
   * Implementers (guide: Schema changes)
   * - MUST refuse types that the restored bytes are incompatible with, with old and new side by side. [RESTORE-07,
   *   MIGRATION-07..MIGRATION-10, MIGRATION-14]
   * - MUST read old values as values of the type of today, touched before or not. [MIGRATION-01..MIGRATION-03,
   *   MIGRATION-12]
   * - MUST use the reconfigured serializer alone where a serializer answers with one. [MIGRATION-04..MIGRATION-06,
   *   MIGRATION-13, MIGRATION-15, MIGRATION-17]
   * - MUST refuse map keys of another type: they never migrate. [MIGRATION-16]
   * - MUST decode only what is used, and carry the bytes of everything else, under as many schemas as there are.
   *   [MIGRATION-11, MIGRATION-18, MIGRATION-19, MIGRATION-21, MIGRATION-22]
   * - MUST tell of a migration that fails at the access that needs it, every time, and lose nothing. [MIGRATION-20]
   *
   * @throws StateError `state-already-registered` when the name is taken by another sort of state,
   * `value-serializer-incompatible`, `namespace-serializer-incompatible`, `state-type-incompatible`, `too-many-states`,
   * `backend-closed`. TypeError for a missing namespace serializer.
   */
  getOrCreateKeyedState<N, D extends StateDescriptor>(
    namespaceSerializer: KeySerializer<N>,
    descriptor: D,
  ): KeyedStateOf<K, N, D>;
  /**
   * As {@link getOrCreateKeyedState}, with `namespace` chosen; the last state asked for is found without a look-up.
   *
   * Implementers (guide: Keys and namespaces)
   * - MUST give the same object again, moved to the namespace asked for. [NAMESPACE-04]
   */
  getPartitionedState<N, D extends StateDescriptor>(
    namespace: N,
    namespaceSerializer: KeySerializer<N>,
    descriptor: D,
  ): KeyedStateOf<K, N, D>;

  /**
   * The keys that have something in a state and namespace. Empty for an unknown state. Fails with `concurrent-modification`.
   *
   * Implementers (guide: Keys and namespaces)
   * - MUST list each key once, none whose last entry is gone, and fail when keys come or go meanwhile. [KEY-07, MAP-07]
   */
  getKeys<N>(stateName: string, namespace: N): Iterable<K>;
  /**
   * All keys and namespaces that have something in a state.
   *
   * Implementers (guide: Keys and namespaces)
   * - MUST list every pair of key and namespace once. [NAMESPACE-05]
   */
  getKeysAndNamespaces<N>(stateName: string): Iterable<readonly [key: K, namespace: N]>;
  /**
   * Calls `apply` for every key that has something in the state, with that key chosen. It may change the state. The
   * current key is restored afterwards.
   *
   * Implementers (guide: Keys and namespaces)
   * - MUST reach every key, also right after a restore, and let the function read, clear and add under it. [KEY-05,
   *   KEY-06]
   */
  applyToAllKeys<N, D extends StateDescriptor>(
    namespace: N,
    namespaceSerializer: KeySerializer<N>,
    descriptor: D,
    apply: (key: K, state: StateOf<D>) => void,
  ): void;

  /**
   * A queue that is part of the keyed state: snapshotted, restored and rescaled with it. The same name gives the same
   * queue; names are shared with the states. Absent where the capability `priorityQueues` is.
   *
   * Implementers (guide: Priority queues)
   * - MUST give one queue for one name, and share names with the states: errors name both sorts. [KSB-QUEUE-16]
   * - MUST count elements as entries, and as keys of no state. [KSB-QUEUE-17]
   * - MUST write increments of what came and went, and forget none of it. [KSB-QUEUE-19, KSB-QUEUE-20]
   * - MUST restore queues at every parallelism, from savepoints too, and go on from there. [KSB-QUEUE-21..KSB-QUEUE-23]
   * - MUST list and carry queues that nobody asks for, and refuse other types before anything is read. [KSB-QUEUE-24,
   *   KSB-QUEUE-25]
   *
   * @throws StateError `state-already-registered` when the name is taken by a state, `namespace-serializer-incompatible`,
   * `key-serializer-incompatible` for priorities of another type, `key-type-unsupported`, `state-type-incompatible`,
   * `too-many-states`, `backend-closed`. TypeError for a descriptor without name or types.
   */
  createPriorityQueue?<N, P>(
    descriptor: PriorityQueueDescriptor<N, P>,
  ): KeyGroupedInternalPriorityQueue<PriorityQueueElement<K, N, P>>;

  /**
   * Moves the clock of event time on, in milliseconds; it never goes back. Called by whoever knows the watermark. Absent where
   * no state can expire by event time.
   *
   * Implementers (guide: Time to live)
   * - MUST move event time by these calls alone, and never back. [TTL-42]
   * - MUST make event time part of every snapshot, also of one in which nothing else changed. [TTL-43, TTL-50]
   * - MUST let entries from before the first call live from then on, restarts or not, used or not. [TTL-44,
   *   KSB-INCREMENT-TTL-04, KSB-INCREMENT-TTL-05]
   *
   * @throws RangeError for what is no time. StateError `backend-closed`.
   */
  advanceEventTime?(timestampMs: number): void;

  /**
   * Implementers (guide: Keys and namespaces)
   * - MUST tell listeners of every key until they are taken away. [KEY-03]
   */
  registerKeySelectionListener(listener: KeySelectionListener<K>): void;
  /** Whether the listener was there. */
  deregisterKeySelectionListener(listener: KeySelectionListener<K>): boolean;

  /**
   * Makes the state of these keys available, where it may have to be waited for: a store over a network, key groups that
   * are still being restored. Absent where access never has to wait.
   */
  prepare?(keys: readonly K[]): void | Promise<void>;

  /**
   * The synchronous half of a snapshot.
   *
   * Implementers (guide: Snapshots)
   * - MUST show the state as of this call, whatever is written afterwards. [KSB-SNAPSHOT-01, SNAPSHOT-01, LIST-10,
   *   AGGREGATE-02]
   * - MUST write the states of this call, whatever is registered, read or decoded afterwards. [KSB-SNAPSHOT-02,
   *   KSB-SNAPSHOT-03]
   * - MUST keep out of a view what the program changes in place in the values that it reads after this call, and have it in
   *   the next, where `state.object-reuse` is set. [SNAPSHOT-12..SNAPSHOT-14]
   * - MUST keep several views apart, in whatever order they are written. [SNAPSHOT-02, SNAPSHOT-03]
   * - MUST have in the next snapshot, once, what was changed beside this one. [SNAPSHOT-15]
   * - MUST end without a handle when there is no state, and with one as soon as one is registered. [SNAPSHOT-08,
   *   SNAPSHOT-09]
   *
   * @throws StateError `too-many-concurrent-snapshots`, `backend-closed`.
   */
  snapshot(context: SnapshotContext): SnapshotView<KeyedStateHandle>;

  /**
   * How many entries there are: keys and namespaces with a value; for maps, map entries on stores that keep them apart.
   *
   * Implementers (guide: Figures and life cycle)
   * - MUST count an entry once, and no longer when it is cleared. [KEY-04]
   */
  numKeyValueStateEntries(): number;
  /**
   * Implementers (guide: Figures and life cycle)
   * - MUST give plain numbers and texts, and decode nothing for them. [METRICS-01, FIGURES-07]
   * - MUST measure the latency of every N-th call where configuration says so, by the names of Flink, and nowhere else.
   *   [FIGURES-01..FIGURES-03]
   * - MUST measure the sizes of the serialized keys and values. [FIGURES-04]
   * - MUST bound the samples, share them where configured, and change no outcome by measuring. [FIGURES-05, FIGURES-06]
   */
  metrics(): StateMetrics;

  /**
   * Aborts and awaits running snapshots, then lets go of everything. Idempotent.
   *
   * Implementers (guide: Figures and life cycle)
   * - MUST refuse every use afterwards with `backend-closed`, and be harmless the second time. [CLOSE-01]
   */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
