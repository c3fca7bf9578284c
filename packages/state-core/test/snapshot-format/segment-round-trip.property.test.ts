// Everything that can be written comes back, by every way of writing it, and counts the same in the digest.

import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { testRuns } from '@tidemark/config/test-runs';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeyGroupRange } from '../../src/key-group/key-group-range.js';
import { digestOfBlocks, digestOfEntries } from '../../src/snapshot-format/logical-digest.js';
import { walkRecords } from '../../src/snapshot-format/record-walk.js';
import type { RawBlock, SegmentRecordWriter } from '../../src/snapshot-format/segment-contract.js';
import { openSegmentReader } from '../../src/snapshot-format/segment-reader.js';
import { verifySegment } from '../../src/snapshot-format/segment-verification.js';
import type { SnapshotCompression } from '../../src/snapshot-format/snapshot-compression.js';
import { writeRecords } from './golden-segments.js';
import { MemoryInputStream } from './memory-stream.js';
import {
  contentCodec,
  contentHeader,
  encodedAddress,
  logicalEntries,
  type StateContent,
  segmentContent,
  writeEncoded,
} from './segment-content.js';
import {
  blocksOf,
  type DecodedRecord,
  openSegment,
  recordsOf,
  type WrittenSegment,
  writeSegment,
} from './segment-fixture.js';

const deflate: SnapshotCompression = {
  name: 'deflate',
  compress: (bytes) => deflateRawSync(bytes),
  decompress: (bytes, sizeBytes) => inflateRawSync(bytes, { maxOutputLength: Math.max(1, sizeBytes) }),
};

type WriteRecord = (writer: SegmentRecordWriter, content: StateContent, record: DecodedRecord) => void;

const typed: WriteRecord = (writer, { schema }, record) => writeRecords(writer, [record], schema.mapKey !== undefined);
const encoded: WriteRecord = (writer, { schema }, record) => writeEncoded(writer, schema, record);
/** Lists element by element: as many SPLICE records as there are elements. */
const inPieces: WriteRecord = (writer, content, record) => {
  const [op, key, namespace, from, elements, stamps] = record as [
    string,
    unknown,
    unknown,
    number,
    unknown[],
    number[]?,
  ];
  if (op !== 'splice' || elements.length < 2) return typed(writer, content, record);
  for (const index of elements.keys()) writer.splice(key, namespace, from + index, elements, index, index + 1, stamps);
};

/** The same content with what hides older segments in blocks before all else, as an unsorted segment must have it (G5). */
function hidingFirst(contents: readonly StateContent[]): { contents: StateContent[]; ends: number[] } {
  const ends: number[] = [];
  let count = 0;
  const ordered = contents.map((content) => {
    const hides = ([op]: DecodedRecord): boolean => op === 'reset' || op === 'clear';
    const hiding = content.records.filter(hides);
    if (hiding.length > 0) ends.push(count + hiding.length - 1);
    count += content.records.length;
    return { ...content, records: [...hiding, ...content.records.filter((record) => !hides(record))] };
  });
  return { contents: ordered, ends };
}

/** Writes the content; after a record whose number, in all, is among `ends` the block ends. */
async function write(
  contents: readonly StateContent[],
  writeRecord: WriteRecord,
  ends: readonly number[] = [],
  compression?: SnapshotCompression,
  sorted = true,
): Promise<WrittenSegment> {
  const header = { ...contentHeader, sorted, ...(compression === undefined ? {} : { compression: compression.name }) };
  return await writeSegment(
    header,
    async (writer) => {
      let count = 0;
      for (const content of contents) {
        writer.startState(content.keyGroup, content.schema.id, contentCodec(content.schema));
        for (const record of content.records) {
          writeRecord(writer, content, record);
          if (ends.includes(count++) || writer.blockIsFull) await writer.endBlock();
        }
      }
    },
    compression,
  );
}

async function read(segment: WrittenSegment): Promise<StateContent[]> {
  const reader = await openSegment(segment, [deflate]);
  const contents: { keyGroup: number; schema: StateContent['schema']; records: DecodedRecord[] }[] = [];
  for (const block of await blocksOf(reader)) {
    const schema = reader.header.states.find(({ id }) => id === block.stateId) as StateContent['schema'];
    const last = contents.at(-1);
    const records = recordsOf(block, contentCodec(schema), schema.ttl);
    if (last?.keyGroup === block.keyGroup && last.schema.id === block.stateId) last.records.push(...records);
    else contents.push({ keyGroup: block.keyGroup, schema, records });
  }
  return contents;
}

