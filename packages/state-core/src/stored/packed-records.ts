// Restored records of one state in one key group, many to a value of the store, until they are wanted one by one: bringing a
// snapshot into the store costs a write per block and not per record.
//
//   block     at   number of the block (4 bytes),   in state 32,768 + state
//             0   1  schema tag of the values (stored-schemas.ts)
//             1   .  PUT records as in a segment, ascending (snapshot-format/record-cursor.ts)
//
// Owns: the layout, where which block begins, and taking blocks apart. Leaves when to the records, and what is put into blocks to
// the loader.
//
//   PK1. A block stands for the paths from its first one to before the first one of the next block. Who changes a path, or
//        scans past it, takes its block apart first: every entry of it stands by itself then, and the block is gone.
//   PK2. A record is in a block or stands by itself, where it stands by itself beside its block both say the same: what took the
//        block apart did not come to its end. So reading asks the block first.
//   PK3. What a batch took apart counts when the batch has ended; when it fails, blocks count as there. A block that counts as
//        there and is not has been taken apart all the same.
//   PK4. In memory is the path that each block begins with. All tables together have no more of that than BEGINNINGS_BYTES_MAX
//        and what one of them adds: then restored records stand by themselves from the beginning.
//   PK5. Reading needs no room: where the store takes no more, what scans come to is read from the blocks.

import { compareByteRanges, compareBytes } from '../serialization/key-bytes.js';
import { RecordCursor, STAMP_BYTES } from '../snapshot-format/record-cursor.js';
import { RecordOp } from '../snapshot-format/segment-contract.js';
import { damaged } from '../snapshot-format/segment-damage.js';
import type { KeyedStore, KeyedStoreEntry } from '../state-backend/keyed-store.js';
import { ReusedBytes } from './reused-bytes.js';
import { beginsWith, CHUNKS_OF_STATE } from './stored-paths.js';
import type { StoreAccess } from './stored-records.js';

/**
 * Records go into a block up to this size: larger ones make a restore no faster, and reading an entry of one slower. With what
 * LMDB adds, four of them fit a page.
 */
const BLOCK_BYTES = 1000;
/** A longer record gains nothing from standing in a block. */
export const PACKED_RECORD_BYTES_MAX: number = 500;
const BEGINNINGS_BYTES_MAX = 8 * 1024 * 1024;
/** What a block takes in memory besides the path. */
const BEGINNING_BYTES = 16;

/** What the tables of a backend share: what they read blocks with in turn, and how much memory blocks take. */
export class PackedBuffers {
  /** PK4. */
  beginningsBytes = 0;
  private readonly beginningsBytesMax: number;

  readonly block: ReusedBytes = new ReusedBytes();
  readonly path: ReusedBytes = new ReusedBytes();
  readonly value: ReusedBytes = new ReusedBytes();
  readonly cursor: RecordCursor = new RecordCursor(new Uint8Array(0));

  constructor(beginningsBytesMax: number = BEGINNINGS_BYTES_MAX) {
    this.beginningsBytesMax = beginningsBytesMax;
  }

  /** Whether more records may go into blocks. */
  get hasRoom(): boolean {
    return this.beginningsBytes < this.beginningsBytesMax;
  }
}

/** The blocks of a state in a key group. */
export class PackedRecords {
  private readonly store: KeyedStore;
  private readonly blockState: number;
  private readonly blockNumber: Uint8Array = new Uint8Array(4);
  /** The paths that blocks begin with, one after another, and where each ends. */
  private readonly firstPaths: ReusedBytes = new ReusedBytes();
  private readonly firstEnds: number[] = [];
  private readonly isThere: boolean[] = [];
  private left = 0;
  /** Before this number none is there. */
  private gone = 0;

  // The block that is being filled.
  private filled: ReusedBytes | undefined = undefined;
  private tag = -1;
  private source: Uint8Array | undefined = undefined;
  private sourceStart = 0;
  private sourceEnd = 0;

