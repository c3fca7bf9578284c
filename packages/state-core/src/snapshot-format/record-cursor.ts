// The records of a block: their layout, and a walk over them that knows no serializer.
//
//   record    op + flags u8 | parts
//             op      bits 0 to 2: PUT 1, DELETE 2, CLEAR 3, RESET 4, SPLICE 5, TRIM 6, TOUCH 7
//             flags   bit 3: carries time stamps; bit 4: carries a map key; bits 5 to 7: 0
//
//   PUT       key | namespace | [ map key ] | [ stamp ] | value
//   DELETE    key | namespace | [ map key ]
//   CLEAR     key | namespace
//   RESET     (nothing)
//   SPLICE    key | namespace | from varint | count varint | count times: [ stamp ] | element
//   TRIM      key | namespace | count varint, 1 or more
//   TOUCH     key | namespace | [ map key ] | stamp
//
//   key, namespace, map key, value, element:   length varint | bytes
//   stamp:                                     milliseconds, int64
//
//   RC1. Every part is preceded by its length: whoever does not know the types can still walk, compare and copy.
//   RC2. The stamp flag is set exactly in PUT and SPLICE of states with time to live and in every TOUCH, the map key flag
//        exactly in PUT, DELETE and TOUCH of states with map keys. A varint has its shortest form. So one record has one
//        form.

import type { StateError } from '../error/state-error.js';
import { RecordOp } from './segment-contract.js';
import { damaged } from './segment-damage.js';

/** Flag of a record: time stamps. */
export const RECORD_STAMPED: number = 0x08;
/** Flag of a record: a map key. */
export const RECORD_MAP_KEY: number = 0x10;
/** Bytes of a time stamp. */
export const STAMP_BYTES: number = 8;

/** The most elements of a list: those of a JavaScript array. */
export const LIST_LENGTH_MAX: number = 2 ** 32 - 1;

const OP_MASK = 0x07;

/** The flags that each op may carry, by op. */
const FLAGS_ALLOWED: readonly number[] = [
  -1,
  RECORD_STAMPED | RECORD_MAP_KEY,
  RECORD_MAP_KEY,
  0,
  0,
  RECORD_STAMPED,
  0,
  RECORD_STAMPED | RECORD_MAP_KEY,
];

/**
 * Walks over the records of a payload without allocating: {@link next} moves to the next record and sets the positions of
 * its parts, within {@link bytes}. Trusts nothing.
 *
 * For SPLICE, `next` stops before the elements; {@link nextElement} moves from one to the next.
 */
export class RecordCursor {
  bytes: Uint8Array;
  data: DataView;
  /** Op and flags of the record. */
  op: RecordOp = RecordOp.PUT;
  stamped = false;
  hasMapKey = false;
  recordStart = 0;
  keyStart = 0;
  keyEnd = 0;
  namespaceStart = 0;
  namespaceEnd = 0;
  /** Only with {@link hasMapKey}. */
  mapKeyStart = 0;
  mapKeyEnd = 0;
  /** The stamp of PUT or TOUCH, or of the element that {@link nextElement} moved to; only with {@link stamped}. */
  timestampMs = 0;
  /** The value of PUT, or the element that {@link nextElement} moved to. */
  valueStart = 0;
  valueEnd = 0;
  /** SPLICE: where the elements go in the list, and how many there are. */
  from = 0;
  elementCount = 0;
  /** SPLICE: how many elements {@link nextElement} has passed. */
  elementIndex = 0;
  /** TRIM: how many elements go. */
  trimCount = 0;

  private at = 0;
  private end = 0;

  constructor(payload: Uint8Array, start = 0, end: number = payload.length) {
    this.bytes = payload;
    this.data = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
    this.at = start;
    this.end = end;
  }

  /** Starts over with another payload. */
  reset(payload: Uint8Array, start = 0, end: number = payload.length): void {
    this.bytes = payload;
    this.data = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
    this.at = start;
    this.end = end;
    this.elementIndex = 0;
    this.elementCount = 0;
  }

  /** The end of the record, once its elements have been passed. */
  get recordEnd(): number {
    return this.at;
  }

