// Brings what was restored of a state in a key group into the store, without decoding a value.
//
// Owns: the order of writing and the tags. Leaves the folding of chains to fold-raw-chain.ts and chain-merge.ts, stamps to
// ttl-restamping.ts, and the layout of what is stored to the tables.
//
//   RL1. Nobody reads the table before it is complete. A loading that fails leaves the chain: the next begins anew and removes
//        what was written.
//   RL2. Entries are written in the order of the store; a step is a block, a part of sorting, or a batch of RECORDS_PER_BATCH or
//        BYTES_PER_BATCH. Where somebody waits for all of it, that is one batch: a commit costs as much as many records.
//   RL3. Values keep the schema they were written under.
//   RL4. Memory is that of the chain and positions in it, of one state in one key group.
//   RL5. Entries that ascend in every link and have the stamps of today go from the chain into blocks (packed-records.ts), and no
//        object is made for any. All others are folded, sorted where they have to be, and stand by themselves.

import { ByteWriter } from '../bytes/byte-writer.js';
import { isStateError } from '../error/state-error.js';
import { latin1OfBytes } from '../serialization/key-bytes.js';
import { snapshotsEqual } from '../serialization/serializer-snapshot.js';
import { RecordCursor } from '../snapshot-format/record-cursor.js';
import { type RawBlock, RecordOp } from '../snapshot-format/segment-contract.js';
import { damaged } from '../snapshot-format/segment-damage.js';
import type { StateSchema } from '../snapshot-format/segment-header.js';
import { describeBlock } from '../snapshot-format/segment-layout.js';
import { type ChainMerge, openChainMerge } from '../support/chain-merge.js';
import { RawChainFold } from '../support/fold-raw-chain.js';
import type { RestoredChain } from '../support/restored-keyed-state.js';
import { NO_TIME } from '../support/ttl-clock.js';
import { appendPath, PACKED_RECORD_BYTES_MAX, pathBytesOf } from './packed-records.js';
import { ReusedBytes } from './reused-bytes.js';
import { sortInSteps } from './sort-in-steps.js';
import { unreadableRestored } from './stored-damage.js';
import type { StoredListTable } from './stored-list-table.js';
import type { StoredElements } from './stored-lists.js';
import { CHUNKS_OF_STATE } from './stored-paths.js';
import { TODAY } from './stored-schemas.js';
import type { StateAccess, StoredStateTable } from './stored-state-table.js';
import { Transcoding } from './transcoding.js';

const RECORDS_PER_BATCH = 256;
/** A batch ends when it has so many bytes of records. */
const BYTES_PER_BATCH = 256 * 1024;

interface LoadedEntry {
  /** Text whose order is that of the bytes. */
  readonly path: string;
  readonly tag: number;
  readonly stampMs: number;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

interface LoadedList {
  readonly path: string;
  readonly parts: StoredElements[];
  length: number;
  oldestStampMs: number;
  newestStampMs: number;
}

/** The loading of one chain into a table, in steps. */
export class RestoredGroupLoader {
  private readonly work: Generator<void, void, void>;
  isDone = false;
  private readonly scratch: ByteWriter = new ByteWriter();
  private readonly path: ReusedBytes = new ReusedBytes();
  private readonly value: ReusedBytes = new ReusedBytes();

  constructor(
    private readonly state: StateAccess,
    readonly table: StoredStateTable,
    readonly chain: RestoredChain,
  ) {
    this.work = this.load();
  }

  /** Whether some of the values are under another schema than today's. */
  get isMigrating(): boolean {
    const today = this.state.registration.schema.value;
    return this.chain.some(({ schema }) => !snapshotsEqual(schema.value, today));
  }

  /** Does a step. @throws StateError `restore-failed` for a chain that is damaged, codes of the store. */
  step(): void {
    if (this.isDone) return;
    try {
      this.isDone = this.work.next().done === true;
    } catch (error) {
      if (isStateError(error) && error.kind !== 'corrupt') throw error;
      throw unreadableRestored(this.state.registration.name, this.table.keyGroup, error);
    }
  }