  constructor(
    private readonly access: StoreAccess,
    private readonly keyGroup: number,
    private readonly stateId: number,
  ) {
    this.store = access.store;
    this.blockState = CHUNKS_OF_STATE + stateId;
  }

  /** Whether no block is left. */
  get isEmpty(): boolean {
    return this.left === 0;
  }

  /**
   * Puts the record that a cursor is at into a block; paths ascend.
   *
   * @param stampMs - The time stamp that counts instead of that of the record; only where that has one.
   */
  add(tag: number, cursor: RecordCursor, stampMs: number | undefined): void {
    const { bytes, recordStart, recordEnd } = cursor;
    let filled = this.filled;
    if (
      filled === undefined ||
      tag !== this.tag ||
      filled.length + this.sourceEnd - this.sourceStart + recordEnd - recordStart > BLOCK_BYTES
    ) {
      filled = this.beginBlock(tag, cursor);
    }
    if (stampMs !== undefined && stampMs !== cursor.timestampMs) {
      this.takeSource(filled);
      const stampAt = cursor.hasMapKey ? cursor.mapKeyEnd : cursor.namespaceEnd;
      filled.append(bytes, recordStart, stampAt);
      filled.appendSafeInteger(stampMs);
      filled.append(bytes, stampAt + STAMP_BYTES, recordEnd);
    } else if (bytes === this.source && recordStart === this.sourceEnd) {
      this.sourceEnd = recordEnd;
    } else {
      this.takeSource(filled);
      this.source = bytes;
      this.sourceStart = recordStart;
      this.sourceEnd = recordEnd;
    }
  }

  /** Nothing is added any more. */
  end(): void {
    this.endBlock();
    this.filled = undefined;
  }

  /** What the blocks take in memory, in bytes, as long as one is left. */
  get beginningsBytes(): number {
    return this.firstPaths.length + BEGINNING_BYTES * this.firstEnds.length;
  }

  /** The value at a path with its tag in front, where a block has it; overwritten by the next call. */
  get(path: Uint8Array): Uint8Array | undefined {
    const index = this.blockOf(path);
    if (index < 0 || this.isThere[index] !== true) return undefined;
    const block = this.store.get(this.keyGroup, this.blockState, this.numbered(index));
    if (block === undefined) return undefined;
    const { cursor } = this.access.packed;
    cursor.reset(block, 1);
    while (this.nextOf(cursor)) {
      const order = compareToPath(cursor, path);
      if (order === 0) return this.valueOf(block[0] as number, cursor);
      if (order > 0) break;
    }
    return undefined;
  }

  /** Before the entry at a path changes. */
  unpackAt(path: Uint8Array): void {
    const index = this.blockOf(path);
    if (index >= 0) this.unpack(index);
  }

  /**
   * Before a scan: afterwards the first `limit` entries after `start` whose path begins with `prefix` stand by themselves.
   *
   * @param start - `prefix`, or a path after it.
   */
  unpackRange(prefix: Uint8Array, start: Uint8Array, limit: number): void {
    // Nobody knows how much of the first one comes before.
    const first = this.blockOf(start);
    if (first >= 0) this.unpack(first);
    let rest = limit;
    for (let index = this.nextThere(first); rest > 0 && index >= 0; index = this.nextThere(index)) {
      if (!beginsWith(this.firstPathOf(index), prefix)) return;
      rest -= this.unpack(index);
    }
  }

