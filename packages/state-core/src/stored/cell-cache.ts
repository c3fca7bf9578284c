// The values in memory of one backend: how many there may be, and when which are written to the store.
//
// Owns: the budget, the ring of clean cells, epochs, and the writing of dirty cells in order. Leaves single cells to cell.ts,
// lists of dirty cells to dirty-group.ts and their bytes to stored-table.ts.
//
//   CC1. Whoever is about to write or to keep something makes room first (`makeRoom`), before anything changed: an error of
//        the store changes nothing. One access may go over the budget by what it adds.
//   CC2. Clean cells go by second chance. Dirty ones never go: they are written, a key group at a time, and are clean then.
//   CC3. A cell is clean when the batch that wrote it has ended. When a batch fails, everything in it is written again.
//   CC4. A cell whose value cannot be written stands aside (DC3 of dirty-cells.ts).

import type { Clock } from '../ambient/clock.js';
import { AdmissionSketch } from './admission-sketch.js';
import type { Cell } from './cell.js';
import { CellBatch, checkElder, isFaultOfValue } from './cell-batch.js';
import { CellRing } from './cell-ring.js';
import type { DirtyCells } from './dirty-cells.js';
import { DirtyGroup, type FailedCell } from './dirty-group.js';
import { PathWriter } from './path-writer.js';
import type { StoreWork } from './store-work.js';

/** Records written in one batch; large ones count for several (WK1 of store-work.ts). */
export const RECORDS_PER_BATCH: number = 256;
/** Records written in one batch where a write has to wait for room: fewer and denser transactions. */
const RECORDS_PER_DRAIN = 512;
/** The share of the budget from which on idle time is used for writing. */
const SOFT_SHARE = 0.5;
/** A cache with less room than this is full: what comes in drives something out. */
const ROOM_BYTES = 1024;

/** What a {@link CellCache} is made with. */
export interface CellCacheParameters {
  readonly budgetBytes: number;
  readonly firstKeyGroup: number;
  readonly numberOfKeyGroups: number;
  readonly clock: Clock;
  /** Runs `write`, whose writes may be committed together. */
  readonly batch: (write: () => void) => void;
  /** What the store was given so far. */
  readonly work: StoreWork;
  /** Called when so much is dirty that idle time should be used for writing. */
  readonly onSoftLimit: () => void;
}

/** Counters of a {@link CellCache}. */
export interface CellCacheFigures {
  readonly cacheHits: number;
  readonly cacheMisses: number;
  readonly cachedBytes: number;
  readonly dirtyBytes: number;
  readonly flushedRecords: number;
  readonly flushMs: number;
  readonly unwritableValues: number;
}

/** The cells of one backend. */
export class CellCache implements DirtyCells {
  epoch = 1;
  /** Bytes of all cells, dirty and clean, and of their maps. Read on every write. */
  usedBytes = 0;
  dirtyBytes = 0;
  budgetBytes: number;
  readonly paths: PathWriter = new PathWriter();
  /** Reads that found their value in memory, and reads that did not. */
  hits = 0;
  misses = 0;

  private softBytes: number;
  private readonly parameters: CellCacheParameters;
  private readonly groups: (DirtyGroup | undefined)[];
  private readonly sketch: AdmissionSketch = new AdmissionSketch();
  private readonly ring: CellRing = new CellRing();
  private groupCursor = 0;
  private flushedRecords = 0;
  private flushMs = 0;
  /** Epochs of snapshots that may still ask for their cells. */
  private readonly running: Set<number> = new Set();

  constructor(parameters: CellCacheParameters) {
    this.parameters = parameters;
    this.budgetBytes = parameters.budgetBytes;
    this.softBytes = parameters.budgetBytes * SOFT_SHARE;
    this.groups = new Array(parameters.numberOfKeyGroups).fill(undefined);
  }

