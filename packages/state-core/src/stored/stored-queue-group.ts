// The queue of one key group over a store: a heap of the elements in memory, and the store for the rest.
//
//   store    |--------- covered ---------|------------- the rest -------------|
//   memory    copies, changes             changes alone
//                                         ^ frontier
//
// Owns: which elements are in memory, and finding the first. Leaves changes that are not written yet to the cells and their
// cache, bytes to queue-paths.ts, key groups to `KeyGroupPartitionedPriorityQueue`.
//
//   QG1. What the store has up to the frontier is in memory, or memory says that it is gone. Without a frontier that is all of
//        it. Of what comes after it memory knows the changes that are not written yet.
//   QG2. Live cells, and no others, are in the heap. Between two calls the first of the heap is covered: it is the first of all.
//   QG3. Copies are the first elements of the store: at most 2 * KEPT_COPIES, however many elements there are, unless all are
//        to stay in memory. Changes count towards the budget of the cache, copies do not.
//   QG4. Whoever may have dirty cells written does so first (CC1 of cell-cache.ts): settled cells leave the index and the heap.
//   QG5. Where the store shortens paths its order is not that of the elements among those that begin with the same bytes, which
//        are a class. A class is covered as a whole.
//   QG6. A call that throws has changed nothing.

import { IndexedHeap } from '../support/indexed-heap.js';
import type { KeyGroupPriorityQueue } from '../support/key-group-partitioned-priority-queue.js';
import type { PriorityRank } from '../support/priority-rank.js';
import { queueChangedMeanwhile } from '../support/queue-changed-meanwhile.js';
import type { CellCache } from './cell-cache.js';
import type { CellTable } from './cell-table.js';
import { NO_SLOT, QueueCell, type QueueCells, THERE } from './queue-cell.js';
import { type AnyElement, pathOfText, type QueuePaths, textOfPath } from './queue-paths.js';
import { unreadable } from './stored-damage.js';
import { NOTHING } from './stored-table.js';

/** The copies that stay when there are too many, and the elements that are read at once. */
const KEPT_COPIES = 128;
const NO_BYTES: Uint8Array = new Uint8Array(0);
/** Before everything. */
const START = '';

/** What the groups of a queue have in common. */
export interface QueueGroupParameters {
  readonly cache: CellCache;
  readonly paths: QueuePaths;
  readonly rankOf: PriorityRank;
  /** Whether all elements stay in memory. */
  readonly keepsAll: boolean;
  /** The longest beginning of a path that the store orders by (QG5). */
  readonly orderedBytes: number;
  /** An element of the same parts, none of which is shared where it could be changed. */
  readonly copy: (element: AnyElement) => AnyElement;
}

/** The queue of a key group. */
export class StoredQueueGroup implements KeyGroupPriorityQueue<AnyElement>, QueueCells {
  size: number;

  private readonly parameters: QueueGroupParameters;
  private readonly table: CellTable;
  private readonly cells: Map<string, QueueCell> = new Map();
  private readonly bySlot: (QueueCell | undefined)[] = [];
  private readonly freeSlots: number[] = [];
  private readonly heap: IndexedHeap;
  /** The last class that is covered; `undefined` when everything is (QG1). */
  private frontier: string | undefined;
  /** Live cells that are clean. */
  private copies = 0;
  private trimAt: number;
  /** Counts what came and went. */
  private changes = 0;

  /** @throws StateError as ST5 of stored-table.ts. */
  constructor(table: CellTable, parameters: QueueGroupParameters) {
    this.parameters = parameters;
    this.table = table;
    this.trimAt = parameters.keepsAll ? Number.POSITIVE_INFINITY : 2 * KEPT_COPIES;
    const { bySlot } = this;
    this.heap = new IndexedHeap((a, b) => compareTexts((bySlot[a] as QueueCell).text, (bySlot[b] as QueueCell).text));
    const { stored } = table;
    this.size = stored.entryCount ?? stored.countEntries();
    this.frontier = this.size === 0 ? undefined : START;
    if (parameters.keepsAll) while (this.frontier !== undefined) this.readOn();
    else this.findFirst();
  }

  get headRank(): number {
    return this.heap.firstRank;
  }

  compareHead(other: KeyGroupPriorityQueue<AnyElement>): number {
    const head = this.head as QueueCell;
    return compareTexts(head.text, ((other as StoredQueueGroup).head as QueueCell).text);
  }

  peek(): AnyElement | undefined {
    const { head } = this;
    return head && this.parameters.copy(head.element);
  }

  poll(): AnyElement | undefined {
    this.parameters.cache.makeRoom();
    const { head } = this;
    if (head === undefined) return undefined;
    this.takeOut(head);
    return this.parameters.copy(head.element);
  }