  /**
   * A scan of entries that cannot be made to stand by themselves: those of blocks, with what a scan of the store has found.
   *
   * @param stored - `limit` of them, or all there are.
   */
  merged(
    stored: readonly KeyedStoreEntry[],
    prefix: Uint8Array,
    after: Uint8Array | undefined,
    limit: number,
  ): readonly KeyedStoreEntry[] {
    const { cursor, path } = this.access.packed;
    const all: KeyedStoreEntry[] = [];
    let next = 0;
    const start = after !== undefined && compareBytes(after, prefix) > 0 ? after : prefix;
    let index = this.nextThere(Math.max(-1, this.blockOf(start) - 1));
    for (; index >= 0 && all.length < limit; index = this.nextThere(index)) {
      const first = this.firstPathOf(index);
      if (compareBytes(first, start) > 0 && !beginsWith(first, prefix)) break;
      const block = this.store.get(this.keyGroup, this.blockState, this.numbered(index));
      if (block === undefined) continue;
      cursor.reset(block, 1);
      while (this.nextOf(cursor)) {
        path.reset();
        appendPath(path, cursor);
        const order = compareBytes(path.view(), start);
        if (order < 0 || (order === 0 && start === after)) continue;
        if (!beginsWith(path.view(), prefix)) break;
        let against = -1;
        while (next < stored.length) {
          against = compareBytes((stored[next] as KeyedStoreEntry).path, path.view());
          if (against >= 0) break;
          all.push(stored[next++] as KeyedStoreEntry);
        }
        // PK2.
        if (against === 0 && next < stored.length) next++;
        all.push({ path: path.view().slice(), value: this.valueOf(block[0] as number, cursor).slice() });
      }
    }
    while (next < stored.length) all.push(stored[next++] as KeyedStoreEntry);
    return all.slice(0, limit);
  }

  /** Takes blocks apart until `limit` entries or more were in them, or none is left. */
  unpackSome(limit: number): void {
    let rest = limit;
    this.access.batches.run(() => {
      for (let index = this.nextThere(this.gone - 1); rest > 0 && index >= 0; index = this.nextThere(index)) {
        rest -= this.unpack(index);
        this.gone = index + 1;
      }
    });
  }

  /** The next block after one; -1 when there is none. */
  private nextThere(index: number): number {
    return this.isThere.indexOf(true, index + 1);
  }

  private beginBlock(tag: number, cursor: RecordCursor): ReusedBytes {
    this.endBlock();
    const { firstPaths } = this;
    appendPath(firstPaths, cursor);
    this.firstEnds.push(firstPaths.length);
    this.isThere.push(true);
    this.left++;
    this.filled ??= new ReusedBytes();
    this.filled.appendByte(tag);
    this.tag = tag;
    return this.filled;
  }

  private endBlock(): void {
    const { filled } = this;
    if (filled === undefined || filled.length === 0) return;
    this.takeSource(filled);
    this.access.work.wrote(filled.length);
    this.store.put(this.keyGroup, this.blockState, this.numbered(this.isThere.length - 1), filled.view());
    filled.reset();
  }

  /** Copies the records that stand together where they come from. */
  private takeSource(filled: ReusedBytes): void {
    if (this.source === undefined) return;
    filled.append(this.source, this.sourceStart, this.sourceEnd);
    this.source = undefined;
    this.sourceStart = this.sourceEnd = 0;
  }

