// Brings stored entries of one state to the schema that it has today: values are decoded with the one they were written
// under and encoded with that of the program. For snapshots that ask for it (`rewriteSchemas`).
//
//   SR1. Addresses are bytes that never migrate: keys, namespaces and map keys are not decoded, and blocks stay sorted.
//   SR2. What has today's schema already is not decoded.
//   SR3. Only of states that the program declares or uses: of others nobody knows what today's schema would be.

import { ByteReader } from '../bytes/byte-reader.js';
import type { ByteWriter } from '../bytes/byte-writer.js';
import { isStateError } from '../error/state-error.js';
import type { TypeSerializer, ValueReader } from '../serialization/type-serializer.js';
import type { RawBlock } from '../snapshot-format/segment-contract.js';
import { damaged, locatedDamage } from '../snapshot-format/segment-damage.js';
import type { StateSchema } from '../snapshot-format/segment-header.js';
import { describeBlock } from '../snapshot-format/segment-layout.js';
import { type RecordChanges, rewriteBlock } from './block-rewriting.js';
import { restoreFailed } from './restore-failed.js';
import { schemasEqual } from './restored-keyed-state.js';
import type { TtlRestamping } from './ttl-restamping.js';

/** What {@link SchemaRewriting} is made of. */
export interface SchemaRewritingParameters {
  /** Reads the values that were written under a stored schema. */
  readonly readerOf: (schema: StateSchema) => ValueReader<unknown>;
  /** Writes values under today's. */
  readonly valueSerializer: TypeSerializer<unknown>;
  readonly restamping: TtlRestamping;
}

/** How the entries of one state get its schema of today. */
export class SchemaRewriting {
  constructor(private readonly parameters: SchemaRewritingParameters) {}

  /** Today's schema of what is stored under the given one. */
  schemaOf(schema: StateSchema): StateSchema {
    const { restamping, valueSerializer } = this.parameters;
    return { ...restamping.schemaOf(schema), value: valueSerializer.snapshot() };
  }

  /**
   * The records of a block under today's schema.
   *
   * @param schema - The one it was written under.
   * @throws StateError `restore-failed`, `value-invalid` for values that the program cannot read; `value-not-serializable`.
   */
  block(block: RawBlock, schema: StateSchema): RawBlock {
    const { restamping } = this.parameters;
    const { keyGroup } = block;
    const agrees = restamping.agreesWith(schema);
    if (schemasEqual(schema, this.schemaOf(schema))) {
      return restamping.knowsTimeOf(schema, keyGroup) ? restamping.timedBlock(block) : block;
    }
    const stampMs = restamping.stampMs(keyGroup);
    const set: RecordChanges['stampOf'] = stampMs === undefined ? 'none' : () => stampMs;
    const kept: RecordChanges['stampOf'] = schema.ttl ? restamping.stampOf(keyGroup) : 'none';
    return rewriteBlock(block, { stampOf: agrees ? kept : set, writeValue: this.valueWriter(block, schema) });
  }

  private valueWriter(block: RawBlock, schema: StateSchema): RecordChanges['writeValue'] {
    const { readerOf, valueSerializer } = this.parameters;
    const reader = readerOf(schema);
    const input = new ByteReader(block.payload);
    return (_payload, start, end, out: ByteWriter) => {
      const value = readValue(reader, input, start, end, block, schema);
      out.writeSized((sized) => valueSerializer.serialize(value, sized));
    };
  }
}

function readValue(
  reader: ValueReader<unknown>,
  input: ByteReader,
  start: number,
  end: number,
  block: RawBlock,
  { name }: StateSchema,
): unknown {
  const where = describeBlock(block, name);
  try {
    input.seek(start);
    const value = reader.deserialize(input);
    if (input.position === end) return value;
    throw damaged('snapshot-invalid', where, `a value of ${end - start} bytes ends at byte ${input.position - start}`);
  } catch (error) {
    throw restoreFailed(name, block.keyGroup, isStateError(error) ? locatedDamage(error, where) : error);
  }
}
