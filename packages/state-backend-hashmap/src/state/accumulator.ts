// Changing an accumulator that may be changed in place.
//
//   AC1. The accumulator in a slot is handed over as it is, but for the first time after a freeze: then the snapshot
//        keeps it and a copy goes on.
//   AC2. A function of the program that adds or removes entries of the same state is refused: the slot may have gone. So is
//        one that reads, and thereby takes away, the expired entry that is added to.

import type { ValuePassing } from '@tidemark/state-core/support';
import { concurrentModification } from '@tidemark/state-core/support';
import { ABSENT } from '../table/absent.js';
import type { KeyTable } from '../table/key-table.js';

/**
 * Replaces the accumulator in a slot by what `change` makes of it.
 *
 * @throws StateError `concurrent-modification` when `change` adds or removes entries of the state, or takes this one away by
 * reading it after its time was up (AC2).
 */
export function changeAccumulator<A>(
  table: KeyTable,
  slot: number,
  passing: ValuePassing<A>,
  change: (accumulator: A) => A,
): void {
  let accumulator = table.values[slot] as A;
  if (table.isAwaitedBySnapshot(slot)) {
    const copy = passing.detach(accumulator);
    // Not `replace`, which is a write and stamps anew: there is none yet, and none if the function throws.
    table.touch(slot);
    table.values[slot] = copy;
    accumulator = copy;
  }
  const { structure } = table;
  const changed = change(accumulator);
  // That the entry expired by being read moves no structure, and a table that empties has no slots left.
  const isThere = slot < table.count && table.values[slot] !== ABSENT;
  if (table.structure !== structure || !isThere) throw concurrentModification('the state that a function adds to');
  table.replace(slot, changed);
}
