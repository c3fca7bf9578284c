// The footer of a segment: which key groups and states are where, how much there is of each, and what binds the blocks.
//
//   footer       count u32 of key groups | key group *
//   key group    key group u16 | count u16 of states, 1 or more | offset u64 of its first block | length u64 | state *
//   state        state id u16 | 0 u16 | count u32 of blocks | count u64 of records | length u64 of its blocks
//                | digest 8 (entry-digest.ts) | chain u32
//
//   SI1. Key groups ascend, the states of one ascend. Blocks follow one another in this order without a gap, from the
//        end of the header to the footer: every byte of the file belongs to exactly one part.
//   SI2. chain = mixSeed(chain of the blocks before, checksum of the block), from 0: a missing, doubled or exchanged
//        block shows, and the checksum of the file covers all blocks through the footer.

import { ByteReader } from '../bytes/byte-reader.js';
import type { ByteWriter } from '../bytes/byte-writer.js';
import { mixSeed } from '../bytes/checksum.js';
import { DIGEST_BYTES } from './entry-digest.js';
import { damaged } from './segment-damage.js';
import type { SegmentHeader } from './segment-header.js';
import { BLOCK_HEADER_BYTES } from './segment-layout.js';

/** The blocks of one state in one key group. */
export interface IndexedState {
  readonly stateId: number;
  readonly blockCount: number;
  readonly recordCount: number;
  readonly lengthBytes: number;
  readonly digest: Uint8Array;
  readonly chain: number;
}

/** The blocks of one key group. */
export interface IndexedKeyGroup {
  readonly keyGroup: number;
  readonly offset: number;
  readonly lengthBytes: number;
  readonly states: readonly IndexedState[];
}

const KEY_GROUP_BYTES = 20;
const STATE_BYTES = 36;

/** The chain after one more block (SI2). */
export function extendChain(chain: number, checksum: number): number {
  return mixSeed(chain, checksum);
}

/** Writes the footer. */
export function writeIndex(keyGroups: readonly IndexedKeyGroup[], output: ByteWriter): void {
  output.writeUint32(keyGroups.length);
  for (const { keyGroup, states, offset, lengthBytes } of keyGroups) {
    output.writeUint16(keyGroup);
    output.writeUint16(states.length);
    output.writeSafeInteger(offset);
    output.writeSafeInteger(lengthBytes);
    for (const state of states) {
      output.writeUint16(state.stateId);
      output.writeUint16(0);
      output.writeUint32(state.blockCount);
      output.writeSafeInteger(state.recordCount);
      output.writeSafeInteger(state.lengthBytes);
      output.writeBytes(state.digest);
      output.writeUint32(state.chain);
    }
  }
}

/**
 * Reads the footer, whose checksum has been verified, and checks SI1.
 *
 * @throws StateError `snapshot-invalid`, `bytes-truncated`.
 */
export function readIndex(
  footer: Uint8Array,
  header: SegmentHeader,
  blocksStart: number,
  blocksEnd: number,
  where: string,
): readonly IndexedKeyGroup[] {
  const input = new ByteReader(footer);
  const ids = new Set(header.states.map((state) => state.id));
  const count = input.readUint32();
  requireIndex(count * (KEY_GROUP_BYTES + STATE_BYTES) <= input.remaining, where);
  const keyGroups: IndexedKeyGroup[] = [];
  let previous = header.keyGroupRange.first - 1;
  let offset = blocksStart;
  for (let index = 0; index < count; index++) {
    const keyGroup = readKeyGroup(input, ids, where);
    requireIndex(
      keyGroup.keyGroup > previous && keyGroup.keyGroup <= header.keyGroupRange.last && keyGroup.offset === offset,
      where,
    );
    previous = keyGroup.keyGroup;
    offset += keyGroup.lengthBytes;
    keyGroups.push(keyGroup);
  }
  requireIndex(input.remaining === 0 && offset === blocksEnd, where);
  return keyGroups;
}

function readKeyGroup(input: ByteReader, ids: ReadonlySet<number>, where: string): IndexedKeyGroup {
  const keyGroup = input.readUint16();
  const stateCount = input.readUint16();
  const offset = readCount(input, where);
  const lengthBytes = readCount(input, where);
  requireIndex(stateCount > 0 && stateCount * STATE_BYTES <= input.remaining, where);
  const states: IndexedState[] = [];
  let previous = -1;
  let sum = 0;
  for (let index = 0; index < stateCount; index++) {
    const state = readState(input, where);
    requireIndex(state.stateId > previous && ids.has(state.stateId), where);
    previous = state.stateId;
    sum += state.lengthBytes;
    states.push(state);
  }
  requireIndex(sum === lengthBytes, where);
  return { keyGroup, offset, lengthBytes, states };
}

function readState(input: ByteReader, where: string): IndexedState {
  const stateId = input.readUint16();
  const reserved = input.readUint16();
  const blockCount = input.readUint32();
  const recordCount = readCount(input, where);
  const lengthBytes = readCount(input, where);
  const digest = input.readBytes(DIGEST_BYTES);
  const chain = input.readUint32();
  // A block takes its header and one byte at least, and holds a record at least.
  requireIndex(
    reserved === 0 &&
      blockCount > 0 &&
      recordCount >= blockCount &&
      lengthBytes >= blockCount * (BLOCK_HEADER_BYTES + 1),
    where,
  );
  return { stateId, blockCount, recordCount, lengthBytes, digest, chain };
}

function readCount(input: ByteReader, where: string): number {
  const value = input.readSafeInteger();
  requireIndex(value >= 0, where);
  return value;
}

function requireIndex(condition: boolean, where: string): asserts condition {
  if (!condition)
    throw damaged('snapshot-invalid', where, 'its index contradicts itself, the header or the length of the file');
}
