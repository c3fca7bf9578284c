// A list state in one key group. Layout: stored-lists.ts.
//
//   LT1. An append that fails has not happened. Chunks that it wrote are beyond the list: the next one writes them anew.
//   LT2. What is noted of an append that fails is taken back: the list is cut to where it began.

import { ByteReader } from '../bytes/byte-reader.js';
import { ByteWriter } from '../bytes/byte-writer.js';
import { invariant } from '../error/invariant.js';
import { StateError } from '../error/state-error.js';
import { invalidBytes } from '../serialization/ordered-bytes.js';
import { LIST_LENGTH_MAX } from '../snapshot-format/record-cursor.js';
import { NO_TIME } from '../support/ttl-clock.js';
import { ChangeOp } from './change-runs.js';
import { refusedValue } from './stored-damage.js';
import {
  CHUNK_BYTES,
  CHUNK_BYTES_MAX,
  chunkNumberOf,
  ElementCursor,
  invalidList,
  type ListHead,
  listNumberOf,
  readChunk,
  readListHead,
  type StoredElements,
  withoutFirst,
  writeListHead,
  writeListNumber,
} from './stored-lists.js';
import { CHUNKS_OF_STATE, readBucket } from './stored-paths.js';
import { TODAY } from './stored-schemas.js';
import { type StateAccess, StoredStateTable } from './stored-state-table.js';
import type { StoredList, StoredPath } from './stored-table.js';

/** Chunks that are read in one scan. */
const CHUNKS_PER_SCAN = 64;
const NO_BYTES: Uint8Array = new Uint8Array(0);

/** What the tables of a list state share besides. */
export interface ListAccess extends StateAccess {
  /** A number for a list that begins. */
  nextList(): number;
}

/** The lists of a state in a key group. */
export class StoredListTable extends StoredStateTable {
  override readonly isWrittenWhole: boolean;
  private readonly chunkState: number;
  private readonly nextList: () => number;
  private elements: ByteWriter = new ByteWriter();

  constructor(state: ListAccess, keyGroup: number) {
    super(state, keyGroup);
    this.isWrittenWhole = this.isStamped;
    this.chunkState = CHUNKS_OF_STATE + this.stateId;
    this.nextList = () => state.nextList();
  }

  override readList(path: Uint8Array): StoredList | undefined {
    return this.guarded(path, () => {
      const bytes = this.records.get(path);
      if (bytes === undefined) return undefined;
      const values: unknown[] = [];
      const stampsMs: number[] | undefined = this.isStamped ? [] : undefined;
      let sizeBytes = 0;
      for (const part of this.parts(bytes)) {
        sizeBytes += part.end - part.start;
        this.decodeElements(part, values, stampsMs);
      }
      return { values, stampsMs, sizeBytes };
    });
  }

  listLength(path: Uint8Array): number {
    return this.guarded(path, () => {
      const bytes = this.records.get(path);
      if (bytes === undefined) return 0;
      const { chunkElements, headElements } = readListHead(bytes, this.isStamped);
      return chunkElements + headElements;
    });
  }

  override append(
    path: Uint8Array,
    values: readonly unknown[],
    start: number,
    end: number,
    stampsMs: readonly number[] | undefined,
    epoch: number,
  ): number {
    this.checkEpoch(epoch);
    const before = this.guarded(path, () => this.loadHead(path));
    const length = before.chunkElements + before.headElements;
    if (start >= end) return length;
    if (length + end - start > LIST_LENGTH_MAX) {
      throw refusedValue(tooLong(length), this.state.registration.name, this.keyOf(path));
    }
    const isNoted = this.notesElements(epoch);
    const head = before;
    try {
      this.continueList(path, head, values, start, end, stampsMs, isNoted ? epoch : undefined);
      this.guarded(path, () => this.putHead(path, head, epoch));
    } catch (error) {
      if (isNoted && this.runs.notes(this.changes, epoch)) {
        this.runs.noteSplice(this.changes, epoch, path, length, 0, TODAY, NO_BYTES);
      }
      throw error;
    }
    if (length === 0) this.count(1);
    this.weight += end - start;
    this.noteWhole(path, epoch, length + end - start);
    return length + end - start;
  }

