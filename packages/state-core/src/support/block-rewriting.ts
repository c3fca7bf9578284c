// Writes the records of a stored block anew: with other time stamps, with other bytes for the values, or both.
//
// Owns: walking over the records and laying them out again. Leaves which stamps and values those are to ttl-restamping.ts
// and schema-rewriting.ts.
//
//   BR1. Addresses, the order of records, and what they do stay as they are: a TOUCH goes only where stamps go.
//   BR2. Records are copied and not decoded; a value is looked at only where it is written anew.

import { ByteWriter } from '../bytes/byte-writer.js';
import { RECORD_STAMPED, RecordCursor, STAMP_BYTES } from '../snapshot-format/record-cursor.js';
import { type RawBlock, RecordOp } from '../snapshot-format/segment-contract.js';

/** What becomes of the records of a block. */
export interface RecordChanges {
  /** The stamp in milliseconds of what is stored with the given one; `'none'` where nothing has a stamp any more. */
  readonly stampOf: 'none' | ((storedMs: number | undefined) => number);
  /** Writes the value at `start` to `end` anew, preceded by its length. Default: it stays as it is. */
  readonly writeValue?: ((payload: Uint8Array, start: number, end: number, out: ByteWriter) => void) | undefined;
}

/**
 * The records of a block with these changes; none are left of a block that held nothing but stamps.
 *
 * @throws StateError `bytes-truncated`, `bytes-invalid`. Whatever `writeValue` throws.
 */
export function rewriteBlock(block: RawBlock, changes: RecordChanges): RawBlock {
  const out = new ByteWriter(block.payload.length + block.entryCount * STAMP_BYTES);
  const cursor = new RecordCursor(block.payload);
  let entryCount = block.entryCount;
  while (cursor.next()) {
    if (cursor.op === RecordOp.PUT) rewritePut(cursor, changes, out);
    else if (cursor.op === RecordOp.SPLICE) rewriteSplice(cursor, changes, out);
    else if (cursor.op !== RecordOp.TOUCH) out.writeBytes(cursor.bytes.subarray(cursor.recordStart, cursor.recordEnd));
    else if (changes.stampOf === 'none') entryCount--;
    else rewriteTouch(cursor, changes.stampOf(cursor.timestampMs), out);
  }
  return { ...block, entryCount, payload: out.toBytes() };
}

function rewritePut(cursor: RecordCursor, changes: RecordChanges, out: ByteWriter): void {
  const addressEnd = cursor.hasMapKey ? cursor.mapKeyEnd : cursor.namespaceEnd;
  writeHead(cursor, changes, out);
  out.writeBytes(cursor.bytes.subarray(cursor.recordStart + 1, addressEnd));
  rewriteStamped(cursor, addressEnd, changes, out);
}

function rewriteTouch(cursor: RecordCursor, stampMs: number, out: ByteWriter): void {
  out.writeBytes(cursor.bytes.subarray(cursor.recordStart, cursor.recordEnd - STAMP_BYTES));
  out.writeSafeInteger(stampMs);
}

function rewriteSplice(cursor: RecordCursor, changes: RecordChanges, out: ByteWriter): void {
  writeHead(cursor, changes, out);
  let end = cursor.recordEnd;
  out.writeBytes(cursor.bytes.subarray(cursor.recordStart + 1, end));
  while (cursor.nextElement()) {
    rewriteStamped(cursor, end, changes, out);
    end = cursor.valueEnd;
  }
}

function writeHead(cursor: RecordCursor, { stampOf }: RecordChanges, out: ByteWriter): void {
  const head = cursor.bytes[cursor.recordStart] as number;
  out.writeUint8(stampOf === 'none' ? head & ~RECORD_STAMPED : head | RECORD_STAMPED);
}

/** A value with its length, from where the stamp before it stands or would stand. */
function rewriteStamped(
  cursor: RecordCursor,
  start: number,
  { stampOf, writeValue }: RecordChanges,
  out: ByteWriter,
): void {
  const { bytes, stamped, valueStart, valueEnd } = cursor;
  if (stampOf !== 'none') out.writeSafeInteger(stampOf(stamped ? cursor.timestampMs : undefined));
  if (writeValue === undefined) out.writeBytes(bytes.subarray(stamped ? start + STAMP_BYTES : start, valueEnd));
  else writeValue(bytes, valueStart, valueEnd, out);
}
