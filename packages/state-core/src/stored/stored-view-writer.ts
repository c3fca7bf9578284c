// Writes what one running snapshot sees of the store: all of it, or what changed since a base.
//
//   VW1. Entries are read a chunk at a time: what the store has, and over it what was put aside for the view. Between two
//        chunks the store goes on. A chunk that was read is in memory; of lists only heads are, so the view comes past a
//        list when it has been written.
//   VW2. Blocks are sorted: paths are ordered as keys, namespaces and map keys are. A chunk with shortened paths is sorted
//        before it is written, in a block of its own; so is one of a queue, which the store keeps in the order of priorities.
//   VW3. Values go out as they are stored where their schema is today's, else they are written anew.
//   VW4. An image leaves out what had expired at the freeze, where the state asks for it: of lists what stands before the
//        first element that had not. Changes leave nothing out: the base may hold an older version of it.
//   VW5. Lists with time to live are written whole when they changed: the base may lack elements that expired.

import { ByteWriter } from '../bytes/byte-writer.js';
import { isStateError } from '../error/state-error.js';
import { compareBytes } from '../serialization/key-bytes.js';
import { invalidBytes } from '../serialization/ordered-bytes.js';
import type { KeySerializer } from '../serialization/type-serializer.js';
import type { SegmentRecordWriter } from '../snapshot-format/segment-contract.js';
import type { KeyedStoreEntry } from '../state-backend/keyed-store.js';
import type { SnapshotContext } from '../state-backend/snapshot-context.js';
import type { FrozenChanges, KeyedChangesWriter } from '../support/incremental-snapshot-writer.js';
import type { KeyGroupMode } from '../support/snapshot-chain.js';
import type { FrozenTtlTime } from '../support/ttl-clock.js';
import type { ChangeExtent } from './change-runs.js';
import { type ChangedEntry, mergeChanges } from './delta-merge.js';
import type { FrozenView } from './frozen-views.js';
import { PathParts } from './path-parts.js';
import { sortInSteps } from './sort-in-steps.js';
import { StoredListTable } from './stored-list-table.js';
import { ElementCursor, readListHead, type StoredElements } from './stored-lists.js';
import { readBucket } from './stored-paths.js';
import { StoredQueueTable } from './stored-queue-table.js';
import type { StoreAccess } from './stored-records.js';
import type { StoredRegistration } from './stored-registration.js';
import type { StoredSchemas } from './stored-schemas.js';
import type { StoredStateTable } from './stored-state-table.js';
import { Transcoding } from './transcoding.js';

/** Entries that are read in one go: at first fewer, for a program that has done nothing of the kind takes ten times as long. */
const ENTRIES_PER_CHUNK = 256;
const ENTRIES_OF_FIRST_CHUNK = 16;
/** The same of queues, of which each chunk is a block (VW2). */
const ELEMENTS_PER_CHUNK = 512;
/** Pre-images that are removed in one go. */
const PRE_IMAGES_PER_STEP = 128;
/** Asking the clock costs as much as writing an entry. */
const ENTRIES_PER_CLOCK = 32;
const ELEMENTS_PER_SPLICE = 512;
const STAMP_BYTES = 8;
const NO_BYTES: Uint8Array = new Uint8Array(0);

/** What a {@link StoredViewWriter} is made from. */
export interface ViewWriterParameters {
  readonly access: StoreAccess;
  readonly keySerializer: KeySerializer<unknown>;
  readonly view: FrozenView;
  readonly ttlTime: FrozenTtlTime;
  /** The table of a state in a key group and its schemas, if there is one. */
  tableOf(
    registration: StoredRegistration,
    keyGroup: number,
  ): { readonly table: StoredStateTable; readonly schemas: StoredSchemas } | undefined;
}

/** Writes what one view sees, and what of it changed. */
export class StoredViewWriter implements KeyedChangesWriter {
  private readonly changes: Map<StoredStateTable, readonly ChangeExtent[]> = new Map();
  /** The key group that is being written. */
  private keyGroup = -1;
  private entriesPerChunk = ENTRIES_OF_FIRST_CHUNK;

  constructor(private readonly parameters: ViewWriterParameters) {}

  hasEntries(registration: StoredRegistration, keyGroup: number): boolean {
    return this.find(registration, keyGroup) !== undefined;
  }

  /** What is written of each key group: of others than images the view wants no more than lists that are written whole. */
  modesDecided(modeOf: (keyGroup: number) => KeyGroupMode, keyGroups: Iterable<number>): void {
    const { view } = this.parameters;
    for (const keyGroup of keyGroups) {
      const mode = modeOf(keyGroup);
      if (mode !== 'image') view.want(keyGroup, mode === 'delta' ? 'lists' : 'nothing');
    }
  }

