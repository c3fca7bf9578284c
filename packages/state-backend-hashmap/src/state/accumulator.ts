// Changing an accumulator that may be changed in place.
//
//   AC1. The accumulator in a slot is handed over as it is, but for the first time after a freeze: then the snapshot
//        keeps it and a copy goes on.
//   AC2. A function of the program that adds or removes entries of the same state is refused: the slot may have gone.

import { concurrentModification } from '../table/concurrent-modification.js';
import type { KeyTable } from '../table/key-table.js';
import type { ValuePassing } from './value-passing.js';

/**
 * Replaces the accumulator in a slot by what `change` makes of it.
 *
 * @throws StateError `concurrent-modification` when `change` adds or removes entries of the state (AC2).
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
    table.replace(slot, copy);
    accumulator = copy;
  }
  const { structure } = table;
  const changed = change(accumulator);
  if (table.structure !== structure) throw concurrentModification('the state that a function adds to');
  table.replace(slot, changed);
}
