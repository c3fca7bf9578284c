// Which key group a key belongs to, and which subtask a key group belongs to: Flink's formulae.
//
//   A1. computeOperatorIndexForKeyGroup and computeKeyGroupRangeForOperatorIndex agree for every key group.
//   A2. Nothing is guessed from a JavaScript value: the hash comes from the serializer of the key.

import { KeyGroupRange } from './key-group-range.js';
import { murmurHash } from './key-hash.js';

/** The largest parallelism and max parallelism: 2^15. */
export const UPPER_BOUND_MAX_PARALLELISM: number = 32768;

/** The least max parallelism that is derived when none is set. */
export const DEFAULT_LOWER_BOUND_MAX_PARALLELISM: number = 128;

/** The key group of a key with this hash (`KeySerializer.hash`). */
export function computeKeyGroupForKeyHash(keyHash: number, maxParallelism: number): number {
  return murmurHash(keyHash) % maxParallelism;
}

/** The key group of a key. @param serializer - Gives the hash of the key. */
export function assignToKeyGroup<K>(key: K, serializer: { hash(key: K): number }, maxParallelism: number): number {
  if (key === undefined || key === null) throw new TypeError('a key must not be null or undefined');
  return computeKeyGroupForKeyHash(serializer.hash(key), maxParallelism);
}

/** The subtask that a key goes to. */
export function assignKeyToParallelOperator<K>(
  key: K,
  serializer: { hash(key: K): number },
  maxParallelism: number,
  parallelism: number,
): number {
  return computeOperatorIndexForKeyGroup(
    maxParallelism,
    parallelism,
    assignToKeyGroup(key, serializer, maxParallelism),
  );
}

/**
 * The key groups of one subtask.
 *
 * @param operatorIndex - Index of the subtask, from 0 to `parallelism - 1`.
 * @throws RangeError when a number is out of bounds or `maxParallelism < parallelism`.
 */
export function computeKeyGroupRangeForOperatorIndex(
  maxParallelism: number,
  parallelism: number,
  operatorIndex: number,
): KeyGroupRange {
  checkParallelism(parallelism, 'parallelism');
  checkParallelism(maxParallelism, 'max parallelism');
  if (maxParallelism < parallelism) {
    throw new RangeError(`the max parallelism ${maxParallelism} is smaller than the parallelism ${parallelism}`);
  }
  if (!Number.isInteger(operatorIndex) || operatorIndex < 0 || operatorIndex >= parallelism) {
    throw new RangeError(`subtask ${operatorIndex} is outside [0, ${parallelism})`);
  }
  const first = Math.floor((operatorIndex * maxParallelism + parallelism - 1) / parallelism);
  const last = Math.floor(((operatorIndex + 1) * maxParallelism - 1) / parallelism);
  return KeyGroupRange.of(first, last);
}

/** The subtask that owns a key group. */
export function computeOperatorIndexForKeyGroup(maxParallelism: number, parallelism: number, keyGroup: number): number {
  return Math.floor((keyGroup * parallelism) / maxParallelism);
}

/** The key groups of every subtask, in order. @throws RangeError as {@link computeKeyGroupRangeForOperatorIndex}. */
export function createKeyGroupPartitions(maxParallelism: number, parallelism: number): KeyGroupRange[] {
  return Array.from({ length: parallelism }, (_, index) =>
    computeKeyGroupRangeForOperatorIndex(maxParallelism, parallelism, index),
  );
}

/** The max parallelism that is derived from a parallelism: the next power of two of 1.5 times it, from 128 to 32768. */
export function computeDefaultMaxParallelism(parallelism: number): number {
  checkParallelism(parallelism, 'parallelism');
  const wanted = parallelism + Math.floor(parallelism / 2);
  let power = DEFAULT_LOWER_BOUND_MAX_PARALLELISM;
  while (power < wanted && power < UPPER_BOUND_MAX_PARALLELISM) power *= 2;
  return power;
}

/** @throws RangeError unless `parallelism` is an integer from 1 to 32768. */
export function checkParallelism(parallelism: number, name: string): void {
  if (!Number.isInteger(parallelism) || parallelism < 1 || parallelism > UPPER_BOUND_MAX_PARALLELISM) {
    throw new RangeError(`the ${name} is an integer from 1 to ${UPPER_BOUND_MAX_PARALLELISM}, not ${parallelism}`);
  }
}