  /** Does what is left. @throws as {@link step}. */
  finish(): void {
    if (this.isDone) return;
    this.state.batches.run(() => {
      while (!this.isDone) this.step();
    });
  }

  private *load(): Generator<void, void, void> {
    const { store, batches, registration } = this.state;
    const { keyGroup, stateId } = this.table;
    const isList = registration.schema.kind === 'list';
    batches.run(() => {
      store.deleteState(keyGroup, stateId);
      store.deleteState(keyGroup, CHUNKS_OF_STATE + stateId);
    });
    const merge = this.mayMerge ? yield* openChainMerge(this.chain) : undefined;
    if (merge !== undefined) {
      yield* this.loadMerged(merge);
      return;
    }
    const fold = new RawChainFold(this.chain);
    while (fold.step()) yield;
    yield* isList ? this.loadLists(fold) : this.loadEntries(fold);
  }

  /** Whether the order of addresses is that of paths, and records are stored as they are. */
  private get mayMerge(): boolean {
    const { restamping, schema } = this.state.registration;
    if (schema.kind === 'list' || schema.kind === 'priority-queue') return false;
    return this.chain.every((link) => restamping.agreesWith(link.schema));
  }

  private *loadMerged(merge: ChainMerge): Generator<void, void, void> {
    const { table } = this;
    const { schemas, batches, registration, paths } = this.state;
    const isStamped = registration.schema.ttl;
    const packed = table.records.pack();
    const packedBytesMax = this.state.packed.hasRoom ? PACKED_RECORD_BYTES_MAX : 0;
    let schema: StateSchema | undefined;
    let tag: number | undefined;
    let sizeBytes = 0;
    let isMore = true;
    while (isMore) {
      batches.run(() => {
        let count = 0;
        for (let bytes = 0; count < RECORDS_PER_BATCH && bytes < BYTES_PER_BATCH; count++) {
          isMore = merge.next();
          if (!isMore) {
            packed.end();
            break;
          }
          const { cursor } = merge;
          if (cursor.stamped !== isStamped) throw this.misplaced(this.chain[0]?.blocks[0] as RawBlock);
          if (isStamped && merge.stampMs === NO_TIME) table.hasNoTime = true;
          if (merge.schema !== schema) {
            schema = merge.schema;
            tag = schemas.tagOf(schema);
          }
          const recordBytes = cursor.recordEnd - cursor.recordStart;
          if (tag !== undefined && recordBytes <= packedBytesMax && pathBytesOf(cursor) <= paths.plainMax)
            packed.add(tag, cursor, isStamped ? merge.stampMs : undefined);
          else this.loadMergedValue(schema, tag, merge);
          sizeBytes += recordBytes;
          bytes += recordBytes;
        }
        table.loadedValues(count);
      });
      yield;
    }
    table.changes.imageBytes = sizeBytes;
  }

  /** Brings the entry that a merge came to into the store by itself. */
  private loadMergedValue(schema: StateSchema, tag: number | undefined, { cursor, stampMs }: ChainMerge): void {
    const { path, value } = this;
    path.reset();
    appendPath(path, cursor);
    value.reset();
    value.appendByte(tag ?? TODAY);
    if (cursor.stamped) value.appendSafeInteger(stampMs);
    const { bytes: source, valueStart: start, valueEnd: end } = cursor;
    if (tag === undefined) {
      const today = this.today(schema, { bytes: source, start, end });
      value.append(today.bytes, today.start, today.end);
    } else {
      value.append(source, start, end);
    }
    this.table.records.load(path.view(), value.view());
  }

  private *blocks(fold: RawChainFold): Iterable<{ readonly block: RawBlock; readonly schema: StateSchema }> {
    const { restamping } = this.state.registration;
    for (const { schema, blocks } of fold.result) {
      const agrees = restamping.agreesWith(schema);
      for (const block of blocks) yield { block: agrees ? block : restamping.block(block), schema };
    }
  }

