// The states as the library itself uses them: with a namespace, and with what is really stored.

import type { KeySerializer, TypeSerializer } from '../serialization/type-serializer.js';
import type {
  AggregatingState,
  AppendingState,
  FoldingState,
  ListState,
  MapState,
  MergingState,
  ReducingState,
  State,
  ValueState,
} from '../state/state.js';
import type { StateKind } from '../state/state-descriptor.js';

/**
 * A keyed state of a backend: the state of the current key in the current namespace.
 *
 * @typeParam K - Key. @typeParam N - Namespace. @typeParam SV - What is stored.
 */
export interface InternalKvState<K, N, SV> extends State {
  readonly name: string;
  readonly kind: StateKind;
  readonly keySerializer: KeySerializer<K>;
  readonly namespaceSerializer: KeySerializer<N>;
  readonly valueSerializer: TypeSerializer<SV>;
  /** Chooses the namespace of the accesses that follow. @throws TypeError for null or undefined. */
  setCurrentNamespace(namespace: N): void;
  /**
   * The serialized value of a key and namespace given as canonical bytes, without touching the current key; `undefined`
   * when there is none. For queries from outside. Absent where state cannot be queried.
   */
  getSerializedValue?(key: Uint8Array, namespace: Uint8Array): Uint8Array | undefined;
}

/** An appending state whose stored value can be read and replaced. */
export interface InternalAppendingState<K, N, IN, SV, OUT> extends InternalKvState<K, N, SV>, AppendingState<IN, OUT> {
  /** What is stored, or `undefined`. Not copied: for the library's own use. */
  getInternal(): SV | undefined;
  updateInternal(value: SV): void;
}

/** An appending state whose namespaces can be merged. */
export interface InternalMergingState<K, N, IN, SV, OUT>
  extends InternalAppendingState<K, N, IN, SV, OUT>,
    MergingState<IN, OUT> {
  /**
   * Merges the state of the current key in `sources` into `target`; the sources are empty afterwards.
   *
   * No sources: nothing happens. `target` among the sources: its value takes part once.
   *
   * Implementers (guide: States)
   * - MUST leave one value in the target, merged from all sources, and nothing in the sources. [MERGE-01..MERGE-04]
   * - MUST change nothing for no sources, and let a target among the sources take part once. [MERGE-05]
   * - MUST keep the order of lists: the target first, then the sources as given. [MERGE-06]
   * - MUST leave a snapshot that is being written as of its freeze. [MERGE-07]
   */
  mergeNamespaces(target: N, sources: Iterable<N>): void;
}

/** @see ValueState */
export interface InternalValueState<K, N, T> extends InternalKvState<K, N, T>, ValueState<T, T | undefined> {}
/** @see MapState */
export interface InternalMapState<K, N, UK, UV> extends InternalKvState<K, N, ReadonlyMap<UK, UV>>, MapState<UK, UV> {}
/** @see ReducingState */
export interface InternalReducingState<K, N, T> extends InternalMergingState<K, N, T, T, T>, ReducingState<T> {}
/** @see AggregatingState */
export interface InternalAggregatingState<K, N, IN, ACC, OUT>
  extends InternalMergingState<K, N, IN, ACC, OUT>,
    AggregatingState<IN, OUT> {}
/** @see FoldingState */
export interface InternalFoldingState<K, N, T, ACC>
  extends InternalAppendingState<K, N, T, ACC, ACC>,
    FoldingState<T, ACC> {}

/** @see ListState. `getInternal()` is `undefined` for an empty list where `get()` gives an empty iterable. */
export interface InternalListState<K, N, T> extends InternalKvState<K, N, readonly T[]>, ListState<T> {
  getInternal(): readonly T[] | undefined;
  updateInternal(values: readonly T[]): void;
  mergeNamespaces(target: N, sources: Iterable<N>): void;
}
