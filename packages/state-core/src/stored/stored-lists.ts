// How a list is stored: a head with its last elements, and full chunks.
//
//   head      at the path of the list, in the state
//             0   1  schema tag of the elements in the head (stored-schemas.ts)
//             1   6  number of the list: names its chunks, never given twice
//             7   4  number of its first chunk
//            11   4  elements of that chunk that went at the front
//            15   4  number of chunks
//            19   4  elements in the chunks, without those that went
//            23   4  elements in the head
//            27   1  whether time stamps ascend; only with time to live, as are
//            28   8  a time stamp at or before that of the oldest element
//            36   8  newest time stamp
//             .   .  the elements
//
//   chunk     at   number of the list (6 bytes) | number of the chunk from 0 (4 bytes),   in state 32,768 + state
//             0   1  schema tag of the elements
//             1   4  elements in the chunk
//             5   .  the elements
//
//   element   [ time stamp int64, only with time to live ]  length varint | bytes
//
//   SL1. Appending reads and writes the head; when it holds CHUNK_BYTES of elements, they become a chunk. Chunks never change, and one of
//        a list that went is never taken for one of another.
//   SL2. A list has at least one element: an empty one is not there.
//   SL3. Elements of one chunk have one tag; those of a list may have several.
//   SL4. What goes at the front is counted, and a chunk goes when all of it has.
//   SL5. What does not add up is damage: a missing chunk is never a shorter list.
//   SL6. A chunk that was appended to has at most CHUNK_BYTES_MAX bytes of elements, or one element.

import { ByteReader } from '../bytes/byte-reader.js';
import type { ByteWriter } from '../bytes/byte-writer.js';
import { StateError } from '../error/state-error.js';

/**
 * Elements of this size in a head become a chunk. Stores made of pages of 4 KiB keep two such chunks in one, and larger values
 * on pages of their own.
 */
export const CHUNK_BYTES: number = 1792;
/** Two chunks of this size still fit into one such page, with what the store and LMDB add to them. */
export const CHUNK_BYTES_MAX: number = 1984;
/** Bytes of a head before its elements, without time to live. */
const HEAD_BYTES = 27;
const STAMP_BYTES = 8;
const LIST_NUMBER_BYTES = 6;

/** A head without its elements. */
export interface ListHead {
  /** Of the elements in the head. */
  readonly tag: number;
  readonly list: number;
  readonly firstChunk: number;
  /** Elements of the first chunk that went. */
  readonly skipped: number;
  readonly chunks: number;
  readonly chunkElements: number;
  readonly headElements: number;
  /** Meaningless without time to live, as are the stamps, in milliseconds. */
  readonly isAscending: boolean;
  readonly oldestStampMs: number;
  readonly newestStampMs: number;
  /** Where its elements begin in its bytes. */
  readonly elementsStart: number;
}

/** Reads a head. @throws StateError of kind `corrupt`. */
export function readListHead(bytes: Uint8Array, isStamped: boolean): ListHead {
  const input = new ByteReader(bytes);
  const tag = input.readUint8();
  const list = input.readUint16() * 4294967296 + input.readUint32();
  const firstChunk = input.readUint32();
  const skipped = input.readUint32();
  const chunks = input.readUint32();
  const chunkElements = input.readUint32();
  const headElements = input.readUint32();
  const isAscending = isStamped && input.readUint8() === 1;
  const oldestStampMs = isStamped ? input.readSafeInteger() : 0;
  const newestStampMs = isStamped ? input.readSafeInteger() : 0;
  if (chunkElements < chunks || chunkElements + headElements === 0) throw invalidList('a list without elements');
  return {
    tag,
    list,
    firstChunk,
    skipped,
    chunks,
    chunkElements,
    headElements,
    isAscending,
    oldestStampMs,
    newestStampMs,
    elementsStart: input.position,
  };
}

