import { describe, expect, test } from 'vitest';
import type { ByteWriter } from '../../src/bytes/byte-writer.js';
import { InvariantViolation } from '../../src/error/invariant.js';
import { StateError } from '../../src/error/state-error.js';
import { bytes } from '../../src/serialization/bytes-serializer.js';
import { float64 } from '../../src/serialization/float64-serializer.js';
import { int32 } from '../../src/serialization/integer-serializers.js';
import { string } from '../../src/serialization/string-serializer.js';
import type { RawBlock, RecordCodec, SegmentRecordWriter } from '../../src/snapshot-format/segment-contract.js';
import type { SegmentHeader } from '../../src/snapshot-format/segment-header.js';
import { verifySegment } from '../../src/snapshot-format/segment-verification.js';
import { openSegmentWriter } from '../../src/snapshot-format/segment-writer.js';
import { MemoryInputStream, MemoryOutputStream } from './memory-stream.js';
import {
  blocksOf,
  headerWith,
  int32ToFloat64,
  openSegment,
  recordsOf,
  schemaWith,
  stateErrorOf,
  VOID_NAMESPACE as V,
  voidNamespace,
  writeSegment,
} from './segment-fixture.js';
import { putTogether, takeApart } from './segment-forgery.js';

const listCodec = { key: int32, namespace: voidNamespace, value: string } as RecordCodec;
const mapCodec = { key: int32, namespace: voidNamespace, mapKey: string, value: float64 } as RecordCodec;

const header = headerWith({
  baseCheckpointId: 6,
  states: [
    schemaWith({ id: 0, name: 'total' }),
    schemaWith({ id: 1, name: 'recent', kind: 'list', value: string.snapshot() }),
    schemaWith({ id: 2, name: 'by-day', kind: 'map' }),
    schemaWith({ id: 3, name: 'seen', ttl: true }),
  ],
});

async function openWriter(
  stream = new MemoryOutputStream(),
  fields: Partial<SegmentHeader> = {},
): Promise<SegmentRecordWriter> {
  return await openSegmentWriter({ stream, header: { ...header, ...fields }, scope: 'exclusive' });
}

describe('a block of many records', () => {
  test.each([10, 70, 199])('is refused when it ends, should record %i not ascend', async (wrong) => {
    const writer = await openWriter();
    writer.startState(0, 0, int32ToFloat64);
    for (let key = 0; key < 200; key++) writer.put(key === wrong ? key - 2 : key, V, key);
    await expect(writer.endBlock()).rejects.toThrow(`record ${wrong + 1} of the block out of order`);
    await writer.abort();
  });

  test('takes back a value that cannot be written, wherever it stands', async () => {
    const stream = new MemoryOutputStream();
    const writer = await openWriter(stream);
    writer.startState(0, 0, int32ToFloat64);
    for (let key = 0; key < 300; key++) {
      expect(() => writer.put(key, V, 'no number')).toThrow();
      writer.put(key, V, key);
    }
    const { entryCount } = await writer.finish();
    expect(entryCount).toBe(300);
  });
});

