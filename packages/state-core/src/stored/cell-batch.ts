// The writing of dirty cells within one batch of the store.
//
//   CB1. Nothing counts as written before the batch has ended; when it fails, all of it is listed again in its place: a map
//        is cleared before what was put into it afterwards, however often that is tried.
//   CB2. A value that cannot be written stands aside with its error, and so does what builds on it at the same address.

import { isStateError, StateError } from '../error/state-error.js';
import type { Cell } from './cell.js';
import type { DirtyGroup, DirtyList } from './dirty-group.js';
import type { PathWriter } from './path-writer.js';
import type { StoreWork } from './store-work.js';

/** Records that are written between two looks at the clock. */
const RECORDS_PER_CLOCK = 16;

/** One batch. */
export class CellBatch {
  /** Records handed to the store. */
  records = 0;
  private readonly unitsAtMost: number;
  private readonly written: Cell[] = [];
  private readonly lists: DirtyList[] = [];
  /** Cells that could not be written, or not wholly. */
  private readonly aside: Cell[] = [];
  /** A cell that needs more than this batch. */
  private partial: Cell | undefined = undefined;

  constructor(
    private readonly paths: PathWriter,
    private readonly limit: number,
    private readonly work: StoreWork,
    /** Whether the time for it is over; something is written all the same. */
    private readonly isOver?: () => boolean,
  ) {
    this.unitsAtMost = work.units + limit;
  }

  /** Writes cells of a key group from epochs up to `epoch`. Returns whether there is room for more. */
  writeGroup(group: DirtyGroup, epoch: number): boolean {
    for (const waiting of group.epochs) {
      if (waiting.epoch > epoch) return true;
      for (const list of waiting.lists) if (!this.writeList(list, group)) return false;
    }
    return true;
  }

  /** The batch has ended well: what it wrote to its end. */
  end(): readonly Cell[] {
    this.partial?.partWritten();
    for (const cell of this.aside) cell.partWritten();
    return this.written;
  }

  /** The batch failed (CB1). */
  undo(): void {
    this.partial?.unsettle(this.paths);
    for (const cell of this.aside) cell.unsettle(this.paths);
    // Newest first: what an elder says of the store holds for its successors too.
    for (let index = this.written.length - 1; index >= 0; index--) this.written[index]?.unsettle(this.paths);
    const back = new Map<DirtyList, Cell[]>();
    for (const [index, cell] of this.written.entries()) {
      const list = this.lists[index] as DirtyList;
      const cells = back.get(list);
      if (cells === undefined) back.set(list, [cell]);
      else cells.push(cell);
    }
    for (const [list, cells] of back) list.putBack(cells);
  }

  private writeList(list: DirtyList, group: DirtyGroup): boolean {
    for (;;) {
      if (!list.prepare(this.paths, this.isOver)) return false;
      const cell = list.peek(this.paths);
      if (cell === undefined) return true;
      if (this.isFull) return false;
      this.records++;
      group.writtenEpoch = list.epoch;
      if (!this.writeCell(cell, list, group)) return false;
      list.take();
    }
  }

  /** Cells that need no writing count as well: they take their time too. */
  private get isFull(): boolean {
    const { records, work } = this;
    if (records >= this.limit || work.units >= this.unitsAtMost) return true;
    return records > 0 && records % RECORDS_PER_CLOCK === 0 && this.isOver?.() === true;
  }

  /** False when there is more to write of the cell. */
  private writeCell(cell: Cell, list: DirtyList, group: DirtyGroup): boolean {
    this.partial = cell;
    try {
      checkElder(cell, group);
      // Encoded at the beginning of the run for the order: now it has to be right.
      const path = cell.encode(this.paths);
      while (cell.write(path, list.epoch, this.limit) === 'more') {
        if (this.isFull) return false;
        this.records++;
      }
    } catch (error) {
      if (!isFaultOfValue(error)) throw error;
      group.failed.push({ cell, error });
      this.aside.push(cell);
      this.partial = undefined;
      return true;
    }
    this.partial = undefined;
    cell.wrote();
    this.written.push(cell);
    this.lists.push(list);
    return true;
  }
}

/** @throws the error of an elder that could not be written and still counts (CB2). */
export function checkElder({ elder }: Cell, { failed }: DirtyGroup): void {
  if (elder === undefined || elder.supersededIn !== 0) return;
  const failure = failed.find(({ cell }) => cell === elder);
  if (failure !== undefined) throw failure.error;
}

/** Whether an error says that one value cannot be written, and nothing of others. */
export function isFaultOfValue(error: unknown): boolean {
  if (!(error instanceof StateError)) return false;
  return (
    isStateError(error, 'value-not-serializable') ||
    isStateError(error, 'value-too-large') ||
    isStateError(error, 'mutation-detected')
  );
}
