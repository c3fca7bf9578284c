// All tables of one state: one per key group of the subtask, made when it is first needed.
//
//   CS1. A key group is opened in the store before anything of it is in memory (SE2 of stored-entries.ts).
//   CS2. A key group that is open in the store may have entries though nothing of it is in memory: it was opened in idle
//        time. One that is not open and in which nothing was restored has nothing.

import type { KeyGroupRange } from '../key-group/key-group-range.js';
import type { KeyedStateRegistration } from '../support/keyed-state-registry.js';
import type { RestoredKeyedState } from '../support/restored-keyed-state.js';
import { CellTable, type CellTableParameters } from './cell-table.js';
import type { StoredTables } from './stored-table.js';

/** What the tables of a state are made from. */
export interface CellTablesParameters extends CellTableParameters {
  readonly registration: KeyedStateRegistration;
  readonly keyGroupRange: KeyGroupRange;
  readonly restored: RestoredKeyedState;
  readonly stored: StoredTables;
}

/** The tables of one state by key group. */
export class CellTables {
  readonly registration: KeyedStateRegistration;
  /** Called before every access, for cleaning up as the program goes. */
  onAccess: (() => void) | undefined = undefined;
  /** The order in which the store keeps paths, where it is not their own. */
  readonly orderOf: ((path: Uint8Array) => Uint8Array) | undefined;
  /** Paths up to this length are in their own order. */
  readonly orderedBytes: number;
  private readonly parameters: CellTablesParameters;
  private readonly first: number;
  private readonly byIndex: (CellTable | undefined)[];

  constructor(parameters: CellTablesParameters) {
    this.parameters = parameters;
    this.registration = parameters.registration;
    const { orderOf, orderedBytes } = parameters.stored;
    this.orderOf = orderOf;
    this.orderedBytes = orderOf === undefined ? Number.POSITIVE_INFINITY : (orderedBytes ?? 0);
    this.first = parameters.keyGroupRange.first;
    this.byIndex = new Array(parameters.keyGroupRange.numberOfKeyGroups).fill(undefined);
  }

  /** The table of a key group of the range. @throws StateError as ST5 of stored-table.ts. */
  open(keyGroup: number): CellTable {
    return this.byIndex[keyGroup - this.first] ?? this.create(keyGroup);
  }

  /** The table of a key group if it was made. */
  peek(keyGroup: number): CellTable | undefined {
    return this.byIndex[keyGroup - this.first];
  }

  /** Number of key groups. */
  get length(): number {
    return this.byIndex.length;
  }

  /** The table of a key group by its place in the range, if the key group is open (CS2). */
  madeAt(index: number): CellTable | undefined {
    const table = this.byIndex[index];
    if (table !== undefined) return table;
    const keyGroup = this.first + index;
    return this.parameters.stored.peek(keyGroup) === undefined ? undefined : this.create(keyGroup);
  }

  /** Every table, those of key groups in which something was restored opened first. @throws as {@link open}. */
  *all(): Iterable<CellTable> {
    const { restored, registration } = this.parameters;
    for (let index = 0; index < this.byIndex.length; index++) {
      const keyGroup = this.first + index;
      const isRaw = restored.chainOf(registration.name, keyGroup) !== undefined;
      const table = isRaw ? this.open(keyGroup) : this.madeAt(index);
      if (table !== undefined) yield table;
    }
  }

  /** The tables of key groups that are open. */
  *made(): Iterable<CellTable> {
    for (let index = 0; index < this.byIndex.length; index++) {
      const table = this.madeAt(index);
      if (table !== undefined) yield table;
    }
  }

  private create(keyGroup: number): CellTable {
    const table = new CellTable(this.parameters.stored.open(keyGroup), this.parameters);
    this.byIndex[keyGroup - this.first] = table;
    return table;
  }
}