/** Writes a head without its elements. */
export function writeListHead(head: Omit<ListHead, 'elementsStart'>, isStamped: boolean, out: ByteWriter): void {
  out.writeUint8(head.tag);
  writeListNumber(head.list, out);
  out.writeUint32(head.firstChunk);
  out.writeUint32(head.skipped);
  out.writeUint32(head.chunks);
  out.writeUint32(head.chunkElements);
  out.writeUint32(head.headElements);
  if (!isStamped) return;
  out.writeUint8(head.isAscending ? 1 : 0);
  out.writeSafeInteger(head.oldestStampMs);
  out.writeSafeInteger(head.newestStampMs);
}

/** The number of the list of a head, whatever else it says. */
export function listNumberOf(head: Uint8Array): number {
  if (head.length < HEAD_BYTES) throw invalidList('the head of a list cut off');
  let list = 0;
  for (let index = 1; index <= LIST_NUMBER_BYTES; index++) list = list * 256 + (head[index] as number);
  return list;
}

export function writeListNumber(list: number, out: ByteWriter): void {
  out.writeUint16(Math.floor(list / 4294967296));
  out.writeUint32(list >>> 0);
}

/** Elements that stand together. */
export interface StoredElements {
  readonly tag: number;
  readonly count: number;
  readonly bytes: Uint8Array;
  /** Where they begin and end in the bytes. */
  readonly start: number;
  readonly end: number;
}

/** Reads a chunk. @throws StateError of kind `corrupt`. */
export function readChunk(bytes: Uint8Array): StoredElements {
  const input = new ByteReader(bytes);
  const tag = input.readUint8();
  const count = input.readUint32();
  if (count === 0) throw invalidList('a chunk without elements');
  return { tag, count, bytes, start: input.position, end: bytes.length };
}

/** The number of a chunk from its path. */
export function chunkNumberOf(path: Uint8Array): number {
  if (path.length !== LIST_NUMBER_BYTES + 4) throw invalidList('a chunk of no list');
  return new DataView(path.buffer, path.byteOffset).getUint32(LIST_NUMBER_BYTES);
}

/** Walks over elements without decoding them. */
export class ElementCursor {
  stampMs = 0;
  /** The bytes of the element. */
  start = 0;
  end = 0;
  private readonly input: ByteReader;
  private rest: number;

  constructor(
    elements: StoredElements,
    private readonly isStamped: boolean,
  ) {
    this.input = new ByteReader(elements.bytes, elements.start, elements.end);
    this.rest = elements.count;
    const least = isStamped ? STAMP_BYTES + 1 : 1;
    if (elements.count * least > this.input.remaining) {
      throw invalidList(`${elements.count} elements in ${this.input.remaining} bytes`);
    }
  }

  /** Moves to the next element; false after the last. @throws StateError of kind `corrupt`. */
  next(): boolean {
    const { input } = this;
    if (this.rest === 0) {
      input.expectEnd();
      return false;
    }
    this.rest--;
    if (this.isStamped) this.stampMs = input.readSafeInteger();
    const length = input.readVarint();
    this.start = input.position;
    input.readView(length);
    this.end = input.position;
    return true;
  }
}

/** Some elements without the first `count` of them; there are more than that. */
export function withoutFirst<T extends StoredElements>(elements: T, count: number, isStamped: boolean): T {
  if (count === 0) return elements;
  const cursor = new ElementCursor(elements, isStamped);
  for (let index = 0; index < count; index++) if (!cursor.next()) throw invalidList('fewer elements than are to go');
  return { ...elements, start: cursor.end, count: elements.count - count };
}

/** The first `count` of some elements. */
export function firstOf<T extends StoredElements>(elements: T, count: number, isStamped: boolean): T {
  const cursor = new ElementCursor(elements, isStamped);
  for (let index = 0; index < count; index++) if (!cursor.next()) throw invalidList('fewer elements than are to stay');
  return { ...elements, end: cursor.end, count };
}

/** The error for bytes that are no list. */
export function invalidList(what: string): StateError {
  return new StateError('bytes-invalid', `the bytes are not what was stored: ${what}`, { details: { what } });
}
