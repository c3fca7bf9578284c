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
 * @typeParam T - The value.
 * @typeParam R - What reading gives: `T` with a default value, else `T | undefined`.
 */
export interface ValueState<T, R = T | undefined> extends State {
  /** The value of the current key; else a copy of the default; else `undefined`. */
  value(): R;
  /** Replaces the value; `undefined` is the same as {@link State.clear}. @throws StateError `value-not-serializable`, at the latest when a snapshot is written. */
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

/** A list per key, in order of insertion; duplicates are kept. */
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

/** Walks through a map state and can change it on the way. */
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

/** One value per key into which added values are reduced. */
export interface ReducingState<T> extends MergingState<T, T> {}

/** An accumulator per key into which added values are aggregated; reading gives the result. */
export interface AggregatingState<IN, OUT> extends MergingState<IN, OUT> {}

/** An accumulator per key into which added values are folded. Legacy: use {@link AggregatingState}. */
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