describe('G5: records in order mean segments oldest to newest', () => {
  const of = (stateId: number, ...blocks: ((writer: SegmentRecordWriter) => void)[]) =>
    writeSegment(header, async (writer) => {
      writer.startState(0, stateId, stateId === 1 ? listCodec : stateId === 2 ? mapCodec : int32ToFloat64);
      for (const write of blocks) {
        write(writer);
        await writer.endBlock();
      }
    });

  test.each<[string, () => Promise<unknown>]>([
    [
      'a clear behind a block with an entry',
      () =>
        of(
          2,
          (w) => w.putMapEntry(7, V, 'a', 1),
          (w) => w.clear(7, V),
        ),
    ],
    [
      'a clear of another key there',
      () =>
        of(
          2,
          (w) => w.putMapEntry(7, V, 'a', 1),
          (w) => w.clear(9, V),
        ),
    ],
    [
      'a clear behind a deletion',
      () =>
        of(
          2,
          (w) => w.deleteMapEntry(7, V, 'a'),
          (w) => w.clear(9, V),
        ),
    ],
    [
      'a reset behind a block',
      () =>
        of(
          0,
          (w) => w.put(7, V, 1),
          (w) => w.reset(),
        ),
    ],
    [
      'a reset behind a reset',
      () =>
        of(
          0,
          (w) => w.reset(),
          (w) => w.reset(),
        ),
    ],
    ['a clear of a value', () => of(0, (w) => w.clear(7, V))],
    [
      'a trim behind a splice',
      () =>
        of(1, (w) => {
          w.splice(7, V, 0, ['a'], 0, 1);
          w.trim(7, V, 1);
        }),
    ],
    [
      'two trims',
      () =>
        of(1, (w) => {
          w.trim(7, V, 1);
          w.trim(7, V, 1);
        }),
    ],
    [
      'a trim of what is cleared',
      () =>
        of(1, (w) => {
          w.clear(7, V);
          w.trim(7, V, 1);
        }),
    ],
    ['a trim of no elements', () => of(1, (w) => w.trim(7, V, 0))],
    ['a trim of a map', () => of(2, (w) => w.trim(7, V, 1))],
    ['a touch without time to live', () => of(0, (w) => w.touch(7, V, 5))],
    [
      'a touch of an entry that is put',
      () =>
        of(3, (w) => {
          w.put(7, V, 1, 4);
          w.touch(7, V, 5);
        }),
    ],
    ['a touch without a stamp', () => of(3, (w) => w.touch(7, V, undefined as never))],
  ])('%s is refused', async (_, writing) => {
    await expect(writing()).rejects.toThrow(InvariantViolation);
  });

  test('what hides older segments comes first, in as many blocks as it needs', async () => {
    const written = await of(
      2,
      (w) => w.reset(),
      (w) => {
        w.clear(7, V);
        w.clear(9, V);
      },
      (w) => {
        w.clear(3, V);
        w.putMapEntry(3, V, 'a', 1);
      },
      (w) => w.putMapEntry(1, V, 'a', 1),
    );
    expect(written.entryCount).toBe(6);
    await verifySegment(new MemoryInputStream(written.bytes), written.reference);
  });

  test('a list is trimmed before it is spliced, an entry touched alone', async () => {
    const list = await of(1, (w) => {
      w.trim(7, V, 2);
      w.splice(7, V, 1, ['a', 'b'], 0, 2);
      w.trim(8, V, 2 ** 31);
    });
    const [block] = await blocksOf(await openSegment(list));
    expect(recordsOf(block as RawBlock, listCodec, false)).toEqual([
      ['trim', 7, V, 2],
      ['splice', 7, V, 1, ['a', 'b'], undefined],
      ['trim', 8, V, 2 ** 31],
    ]);
    const values = await of(3, (w) => {
      w.touch(7, V, -5);
      w.put(8, V, 1.5, 6);
    });
    const [other] = await blocksOf(await openSegment(values));
    expect(recordsOf(other as RawBlock, int32ToFloat64, true)).toEqual([
      ['touch', 7, V, undefined, -5],
      ['put', 8, V, undefined, 1.5, 6],
    ]);
  });

  test('a forged segment that breaks it does not verify', async () => {
    const map = { key: int32, namespace: voidNamespace, mapKey: string, value: float64 } as RecordCodec;
    const written = await writeSegment({ ...header, sorted: true }, async (writer) => {
      writer.startState(0, 2, map);
      writer.putMapEntry(7, V, 'a', 1);
      await writer.endBlock();
      writer.clear(9, V);
    });
    await verifySegment(new MemoryInputStream(written.bytes), written.reference);
    const forged = takeApart(written.bytes, written.reference.uid);
    const json = new TextDecoder().decode(forged.json).replace('"sorted":true', '"sorted":false');
    const { bytes, reference } = putTogether({ ...forged, json: new TextEncoder().encode(json) });
    const error = await stateErrorOf(() => verifySegment(new MemoryInputStream(bytes), reference));
    expect([error.code, error.details['what']]).toEqual(['snapshot-invalid', 'a CLEAR behind blocks with entries']);
  });
});

