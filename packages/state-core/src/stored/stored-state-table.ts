// One state in one key group, as bytes in the store.
//
//   value    0  1  schema tag (stored-schemas.ts)
//            1  8  time stamp int64; only with time to live
//            .  .  the value, as the serializer of the schema wrote it
//
// Owns: values and their changes. Leaves lists to stored-list-table.ts, long paths and pre-images to stored-records.ts, what
// increments need to change-runs.ts.
//
//   TB1. A change is complete or has not happened: what is noted for an increment is noted after it is in the store.
//   TB2. Bytes of the store are decoded before the store is called again; nothing decoded is part of them.

import { ByteReader } from '../bytes/byte-reader.js';
import { ByteWriter } from '../bytes/byte-writer.js';
import { invariant } from '../error/invariant.js';
import { invalidBytes } from '../serialization/ordered-bytes.js';
import type { KeySerializer, TypeSerializer, ValueReader } from '../serialization/type-serializer.js';
import type { KeyedStore } from '../state-backend/keyed-store.js';
import type { RestoredChain } from '../support/restored-keyed-state.js';
import { NO_TIME } from '../support/ttl-clock.js';
import { ChangeOp, type ChangeRuns, TableChanges } from './change-runs.js';
import type { EntryChunk } from './entry-chunk.js';
import type { ViewedTable } from './frozen-views.js';
import { describeKeyOf, refusedValue, unreadable, unreadableRestored } from './stored-damage.js';
import { type StoreAccess, StoredRecords } from './stored-records.js';
import type { StoredRegistration } from './stored-registration.js';
import { type StoredSchemas, TODAY } from './stored-schemas.js';
import { NOTHING, type StoredList, type StoredPath, type StoredTable } from './stored-table.js';

const STAMP_BYTES = 8;
const NO_BYTES: Uint8Array = new Uint8Array(0);
const ENTRIES_PER_SCAN = 256;
const KEPT_CAPACITY_BYTES_MAX = 256 * 1024;

/** What the tables of one state share. */
export interface StateAccess extends StoreAccess {
  readonly registration: StoredRegistration;
  readonly keySerializer: KeySerializer<unknown>;
  readonly schemas: StoredSchemas;
}

/** The entries of a state in a key group. */
export class StoredStateTable implements StoredTable, ViewedTable {
  readonly keyGroup: number;
  readonly stateId: number;
  sinceEpoch = 0;
  /** The epoch of the first change; what was restored has not changed before it. */
  firstChangeEpoch: number = Number.POSITIVE_INFINITY;
  /** Whether something may be stored that was written before event time began. */
  hasNoTime = false;
  /** Whether an image has left out what had expired. */
  leftOut = false;
  /** The chain that it was filled from, where snapshots may still carry it (SE3 of stored-entries.ts). */
  origin: RestoredChain | undefined = undefined;
  readonly isWrittenWhole: boolean = false;
  readonly changes: TableChanges = new TableChanges();
  readonly records: StoredRecords;
  readStampMs: number | undefined = undefined;
  readSizeBytes = 0;
  entryCount: number | undefined = 0;
  /** Entries, of lists elements: about, and rather more. Exact at the last image, and every put since is one more. */
  weight = 0;

  readonly state: StateAccess;
  /** The epoch of the first snapshot that knew the time of all. */
  private settledEpoch: number | undefined = undefined;
  protected readonly isStamped: boolean;
  protected readonly runs: ChangeRuns;
  protected out: ByteWriter = new ByteWriter();
  private readonly store: KeyedStore;
  private readonly plainMax: number;
  private readonly readers: readonly (ValueReader<unknown> | undefined)[];
  private readonly serializer: TypeSerializer<unknown>;
  private readonly isMap: boolean;
  private readonly isList: boolean;

  constructor(state: StateAccess, keyGroup: number) {
    const { registration, schemas, store, paths, runs } = state;
    this.state = state;
    this.keyGroup = keyGroup;
    this.stateId = registration.id;
    this.isStamped = registration.schema.ttl;
    this.isMap = registration.schema.kind === 'map';
    this.isList = registration.schema.kind === 'list';
    this.runs = runs;
    this.store = store;
    this.plainMax = paths.plainMax;
    this.readers = schemas.readers;
    this.serializer = registration.valueSerializer;
    this.records = new StoredRecords(state, this);
  }

