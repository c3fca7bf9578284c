// One open LMDB file: the only place that calls lmdb.
//
// Owns: reading, the one way of writing, how values lie in the file. Leaves directories and locks to
// environment-directory.ts, and everything that lives longer than a file to lmdb-environment.ts.
//
// Three named databases; nothing is ever written into the root database, and none is cleared or dropped.
//
//   header    one record, says what the file is (file-header.ts)
//   entries   key group, state, path -> value            at most INLINE_BYTES, else the head of a large value
//   pieces    key group, state, id u32, number u32 -> the rest of a large value, in pieces of INLINE_BYTES
//
//   value     | bytes                       | checksum u32 |        the checksum only where the file has checksums;
//   head      | INLINE_BYTES bytes | length f64 | id u32 | checksum u32 |    its seed is the key: a value cannot stand
//                                                                           under another
//
//   LF1. Writes are synchronous and inside one transaction at a time; no promise of lmdb is ever made. A callback that
//        returns a promise rolls back.
//   LF2. No cursor and no snapshot outlives the call that made it: a commit gives the reader's page set free.
//   LF3. LMDB never meets a full disk, neither while it opens (its lock file is mapped: without space for it the process
//        would be killed; an open that fails frees memory twice) nor later (space-reserve.ts). The same goes for address
//        space and, while it opens, for descriptors. Should a write of its fail all the same, the file takes no further
//        write and says so: what was committed stays readable.
//   LF6. Damage that is met while reading, by a checksum or by LMDB, ends the use of the file: every later call says so.
//        Checksums find damaged values. Damaged keys, and pages that LMDB takes for good, they do not.
//   LF4. Every value that lmdb is asked for fits its shared buffer, so it never maps memory into the heap.
//   LF5. What is shared between threads stays in lmdb's native part; an instance belongs to one thread.
//
// Long because: whatever handles the raw module belongs behind this one wall.