describe('G1: key groups and states ascend', () => {
  test.each([
    ['a key group before', 4, 0],
    ['a state before', 5, 0],
    ['the same state again', 5, 1],
  ])('%s', async (_, keyGroup, stateId) => {
    const writer = await openWriter();
    writer.startState(5, 1);
    writer.clearEncoded(new Uint8Array(1), new Uint8Array(0));
    expect(() => writer.startState(keyGroup, stateId)).toThrow(InvariantViolation);
    await writer.abort();
  });

  test('nothing outside the key groups and the states of the header', async () => {
    const writer = await openWriter(undefined, { keyGroupRange: { first: 3, last: 5 } });
    expect(() => writer.startState(2, 0, int32ToFloat64)).toThrow(InvariantViolation);
    expect(() => writer.startState(6, 0, int32ToFloat64)).toThrow(InvariantViolation);
    expect(() => writer.startState(3, 7, int32ToFloat64)).toThrow(InvariantViolation);
    expect(() => writer.put(1, V, 1)).toThrow(InvariantViolation);
    await writer.abort();
  });
});

function putAll(writer: SegmentRecordWriter, keys: readonly number[]): void {
  for (const key of keys) writer.put(key, V, 0);
}

describe('G2: entries ascend within a block', () => {
  const cases: [string, (writer: SegmentRecordWriter) => void][] = [
    ['keys', (writer) => putAll(writer, [2, 1])],
    ['a key twice', (writer) => putAll(writer, [1, 1])],
    [
      'a reset that is not the first',
      (writer) => {
        writer.put(1, V, 0);
        writer.reset();
      },
    ],
    [
      'two resets',
      (writer) => {
        writer.reset();
        writer.reset();
      },
    ],
    [
      'a put and a delete',
      (writer) => {
        writer.put(1, V, 0);
        writer.delete(1, V);
      },
    ],
  ];
  test.each(cases)('%s', async (_, write) => {
    const writer = await openWriter();
    writer.startState(0, 0, int32ToFloat64);
    write(writer);
    await expect(writer.endBlock()).rejects.toThrow(InvariantViolation);
    await writer.abort();
  });

  test('map keys, and a clear after its entries', async () => {
    for (const write of [
      (writer: SegmentRecordWriter) => {
        writer.putMapEntry(1, V, 'b', 0);
        writer.putMapEntry(1, V, 'a', 0);
      },
      (writer: SegmentRecordWriter) => {
        writer.putMapEntry(1, V, 'a', 0);
        writer.clear(1, V);
      },
    ]) {
      const writer = await openWriter();
      writer.startState(0, 2, mapCodec);
      write(writer);
      await expect(writer.endBlock()).rejects.toThrow("state 'by-day' in key group 0");
      await writer.abort();
    }
  });

  test('a list goes on where it ended, and nowhere else', async () => {
    for (const from of [0, 1, 3]) {
      const writer = await openWriter();
      writer.startState(0, 1, listCodec);
      writer.splice(1, V, 0, ['a', 'b'], 0, 2);
      writer.splice(1, V, from, ['c'], 0, 1);
      await expect(writer.endBlock()).rejects.toThrow(InvariantViolation);
      await writer.abort();
    }
    await writeSegment(header, (writer) => {
      writer.startState(0, 1, listCodec);
      writer.splice(1, V, 0, ['a', 'b'], 0, 2);
      writer.splice(1, V, 2, ['c'], 0, 1);
    });
  });

  test('blocks may start over, unless the header says that the key group is sorted throughout', async () => {
    const twoBlocks = async (writer: SegmentRecordWriter): Promise<void> => {
      writer.startState(0, 0, int32ToFloat64);
      writer.put(2, V, 0);
      await writer.endBlock();
      writer.put(1, V, 0);
      await writer.endBlock();
    };
    expect((await writeSegment(header, twoBlocks)).entryCount).toBe(2);
    const writer = await openWriter(undefined, { sorted: true });
    await expect(twoBlocks(writer)).rejects.toThrow(InvariantViolation);
    await writer.abort();
  });

  test('a sorted key group goes on after its bytes went to the stream', async () => {
    const segment = await writeSegment({ ...header, sorted: true }, async (writer) => {
      writer.startState(0, 0, int32ToFloat64);
      for (let key = 0; key < 20_000; key++) {
        writer.put(key, V, key);
        if (writer.blockIsFull) await writer.endBlock();
      }
    });
    expect(segment.entryCount).toBe(20_000);
  });
});