  read(path: Uint8Array): unknown {
    try {
      const bytes =
        path.length <= this.plainMax && !this.records.isPacked
          ? this.store.get(this.keyGroup, this.stateId, path)
          : this.records.get(path);
      if (bytes === undefined) return NOTHING;
      this.readSizeBytes = bytes.length;
      return this.decode(new ByteReader(bytes));
    } catch (error) {
      throw this.damaged(error, path);
    }
  }

  scanInto(prefix: Uint8Array, after: Uint8Array | undefined, limit: number, chunk: EntryChunk): void {
    try {
      this.records.scanInto(prefix, after, limit, chunk);
    } catch (error) {
      throw this.damaged(error, prefix);
    }
  }

  readEntry(chunk: EntryChunk, index: number): unknown {
    try {
      const input = chunk.readValue(index);
      this.readSizeBytes = input.remaining;
      return this.decode(input);
    } catch (error) {
      throw this.damaged(error, chunk.pathOf(index));
    }
  }

  scanPaths(prefix: Uint8Array, after: Uint8Array | undefined, limit: number): readonly StoredPath[] {
    let at = prefix;
    try {
      return this.records.scan(prefix, after, limit).map(({ path, value }) => {
        at = path;
        return this.pathIn(path, value);
      });
    } catch (error) {
      throw this.damaged(error, at);
    }
  }

  has(path: Uint8Array): boolean {
    try {
      return this.records.get(path) !== undefined;
    } catch (error) {
      throw this.damaged(error, path);
    }
  }

  readList(_path: Uint8Array): StoredList | undefined {
    invariant(false, `state '${this.state.registration.name}' is no list`);
  }

  /** As `unpackSome` of the records. @throws StateError as ST5. */
  unpackSome(limit: number): boolean {
    return this.guarded(NO_BYTES, () => this.records.unpackSome(limit));
  }

  countEntries(): number {
    let count = 0;
    let after: Uint8Array | undefined;
    for (;;) {
      const found = this.guarded(NO_BYTES, () => this.records.scan(NO_BYTES, after, ENTRIES_PER_SCAN));
      count += found.length;
      if (found.length < ENTRIES_PER_SCAN) break;
      after = found[found.length - 1]?.path;
    }
    this.entryCount = count;
    return count;
  }

  put(path: Uint8Array, value: unknown, stampMs: number | undefined, epoch: number, wasThere?: boolean): number {
    const out = this.begin();
    try {
      out.writeUint8(TODAY);
      if (this.isStamped) out.writeSafeInteger(stampMs as number);
      this.serializer.serialize(value, out);
    } catch (error) {
      throw refusedValue(error, this.state.registration.name, this.keyOf(path));
    }
    if (stampMs === NO_TIME) this.hasNoTime = true;
    const bytes = out.view();
    const sizeBytes = this.storeValue(path, bytes, epoch, wasThere);
    if (this.runs.notes(this.changes, epoch)) this.runs.notePut(this.changes, epoch, path, bytes);
    return sizeBytes;
  }

  touch(path: Uint8Array, stampMs: number, epoch: number): void {
    const bytes = this.guarded(path, () => this.records.get(path));
    if (bytes === undefined) return;
    const out = this.begin();
    out.writeUint8(bytes[0] as number);
    out.writeSafeInteger(stampMs);
    out.writeBytes(bytes.subarray(1 + STAMP_BYTES));
    const touched = out.view();
    this.storeValue(path, touched, epoch, true);
    if (!this.runs.notes(this.changes, epoch)) return;
    // The base may have left out what had expired: then it needs the value as well.
    if (this.mayBeLeftOut) this.runs.notePut(this.changes, epoch, path, touched);
    else this.runs.noteTouch(this.changes, epoch, path, stampMs);
  }

  delete(path: Uint8Array, epoch: number, wasThere?: boolean): void {
    this.checkEpoch(epoch);
    this.guarded(path, () => this.records.delete(path, epoch));
    if (wasThere !== false) this.count(wasThere === undefined ? undefined : -1);
    if (this.runs.notes(this.changes, epoch)) this.runs.note(this.changes, epoch, ChangeOp.DELETE, path);
  }

  clear(prefix: Uint8Array, epoch: number, limit: number): boolean {
    this.checkEpoch(epoch);
    const found = this.guarded(prefix, () => this.records.scan(prefix, undefined, limit));
    const notes = found.length > 0 && this.runs.notes(this.changes, epoch);
    // Noted before: when it ends half-way, more has been noted than happened, and the rest comes when it is tried again.
    if (notes && this.isMap) this.runs.note(this.changes, epoch, ChangeOp.CLEAR, prefix);
    for (const { path } of found) {
      this.guarded(path, () => this.records.delete(path, epoch));
      this.count(-1);
      if (notes && !this.isMap) this.runs.note(this.changes, epoch, ChangeOp.DELETE, path);
    }
    return found.length < limit;
  }

