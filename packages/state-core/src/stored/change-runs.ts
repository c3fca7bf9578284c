// What was written to the store since a checkpoint that later ones may build on, record by record, in scratch space.
//
// Owns: noting and forgetting changes, and where they are. Leaves what they come to in the end to delta-merge.ts.
//
//   record   op u8 | path length varint | path | rest
//
//            PUT 1       value length varint | value as stored
//            DELETE 2    (nothing)
//            CLEAR 3     (nothing; the path is what everything removed begins with)
//            SPLICE 4    from varint | count varint | tag u8 | bytes length varint | elements as in a chunk
//            CHANGED 5   (nothing; whoever wants to know looks at the list)
//            TOUCH 6     time stamp int64
//            TRIM 7      count varint
//
//   CR1. One scratch space per epoch; in it extents, each of one table. It goes when no increment can ask for the epoch.
//   CR2. A table whose changes outgrow it forgets its oldest ones: an image of it is no larger. So does one whose changes
//        cannot be stored. Bases before the end of what was forgotten can no longer be served.
//   CR3. Noting never throws: what is in the store is right without it.
//   CR4. What `since` gave stays readable until the base is passed, whatever is noted or forgotten by CR2 meanwhile.

import { ByteWriter } from '../bytes/byte-writer.js';
import { checksum32 } from '../bytes/checksum.js';
import type { KeyedStoreScratch } from '../state-backend/keyed-store.js';
import { InMemoryScratch } from './memory-scratch.js';
import { SEED } from './scratch-checksum.js';

/** What a record of a run does. */
export const ChangeOp = { PUT: 1, DELETE: 2, CLEAR: 3, SPLICE: 4, CHANGED: 5, TOUCH: 6, TRIM: 7 } as const;

/** So many bytes of changes are kept whatever the size of the table. */
const RUN_BYTES_MIN = 64 * 1024;
const EXTENT_BYTES = 64 * 1024;
const KEPT_CAPACITY_BYTES_MAX = 1024 * 1024;

/** Changes of one table in one epoch that stand together. */
export interface ChangeExtent {
  readonly epoch: number;
  readonly scratch: KeyedStoreScratch;
  readonly position: number;
  readonly lengthBytes: number;
  readonly checksum: number;
  /** Entries, or elements of lists, that its records are about. */
  readonly weight: number;
  /** Records that a few bytes tell, however large what they are about. */
  readonly slight: number;
}

/** The changes of one table, oldest first. */
export class TableChanges {
  extents: ChangeExtent[] = [];
  bytes = 0;
  /** Up to this epoch changes are missing (CR2). */
  forgottenEpoch = 0;
  /** Bytes of the last image, or of what was restored. */
  imageBytes = 0;

  /** Forgets the changes up to an epoch. */
  forgetUpTo(epoch: number): void {
    let count = 0;
    while ((this.extents[count]?.epoch ?? Number.POSITIVE_INFINITY) <= epoch) {
      this.bytes -= (this.extents[count] as ChangeExtent).lengthBytes;
      count++;
    }
    if (count > 0) this.extents = this.extents.slice(count);
  }
}

/** The runs of all tables of one backend. */
export class ChangeRuns {
  /** Tables whose changes had to be forgotten (CR2), for metrics. */
  forgottenTables = 0;

  private isRemembering = false;
  private forgettableEpoch: number = Number.MAX_SAFE_INTEGER;
  private readonly scratches: Map<number, KeyedStoreScratch> = new Map();
  private out: ByteWriter = new ByteWriter(EXTENT_BYTES + 4096);
  /** Of the extent that is being gathered. */
  private table: TableChanges | undefined = undefined;
  private epoch = 0;
  private weight = 0;
  private slight = 0;

  constructor(private readonly openScratch: (() => KeyedStoreScratch) | undefined) {}

  /** As SnapshotBases says what need be remembered. */
  remember(isRemembering: boolean, forgettableEpoch: number): void {
    this.isRemembering = isRemembering;
    this.forgettableEpoch = isRemembering ? forgettableEpoch : Number.MAX_SAFE_INTEGER;
    if (this.table !== undefined && this.epoch <= this.forgettableEpoch) this.drop();
    for (const [epoch, scratch] of this.scratches) {
      if (epoch > this.forgettableEpoch) continue;
      this.scratches.delete(epoch);
      scratch.close();
    }
  }

  /** Whether changes of an epoch are to be noted. */
  notes(table: TableChanges, epoch: number): boolean {
    return this.isRemembering && epoch > this.forgettableEpoch && epoch > table.forgottenEpoch;
  }

  /** Notes a change that needs no more than its path. The caller has asked {@link notes}. @param weight - See {@link ChangeExtent}. */
  note(table: TableChanges, epoch: number, op: number, path: Uint8Array, weight = 1): void {
    try {
      this.begin(table, epoch, op, path);
      this.end(weight);
    } catch {
      this.fail(table, epoch);
    }
  }