  private *loadEntries(fold: RawChainFold): Generator<void, void, void> {
    const table = this.table;
    const { ttl: isStamped, kind } = this.state.registration.schema;
    const isQueue = kind === 'priority-queue';
    let entries: LoadedEntry[] = [];
    let isSorted = true;
    let last = '';
    let sizeBytes = 0;
    for (const { block, schema } of this.blocks(fold)) {
      const tag = this.state.schemas.tagOf(schema);
      const { payload } = block;
      sizeBytes += payload.length;
      const cursor = new RecordCursor(payload);
      while (cursor.next()) {
        if (cursor.op !== RecordOp.PUT || cursor.stamped !== isStamped) throw this.misplaced(block);
        const path = isQueue ? this.pathInQueue(cursor) : pathOf(cursor);
        isSorted &&= entries.length === 0 || last < path;
        last = path;
        const value = { bytes: payload, start: cursor.valueStart, end: cursor.valueEnd };
        const stampMs = isStamped ? cursor.timestampMs : 0;
        if (stampMs === NO_TIME) table.hasNoTime = true;
        entries.push({ path, stampMs, ...(tag === undefined ? this.today(schema, value) : { tag, ...value }) });
      }
      yield;
    }
    if (!isSorted) entries = yield* sortInSteps(entries, byPath);
    yield;
    const value = new ByteWriter();
    for (let next = 0; next < entries.length; ) {
      const end = Math.min(entries.length, next + RECORDS_PER_BATCH);
      this.state.batches.run(() => {
        for (let bytes = 0; next < end && bytes < BYTES_PER_BATCH; next++) {
          const entry = entries[next] as LoadedEntry;
          bytes += entry.end - entry.start;
          value.reset();
          value.writeUint8(entry.tag);
          if (isStamped) value.writeSafeInteger(entry.stampMs);
          value.writeBytes(entry.bytes.subarray(entry.start, entry.end));
          table.loadValue(this.bytesOf(entry.path), value.view());
        }
      });
      yield;
    }
    table.changes.imageBytes = sizeBytes;
  }

  private *loadLists(fold: RawChainFold): Generator<void, void, void> {
    const table = this.table as StoredListTable;
    const isStamped = this.state.registration.schema.ttl;
    const lists = new Map<string, LoadedList>();
    let sizeBytes = 0;
    for (const { block, schema } of this.blocks(fold)) {
      const tag = this.state.schemas.tagOf(schema);
      sizeBytes += block.payload.length;
      const cursor = new RecordCursor(block.payload);
      while (cursor.next()) {
        if (cursor.op !== RecordOp.SPLICE || cursor.stamped !== isStamped) throw this.misplaced(block);
        const path = pathOf(cursor);
        const list = lists.get(path) ?? newList(path);
        if (cursor.from !== list.length || cursor.elementCount === 0) throw this.misplaced(block);
        lists.set(path, list);
        list.length += cursor.elementCount;
        list.parts.push(this.elementsOf(cursor, tag, schema, list));
      }
      yield;
    }
    const sorted = yield* sortInSteps([...lists.values()], byPath);
    yield;
    for (let next = 0; next < sorted.length; ) {
      const end = Math.min(sorted.length, next + RECORDS_PER_BATCH);
      this.state.batches.run(() => {
        for (let bytes = 0; next < end && bytes < BYTES_PER_BATCH; next++) {
          const { path, parts, oldestStampMs, newestStampMs } = sorted[next] as LoadedList;
          for (const part of parts) bytes += part.end - part.start;
          table.loadList(this.bytesOf(path), parts, oldestStampMs, newestStampMs);
        }
      });
      yield;
    }
    table.changes.imageBytes = sizeBytes;
  }

