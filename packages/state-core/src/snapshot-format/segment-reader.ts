// Reads one segment: the ends first, then the blocks of the key groups asked for. The frame is drawn in
// segment-layout.ts, the index in segment-index.ts.
//
//   SR1. Opening reads header, footer and trailer and nothing else but what one read-ahead brings along
//        (READ_AHEAD_BYTES at either end). The checksum of the file, compared with the reference, then vouches for the
//        index, and the index for the blocks (L1 of segment-layout.ts).
//   SR2. readBlocks reads the bytes of the key groups asked for, each once. What it hands out has been verified.
//   SR3. No length found in the file allocates more than the file holds, but for the declared size of a compressed block.

import { MAX_SERIALIZED_BYTES } from '../bytes/byte-writer.js';
import { checksum32, mixSeed } from '../bytes/checksum.js';
import type { CheckpointStateInputStream } from '../checkpoint-storage/checkpoint-stream.js';
import { isStateError, StateError } from '../error/state-error.js';
import type { SegmentReference } from '../handle/keyed-state-handle.js';
import { physicalStateHandleId } from '../handle/stream-state-handle.js';
import type { KeyGroupRange } from '../key-group/key-group-range.js';
import { BLOCK_ENTRIES_MAX, type RawBlock, type SegmentBlockReader } from './segment-contract.js';
import { damaged, unsupportedFormat } from './segment-damage.js';
import type { SegmentHeader } from './segment-header.js';
import { decodeHeader } from './segment-header-format.js';
import { extendChain, type IndexedKeyGroup, type IndexedState, readIndex } from './segment-index.js';
import {
  BLOCK_COMPRESSED,
  BLOCK_HEADER_BYTES,
  blockChecksum,
  CHECKSUM_BYTES,
  FORMAT_VERSION,
  HEADER_JSON_BYTES_MAX,
  HEADER_MAGIC,
  HEADER_PREFIX_BYTES,
  seedAt,
  TRAILER_BYTES,
  TRAILER_MAGIC,
  uidSeedOf,
} from './segment-layout.js';
import { SegmentSpanReader } from './segment-span-reader.js';
import type { SnapshotCompression } from './snapshot-compression.js';

/** What {@link openSegmentReader} may be given. */
export interface SegmentReaderOptions {
  /** The compressions that the program knows; each is found by its name. Default none. */
  readonly compressions?: readonly SnapshotCompression[];
}

/** A {@link SegmentBlockReader} that also tells what the index says. */
export interface IndexedSegmentReader extends SegmentBlockReader {
  /** What there is of each key group and state, in order. */
  readonly index: readonly IndexedKeyGroup[];
  /** Records in the segment. */
  readonly entryCount: number;
}

const READ_AHEAD_BYTES = 4096;

/** The shortest file that could be a segment. */
const SEGMENT_BYTES_MIN = HEADER_PREFIX_BYTES + CHECKSUM_BYTES + 4 + TRAILER_BYTES;

/**
 * Opens a segment and verifies its ends against the reference. The reader closes `input`, also when opening fails.
 *
 * @throws StateError `bytes-truncated`, `checksum-mismatch`, `snapshot-invalid` for a damaged file or one that is not the
 * one referred to; `format-version-unsupported`, `compression-unknown`, `storage-*`.
 */
export async function openSegmentReader(
  input: CheckpointStateInputStream,
  reference: SegmentReference,
  options: SegmentReaderOptions = {},
): Promise<IndexedSegmentReader> {
  try {
    return await open(input, reference, options.compressions ?? []);
  } catch (error) {
    await input.close();
    throw error;
  }
}