  /** As {@link note}, of a value that was set. */
  notePut(table: TableChanges, epoch: number, path: Uint8Array, value: Uint8Array): void {
    try {
      this.begin(table, epoch, ChangeOp.PUT, path).writeLengthPrefixed(value);
      this.end(1);
    } catch {
      this.fail(table, epoch);
    }
  }

  /** As {@link note}, of elements that a list was continued or cut with. */
  noteSplice(
    table: TableChanges,
    epoch: number,
    path: Uint8Array,
    from: number,
    count: number,
    tag: number,
    elements: Uint8Array,
  ): void {
    try {
      const out = this.begin(table, epoch, ChangeOp.SPLICE, path);
      out.writeVarint(from);
      out.writeVarint(count);
      out.writeUint8(tag);
      out.writeLengthPrefixed(elements);
      this.end(count);
    } catch {
      this.fail(table, epoch);
    }
  }

  /** As {@link note}, of a new time stamp. */
  noteTouch(table: TableChanges, epoch: number, path: Uint8Array, stampMs: number): void {
    try {
      this.begin(table, epoch, ChangeOp.TOUCH, path).writeSafeInteger(stampMs);
      this.slight++;
      this.end(1);
    } catch {
      this.fail(table, epoch);
    }
  }

  /** As {@link note}, of elements that went at the front of a list. */
  noteTrim(table: TableChanges, epoch: number, path: Uint8Array, count: number): void {
    try {
      this.begin(table, epoch, ChangeOp.TRIM, path).writeVarint(count);
      this.slight++;
      this.end(1);
    } catch {
      this.fail(table, epoch);
    }
  }

  /** The changes of a table in the epochs after `baseEpoch` up to `epoch`; `undefined` where some are missing. */
  since(table: TableChanges, baseEpoch: number, epoch: number): readonly ChangeExtent[] | undefined {
    if (this.table === table) this.seal();
    if (baseEpoch < table.forgottenEpoch) return undefined;
    return table.extents.filter((extent) => extent.epoch > baseEpoch && extent.epoch <= epoch);
  }

  /** Bytes of scratch space. */
  get lengthBytes(): number {
    let bytes = this.out.length;
    for (const scratch of this.scratches.values()) bytes += scratch.lengthBytes;
    return bytes;
  }

  close(): void {
    this.remember(false, Number.MAX_SAFE_INTEGER);
    this.drop();
  }

  private begin(table: TableChanges, epoch: number, op: number, path: Uint8Array): ByteWriter {
    if (this.table !== table || this.epoch !== epoch) {
      this.seal();
      this.table = table;
      this.epoch = epoch;
      table.forgetUpTo(this.forgettableEpoch);
    }
    this.out.writeUint8(op);
    this.out.writeLengthPrefixed(path);
    return this.out;
  }

  private end(weight: number): void {
    this.weight += weight;
    if (this.out.length >= EXTENT_BYTES) this.seal();
  }

  /** Ends the extent that is being gathered. */
  private seal(): void {
    const { table, epoch, out, weight, slight } = this;
    if (table !== undefined && out.length > 0) {
      try {
        let scratch = this.scratches.get(epoch);
        if (scratch === undefined) {
          scratch = this.openScratch?.() ?? new InMemoryScratch();
          this.scratches.set(epoch, scratch);
        }
        const lengthBytes = out.length;
        const checksum = checksum32(out.view(), SEED);
        table.extents.push({
          epoch,
          scratch,
          position: scratch.append(out.view()),
          lengthBytes,
          checksum,
          weight,
          slight,
        });
        table.bytes += lengthBytes;
        this.bound(table);
      } catch {
        this.forget(table, epoch);
      }
    }
    this.drop();
  }

  /** Forgets the oldest epochs of a table whose changes have outgrown it (CR2). */
  private bound(table: TableChanges): void {
    const most = Math.max(RUN_BYTES_MIN, 2 * table.imageBytes);
    while (table.bytes > most) this.forget(table, (table.extents[0] as ChangeExtent).epoch);
  }

  private forget(table: TableChanges, epoch: number): void {
    table.forgottenEpoch = Math.max(table.forgottenEpoch, epoch);
    table.forgetUpTo(epoch);
    this.forgottenTables++;
  }

  private fail(table: TableChanges, epoch: number): void {
    this.drop();
    this.forget(table, epoch);
  }

  private drop(): void {
    this.table = undefined;
    this.weight = 0;
    this.slight = 0;
    if (this.out.length > KEPT_CAPACITY_BYTES_MAX) this.out = new ByteWriter(EXTENT_BYTES + 4096);
    else this.out.reset();
  }
}