  changesSince(registration: StoredRegistration, keyGroup: number, baseEpoch: number): FrozenChanges | 'unknown' {
    const { access, view } = this.parameters;
    const table = this.find(registration, keyGroup)?.table;
    // What is still raw has not changed since it was restored.
    if (table === undefined) return { changedEntries: 0, entries: 0 };
    const extents = access.runs.since(table.changes, baseEpoch, view.epoch);
    if (extents === undefined) return 'unknown';
    this.changes.set(table, extents);
    if (table.settlesTime(baseEpoch, view.epoch)) return 'unknown';
    let changedEntries = 0;
    let slightChanges = 0;
    for (const { weight, slight } of extents) {
      changedEntries += weight;
      slightChanges += slight;
    }
    return { changedEntries, slightChanges, entries: table.weight };
  }

  async writeEntries(
    registration: StoredRegistration,
    keyGroup: number,
    writer: SegmentRecordWriter,
    context: SnapshotContext,
  ): Promise<void> {
    await this.comeTo(keyGroup, context);
    const found = this.find(registration, keyGroup);
    if (found === undefined) return;
    const { table } = found;
    const { view } = this.parameters;
    const format = new EntryFormat(this.parameters, registration, found, writer, context, true);
    const isList = table instanceof StoredListTable;
    const isQueue = table instanceof StoredQueueTable;
    let after: Uint8Array | undefined;
    for (let isEnd = false; !isEnd; ) {
      const chunk = this.read(table, after, isQueue ? ELEMENTS_PER_CHUNK : this.entriesPerChunk);
      this.entriesPerChunk = Math.min(2 * this.entriesPerChunk, ENTRIES_PER_CHUNK);
      isEnd = chunk.end === undefined;
      if (!isList) view.passed(keyGroup, table.stateId, chunk.end);
      if (context.shouldYield()) await context.yieldNow();
      const entries = this.expanded(chunk.entries, table);
      if (entries.isReordered) await writer.endBlock();
      let untilClock = ENTRIES_PER_CLOCK;
      for (const { path, value } of entries.all) {
        if (isList) {
          await format.list(path, value);
          // What was sorted anew is passed as a whole.
          if (!entries.isReordered) view.passed(keyGroup, table.stateId, path);
        } else {
          format.entry(path, value);
        }
        if (writer.blockIsFull) await writer.endBlock();
        if (--untilClock > 0) continue;
        untilClock = ENTRIES_PER_CLOCK;
        if (context.shouldYield()) await context.yieldNow();
      }
      if (entries.isReordered) await writer.endBlock();
      after = chunk.end;
      if (isList) view.passed(keyGroup, table.stateId, chunk.end);
      if (context.shouldYield()) await context.yieldNow();
    }
    table.changes.imageBytes = format.bytes;
    table.walked(format.weight);
  }

  async writeChanges(
    registration: StoredRegistration,
    keyGroup: number,
    _baseEpoch: number,
    writer: SegmentRecordWriter,
    context: SnapshotContext,
  ): Promise<void> {
    await this.comeTo(keyGroup, context);
    const found = this.find(registration, keyGroup);
    // A table that was filled meanwhile has changed after the freeze only.
    const extents = found && this.changes.get(found.table);
    if (found === undefined || extents === undefined) return;
    if (extents.length > 0) await this.writeMerged(registration, found, extents, writer, context);
    this.parameters.view.passed(keyGroup, found.table.stateId, undefined);
  }

  private async writeMerged(
    registration: StoredRegistration,
    found: { readonly table: StoredStateTable; readonly schemas: StoredSchemas },
    extents: readonly ChangeExtent[],
    writer: SegmentRecordWriter,
    context: SnapshotContext,
  ): Promise<void> {
    const format = new EntryFormat(this.parameters, registration, found, writer, context, false);
    const isOwned = registration.schema.kind === 'map';
    const { cleared, entries, lists } = await inSlices(
      mergeChanges(extents, isOwned ? format.parts : undefined, registration.schema.ttl),
      context,
    );
    const goesOn = async (index: number): Promise<void> => {
      if (writer.blockIsFull) await writer.endBlock();
      if (index % ENTRIES_PER_CLOCK === 0 && context.shouldYield()) await context.yieldNow();
    };
    const clearings = [...cleared, ...lists.filter((list) => list.isCleared || list.isWhole).map(({ path }) => path)];
    for (const [index, path] of clearings.entries()) {
      format.clear(path);
      await goesOn(index);
    }
    await writer.endBlock();
    const ordered = await inSlices(inOrderOfSnapshot(entries, found.table), context);
    for (const [index, { path, value, stampMs }] of ordered.entries()) {
      if (value === 'removed') format.delete(path);
      else if (value === 'held') format.touch(path, stampMs as number);
      else format.entry(path, value, stampMs);
      await goesOn(index);
    }
    for (const [index, { path, elements, trimmed, isWhole }] of lists.entries()) {
      if (isWhole) {
        const head = this.listNow(found.table, path);
        if (head !== undefined) await format.list(path, head);
      } else {
        if (trimmed > 0) format.trim(path, trimmed);
        for (const part of elements) await format.elements(path, part.from, part);
      }
      await goesOn(index);
    }
  }

