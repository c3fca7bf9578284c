// The dirty cells of one key group, in the order in which they are written: by epoch, state, path.
//
//   DG1. What is written of an epoch is sorted in runs: the cells that were listed first, RUN_CELLS_MAX of them. Others are for
//        the next run. Making one takes 1 to 2 ms, and can be interrupted.
//   DG2. A cell that has become clean, or dirty in another list, is passed over.
//   DG3. An epoch is done when it has no listed cell left; nothing of a later epoch is written before. Cells that cannot be
//        written stand aside in `failed`.

import { latin1OfBytes } from '../serialization/key-bytes.js';
import type { Cell } from './cell.js';
import type { CellTable } from './cell-table.js';
import type { PathWriter } from './path-writer.js';

/** Cells of one run. */
const RUN_CELLS_MAX = 2048;
/** Cells of a run that are encoded between two looks at the clock: some 50 us. */
const CELLS_PER_CLOCK = 64;
/** Places of cells that were taken, before a list is made shorter. */
const TAKEN_KEPT = 2 * RUN_CELLS_MAX;
/** Dead cells that a list may hold before it is swept. */
const DEAD_KEPT = 1024;

/** The dirty cells of one state in one key group and epoch. */
export class DirtyList {
  /** Whether new cells need another list. */
  isClosed = false;
  /** Cells in {@link cells} that are dead. */
  dead = 0;
  /** Those that were taken into runs are let go of. */
  private cells: (Cell | undefined)[] = [];
  /** How many were taken of {@link cells}. */
  private taken = 0;
  /** The cells of the run that is being made, and how many were taken for it. */
  private gathered: Cell[] = [];
  private gatheredOf = 0;
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
    if (++this.dead < DEAD_KEPT || this.dead * 2 < this.cells.length - this.taken) return;
    this.cells = this.cells.filter((cell) => cell?.isDead === false);
    this.taken = 0;
    this.dead = 0;
  }

  /**
   * Brings about what {@link peek} gives.
   *
   * @param isOver - Asked after every step whether the rest has to wait.
   * @returns False when it has to: then `peek` must not be called.
   */
  prepare(paths: PathWriter, isOver: (() => boolean) | undefined): boolean {
    while (this.next() === undefined) {
      if (this.taken === this.cells.length && this.gatheredOf === 0) return true;
      if (this.taken < this.cells.length && this.gatheredOf < RUN_CELLS_MAX) this.gather(paths);
      else this.endRun();
      if (isOver?.() === true) return false;
    }
    return true;
  }

  /** The next cell to write, without taking it; `undefined` when there is none left. */
  peek(paths: PathWriter): Cell | undefined {
    this.prepare(paths, undefined);
    return this.next();
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
    return this.run.length - this.position + this.gathered.length + this.cells.length - this.taken;
  }

  /** Whether no listed cell needs writing. */
  get isDone(): boolean {
    if (this.next() !== undefined || this.gathered.some((cell) => this.isWaiting(cell))) return false;
    // Whatever is passed over here has become clean or died, and is listed anew when it changes.
    const { cells } = this;
    while (this.taken < cells.length && !this.isWaiting(cells[this.taken] as Cell)) cells[this.taken++] = undefined;
    return this.taken === cells.length;
  }

  /** Every listed cell. */
  *[Symbol.iterator](): Iterable<Cell> {
    for (let index = this.position; index < this.run.length; index++) {
      const cell = this.run[index] as Cell;
      if (this.isWaiting(cell)) yield cell;
    }
    for (const cell of this.gathered) if (this.isWaiting(cell)) yield cell;
    for (let index = this.taken; index < this.cells.length; index++) {
      const cell = this.cells[index] as Cell;
      if (this.isWaiting(cell)) yield cell;
    }
  }

  /** The next cell of the run. */
  private next(): Cell | undefined {
    while (this.position < this.run.length) {
      const cell = this.run[this.position] as Cell;
      if (this.isWaiting(cell)) return cell;
      this.position++;
    }
    return undefined;
  }

  private isWaiting(cell: Cell): boolean {
    return cell.dirtyEpoch === this.epoch && !cell.isDead;
  }

  /** Takes some more cells, in the order of listing: so the clearing of a map is in no later run than what was put after it. */
  private gather(paths: PathWriter): void {
    const { cells, gathered } = this;
    const end = Math.min(this.taken + CELLS_PER_CLOCK, cells.length);
    for (let index = this.taken; index < end; index++) {
      const cell = cells[index] as Cell;
      cells[index] = undefined;
      if (!this.isWaiting(cell)) continue;
      cell.path = pathOf(cell, paths);
      gathered.push(cell);
    }
    this.gatheredOf += end - this.taken;
    this.taken = end;
    if (this.taken < cells.length && (this.taken < TAKEN_KEPT || this.taken * 2 < cells.length)) return;
    this.cells = cells.slice(this.taken);
    this.taken = 0;
    this.dead = 0;
  }

  private endRun(): void {
    const run = this.gathered;
    run.sort(byPath);
    this.run = run;
    this.position = 0;
    this.gathered = [];
    this.gatheredOf = 0;
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
  dropEmpty(): void {
    for (let [first] = this.epochs; first !== undefined; [first] = this.epochs) {
      if (!first.lists.every((list) => list.isDone)) return;
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
