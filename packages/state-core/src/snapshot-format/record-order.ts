// The order of the records in a block (G2 of segment-contract.ts), as whoever reads without serializers relies on it.
//
//   RO1. By key, then namespace, then map key, each as unsigned bytes with a prefix first; no map key before any.
//   RO2. An address appears once, but for a CLEAR, which stands before what follows it, and a list in a CLEAR or TRIM and
//        several SPLICEs, each of which continues where the one before ends.
//   RO3. RESET is the first record of its block.

import type { RecordCursor } from './record-cursor.js';
import { RecordOp } from './segment-contract.js';

/** Checks that records ascend. */
export class RecordOrder {
  private hasPrevious = false;
  private bytes: Uint8Array = new Uint8Array(0);
  private op: RecordOp = RecordOp.PUT;
  private hasMapKey = false;
  private keyStart = 0;
  private keyEnd = 0;
  private namespaceStart = 0;
  private namespaceEnd = 0;
  private mapKeyStart = 0;
  private mapKeyEnd = 0;
  private listEnd = 0;

  /** Forgets what came before: any record may follow. */
  reset(): void {
    this.hasPrevious = false;
  }

  /** Goes on after the record that `other` came to, whose array may change from now on. */
  resume(other: RecordOrder): void {
    this.hasPrevious = other.hasPrevious;
    if (!other.hasPrevious) return;
    const start = other.keyStart;
    const end = other.hasMapKey ? other.mapKeyEnd : other.namespaceEnd;
    this.bytes = new Uint8Array(other.bytes.subarray(start, end));
    this.op = other.op;
    this.hasMapKey = other.hasMapKey;
    this.keyStart = 0;
    this.keyEnd = other.keyEnd - start;
    this.namespaceStart = other.namespaceStart - start;
    this.namespaceEnd = other.namespaceEnd - start;
    this.mapKeyStart = other.mapKeyStart - start;
    this.mapKeyEnd = other.mapKeyEnd - start;
    this.listEnd = other.listEnd;
  }

  /** Whether the record that the cursor is at may follow the one before, which it then replaces. */
  accepts(cursor: RecordCursor): boolean {
    const accepted = !this.hasPrevious || this.ascends(cursor);
    this.hasPrevious = true;
    this.bytes = cursor.bytes;
    this.op = cursor.op;
    this.hasMapKey = cursor.hasMapKey;
    this.keyStart = cursor.keyStart;
    this.keyEnd = cursor.keyEnd;
    this.namespaceStart = cursor.namespaceStart;
    this.namespaceEnd = cursor.namespaceEnd;
    this.mapKeyStart = cursor.mapKeyStart;
    this.mapKeyEnd = cursor.mapKeyEnd;
    this.listEnd = cursor.from + cursor.elementCount;
    return accepted;
  }

  private ascends(cursor: RecordCursor): boolean {
    if (cursor.op === RecordOp.RESET) return false;
    if (this.op === RecordOp.RESET) return true;
    const byKey = this.compare(this.keyStart, this.keyEnd, cursor, cursor.keyStart, cursor.keyEnd);
    if (byKey !== 0) return byKey < 0;
    const byNamespace = this.compare(
      this.namespaceStart,
      this.namespaceEnd,
      cursor,
      cursor.namespaceStart,
      cursor.namespaceEnd,
    );
    if (byNamespace !== 0) return byNamespace < 0;
    if (this.hasMapKey !== cursor.hasMapKey) return cursor.hasMapKey;
    if (this.hasMapKey) {
      return this.compare(this.mapKeyStart, this.mapKeyEnd, cursor, cursor.mapKeyStart, cursor.mapKeyEnd) < 0;
    }
    return this.maySharePlace(cursor);
  }

  private maySharePlace(cursor: RecordCursor): boolean {
    if (cursor.op !== RecordOp.SPLICE) return false;
    if (this.op === RecordOp.CLEAR || this.op === RecordOp.TRIM) return true;
    return this.op === RecordOp.SPLICE && cursor.elementCount > 0 && cursor.from === this.listEnd;
  }

  private compare(start: number, end: number, cursor: RecordCursor, otherStart: number, otherEnd: number): number {
    const bytes = this.bytes;
    const others = cursor.bytes;
    const shared = Math.min(end - start, otherEnd - otherStart);
    for (let index = 0; index < shared; index++) {
      const difference = (bytes[start + index] as number) - (others[otherStart + index] as number);
      if (difference !== 0) return difference;
    }
    return end - start - (otherEnd - otherStart);
  }
}