test('G3: a block holds 1,024 entries at most, also when nobody ends it', async () => {
  const segment = await writeSegment(header, (writer) => {
    writer.startState(0, 0, int32ToFloat64);
    for (let key = 0; key < 2_500; key++) writer.put(key, V, key);
  });
  const blocks = await blocksOf(await openSegment(segment));
  expect(blocks.map(({ entryCount }) => entryCount)).toEqual([1_024, 1_024, 452]);
});

test('blockIsFull after 1,024 entries, and after 64 KiB', async () => {
  const writer = await openWriter();
  writer.startState(0, 0, int32ToFloat64);
  for (let key = 0; key < 1_023; key++) writer.put(key, V, key);
  expect(writer.blockIsFull).toBe(false);
  writer.put(1_023, V, 0);
  expect(writer.blockIsFull).toBe(true);
  await writer.endBlock();
  expect(writer.blockIsFull).toBe(false);
  writer.startState(0, 1, listCodec);
  writer.splice(1, V, 0, ['x'.repeat(70_000)], 0, 1);
  expect(writer.blockIsFull).toBe(true);
  await writer.abort();
});

test('bytes go to the stream in pieces of 64 KiB and more', async () => {
  const stream = new MemoryOutputStream();
  const writer = await openWriter(stream);
  writer.startState(0, 0, int32ToFloat64);
  for (let key = 0; key < 100_000; key++) {
    writer.put(key, V, key);
    if (writer.blockIsFull) await writer.endBlock();
    expect(writer.lengthBytes - stream.position).toBeLessThan(3 * 65_536);
  }
  const { reference } = await writer.finish();
  expect(stream.position).toBe(reference.lengthBytes);
  expect(stream.writes).toBeLessThanOrEqual(Math.ceil(stream.position / 65_536));
});

test('one value of 100 MiB is written and read, and those beside it', async () => {
  const size = 100 * 1024 * 1024;
  const huge = new Uint8Array(size);
  for (let at = 0; at < size; at += 4096) huge[at] = at >>> 12;
  const codec = { key: int32, namespace: voidNamespace, value: bytes } as RecordCodec;
  const state = schemaWith({ id: 0, name: 'blob', value: bytes.snapshot() });
  const segment = await writeSegment(headerWith({ states: [state] }), async (writer) => {
    writer.startState(0, 0, codec);
    for (const [key, value] of [
      [1, Uint8Array.of(1)],
      [2, huge],
      [3, Uint8Array.of(3)],
    ] as const) {
      writer.put(key, V, value);
      if (writer.blockIsFull) await writer.endBlock();
    }
  });
  const records = (await blocksOf(await openSegment(segment))).flatMap((block) => recordsOf(block, codec, false));
  expect(records.map(([, key]) => key)).toEqual([1, 2, 3]);
  expect(Buffer.from(records[1]?.[4] as Uint8Array).equals(huge)).toBe(true);
});

