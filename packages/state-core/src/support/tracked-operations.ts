// Which calls of a keyed state are tracked, under the names that Flink gives their figures.
//
//   TO1. `name` with `Latency`, `KeySize` and `ValueSize` behind it is the name of a figure.
//   TO2. Iterators of JavaScript have no hasNext: `next` says both, so there is no mapStateIteratorHasNextLatency.

import type { StateKind } from '../state/state-descriptor.js';

/**
 * Where the value of a call is found: its only argument, several of them in its only argument, its second argument,
 * entries in its only argument, its result, the elements of its result, what is stored after it. `none`: only the size of
 * the key is a figure.
 */
export type SizedValue = 'argument' | 'elements' | 'entry' | 'entries' | 'result' | 'results' | 'stored' | 'none';

/** One call that is tracked. */
export interface TrackedOperation {
  readonly method: string | symbol;
  readonly name: string;
  /** What is measured of it; absent when sizes say nothing about it. */
  readonly size?: SizedValue;
  /** Whether its first argument is a map key, which belongs to the key then. */
  readonly takesMapKey?: true;
  /** Whether it gives an iterator over map entries, whose steps are tracked too. */
  readonly iterates?: true;
}

const CLEAR: TrackedOperation = { method: 'clear', name: 'stateClear' };

function accumulating(kind: string): readonly TrackedOperation[] {
  return [
    { method: 'get', name: `${kind}StateGet`, size: 'stored' },
    { method: 'add', name: `${kind}StateAdd`, size: 'stored' },
    CLEAR,
  ];
}

function merging(kind: string): readonly TrackedOperation[] {
  return [...accumulating(kind), { method: 'mergeNamespaces', name: `${kind}StateMergeNamespaces`, size: 'none' }];
}

/** The calls that are tracked, by sort of state. */
export const TRACKED_OPERATIONS: Readonly<Record<StateKind, readonly TrackedOperation[]>> = {
  value: [
    { method: 'value', name: 'valueStateGet', size: 'result' },
    { method: 'update', name: 'valueStateUpdate', size: 'argument' },
    CLEAR,
  ],
  list: [
    { method: 'get', name: 'listStateGet', size: 'results' },
    { method: 'add', name: 'listStateAdd', size: 'argument' },
    { method: 'addAll', name: 'listStateAddAll', size: 'elements' },
    { method: 'update', name: 'listStateUpdate', size: 'elements' },
    { method: 'mergeNamespaces', name: 'listStateMergeNamespaces', size: 'none' },
    CLEAR,
  ],
  map: [
    { method: 'get', name: 'mapStateGet', size: 'result', takesMapKey: true },
    { method: 'put', name: 'mapStatePut', size: 'entry', takesMapKey: true },
    { method: 'putAll', name: 'mapStatePutAll', size: 'entries' },
    { method: 'remove', name: 'mapStateRemove', size: 'none', takesMapKey: true },
    { method: 'contains', name: 'mapStateContains', size: 'none', takesMapKey: true },
    { method: 'isEmpty', name: 'mapStateIsEmpty', size: 'none' },
    { method: 'entries', name: 'mapStateEntriesInit', iterates: true },
    { method: 'keys', name: 'mapStateKeysInit', iterates: true },
    { method: 'values', name: 'mapStateValuesInit', iterates: true },
    { method: Symbol.iterator, name: 'mapStateIteratorInit', iterates: true },
    CLEAR,
  ],
  reducing: merging('reducing'),
  aggregating: merging('aggregating'),
  folding: accumulating('folding'),
};

/** The step of an iterator over a map state. */
export const ITERATOR_NEXT = 'mapStateIteratorNext';
/** Removing the entry an iterator returned last. */
export const ITERATOR_REMOVE = 'mapStateIteratorRemove';
