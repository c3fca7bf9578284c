// The logical digest of the entries of one state in one key group: equal for equal content, whatever the order, the
// blocks, the backend and the compression.
//
//   The digest is two unsigned 32-bit sums, high and low, each modulo 2^32, over all of:
//     every record but a SPLICE with elements:                    hash(record bytes)
//     SPLICE with elements, for each element:                     hash(record bytes up to and including the namespace,
//                                                                     then the element's index in the list,
//                                                                     then the element with its stamp and length)
//   Stored as high, low: 8 bytes, big-endian.
//
//   hash, over 32-bit words: low and high lanes start as LOW_SEED and HIGH_SEED;
//     absorb(w):     low = imul(low ^ w, A), low ^= low >>> 15;   high = imul(rotl(high, 13) + w, B), high ^= high >>> 16
//     a byte range:  its words, little-endian, the rest padded with zeros; then its length as a word
//     an index:      one word
//     finish:        low += rotl(high, 16), low = mix(low);   high += imul(low, C), high = mix(high)
//     mix(x):        x = imul(x ^ x >>> 16, D), x = imul(x ^ x >>> 13, E), x ^ x >>> 16
//
//   ED1. One record has one form (RC2), so hashing its bytes is hashing the entry; how a list is cut into SPLICE records
//        does not show.
//   ED2. The digests of a full image, which holds PUT and SPLICE alone (G7), say what the state is; those of a delta say
//        what the delta holds.
//   ED3. Finds differences by accident or defect. Whoever wants to can make two contents with one digest.

import type { RecordCursor } from './record-cursor.js';
import { RecordOp } from './segment-contract.js';

const LOW_SEED = 0x2545f491;
const HIGH_SEED = 0x4f6cdd1d;
const A = 0x9e3779b1 | 0;
const B = 0x85ebca77 | 0;
const C = 0xc2b2ae3d | 0;
const D = 0x7feb352d;
const E = 0x846ca68b | 0;

/** Bytes of a stored digest. */
export const DIGEST_BYTES: number = 8;

/** Adds a stored digest to the one that stands at `at` of `sums`: the digest of the entries of both. */
export function addDigest(sums: Uint8Array, at: number, digest: Uint8Array): void {
  const to = new DataView(sums.buffer, sums.byteOffset + at, DIGEST_BYTES);
  const from = new DataView(digest.buffer, digest.byteOffset, DIGEST_BYTES);
  for (const lane of [0, 4]) to.setInt32(lane, (to.getInt32(lane) + from.getInt32(lane)) | 0);
}

/** Sums up the entries that a cursor passes. */
export class EntryDigest {
  private lowSum = 0;
  private highSum = 0;
  private low = 0;
  private high = 0;

  /** Forgets what was added. */
  reset(): void {
    this.lowSum = 0;
    this.highSum = 0;
  }

  /** Adds all that was added to another. */
  addAll(other: EntryDigest): void {
    this.lowSum = (this.lowSum + other.lowSum) | 0;
    this.highSum = (this.highSum + other.highSum) | 0;
  }

  /** Adds the record that the cursor is at. Passes the elements of a SPLICE. @throws StateError as the cursor. */
  add(cursor: RecordCursor): void {
    if (cursor.op === RecordOp.SPLICE && cursor.elementCount > 0) {
      this.addElements(cursor);
      return;
    }
    this.low = LOW_SEED;
    this.high = HIGH_SEED;
    this.absorb(cursor, cursor.recordStart, cursor.recordEnd);
    this.finish();
  }

  /** The digest: a fresh array. */
  toBytes(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(DIGEST_BYTES);
    const data = new DataView(bytes.buffer);
    data.setInt32(0, this.highSum);
    data.setInt32(4, this.lowSum);
    return bytes;
  }

  private addElements(cursor: RecordCursor): void {
    this.low = LOW_SEED;
    this.high = HIGH_SEED;
    this.absorb(cursor, cursor.recordStart, cursor.namespaceEnd);
    const prefixLow = this.low;
    const prefixHigh = this.high;
    let index = cursor.from;
    let start = cursor.recordEnd;
    while (cursor.nextElement()) {
      this.low = prefixLow;
      this.high = prefixHigh;
      this.absorbWord(index | 0);
      this.absorb(cursor, start, cursor.recordEnd);
      this.finish();
      start = cursor.recordEnd;
      index++;
    }
  }

  private absorb(cursor: RecordCursor, start: number, end: number): void {
    const { bytes, data } = cursor;
    let { low, high } = this;
    const wordsEnd = start + ((end - start) & ~3);
    let at = start;
    for (; at < wordsEnd; at += 4) {
      const word = data.getInt32(at, true);
      low = Math.imul(low ^ word, A);
      low ^= low >>> 15;
      high = Math.imul((((high << 13) | (high >>> 19)) + word) | 0, B);
      high ^= high >>> 16;
    }
    this.low = low;
    this.high = high;
    if (at < end) {
      let word = 0;
      for (let shift = 0; at < end; at++, shift += 8) word |= (bytes[at] as number) << shift;
      this.absorbWord(word);
    }
    this.absorbWord(end - start);
  }

  private absorbWord(word: number): void {
    const low = Math.imul(this.low ^ word, A);
    this.low = low ^ (low >>> 15);
    const high = Math.imul((((this.high << 13) | (this.high >>> 19)) + word) | 0, B);
    this.high = high ^ (high >>> 16);
  }

  private finish(): void {
    const low = mix((this.low + ((this.high << 16) | (this.high >>> 16))) | 0);
    const high = mix((this.high + Math.imul(low, C)) | 0);
    this.lowSum = (this.lowSum + low) | 0;
    this.highSum = (this.highSum + high) | 0;
  }
}

function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), D);
  mixed = Math.imul(mixed ^ (mixed >>> 13), E);
  return mixed ^ (mixed >>> 16);
}
