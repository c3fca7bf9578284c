// The dirty cells of one key group, in the order in which they are written: by epoch, state, path.
//
//   DG1. What is written of an epoch is sorted in runs: the cells that were listed first when the run began, RUN_CELLS_MAX of
//        them. Others, and cells that are listed meanwhile, are for the next run.
//   DG2. A cell that has become clean, or dirty in another list, is passed over.
//   DG3. An epoch is done when it has no listed cell left; nothing of a later epoch is written before. Cells that cannot be
//        written stand aside in `failed`.

import { latin1OfBytes } from '../serialization/key-bytes.js';
import type { Cell } from './cell.js';
import type { CellTable } from './cell-table.js';
import type { PathWriter } from './path-writer.js';

/** Cells that are encoded and sorted at once, however many are dirty: 1 to 2 ms. */
const RUN_CELLS_MAX = 2048;
/** Dead cells that a list may hold before it is swept. */
const DEAD_KEPT = 1024;

/** The dirty cells of one state in one key group and epoch. */
export class DirtyList {
  /** Whether new cells need another list. */
  isClosed = false;
  /** Cells in {@link cells} that are dead. */
  dead = 0;
  private cells: Cell[] = [];
  private run: Cell[] = [];
  private position = 0;

  constructor(
    readonly table: CellTable,
    readonly epoch: number,
  ) {}

  add(cell: Cell): void {
    this.cells.push(cell);
  }

  /** A listed cell died: keeps lists of short-lived entries from growing. */
  died(): void {
    if (++this.dead < DEAD_KEPT || this.dead * 2 < this.cells.length) return;
    this.cells = this.cells.filter((cell) => !cell.isDead);
    this.dead = 0;
  }

  /** The next cell to write, without taking it; `undefined` when there is none left. */
  peek(paths: PathWriter): Cell | undefined {
    for (;;) {
      while (this.position < this.run.length) {
        const cell = this.run[this.position] as Cell;
        if (this.isWaiting(cell)) return cell;
        this.position++;
      }
      if (this.cells.length === 0) {
        this.run = [];
        this.position = 0;
        return undefined;
      }
      this.begin(paths);
    }
  }

  /** The cell that {@link peek} gave has been dealt with. */
  take(): void {
    this.position++;
  }

  /** Cells that were taken are to be written once more: before all that is listed, for what comes after builds on them. */
  putBack(cells: readonly Cell[]): void {
    this.run = [...cells, ...this.run.slice(this.position)];
    this.position = 0;
  }

  /** Cells that are listed, those that need no writing any more among them. */
  get listedAtMost(): number {
    return this.run.length - this.position + this.cells.length;
  }

  /** Every listed cell. */
  *[Symbol.iterator](): Iterable<Cell> {
    for (let index = this.position; index < this.run.length; index++) {
      const cell = this.run[index] as Cell;
      if (this.isWaiting(cell)) yield cell;
    }
    for (const cell of this.cells) if (this.isWaiting(cell)) yield cell;
  }

  private isWaiting(cell: Cell): boolean {
    return cell.dirtyEpoch === this.epoch && !cell.isDead;
  }

  private begin(paths: PathWriter): void {
    // In the order of listing, so that the clearing of a map is in no later run than what was put after it.
    const isAll = this.cells.length <= RUN_CELLS_MAX;
    const listed = isAll ? this.cells : this.cells.slice(0, RUN_CELLS_MAX);
    this.cells = isAll ? [] : this.cells.slice(RUN_CELLS_MAX);
    const run = listed.filter((cell) => this.isWaiting(cell));
    this.dead = 0;
    for (const cell of run) cell.path = pathOf(cell, paths);
    run.sort(byPath);
    this.run = run;
    this.position = 0;
  }
}

/** One epoch of a key group. */
export class DirtyEpoch {
  readonly lists: DirtyList[] = [];

  constructor(readonly epoch: number) {}
}

/** A cell whose value cannot be written, and why. */
export interface FailedCell {
  readonly cell: Cell;
  readonly error: unknown;
}

/** The dirty cells of one key group. */
export class DirtyGroup {
  /** Ascending. */
  readonly epochs: DirtyEpoch[] = [];
  /** Cells whose value cannot be written, elder before successor. */
  failed: FailedCell[] = [];
  /** The latest epoch of which something was written. */
  writtenEpoch = 0;

  constructor(readonly keyGroup: number) {}

  get listedAtMost(): number {
    let listed = 0;
    for (const { lists } of this.epochs) for (const list of lists) listed += list.listedAtMost;
    return listed;
  }

  /** Lets go of epochs that are done, oldest first. */
  dropEmpty(paths: PathWriter): void {
    for (let [first] = this.epochs; first !== undefined; [first] = this.epochs) {
      if (first.lists.some((list) => list.peek(paths) !== undefined)) return;
      this.epochs.shift();
      for (const list of first.lists) list.isClosed = true;
    }
  }

  /** The list for cells of a table that become dirty now. */
  listOf(table: CellTable, epoch: number): DirtyList {
    let last = this.epochs.at(-1);
    if (last === undefined || last.epoch !== epoch) {
      last = new DirtyEpoch(epoch);
      this.epochs.push(last);
    }
    const list = new DirtyList(table, epoch);
    const { lists } = last;
    const stateId = table.types.stateId;
    let place = lists.length;
    while (place > 0 && (lists[place - 1] as DirtyList).table.types.stateId > stateId) place--;
    lists.splice(place, 0, list);
    return list;
  }
}

/** A path that cannot be encoded sorts first; writing the cell says why. */
function pathOf(cell: Cell, paths: PathWriter): string {
  try {
    return latin1OfBytes(cell.encode(paths));
  } catch {
    return '';
  }
}

function byPath(a: Cell, b: Cell): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}