  /** As queue-paths.ts has it. */
  private pathInQueue({
    bytes,
    keyStart,
    keyEnd,
    namespaceStart,
    namespaceEnd,
    mapKeyStart,
    mapKeyEnd,
  }: RecordCursor): string {
    const { scratch } = this;
    scratch.reset();
    scratch.writeBytes(bytes.subarray(mapKeyStart, mapKeyEnd));
    scratch.writeBytes(bytes.subarray(keyStart, keyEnd));
    if (namespaceEnd > namespaceStart) scratch.writeBytes(bytes.subarray(namespaceStart, namespaceEnd));
    // One text: parts that were put together would be put together again by the first comparison.
    return latin1OfBytes(scratch.view());
  }

  /** The bytes of a path, valid until the next are asked for. */
  private bytesOf(text: string): Uint8Array {
    const { scratch } = this;
    scratch.reset();
    for (let index = 0; index < text.length; index++) scratch.writeUint8(text.charCodeAt(index));
    return scratch.view();
  }

  /** Moves the cursor past the elements of its record. */
  private elementsOf(
    cursor: RecordCursor,
    tag: number | undefined,
    schema: StateSchema,
    list: LoadedList,
  ): StoredElements {
    const start = cursor.recordEnd;
    const rewritten = tag === undefined ? new ByteWriter() : undefined;
    while (cursor.nextElement()) {
      if (cursor.stamped) {
        list.oldestStampMs = Math.min(list.oldestStampMs, cursor.timestampMs);
        list.newestStampMs = Math.max(list.newestStampMs, cursor.timestampMs);
        rewritten?.writeSafeInteger(cursor.timestampMs);
      }
      if (rewritten === undefined) continue;
      const { bytes, valueStart, valueEnd } = cursor;
      const value = this.today(schema, { bytes, start: valueStart, end: valueEnd });
      rewritten.writeLengthPrefixed(value.bytes.subarray(value.start, value.end));
    }
    const count = cursor.elementCount;
    if (rewritten === undefined || tag !== undefined) {
      return { tag: tag as number, count, bytes: cursor.bytes, start, end: cursor.recordEnd };
    }
    return { tag: TODAY, count, bytes: rewritten.view(), start: 0, end: rewritten.length };
  }

  /** A value under today's schema, for a state with more schemas than there are tags. */
  private today(
    schema: StateSchema,
    value: { readonly bytes: Uint8Array; readonly start: number; readonly end: number },
  ): Pick<LoadedEntry, 'tag' | 'bytes' | 'start' | 'end'> {
    const { registration } = this.state;
    const out = new ByteWriter();
    const { name, valueSerializer } = registration;
    const reader = registration.readerOf(schema).value;
    new Transcoding(name, this.table.keyGroup, valueSerializer).write(reader, value.bytes, value.start, value.end, out);
    return { tag: TODAY, bytes: out.view(), start: 0, end: out.length };
  }

  private misplaced(block: RawBlock): unknown {
    const { name } = this.state.registration;
    return damaged('snapshot-invalid', describeBlock(block, name), 'a record that does not belong into an image of it');
  }
}

function newList(path: string): LoadedList {
  return {
    path,
    parts: [],
    length: 0,
    oldestStampMs: Number.MAX_SAFE_INTEGER,
    newestStampMs: Number.MIN_SAFE_INTEGER,
  };
}

function pathOf(cursor: RecordCursor): string {
  const { bytes } = cursor;
  const key = latin1OfBytes(bytes.subarray(cursor.keyStart, cursor.keyEnd));
  const namespace =
    cursor.namespaceStart === cursor.namespaceEnd
      ? ''
      : latin1OfBytes(bytes.subarray(cursor.namespaceStart, cursor.namespaceEnd));
  return cursor.hasMapKey
    ? key + namespace + latin1OfBytes(bytes.subarray(cursor.mapKeyStart, cursor.mapKeyEnd))
    : key + namespace;
}

function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}
