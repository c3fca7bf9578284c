// How a program gets at its keyed states: by descriptor.

import type { AggregatingState, FoldingState, ListState, MapState, ReducingState, ValueState } from './state.js';
import type {
  AggregatingStateDescriptor,
  FoldingStateDescriptor,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  ValueOrDefault,
  ValueStateDescriptor,
} from './state-descriptor.js';

/** Gives the keyed states of an operator. The same descriptor gives the same state. */
export interface KeyedStateStore {
  getState<T, D extends T | undefined>(descriptor: ValueStateDescriptor<T, D>): ValueState<T, ValueOrDefault<T, D>>;
  getListState<T>(descriptor: ListStateDescriptor<T>): ListState<T>;
  getMapState<UK, UV>(descriptor: MapStateDescriptor<UK, UV>): MapState<UK, UV>;
  getReducingState<T>(descriptor: ReducingStateDescriptor<T>): ReducingState<T>;
  getAggregatingState<IN, ACC, OUT>(descriptor: AggregatingStateDescriptor<IN, ACC, OUT>): AggregatingState<IN, OUT>;
  /** Legacy. */
  getFoldingState<T, ACC>(descriptor: FoldingStateDescriptor<T, ACC>): FoldingState<T, ACC>;
}