test('a list of 300,000 elements takes many records and no large block', async () => {
  const elements = Array.from({ length: 300_000 }, (_, index) => `element ${index}`);
  const segment = await writeSegment({ ...header, sorted: true }, async (writer) => {
    writer.startState(0, 1, listCodec);
    writer.splice(1, V, 0, elements, 0, elements.length);
    await writer.endBlock();
  });
  const blocks = await blocksOf(await openSegment(segment));
  expect(Math.max(...blocks.map(({ payload }) => payload.length))).toBeLessThan(2 * 65_536);
  const read: unknown[] = [];
  for (const record of blocks.flatMap((block) => recordsOf(block, listCodec, false))) {
    expect(record[3]).toBe(read.length);
    read.push(...(record[4] as unknown[]));
  }
  expect(read).toEqual(elements);
});

describe('SW2: a record that fails leaves nothing behind', () => {
  const failing = {
    ...float64,
    serialize(value: number, output: ByteWriter): void {
      output.writeUint8(1);
      if (value === 13) throw new StateError('value-not-serializable', 'thirteen');
      if (value === 14) output.reserve(2 ** 31);
      output.writeFloat64(value);
    },
  };
  const codec = { key: int32, namespace: voidNamespace, value: failing } as unknown as RecordCodec;
  const mapped = { ...codec, mapKey: string } as unknown as RecordCodec;

  test.each([
    [13, 'value-not-serializable'],
    [14, 'value-too-large'],
  ])('value %i: %s', async (bad, code) => {
    const write = (withFailures: boolean) => async (writer: SegmentRecordWriter) => {
      const fail = async (action: () => void) => {
        if (withFailures) expect((await stateErrorOf(action)).code).toBe(code);
      };
      writer.startState(0, 0, codec);
      await fail(() => writer.put(0, V, bad));
      writer.put(1, V, 1);
      await fail(() => writer.put(2, V, bad));
      writer.startState(0, 1, codec);
      writer.splice(1, V, 0, [1, 2], 0, 2);
      await fail(() => writer.splice(2, V, 0, [1, 2, bad, 3], 0, 4));
      writer.splice(3, V, 0, [1], 0, 1);
      writer.startState(0, 2, mapped);
      await fail(() => writer.putMapEntry(1, V, 'a', bad));
      writer.putMapEntry(1, V, 'a', 1);
      writer.startState(1, 0, codec);
      await fail(() => writer.put(0, V, bad));
    };
    const clean = await writeSegment(header, write(false));
    const failed = await writeSegment(header, write(true));
    expect(failed.bytes).toEqual(clean.bytes);
  });

  test('a key or map key that fails', async () => {
    const segment = await writeSegment(header, async (writer) => {
      writer.startState(0, 2, mapCodec);
      expect((await stateErrorOf(() => writer.deleteMapEntry(1, V, 5))).code).toBe('value-not-serializable');
      expect((await stateErrorOf(() => writer.clear('no number', V))).code).toBe('value-not-serializable');
      writer.clear(1, V);
    });
    expect(segment.entryCount).toBe(1);
  });

  test('a list that fails after a block has ended within it spoils the segment', async () => {
    const writer = await openWriter();
    writer.startState(0, 1, listCodec);
    const elements: unknown[] = Array.from({ length: 10_000 }, () => 'a long element of a list');
    elements.push(13);
    expect((await stateErrorOf(() => writer.splice(1, V, 0, elements, 0, elements.length))).code).toBe(
      'value-not-serializable',
    );
    await expect(writer.finish()).rejects.toThrow('abort it');
    await writer.abort();
  });

  test('a value of more than 2^31 - 1 bytes is refused before anything is allocated for it', async () => {
    const writer = await openWriter();
    writer.startState(0, 0);
    const huge = { length: 2 ** 31 } as Uint8Array;
    const error = await stateErrorOf(() => writer.putEncoded(Uint8Array.of(1), new Uint8Array(0), undefined, huge));
    expect(error.code).toBe('value-too-large');
    await writer.abort();
  });
});

