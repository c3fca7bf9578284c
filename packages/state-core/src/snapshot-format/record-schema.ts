// Which records a state of a given schema may have.

import type { RecordCursor } from './record-cursor.js';
import { RecordOp } from './segment-contract.js';
import type { StateSchema } from './segment-header.js';

/**
 * Whether the record that the cursor is at belongs to a state of this schema (G4 of segment-contract.ts); stamps and map
 * keys are there exactly when the schema has them.
 */
export function recordFits(cursor: RecordCursor, schema: StateSchema): boolean {
  const isList = schema.kind === 'list';
  const hasMapKey = schema.mapKey !== undefined;
  switch (cursor.op) {
    case RecordOp.PUT:
      return !isList && cursor.stamped === schema.ttl && cursor.hasMapKey === hasMapKey;
    case RecordOp.DELETE:
      return !isList && cursor.hasMapKey === hasMapKey;
    case RecordOp.TOUCH:
      return !isList && schema.ttl && cursor.hasMapKey === hasMapKey;
    case RecordOp.SPLICE:
      return isList && cursor.stamped === schema.ttl;
    case RecordOp.TRIM:
      return isList;
    case RecordOp.CLEAR:
      return isList || schema.kind === 'map';
    case RecordOp.RESET:
      return true;
  }
}