  add(element: AnyElement): boolean {
    const { cache, paths, copy } = this.parameters;
    cache.makeRoom();
    const path = paths.pathOf(element);
    const text = textOfPath(path);
    const known = this.cells.get(text);
    if (known === undefined ? !this.covers(text) && this.table.stored.has(path) : known.isLive) return false;
    let cell: QueueCell;
    if (known === undefined) {
      cell = new QueueCell(this, this.table, text, copy(element), THERE, false);
      this.cells.set(text, cell);
      cache.addDirty(cell);
    } else {
      // What is not live waits to be written.
      cell = known.dirtyEpoch === cache.epoch ? known : (cache.succeed(known) as QueueCell);
      cell.value = THERE;
      cache.replaced(cell);
    }
    this.size++;
    this.changes++;
    return this.intoHeap(cell);
  }

  remove(element: AnyElement): boolean {
    const { cache, paths, copy } = this.parameters;
    cache.makeRoom();
    const path = paths.pathOf(element);
    const text = textOfPath(path);
    const known = this.cells.get(text);
    if (known?.isLive) return this.takeOut(known);
    if (known !== undefined || this.covers(text) || !this.table.stored.has(path)) return false;
    // Not covered: another one is the first (QG2).
    const cell = new QueueCell(this, this.table, text, copy(element), NOTHING, true);
    this.cells.set(text, cell);
    cache.addDirty(cell);
    this.gone();
    return false;
  }

  /** Those in memory first. Fails with `concurrent-modification`. @throws StateError as ST5 of stored-table.ts. */
  *[Symbol.iterator](): Iterator<AnyElement> {
    const { changes, frontier } = this;
    const { copy, paths } = this.parameters;
    const live: QueueCell[] = [];
    for (const cell of this.cells.values()) if (cell.isLive) live.push(cell);
    // What is written and leaves memory meanwhile is not to come twice.
    const seen = new Set<string>();
    for (const cell of live) {
      if (!isCovered(frontier, this.classOf(cell.text))) seen.add(cell.text);
      yield copy(cell.element);
      if (this.changes !== changes) throw queueChangedMeanwhile();
    }
    if (frontier === undefined) return;
    let after = pathAfter(frontier);
    for (;;) {
      const chunk = this.table.stored.scanPaths(NO_BYTES, after, KEPT_COPIES);
      for (const { path } of chunk) {
        after = path;
        const text = textOfPath(path);
        if (isCovered(frontier, this.classOf(text)) || seen.has(text)) continue;
        if (this.cells.get(text)?.isLive === false) continue;
        yield this.decoded(path, paths);
        if (this.changes !== changes) throw queueChangedMeanwhile();
      }
      if (chunk.length < KEPT_COPIES) return;
    }
  }

  entered(cell: QueueCell): void {
    this.cells.set(cell.text, cell);
  }

  settledOrDropped(cell: QueueCell): void {
    if (cell.isLive && cell.dirtyEpoch === 0 && this.covers(cell.text)) {
      // A copy from now on.
      cell.isIndexed = true;
      if (++this.copies > this.trimAt) this.trim();
    } else {
      this.leave(cell);
    }
  }

  private get head(): QueueCell | undefined {
    const { first } = this.heap;
    return first < 0 ? undefined : this.bySlot[first];
  }

  /** Takes a live element out. Whether it was the first. */
  private takeOut(cell: QueueCell): boolean {
    const { cache } = this.parameters;
    const wasFirst = this.heap.remove(cell.slot);
    if (wasFirst && this.size > 1 && this.frontier !== undefined) {
      try {
        this.findFirst();
      } catch (error) {
        this.heap.add(cell.slot, this.parameters.rankOf(cell.element.priority));
        throw error;
      }
    }
    this.releaseSlot(cell);
    if (cell.dirtyEpoch === 0) {
      this.copies--;
      cell.value = NOTHING;
      cache.addDirty(cell);
    } else if (cell.dirtyEpoch === cache.epoch && cell.there === false && cell.elder === undefined) {
      // It came and goes, and the store hears of neither.
      cache.drop(cell);
    } else {
      const target = cell.dirtyEpoch === cache.epoch ? cell : cache.succeed(cell);
      target.value = NOTHING;
      cache.replaced(target);
    }
    this.gone();
    return wasFirst;
  }

  private gone(): void {
    this.changes++;
    // What the store has then is all known to be gone.
    if (--this.size === 0) this.frontier = undefined;
  }

  private covers(text: string): boolean {
    return this.frontier === undefined || this.classOf(text) <= this.frontier;
  }

