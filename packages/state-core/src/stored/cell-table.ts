// What is in memory of one state in one key group.
//
// Owns: the indexes of cells and maps, and what accesses have to know of the state. Leaves cells to cell.ts, their writing to
// cell-cache.ts and the store to stored-table.ts.
//
//   CT1. The cell in an index is the newest of its address (CE2 of cell.ts). What has no cell is as the store says, or
//        absent where a map hides the store (MO2 of map-cell.ts).
//   CT2. `structure` counts entries that came and went. While anybody walks over the keys it misses none: then even writes
//        that need not know look whether something is there.

import type { KeySerializer } from '../serialization/type-serializer.js';
import type { TtlPolicy } from '../support/ttl-policy.js';
import type { Cell, KeyCell } from './cell.js';
import { CellIndex } from './cell-index.js';
import type { DirtyList } from './dirty-group.js';
import { LooseWalks, type MapOwner } from './map-cell.js';
import type { StoredTable } from './stored-table.js';
import type { ValueSizes } from './value-sizes.js';

/** The types of one state. */
export interface CellTypes {
  readonly stateId: number;
  readonly stateName: string;
  readonly key: KeySerializer<unknown>;
  readonly namespace: KeySerializer<unknown>;
  readonly hasNamespaces: boolean;
  /** Of a state that is no map: that of its keys, which nobody uses. */
  readonly mapKey: KeySerializer<unknown>;
  readonly isMap: boolean;
  readonly isList: boolean;
}

/** What the tables of a state have in common. */
export interface CellTableParameters {
  readonly types: CellTypes;
  readonly sizes: ValueSizes;
  readonly ttl: TtlPolicy | undefined;
  /** Looks at a value that the program may have changed. @throws StateError `mutation-detected`. */
  readonly verify: (value: unknown) => void;
  /** So many more bytes are in memory besides the cells. */
  readonly charge: (bytes: number) => void;
}

/** One state in one key group. */
export class CellTable {
  readonly types: CellTypes;
  readonly sizes: ValueSizes;
  readonly ttl: TtlPolicy | undefined;
  readonly verify: (value: unknown) => void;
  readonly charge: (bytes: number) => void;
  readonly cells: CellIndex<KeyCell>;
  readonly owners: CellIndex<MapOwner>;
  /** Walks over maps of which nothing is in memory (MO1 of map-cell.ts). */
  readonly looseWalks: LooseWalks = new LooseWalks();
  /** Where newly dirty cells are listed. */
  dirtyTail: DirtyList | undefined = undefined;
  structure = 0;
  /** Walks over the keys that have not ended (CT2). */
  keyWalks = 0;
  /** Counts what a function of the program must not do while it computes: cells that come, and removals. */
  moves = 0;

  constructor(
    readonly stored: StoredTable,
    { types, sizes, ttl, verify, charge }: CellTableParameters,
  ) {
    this.types = types;
    this.sizes = sizes;
    this.ttl = ttl;
    this.verify = verify;
    this.charge = charge;
    this.cells = new CellIndex(types.hasNamespaces);
    this.owners = new CellIndex(types.hasNamespaces);
  }

  get keyGroup(): number {
    return this.stored.keyGroup;
  }

  /** The newest cells, dirty and clean. */
  *newest(): Iterable<Cell> {
    if (!this.types.isMap) yield* this.cells.values();
    else for (const owner of this.owners.values()) yield* owner.cells.values();
  }
}