  replace(
    path: Uint8Array,
    values: readonly unknown[],
    start: number,
    end: number,
    stampsMs: readonly number[] | undefined,
    epoch: number,
  ): boolean {
    this.checkEpoch(epoch);
    const bytes = this.guarded(path, () => this.records.get(path));
    const before = bytes === undefined ? undefined : this.guarded(path, () => readListHead(bytes, this.isStamped));
    // Its chunks have to go first.
    if (before !== undefined && before.chunks > 0) return false;
    const elements = this.beginElements();
    const head = this.emptyHead();
    for (let index = start; index < end; index++) {
      this.writeElement(path, head, values[index], stampsMs?.[index], elements);
      if (elements.length >= CHUNK_BYTES) return false;
    }
    this.guarded(path, () => this.putHead(path, head, epoch));
    if (before === undefined) this.count(1);
    this.weight = Math.max(0, this.weight + end - start - (before?.headElements ?? 0));
    if (!this.runs.notes(this.changes, epoch)) return true;
    if (before !== undefined) this.runs.note(this.changes, epoch, ChangeOp.CLEAR, path);
    if (this.notesElements(epoch)) {
      this.runs.noteSplice(this.changes, epoch, path, 0, end - start, TODAY, elements.view());
    }
    this.noteWhole(path, epoch, end - start);
    return true;
  }

  trim(path: Uint8Array, count: number, epoch: number): void {
    this.checkEpoch(epoch);
    this.guarded(path, () => {
      const head = this.loadHead(path);
      const length = head.chunkElements + head.headElements;
      invariant(count < length, `${count} elements are to go from a list of ${length}`);
      const stored = this.state.paths.storedOf(path);
      const { views } = this.state;
      const isWanted = views.running > 0 && views.beforeChange(this, stored, epoch);
      const keepsChunks = isWanted && this.isPutAside(stored, head.list);
      let rest = count;
      while (rest > 0 && head.chunks > 0) rest = this.trimChunk(head, rest, keepsChunks);
      if (rest > 0) this.trimElements(head, rest);
      if (head.isAscending) head.oldestStampMs = this.firstStampMs(head);
      this.putHead(path, head, epoch);
      this.weight = Math.max(0, this.weight - count);
      if (this.notesElements(epoch)) this.runs.noteTrim(this.changes, epoch, path, count);
      else this.noteWhole(path, epoch, length - count);
    });
  }

  override clear(path: Uint8Array, epoch: number, limit: number): boolean {
    this.checkEpoch(epoch);
    return this.guarded(path, () => {
      const bytes = this.records.get(path);
      if (bytes === undefined) return true;
      const list = listNumberOf(bytes);
      const { chunks, chunkElements, headElements } = readListHead(bytes, this.isStamped);
      if (chunks > 0) {
        // Puts the head aside where a view wants it; then the chunks stay with it (FV4).
        const { views, paths } = this.state;
        const stored = paths.storedOf(path);
        const isWanted = views.running > 0 && views.beforeChange(this, stored, epoch);
        if (!(isWanted && this.isPutAside(stored, list)) && !this.removeChunks(list, limit)) return false;
      }
      this.records.delete(path, epoch);
      this.count(-1);
      this.weight = Math.max(0, this.weight - chunkElements - headElements);
      if (this.runs.notes(this.changes, epoch)) this.runs.note(this.changes, epoch, ChangeOp.CLEAR, path);
      return true;
    });
  }

  /** A list goes as a whole or not at all. */
  override delete(path: Uint8Array, epoch: number, _wasThere?: boolean): void {
    while (!this.clear(path, epoch, CHUNKS_PER_SCAN)) {
      // Until its chunks are gone.
    }
  }

  preImageGoes(stored: Uint8Array, value: Uint8Array, others: () => readonly Uint8Array[]): void {
    const gone = this.listsIn(stored, value);
    if (gone.size === 0) return;
    const current = this.state.store.get(this.keyGroup, this.stateId, stored);
    const wanted = [...(current === undefined ? [] : [this.listsIn(stored, current)])];
    for (const other of others()) wanted.push(this.listsIn(stored, other));
    for (const [list, { firstChunk }] of gone) {
      // Whoever has the list still wants its chunks from its own first one on.
      const firsts = wanted.map((lists) => lists.get(list)?.firstChunk ?? Number.POSITIVE_INFINITY);
      const end = Math.min(...firsts, Number.POSITIVE_INFINITY);
      if (end <= firstChunk) continue;
      while (!this.removeChunks(list, CHUNKS_PER_SCAN, end)) {
        // Until all are gone.
      }
    }
  }