  /**
   * Moves to the next record. False at the end of the payload.
   *
   * @throws StateError `bytes-truncated`, `bytes-invalid`.
   */
  next(): boolean {
    while (this.elementIndex < this.elementCount) this.nextElement();
    if (this.at === this.end) return false;
    this.recordStart = this.at;
    const head = this.bytes[this.at++] as number;
    const op = head & OP_MASK;
    const flags = head & ~OP_MASK;
    if ((flags & ~(FLAGS_ALLOWED[op] as number)) !== 0 || FLAGS_ALLOWED[op] === -1)
      throw this.invalid('no record of this format');
    this.op = op as RecordOp;
    this.stamped = (flags & RECORD_STAMPED) !== 0;
    this.hasMapKey = (flags & RECORD_MAP_KEY) !== 0;
    this.elementCount = 0;
    this.elementIndex = 0;
    if (op === RecordOp.RESET) {
      this.keyStart = this.keyEnd = this.namespaceStart = this.namespaceEnd = this.at;
      return true;
    }
    this.keyEnd = this.skipPart();
    this.keyStart = this.partStart;
    this.namespaceEnd = this.skipPart();
    this.namespaceStart = this.partStart;
    if (this.hasMapKey) {
      this.mapKeyEnd = this.skipPart();
      this.mapKeyStart = this.partStart;
    }
    if (op === RecordOp.PUT) {
      if (this.stamped) this.readStamp();
      this.valueEnd = this.skipPart();
      this.valueStart = this.partStart;
    } else if (op === RecordOp.SPLICE) {
      this.from = this.readVarint();
      this.elementCount = this.readVarint();
      const bytesEach = this.stamped ? STAMP_BYTES + 1 : 1;
      if (this.elementCount * bytesEach > this.end - this.at) {
        throw this.invalid(`${this.elementCount} elements in ${this.end - this.at} bytes`);
      }
      if (this.from + this.elementCount > LIST_LENGTH_MAX) throw this.invalid('a list longer than any list can be');
    } else if (op === RecordOp.TRIM) {
      this.trimCount = this.readVarint();
      if (this.trimCount < 1 || this.trimCount > LIST_LENGTH_MAX)
        throw this.invalid(`${this.trimCount} elements to remove`);
    } else if (op === RecordOp.TOUCH) {
      if (!this.stamped) throw this.invalid('a TOUCH without a time stamp');
      this.readStamp();
    }
    return true;
  }

  /** SPLICE: moves to the next element. False after the last. @throws StateError `bytes-truncated`, `bytes-invalid`. */
  nextElement(): boolean {
    if (this.elementIndex === this.elementCount) return false;
    this.elementIndex++;
    if (this.stamped) this.readStamp();
    this.valueEnd = this.skipPart();
    this.valueStart = this.partStart;
    return true;
  }

  private partStart = 0;

  private skipPart(): number {
    const at = this.at;
    const first = at < this.end ? (this.bytes[at] as number) : 0x80;
    let length = first;
    if (first < 0x80) this.at = at + 1;
    else length = this.readVarint();
    this.partStart = this.at;
    if (length > this.end - this.at) {
      throw damaged('bytes-truncated', 'a block', `a part of ${length} bytes at position ${this.at} of ${this.end}`);
    }
    this.at += length;
    return this.at;
  }

  private readStamp(): void {
    if (this.end - this.at < STAMP_BYTES) {
      throw damaged('bytes-truncated', 'a block', `a time stamp at position ${this.at} of ${this.end}`);
    }
    this.timestampMs = this.data.getInt32(this.at) * 4294967296 + this.data.getUint32(this.at + 4);
    if (!Number.isSafeInteger(this.timestampMs)) throw this.invalid('a time stamp beyond 53 bits');
    this.at += STAMP_BYTES;
  }

  private readVarint(): number {
    let value = 0;
    let factor = 1;
    for (let index = 0; index < 8; index++) {
      if (this.at === this.end) {
        throw damaged('bytes-truncated', 'a block', `a number at position ${this.at} of ${this.end}`);
      }
      const byte = this.bytes[this.at++] as number;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        if ((byte === 0 && index > 0) || value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      factor *= 128;
    }
    throw this.invalid('a number that is longer than needed or beyond 53 bits');
  }

  private invalid(what: string): StateError {
    return damaged('bytes-invalid', 'a block', `${what} at position ${this.at}`);
  }
}
