import { describe, expect, test } from 'vitest';
import { verifySegment } from '../../src/snapshot-format/segment-verification.js';
import {
  type GoldenSegment,
  goldenBytes,
  goldenCodec,
  goldenDelta,
  goldenFull,
  goldenReference,
  goldenTtl,
  writeGolden,
} from './golden-segments.js';
import { MemoryInputStream } from './memory-stream.js';
import { blocksOf, openSegment, recordsOf, stateErrorOf, writeSegment } from './segment-fixture.js';

/** Opens, reads and decodes everything, as a restore would. */
async function readAll(golden: GoldenSegment, bytes: Uint8Array, lengthBytes: number = golden.lengthBytes) {
  const reference = { ...goldenReference(golden), lengthBytes };
  const reader = await openSegment({ bytes: bytes as Uint8Array<ArrayBuffer>, reference });
  const blocks = await blocksOf(reader);
  const content = blocks.map((block) => ({
    keyGroup: block.keyGroup,
    stateId: block.stateId,
    records: recordsOf(block, goldenCodec(block.stateId), goldenTtl(block.stateId)),
  }));
  return { header: reader.header, content };
}

describe.each([goldenFull, goldenDelta])('$file', (golden) => {
  test('golden bytes stay readable for ever', async () => {
    const { header, content } = await readAll(golden, goldenBytes(golden));
    expect(header).toEqual(golden.header);
    expect(content).toEqual(golden.content);
  });

  test('a writer still writes the same bytes, and the reference that was kept', async () => {
    const written = await writeSegment(golden.header, (writer) => writeGolden(writer, golden));
    expect(Buffer.from(written.bytes).toString('hex')).toBe(Buffer.from(goldenBytes(golden)).toString('hex'));
    expect(written.reference).toMatchObject({
      uid: golden.header.uid,
      lengthBytes: golden.lengthBytes,
      checksum: golden.checksum,
      checkpointId: golden.header.checkpointId,
    });
  });

  test('it verifies as a whole', async () => {
    const verified = await verifySegment(new MemoryInputStream(goldenBytes(golden)), goldenReference(golden));
    expect(verified.blockCount).toBe(golden.content.length);
    expect(verified.entryCount).toBe(golden.content.reduce((sum, { records }) => sum + records.length, 0));
  });

  test('every single bit that flips is detected', async () => {
    const bytes = goldenBytes(golden);
    const codes = new Set<string>();
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const mask = 1 << (bit & 7);
      const at = bit >> 3;
      bytes[at] = (bytes[at] as number) ^ mask;
      const error = await stateErrorOf(() => readAll(golden, bytes));
      expect(error.kind, `bit ${bit}: ${error.message}`).toBe('corrupt');
      codes.add(error.code);
      bytes[at] = (bytes[at] as number) ^ mask;
    }
    expect([...codes].sort()).toEqual(['checksum-mismatch', 'snapshot-invalid']);
  });

  test('every cut is detected, whatever length the reference names', async () => {
    const bytes = goldenBytes(golden);
    for (let length = 0; length < bytes.length; length++) {
      const cut = bytes.subarray(0, length);
      expect((await stateErrorOf(() => readAll(golden, cut))).code).toBe('bytes-truncated');
      expect((await stateErrorOf(() => readAll(golden, cut, length))).kind).toBe('corrupt');
    }
  });

  test('a byte too many is detected', async () => {
    const longer = new Uint8Array(golden.lengthBytes + 1);
    longer.set(goldenBytes(golden));
    expect((await stateErrorOf(() => readAll(golden, longer))).code).toBe('snapshot-invalid');
    expect((await stateErrorOf(() => readAll(golden, longer, longer.length))).kind).toBe('corrupt');
  });

  test('translated line ends are detected', async () => {
    const text = Buffer.from(goldenBytes(golden)).toString('latin1');
    for (const translated of [text.replaceAll('\r\n', '\n'), text.replace(/(?<!\r)\n/g, '\r\n')]) {
      const bytes = new Uint8Array(Buffer.from(translated, 'latin1'));
      expect((await stateErrorOf(() => readAll(golden, bytes, bytes.length))).message).toContain('begin and end');
    }
  });
});

test('the one golden segment is not accepted for the other', async () => {
  const error = await stateErrorOf(() =>
    readAll({ ...goldenFull, lengthBytes: goldenDelta.lengthBytes }, goldenBytes(goldenDelta)),
  );
  expect(error.code).toBe('snapshot-invalid');
  expect(error.message).toContain('not the one referred to');
});