  /** The elements of a list, chunk by chunk, in order. @param bytes - The head, which must not change meanwhile. */
  *parts(bytes: Uint8Array): Iterable<StoredElements> {
    const head = readListHead(bytes, this.isStamped);
    // The head comes last, and the bytes of the store do not live that long.
    const own = head.chunks === 0 ? bytes : new Uint8Array(bytes);
    yield* this.chunksOf(head);
    if (head.headElements === 0 && own.length === head.elementsStart) return;
    yield { tag: head.tag, count: head.headElements, bytes: own, start: head.elementsStart, end: own.length };
  }

  /** Stores a restored list. @param parts - Its elements in order, of known count. */
  loadList(path: Uint8Array, parts: readonly StoredElements[], oldestStampMs: number, newestStampMs: number): void {
    const head = { ...this.emptyHead(), isAscending: false, oldestStampMs, newestStampMs };
    if (oldestStampMs === NO_TIME) this.hasNoTime = true;
    const tail = this.beginElements();
    for (const part of parts) {
      if (part.tag !== head.tag || tail.length >= CHUNK_BYTES) this.endChunk(head, tail);
      head.tag = part.tag;
      tail.writeBytes(part.bytes.subarray(part.start, part.end));
      head.headElements += part.count;
      this.weight += part.count;
    }
    if (tail.length >= CHUNK_BYTES) this.endChunk(head, tail);
    const out = this.begin();
    writeListHead(head, this.isStamped, out);
    out.writeBytes(tail.view());
    this.records.load(path, out.view());
    this.count(1);
  }

  protected override pathIn(path: Uint8Array, bytes: Uint8Array): StoredPath {
    if (!this.isStamped) return { path, stampMs: undefined };
    const { newestStampMs, oldestStampMs } = readListHead(bytes, true);
    return { path, stampMs: newestStampMs, oldestStampMs };
  }

  private loadHead(path: Uint8Array): MutableHead {
    const tail = this.beginElements();
    const bytes = this.records.get(path);
    if (bytes === undefined) return this.emptyHead();
    const head = readListHead(bytes, this.isStamped);
    tail.writeBytes(bytes.subarray(head.elementsStart));
    return head;
  }

  private emptyHead(): MutableHead {
    return {
      tag: TODAY,
      list: this.nextList(),
      firstChunk: 0,
      skipped: 0,
      chunks: 0,
      chunkElements: 0,
      headElements: 0,
      isAscending: true,
      oldestStampMs: Number.MAX_SAFE_INTEGER,
      newestStampMs: Number.MIN_SAFE_INTEGER,
      elementsStart: 0,
    };
  }

  private continueList(
    path: Uint8Array,
    head: MutableHead,
    values: readonly unknown[],
    start: number,
    end: number,
    stampsMs: readonly number[] | undefined,
    notedEpoch: number | undefined,
  ): void {
    const tail = this.elements;
    if (head.tag !== TODAY) this.guarded(path, () => this.endChunk(head, tail));
    head.tag = TODAY;
    let noted = head.chunkElements + head.headElements;
    let notedBytes = tail.length;
    const note = (): void => {
      const count = head.chunkElements + head.headElements - noted;
      if (notedEpoch === undefined || count === 0) return;
      this.runs.noteSplice(this.changes, notedEpoch, path, noted, count, TODAY, tail.view(notedBytes));
      noted += count;
    };
    for (let index = start; index < end; index++) {
      const before = tail.length;
      this.writeElement(path, head, values[index], stampsMs?.[index], tail);
      if (tail.length < CHUNK_BYTES) continue;
      note();
      this.guarded(path, () => this.endChunks(head, tail, before));
      notedBytes = tail.length;
    }
    note();
  }

