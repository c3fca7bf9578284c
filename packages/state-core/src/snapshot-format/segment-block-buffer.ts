// The bytes of a segment that have not gone to the stream yet: the block being written, blocks that have ended, and the
// index of all of them. Leaves what a record looks like to segment-writer.ts and record-cursor.ts.
//
//   SB1. `blockStart` is -1 exactly when no block is begun; only ended blocks may go to the stream.
//   SB2. The records of a block are walked over once, from time to time while it is written, and to the end when it ends: the
//        walk counts and checks them (G2, G5, G7 of segment-contract.ts) and sums up the digest, alike for what was written
//        value by value, as bytes, or as a whole block. What is wrong is said when the block ends.
//   SB3. What was walked over is not taken back: whoever takes records back has not let {@link walkSome} see them.

import { ByteWriter } from '../bytes/byte-writer.js';
import { invariant } from '../error/invariant.js';
import { EntryDigest } from './entry-digest.js';
import { RecordCursor } from './record-cursor.js';
import { RecordOrder } from './record-order.js';
import { recordFits } from './record-schema.js';
import { RecordSequence } from './record-sequence.js';
import { BLOCK_ENTRIES_MAX, type RawBlock } from './segment-contract.js';
import { damaged, locatedDamage } from './segment-damage.js';
import type { SegmentHeader, StateSchema } from './segment-header.js';
import { extendChain, type IndexedKeyGroup, type IndexedState } from './segment-index.js';
import {
  BLOCK_BYTES_SOFT,
  BLOCK_COMPRESSED,
  BLOCK_HEADER_BYTES,
  blockChecksum,
  describeBlock,
  uidSeedOf,
} from './segment-layout.js';
import type { SnapshotCompression } from './snapshot-compression.js';

const INITIAL_CAPACITY_BYTES = 3 * BLOCK_BYTES_SOFT;

// A buffer that one huge value has stretched is given up afterwards.
const KEPT_CAPACITY_BYTES_MAX = 1024 * 1024;

interface OpenKeyGroup {
  readonly keyGroup: number;
  readonly offset: number;
  readonly states: IndexedState[];
}

/** Records between two walks: a whole block at once would keep others waiting, at first for ten milliseconds. */
const RECORDS_PER_WALK = 64;

/** Gathers records into blocks. */
export class SegmentBlockBuffer {
  /** Records are appended here, between {@link beginBlock} and {@link endBlock}. */
  out: ByteWriter = new ByteWriter(INITIAL_CAPACITY_BYTES);
  /** Where the block begun starts in {@link out}; -1 when none is begun. */
  blockStart = -1;
  /** Records in the block begun. */
  recordCount = 0;
  /** Blocks ended so far. */
  blocksEnded = 0;
  /** Records in the blocks ended so far. */
  recordsEnded = 0;
  /** The key group and state of the records to come. */
  keyGroup = -1;
  schema: StateSchema | undefined;

  private readonly uidSeed: number;
  private readonly sorted: boolean;
  private readonly compression: SnapshotCompression | undefined;
  private readonly cursor = new RecordCursor(new Uint8Array(0));
  /** Where the last block ended that was good. */
  private readonly order = new RecordOrder();
  /** Where the walk over the block begun has come to. */
  private readonly walked = new RecordOrder();
  private readonly sequence: RecordSequence;
  /** Of the state so far. */
  private readonly digest = new EntryDigest();
  /** Of the block begun. */
  private readonly walkedDigest = new EntryDigest();
  private readonly keyGroups: OpenKeyGroup[] = [];
  /** Records of the block begun that the walk has passed, where it goes on, and what it found. */
  private walkedRecords = 0;
  private walkedTo = 0;
  private fault: string | undefined = undefined;
  private flushedBytes = 0;
  private stateStart = 0;
  private stateBlocks = 0;
  private stateRecords = 0;
  private chain = 0;