function digestsOf(segment: WrittenSegment): Record<string, string> {
  const digests: Record<string, string> = {};
  for (const [stateId, byKeyGroup] of segment.digests) {
    for (const [keyGroup, digest] of byKeyGroup)
      digests[`${stateId}/${keyGroup}`] = Buffer.from(digest).toString('hex');
  }
  return digests;
}

const ends = fc.array(fc.nat(60), { maxLength: 10 });

test('what was written is read, whatever the blocks and the compression', async () => {
  await fc.assert(
    fc.asyncProperty(
      segmentContent,
      ends,
      fc.constantFrom(undefined, deflate),
      fc.boolean(),
      async (generated, generatedEnds, compression, sorted) => {
        const unsorted = hidingFirst(generated);
        const contents = sorted ? generated : unsorted.contents;
        const blockEnds = sorted ? generatedEnds : [...generatedEnds, ...unsorted.ends];
        const segment = await write(contents, typed, blockEnds, compression, sorted);
        const written = contents.filter(({ records }) => records.length > 0);
        expect(await read(segment)).toEqual(written);
        const verified = await verifySegment(new MemoryInputStream(segment.bytes), segment.reference, {
          compressions: [deflate],
        });
        expect(verified.entryCount).toBe(written.reduce((sum, { records }) => sum + records.length, 0));
        expect(segment.entryCount).toBe(verified.entryCount);
        expect(segment.reference.lengthBytes).toBe(segment.bytes.length);
      },
    ),
    { numRuns: testRuns(150) },
  );
});

test('writing values and writing their bytes give the same segment', async () => {
  await fc.assert(
    fc.asyncProperty(segmentContent, ends, async (contents, blockEnds) => {
      const byValue = await write(contents, typed, blockEnds);
      const byBytes = await write(contents, encoded, blockEnds);
      expect(byBytes.bytes).toEqual(byValue.bytes);
    }),
    { numRuns: testRuns(60) },
  );
});

test('blocks carried from segment to segment keep content and digest', async () => {
  await fc.assert(
    fc.asyncProperty(segmentContent, ends, async (contents, blockEnds) => {
      const segment = await write(contents, typed, blockEnds, deflate);
      const blocks = await blocksOf(await openSegment(segment, [deflate]));
      const carried = await writeSegment(
        { ...contentHeader, sorted: true, uid: 'f'.repeat(32), checkpointId: 99 },
        (writer) => {
          let before: RawBlock | undefined;
          for (const block of blocks) {
            if (before?.keyGroup !== block.keyGroup || before.stateId !== block.stateId)
              writer.startState(block.keyGroup, block.stateId);
            writer.rawBlock(block);
            before = block;
          }
        },
      );
      expect(await read(carried)).toEqual(await read(segment));
      expect(digestsOf(carried)).toEqual(digestsOf(segment));
    }),
    { numRuns: testRuns(60) },
  );
});

test('the digest depends on the content alone', async () => {
  await fc.assert(
    fc.asyncProperty(segmentContent, ends, ends, async (contents, endsA, endsB) => {
      const expected: Record<string, string> = {};
      for (const { keyGroup, schema, records } of contents) {
        const entries = records.flatMap((record) => logicalEntries(schema, record));
        if (entries.length === 0) continue;
        expected[`${schema.id}/${keyGroup}`] = Buffer.from(digestOfEntries(entries)).toString('hex');
        expect(digestOfEntries(entries.toReversed())).toEqual(digestOfEntries(entries));
      }
      expect(digestsOf(await write(contents, typed, endsA))).toEqual(expected);
      expect(digestsOf(await write(contents, inPieces, endsB))).toEqual(expected);
      expect(digestsOf(await write(contents, encoded, endsB, deflate))).toEqual(expected);
      // The blocks of another order: every record in a block of its own, last first.
      const hiding = new Set(['reset', 'clear']);
      const apart = hidingFirst(contents).contents.map((content) => ({
        ...content,
        records: [
          ...content.records.filter(([op]) => hiding.has(op)),
          ...content.records.filter(([op]) => !hiding.has(op)).toReversed(),
        ],
      }));
      expect(
        digestsOf(
          await write(
            apart,
            typed,
            Array.from({ length: 1_000 }, (_, index) => index),
            undefined,
            false,
          ),
        ),
      ).toEqual(expected);
    }),
    { numRuns: testRuns(100) },
  );
});