  /** Another budget from now on: what is too much goes with the accesses that follow. */
  changeBudget(budgetBytes: number): void {
    this.budgetBytes = budgetBytes;
    this.softBytes = budgetBytes * SOFT_SHARE;
    if (this.dirtyBytes > this.softBytes) this.parameters.onSoftLimit();
  }

  /** Makes room where there is none left (CC1). @throws StateError of the store. */
  makeRoom(): void {
    while (this.usedBytes >= this.budgetBytes) {
      if (this.evict()) continue;
      if (this.drain(RECORDS_PER_DRAIN) === 0) return;
    }
  }

  /** Whether a value that was missed is worth keeping as a clean cell. */
  admits(path: Uint8Array, stateId: number): boolean {
    return (
      this.usedBytes + ROOM_BYTES < this.budgetBytes || (this.budgetBytes > 0 && this.sketch.missed(path, stateId))
    );
  }

  /** Takes a clean cell that is in its index. */
  addClean(cell: Cell): void {
    // Before it is in the ring: it must not be what goes.
    while (this.usedBytes + cell.sizeBytes > this.budgetBytes && (this.drainForReaders() || this.evict()));
    this.usedBytes += cell.sizeBytes;
    this.ring.add(cell);
  }

  /** A cell that is new or was clean is dirty from now on. */
  dirty(cell: Cell): void {
    const { table } = cell;
    let list = table.dirtyTail;
    if (list === undefined || list.epoch !== this.epoch || list.isClosed) {
      list = this.groupOf(table.keyGroup).listOf(table, this.epoch);
      table.dirtyTail = list;
    }
    list.add(cell);
    cell.dirtyEpoch = this.epoch;
    this.dirtyBytes += cell.sizeBytes;
    if (this.dirtyBytes > this.softBytes) this.parameters.onSoftLimit();
  }

  /** Takes a cell that is in its index and is dirty. */
  addDirty(cell: Cell): void {
    this.usedBytes += cell.sizeBytes;
    this.dirty(cell);
  }

  /** The successor of a dirty cell of an earlier epoch, dirty and in its place. */
  succeed(cell: Cell): Cell {
    const next = cell.succeed();
    next.stampMs = cell.stampMs;
    next.sizeBytes = cell.sizeBytes;
    next.elder = cell;
    cell.successor = next;
    cell.isIndexed = false;
    this.ring.remove(cell);
    next.replaceElder();
    this.addDirty(next);
    return next;
  }

  /** A dirty cell got a value that its elders have no part in. */
  replaced(cell: Cell): void {
    for (let { elder } = cell; elder !== undefined; elder = elder.elder) {
      if (elder.supersededIn === 0) elder.supersededIn = this.epoch;
    }
  }

  /** The size of a dirty cell changed. */
  resize(cell: Cell, sizeBytes: number): void {
    const difference = sizeBytes - cell.sizeBytes;
    cell.sizeBytes = sizeBytes;
    this.usedBytes += difference;
    if (cell.dirtyEpoch !== 0) this.dirtyBytes += difference;
  }

  /** So many more bytes are in memory besides the cells: they come with the first cell of a map and go with the last. */
  charge(bytes: number): void {
    this.usedBytes += bytes;
  }

  /** Takes a cell away that has nothing to write (CE4 of cell.ts) or is clean. */
  drop(cell: Cell): void {
    this.forget(cell);
    this.usedBytes -= cell.sizeBytes;
    if (cell.dirtyEpoch === 0) return;
    this.dirtyBytes -= cell.sizeBytes;
    cell.isDead = true;
    const list = cell.table.dirtyTail;
    if (list !== undefined && list.epoch === cell.dirtyEpoch) list.died();
  }

  /** Takes a cell of an earlier epoch out of its index: it is written all the same, and something newer has its place. */
  leave(cell: Cell): void {
    this.forget(cell);
    cell.supersededIn = this.epoch;
    this.replaced(cell);
  }

  freeze(): number {
    this.running.add(this.epoch);
    return this.epoch++;
  }

