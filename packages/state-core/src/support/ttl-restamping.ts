// Brings stored entries to the time to live that a state has today: stamps added, taken away, or set anew where they are in
// the time of another clock. Values are never decoded for it.
//
//   TR1. Bytes cross a change of time to live record by record: stamps come or go, every other byte stays.
//   TR2. A stamp that is added is the time of the restore, the same whenever and however often the bytes are looked at.
//   TR3. What is carried into a snapshot crosses too: else every restart would stamp it anew and it would never expire.

import { ByteWriter } from '../bytes/byte-writer.js';
import { RECORD_STAMPED, RecordCursor, STAMP_BYTES } from '../snapshot-format/record-cursor.js';
import { type RawBlock, RecordOp, type RecordVisitor } from '../snapshot-format/segment-contract.js';
import type { StateSchema } from '../snapshot-format/segment-header.js';
import type { TtlClock, TtlTime } from './ttl-clock.js';

/** The stamps that the entries of one state have today. */
export class TtlRestamping {
  /** @param time - The clock of the stamps; `undefined` for a state without time to live. */
  constructor(
    private readonly time: TtlTime | undefined,
    private readonly clock: TtlClock | undefined,
  ) {}

  /** Whether entries stored under a schema have the stamps of today. */
  agreesWith(schema: StateSchema): boolean {
    return this.time === storedTimeOf(schema);
  }

  /** A stored schema with the stamps of today. */
  schemaOf(schema: StateSchema): StateSchema {
    const { ttlTime: _, ...fields } = schema;
    return this.time === undefined ? { ...fields, ttl: false } : { ...fields, ttl: true, ttlTime: this.time };
  }

  /** A visitor that hands on what it is given with the stamps of today. */
  visitor(visitor: RecordVisitor, keyGroup: number): RecordVisitor {
    const stampMs = this.stampMs(keyGroup);
    return {
      put: (key, namespace, mapKey, value) => visitor.put(key, namespace, mapKey, value, stampMs),
      splice: (key, namespace, from, elements) =>
        visitor.splice(
          key,
          namespace,
          from,
          elements,
          stampMs === undefined ? undefined : new Array<number>(elements.length).fill(stampMs),
        ),
      delete: (key, namespace, mapKey) => visitor.delete(key, namespace, mapKey),
      clear: (key, namespace) => visitor.clear(key, namespace),
      reset: () => visitor.reset(),
      ...(visitor.trim && { trim: (key, namespace, count) => visitor.trim?.(key, namespace, count) }),
      ...(visitor.touch !== undefined || stampMs === undefined
        ? {
            touch: (key, namespace, mapKey) => {
              if (stampMs !== undefined) visitor.touch?.(key, namespace, mapKey, stampMs);
            },
          }
        : {}),
    };
  }

  /** The records of a block with the stamps of today (TR1); none are left of one that held nothing but stamps. @throws StateError `bytes-truncated`, `bytes-invalid`. */
  block(block: RawBlock): RawBlock {
    const out = new ByteWriter(block.payload.length + block.entryCount * STAMP_BYTES);
    const cursor = new RecordCursor(block.payload);
    const stampMs = this.stampMs(block.keyGroup);
    let entryCount = block.entryCount;
    while (cursor.next()) {
      if (cursor.op === RecordOp.PUT) copyPut(cursor, stampMs, out);
      else if (cursor.op === RecordOp.SPLICE) copySplice(cursor, stampMs, out);
      else if (cursor.op !== RecordOp.TOUCH)
        out.writeBytes(cursor.bytes.subarray(cursor.recordStart, cursor.recordEnd));
      else if (stampMs === undefined) entryCount--;
      else copyTouch(cursor, stampMs, out);
    }
    return { ...block, entryCount, payload: out.toBytes() };
  }

  private stampMs(keyGroup: number): number | undefined {
    return this.time === undefined ? undefined : this.clock?.restoreStampMs(this.time, keyGroup);
  }
}

/** The clock of the stamps in a stored schema; `undefined` where there are none. */
export function storedTimeOf({ ttl, ttlTime }: StateSchema): TtlTime | undefined {
  return ttl ? (ttlTime ?? 'processing') : undefined;
}

function copyPut(cursor: RecordCursor, stampMs: number | undefined, out: ByteWriter): void {
  const addressEnd = cursor.hasMapKey ? cursor.mapKeyEnd : cursor.namespaceEnd;
  writeHead(cursor, stampMs, out);
  out.writeBytes(cursor.bytes.subarray(cursor.recordStart + 1, addressEnd));
  copyStamped(cursor, addressEnd, stampMs, out);
}

function copyTouch(cursor: RecordCursor, stampMs: number, out: ByteWriter): void {
  out.writeBytes(cursor.bytes.subarray(cursor.recordStart, cursor.recordEnd - STAMP_BYTES));
  out.writeSafeInteger(stampMs);
}

function copySplice(cursor: RecordCursor, stampMs: number | undefined, out: ByteWriter): void {
  writeHead(cursor, stampMs, out);
  let end = cursor.recordEnd;
  out.writeBytes(cursor.bytes.subarray(cursor.recordStart + 1, end));
  while (cursor.nextElement()) {
    copyStamped(cursor, end, stampMs, out);
    end = cursor.valueEnd;
  }
}

function writeHead(cursor: RecordCursor, stampMs: number | undefined, out: ByteWriter): void {
  const head = cursor.bytes[cursor.recordStart] as number;
  out.writeUint8(stampMs === undefined ? head & ~RECORD_STAMPED : head | RECORD_STAMPED);
}

/** Copies a value with its length, from where the stamp before it would stand. */
function copyStamped(cursor: RecordCursor, start: number, stampMs: number | undefined, out: ByteWriter): void {
  if (stampMs !== undefined) out.writeSafeInteger(stampMs);
  out.writeBytes(cursor.bytes.subarray(cursor.stamped ? start + STAMP_BYTES : start, cursor.valueEnd));
}