async function open(
  input: CheckpointStateInputStream,
  reference: SegmentReference,
  compressions: readonly SnapshotCompression[],
): Promise<IndexedSegmentReader> {
  const where = `the segment ${physicalStateHandleId(reference.stream)}`;
  const length = reference.lengthBytes;
  checkLength(input.sizeBytes, length, where);
  const head = await input.read(0, Math.min(length, READ_AHEAD_BYTES));
  const tail = await input.read(length - TRAILER_BYTES, TRAILER_BYTES);
  checkMagic(head, tail, where);
  checkVersion(head, tail, where);
  const { header, headerBytes, headerChecksum } = await readHeader(input, head, length, where);
  if (header.uid !== reference.uid || header.checkpointId !== reference.checkpointId) {
    throw damaged(
      'snapshot-invalid',
      where,
      `it is segment ${header.uid} of checkpoint ${header.checkpointId}, not the one referred to`,
    );
  }
  const { first, last } = header.keyGroupRange;
  const range = reference.keyGroupRange;
  if (range !== undefined && (range.first !== first || range.last !== last)) {
    throw damaged(
      'snapshot-invalid',
      where,
      `it is of the key groups ${first} to ${last}, not ${range.first} to ${range.last} as the snapshot says`,
    );
  }
  const index = await readFooter(input, tail, reference, header, headerBytes, headerChecksum, where);
  return new SegmentReader(input, header, index, compressionOf(header, compressions, where), where);
}

function checkLength(sizeBytes: number, lengthBytes: number, where: string): void {
  if (sizeBytes < lengthBytes) {
    throw damaged('bytes-truncated', where, `it has ${sizeBytes} bytes instead of ${lengthBytes}`);
  }
  if (sizeBytes > lengthBytes || lengthBytes < SEGMENT_BYTES_MIN) {
    throw damaged('snapshot-invalid', where, `it has ${sizeBytes} bytes instead of ${lengthBytes}`);
  }
}

function checkMagic(head: Uint8Array, tail: Uint8Array, where: string): void {
  if (!hasBytes(head, 0, HEADER_MAGIC) || !hasBytes(tail, TRAILER_BYTES - 8, TRAILER_MAGIC)) {
    throw damaged('snapshot-invalid', where, 'it does not begin and end as a segment does');
  }
}

function checkVersion(head: Uint8Array, tail: Uint8Array, where: string): void {
  const version = uint16At(head, 8);
  if (version !== uint16At(tail, 20)) throw damaged('snapshot-invalid', where, 'its two ends name different versions');
  if (version !== FORMAT_VERSION) throw unsupportedFormat(where, `has format version ${version}`);
  if (uint16At(tail, 22) !== 0) throw damaged('snapshot-invalid', where, 'its trailer has bytes that must be zero');
}

async function readHeader(
  input: CheckpointStateInputStream,
  head: Uint8Array,
  length: number,
  where: string,
): Promise<{ header: SegmentHeader; headerBytes: number; headerChecksum: number }> {
  const jsonBytes = uint32At(head, 12);
  const checksumAt = HEADER_PREFIX_BYTES + jsonBytes;
  const headerBytes = checksumAt + CHECKSUM_BYTES;
  if (jsonBytes > HEADER_JSON_BYTES_MAX || headerBytes > length - TRAILER_BYTES) {
    throw damaged('snapshot-invalid', where, `its header claims ${jsonBytes} bytes`);
  }
  const bytes = headerBytes <= head.length ? head : await input.read(0, headerBytes);
  const headerChecksum = uint32At(bytes, checksumAt);
  if (checksum32(bytes, 0, 0, checksumAt) !== headerChecksum) {
    throw damaged('checksum-mismatch', where, 'its header does not have the checksum that was stored with it');
  }
  const flags = uint16At(bytes, 10);
  if (flags !== 0) throw unsupportedFormat(where, `uses features that this version does not know (flags ${flags})`);
  try {
    return { header: decodeHeader(bytes.subarray(HEADER_PREFIX_BYTES, checksumAt)), headerBytes, headerChecksum };
  } catch (error) {
    throw damaged('snapshot-invalid', where, (error as Error).message, error);
  }
}