  /** Nobody asks for the cells of an epoch any more that a freeze ended. */
  release(epoch: number): void {
    this.running.delete(epoch);
  }

  dirtyKeyGroups(epoch: number): readonly number[] {
    const keyGroups: number[] = [];
    for (const group of this.groups) {
      if (group === undefined) continue;
      const first = group.epochs[0];
      if ((first !== undefined && first.epoch <= epoch) || group.failed.some(({ cell }) => cell.dirtyEpoch <= epoch))
        keyGroups.push(group.keyGroup);
    }
    return keyGroups;
  }

  flush(keyGroup: number, epoch: number, limit: number, isOver?: () => boolean): boolean {
    const group = this.groups[keyGroup - this.parameters.firstKeyGroup];
    if (group === undefined) return true;
    if (isWaiting(group, epoch)) this.write([group], epoch, limit, isOver);
    if (isWaiting(group, epoch)) return false;
    this.retryFailed(group, epoch);
    return true;
  }

  /**
   * Writes some dirty cells, whosever they are.
   *
   * @returns How many.
   */
  drain(limit: number): number {
    if (this.dirtyBytes === 0) return 0;
    const waiting: DirtyGroup[] = [];
    const { groups } = this;
    let listed = 0;
    // One key group after another, so that what is written together stands together.
    for (let count = 0; count < groups.length && listed < limit; count++) {
      const group = groups[(this.groupCursor + count) % groups.length];
      if (group === undefined || group.epochs.length === 0) continue;
      waiting.push(group);
      listed += group.listedAtMost;
    }
    if (waiting.length === 0) return 0;
    return this.write(waiting, this.epoch, limit);
  }

  /** Lets go of everything, written or not. */
  close(): void {
    this.groups.fill(undefined);
    this.ring.clear();
    this.dirtyBytes = 0;
    this.usedBytes = 0;
  }

  get isOverSoftLimit(): boolean {
    return this.dirtyBytes > this.softBytes;
  }

  figures(): CellCacheFigures {
    let unwritableValues = 0;
    for (const group of this.groups) unwritableValues += group?.failed.length ?? 0;
    return {
      cacheHits: this.hits,
      cacheMisses: this.misses,
      cachedBytes: this.usedBytes,
      dirtyBytes: this.dirtyBytes,
      flushedRecords: this.flushedRecords,
      flushMs: this.flushMs,
      unwritableValues,
    };
  }

  /** Where nothing is clean and much is dirty, values that are read would never be kept. */
  private drainForReaders(): boolean {
    if (this.dirtyBytes <= this.softBytes || this.budgetBytes === 0) return false;
    try {
      return this.drain(RECORDS_PER_DRAIN) > 0;
    } catch {
      // Who reads needs no room in the store; who writes meets the error.
      return false;
    }
  }

  private groupOf(keyGroup: number): DirtyGroup {
    const index = keyGroup - this.parameters.firstKeyGroup;
    const group = this.groups[index] ?? new DirtyGroup(keyGroup);
    this.groups[index] = group;
    return group;
  }

  /** Writes listed cells of key groups, each oldest epoch first. Returns how many. @throws StateError of the store. */
  private write(groups: readonly DirtyGroup[], epoch: number, limit: number, isOver?: () => boolean): number {
    const { clock, batch, work } = this.parameters;
    const startMs = clock.monotonicMs();
    const batchOfCells = new CellBatch(this.paths, limit, work, isOver);
    try {
      batch(() => {
        for (const group of groups) if (!batchOfCells.writeGroup(group, epoch)) return;
      });
    } catch (error) {
      batchOfCells.undo();
      throw error;
    }
    for (const cell of batchOfCells.end()) this.settle(cell);
    for (const group of groups) {
      group.dropEmpty();
      if (group.epochs.length === 0) this.groupCursor = group.keyGroup - this.parameters.firstKeyGroup + 1;
    }
    this.flushedRecords += batchOfCells.records;
    this.flushMs += clock.monotonicMs() - startMs;
    return batchOfCells.records;
  }

