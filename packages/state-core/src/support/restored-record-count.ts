// How much of a state was restored and not decoded yet.

import type { RestoredKeyedState } from './restored-keyed-state.js';

/**
 * The stored records of a state that nobody took yet: one for each entry of a full image, more where a list is long or
 * increments follow one another. Nothing is decoded for it.
 */
export function restoredRecordCount(restored: RestoredKeyedState, stateName: string): number {
  let count = 0;
  for (const keyGroup of restored.keyGroupsOf(stateName)) {
    for (const { blocks } of restored.chainOf(stateName, keyGroup) ?? []) {
      for (const { entryCount } of blocks) count += entryCount;
    }
  }
  return count;
}
