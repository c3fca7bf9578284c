// A walk over all entries of a state that takes expired ones away.
//
//   TT1. Key groups whose restored blocks are not decoded are left alone: decoding them brings their stamps with it.
//   TT2. The walk holds a place, not an entry: whatever changes between two steps is no concern of it.

import type { TtlCursor } from '@tidemark/state-core/support';
import type { StateTable } from './state-table.js';
import type { StateTables } from './state-tables.js';

/** What such a walk needs of a table. */
export interface SweptTable extends StateTable {
  /** Slots that were ever used. */
  readonly count: number;
  /** Takes expired entries away, in the slots from `start` to before `end`. */
  sweep(start: number, end: number): void;
}

/** Walks over the tables of a state. */
export class TtlTableCursor implements TtlCursor {
  private table = 0;
  private slot = 0;

  constructor(private readonly tables: StateTables<SweptTable>) {}

  advance(entriesMax: number): number {
    const { tables } = this;
    let seen = 0;
    while (seen < entriesMax) {
      if (this.table >= tables.length) {
        this.table = 0;
        this.slot = 0;
        break;
      }
      const table = tables.madeAt(this.table);
      if (table === undefined || this.slot >= table.count) {
        this.table++;
        this.slot = 0;
        continue;
      }
      const end = Math.min(table.count, this.slot + entriesMax - seen);
      table.sweep(this.slot, end);
      seen += end - this.slot;
      this.slot = end;
    }
    return seen;
  }
}
