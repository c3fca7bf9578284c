// Reads a whole segment and checks everything that can be checked without serializers: what a restore would find damaged,
// and what it would not notice by itself.

import type { CheckpointStateInputStream } from '../checkpoint-storage/checkpoint-stream.js';
import type { SegmentReference } from '../handle/keyed-state-handle.js';
import { KeyGroupRange } from '../key-group/key-group-range.js';
import { EntryDigest } from './entry-digest.js';
import { RecordCursor } from './record-cursor.js';
import { RecordOrder } from './record-order.js';
import { recordFits } from './record-schema.js';
import { RecordSequence } from './record-sequence.js';
import type { RawBlock } from './segment-contract.js';
import { damaged, locatedDamage } from './segment-damage.js';
import type { SegmentHeader, StateSchema } from './segment-header.js';
import type { IndexedKeyGroup, IndexedState } from './segment-index.js';
import { describeBlock } from './segment-layout.js';
import { openSegmentReader, type SegmentReaderOptions } from './segment-reader.js';

/** What a verified segment holds. */
export interface VerifiedSegment {
  readonly header: SegmentHeader;
  readonly index: readonly IndexedKeyGroup[];
  readonly blockCount: number;
  readonly entryCount: number;
}

/**
 * Reads every byte of a segment and checks checksums, structure, order of the records, and digests. Closes `input`.
 *
 * Whether a value can be decoded only its serializer knows.
 *
 * @throws StateError `bytes-truncated`, `bytes-invalid`, `checksum-mismatch`, `snapshot-invalid` for a damaged segment;
 * `format-version-unsupported`, `compression-unknown`, `storage-*`.
 */
export async function verifySegment(
  input: CheckpointStateInputStream,
  reference: SegmentReference,
  options: SegmentReaderOptions = {},
): Promise<VerifiedSegment> {
  const reader = await openSegmentReader(input, reference, options);
  try {
    const { header, index, entryCount } = reader;
    const verifications = verificationsOf(header, index);
    let current = verifications.next().value;
    let blockCount = 0;
    const { first, last } = header.keyGroupRange;
    for await (const block of reader.readBlocks(KeyGroupRange.of(first, last))) {
      // The reader gives the blocks in the order of the index, and every state in the index has some.
      if (current !== undefined && !current.isOf(block)) {
        current.finish();
        current = verifications.next().value;
      }
      current?.check(block);
      blockCount++;
    }
    current?.finish();
    return { header, index, blockCount, entryCount };
  } finally {
    await reader.close();
  }
}

function* verificationsOf(
  header: SegmentHeader,
  index: readonly IndexedKeyGroup[],
): Generator<StateVerification, undefined, undefined> {
  const schemas = new Map(header.states.map((schema) => [schema.id, schema]));
  for (const { keyGroup, states } of index) {
    for (const state of states) {
      // The index was checked against the header when it was read.
      yield new StateVerification(keyGroup, state, schemas.get(state.stateId) as StateSchema, header);
    }
  }
  return undefined;
}

/** Checks the records of one state in one key group. */
class StateVerification {
  private readonly keyGroup: number;
  private readonly indexed: IndexedState;
  private readonly schema: StateSchema;
  private readonly sorted: boolean;
  private readonly where: string;
  private readonly digest = new EntryDigest();
  private readonly order = new RecordOrder();
  private readonly cursor = new RecordCursor(new Uint8Array(0));
  private readonly sequence: RecordSequence;

  constructor(keyGroup: number, indexed: IndexedState, schema: StateSchema, header: SegmentHeader) {
    this.keyGroup = keyGroup;
    this.indexed = indexed;
    this.schema = schema;
    this.sorted = header.sorted;
    this.sequence = new RecordSequence(header.baseCheckpointId === undefined, header.sorted);
    this.where = describeBlock({ keyGroup, stateId: indexed.stateId }, schema.name);
  }

  isOf(block: RawBlock): boolean {
    return block.keyGroup === this.keyGroup && block.stateId === this.indexed.stateId;
  }

  check(block: RawBlock): void {
    let count: number;
    try {
      count = this.walk(block);
    } catch (error) {
      throw locatedDamage(error, this.where);
    }
    if (count !== block.entryCount) {
      throw damaged('snapshot-invalid', this.where, `a block holds ${count} records instead of ${block.entryCount}`);
    }
  }

  finish(): void {
    const digest = this.digest.toBytes();
    if (digest.every((byte, index) => byte === this.indexed.digest[index])) return;
    throw damaged('checksum-mismatch', this.where, 'its entries do not have the digest that was stored with them');
  }

  private walk(block: RawBlock): number {
    const { cursor, digest, order, schema, sequence } = this;
    if (!this.sorted) order.reset();
    cursor.reset(block.payload);
    let count = 0;
    while (cursor.next()) {
      count++;
      if (!recordFits(cursor, schema)) {
        throw damaged('snapshot-invalid', this.where, `record ${count} of a block does not fit its schema`);
      }
      if (!order.accepts(cursor)) {
        throw damaged('snapshot-invalid', this.where, `record ${count} of a block is out of order or twice there`);
      }
      const fault = sequence.faultOf(cursor);
      if (fault !== undefined) throw damaged('snapshot-invalid', this.where, fault);
      digest.add(cursor);
    }
    sequence.endBlock();
    return count;
  }
}