describe('records that do not belong to the state', () => {
  const cases: [string, number, RecordCodec, (writer: SegmentRecordWriter) => void][] = [
    ['a map entry in a value state', 0, int32ToFloat64, (writer) => writer.putMapEntry(1, V, 'a', 1)],
    ['a list in a value state', 0, int32ToFloat64, (writer) => writer.splice(1, V, 0, [1], 0, 1)],
    ['a value in a map state', 2, mapCodec, (writer) => writer.put(1, V, 1)],
    ['a deleted value in a map state', 2, mapCodec, (writer) => writer.delete(1, V)],
    ['a value in a list state', 1, listCodec, (writer) => writer.put(1, V, 'a')],
    ['a deleted value in a list state', 1, listCodec, (writer) => writer.delete(1, V)],
    ['a stamp without time to live', 0, int32ToFloat64, (writer) => writer.put(1, V, 1, 5)],
    ['no stamp with time to live', 3, int32ToFloat64, (writer) => writer.put(1, V, 1)],
    ['a fraction as a stamp', 3, int32ToFloat64, (writer) => writer.put(1, V, 1, 0.5)],
  ];
  test.each(cases)('%s', async (_, stateId, codec, write) => {
    const writer = await openWriter();
    writer.startState(0, stateId, codec);
    expect(() => write(writer)).toThrow(InvariantViolation);
    expect((await writer.finish()).entryCount).toBe(0);
  });

  test('values without a codec, and a codec that does not go with the schema', async () => {
    const writer = await openWriter();
    expect(() => writer.startState(0, 2, int32ToFloat64)).toThrow(InvariantViolation);
    writer.startState(0, 0);
    expect(() => writer.put(1, V, 1)).toThrow('no codec');
    writer.putEncoded(Uint8Array.of(1), new Uint8Array(0), undefined, new Uint8Array(8));
    expect((await writer.finish()).entryCount).toBe(1);
  });
});

describe('a raw block that is damaged is refused and leaves nothing behind', () => {
  const good: RawBlock = { keyGroup: 0, stateId: 9, entryCount: 1, payload: Uint8Array.of(1, 1, 5, 0, 1, 9) };
  const next: RawBlock = { ...good, payload: Uint8Array.of(1, 1, 6, 0, 1, 9) };
  const cases: [string, Partial<RawBlock>, string][] = [
    ['cut', { payload: Uint8Array.of(1, 1, 5, 0, 1) }, 'bytes-truncated'],
    ['no op', { payload: Uint8Array.of(0, 1, 5, 0, 1, 9) }, 'bytes-invalid'],
    ['another op', { payload: Uint8Array.of(6, 1, 5, 0, 1) }, 'snapshot-invalid'],
    ['a clear of a value', { payload: Uint8Array.of(3, 1, 5, 0) }, 'snapshot-invalid'],
    ['a reset behind a block', { payload: Uint8Array.of(4) }, 'snapshot-invalid'],
    ['a reset behind a record', { entryCount: 2, payload: Uint8Array.of(2, 1, 5, 0, 4) }, 'snapshot-invalid'],
    ['a stamp too many', { payload: Uint8Array.of(9, 1, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 9) }, 'snapshot-invalid'],
    ['too few records', { entryCount: 2 }, 'snapshot-invalid'],
    ['no records', { entryCount: 0, payload: new Uint8Array(0) }, 'snapshot-invalid'],
    ['too many records', { entryCount: 1_025, payload: new Uint8Array(1_025).fill(4) }, 'snapshot-invalid'],
    ['out of order', { entryCount: 2, payload: Uint8Array.of(2, 1, 9, 0, 2, 1, 8, 0) }, 'snapshot-invalid'],
  ];
  test.each(cases)('%s', async (_, fields, code) => {
    for (const sorted of [false, true]) {
      const clean = await writeSegment({ ...header, sorted }, (writer) => {
        writer.startState(0, 0);
        writer.rawBlock(good);
        writer.rawBlock(next);
      });
      const segment = await writeSegment({ ...header, sorted }, async (writer) => {
        writer.startState(0, 0);
        writer.rawBlock(good);
        const error = await stateErrorOf(() => writer.rawBlock({ ...next, ...fields }));
        expect(error.code).toBe(code);
        expect(error.message).toContain("state 'total' in key group 0");
        writer.rawBlock(next);
      });
      expect(segment.bytes).toEqual(clean.bytes);
      expect(await blocksOf(await openSegment(segment))).toEqual([
        { ...good, stateId: 0 },
        { ...next, stateId: 0 },
      ]);
    }
  });

  test('a block of another key group is a defect of the caller', async () => {
    const writer = await openWriter();
    writer.startState(1, 0);
    expect(() => writer.rawBlock(good)).toThrow(InvariantViolation);
    await writer.abort();
  });
});