  constructor(header: SegmentHeader, compression: SnapshotCompression | undefined) {
    this.uidSeed = uidSeedOf(header.uid);
    this.sorted = header.sorted;
    this.compression = compression;
    this.sequence = new RecordSequence(header.baseCheckpointId === undefined, header.sorted);
  }

  /** Bytes of the segment so far. */
  get lengthBytes(): number {
    return this.flushedBytes + this.out.length;
  }

  /** Whether the block begun has reached its entries or a size worth ending. */
  get blockIsFull(): boolean {
    return (
      this.blockStart >= 0 &&
      (this.recordCount >= BLOCK_ENTRIES_MAX || this.out.length - this.blockStart >= BLOCK_BYTES_SOFT)
    );
  }

  /** Ends the state before and starts another (G1). */
  startState(keyGroup: number, schema: StateSchema): void {
    this.endState();
    const before = this.schema;
    invariant(
      keyGroup > this.keyGroup || (keyGroup === this.keyGroup && before !== undefined && schema.id > before.id),
      `state ${schema.id} of key group ${keyGroup} starts after state ${before?.id} of key group ${this.keyGroup}`,
    );
    this.keyGroup = keyGroup;
    this.schema = schema;
    this.stateStart = this.lengthBytes;
    this.stateBlocks = 0;
    this.stateRecords = 0;
    this.chain = 0;
    this.digest.reset();
    this.order.reset();
    this.sequence.restart();
  }

  /** Begins a block of the state started last. */
  beginBlock(): void {
    invariant(this.schema !== undefined, 'records are written before startState()');
    this.blockStart = this.out.length;
    this.recordCount = 0;
    this.out.reserve(BLOCK_HEADER_BYTES);
    for (let count = 0; count < BLOCK_HEADER_BYTES; count += 4) this.out.writeUint32(0);
    this.beginWalk();
  }

  /** Walks over what was written of the block begun, when that is enough for it to be worth it (SB3). */
  walkSome(): void {
    if (this.recordCount - this.walkedRecords >= RECORDS_PER_WALK && this.blockStart >= 0) this.walkOn();
  }

  /** Ends the block begun, if any. @throws InvariantViolation for records out of order. */
  endBlock(): void {
    if (this.blockStart < 0) return;
    if (this.recordCount === 0) {
      this.dropBlock();
      return;
    }
    const fault = this.walk();
    invariant(fault === undefined, `${fault} in ${this.describe()}`);
    this.sealBlock();
  }

  /** Appends a block of another segment as it is. @throws StateError `snapshot-invalid`, `bytes-*` when its records are damaged. */
  rawBlock(block: RawBlock): void {
    this.endBlock();
    this.beginBlock();
    this.recordCount = block.entryCount;
    try {
      this.out.writeBytes(block.payload);
      const inRange = block.entryCount > 0 && block.entryCount <= BLOCK_ENTRIES_MAX;
      const fault = inRange ? this.walk() : `${block.entryCount} entries`;
      if (fault !== undefined) throw damaged('snapshot-invalid', this.describe(), fault);
    } catch (error) {
      this.dropBlock();
      throw locatedDamage(error, this.describe());
    }
    this.sealBlock();
  }

  /** Forgets what went to the stream: everything so far. */
  flushed(): void {
    invariant(this.blockStart < 0, 'bytes of a block that has not ended went to the stream');
    this.flushedBytes += this.out.length;
    if (this.out.length > KEPT_CAPACITY_BYTES_MAX) this.out = new ByteWriter(INITIAL_CAPACITY_BYTES);
    else this.out.reset();
  }

  /** Forgets what has not gone to the stream, so that no further record is taken. */
  discard(): void {
    this.out = new ByteWriter();
    this.blockStart = -1;
    this.recordCount = 0;
  }

  /** Ends everything and gives the index of it. */
  finish(): readonly IndexedKeyGroup[] {
    this.endState();
    return this.keyGroups.map((group) => ({
      ...group,
      lengthBytes: group.states.reduce((sum, state) => sum + state.lengthBytes, 0),
    }));
  }

