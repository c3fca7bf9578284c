// The records of one state in one key group: get, put, delete and scan by path, whatever the length of the path.
//
// Owns: the overflow rule at work (stored-paths.ts), asking the views before every change (frozen-views.ts), and having restored
// blocks taken apart where their entries change or are scanned (packed-records.ts). Leaves what the values are to the tables.

import { ByteWriter } from '../bytes/byte-writer.js';
import { isStateError } from '../error/state-error.js';
import { compareBytes } from '../serialization/key-bytes.js';
import type { KeyedStore, KeyedStoreEntry } from '../state-backend/keyed-store.js';
import type { ChangeRuns } from './change-runs.js';
import type { EntryChunk } from './entry-chunk.js';
import type { FrozenViews, ViewedTable } from './frozen-views.js';
import { type PackedBuffers, PackedRecords } from './packed-records.js';
import type { StoreBatches } from './store-batches.js';
import type { StoreWork } from './store-work.js';
import { beginsWith, readBucket, type StoredPaths, writeBucket } from './stored-paths.js';

/** What all tables of a backend share. */
export interface StoreAccess {
  readonly store: KeyedStore;
  readonly paths: StoredPaths;
  readonly views: FrozenViews;
  readonly runs: ChangeRuns;
  readonly work: StoreWork;
  readonly batches: StoreBatches;
  readonly packed: PackedBuffers;
}

const NO_ENTRIES: readonly KeyedStoreEntry[] = [];

/** The records of a state in a key group. */
export class StoredRecords {
  private readonly store: KeyedStore;
  private readonly paths: StoredPaths;
  private readonly views: FrozenViews;
  private readonly work: StoreWork;
  private readonly keyGroup: number;
  private readonly stateId: number;
  /** Restored entries that do not stand by themselves yet. */
  private packed: PackedRecords | undefined = undefined;
  /** Whether the memory of the blocks is in the sum of all tables. */
  private isPackedCounted = false;

  constructor(
    private readonly access: StoreAccess,
    private readonly table: ViewedTable,
  ) {
    const { store, paths, views, work } = access;
    this.store = store;
    this.paths = paths;
    this.views = views;
    this.work = work;
    this.keyGroup = table.keyGroup;
    this.stateId = table.stateId;
  }

  /** The array may be overwritten by the next call of the store. */
  get(path: Uint8Array): Uint8Array | undefined {
    const { store, keyGroup, stateId, paths } = this;
    if (path.length <= paths.plainMax) return this.packed?.get(path) ?? store.get(keyGroup, stateId, path);
    const bucket = store.get(keyGroup, stateId, paths.storedOf(path));
    return bucket && readBucket(bucket).find((entry) => compareBytes(entry.path, path) === 0)?.value;
  }

  /** @returns Whether a running view wants what stood there. */
  put(path: Uint8Array, value: Uint8Array, epoch: number): boolean {
    const stored = this.paths.storedOf(path);
    if (this.packed !== undefined) this.unpackAt(stored);
    const isWanted = this.beforeChange(stored, epoch);
    this.write(path, stored, value);
    return isWanted;
  }

  /** As {@link put}. */
  delete(path: Uint8Array, epoch: number): boolean {
    const stored = this.paths.storedOf(path);
    if (this.packed !== undefined) this.unpackAt(stored);
    const isWanted = this.beforeChange(stored, epoch);
    this.write(path, stored, undefined);
    return isWanted;
  }

  /** Puts what was there before everything: no view sees it. */
  load(path: Uint8Array, value: Uint8Array): void {
    this.write(path, this.paths.storedOf(path), value);
  }

  /** What is restored into blocks instead. Before everything else, and once. */
  pack(): PackedRecords {
    this.packed = new PackedRecords(this.access, this.keyGroup, this.stateId);
    return this.packed;
  }

  /** Everything that was restored is there. @returns Whether some of it is in blocks. */
  endLoading(): boolean {
    if (this.forgetEmpty()) return false;
    this.isPackedCounted = true;
    this.access.packed.beginningsBytes += (this.packed as PackedRecords).beginningsBytes;
    return true;
  }

  /** Whether some entries do not stand by themselves. */
  get isPacked(): boolean {
    return this.packed !== undefined;
  }

  /** Has entries stand by themselves, `limit` of them or a few more; false when none is left to. @throws as {@link put}. */
  unpackSome(limit: number): boolean {
    this.packed?.unpackSome(limit);
    return !this.forgetEmpty();
  }

  /**
   * What the store has under paths as stored: with `prefix`, after `after`, ascending, at most `limit`. Where it takes no more,
   * what stands in blocks is read there.
   */
  scanStored(prefix: Uint8Array, after: Uint8Array | undefined, limit: number): readonly KeyedStoreEntry[] {
    const { store, keyGroup, stateId } = this;
    const isUnpacked = this.packed === undefined || this.unpackRange(prefix, after, limit);
    const found = store.scan(keyGroup, stateId, prefix, after, limit);
    return isUnpacked ? found : (this.packed?.merged(found, prefix, after, limit) ?? found);
  }

