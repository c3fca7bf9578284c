// Gives a subtask the keyed state of its key groups, out of what all subtasks of a snapshot had.
//
//   K1. A key group has one owner in a snapshot: two handles that both have it are refused.
//   K2. Handles are cut, never read: the same segments, fewer key groups.

import type { RawKeyedStateHandle } from '../checkpoint/checkpoint-metadata.js';
import { StateError } from '../error/state-error.js';
import { intersectKeyedStateHandle, type KeyedStateHandle, keyGroupRangeOf } from '../handle/keyed-state-handle.js';
import { KeyGroupRange } from '../key-group/key-group-range.js';

/**
 * The parts of `handles` that lie in `range`, in order of their key groups.
 *
 * @param maxParallelism - Of the operator that is restored.
 * @throws StateError `max-parallelism-mismatch` for state of another max parallelism, `snapshot-invalid` when two handles
 * have the same key group.
 */
export function redistributeKeyedState(
  handles: readonly KeyedStateHandle[],
  range: KeyGroupRange,
  maxParallelism: number,
): KeyedStateHandle[] {
  const parts: KeyedStateHandle[] = [];
  for (const handle of handles) {
    if (handle.maxParallelism !== maxParallelism) throw maxParallelismMismatch(handle.maxParallelism, maxParallelism);
    const part = intersectKeyedStateHandle(handle, range);
    if (part !== undefined) parts.push(part);
  }
  parts.sort((a, b) => a.keyGroupRange.first - b.keyGroupRange.first);
  for (const [index, part] of parts.entries()) {
    const next = parts[index + 1];
    if (next !== undefined && keyGroupRangeOf(part).contains(next.keyGroupRange.first))
      throw keyGroupTwice(next.keyGroupRange.first);
  }
  return parts;
}

/** The parts of raw keyed state that lie in `range`. */
export function redistributeRawKeyedState(
  handles: readonly RawKeyedStateHandle[],
  range: KeyGroupRange,
): RawKeyedStateHandle[] {
  return handles.flatMap((handle) => {
    const own = KeyGroupRange.of(handle.keyGroupRange.first, handle.keyGroupRange.last);
    const shared = own.getIntersection(range);
    if (shared.numberOfKeyGroups === 0) return [];
    const start = shared.first - own.first;
    const offsets = handle.offsets.slice(start, start + shared.numberOfKeyGroups);
    // A stream with nothing for these key groups need not be opened.
    if (offsets.every((offset) => offset < 0)) return [];
    return [{ ...handle, keyGroupRange: { first: shared.first, last: shared.last }, offsets }];
  });
}

function maxParallelismMismatch(stored: number, maxParallelism: number): StateError {
  return new StateError(
    'max-parallelism-mismatch',
    `the state was written with a max parallelism of ${stored} and is restored with ${maxParallelism}: key groups depend on it, so it is fixed for the life of the state; set it to ${stored}`,
    { details: { stored, maxParallelism } },
  );
}

function keyGroupTwice(keyGroup: number): StateError {
  return new StateError(
    'snapshot-invalid',
    `key group ${keyGroup} is in two handles of one snapshot: restore from another checkpoint and keep this one for study`,
    { details: { keyGroup } },
  );
}