test('another content has another digest', () => {
  const bytes = fc.uint8Array({ maxLength: 6 });
  const entry = fc.record(
    {
      sort: fc.constant('entry' as const),
      key: bytes,
      namespace: bytes,
      mapKey: bytes,
      value: bytes,
      timestampMs: fc.maxSafeInteger(),
    },
    { requiredKeys: ['sort', 'key', 'namespace', 'value'] },
  );
  const element = fc.record(
    {
      sort: fc.constant('element' as const),
      key: bytes,
      namespace: bytes,
      index: fc.nat(),
      value: bytes,
      timestampMs: fc.maxSafeInteger(),
    },
    { requiredKeys: ['sort', 'key', 'namespace', 'index', 'value'] },
  );
  const entries = fc.uniqueArray(fc.oneof(entry, element), { maxLength: 5, selector: (one) => plain(one) });
  fc.assert(
    fc.property(entries, entries, (a, b) => {
      const same = a.map(plain).sort().join() === b.map(plain).sort().join();
      expect(Buffer.from(digestOfEntries(a)).equals(digestOfEntries(b))).toBe(same);
    }),
    { numRuns: testRuns(500) },
  );
});

function plain(entry: object): string {
  return JSON.stringify(
    Object.entries(entry)
      .map(([name, part]) => [name, part instanceof Uint8Array ? [...part] : part])
      .sort(),
  );
}

test('a walk without serializers sees the same records', async () => {
  await fc.assert(
    fc.asyncProperty(segmentContent, async (contents) => {
      const blocks = await blocksOf(await openSegment(await write(contents, typed)));
      const expected = contents.flatMap(({ schema, records }) =>
        records.map((record) => {
          const { key, namespace, mapKey } = encodedAddress(schema, record);
          return record[0] === 'reset'
            ? ['reset']
            : [record[0], key, namespace, ...(mapKey === undefined ? [] : [mapKey])];
        }),
      );
      const seen: unknown[][] = [];
      const see = (...parts: unknown[]) => void seen.push(parts.filter((part) => part !== undefined));
      for (const block of blocks) {
        walkRecords(block, {
          put: (key, namespace, mapKey) => see('put', key, namespace, mapKey),
          delete: (key, namespace, mapKey) => see('delete', key, namespace, mapKey),
          clear: (key, namespace) => see('clear', key, namespace),
          reset: () => see('reset'),
          splice: (key, namespace) => see('splice', key, namespace),
          trim: (key, namespace) => see('trim', key, namespace),
          touch: (key, namespace, mapKey) => see('touch', key, namespace, mapKey),
        });
      }
      expect(seen).toEqual(expected);
      expect(blocks.map(({ entryCount }) => entryCount).reduce((sum, count) => sum + count, 0)).toBe(expected.length);
      expect(digestOfBlocks([])).toEqual(new Uint8Array(8));
    }),
    { numRuns: testRuns(50) },
  );
});

test('a range of key groups gives its blocks and reads nothing else', async () => {
  await fc.assert(
    fc.asyncProperty(segmentContent, fc.nat(7), fc.nat(7), async (contents, a, b) => {
      const range = KeyGroupRange.of(Math.min(a, b), Math.max(a, b));
      const segment = await write(contents, typed);
      const input = new MemoryInputStream(segment.bytes);
      const reader = await openSegmentReader(input, segment.reference);
      const readToOpen = input.readBytes;
      const blocks = await blocksOf(reader, range);
      const inRange = contents.filter(({ keyGroup, records }) => range.contains(keyGroup) && records.length > 0);
      expect([...new Set(blocks.map(({ keyGroup }) => keyGroup))]).toEqual([
        ...new Set(inRange.map(({ keyGroup }) => keyGroup)),
      ]);
      const sizes = reader.keyGroups
        .filter((keyGroup) => range.contains(keyGroup))
        .map((keyGroup) => reader.keyGroupSizeBytes(keyGroup));
      expect(input.readBytes - readToOpen).toBe(sizes.reduce((sum, size) => sum + size, 0));
    }),
    { numRuns: testRuns(60) },
  );
});
