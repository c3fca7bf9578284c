// Puts the slots of a block into the order of their encoded keys.
//
//   SO1. Integers of the built-in types are ordered by value, which is the order of their bytes: a numeric sort, many
//        times faster than one that calls a comparison.

import type { KeySerializer } from '@tidemark/state-core';

/** The key types whose order is that of the numbers themselves. */
const INTEGER_TYPES: ReadonlySet<string> = new Set(['int32', 'safeInteger']);

/** Room for the position within a block, below every integer that is sorted by value. */
const POSITION_BITS = 10;
const POSITIONS: number = 2 ** POSITION_BITS;
const SORTED_BY_VALUE_MAX: number = 2 ** (53 - POSITION_BITS - 1);

const packed: Float64Array = new Float64Array(POSITIONS);

/** Compares what two slots hold. */
export type CompareSlots = (a: number, b: number) => number;

/** Whether {@link sortByInteger} may be tried for keys of this serializer. */
export function isIntegerKey(serializer: KeySerializer<unknown>): boolean {
  return INTEGER_TYPES.has(serializer.snapshot().type);
}

/**
 * Sorts at most 1,024 slots by the integers that `keys` holds for them.
 *
 * @returns false, with the slots as they were, when a key is too large for the numeric sort.
 */
export function sortByInteger(slots: number[], keys: readonly unknown[]): boolean {
  const count = slots.length;
  if (count > POSITIONS) return false;
  for (let position = 0; position < count; position++) {
    const key = keys[slots[position] as number] as number;
    if (!(key < SORTED_BY_VALUE_MAX && key > -SORTED_BY_VALUE_MAX)) return false;
    packed[position] = key * POSITIONS + position;
  }
  const sorted = packed.subarray(0, count).sort();
  const unsorted = slots.slice();
  for (let position = 0; position < count; position++) {
    const value = sorted[position] as number;
    slots[position] = unsorted[value - Math.floor(value / POSITIONS) * POSITIONS] as number;
  }
  return true;
}
