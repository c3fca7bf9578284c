// Every promise is about a workload that there is.

import { expect, it } from 'vitest';
import { OPERATIONS } from '../../src/workloads/operations.js';
import { promiseOf } from '../../src/workloads/promises.js';
import { createSequences, shuffled } from '../../src/workloads/sequences.js';

it('every operation has a floor against the heap of Flink', () => {
  const without = OPERATIONS.filter(({ name }) => promiseOf('hashmap', 'flink-heap', name) === undefined);
  expect(without.map(({ name }) => name)).toEqual([]);
});

it('what is not promised has no floor', () => {
  expect(promiseOf('hashmap', 'map', 'mapGet')).toBeUndefined();
  expect(promiseOf('somebody-elses', 'map', 'valueGet')).toBeUndefined();
});

it('the order of keys is a permutation that the seed decides', () => {
  const order = shuffled(1000, 500, 7);
  expect(order).toEqual(shuffled(1000, 500, 7));
  expect(order).not.toEqual(shuffled(1000, 500, 8));
  expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, index) => 500 + index));
});

it('known and fresh keys have none in common', () => {
  const { known, fresh } = createSequences(100, 7);
  expect(new Set([...known, ...fresh]).size).toBe(200);
});
