// The operations of the state suites by name: the workload of flink-benchmarks, each call preceded by choosing a key.

import { MAP_KEYS } from './sequences.js';

/** A suite of operations on one fixture. */
export type SuiteName = 'value' | 'string' | 'list' | 'map';

/** One operation. */
export interface OperationPlan {
  readonly suite: SuiteName;
  readonly name: string;
  /** Entries that one call goes through, where the figure counts entries. */
  readonly opsPerCall: number;
  /** Whether a round makes one call a key at most: what adds to keys or takes from them. */
  readonly isOncePerKey: boolean;
}

function plan(suite: SuiteName, name: string, opsPerCall = 1, isOncePerKey = false): OperationPlan {
  return { suite, name, opsPerCall, isOncePerKey };
}

/** All operations, in the order of the report. */
export const OPERATIONS: readonly OperationPlan[] = [
  plan('value', 'valueGet'),
  plan('value', 'valueUpdate'),
  plan('value', 'valueReadModifyWrite'),
  plan('value', 'hotReadModifyWrite'),
  plan('value', 'valueAdd', 1, true),
  plan('string', 'stringGet'),
  plan('string', 'stringReadModifyWrite'),
  plan('list', 'listUpdate'),
  plan('list', 'listAdd', 1, true),
  plan('list', 'listAppend', 1, true),
  plan('list', 'listGet'),
  plan('list', 'listGetAndIterate'),
  plan('list', 'listAddAll', 1, true),
  plan('map', 'mapGet'),
  plan('map', 'mapContains'),
  plan('map', 'mapIsEmpty'),
  plan('map', 'mapKeys', MAP_KEYS),
  plan('map', 'mapValues', MAP_KEYS),
  plan('map', 'mapEntries', MAP_KEYS),
  plan('map', 'mapIterator', MAP_KEYS),
  plan('map', 'mapUpdate'),
  plan('map', 'mapPutAll'),
  plan('map', 'mapAdd', 1, true),
  plan('map', 'mapRemove', 1, true),
];