  /** Adds an element to those of the head. */
  private writeElement(
    path: Uint8Array,
    head: MutableHead,
    value: unknown,
    stampMs: number | undefined,
    out: ByteWriter,
  ): void {
    const { valueSerializer } = this.state.registration;
    try {
      if (stampMs !== undefined) out.writeSafeInteger(stampMs);
      const sizedAt = out.beginSized();
      valueSerializer.serialize(value, out);
      out.endSized(sizedAt);
    } catch (error) {
      throw refusedValue(error, this.state.registration.name, this.keyOf(path));
    }
    head.headElements++;
    if (stampMs === undefined) return;
    if (stampMs < head.newestStampMs) head.isAscending = false;
    if (stampMs === NO_TIME) this.hasNoTime = true;
    head.oldestStampMs = Math.min(head.oldestStampMs, stampMs);
    head.newestStampMs = Math.max(head.newestStampMs, stampMs);
  }

  /** Makes the elements of the head a chunk; where the last one would make it too large (SL6), that one begins the next. */
  private endChunks(head: MutableHead, tail: ByteWriter, lastElementAt: number): void {
    if (tail.length <= CHUNK_BYTES_MAX || head.headElements < 2) {
      this.endChunk(head, tail);
      return;
    }
    const last = tail.view(lastElementAt).slice();
    tail.truncate(lastElementAt);
    head.headElements--;
    this.endChunk(head, tail);
    tail.writeBytes(last);
    head.headElements = 1;
    if (last.length >= CHUNK_BYTES) this.endChunk(head, tail);
  }

  /** Makes the elements of the head a chunk. */
  private endChunk(head: MutableHead, tail: ByteWriter): void {
    if (head.headElements === 0) return;
    const out = this.begin();
    out.writeUint8(head.tag);
    out.writeUint32(head.headElements);
    out.writeBytes(tail.view());
    this.state.work.wrote(out.length);
    this.state.store.put(
      this.keyGroup,
      this.chunkState,
      chunkPath(head.list, head.firstChunk + head.chunks),
      out.view(),
    );
    head.chunks++;
    head.chunkElements += head.headElements;
    head.headElements = 0;
    tail.reset();
  }

  private putHead(path: Uint8Array, head: MutableHead, epoch: number): void {
    const out = this.begin();
    writeListHead(head, this.isStamped, out);
    out.writeBytes(this.elements.view());
    this.records.put(path, out.view(), epoch);
  }

  private *chunksOf({ list, firstChunk, skipped, chunks, chunkElements }: ListHead): Iterable<StoredElements> {
    if (chunks === 0) return;
    const prefix = listPrefix(list);
    const last = firstChunk + chunks;
    let next = firstChunk;
    let elements = 0;
    let after = firstChunk === 0 ? undefined : chunkPath(list, firstChunk - 1);
    while (next < last) {
      const limit = Math.min(CHUNKS_PER_SCAN, last - next);
      const found = this.state.store.scan(this.keyGroup, this.chunkState, prefix, after, limit);
      if (found.length < limit) throw invalidList(`a list of ${chunks} chunks, of which some are missing`);
      for (const { path, value } of found) {
        if (chunkNumberOf(path) !== next) throw invalidList(`a list without its chunk ${next}`);
        let chunk = readChunk(value);
        if (next === firstChunk) chunk = withoutFirst(chunk, skipped, this.isStamped);
        next++;
        elements += chunk.count;
        after = path;
        yield chunk;
      }
    }
    if (elements !== chunkElements)
      throw invalidList(`${elements} elements in the chunks of a list of ${chunkElements}`);
  }

  /** Takes up to `count` elements from the first chunk; returns how many are left to be taken. */
  private trimChunk(head: MutableHead, count: number, keepsChunks: boolean): number {
    const { store } = this.state;
    const path = chunkPath(head.list, head.firstChunk);
    const bytes = store.get(this.keyGroup, this.chunkState, path);
    if (bytes === undefined) throw invalidList(`a list without its chunk ${head.firstChunk}`);
    const there = readChunk(bytes).count - head.skipped;
    if (count < there) {
      head.skipped += count;
      head.chunkElements -= count;
      return 0;
    }
    // A view that wants the head as it was wants the chunk as well; it goes with the pre-image.
    if (!keepsChunks) store.delete(this.keyGroup, this.chunkState, path);
    this.state.work.wrote(0);
    head.firstChunk++;
    head.chunks--;
    head.skipped = 0;
    head.chunkElements -= there;
    return count - there;
  }

