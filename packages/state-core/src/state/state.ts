// The states that a program sees. Access is synchronous on every backend and always means the current key (and, inside
// the library, the current namespace).
//
//   V1. `undefined` means "no value" and is never stored; `null` is an ordinary value that its type must allow.
//   V2. What a state returns and takes is the caller's own: mutable values are copied out on read and in on update,
//       unless `state.object-reuse` says otherwise.
//   V3. Outside a key every access throws a StateError `no-current-key`; after close, `backend-closed`.

/** What every state can do. */
export interface State {
  /** Removes the value of the current key. Other keys are untouched. */
  clear(): void;
}

/**
 * One value per key.
 *
 * Implementers (guide: States)
 * - MUST give the value of the current key and of no other. [VALUE-01]
 *
 * @typeParam T - The value.
 * @typeParam R - What reading gives: `T` with a default value, else `T | undefined`.
 */
export interface ValueState<T, R = T | undefined> extends State {
  /**
   * The value of the current key; else a copy of the default; else `undefined`.
   *
   * Implementers (guide: States)
   * - MUST give the default, or `undefined` without one, before the first update, after a clear and after a restore.
   *   [VALUE-02, VALUE-03]
   */
  value(): R;
  /**
   * Replaces the value; `undefined` is the same as {@link State.clear}.
   *
   * Implementers (guide: States)
   * - MUST take `undefined` as a clear, and `null` as a value like any other. [VALUE-05, VALUE-06]
   *
   * @throws StateError `value-not-serializable`, at the latest when a snapshot is written.
   */
  update(value: T | undefined): void;
}

/** A state that values are added to. */
export interface AppendingState<IN, OUT> extends State {
  /** What was accumulated, or `undefined` when nothing was. */
  get(): OUT | undefined;
  /** Adds a value. */
  add(value: IN): void;
}

/** An appending state whose namespaces can be merged. */
export interface MergingState<IN, OUT> extends AppendingState<IN, OUT> {}

/**
 * A list per key, in order of insertion; duplicates are kept.
 *
 * Implementers (guide: States)
 * - MUST keep the elements of each key in their order, duplicates included, and be empty after a clear. [LIST-01,
 *   LIST-07, LIST-08]
 * - MUST refuse `undefined` wherever it stands, and change nothing then. [LIST-02..LIST-06]
 */
export interface ListState<T> extends State {
  /** The elements in order; empty when there are none. */
  get(): Iterable<T>;
  /** Appends an element. @throws TypeError for `undefined`. */
  add(value: T): void;
  /** Appends all elements; nothing at all when one of them is `undefined`. @throws TypeError for `undefined`. */
  addAll(values: Iterable<T>): void;
  /** Replaces the list; an empty one is the same as {@link State.clear}. @throws TypeError for `undefined`. */
  update(values: Iterable<T>): void;
}

/**
 * Walks through a map state and can change it on the way.
 *
 * Implementers (guide: States)
 * - MUST remove and replace the entry returned last, that one only, once. [MAP-03]
 * - MUST fail when entries came or went by another way, and stay with the key that was current at first. [MAP-09,
 *   MAP-10]
 */
export interface MapStateIterator<E, V> extends IterableIterator<E> {
  /** Removes the entry returned last. @throws StateError `concurrent-modification` when there is none or it is gone. */
  remove(): void;
  /** Replaces the value of the entry returned last. @throws StateError `concurrent-modification` when there is none or it is gone. */
  setValue(value: V): void;
}

/**
 * A map per key. Map keys compare by value.
 *
 * Iterators belong to the key that was current when they were made and fail with `concurrent-modification` when entries
 * were added or removed other than by themselves. Their order is unspecified on the heap and that of the encoded map
 * keys on stores that sort.
 *
 * Implementers (guide: States)
 * - MUST keep the entries of each key, and nothing of a key whose last entry is gone. [MAP-01, MAP-02, MAP-06, MAP-08]
 * - MUST refuse `undefined` as a value, and take `null` where the type allows it. [MAP-12]
 * - MUST give plain pairs as entries, each once, in ascending order of the map keys when it declares
 *   `orderedIteration`. [MAP-04, MAP-05]
 */
export interface MapState<UK, UV> extends State {
  /** The value of a map key, or `undefined`. */
  get(key: UK): UV | undefined;
  /** @throws TypeError for an `undefined` value. */
  put(key: UK, value: UV): void;
  putAll(entries: Iterable<readonly [UK, UV]>): void;
  remove(key: UK): void;
  contains(key: UK): boolean;
  isEmpty(): boolean;
  entries(): MapStateIterator<[UK, UV], UV>;
  keys(): MapStateIterator<UK, UV>;
  values(): MapStateIterator<UV, UV>;
  [Symbol.iterator](): MapStateIterator<[UK, UV], UV>;
}

/**
 * One value per key into which added values are reduced.
 *
 * Implementers (guide: States)
 * - MUST reduce what is added under each key; `add(undefined)` is a clear, and an empty state reads as `undefined`.
 *   [REDUCE-01..REDUCE-04]
 */
export interface ReducingState<T> extends MergingState<T, T> {}

/**
 * An accumulator per key into which added values are aggregated; reading gives the result.
 *
 * Implementers (guide: States)
 * - MUST give the result of the accumulator of each key. [AGGREGATE-01]
 */
export interface AggregatingState<IN, OUT> extends MergingState<IN, OUT> {}

/**
 * An accumulator per key into which added values are folded. Legacy: use {@link AggregatingState}.
 *
 * Implementers (guide: States)
 * - MUST fold what is added under each key, from the initial value on. [FOLD-01]
 */
export interface FoldingState<T, ACC> extends AppendingState<T, ACC> {}

/** What is read from a broadcast state on the side that may not change it. */
export interface ReadOnlyBroadcastState<K, V> {
  get(key: K): V | undefined;
  contains(key: K): boolean;
  /** The entries; changing them changes nothing. */
  immutableEntries(): Iterable<readonly [K, V]>;
}

/** A map that every subtask of an operator holds with the same content. */
export interface BroadcastState<K, V> extends ReadOnlyBroadcastState<K, V>, State {
  put(key: K, value: V): void;
  putAll(entries: Iterable<readonly [K, V]>): void;
  remove(key: K): void;
  entries(): IterableIterator<[K, V]>;
  [Symbol.iterator](): IterableIterator<[K, V]>;
}
