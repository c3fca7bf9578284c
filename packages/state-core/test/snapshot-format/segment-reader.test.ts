import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { StateError } from '../../src/error/state-error.js';
import { KeyGroupRange } from '../../src/key-group/key-group-range.js';
import { blockChecksum, uidSeedOf } from '../../src/snapshot-format/segment-layout.js';
import { openSegmentReader } from '../../src/snapshot-format/segment-reader.js';
import { verifySegment } from '../../src/snapshot-format/segment-verification.js';
import type { SnapshotCompression } from '../../src/snapshot-format/snapshot-compression.js';
import { MemoryInputStream } from './memory-stream.js';
import {
  blocksOf,
  headerWith,
  int32ToFloat64,
  openSegment,
  recordsOf,
  schemaWith,
  stateErrorOf,
  VOID_NAMESPACE as V,
  type WrittenSegment,
  writeSegment,
} from './segment-fixture.js';
import { type ForgedSegment, putTogether, takeApart } from './segment-forgery.js';

const header = headerWith({ states: [schemaWith()] });

/** Four key groups of `entries` entries each. */
async function segmentOf(entries: number, fields: Partial<typeof header> = {}, compression?: SnapshotCompression) {
  return await writeSegment(
    { ...header, ...fields },
    async (writer) => {
      for (const keyGroup of [1, 2, 5, 100]) {
        writer.startState(keyGroup, 0, int32ToFloat64);
        for (let key = 0; key < entries; key++) {
          writer.put(key, V, key + keyGroup / 128);
          if (writer.blockIsFull) await writer.endBlock();
        }
      }
    },
    compression,
  );
}

async function readAll(
  segment: Pick<WrittenSegment, 'bytes' | 'reference'>,
  compressions: readonly SnapshotCompression[] = [],
) {
  return (await blocksOf(await openSegment(segment, compressions))).flatMap((block) =>
    recordsOf(block, int32ToFloat64, false),
  );
}

function forged(segment: WrittenSegment, change: (parts: ForgedSegment) => void) {
  const parts = takeApart(segment.bytes, segment.reference.uid);
  change(parts);
  return putTogether(parts);
}

describe('blocks stay where they were written', () => {
  /** Where the only block of each key group starts; all have the same length. */
  async function placesOf(segment: WrittenSegment): Promise<{ offsets: number[]; length: number }> {
    const { index } = await openSegment(segment);
    return { offsets: index.map(({ offset }) => offset), length: index[0]?.lengthBytes as number };
  }

  test('a block of another segment, with the checksum that is right there, is refused at the same place', async () => {
    const own = await segmentOf(10);
    const other = await segmentOf(10, { uid: 'ab'.repeat(16) });
    const { offsets, length } = await placesOf(own);
    expect(await placesOf(other)).toEqual({ offsets, length });
    const at = offsets[1] as number;
    own.bytes.set(other.bytes.subarray(at, at + length), at);
    expect((await stateErrorOf(() => readAll(own))).code).toBe('checksum-mismatch');
  });

  test('a block of the same segment is refused at another place', async () => {
    const segment = await segmentOf(10);
    const { offsets, length } = await placesOf(segment);
    const at = offsets[1] as number;
    segment.bytes.copyWithin(at, offsets[0] as number, (offsets[0] as number) + length);
    expect((await stateErrorOf(() => readAll(segment))).code).toBe('checksum-mismatch');
  });

  test('a block whose checksum was made right for the place is refused by the index', async () => {
    const segment = await segmentOf(10);
    const { offsets, length } = await placesOf(segment);
    const at = offsets[1] as number;
    const end = at + length;
    segment.bytes[end - 1] = (segment.bytes[end - 1] as number) ^ 1;
    const checksum = blockChecksum(segment.bytes, at, end, uidSeedOf(segment.reference.uid), at);
    new DataView(segment.bytes.buffer).setUint32(at, checksum);
    const error = await stateErrorOf(() => readAll(segment));
    expect(error.code).toBe('checksum-mismatch');
    expect(error.message).toContain('not those of its index');
  });

  test('a whole file that was forged is refused by the reference', async () => {
    const segment = await segmentOf(10);
    const other = forged(segment, ({ keyGroups }) => {
      const payload = keyGroups[0]?.states[0]?.blocks[0]?.payload as Uint8Array;
      payload[payload.length - 1] = (payload[payload.length - 1] as number) ^ 1;
    });
    expect(other.reference.lengthBytes).toBe(segment.reference.lengthBytes);
    expect((await readAll(other)).length).toBe(40);
    const error = await stateErrorOf(() => readAll({ bytes: other.bytes, reference: segment.reference }));
    expect(error.message).toContain('the snapshot names');
  });
});

