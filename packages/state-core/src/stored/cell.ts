// One value in memory: a copy of what the store has, or what it is to have.
//
// Owns: what is known of the value and how it gets into the store. Leaves budget and order of writing to cell-cache.ts and
// who finds the cell to the indexes.
//
//   CE1. Clean: the store has the same. Dirty: the store is to get it, in the epoch of the last change.
//   CE2. The cell in the index is the newest of its address. A change in a later epoch than that of a dirty cell makes
//        another cell, its successor; the elder waits in its epoch's list and is not changed any more.
//   CE3. `there` speaks of the store as it is now, whatever waits to be written.
//   CE4. A dead cell has nothing to write any more: a map was cleared after it, or it came and went between two writes.

import type { KeyIdentity } from '../serialization/type-serializer.js';
import { NOT_IN_RING } from './cell-ring.js';
import type { CellTable } from './cell-table.js';
import type { PathWriter } from './path-writer.js';
import { NOTHING } from './stored-table.js';

/** Outcome of writing a cell. */
export type CellWriting = 'done' | 'more';

/** A value in memory. */
export abstract class Cell {
  /** {@link NOTHING} for one that was removed. */
  value: unknown;
  /** The epoch of the last change; 0 when clean. */
  dirtyEpoch = 0;
  /** The epoch in which something newer took its place; 0 while it is the newest. */
  supersededIn = 0;
  successor: Cell | undefined = undefined;
  /** A dirty cell of an earlier epoch at the same address that is not written yet. */
  elder: Cell | undefined = undefined;
  /** Whether the store has something at the address (CE3); `undefined` when not known. */
  there: boolean | undefined;
  /** Of a dirty cell: only the stamp is new. */
  isTouch = false;
  /** Whether the index leads here. */
  isIndexed = true;
  /** Where it stands in the ring of clean cells. */
  ringPlace: number = NOT_IN_RING;
  /** Used since the hand of the ring passed. */
  isReferenced = false;
  isDead = false;
  /** Milliseconds; meaningless without time to live. */
  stampMs = 0;
  /** Estimated bytes in memory. */
  sizeBytes = 0;
  /** While its list is being written: the path, one character per byte. */
  path = '';

  constructor(
    readonly table: CellTable,
    value: unknown,
    there: boolean | undefined,
  ) {
    this.value = value;
    this.there = there;
  }

  /** The path. Valid until the next use of the writer. */
  abstract encode(paths: PathWriter): Uint8Array;
  /** Takes the cell out of its index. */
  abstract forget(): void;
  /** A cell with the same address and contents, in the place of this one. */
  abstract succeed(): Cell;
  /** Puts the cell into its index. */
  abstract enter(): void;
  /** Puts the cell into its index, where its elder was. */
  abstract replaceElder(): void;

  /** Whether there is something at the address, as a program sees it. */
  get isPresent(): boolean {
    return this.value !== NOTHING;
  }

  /** Whether its map says what it counts for. */
  get isCounted(): boolean {
    return false;
  }

  /** Whether it serves as a copy once the store has the same. */
  get isKeptClean(): boolean {
    return this.value !== NOTHING;
  }

  /** Hands the cell to the store. `limit`: pieces at a time. @throws StateError as ST5 of stored-table.ts. */
  write(path: Uint8Array, epoch: number, _limit: number): CellWriting {
    const { stored, ttl } = this.table;
    if (this.value === NOTHING) {
      if (this.there !== false) stored.delete(path, epoch, this.there);
    } else if (this.isTouch) {
      stored.touch(path, this.stampMs, epoch);
    } else {
      this.table.verify(this.value);
      const stampMs = ttl === undefined ? undefined : this.stampMs;
      this.table.sizes.stored(stored.put(path, this.value, stampMs, epoch, this.there));
    }
    return 'done';
  }

  /** It was written in the batch that is under way: what follows at the same address builds on that. */
  wrote(): void {
    this.setThere(this.value !== NOTHING);
  }

  /** A part was written and stays, whatever becomes of the next. */
  partWritten(): void {}

  /** What was written may have got lost: whatever it was, it is to be written again. */
  unsettle(_paths: PathWriter): void {
    this.setThere(undefined);
  }

  /** Says of this cell and its successors whether the store has something. */
  protected setThere(there: boolean | undefined): void {
    this.there = there;
    for (let next = this.successor; next !== undefined; next = next.successor) next.there = there;
  }
}

/** The value of a key and namespace. */
export class KeyCell extends Cell {
  constructor(
    table: CellTable,
    readonly keyIdentity: KeyIdentity,
    readonly namespaceIdentity: KeyIdentity,
    readonly key: unknown,
    readonly namespace: unknown,
    value: unknown,
    there: boolean | undefined,
  ) {
    super(table, value, there);
  }

  encode(paths: PathWriter): Uint8Array {
    return paths.path(this.table.types, this.key, this.namespace);
  }

  forget(): void {
    this.isIndexed = false;
    this.table.cells.delete(this.keyIdentity, this.namespaceIdentity);
  }

  enter(): void {
    this.table.cells.set(this.keyIdentity, this.namespaceIdentity, this);
  }

  replaceElder(): void {
    this.enter();
  }

  succeed(): KeyCell {
    const { table, keyIdentity, namespaceIdentity, key, namespace, value, there } = this;
    return new KeyCell(table, keyIdentity, namespaceIdentity, key, namespace, value, there);
  }
}
