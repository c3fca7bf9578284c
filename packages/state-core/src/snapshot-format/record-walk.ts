// Walks over the records of a block without serializers: for inspection, digests, stores that keep bytes, and merging.

import { invariant } from '../error/invariant.js';
import { RecordCursor } from './record-cursor.js';
import { type RawBlock, RecordOp } from './segment-contract.js';
import { damaged, locatedDamage } from './segment-damage.js';
import { describeBlock } from './segment-layout.js';

/** Takes the parts of records as views of the payload; whoever keeps one for longer than the payload copies it. */
export interface RawRecordVisitor {
  put(
    key: Uint8Array,
    namespace: Uint8Array,
    mapKey: Uint8Array | undefined,
    value: Uint8Array,
    timestampMs: number | undefined,
  ): void;
  delete(key: Uint8Array, namespace: Uint8Array, mapKey: Uint8Array | undefined): void;
  clear(key: Uint8Array, namespace: Uint8Array): void;
  reset(): void;
  splice(
    key: Uint8Array,
    namespace: Uint8Array,
    from: number,
    elements: readonly Uint8Array[],
    timestampsMs: readonly number[] | undefined,
  ): void;
  /** Absent in visitors that take no deltas: then such a record is refused with `snapshot-invalid`. */
  trim?(key: Uint8Array, namespace: Uint8Array, count: number): void;
  /** As {@link trim}. */
  touch?(key: Uint8Array, namespace: Uint8Array, mapKey: Uint8Array | undefined, timestampMs: number): void;
}

/**
 * Hands the records of a block to the visitor, in their order. Where no views are wanted, {@link RecordCursor} walks
 * without making any.
 *
 * @throws StateError `bytes-truncated`, `bytes-invalid`, `snapshot-invalid` for a malformed block.
 */
export function walkRecords(block: RawBlock, visitor: RawRecordVisitor): void {
  const cursor = new RecordCursor(block.payload);
  let count = 0;
  while (nextRecord(cursor, block)) {
    count++;
    const fault = misplaced(cursor, visitor, count);
    if (fault !== undefined) throw damaged('snapshot-invalid', describeBlock(block, undefined), fault);
    visitRecord(cursor, block, visitor);
  }
  if (count !== block.entryCount) {
    const what = `it holds ${count} records instead of ${block.entryCount}`;
    throw damaged('snapshot-invalid', describeBlock(block, undefined), what);
  }
}

/** What is wrong with a record as the `count`th of its block, for whoever has this visitor. */
export function misplaced(
  { op }: RecordCursor,
  visitor: { readonly trim?: unknown; readonly touch?: unknown },
  count: number,
): string | undefined {
  if (op === RecordOp.RESET && count > 1) return 'a RESET behind other records';
  if (op === RecordOp.TRIM && visitor.trim === undefined) return 'a TRIM where only entries are expected';
  if (op === RecordOp.TOUCH && visitor.touch === undefined) return 'a TOUCH where only entries are expected';
  return undefined;
}

function nextRecord(cursor: RecordCursor, block: RawBlock): boolean {
  try {
    return cursor.next();
  } catch (error) {
    throw locatedDamage(error, describeBlock(block, undefined));
  }
}

function visitRecord(cursor: RecordCursor, block: RawBlock, visitor: RawRecordVisitor): void {
  const { bytes, op } = cursor;
  if (op === RecordOp.RESET) {
    visitor.reset();
    return;
  }
  const key = bytes.subarray(cursor.keyStart, cursor.keyEnd);
  const namespace = bytes.subarray(cursor.namespaceStart, cursor.namespaceEnd);
  const mapKey = cursor.hasMapKey ? bytes.subarray(cursor.mapKeyStart, cursor.mapKeyEnd) : undefined;
  if (op === RecordOp.PUT) {
    const value = bytes.subarray(cursor.valueStart, cursor.valueEnd);
    visitor.put(key, namespace, mapKey, value, cursor.stamped ? cursor.timestampMs : undefined);
  } else if (op === RecordOp.DELETE) {
    visitor.delete(key, namespace, mapKey);
  } else if (op === RecordOp.CLEAR) {
    visitor.clear(key, namespace);
  } else if (op === RecordOp.TRIM) {
    visitor.trim?.(key, namespace, cursor.trimCount);
  } else if (op === RecordOp.TOUCH) {
    visitor.touch?.(key, namespace, mapKey, cursor.timestampMs);
  } else {
    invariant(op === RecordOp.SPLICE, `no op ${op}`);
    const { elements, timestampsMs } = elementsOf(cursor, block);
    visitor.splice(key, namespace, cursor.from, elements, timestampsMs);
  }
}

function elementsOf(
  cursor: RecordCursor,
  block: RawBlock,
): { elements: Uint8Array[]; timestampsMs: number[] | undefined } {
  const elements: Uint8Array[] = [];
  const timestampsMs: number[] | undefined = cursor.stamped ? [] : undefined;
  try {
    while (cursor.nextElement()) {
      timestampsMs?.push(cursor.timestampMs);
      elements.push(cursor.bytes.subarray(cursor.valueStart, cursor.valueEnd));
    }
  } catch (error) {
    throw locatedDamage(error, describeBlock(block, undefined));
  }
  return { elements, timestampsMs };
}