describe('what verifySegment finds beyond what reading finds', () => {
  const verify = ({ bytes, reference }: ReturnType<typeof putTogether>) =>
    verifySegment(new MemoryInputStream(bytes), reference);

  test('records out of order', async () => {
    const segment = forged(await segmentOf(2), ({ keyGroups }) => {
      const block = keyGroups[1]?.states[0]?.blocks[0];
      if (block === undefined) throw new Error('no block');
      const half = block.payload.length / 2;
      block.payload = Uint8Array.from([...block.payload.subarray(half), ...block.payload.subarray(0, half)]);
    });
    expect((await readAll(segment)).length).toBe(8);
    const error = await stateErrorOf(() => verify(segment));
    expect(error.code).toBe('snapshot-invalid');
    expect(error.message).toContain("state 'state' in key group 2");
  });

  test('a digest that is not that of the entries', async () => {
    const segment = forged(await segmentOf(2), ({ keyGroups }) => {
      const state = keyGroups[3]?.states[0];
      if (state !== undefined) state.digest = new Uint8Array(8);
    });
    expect((await readAll(segment)).length).toBe(8);
    const error = await stateErrorOf(() => verify(segment));
    expect(error.code).toBe('checksum-mismatch');
    expect(error.message).toContain("state 'state' in key group 100");
  });
});

describe('versions and features', () => {
  test('another version of the format says which one, and what to do', async () => {
    const error = await stateErrorOf(async () =>
      readAll(
        forged(await segmentOf(1), (parts) => {
          parts.version = 2;
        }),
      ),
    );
    expect(error.code).toBe('format-version-unsupported');
    expect(error.kind).toBe('incompatible');
    expect(error.message).toContain('format version 2');
    expect(error.message).toContain('restore it with the version that wrote it');
  });

  test('an unknown flag is a feature that cannot be done without', async () => {
    const error = await stateErrorOf(async () =>
      readAll(
        forged(await segmentOf(1), (parts) => {
          parts.flags = 4;
        }),
      ),
    );
    expect(error.code).toBe('format-version-unsupported');
    expect(error.message).toContain('flags 4');
  });
});