import { closeSync, fstatSync, ftruncateSync, openSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { isStateError, StateError } from '@tidemark/state-core';
import { compareBytes, type KeyedStoreEntry, type TakeKeyedEntry } from '@tidemark/state-core/spi';
import { checksum32 } from '@tidemark/state-core/support';
import type { Database, RootDatabase } from 'lmdb';
import { mappableBytes } from './address-space.js';
import { copyOf, END, EntryKey, PATH_BYTES_MAX, prefixOf, prefixOfKey } from './entry-key.js';
import type { LmdbModule } from './lmdb-module.js';
import { localFileError, localStateBroken, mapTooLarge } from './local-file-errors.js';
import { RangeReader } from './range-reader.js';
import { EMERGENCY_PAGES, SpaceReserve } from './space-reserve.js';

/** Values up to this size are one record: 64 pages of 4 KiB without what LMDB adds. */
export const INLINE_BYTES: number = 64 * 4096 - 128;

const HEAD_BYTES: number = INLINE_BYTES + 12;
const CHECKSUM_BYTES: number = 4;
/** What LMDB adds to a record. */
const RECORD_BYTES: number = 12;
const DATABASES: number = 3;
/** Values that are handed out share one view per length up to here. */
const VIEW_BYTES_MAX: number = 1024;
const SET_BYTES_MIN: number = 48;
/** A copied leaf, a new one beside it, and a branch. */
const PAGES_PER_WRITE: number = 3;
/** Upper branches, the catalogue, the list of free pages. */
const PAGES_PER_TRANSACTION: number = 64;
const NO_PATH: Uint8Array = new Uint8Array(0);
const HEADER_KEY: Uint8Array = new Uint8Array([0]);

const isWindows: boolean = process.platform === 'win32';
/** What LMDB needs until the file has a reserve. */
const FIRST_BYTES: number = 256 * 1024;
/** A slot of a reader in the lock file. */
const READER_BYTES: number = 64;
/** LMDB opens a file twice and its lock, and we open the file. */
const DESCRIPTORS: number = 4;

type BytesDatabase = Database<Uint8Array, Uint8Array>;

/** lmdb keeps the native environment on its stores; the typed interface does not name it. */
interface NativeEnvironment {
  beginTxn(flags: number): void;
  commitTxn(): void;
  info(): { readonly lastPageNumber: number; readonly mapSize: number };
}

/** How a file is opened. */
export interface LmdbFileSettings {
  readonly path: string;
  /** Address space to begin with, in bytes; LMDB doubles it when it needs more. */
  readonly mapBytes: number;
  /** The file never grows over this. */
  readonly limitBytes: number;
  readonly maxReaders: number;
  readonly readAhead: boolean;
  /** Whether values carry checksums. */
  readonly checksums: boolean;
  /** A transaction is committed and another begun when it has so many bytes of keys and values. */
  readonly writeBatchBytes: number;
  readonly header: Uint8Array;
}

/** Figures of a file. */
export interface LmdbFileStatistics {
  readonly entries: number;
  readonly pageBytes: number;
  /** Pages up to the last that was ever written. */
  readonly usedPages: number;
  readonly freePages: number;
  readonly mapBytes: number;
  readonly fileBytes: number;
}

/** Where an entry stands in the order of keys. */
export interface EntryPosition {
  readonly keyGroup: number;
  readonly stateId: number;
  readonly path: Uint8Array;
}

/** An entry with all of its address; `undefined` stands for a large value. */
export interface WholeEntry extends EntryPosition {
  readonly value: Uint8Array | undefined;
}

/** An open file. */
export class LmdbFile {
  readonly path: string;
  private readonly settings: LmdbFileSettings;
  private readonly root: RootDatabase<Uint8Array, Uint8Array>;
  private readonly native: NativeEnvironment;
  private readonly entries: BytesDatabase;
  private readonly pieces: BytesDatabase;
  /** The entries again, under whole keys. */
  private readonly wholeKeys: BytesDatabase;
  private readonly entryRange: RangeReader;
  /** Who gets what is read of the range, how much more, and the entry that it ended with because its value is large. */
  private takeEntry: TakeKeyedEntry = takeNothing;
  private entriesLeft = 0;
  private largeEntry: KeyedStoreEntry | undefined = undefined;
  private readonly key: EntryKey;
  private readonly descriptor: number;
  private readonly reserve: SpaceReserve;
  private readonly trailerBytes: number;
  private readonly record: RecordBuffer;
  /** States with large values: elsewhere nothing has to be read before it is replaced. */
  private readonly largeStates: Set<number> = new Set();
  private nextPiecesId = 1;
  private shared: Uint8Array = NO_PATH;
  private views: (Uint8Array | undefined)[] = [];
  private isWriting = false;
  private batchBytes = 0;
  private broken: StateError | undefined = undefined;
  private damage: StateError | undefined = undefined;
  private isClosed = false;
  /** Committed transactions and what they held. */
  batches = 0;
  writtenBytes = 0;

  private constructor(module: LmdbModule, settings: LmdbFileSettings) {
    const { path, checksums } = settings;
    this.settings = settings;
    this.path = path;
    this.trailerBytes = checksums ? CHECKSUM_BYTES : 0;
    this.record = recordBuffer(HEAD_BYTES + CHECKSUM_BYTES);
    this.key = new EntryKey();
    const keyed = { encoding: 'binary', keyEncoder: this.key } as const;
    const whole = { encoding: 'binary', keyEncoding: 'binary' } as const;
    this.root = openRoot(module, settings);
    this.native = (this.root as unknown as { readonly env: NativeEnvironment }).env;
    let descriptor: number | undefined;
    try {
      descriptor = openSync(path, isWindows ? 'r' : 'r+');
      this.descriptor = descriptor;
      this.reserve = new SpaceReserve({
        descriptor,
        path,
        pageBytes: (this.root.getStats() as RawStatistics).pageSize,
        // Windows: LMDB extends the file by itself, and a mapped one cannot be extended beside it.
        fileBytes: isWindows ? Number.MAX_SAFE_INTEGER : fstatSync(descriptor).size,
        limitBytes: settings.limitBytes,
        pagesUsed: () => this.native.info().lastPageNumber + 1,
        pagesFree: () => this.statistics().freePages,
        mapBytes: () => this.native.info().mapSize,
      });
      this.reserve.begin();
      this.entries = this.root.openDB({ name: 'entries', ...keyed });
      this.pieces = this.root.openDB({ name: 'pieces', ...keyed });
      this.wholeKeys = this.root.openDB({ name: 'entries', ...whole });
      this.entryRange = new RangeReader(module, this.root, 'entries', this.key);
      const header = this.root.openDB({ name: 'header', ...whole });
      header.putSync(HEADER_KEY, settings.header);
      // Read back: a file system that keeps nothing is found here and not with the first record.
      const read = header.getBinary(HEADER_KEY);
      if (read === undefined || compareBytes(read, settings.header) !== 0)
        throw localStateBroken(path, 'what is written is not what is read');
    } catch (error) {
      if (descriptor !== undefined) closeSync(descriptor);
      this.closeRoot();
      throw isStateError(error) ? error : localFileError(error, 'open', path);
    }
  }

  /**
   * Makes a file and opens it.
   *
   * @throws StateError `storage-*`, `local-state-broken`.
   */
  static create(module: LmdbModule, settings: LmdbFileSettings): LmdbFile {
    const { path } = settings;
    const lockPath = `${path}-lock`;
    try {
      takeSpace(settings, lockPath);
      const file = new LmdbFile(module, settings);
      // From here on nobody can truncate or change it, and the space is free the moment the process is gone, however.
      if (!isWindows) for (const name of [path, lockPath]) unlinkSync(name);
      return file;
    } catch (error) {
      for (const name of [path, lockPath]) rmSync(name, { force: true });
      throw error;
    }
  }

  /**
   * The value at a path, or `undefined`; overwritten by the next call.
   *
   * @throws StateError `local-state-broken`.
   */
  get(keyGroup: number, stateId: number, path: Uint8Array): Uint8Array | undefined {
    if (this.damage !== undefined) throw this.damage;
    checkPath(path);
    this.key.prefix = keyGroup * 0x10000 + stateId;
    let bytes: Uint8Array | undefined;
    try {
      bytes = this.entries.getBinaryFast(path);
    } catch (error) {
      throw this.readFailed(error);
    }
    if (bytes === undefined) return undefined;
    const { length } = bytes;
    const record = this.view(bytes, length);
    if (this.trailerBytes === 0 && length <= INLINE_BYTES) return record;
    const end = length - this.trailerBytes;
    if (this.trailerBytes !== 0) this.verify(record, end, path);
    if (end > INLINE_BYTES) return this.readLarge(record.slice(0, end));
    return this.view(bytes, end);
  }

  /** Sets the value of a path. @throws StateError `storage-no-space`, `local-state-broken`. */
  put(keyGroup: number, stateId: number, path: Uint8Array, value: Uint8Array): void {
    if (!this.isWriting) {
      this.transact(() => this.put(keyGroup, stateId, path, value));
      return;
    }
    checkPath(path);
    const { length } = value;
    this.makeRoom(length);
    if (this.largeStates.size !== 0) this.removePieces(keyGroup, stateId, path);
    if (length > INLINE_BYTES) {
      this.putLarge(keyGroup, stateId, path, value);
    } else {
      const { bytes } = this.record;
      // A call of `set` costs more than copying a few bytes.
      if (length > SET_BYTES_MIN) bytes.set(value);
      else for (let index = 0; index < length; index++) bytes[index] = value[index] as number;
      this.putRecord(this.entries, prefixOf(keyGroup, stateId), path, length);
    }
    this.wrote(path.length + length + RECORD_BYTES);
  }

  /** Removes a path. @throws as {@link put}. */
  delete(keyGroup: number, stateId: number, path: Uint8Array): void {
    if (!this.isWriting) {
      this.transact(() => this.delete(keyGroup, stateId, path));
      return;
    }
    checkPath(path);
    this.claim(PAGES_PER_WRITE, 0, 0);
    if (this.largeStates.size !== 0) this.removePieces(keyGroup, stateId, path);
    this.removeRecord(this.entries, prefixOf(keyGroup, stateId), path);
    this.wrote(path.length + RECORD_BYTES);
  }

  /** As the contract of a keyed store has it. @throws StateError `local-state-broken`. */
  scan(
    keyGroup: number,
    stateId: number,
    prefix: Uint8Array,
    after: Uint8Array | undefined,
    limit: number,
  ): KeyedStoreEntry[] {
    const found: KeyedStoreEntry[] = [];
    this.visit(keyGroup, stateId, prefix, after, limit, (path, pathStart, pathEnd, value, valueStart, valueEnd) => {
      found.push({ path: copyOf(path, pathStart, pathEnd), value: copyOf(value, valueStart, valueEnd) });
    });
    return found;
  }

  /** As the contract of a keyed store has it. @throws StateError `local-state-broken`. */
  visit(
    keyGroup: number,
    stateId: number,
    prefix: Uint8Array,
    after: Uint8Array | undefined,
    limit: number,
    take: TakeKeyedEntry,
  ): void {
    checkPath(prefix);
    if (this.damage !== undefined) throw this.damage;
    const keyPrefix = prefixOf(keyGroup, stateId);
    const { key } = this;
    let start = prefix;
    let exclusiveStart = false;
    if (after !== undefined && compareBytes(after, prefix) >= 0) {
      start = after;
      exclusiveStart = true;
    }
    this.takeEntry = take;
    this.entriesLeft = limit;
    this.largeEntry = undefined;
    try {
      for (;;) {
        key.setRange(keyPrefix, prefix);
        this.entryRange.read(start, exclusiveStart, this.entriesLeft, this.isWriting, this.takeRecord);
        const large = this.largeEntry as KeyedStoreEntry | undefined;
        if (large === undefined) return;
        const { path, value: head } = large;
        this.largeEntry = undefined;
        const value = this.readLarge(head);
        take(path, 0, path.length, value, 0, value.length);
        start = path;
        exclusiveStart = true;
      }
    } catch (error) {
      throw this.readFailed(error);
    } finally {
      this.takeEntry = takeNothing;
    }
  }

  private readonly takeRecord = (record: Uint8Array, length: number): boolean => {
    const { lastKey, lastStart, lastEnd } = this.key;
    const end = length - this.trailerBytes;
    if (this.trailerBytes !== 0) this.verify(record, end, lastKey, lastStart, lastEnd);
    this.entriesLeft--;
    if (end > INLINE_BYTES) {
      // Its pieces are read when the range has ended.
      this.largeEntry = { path: copyOf(lastKey, lastStart, lastEnd), value: copyOf(record, 0, end) };
      return false;
    }
    this.takeEntry(lastKey, lastStart, lastEnd, record, 0, end);
    return true;
  };

  /** Removes up to `limit` records of a state in a key group. @returns Whether none is left. @throws as {@link put}. */
  deleteSome(keyGroup: number, stateId: number, limit: number): boolean {
    const prefix = prefixOf(keyGroup, stateId);
    let left = limit;
    this.transact(() => {
      for (const database of [this.entries, this.pieces]) {
        const paths: Uint8Array[] = [];
        this.eachOf(database, prefix, NO_PATH, undefined, left, (path) => paths.push(path), false);
        for (const path of paths) {
          this.claim(PAGES_PER_WRITE, 0, 0);
          this.removeRecord(database, prefix, path);
          this.wrote(path.length + RECORD_BYTES);
        }
        left -= paths.length;
      }
    });
    return left > 0;
  }

  /**
   * Runs `write` in one transaction: all or nothing, up to `writeBatchBytes`; what is longer is committed in parts.
   *
   * @throws what `write` throws; StateError `local-state-broken`. TypeError when `write` returns a promise.
   */
  transact(write: () => unknown): void {
    if (this.isWriting) {
      refusePromise(write());
      return;
    }
    this.checkUsable();
    this.isWriting = true;
    let isCommitting = false;
    try {
      // A block: what is returned here is awaited by lmdb, and a transaction that waits never ends.
      this.root.transactionSync(() => {
        if (this.root.getWriteTxnId() === 0) throw new Error('no transaction could be begun');
        this.claim(PAGES_PER_TRANSACTION, 0, 0);
        refusePromise(write());
        isCommitting = true;
      });
      this.batches++;
    } catch (error) {
      throw isCommitting ? this.writeFailed(error) : error;
    } finally {
      this.isWriting = false;
      this.batchBytes = 0;
      this.reserve.settle();
    }
  }

  /** The next entries in the order of keys; large values are left out and have to be read one by one. */
  entriesAfter(position: EntryPosition | undefined, limit: number): WholeEntry[] {
    const found: WholeEntry[] = [];
    const start = position === undefined ? new Uint8Array([0]) : wholeKeyOf(position);
    const options = { start, exclusiveStart: position !== undefined, limit };
    this.eachIn(this.wholeKeys, options, true, (key, record) => {
      const prefix = prefixOfKey(key);
      const path = copyOf(key, 4, key.length);
      const end = this.verified(prefix, path, record);
      const value = end > INLINE_BYTES ? undefined : new Uint8Array(record.buffer, record.byteOffset, end);
      found.push({ keyGroup: prefix >>> 16, stateId: prefix & 0xffff, path, value });
    });
    return found;
  }

  /** Figures. Some 20 us. */
  statistics(): LmdbFileStatistics {
    const entries = this.entries.getStats() as RawStatistics;
    const pieces = this.pieces.getStats() as RawStatistics;
    const usedPages = entries.lastPageNumber + 1;
    // The two that say where everything is, and the one record of the header.
    const heldPages = pagesOf(entries) + pagesOf(pieces) + pagesOf(entries.root) + pagesOf(entries.free) + 3;
    return {
      entries: entries.entryCount,
      pageBytes: entries.pageSize,
      usedPages,
      freePages: Math.max(0, usedPages - heldPages),
      mapBytes: entries.mapSize,
      fileBytes: this.descriptor === undefined ? 0 : fstatSync(this.descriptor).size,
    };
  }

  /** Why the file takes no more writes; `undefined` while it does. */
  get failure(): StateError | undefined {
    return this.broken;
  }

  /** Whether a batch is running. */
  get isInTransaction(): boolean {
    return this.isWriting;
  }

  /** Gives the file up: its space is free afterwards. Idempotent. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.closeRoot();
    closeSync(this.descriptor);
    this.views = [];
    this.shared = NO_PATH;
  }

  private closeRoot(): void {
    // With nothing queued, and nothing ever is, it closes before it returns.
    void this.root.close();
  }

  /** A view of lmdb's shared buffer, which keeps its address. */
  private view(bytes: Uint8Array, length: number): Uint8Array {
    if (bytes !== this.shared) {
      this.shared = bytes;
      this.views = [];
    }
    if (length > VIEW_BYTES_MAX) return new Uint8Array(bytes.buffer, bytes.byteOffset, length);
    let view = this.views[length];
    if (view === undefined) {
      view = new Uint8Array(bytes.buffer, bytes.byteOffset, length);
      this.views[length] = view;
    }
    return view;
  }

  private verify(
    record: Uint8Array,
    end: number,
    path: Uint8Array,
    pathStart = 0,
    pathEnd: number = path.length,
  ): void {
    const seed = checksum32(path, this.key.prefix, pathStart, pathEnd);
    const stored =
      ((record[end] as number) |
        ((record[end + 1] as number) << 8) |
        ((record[end + 2] as number) << 16) |
        ((record[end + 3] as number) << 24)) >>>
      0;
    if (end < 0 || checksum32(record, seed, 0, end) !== stored) throw this.damaged('a value is not what was written');
  }

  /** Where the value in a record ends. */
  private verified(prefix: number, path: Uint8Array, record: Uint8Array): number {
    const end = record.length - this.trailerBytes;
    if (this.trailerBytes !== 0) {
      this.key.prefix = prefix;
      this.verify(record, end, path);
    }
    return end;
  }

  private putRecord(database: BytesDatabase, prefix: number, path: Uint8Array, length: number): void {
    const { bytes } = this.record;
    let end = length;
    if (this.trailerBytes !== 0) {
      const checksum = checksum32(bytes, checksum32(path, prefix), 0, length);
      bytes[end] = checksum;
      bytes[end + 1] = checksum >>> 8;
      bytes[end + 2] = checksum >>> 16;
      bytes[end + 3] = checksum >>> 24;
      end += CHECKSUM_BYTES;
    }
    bytes.end = end;
    this.key.prefix = prefix;
    try {
      database.put(path, bytes);
    } catch (error) {
      throw this.writeFailed(error);
    }
  }

  private removeRecord(database: BytesDatabase, prefix: number, path: Uint8Array): void {
    this.key.prefix = prefix;
    try {
      database.remove(path);
    } catch (error) {
      throw this.writeFailed(error);
    }
  }

  private putLarge(keyGroup: number, stateId: number, path: Uint8Array, value: Uint8Array): void {
    const { bytes, data } = this.record;
    const prefix = prefixOf(keyGroup, stateId);
    const id = this.nextPiecesId++;
    this.largeStates.add(prefix);
    for (let at = INLINE_BYTES, number = 0; at < value.length; at += INLINE_BYTES, number++) {
      const piece = value.subarray(at, at + INLINE_BYTES);
      bytes.set(piece);
      this.putRecord(this.pieces, prefix, piecePath(id, number), piece.length);
    }
    bytes.set(value.subarray(0, INLINE_BYTES));
    data.setFloat64(INLINE_BYTES, value.length);
    data.setUint32(INLINE_BYTES + 8, id);
    this.putRecord(this.entries, prefix, path, HEAD_BYTES);
  }

  /** `head` is a copy; the prefix of the key is that of the head. */
  private readLarge(head: Uint8Array): Uint8Array {
    const { lengthBytes, id } = headOf(head);
    const value = new Uint8Array(lengthBytes);
    value.set(head.subarray(0, INLINE_BYTES));
    for (let at = INLINE_BYTES, number = 0; at < lengthBytes; at += INLINE_BYTES, number++) {
      const path = piecePath(id, number);
      const bytes = this.pieces.getBinaryFast(path);
      const expected = Math.min(INLINE_BYTES, lengthBytes - at);
      if (bytes === undefined || bytes.length !== expected + this.trailerBytes)
        throw this.damaged('a part of a large value is missing');
      const record = this.view(bytes, bytes.length);
      if (this.trailerBytes !== 0) this.verify(record, expected, path);
      value.set(record.subarray(0, expected), at);
    }
    return value;
  }

  private removePieces(keyGroup: number, stateId: number, path: Uint8Array): void {
    const prefix = prefixOf(keyGroup, stateId);
    if (!this.largeStates.has(prefix)) return;
    this.key.prefix = prefix;
    const bytes = this.entries.getBinaryFast(path);
    if (bytes === undefined || bytes.length !== HEAD_BYTES + this.trailerBytes) return;
    const { lengthBytes, id } = headOf(this.view(bytes, HEAD_BYTES));
    for (let at = INLINE_BYTES, number = 0; at < lengthBytes; at += INLINE_BYTES, number++) {
      this.claim(PAGES_PER_WRITE, 0, 0);
      this.removeRecord(this.pieces, prefix, piecePath(id, number));
    }
  }

  /** Everything that a value needs, before the first byte of it is written. */
  private makeRoom(valueBytes: number): void {
    // A record over about half a page lies on pages of its own, one after another.
    const ownPages = valueBytes > 1024 ? Math.ceil(valueBytes / 4096) + Math.ceil(valueBytes / INLINE_BYTES) : 0;
    const records = 1 + Math.floor(valueBytes / INLINE_BYTES);
    this.claim(records * PAGES_PER_WRITE + ownPages, ownPages, EMERGENCY_PAGES);
  }

  private claim(pages: number, inARow: number, kept: number): void {
    this.reserve.claim(pages, inARow, kept);
  }

  private wrote(bytes: number): void {
    this.writtenBytes += bytes;
    this.batchBytes += bytes;
    if (this.batchBytes >= this.settings.writeBatchBytes) this.commitPart();
  }

  private commitPart(): void {
    const { native } = this;
    this.batchBytes = 0;
    try {
      native.commitTxn();
    } catch (error) {
      // The transaction around this one ends by being rolled back, and there has to be one.
      native.beginTxn(3);
      throw this.writeFailed(error);
    }
    native.beginTxn(3);
    this.root.resetReadTxn();
    this.batches++;
    this.reserve.settle();
    if (this.root.getWriteTxnId() === 0) throw this.writeFailed(new Error('no transaction could be begun'));
    this.claim(PAGES_PER_TRANSACTION, 0, 0);
  }

  /** Calls `take` with copies of the paths that begin with `prefix`, and of their records. */
  private eachOf(
    database: BytesDatabase,
    keyPrefix: number,
    prefix: Uint8Array,
    after: Uint8Array | undefined,
    limit: number,
    take: (path: Uint8Array, record: Uint8Array) => void,
    values = true,
  ): void {
    const exclusiveStart = after !== undefined && compareBytes(after, prefix) >= 0;
    this.key.setRange(keyPrefix, prefix);
    this.eachIn(database, { start: exclusiveStart ? after : prefix, exclusiveStart, end: END, limit }, values, take);
  }

  private eachIn(
    database: BytesDatabase,
    options: { start: Uint8Array; exclusiveStart: boolean; end?: Uint8Array; limit: number },
    values: boolean,
    take: (path: Uint8Array, record: Uint8Array) => void,
  ): void {
    if (options.limit <= 0) return;
    if (this.damage !== undefined) throw this.damage;
    let iterator: Iterator<unknown> | undefined;
    try {
      const range = database.getRange({ ...options, values } as never) as unknown as Iterable<unknown>;
      iterator = range[Symbol.iterator]();
      for (let step = iterator.next(); step.done !== true; step = iterator.next()) {
        if (values) {
          const { key, value } = step.value as { key: Uint8Array; value: Uint8Array };
          take(key, value);
        } else {
          take(step.value as Uint8Array, NO_PATH);
        }
      }
    } catch (error) {
      throw this.readFailed(error);
    } finally {
      // An iterator that was not used up would keep its cursor, and the pages it looks at, for good.
      iterator?.return?.();
    }
  }

  private checkUsable(): void {
    if (this.broken !== undefined) throw this.broken;
    if (this.isClosed)
      throw new StateError('backend-closed', `${this.path} is closed`, { details: { path: this.path } });
  }

  private damaged(reason: string, cause?: unknown): StateError {
    this.damage ??= localStateBroken(this.path, reason, cause);
    this.broken ??= this.damage;
    return this.damage;
  }

  private readFailed(error: unknown): StateError {
    if (isStateError(error)) return error;
    if (this.isClosed) this.checkUsable();
    return this.damaged(`reading failed (${messageOf(error)})`, error);
  }

  private writeFailed(error: unknown): StateError {
    if (isStateError(error)) return error;
    this.broken ??= localStateBroken(this.path, `a write failed (${messageOf(error)})`, error);
    return this.broken;
  }
}

interface RawPages {
  readonly treeBranchPageCount: number;
  readonly treeLeafPageCount: number;
  readonly overflowPages: number;
}

/** What `getStats` of lmdb returns. */
interface RawStatistics extends RawPages {
  readonly pageSize: number;
  readonly entryCount: number;
  readonly lastPageNumber: number;
  readonly mapSize: number;
  readonly root: RawPages;
  readonly free: RawPages;
}

/** What lmdb is told to write: `end` says how much of it. */
interface RecordBuffer {
  readonly bytes: Uint8Array & { start: number; end: number };
  readonly data: DataView;
}

function recordBuffer(lengthBytes: number): RecordBuffer {
  // With `start` and `end` lmdb takes the address of the buffer once and not for every value.
  const bytes = Object.assign(Buffer.allocUnsafeSlow(lengthBytes), { start: 0, end: 0 });
  return { bytes, data: new DataView(bytes.buffer) };
}

/** Makes sure that LMDB finds the space, the descriptors and the permission that it takes for granted while it opens. */
function takeSpace({ path, mapBytes, maxReaders }: LmdbFileSettings, lockPath: string): void {
  const freeBytes = mappableBytes();
  if (mapBytes > freeBytes) throw mapTooLarge(path, mapBytes, freeBytes);
  const descriptors: number[] = [];
  try {
    // It takes its number of readers from a lock file that is there.
    writeFileSync(lockPath, new Uint8Array(maxReaders * READER_BYTES + 4096), { flag: 'wx', mode: 0o600 });
    writeFileSync(path, new Uint8Array(FIRST_BYTES), { flag: 'wx', mode: 0o600 });
    while (descriptors.length < DESCRIPTORS) descriptors.push(openSync(path, 'r+'));
    ftruncateSync(descriptors[0] as number, 0);
  } catch (error) {
    throw localFileError(error, 'make', path);
  } finally {
    for (const descriptor of descriptors) closeSync(descriptor);
  }
}

function openRoot(module: LmdbModule, settings: LmdbFileSettings): RootDatabase<Uint8Array, Uint8Array> {
  const { path, mapBytes, maxReaders, readAhead } = settings;
  try {
    return module.open<Uint8Array, Uint8Array>({
      path,
      noSubdir: true,
      // The file is a cache of the checkpoint: nothing is ever forced to disk.
      noSync: true,
      overlappingSync: false,
      mapSize: mapBytes,
      maxReaders,
      maxDbs: DATABASES + 1,
      encoding: 'binary',
      keyEncoding: 'binary',
      // Both are read by lmdb, and missing in its types.
      ...{ permissionsMode: 0o600, noReadAhead: !readAhead },
    });
  } catch (error) {
    throw localFileError(error, 'open', path);
  }
}

function refusePromise(result: unknown): void {
  if (typeof (result as { readonly then?: unknown } | null | undefined)?.then !== 'function') return;
  // Whatever becomes of it, it is too late.
  void Promise.resolve(result).catch(() => undefined);
  throw new TypeError('a batch of writes is synchronous; its function returned a promise, and nothing was written');
}

function checkPath(path: Uint8Array): void {
  if (path.length > PATH_BYTES_MAX)
    throw new RangeError(`a path has at most ${PATH_BYTES_MAX} bytes, this one has ${path.length}`);
}

function piecePath(id: number, number: number): Uint8Array {
  const path = new Uint8Array(8);
  const data = new DataView(path.buffer);
  data.setUint32(0, id);
  data.setUint32(4, number);
  return path;
}

function headOf(head: Uint8Array): { readonly lengthBytes: number; readonly id: number } {
  const data = new DataView(head.buffer, head.byteOffset, head.byteLength);
  return { lengthBytes: data.getFloat64(INLINE_BYTES), id: data.getUint32(INLINE_BYTES + 8) };
}

function wholeKeyOf({ keyGroup, stateId, path }: EntryPosition): Uint8Array {
  const key = new Uint8Array(4 + path.length);
  new DataView(key.buffer).setUint32(0, prefixOf(keyGroup, stateId));
  key.set(path, 4);
  return key;
}

function takeNothing(): void {}

function pagesOf({ treeBranchPageCount, treeLeafPageCount, overflowPages }: RawPages): number {
  return treeBranchPageCount + treeLeafPageCount + overflowPages;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