  /** The store has what a cell had to write. */
  private settle(cell: Cell): void {
    cell.partWritten();
    this.dirtyBytes -= cell.sizeBytes;
    cell.dirtyEpoch = 0;
    cell.isTouch = false;
    cell.path = '';
    if (cell.successor?.elder === cell) cell.successor.elder = undefined;
    if (!cell.isIndexed) {
      this.usedBytes -= cell.sizeBytes;
    } else if (cell.isKeptClean && this.budgetBytes > 0) {
      this.ring.add(cell);
    } else {
      this.forget(cell);
      this.usedBytes -= cell.sizeBytes;
    }
  }

  /** Tries once more what could not be written. @throws StateError of a value that cannot be, of the store. */
  private retryFailed(group: DirtyGroup, epoch: number): void {
    if (group.failed.length === 0) return;
    const { failed } = group;
    group.failed = [];
    let first: FailedCell | undefined;
    for (const [index, one] of failed.entries()) {
      const { cell } = one;
      if (cell.isDead || cell.dirtyEpoch === 0) continue;
      const isSuperseded = cell.supersededIn !== 0;
      if (cell.dirtyEpoch > epoch) {
        group.failed.push(one);
      } else if (isSuperseded && cell.supersededIn <= epoch && !this.isAwaited(cell)) {
        this.giveUp(cell);
      } else if (isSuperseded) {
        // What came after it may be in the store already: it must not be written over that.
        group.failed.push(one);
        if (cell.supersededIn > epoch) first ??= one;
      } else {
        try {
          this.rewrite(cell, group);
        } catch (error) {
          if (!isFaultOfValue(error)) {
            group.failed.push(...failed.slice(index));
            throw error;
          }
          const again = { cell, error };
          group.failed.push(again);
          first ??= again;
        }
      }
    }
    if (first !== undefined) throw first.error;
  }

  private rewrite(cell: Cell, group: DirtyGroup): void {
    const { batch } = this.parameters;
    checkElder(cell, group);
    const epoch = Math.max(cell.dirtyEpoch, group.writtenEpoch);
    try {
      batch(() => {
        while (cell.write(cell.encode(this.paths), epoch, RECORDS_PER_BATCH) === 'more');
      });
      cell.wrote();
    } catch (error) {
      cell.unsettle(this.paths);
      throw error;
    }
    this.settle(cell);
  }

  /** Whether a snapshot that runs has to see what a superseded cell holds. */
  private isAwaited({ dirtyEpoch, supersededIn }: Cell): boolean {
    for (const epoch of this.running) if (epoch >= dirtyEpoch && epoch < supersededIn) return true;
    return false;
  }

  private giveUp(cell: Cell): void {
    if (cell.successor?.elder === cell) cell.successor.elder = cell.elder;
    this.dirtyBytes -= cell.sizeBytes;
    this.usedBytes -= cell.sizeBytes;
    cell.isDead = true;
  }

  /** Evicts a clean cell; false when there is none. */
  private evict(): boolean {
    const { ring } = this;
    for (let cell = ring.current(); cell !== undefined; cell = ring.current()) {
      const isClean = cell.isIndexed && cell.dirtyEpoch === 0;
      if (cell.isReferenced && isClean) {
        cell.isReferenced = false;
        ring.advance();
        continue;
      }
      ring.remove(cell);
      // The newest has taken the place: the hand goes on, and comes to it last.
      ring.advance();
      if (!isClean) continue;
      cell.forget();
      this.usedBytes -= cell.sizeBytes;
      return true;
    }
    return false;
  }

  private forget(cell: Cell): void {
    cell.forget();
    this.ring.remove(cell);
  }
}

function isWaiting({ epochs }: DirtyGroup, epoch: number): boolean {
  const [first] = epochs;
  return first !== undefined && first.epoch <= epoch;
}