describe('compression', () => {
  const deflate: SnapshotCompression = {
    name: 'deflate',
    compress: (bytes) => deflateRawSync(bytes),
    decompress: (bytes, sizeBytes) => inflateRawSync(bytes, { maxOutputLength: sizeBytes }),
  };
  const withDeflate = { compression: 'deflate' };

  test('blocks are smaller and read the same', async () => {
    const plain = await segmentOf(2_000);
    const compressed = await segmentOf(2_000, withDeflate, deflate);
    expect(compressed.reference.lengthBytes).toBeLessThan(plain.reference.lengthBytes / 2);
    expect(await readAll(compressed, [deflate])).toEqual(await readAll(plain));
    expect(compressed.digests).toEqual(plain.digests);
  });

  test('an unknown compression says how to bring it', async () => {
    const segment = await segmentOf(10, withDeflate, deflate);
    const error = await stateErrorOf(() => readAll(segment));
    expect(error.code).toBe('compression-unknown');
    expect(error.message).toContain("{ name: 'deflate', compress, decompress }");
  });

  test('a block that compression would not shrink is stored as it is', async () => {
    const useless: SnapshotCompression = {
      name: 'useless',
      compress: (bytes) => bytes,
      decompress: () => {
        throw new Error('never called');
      },
    };
    const segment = await segmentOf(10, { compression: 'useless' }, useless);
    expect((await readAll(segment, [useless])).length).toBe(40);
  });

  test('what decompresses to another length, or not at all, is damaged', async () => {
    const segment = await segmentOf(2_000, withDeflate, deflate);
    const wrong: [SnapshotCompression['decompress'], string][] = [
      [() => new Uint8Array(3), 'decompresses to 3 bytes'],
      [
        () => {
          throw new Error('bad block');
        },
        'cannot be decompressed',
      ],
    ];
    for (const [decompress, message] of wrong) {
      const error = await stateErrorOf(() => readAll(segment, [{ ...deflate, decompress }]));
      expect(error.code).toBe('snapshot-invalid');
      expect(error.message).toContain(message);
    }
  });

  test('a bomb does not get more than the length it declares, which has a limit', async () => {
    const bomb = deflateRawSync(new Uint8Array(50_000_000));
    const asked: number[] = [];
    const bounded: SnapshotCompression = {
      ...deflate,
      decompress(bytes, sizeBytes) {
        asked.push(sizeBytes);
        return deflate.decompress(bytes, sizeBytes);
      },
    };
    for (const declared of [1_000, 2 ** 31]) {
      const segment = forged(await segmentOf(2_000, withDeflate, deflate), ({ keyGroups }) => {
        const block = keyGroups[0]?.states[0]?.blocks[0];
        if (block === undefined) throw new Error('no block');
        block.payload = bomb;
        block.uncompressedBytes = declared;
      });
      expect((await stateErrorOf(() => readAll(segment, [bounded]))).code).toBe('snapshot-invalid');
    }
    expect(asked).toEqual([1_000]);
  });

  test('a compressed block in a segment without compression is damaged', async () => {
    const segment = forged(await segmentOf(1), ({ keyGroups }) => {
      const block = keyGroups[0]?.states[0]?.blocks[0];
      if (block !== undefined) block.flags = 1;
    });
    expect((await stateErrorOf(() => readAll(segment))).code).toBe('snapshot-invalid');
  });

  test('an error of the decompressor that asks for something else is passed on', async () => {
    const segment = await segmentOf(2_000, withDeflate, deflate);
    const closed = () => {
      throw new StateError('backend-closed', 'closed');
    };
    expect((await stateErrorOf(() => readAll(segment, [{ ...deflate, decompress: closed }]))).code).toBe(
      'backend-closed',
    );
  });
});

describe('life cycle', () => {
  test('a segment is not read further than it must be to open it', async () => {
    const segment = await segmentOf(20_000);
    const input = new MemoryInputStream(segment.bytes);
    const reader = await openSegmentReader(input, segment.reference);
    expect(input.readBytes).toBeLessThan(2 * 4096 + 32);
    await blocksOf(reader, KeyGroupRange.of(2, 4));
    expect(input.readBytes).toBeLessThan(2 * 4096 + 32 + reader.keyGroupSizeBytes(2));
    expect(reader.keyGroupSizeBytes(3)).toBe(0);
    expect(reader.keyGroups).toEqual([1, 2, 5, 100]);
    expect(reader.entryCount).toBe(80_000);
  });

  test('opening closes the stream when it fails; close does so once', async () => {
    const segment = await segmentOf(1);
    const input = new MemoryInputStream(segment.bytes);
    await stateErrorOf(() => openSegmentReader(input, { ...segment.reference, uid: '0'.repeat(32) }));
    expect(input.closed).toBe(true);
    const second = new MemoryInputStream(segment.bytes);
    const reader = await openSegmentReader(second, segment.reference);
    await reader.close();
    await reader.close();
    expect(second.closed).toBe(true);
    expect((await stateErrorOf(() => blocksOf(reader))).code).toBe('stream-closed');
  });

  test('what a storage throws is passed on', async () => {
    const segment = await segmentOf(1);
    const input = new MemoryInputStream(segment.bytes);
    const reader = await openSegmentReader(input, segment.reference);
    await input.close();
    expect((await stateErrorOf(() => blocksOf(reader))).code).toBe('stream-closed');
  });
});