  private endState(): void {
    this.endBlock();
    if (this.schema === undefined || this.stateBlocks === 0) return;
    let group = this.keyGroups.at(-1);
    if (group?.keyGroup !== this.keyGroup) {
      group = { keyGroup: this.keyGroup, offset: this.stateStart, states: [] };
      this.keyGroups.push(group);
    }
    group.states.push({
      stateId: this.schema.id,
      blockCount: this.stateBlocks,
      recordCount: this.stateRecords,
      lengthBytes: this.lengthBytes - this.stateStart,
      digest: this.digest.toBytes(),
      chain: this.chain,
    });
    this.stateBlocks = 0;
  }

  /** Checks, counts and digests the records of the block begun; says what is wrong with them. */
  private walk(): string | undefined {
    this.walkOn();
    if (this.fault !== undefined) return this.fault;
    const { walkedRecords, recordCount } = this;
    return walkedRecords === recordCount ? undefined : `${walkedRecords} records instead of ${recordCount}`;
  }

  private beginWalk(): void {
    this.walkedRecords = 0;
    this.walkedTo = this.blockStart + BLOCK_HEADER_BYTES;
    this.fault = undefined;
    this.walkedDigest.reset();
    this.sequence.beginBlock();
    if (this.sorted) this.walked.resume(this.order);
    else this.walked.reset();
  }

  /** Goes on to the end of what was written. */
  private walkOn(): void {
    if (this.fault !== undefined) return;
    const { cursor } = this;
    cursor.reset(this.out.view(), this.walkedTo);
    while (cursor.next()) {
      this.walkedRecords++;
      this.fault = this.faultOf(cursor);
      if (this.fault !== undefined) return;
      this.walkedDigest.add(cursor);
    }
    this.walkedTo = this.out.length;
  }

  private faultOf(cursor: RecordCursor): string | undefined {
    if (!recordFits(cursor, this.schema as StateSchema)) return 'a record that does not fit the schema of the state';
    if (!this.walked.accepts(cursor)) return `record ${this.walkedRecords} of the block out of order or twice`;
    return this.sequence.faultOf(cursor);
  }

  private sealBlock(): void {
    this.digest.addAll(this.walkedDigest);
    this.sequence.endBlock();
    if (this.sorted) this.order.resume(this.walked);
    const start = this.blockStart;
    const { out } = this;
    const payloadBytes = out.length - start - BLOCK_HEADER_BYTES;
    const compressed = this.compressPayload(payloadBytes);
    out.setUint32(start + 4, this.keyGroup * 65536 + (this.schema as StateSchema).id);
    out.setUint32(start + 8, this.recordCount * 65536 + (compressed ? BLOCK_COMPRESSED * 256 : 0));
    out.setUint32(start + 12, out.length - start - BLOCK_HEADER_BYTES);
    out.setUint32(start + 16, payloadBytes);
    const checksum = blockChecksum(out.view(), start, out.length, this.uidSeed, this.flushedBytes + start);
    out.setUint32(start, checksum);
    this.chain = extendChain(this.chain, checksum);
    this.stateBlocks++;
    this.stateRecords += this.recordCount;
    this.blocksEnded++;
    this.recordsEnded += this.recordCount;
    this.blockStart = -1;
    this.recordCount = 0;
  }

  private compressPayload(payloadBytes: number): boolean {
    if (this.compression === undefined) return false;
    const { out } = this;
    const start = this.blockStart + BLOCK_HEADER_BYTES;
    const compressed = this.compression.compress(out.view(start));
    if (compressed.length >= payloadBytes) return false;
    out.truncate(start);
    out.writeBytes(compressed);
    return true;
  }

  private dropBlock(): void {
    this.out.truncate(this.blockStart);
    this.blockStart = -1;
    this.recordCount = 0;
  }

  private describe(): string {
    const schema = this.schema as StateSchema;
    return describeBlock({ keyGroup: this.keyGroup, stateId: schema.id }, schema.name);
  }
}