async function readFooter(
  input: CheckpointStateInputStream,
  tail: Uint8Array,
  reference: SegmentReference,
  header: SegmentHeader,
  headerBytes: number,
  headerChecksum: number,
  where: string,
): Promise<readonly IndexedKeyGroup[]> {
  const trailerOffset = reference.lengthBytes - TRAILER_BYTES;
  const uidSeed = uidSeedOf(header.uid);
  const checksum = checksum32(tail, mixSeed(seedAt(uidSeed, trailerOffset), headerChecksum), 0, 16);
  if (checksum !== uint32At(tail, 16)) {
    throw damaged('checksum-mismatch', where, 'its trailer does not have the checksum that was stored with it');
  }
  if (checksum !== reference.checksum) {
    throw damaged('checksum-mismatch', where, 'it does not have the checksum that the snapshot names');
  }
  const footerOffset = uint32At(tail, 0) * 4294967296 + uint32At(tail, 4);
  const footerLength = uint32At(tail, 8);
  if (footerOffset < headerBytes || footerOffset + footerLength !== trailerOffset) {
    throw damaged('snapshot-invalid', where, 'its index is not where the trailer says');
  }
  const footer = await input.read(footerOffset, footerLength);
  if (checksum32(footer, seedAt(uidSeed, footerOffset)) !== uint32At(tail, 12)) {
    throw damaged('checksum-mismatch', where, 'its index does not have the checksum that was stored with it');
  }
  return readIndex(footer, header, headerBytes, footerOffset, where);
}

function compressionOf(
  header: SegmentHeader,
  compressions: readonly SnapshotCompression[],
  where: string,
): SnapshotCompression | undefined {
  if (header.compression === undefined) return undefined;
  const found = compressions.find((compression) => compression.name === header.compression);
  if (found !== undefined) return found;
  const known = compressions.map(({ name }) => name).join(', ') || 'none';
  throw new StateError(
    'compression-unknown',
    `${where} is compressed with '${header.compression}', registered: ${known}; pass an object { name: '${header.compression}', compress, decompress } in the list of compressions`,
    { details: { compression: header.compression, registered: compressions.map(({ name }) => name) } },
  );
}

class SegmentReader implements IndexedSegmentReader {
  readonly header: SegmentHeader;
  readonly index: readonly IndexedKeyGroup[];
  readonly keyGroups: readonly number[];
  readonly entryCount: number;

  private readonly input: CheckpointStateInputStream;
  private readonly compression: SnapshotCompression | undefined;
  private readonly where: string;
  private readonly uidSeed: number;
  private readonly sizes: ReadonlyMap<number, number>;
  private closed = false;

  constructor(
    input: CheckpointStateInputStream,
    header: SegmentHeader,
    index: readonly IndexedKeyGroup[],
    compression: SnapshotCompression | undefined,
    where: string,
  ) {
    this.input = input;
    this.header = header;
    this.index = index;
    this.compression = compression;
    this.where = where;
    this.uidSeed = uidSeedOf(header.uid);
    this.keyGroups = index.map(({ keyGroup }) => keyGroup);
    this.sizes = new Map(index.map(({ keyGroup, lengthBytes }) => [keyGroup, lengthBytes]));
    this.entryCount = index.reduce((sum, group) => sum + recordsOf(group), 0);
  }

  keyGroupSizeBytes(keyGroup: number): number {
    return this.sizes.get(keyGroup) ?? 0;
  }

  async *readBlocks(range: KeyGroupRange): AsyncGenerator<RawBlock, void, undefined> {
    const groups = this.index.filter(({ keyGroup }) => range.contains(keyGroup));
    const first = groups[0];
    const last = groups.at(-1);
    if (first === undefined || last === undefined) return;
    // The key groups of a range stand next to one another in the file.
    const span = new SegmentSpanReader(this.input, first.offset, last.offset + last.lengthBytes);
    for (const group of groups) {
      for (const state of group.states) yield* this.readState(span, group.keyGroup, state);
    }
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.input.close();
  }