  /** What is written of the key group before is over. */
  private async comeTo(keyGroup: number, context: SnapshotContext): Promise<void> {
    if (keyGroup === this.keyGroup) return;
    const { access, view } = this.parameters;
    const before = this.keyGroup;
    this.keyGroup = keyGroup;
    if (before < 0) return;
    while (access.views.leave(view, before, PRE_IMAGES_PER_STEP)) if (context.shouldYield()) await context.yieldNow();
  }

  /** The next entries of a state that the view sees, and the stored path that they reach to: `undefined` at the end. */
  private read(
    { keyGroup, stateId, records }: StoredStateTable,
    after: Uint8Array | undefined,
    limit: number,
  ): { readonly entries: readonly KeyedStoreEntry[]; readonly end: Uint8Array | undefined } {
    const { access, view } = this.parameters;
    const now = records.scanStored(NO_BYTES, after, limit);
    const aside = access.views.preImagesOf(view, keyGroup, stateId, after, limit);
    const end = earlier(
      now.length < limit ? undefined : now[now.length - 1]?.path,
      aside.length < limit ? undefined : aside[aside.length - 1]?.path,
    );
    if (aside.length === 0) return { entries: now, end };
    const entries: KeyedStoreEntry[] = [];
    let next = 0;
    const takeAside = (): void => {
      const { path, value } = aside[next++] as (typeof aside)[number];
      if (value !== undefined) entries.push({ path, value });
    };
    const isWithin = (path: Uint8Array): boolean => end === undefined || compareBytes(path, end) <= 0;
    for (const entry of now) {
      if (!isWithin(entry.path)) break;
      let isReplaced = false;
      while (next < aside.length && !isReplaced) {
        const order = compareBytes((aside[next] as (typeof aside)[number]).path, entry.path);
        if (order > 0) break;
        takeAside();
        isReplaced = order === 0;
      }
      if (!isReplaced) entries.push(entry);
    }
    while (next < aside.length && isWithin((aside[next] as (typeof aside)[number]).path)) takeAside();
    return { entries, end };
  }

  /** Entries by their full paths (VW2). */
  private expanded(
    entries: readonly KeyedStoreEntry[],
    table: StoredStateTable,
  ): {
    readonly all: readonly KeyedStoreEntry[];
    readonly isReordered: boolean;
  } {
    const { paths } = this.parameters.access;
    const queuePaths = table instanceof StoredQueueTable ? table.queuePaths : undefined;
    const hasShortened =
      paths.plainMax !== Number.POSITIVE_INFINITY && entries.some(({ path }) => paths.isShortened(path));
    if (queuePaths === undefined && !hasShortened) return { all: entries, isReordered: false };
    let all: readonly KeyedStoreEntry[] = entries;
    if (hasShortened) all = all.flatMap((entry) => (paths.isShortened(entry.path) ? readBucket(entry.value) : [entry]));
    if (queuePaths !== undefined) all = all.map(({ path, value }) => ({ path: queuePaths.inSnapshot(path), value }));
    return { all: [...all].sort((a, b) => compareBytes(a.path, b.path)), isReordered: true };
  }

  /** The head of a list as the view sees it. */
  private listNow(table: StoredStateTable, path: Uint8Array): Uint8Array | undefined {
    const { access, view } = this.parameters;
    const stored = access.paths.storedOf(path);
    const aside = access.views.preImageOf(view, table.keyGroup, table.stateId, stored);
    if (aside === undefined) return copyOf(table.records.get(path));
    if (aside.value === undefined || !access.paths.isShortened(stored)) return copyOf(aside.value);
    return copyOf(readBucket(aside.value).find((entry) => compareBytes(entry.path, path) === 0)?.value);
  }

