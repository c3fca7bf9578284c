// One element of a queue in memory: there, or taken out and not yet gone from the store.
//
// Owns: where the cell is and how it gets into the store. Leaves what is kept in memory, and which element comes first, to
// stored-queue-group.ts.

import { VOID_NAMESPACE } from '../state/namespace.js';
import { Cell } from './cell.js';
import type { CellTable } from './cell-table.js';
import { type AnyElement, pathOfText } from './queue-paths.js';
import { NOTHING } from './stored-table.js';

/** The value of an element that is there: no bytes. */
export const THERE: unknown = VOID_NAMESPACE;
/** The slot of an element that is not in the heap. */
export const NO_SLOT: number = -1;

/** What a cell besides its path takes, in bytes. */
const CELL_BYTES = 320;

/** What a cell tells of itself. */
export interface QueueCells {
  /** The cell at a text is this one. */
  entered(cell: QueueCell): void;
  /** The cell has nothing to write any more: it may be let go of, or serve as a copy. */
  settledOrDropped(cell: QueueCell): void;
}

/** An element in memory. */
export class QueueCell extends Cell {
  slot: number = NO_SLOT;

  constructor(
    private readonly group: QueueCells,
    table: CellTable,
    /** QP2 of queue-paths.ts. */
    readonly text: string,
    readonly element: AnyElement,
    value: unknown,
    there: boolean | undefined,
  ) {
    super(table, value, there);
    this.sizeBytes = CELL_BYTES + 2 * text.length;
  }

  /** The queue of its key group keeps the copies that it wants itself. */
  override get isKeptClean(): boolean {
    return false;
  }

  get isLive(): boolean {
    return this.value !== NOTHING;
  }

  encode(): Uint8Array {
    return pathOfText(this.text);
  }

  forget(): void {
    this.isIndexed = false;
    this.group.settledOrDropped(this);
  }

  enter(): void {
    this.group.entered(this);
  }

  replaceElder(): void {
    this.enter();
  }

  succeed(): QueueCell {
    const { group, table, text, element, value, there } = this;
    return new QueueCell(group, table, text, element, value, there);
  }
}