  private classOf(text: string): string {
    const { orderedBytes } = this.parameters;
    return text.length > orderedBytes ? text.slice(0, orderedBytes) : text;
  }

  /** Reads until the first of the heap is the first of all (QG2). */
  private findFirst(): void {
    for (;;) {
      const { head } = this;
      if (this.frontier === undefined || (head !== undefined && this.covers(head.text))) return;
      this.readOn();
    }
  }

  /** Covers some more of the store. */
  private readOn(): void {
    const from = this.frontier as string;
    const { orderedBytes } = this.parameters;
    for (let limit = KEPT_COPIES; ; limit *= 2) {
      const chunk = this.table.stored.scanPaths(NO_BYTES, pathAfter(from), limit);
      const texts = chunk.map(({ path }) => textOfPath(path));
      const last = texts[texts.length - 1];
      let reached: string | undefined;
      if (chunk.length >= limit && last !== undefined) {
        reached = this.classOf(last);
        // More of the last class may follow (QG5): then all before it is what was read.
        if (last.length >= orderedBytes) reached = this.classBefore(reached, texts);
        // The last class is not the first: nothing new but a part of it.
        if (reached === undefined || reached <= from) continue;
      }
      for (const [index, { path }] of chunk.entries()) {
        const text = texts[index] as string;
        const of = this.classOf(text);
        if (reached !== undefined && of > reached) break;
        if (!isCovered(from, of) && !this.cells.has(text)) this.takeIn(path, text);
      }
      this.frontier = reached;
      return;
    }
  }

  /** The last class before another in texts that are in the order of the store. */
  private classBefore(last: string, texts: readonly string[]): string | undefined {
    for (let index = texts.length - 1; index >= 0; index--) {
      const of = this.classOf(texts[index] as string);
      if (of !== last) return of;
    }
    return undefined;
  }

  private takeIn(path: Uint8Array, text: string): void {
    const cell = new QueueCell(this, this.table, text, this.decoded(path, this.parameters.paths), THERE, true);
    this.cells.set(text, cell);
    this.intoHeap(cell);
    this.copies++;
  }

  private decoded(path: Uint8Array, paths: QueuePaths): AnyElement {
    try {
      return paths.elementOf(path);
    } catch (error) {
      const { table } = this;
      throw unreadable(table.types.stateName, table.keyGroup, paths.keyInWords(path), error);
    }
  }

  /** Lets go of copies but the first ones (QG3). */
  private trim(): void {
    const copies: QueueCell[] = [];
    for (const cell of this.cells.values()) if (cell.isLive && cell.dirtyEpoch === 0) copies.push(cell);
    copies.sort((a, b) => compareTexts(a.text, b.text));
    let kept = Math.min(KEPT_COPIES, copies.length);
    let frontier = this.classOf((copies[kept - 1] as QueueCell).text);
    while (kept < copies.length && this.classOf((copies[kept] as QueueCell).text) === frontier) kept++;
    this.trimAt = Math.max(2 * KEPT_COPIES, 2 * kept);
    if (kept === copies.length) return;
    // Copies that a reading which failed took in are not covered.
    if (!this.covers(frontier)) frontier = this.frontier as string;
    this.frontier = frontier;
    for (const cell of copies) {
      if (this.covers(cell.text)) continue;
      cell.isIndexed = false;
      this.copies--;
      this.leave(cell);
    }
  }

  /** Takes a cell out of index and heap. */
  private leave(cell: QueueCell): void {
    if (this.cells.get(cell.text) === cell) this.cells.delete(cell.text);
    if (cell.slot === NO_SLOT) return;
    this.heap.remove(cell.slot);
    this.releaseSlot(cell);
  }

  private intoHeap(cell: QueueCell): boolean {
    const slot = this.freeSlots.pop() ?? this.bySlot.length;
    this.bySlot[slot] = cell;
    cell.slot = slot;
    return this.heap.add(slot, this.parameters.rankOf(cell.element.priority));
  }

  private releaseSlot(cell: QueueCell): void {
    const { bySlot, freeSlots } = this;
    bySlot[cell.slot] = undefined;
    if (this.heap.size === 0) {
      // Nothing holds memory for what there once was.
      bySlot.length = 0;
      freeSlots.length = 0;
    } else {
      freeSlots.push(cell.slot);
    }
    cell.slot = NO_SLOT;
  }
}

function isCovered(frontier: string | undefined, of: string): boolean {
  return frontier === undefined || of <= frontier;
}

function pathAfter(frontier: string): Uint8Array | undefined {
  return frontier === START ? undefined : pathOfText(frontier);
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