  private async *readState(
    span: SegmentSpanReader,
    keyGroup: number,
    state: IndexedState,
  ): AsyncGenerator<RawBlock, void, undefined> {
    const end = span.position + state.lengthBytes;
    let chain = 0;
    let recordCount = 0;
    for (let count = 0; count < state.blockCount; count++) {
      if (this.closed) throw new StateError('stream-closed', `${this.where} was closed while its blocks were read`);
      const offset = span.position;
      const bytes = await this.readBlockBytes(span, end);
      const checksum = uint32At(bytes, 0);
      if (blockChecksum(bytes, 0, bytes.length, this.uidSeed, offset) !== checksum) {
        throw this.damagedBlock('checksum-mismatch', offset, 'does not have the checksum that was stored with it');
      }
      chain = extendChain(chain, checksum);
      const block = this.blockOf(bytes, keyGroup, state.stateId, offset);
      recordCount += block.entryCount;
      yield block;
    }
    if (span.position !== end || chain !== state.chain || recordCount !== state.recordCount) {
      throw damaged(
        'checksum-mismatch',
        this.where,
        `the blocks of state ${state.stateId} in key group ${keyGroup} are not those of its index`,
      );
    }
  }

  private async readBlockBytes(span: SegmentSpanReader, end: number): Promise<Uint8Array> {
    const offset = span.position;
    const room = end - offset - BLOCK_HEADER_BYTES;
    if (room < 0) throw this.damagedBlock('checksum-mismatch', offset, 'ends after the blocks of its state');
    const payloadBytes = uint32At(await span.peek(BLOCK_HEADER_BYTES), 12);
    if (payloadBytes > room) throw this.damagedBlock('checksum-mismatch', offset, 'ends after the blocks of its state');
    return await span.take(BLOCK_HEADER_BYTES + payloadBytes);
  }

  /** The block in bytes whose checksum has been verified. */
  private blockOf(bytes: Uint8Array, keyGroup: number, stateId: number, offset: number): RawBlock {
    const entryCount = uint16At(bytes, 8);
    const flags = uint16At(bytes, 10);
    const sizeBytes = uint32At(bytes, 16);
    const payload = bytes.subarray(BLOCK_HEADER_BYTES);
    const compressed = flags === BLOCK_COMPRESSED * 256;
    if (
      uint16At(bytes, 4) !== keyGroup ||
      uint16At(bytes, 6) !== stateId ||
      entryCount === 0 ||
      entryCount > BLOCK_ENTRIES_MAX ||
      (flags !== 0 && !compressed) ||
      sizeBytes > MAX_SERIALIZED_BYTES ||
      (!compressed && sizeBytes !== payload.length) ||
      (compressed && this.compression === undefined)
    ) {
      throw this.damagedBlock('snapshot-invalid', offset, 'contradicts itself, the header or the index');
    }
    return {
      keyGroup,
      stateId,
      entryCount,
      payload: compressed ? this.decompress(payload, sizeBytes, offset) : payload,
    };
  }

  private decompress(payload: Uint8Array, sizeBytes: number, offset: number): Uint8Array {
    let decompressed: Uint8Array;
    try {
      decompressed = (this.compression as SnapshotCompression).decompress(payload, sizeBytes);
    } catch (error) {
      if (isStateError(error) && error.kind !== 'corrupt') throw error;
      throw this.damagedBlock('snapshot-invalid', offset, 'cannot be decompressed', error);
    }
    if (decompressed.length !== sizeBytes) {
      throw this.damagedBlock(
        'snapshot-invalid',
        offset,
        `decompresses to ${decompressed.length} bytes instead of ${sizeBytes}`,
      );
    }
    return decompressed;
  }

  private damagedBlock(
    code: 'checksum-mismatch' | 'snapshot-invalid',
    offset: number,
    what: string,
    cause?: unknown,
  ): StateError {
    return damaged(code, this.where, `the block at byte ${offset} ${what}`, cause);
  }
}

function recordsOf(group: IndexedKeyGroup): number {
  return group.states.reduce((sum, state) => sum + state.recordCount, 0);
}

function hasBytes(bytes: Uint8Array, at: number, expected: Uint8Array): boolean {
  return expected.every((byte, index) => bytes[at + index] === byte);
}

function uint16At(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

function uint32At(bytes: Uint8Array, at: number): number {
  return uint16At(bytes, at) * 65536 + uint16At(bytes, at + 2);
}
