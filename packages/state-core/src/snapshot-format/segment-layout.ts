// The frame of a segment file: what is where, and what binds the parts to one another.
//
//   segment   [ header ] [ block ]* [ footer ] [ trailer ]            nothing before, between or after
//
//   header    0   8  magic 89 54 44 53 0D 0A 1A 0A  ("\x89TDS\r\n\x1a\n": not text, shows translated line ends)
//             8   2  format version: 1
//            10   2  flags: 0
//            12   4  length n of the JSON
//            16   n  SegmentHeader as canonical JSON in UTF-8
//          16+n   4  checksum of everything before it, seed 0
//
//   block     0   4  checksum of everything after it in the block, seeded with the segment's uid and the block's offset
//             4   2  key group
//             6   2  state id
//             8   2  number of records, 1 to 1024
//            10   1  flags: bit 0 = the payload is compressed
//            11   1  0
//            12   4  length n of the payload as stored
//            16   4  length of the payload when decompressed; n when it is not compressed
//            20   n  payload: the records (record-cursor.ts)
//
//   footer    the index (segment-index.ts)
//
//   trailer   0   8  offset of the footer
//             8   4  length of the footer
//            12   4  checksum of the footer, seeded with uid and offset of the footer
//            16   4  checksum of the file: of trailer bytes 0 to 15, seeded with uid, offset of the trailer and the
//                    checksum of the header
//            20   2  format version: 1
//            22   2  0
//            24   8  magic 89 74 64 73 0D 0A 1A 0A  ("\x89tds\r\n\x1a\n")
//
//   Multi-byte numbers are big-endian.
//
//   L1. The checksum of the file covers every byte without reading the blocks again: it covers the header through the
//       header's checksum, the footer through the footer's, and the blocks through the checksums that the footer holds.
//   L2. Bytes 0 to 9 of the file and the last 12 keep their place in every later version of the format.
//   L3. A part that is moved within its segment or taken from another one fails its seed.

import { checksum32, mixSeed } from '../bytes/checksum.js';
import type { RawBlock } from './segment-contract.js';

export const FORMAT_VERSION: number = 1;

export const HEADER_MAGIC: Uint8Array = Uint8Array.of(0x89, 0x54, 0x44, 0x53, 0x0d, 0x0a, 0x1a, 0x0a);
export const TRAILER_MAGIC: Uint8Array = Uint8Array.of(0x89, 0x74, 0x64, 0x73, 0x0d, 0x0a, 0x1a, 0x0a);

/** Bytes of the header before the JSON. */
export const HEADER_PREFIX_BYTES: number = 16;
/** The most bytes of JSON: enough for 32,767 states of two kilobytes each. */
export const HEADER_JSON_BYTES_MAX: number = 64 * 1024 * 1024;
export const CHECKSUM_BYTES: number = 4;
export const BLOCK_HEADER_BYTES: number = 20;
export const TRAILER_BYTES: number = 32;

export const BLOCK_COMPRESSED: number = 1;

/** A block of this size is worth ending, whatever its number of records; also the size at which bytes go to the stream. */
export const BLOCK_BYTES_SOFT: number = 64 * 1024;

/** The most states of a segment: ids from 0 to 32,766. */
export const STATES_MAX: number = 32_767;

/** What seeds every checksum of a segment, made of its uid. */
export function uidSeedOf(uid: string): number {
  const bytes = new Uint8Array(uid.length / 2);
  for (let index = 0; index < bytes.length; index++)
    bytes[index] = Number.parseInt(uid.slice(index * 2, index * 2 + 2), 16);
  return checksum32(bytes, 0);
}

/** The seed of the part that starts at `offset` of a segment. */
export function seedAt(uidSeed: number, offset: number): number {
  const high = Math.floor(offset / 4294967296);
  return mixSeed(mixSeed(uidSeed, high), offset - high * 4294967296);
}

/** The checksum of a block, from its first byte after the checksum to its end. */
export function blockChecksum(bytes: Uint8Array, start: number, end: number, uidSeed: number, offset: number): number {
  return checksum32(bytes, seedAt(uidSeed, offset), start + CHECKSUM_BYTES, end);
}

/** A block for messages. */
export function describeBlock(block: Pick<RawBlock, 'keyGroup' | 'stateId'>, stateName: string | undefined): string {
  const state = stateName === undefined ? `state ${block.stateId}` : `state '${stateName}'`;
  return `${state} in key group ${block.keyGroup}`;
}
