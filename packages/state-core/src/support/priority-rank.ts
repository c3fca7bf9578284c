// Priorities as numbers, as far as their order can be told by one.

import type { KeySerializer } from '../serialization/type-serializer.js';

/** A number that is never lower for a later priority; equal ones decide nothing. */
export type PriorityRank = (priority: unknown) => number;

const RANKS: Readonly<Record<string, PriorityRank>> = {
  int32: (priority) => priority as number,
  safeInteger: (priority) => priority as number,
  int64: (priority) => Number(priority as bigint),
};

const NO_RANK: PriorityRank = () => 0;

/** The rank of the priorities of a serializer: exact for safe integers, none for types that are no numbers. */
export function priorityRankOf(serializer: KeySerializer<unknown>): PriorityRank {
  const { type } = serializer.snapshot();
  return Object.hasOwn(RANKS, type) ? (RANKS[type] as PriorityRank) : NO_RANK;
}
