// What the order of records says beyond one block: G5 and G7 of segment-contract.ts, for one state in one key group.
//
//   RS1. A block counts from `endBlock` on: one that is dropped or refused leaves nothing behind.

import type { RecordCursor } from './record-cursor.js';
import { RecordOp } from './segment-contract.js';

/** Checks where in a state and key group records stand. */
export class RecordSequence {
  private readonly isFullImage: boolean;
  private readonly isSorted: boolean;
  private blocks = 0;
  private hasEntries = false;
  private blockRecords = 0;
  private blockHasEntries = false;

  /** @param isFullImage - Whether the segment has no base (G7). */
  constructor(isFullImage: boolean, isSorted: boolean) {
    this.isFullImage = isFullImage;
    this.isSorted = isSorted;
  }

  /** Starts another state or key group. */
  restart(): void {
    this.blocks = 0;
    this.hasEntries = false;
    this.beginBlock();
  }

  beginBlock(): void {
    this.blockRecords = 0;
    this.blockHasEntries = false;
  }

  /** What is wrong with the record that the cursor is at, which is then counted. */
  faultOf(cursor: RecordCursor): string | undefined {
    const { op } = cursor;
    const isFirst = this.blocks === 0 && this.blockRecords === 0;
    this.blockRecords++;
    if (op !== RecordOp.RESET && op !== RecordOp.CLEAR) this.blockHasEntries = true;
    if (op === RecordOp.RESET && !isFirst) return 'a RESET behind other records';
    // Where records ascend throughout, a CLEAR cannot come after what it is about.
    if (op === RecordOp.CLEAR && this.hasEntries && !this.isSorted) return 'a CLEAR behind blocks with entries';
    if (this.isFullImage && !isImageRecord(cursor)) return 'a record that only a delta holds, and no base';
    return undefined;
  }

  endBlock(): void {
    this.blocks++;
    this.hasEntries ||= this.blockHasEntries;
    this.beginBlock();
  }
}

/** Whether a full image may hold the record (G7). */
function isImageRecord({ op, elementCount }: RecordCursor): boolean {
  return op === RecordOp.PUT || (op === RecordOp.SPLICE && elementCount > 0);
}