  /** Takes elements from those in the head. */
  private trimElements(head: MutableHead, count: number): void {
    const bytes = this.elements.toBytes();
    const all = { tag: head.tag, count: head.headElements, bytes, start: 0, end: bytes.length };
    const kept = withoutFirst(all, count, this.isStamped);
    this.elements.reset();
    this.elements.writeBytes(bytes.subarray(kept.start));
    head.headElements = kept.count;
  }

  /** The time stamp of the first element. */
  private firstStampMs(head: MutableHead): number {
    const [first] = head.chunks > 0 ? this.chunksOf(head) : [];
    const bytes = this.elements.view();
    const part = first ?? { tag: head.tag, count: head.headElements, bytes, start: 0, end: bytes.length };
    const cursor = new ElementCursor(part, true);
    return cursor.next() ? cursor.stampMs : head.oldestStampMs;
  }

  /** Whether what happens to single elements is noted: not where a base may have left some out (VW5). */
  private notesElements(epoch: number): boolean {
    return !(this.isStamped && this.mayBeLeftOut) && this.runs.notes(this.changes, epoch);
  }

  private noteWhole(path: Uint8Array, epoch: number, length: number): void {
    if (!this.isStamped || !this.mayBeLeftOut || !this.runs.notes(this.changes, epoch)) return;
    this.runs.note(this.changes, epoch, ChangeOp.CHANGED, path, length);
  }

  private decodeElements(part: StoredElements, values: unknown[], stampsMs: number[] | undefined): void {
    const reader = this.state.schemas.readers[part.tag];
    if (reader === undefined) throw invalidBytes(`elements of the unknown schema ${part.tag}`, 0);
    const cursor = new ElementCursor(part, this.isStamped);
    while (cursor.next()) {
      stampsMs?.push(cursor.stampMs);
      values.push(this.decodeWith(reader, part.tag, new ByteReader(part.bytes, cursor.start, cursor.end)));
    }
  }

  /** Removes up to `limit` chunks of a list before chunk `end`; true when none are left. */
  private removeChunks(list: number, limit: number, end: number = Number.POSITIVE_INFINITY): boolean {
    const { store } = this.state;
    const found = store.scan(this.keyGroup, this.chunkState, listPrefix(list), undefined, limit);
    for (const { path } of found) {
      if (chunkNumberOf(path) >= end) return true;
      this.state.work.wrote(0);
      store.delete(this.keyGroup, this.chunkState, path);
    }
    return found.length < limit;
  }

  /** Whether a running view has put aside this list. */
  private isPutAside(stored: Uint8Array, list: number): boolean {
    return this.state.views.putAsideOf(this, stored).some((value) => this.listsIn(stored, value).has(list));
  }

  /** The lists with chunks in what is stored under a path, by number. */
  private listsIn(stored: Uint8Array, value: Uint8Array): Map<number, ListHead> {
    const heads = this.state.paths.isShortened(stored) ? readBucket(value).map((entry) => entry.value) : [value];
    const lists = new Map<number, ListHead>();
    for (const bytes of heads) {
      const head = readListHead(bytes, this.isStamped);
      if (head.chunks > 0) lists.set(head.list, head);
    }
    return lists;
  }

  private beginElements(): ByteWriter {
    if (this.elements.length > 64 * CHUNK_BYTES) this.elements = new ByteWriter();
    this.elements.reset();
    return this.elements;
  }
}

type MutableHead = { -readonly [P in keyof ListHead]: ListHead[P] };

/** A program hardly gets there; a damaged head says so at once. */
function tooLong(length: number): StateError {
  return new StateError(
    'value-too-large',
    `a list of ${length} elements cannot take more, ${LIST_LENGTH_MAX} is the most; keep fewer, or start again from the last checkpoint when it never had so many`,
    { details: { length, lengthMax: LIST_LENGTH_MAX } },
  );
}

function listPrefix(list: number): Uint8Array {
  const out = new ByteWriter(16);
  writeListNumber(list, out);
  return out.view();
}

function chunkPath(list: number, chunk: number): Uint8Array {
  const out = new ByteWriter(16);
  writeListNumber(list, out);
  out.writeUint32(chunk);
  return out.view();
}
