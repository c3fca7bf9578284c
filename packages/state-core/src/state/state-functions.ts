// The functions that reducing, aggregating and folding states are made with.

/** Combines two values into one. Must be associative; must not keep its arguments. */
export type ReduceFunction<T> = (accumulated: T, value: T) => T;

/**
 * Aggregates values into an accumulator. The accumulator may be changed in place and returned; an added value must not be
 * kept inside it, only what is taken from it.
 */
export interface AggregateFunction<IN, ACC, OUT> {
  createAccumulator(): ACC;
  add(value: IN, accumulator: ACC): ACC;
  getResult(accumulator: ACC): OUT;
  /** Combines two accumulators: needed where namespaces merge. */
  merge(a: ACC, b: ACC): ACC;
}

/** Folds a value into an accumulator of another type. Must not keep the value inside it. */
export type FoldFunction<T, ACC> = (accumulator: ACC, value: T) => ACC;