  append(
    _path: Uint8Array,
    _values: readonly unknown[],
    _start: number,
    _end: number,
    _stampsMs: readonly number[] | undefined,
    _epoch: number,
  ): number {
    invariant(false, `state '${this.state.registration.name}' is no list`);
  }

  /** An error of reading or writing a path as one that names state and key. */
  damaged(error: unknown, path: Uint8Array): unknown {
    return unreadable(this.state.registration.name, this.keyGroup, this.keyOf(path), error);
  }

  /** Decodes a value with its tag in front; sets {@link readStampMs}. */
  private decode(input: ByteReader): unknown {
    const tag = input.readUint8();
    const reader = this.readers[tag];
    if (reader === undefined) throw invalidBytes(`a value of the unknown schema ${tag}`, 0);
    if (this.isStamped) this.readStampMs = input.readSafeInteger();
    return this.decodeWith(reader, tag, input);
  }

  /** Decodes what is left of the input. */
  protected decodeWith(reader: ValueReader<unknown>, tag: number, input: ByteReader): unknown {
    if (tag === TODAY) {
      const value = reader.deserialize(input);
      if (input.remaining > 0) input.expectEnd();
      return value;
    }
    try {
      const value = reader.deserialize(input);
      input.expectEnd();
      return value;
    } catch (error) {
      throw unreadableRestored(this.state.registration.name, this.keyGroup, error);
    }
  }

  /** What a path and what is stored there say without decoding. */
  protected pathIn(path: Uint8Array, bytes: Uint8Array): StoredPath {
    return { path, stampMs: this.isStamped ? new ByteReader(bytes, 1).readSafeInteger() : undefined };
  }

  protected begin(): ByteWriter {
    if (this.out.length > KEPT_CAPACITY_BYTES_MAX) this.out = new ByteWriter();
    this.out.reset();
    return this.out;
  }

  protected keyOf(path: Uint8Array): string {
    return describeKeyOf(this.state.keySerializer, path);
  }

  protected guarded<T>(path: Uint8Array, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw this.damaged(error, path);
    }
  }

  /** Whether images leave out what has expired, or one did. */
  protected get mayBeLeftOut(): boolean {
    return this.leftOut || this.state.registration.ttl?.config.cleanupFullSnapshot === true;
  }

  /** Before every change. */
  protected checkEpoch(epoch: number): void {
    if (this.firstChangeEpoch === Number.POSITIVE_INFINITY) this.firstChangeEpoch = epoch;
    invariant(epoch >= this.sinceEpoch, 'a change made before what was restored was asked for');
  }

  /** Puts a restored value. */
  loadValue(path: Uint8Array, bytes: Uint8Array): void {
    this.records.load(path, bytes);
    this.count(1);
  }

  /** So many restored values were put by other ways. */
  loadedValues(count: number): void {
    this.count(count);
  }

  /**
   * Whether an increment must say everything because a base may lack the time of entries from before the first mark of event
   * time, which is known by now.
   */
  settlesTime(baseEpoch: number, epoch: number): boolean {
    const { restamping, schema } = this.state.registration;
    if (!this.hasNoTime || !restamping.knowsTimeOf(schema, this.keyGroup)) return false;
    this.settledEpoch ??= epoch;
    return baseEpoch < this.settledEpoch;
  }

  /** It was filled from a restored chain in an epoch, before any change. */
  loaded(epoch: number): void {
    this.sinceEpoch = epoch;
  }

  /** That there are so many more entries; `undefined` where nobody knows. */
  protected count(more: number | undefined): void {
    if (this.entryCount !== undefined) this.entryCount = more === undefined ? undefined : this.entryCount + more;
    if (!this.isList) this.weight = Math.max(0, this.weight + (more ?? 1));
  }

  /** A snapshot has walked over everything. */
  walked(weight: number): void {
    this.weight = weight;
  }

  private storeValue(path: Uint8Array, bytes: Uint8Array, epoch: number, wasThere: boolean | undefined): number {
    this.checkEpoch(epoch);
    this.guarded(path, () => this.records.put(path, bytes, epoch));
    if (wasThere !== true) this.count(wasThere === undefined ? undefined : 1);
    return bytes.length;
  }
}
