// What is promised of each backend against each peer: the floors that must hold and the goals that are claimed.

import type { RowUnit } from '../runner/row.js';

/** A floor and a goal. */
export interface Promised {
  readonly unit: RowUnit;
  readonly floor: number;
  readonly goal: number;
}

function atMost(floor: number, goal: number, unit: RowUnit = 'x time'): Promised {
  return { unit, floor, goal };
}

function atLeast(floor: number, goal: number): Promised {
  return { unit: 'x speed', floor, goal };
}

const FLINK_HEAP_OPERATIONS: readonly string[] = [
  'valueReadModifyWrite',
  'hotReadModifyWrite',
  'valueAdd',
  'stringGet',
  'stringReadModifyWrite',
  'listUpdate',
  'listAdd',
  'listAppend',
  'listGet',
  'listGetAndIterate',
  'listAddAll',
  'mapGet',
  'mapContains',
  'mapIsEmpty',
  'mapKeys',
  'mapValues',
  'mapEntries',
  'mapIterator',
  'mapUpdate',
  'mapPutAll',
  'mapAdd',
  'mapRemove',
];

/** By `<backend> <peer>`, then by workload. */
const PROMISES: Readonly<Record<string, Readonly<Record<string, Promised>>>> = {
  'hashmap map': {
    valueGet: atMost(3, 2.2),
    valueUpdate: atMost(2.5, 2),
    stringGet: atMost(1.8, 1.3),
  },
  'hashmap flink-heap': {
    valueGet: atLeast(0.7, 1.5),
    valueUpdate: atLeast(0.7, 1.5),
    ...Object.fromEntries(FLINK_HEAP_OPERATIONS.map((name) => [name, atLeast(0.7, 1)])),
  },
  'lmdb lmdb-js': { valueGet: atMost(1.6, 1.25) },
  'lmdb hashmap': {
    hotReadModifyWrite: atMost(3, 1.5),
    'memory: resident': atMost(0.3, 0.1, 'x size'),
  },
  'lmdb flink-rocksdb': {
    valueReadModifyWrite: atLeast(1, 3),
    valueGet: atLeast(1.5, 4),
    mapGet: atLeast(1.5, 4),
    listGet: atLeast(1.5, 4),
    mapKeys: atLeast(1.5, 4),
    mapValues: atLeast(1.5, 4),
    mapEntries: atLeast(1.5, 4),
    mapIterator: atLeast(1.5, 4),
    mapPutAll: atLeast(1, 3),
    listAppend: atLeast(1, 2),
    listAddAll: atLeast(1, 2),
  },
  'lmdb flink-heap': { 'restore: all': atLeast(5, 15) },
  'lmdb itself': {
    'increment of 1 %: bytes': atMost(1.25, 1.1, 'x size'),
    'freeze: 50,000 dirty': atMost(5, 1, 'ms'),
    'longest slice': atMost(10, 3, 'ms'),
    'restore: first record': atMost(300, 90, 'ms'),
  },
  'hashmap itself': {
    'increment of 1 %: bytes': atMost(1.25, 1.1, 'x size'),
    'longest slice': atMost(10, 3, 'ms'),
  },
};

/** What is promised of a workload; nothing where it only informs. */
export function promiseOf(backend: string, peer: string, workload: string): Promised | undefined {
  return PROMISES[`${backend} ${peer}`]?.[workload];
}