  /** The table that the view sees (FV3 of frozen-views.ts). */
  private find(registration: StoredRegistration, keyGroup: number): ReturnType<ViewWriterParameters['tableOf']> {
    const { tableOf, view } = this.parameters;
    const found = tableOf(registration, keyGroup);
    if (found === undefined || found.table.sinceEpoch > view.epoch) return undefined;
    // The chain that it was filled from is carried instead (SE3 of stored-entries.ts).
    const { origin, firstChangeEpoch } = found.table;
    return origin !== undefined && firstChangeEpoch > view.epoch ? undefined : found;
  }
}

/** Writes the entries of one state in one key group. */
class EntryFormat {
  readonly parts: PathParts;
  /** What was written: bytes of values, and entries or elements. */
  bytes = 0;
  weight = 0;
  private readonly isStamped: boolean;
  private readonly hasMapKey: boolean;
  private readonly nowMs: number;
  private readonly leavesOut: boolean;
  private readonly transcoding: Transcoding;
  private readonly out: ByteWriter = new ByteWriter();

  constructor(
    { keySerializer, ttlTime }: ViewWriterParameters,
    private readonly registration: StoredRegistration,
    private readonly found: { readonly table: StoredStateTable; readonly schemas: StoredSchemas },
    private readonly writer: SegmentRecordWriter,
    private readonly context: SnapshotContext,
    isImage: boolean,
  ) {
    const { namespaceSerializer, mapKeySerializer, schema, ttl, valueSerializer, name } = registration;
    const { keyGroup } = found.table;
    this.parts = new PathParts(keySerializer, namespaceSerializer, mapKeySerializer);
    this.isStamped = schema.ttl;
    this.hasMapKey = mapKeySerializer !== undefined;
    this.nowMs = ttl?.frozenNowMs(ttlTime, keyGroup) ?? 0;
    this.leavesOut = isImage && ttl?.config.cleanupFullSnapshot === true;
    if (this.leavesOut) found.table.leftOut = true;
    this.transcoding = new Transcoding(name, keyGroup, valueSerializer);
  }

  /** An entry that is no list. @param stampMs - A newer time stamp than that in the value. */
  entry(path: Uint8Array, value: Uint8Array, stampMs?: number): void {
    try {
      this.putEntry(path, value, stampMs);
    } catch (error) {
      throw this.located(error, path);
    }
  }

  touch(path: Uint8Array, stampMs: number): void {
    this.parts.divide(path);
    const { key, namespace, mapKey } = this.divided(path);
    this.writer.touchEncoded(key, namespace, mapKey, this.storedStampMs(stampMs));
  }

  trim(path: Uint8Array, count: number): void {
    this.parts.divide(path);
    const { key, namespace } = this.divided(path);
    this.writer.trimEncoded(key, namespace, count);
  }

  delete(path: Uint8Array): void {
    this.parts.divide(path);
    const { key, namespace, mapKey } = this.divided(path);
    this.writer.deleteEncoded(key, namespace, mapKey);
  }

  /** @param path - Of a list, or key and namespace of a map. */
  clear(path: Uint8Array): void {
    this.parts.divide(path);
    const { key, namespace } = this.divided(path);
    this.writer.clearEncoded(key, namespace);
  }

  /** A list with what its chunks hold. */
  async list(path: Uint8Array, head: Uint8Array): Promise<void> {
    try {
      readListHead(head, this.isStamped);
      let from = 0;
      let hasBegun = !this.leavesOut;
      for (const part of (this.found.table as StoredListTable).parts(head)) {
        const rest = hasBegun ? part : this.firstIncluded(part);
        if (rest === undefined) continue;
        hasBegun = true;
        await this.elements(path, from, rest);
        from += rest.count;
      }
    } catch (error) {
      throw this.located(error, path);
    }
  }

  /** Elements of a list, to stand from `from` on. */
  async elements(path: Uint8Array, from: number, part: StoredElements): Promise<void> {
    const { writer, context } = this;
    const cursor = new ElementCursor(part, this.isStamped);
    let next = from;
    for (let isMore = true; isMore; ) {
      const values: Uint8Array[] = [];
      const stampsMs: number[] | undefined = this.isStamped ? [] : undefined;
      while (values.length < ELEMENTS_PER_SPLICE) {
        isMore = cursor.next();
        if (!isMore) break;
        stampsMs?.push(this.storedStampMs(cursor.stampMs));
        values.push(this.today(part.tag, part.bytes, cursor.start, cursor.end));
        this.bytes += cursor.end - cursor.start;
      }
      if (values.length === 0) break;
      this.parts.divide(path);
      const { key, namespace } = this.divided(path);
      writer.spliceEncoded(key, namespace, next, values, stampsMs);
      this.weight += values.length;
      next += values.length;
      if (writer.blockIsFull) await writer.endBlock();
      if (context.shouldYield()) await context.yieldNow();
    }
  }

