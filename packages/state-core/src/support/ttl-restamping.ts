// Brings stored entries to the time to live that a state has today: stamps added, taken away, or set anew where they are in
// the time of another clock. Values are never decoded for it.
//
//   TR1. Bytes cross a change of time to live record by record: stamps come or go, every other byte stays.
//   TR2. A stamp that is added is the time of the restore, the same whenever and however often the bytes are looked at.
//   TR3. What is carried into a snapshot crosses too: else every restart would stamp it anew and it would never expire.
//   TR4. So does what was written before there was a mark of event time, as soon as there is one, whether the program knows
//        the state or not.

import { RecordCursor } from '../snapshot-format/record-cursor.js';
import { type RawBlock, RecordOp, type RecordVisitor } from '../snapshot-format/segment-contract.js';
import type { StateSchema } from '../snapshot-format/segment-header.js';
import { rewriteBlock } from './block-rewriting.js';
import { NO_TIME, type TtlClock, type TtlTime } from './ttl-clock.js';

/** The stamps that the entries of one state have today. */
export class TtlRestamping {
  /**
   * @param time - The clock of the stamps; `undefined` for a state without time to live; `'stored'` for one that the program
   * does not know, which keeps what it has.
   */
  constructor(
    private readonly time: TtlTime | 'stored' | undefined,
    private readonly clock: TtlClock | undefined,
  ) {}

  /** Whether entries stored under a schema have the stamps of today. */
  agreesWith(schema: StateSchema): boolean {
    return this.time === 'stored' || this.time === storedTimeOf(schema);
  }

  /** Whether stamps that stand for no time, stored under a schema that agrees, are known by now (TR4). */
  knowsTimeOf(schema: StateSchema, keyGroup: number): boolean {
    return storedTimeOf(schema) === 'event' && (this.clock?.eventStartMs(keyGroup) ?? NO_TIME) !== NO_TIME;
  }

  /** A stored schema with the stamps of today. */
  schemaOf(schema: StateSchema): StateSchema {
    if (this.time === 'stored') return schema;
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
    const stampMs = this.stampMs(block.keyGroup);
    return rewriteBlock(block, { stampOf: stampMs === undefined ? 'none' : () => stampMs });
  }

  /**
   * The records of a block that agrees, with stamps for those that stand for no time (TR4); the same block when there are
   * none.
   *
   * @throws StateError `bytes-truncated`, `bytes-invalid`.
   */
  timedBlock(block: RawBlock): RawBlock {
    return hasNoTime(block) ? rewriteBlock(block, { stampOf: this.stampOf(block.keyGroup) }) : block;
  }

  /** What becomes of the stored stamps of a key group under a schema that agrees. */
  stampOf(keyGroup: number): (storedMs: number | undefined) => number {
    const startMs = this.clock?.eventStartMs(keyGroup) ?? NO_TIME;
    return (storedMs = NO_TIME) => (storedMs === NO_TIME ? startMs : storedMs);
  }

  /** The stamp of what has none of the clock of today; `undefined` for a state without time to live. */
  stampMs(keyGroup: number): number | undefined {
    return this.time === undefined || this.time === 'stored'
      ? undefined
      : this.clock?.restoreStampMs(this.time, keyGroup);
  }
}

/** The clock of the stamps in a stored schema; `undefined` where there are none. */
export function storedTimeOf({ ttl, ttlTime }: StateSchema): TtlTime | undefined {
  return ttl ? (ttlTime ?? 'processing') : undefined;
}

/** Whether a block has a stamp that stands for no time. */
function hasNoTime({ payload }: RawBlock): boolean {
  const cursor = new RecordCursor(payload);
  while (cursor.next()) {
    if (cursor.op === RecordOp.SPLICE) while (cursor.nextElement()) if (isNoTime(cursor)) return true;
    if (cursor.op !== RecordOp.SPLICE && isNoTime(cursor)) return true;
  }
  return false;
}

function isNoTime({ stamped, timestampMs }: RecordCursor): boolean {
  return stamped && timestampMs === NO_TIME;
}
