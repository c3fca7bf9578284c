// Which records a state of a given schema may have.

import type { RecordCursor } from './record-cursor.js';
import { RecordOp } from './segment-contract.js';
import type { StateSchema } from './segment-header.js';

/**
 * Whether the record that the cursor is at belongs to a state of this schema: lists are written with SPLICE and CLEAR,
 * everything else with PUT and DELETE; stamps and map keys are there exactly when the schema has them.
 */
export function recordFits(cursor: RecordCursor, schema: StateSchema): boolean {
  switch (cursor.op) {
    case RecordOp.PUT:
      return (
        schema.kind !== 'list' && cursor.stamped === schema.ttl && cursor.hasMapKey === (schema.mapKey !== undefined)
      );
    case RecordOp.DELETE:
      return schema.kind !== 'list' && cursor.hasMapKey === (schema.mapKey !== undefined);
    case RecordOp.SPLICE:
      return schema.kind === 'list' && cursor.stamped === schema.ttl;
    default:
      return true;
  }
}