  private putEntry(path: Uint8Array, value: Uint8Array, newStampMs: number | undefined): void {
    const { found, writer } = this;
    const tag = value[0];
    let start = 1;
    let stampMs: number | undefined;
    if (this.isStamped) {
      if (value.length < 1 + STAMP_BYTES) throw invalidBytes('a value cut off', value.length);
      const data = new DataView(value.buffer, value.byteOffset, value.byteLength);
      stampMs = newStampMs ?? data.getInt32(1) * 4294967296 + data.getUint32(5);
      start += STAMP_BYTES;
      if (this.leavesOut && this.isExpired(stampMs)) return;
      stampMs = this.storedStampMs(stampMs);
    }
    if (tag === undefined || found.schemas.readers[tag] === undefined) throw invalidBytes('a value without schema', 0);
    const { parts } = this;
    parts.divide(path);
    const { keyEnd, namespaceEnd } = parts;
    if (found.schemas.isToday(tag)) {
      writer.putPath(path, keyEnd, namespaceEnd, value, start, value.length, stampMs);
    } else {
      const bytes = this.today(tag, value, start, value.length);
      writer.putPath(path, keyEnd, namespaceEnd, bytes, 0, bytes.length, stampMs);
    }
    this.bytes += value.length;
    this.weight++;
  }

  /** The bytes of a value under today's schema (VW3). */
  private today(tag: number, bytes: Uint8Array, start: number, end: number): Uint8Array {
    const { schemas } = this.found;
    if (schemas.isToday(tag)) return bytes.subarray(start, end);
    const reader = schemas.readers[tag];
    if (reader === undefined) throw invalidBytes(`a value of the unknown schema ${tag}`, 0);
    const { out } = this;
    out.reset();
    this.transcoding.write(reader, bytes, start, end, out);
    return out.toBytes();
  }

  /** The elements of a part from the first on that had not expired; `undefined` when all had. */
  private firstIncluded(part: StoredElements): StoredElements | undefined {
    const cursor = new ElementCursor(part, true);
    let passed = 0;
    let { start } = part;
    while (cursor.next()) {
      if (!this.isExpired(cursor.stampMs)) return { ...part, start, count: part.count - passed };
      passed++;
      start = cursor.end;
    }
    return undefined;
  }

  private isExpired(stampMs: number): boolean {
    return this.registration.ttl?.isExpired(stampMs, this.nowMs, this.found.table.keyGroup) === true;
  }

  private storedStampMs(stampMs: number): number {
    return this.registration.ttl?.storedStampMs(stampMs, this.found.table.keyGroup) ?? stampMs;
  }

  private divided(path: Uint8Array): { key: Uint8Array; namespace: Uint8Array; mapKey: Uint8Array | undefined } {
    const { keyEnd, namespaceEnd } = this.parts;
    return {
      key: path.subarray(0, keyEnd),
      namespace: path.subarray(keyEnd, namespaceEnd),
      mapKey: this.hasMapKey ? path.subarray(namespaceEnd) : undefined,
    };
  }

  private located(error: unknown, path: Uint8Array): unknown {
    return isStateError(error) && error.kind !== 'corrupt' ? error : this.found.table.damaged(error, path);
  }
}

/** VW2. */
function* inOrderOfSnapshot(
  entries: readonly ChangedEntry[],
  table: StoredStateTable,
): Generator<void, readonly ChangedEntry[], void> {
  if (!(table instanceof StoredQueueTable)) return entries;
  const { queuePaths } = table;
  const ordered: ChangedEntry[] = [];
  for (const entry of entries) {
    ordered.push({ ...entry, path: queuePaths.inSnapshot(entry.path) });
    if (ordered.length % ENTRIES_PER_CLOCK === 0) yield;
  }
  return yield* sortInSteps(ordered, (a, b) => compareBytes(a.path, b.path));
}

/** Does the steps of some work, and lets others have their turn between them. */
async function inSlices<T>(work: Generator<void, T, void>, context: SnapshotContext): Promise<T> {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    if (context.shouldYield()) await context.yieldNow();
  }
}

function earlier(a: Uint8Array | undefined, b: Uint8Array | undefined): Uint8Array | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return compareBytes(a, b) <= 0 ? a : b;
}

function copyOf(bytes: Uint8Array | undefined): Uint8Array | undefined {
  return bytes && new Uint8Array(bytes);
}
