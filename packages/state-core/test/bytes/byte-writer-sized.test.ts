import { expect, test } from 'vitest';
import { ByteReader } from '../../src/bytes/byte-reader.js';
import { ByteWriter } from '../../src/bytes/byte-writer.js';

test.each([0, 1, 127, 128, 300, 16_383, 16_384, 70_000, 2_097_152])(
  'a part of %i bytes is preceded by its length',
  (length) => {
    // The smallest buffer: every way of growing is taken.
    const writer = new ByteWriter(0);
    writer.writeUint8(9);
    const start = writer.beginSized();
    const part = new Uint8Array(length).map((_, index) => index);
    writer.writeBytes(part);
    writer.endSized(start);
    writer.writeUint8(10);
    const reader = new ByteReader(writer.toBytes());
    expect(reader.readUint8()).toBe(9);
    expect(Buffer.from(reader.readLengthPrefixedView()).equals(part)).toBe(true);
    expect(reader.readUint8()).toBe(10);
    expect(reader.remaining).toBe(0);
  },
);

test('sized parts nest', () => {
  const writer = new ByteWriter();
  writer.writeSized((outer) => {
    outer.writeSized((inner) => inner.writeBytes(new Uint8Array(200)));
    outer.writeUint8(7);
  });
  const reader = new ByteReader(writer.toBytes());
  expect(reader.readVarint()).toBe(203);
  expect(reader.readLengthPrefixedView().length).toBe(200);
  expect(reader.readUint8()).toBe(7);
});

test.each([0, 127, 128, 2 ** 32, Number.MAX_SAFE_INTEGER])(
  'a number of one byte is replaced by %i, whatever follows',
  (value) => {
    for (const following of [0, 1, 5, 15, 40]) {
      const writer = new ByteWriter(16);
      const at = writer.beginSized();
      const rest = new Uint8Array(following).fill(0xee);
      writer.writeBytes(rest);
      writer.setVarint(at, value);
      const reader = new ByteReader(writer.toBytes());
      expect(reader.readVarint()).toBe(value);
      expect(reader.readBytes(following)).toEqual(rest);
      expect(reader.remaining).toBe(0);
    }
  },
);

test('there is no number to replace outside of what was written', () => {
  const writer = new ByteWriter();
  expect(() => writer.setVarint(0, 1)).toThrow(RangeError);
  expect(() => writer.setVarint(-1, 1)).toThrow(RangeError);
});