  /** Has what a scan of stored paths comes to stand by itself; false where the store does not take it. */
  private unpackRange(prefix: Uint8Array, after: Uint8Array | undefined, limit: number): boolean {
    const start = after !== undefined && compareBytes(after, prefix) > 0 ? after : prefix;
    try {
      this.packed?.unpackRange(prefix, start, limit);
    } catch (error) {
      // Within a batch nobody knows what the store has until the batch has ended.
      if (this.access.batches.isOpen || !isStateError(error) || error.kind !== 'retry') throw error;
      return false;
    }
    this.forgetEmpty();
    return true;
  }

  /** Entries whose path begins with `prefix`, from `after` on, in the order of the store: about `limit`, fewer at the end. */
  scan(prefix: Uint8Array, after: Uint8Array | undefined, limit: number): readonly KeyedStoreEntry[] {
    const { paths } = this;
    const storedPrefix = paths.storedPrefixOf(prefix);
    let from = after && paths.storedOf(after);
    if (paths.plainMax === Number.POSITIVE_INFINITY) return this.scanStored(prefix, after, limit);
    // Whoever stopped in the middle of a bucket gets the rest of it first (SP2 of stored-paths.ts).
    const rest = after !== undefined && after.length > paths.plainMax ? this.restOfBucket(after, prefix) : NO_ENTRIES;
    let found = rest.length === 0 ? undefined : [...rest];
    for (;;) {
      const entries = this.scanStored(storedPrefix, from, limit);
      const matching = this.expand(entries, prefix);
      const isEnd = entries.length < limit;
      if (found === undefined && (isEnd || matching.length >= limit)) return matching;
      found = found === undefined ? [...matching] : [...found, ...matching];
      // Fewer would say that there are no more.
      if (isEnd || found.length >= limit) return found;
      from = (entries[entries.length - 1] as KeyedStoreEntry).path;
    }
  }

  /** As {@link scan}, into a chunk. */
  scanInto(prefix: Uint8Array, after: Uint8Array | undefined, limit: number, chunk: EntryChunk): void {
    const { store, paths, keyGroup, stateId } = this;
    const { plainMax } = paths;
    chunk.clear();
    const mayVisit = this.packed === undefined || this.unpackRange(prefix, after && paths.storedOf(after), limit);
    if (mayVisit && store.visit !== undefined && prefix.length <= paths.prefixMax && (after?.length ?? 0) <= plainMax) {
      store.visit(keyGroup, stateId, prefix, after, limit, chunk.take);
      if (chunk.longestPath <= plainMax) return;
      // What is under a shortened path is a bucket.
      chunk.clear();
    }
    const found = this.scan(prefix, after, limit);
    for (let index = 0; index < found.length; index++) {
      const { path, value } = found[index] as KeyedStoreEntry;
      chunk.take(path, 0, path.length, value, 0, value.length);
    }
  }

  private restOfBucket(after: Uint8Array, prefix: Uint8Array): readonly KeyedStoreEntry[] {
    const bucket = this.store.get(this.keyGroup, this.stateId, this.paths.storedOf(after));
    if (bucket === undefined) return NO_ENTRIES;
    const entries = readBucket(new Uint8Array(bucket));
    return entries.filter(({ path }) => compareBytes(path, after) > 0 && beginsWith(path, prefix));
  }

  /** Entries of the store as entries by path. */
  expand(entries: readonly KeyedStoreEntry[], prefix: Uint8Array): readonly KeyedStoreEntry[] {
    const { paths } = this;
    const last = entries[entries.length - 1];
    if (last === undefined) return NO_ENTRIES;
    const mayDiffer = prefix.length > paths.storedPrefixOf(prefix).length;
    if (!mayDiffer && !entries.some(({ path }) => paths.isShortened(path))) return entries;
    const expanded: KeyedStoreEntry[] = [];
    for (const entry of entries) {
      const inside = paths.isShortened(entry.path) ? readBucket(entry.value) : [entry];
      for (const one of inside) if (!mayDiffer || beginsWith(one.path, prefix)) expanded.push(one);
    }
    return expanded;
  }

  private unpackAt(stored: Uint8Array): void {
    if (!this.paths.isShortened(stored)) this.packed?.unpackAt(stored);
    this.forgetEmpty();
  }

  /** Whether nothing is packed any more. */
  private forgetEmpty(): boolean {
    if (this.packed?.isEmpty === true && !this.access.batches.isOpen) {
      if (this.isPackedCounted) this.access.packed.beginningsBytes -= this.packed.beginningsBytes;
      this.packed = undefined;
    }
    return this.packed === undefined;
  }

  private beforeChange(stored: Uint8Array, epoch: number): boolean {
    return this.views.running > 0 && this.views.beforeChange(this.table, stored, epoch);
  }

  /** Sets what is stored under a path; without a value it is removed. */
  private write(path: Uint8Array, stored: Uint8Array, value: Uint8Array | undefined): void {
    const { store, keyGroup, stateId, paths } = this;
    let content = value;
    if (paths.isShortened(stored)) {
      const bucket = store.get(keyGroup, stateId, stored);
      const out = new ByteWriter();
      writeBucket(bucket === undefined ? [] : readBucket(bucket), path, value, out);
      content = out.length === 0 ? undefined : out.view();
    }
    this.work.wrote(content === undefined ? 0 : content.length);
    if (content === undefined) store.delete(keyGroup, stateId, stored);
    else store.put(keyGroup, stateId, stored, content);
  }
}