describe('life cycle', () => {
  test('an empty segment can be read', async () => {
    const reader = await openSegment(await writeSegment(header, () => {}));
    expect(reader.keyGroups).toEqual([]);
    expect(await blocksOf(reader)).toEqual([]);
  });

  test('a storage that fails: the error is passed on, the stream is closed by abort', async () => {
    const stream = new MemoryOutputStream(2);
    const writer = await openWriter(stream);
    writer.startState(0, 0, int32ToFloat64);
    const error = await stateErrorOf(async () => {
      for (let key = 0; key < 100_000; key++) {
        writer.put(key, V, key);
        if (writer.blockIsFull) await writer.endBlock();
      }
    });
    expect(error.code).toBe('storage-no-space');
    expect(() => writer.put(200_000, V, 1)).toThrow(InvariantViolation);
    await writer.abort();
    expect(stream.closed).toBe(true);
  });

  test('a storage that fails at the end: finish closes the stream', async () => {
    const stream = new MemoryOutputStream(1);
    const writer = await openWriter(stream);
    expect((await stateErrorOf(() => writer.finish())).code).toBe('storage-no-space');
    expect(stream.closed).toBe(true);
    expect(stream.handed).toBe(false);
  });

  test('after the end, and after abort, nothing is taken', async () => {
    const finished = await openWriter();
    await finished.finish();
    const aborted = await openWriter();
    aborted.startState(0, 0, int32ToFloat64);
    aborted.put(1, V, 1);
    await aborted.abort();
    await aborted.abort();
    for (const writer of [finished, aborted]) {
      expect((await stateErrorOf(() => writer.startState(1, 0, int32ToFloat64))).code).toBe('stream-closed');
      expect((await stateErrorOf(() => writer.endBlock())).code).toBe('stream-closed');
      expect((await stateErrorOf(() => writer.finish())).code).toBe('stream-closed');
    }
    expect((await stateErrorOf(() => aborted.put(2, V, 1))).code).toBe('stream-closed');
    await finished.abort();
  });

  test('abort waits for the bytes under way, and the block that sent them fails', async () => {
    const stream = new MemoryOutputStream();
    const writer = await openWriter(stream);
    writer.startState(0, 1, listCodec);
    writer.splice(1, V, 0, ['x'.repeat(100_000)], 0, 1);
    const ended = stateErrorOf(() => writer.endBlock());
    expect(() => writer.splice(2, V, 0, ['a'], 0, 1)).toThrow('await it');
    await writer.abort();
    expect((await ended).code).toBe('stream-closed');
    expect(stream.closed).toBe(true);
  });

  test('a header that no reader would take closes the stream', async () => {
    const stream = new MemoryOutputStream();
    await expect(openWriter(stream, { uid: 'x' })).rejects.toThrow(TypeError);
    expect(stream.closed).toBe(true);
    await expect(openWriter(undefined, { compression: 'zip' })).rejects.toThrow(TypeError);
  });
});