  /** The last block that begins at or before a path; -1 where none does. */
  private blockOf(path: Uint8Array): number {
    const { firstEnds } = this;
    const bytes = this.firstPaths.bytes;
    let low = 0;
    let high = firstEnds.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const start = middle === 0 ? 0 : (firstEnds[middle - 1] as number);
      if (compareByteRanges(bytes, start, firstEnds[middle] as number, path, 0, path.length) <= 0) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  private firstPathOf(index: number): Uint8Array {
    const start = index === 0 ? 0 : (this.firstEnds[index - 1] as number);
    return this.firstPaths.bytes.subarray(start, this.firstEnds[index]);
  }

  /** Takes a block apart. @returns How many entries were in it. */
  private unpack(index: number): number {
    if (this.isThere[index] !== true) return 0;
    const { access, keyGroup, stateId, store } = this;
    const { block, path, cursor } = access.packed;
    let count = 0;
    access.batches.run(() => {
      const stored = store.get(keyGroup, this.blockState, this.numbered(index));
      if (stored !== undefined) {
        block.reset();
        block.append(stored, 0, stored.length);
        const bytes = block.view();
        const tag = bytes[0] as number;
        cursor.reset(bytes, 1);
        while (this.nextOf(cursor)) {
          path.reset();
          appendPath(path, cursor);
          const entry = this.valueOf(tag, cursor);
          access.work.wrote(entry.length);
          store.put(keyGroup, stateId, path.view(), entry);
          count++;
        }
        store.delete(keyGroup, this.blockState, this.numbered(index));
        access.work.wrote(0);
      }
      this.setThere(index, false);
      access.batches.onFailure(() => this.setThere(index, true));
    });
    return count;
  }

  private setThere(index: number, isThere: boolean): void {
    if (this.isThere[index] === isThere) return;
    this.isThere[index] = isThere;
    this.left += isThere ? 1 : -1;
    if (isThere) this.gone = Math.min(this.gone, index);
  }

  /** Moves to the next record of a block. @throws StateError `bytes-*`. */
  private nextOf(cursor: RecordCursor): boolean {
    if (!cursor.next()) return false;
    if (cursor.op === RecordOp.PUT) return true;
    throw damaged('bytes-invalid', 'a block of restored records', `op ${cursor.op}`);
  }

  private valueOf(tag: number, cursor: RecordCursor): Uint8Array {
    const { value } = this.access.packed;
    value.reset();
    value.appendByte(tag);
    if (cursor.stamped) value.appendSafeInteger(cursor.timestampMs);
    value.append(cursor.bytes, cursor.valueStart, cursor.valueEnd);
    return value.view();
  }

  private numbered(index: number): Uint8Array {
    const { blockNumber } = this;
    for (let byte = 0; byte < 4; byte++) blockNumber[byte] = index >>> (24 - 8 * byte);
    return blockNumber;
  }
}

/** The path of the entry that a cursor is at. */
export function appendPath(out: ReusedBytes, cursor: RecordCursor): void {
  const { bytes } = cursor;
  out.append(bytes, cursor.keyStart, cursor.keyEnd);
  if (cursor.namespaceEnd > cursor.namespaceStart) out.append(bytes, cursor.namespaceStart, cursor.namespaceEnd);
  if (cursor.hasMapKey) out.append(bytes, cursor.mapKeyStart, cursor.mapKeyEnd);
}

/** Length of the path of the entry that a cursor is at. */
export function pathBytesOf(cursor: RecordCursor): number {
  const { keyStart, keyEnd, namespaceStart, namespaceEnd, mapKeyStart, mapKeyEnd, hasMapKey } = cursor;
  return keyEnd - keyStart + namespaceEnd - namespaceStart + (hasMapKey ? mapKeyEnd - mapKeyStart : 0);
}

/** The order of the entry that a cursor is at against a path. */
function compareToPath(cursor: RecordCursor, path: Uint8Array): number {
  const { bytes, keyStart, keyEnd, namespaceStart, namespaceEnd, mapKeyStart, mapKeyEnd, hasMapKey } = cursor;
  const { length } = path;
  const keyBytes = Math.min(keyEnd - keyStart, length);
  // Every part ends by itself: where one is longer than what is left of the path, their bytes differ before.
  const byKey = compareByteRanges(bytes, keyStart, keyEnd, path, 0, keyBytes);
  if (byKey !== 0) return byKey;
  const namespaceTo = Math.min(keyBytes + namespaceEnd - namespaceStart, length);
  const byNamespace = compareByteRanges(bytes, namespaceStart, namespaceEnd, path, keyBytes, namespaceTo);
  if (byNamespace !== 0) return byNamespace;
  return hasMapKey ? compareByteRanges(bytes, mapKeyStart, mapKeyEnd, path, namespaceTo, length) : namespaceTo - length;
}
