// Takes a segment apart and puts it together again with every checksum made right, so that what stands behind the
// checksums can be attacked. Written after the description of the format and not after the code that it tests.

import { checksum32, mixSeed } from '../../src/bytes/checksum.js';
import type { SegmentReference } from '../../src/handle/keyed-state-handle.js';

/** A block, field by field; payload as it is stored. */
export interface ForgedBlock {
  keyGroup: number;
  stateId: number;
  entryCount: number;
  flags: number;
  reserved: number;
  uncompressedBytes: number;
  payload: Uint8Array;
}

/** The blocks of one state in one key group, and what the index says about them beyond what follows from them. */
export interface ForgedState {
  stateId: number;
  reserved: number;
  digest: Uint8Array;
  blocks: ForgedBlock[];
  /** Added to what the index would say. */
  blockCountError: number;
  recordCountError: number;
  lengthError: number;
  chainError: number;
}

export interface ForgedKeyGroup {
  keyGroup: number;
  offsetError: number;
  lengthError: number;
  states: ForgedState[];
}

export interface ForgedSegment {
  uid: string;
  version: number;
  flags: number;
  trailerReserved: number;
  json: Uint8Array;
  keyGroups: ForgedKeyGroup[];
  keyGroupCountError: number;
  footerTail: Uint8Array;
  trailerOffsetError: number;
}

/** Takes a valid segment of format version 1 apart. */
export function takeApart(bytes: Uint8Array, uid: string): ForgedSegment {
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const jsonBytes = data.getUint32(12);
  const trailerAt = bytes.length - 32;
  let at = Number(data.getBigUint64(trailerAt));
  const count = data.getUint32(at);
  at += 4;
  const keyGroups: ForgedKeyGroup[] = [];
  for (let group = 0; group < count; group++) {
    const states: ForgedState[] = [];
    const stateCount = data.getUint16(at + 2);
    let blockAt = Number(data.getBigUint64(at + 4));
    keyGroups.push({ keyGroup: data.getUint16(at), offsetError: 0, lengthError: 0, states });
    at += 20;
    for (let index = 0; index < stateCount; index++) {
      const blocks: ForgedBlock[] = [];
      for (let block = data.getUint32(at + 4); block > 0; block--) {
        const length = data.getUint32(blockAt + 12);
        blocks.push({
          keyGroup: data.getUint16(blockAt + 4),
          stateId: data.getUint16(blockAt + 6),
          entryCount: data.getUint16(blockAt + 8),
          flags: data.getUint8(blockAt + 10),
          reserved: data.getUint8(blockAt + 11),
          uncompressedBytes: data.getUint32(blockAt + 16),
          payload: bytes.slice(blockAt + 20, blockAt + 20 + length),
        });
        blockAt += 20 + length;
      }
      states.push({
        stateId: data.getUint16(at),
        reserved: 0,
        digest: bytes.slice(at + 24, at + 32),
        blocks,
        blockCountError: 0,
        recordCountError: 0,
        lengthError: 0,
        chainError: 0,
      });
      at += 36;
    }
  }
  return {
    uid,
    version: 1,
    flags: 0,
    trailerReserved: 0,
    json: bytes.slice(16, 16 + jsonBytes),
    keyGroups,
    keyGroupCountError: 0,
    footerTail: new Uint8Array(0),
    trailerOffsetError: 0,
  };
}

/** Puts a segment together; gives its bytes and the reference that fits them. */
export function putTogether(segment: ForgedSegment): { bytes: Uint8Array<ArrayBuffer>; reference: SegmentReference } {
  const parts: Uint8Array[] = [];
  let length = 0;
  const push = (part: Uint8Array): void => {
    parts.push(part);
    length += part.length;
  };
  const uidSeed = checksum32(new Uint8Array(Buffer.from(segment.uid, 'hex')), 0);
  const seedAt = (offset: number): number => mixSeed(mixSeed(uidSeed, Math.floor(offset / 2 ** 32)), offset % 2 ** 32);

  const prefix = fields(
    [1, 0x89],
    [3, 0x544453],
    [4, 0x0d0a1a0a],
    [2, segment.version],
    [2, segment.flags],
    [4, segment.json.length],
  );
  const header = Buffer.concat([prefix, segment.json]);
  const headerChecksum = checksum32(header, 0);
  push(header);
  push(fields([4, headerChecksum]));

  const index: Uint8Array[] = [fields([4, segment.keyGroups.length + segment.keyGroupCountError])];
  for (const { keyGroup, offsetError, lengthError, states } of segment.keyGroups) {
    const offset = length;
    const stateEntries: Uint8Array[] = [];
    for (const state of states) {
      const stateOffset = length;
      let chain = 0;
      let records = 0;
      for (const block of state.blocks) {
        const rest = Buffer.concat([
          fields([2, block.keyGroup], [2, block.stateId], [2, block.entryCount], [1, block.flags], [1, block.reserved]),
          fields([4, block.payload.length], [4, block.uncompressedBytes]),
          block.payload,
        ]);
        const checksum = checksum32(rest, seedAt(length));
        chain = mixSeed(chain, checksum);
        records += block.entryCount;
        push(fields([4, checksum]));
        push(rest);
      }
      stateEntries.push(
        fields([2, state.stateId], [2, state.reserved], [4, state.blocks.length + state.blockCountError]),
        fields([8, records + state.recordCountError], [8, length - stateOffset + state.lengthError]),
        state.digest,
        fields([4, chain + state.chainError]),
      );
    }
    index.push(
      fields([2, keyGroup], [2, states.length], [8, offset + offsetError], [8, length - offset + lengthError]),
      ...stateEntries,
    );
  }
  const footer = Buffer.concat([...index, segment.footerTail]);
  const footerOffset = length;
  push(footer);
  const trailer = fields(
    [8, footerOffset + segment.trailerOffsetError],
    [4, footer.length],
    [4, checksum32(footer, seedAt(footerOffset))],
  );
  const checksum = checksum32(trailer, mixSeed(seedAt(length), headerChecksum));
  push(trailer);
  push(
    fields(
      [4, checksum],
      [2, segment.version],
      [2, segment.trailerReserved],
      [1, 0x89],
      [3, 0x746473],
      [4, 0x0d0a1a0a],
    ),
  );

  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return {
    bytes,
    reference: {
      uid: segment.uid,
      stream: { kind: 'byte-stream', name: 'forged', bytes: new Uint8Array(0) },
      lengthBytes: length,
      checksum,
      checkpointId: Number(/"checkpointId":(\d+)/.exec(Buffer.from(segment.json).toString('latin1'))?.[1] ?? 0),
      scope: 'exclusive',
    },
  };
}

/** Unsigned big-endian numbers, each of so many bytes; what does not fit is cut off. */
function fields(...list: readonly (readonly [size: number, value: number])[]): Uint8Array {
  const bytes = new Uint8Array(list.reduce((sum, [size]) => sum + size, 0));
  let at = 0;
  for (const [size, value] of list) {
    let rest = value;
    at += size;
    for (let index = 1; index <= size; index++) {
      bytes[at - index] = rest % 256;
      rest = Math.floor(rest / 256);
    }
  }
  return bytes;
}
