// R1 and R2 of byte-reader.ts, W1 to W3 of byte-writer.ts as far as a reader sees them, T1 and T2 of wtf8.ts.

import { describe, expect, test } from 'vitest';
import { ByteReader } from '../../src/bytes/byte-reader.js';
import { ByteWriter, varintLength } from '../../src/bytes/byte-writer.js';
import { decodeWtf8 } from '../../src/bytes/wtf8.js';

const truncated = expect.objectContaining({ code: 'bytes-truncated', kind: 'corrupt' });
const invalid = expect.objectContaining({ code: 'bytes-invalid', kind: 'corrupt' });

describe('what is handed out', () => {
  test('readBytes copies, also from a Node Buffer, whose slice() would not', () => {
    const buffer = Buffer.from([1, 2, 3]);
    const copied = new ByteReader(buffer).readBytes(2);
    buffer[0] = 9;
    expect(copied).toStrictEqual(new Uint8Array([1, 2]));
    expect(Buffer.isBuffer(copied)).toBe(false);
  });

  test('readView is an alias', () => {
    const bytes = new Uint8Array([1, 2, 3]);
    const view = new ByteReader(bytes).readView(2);
    bytes[0] = 9;
    expect(view[0]).toBe(9);
  });
});

describe('countBefore', () => {
  test('counts up to the next such byte, within the range of the reader', () => {
    const input = new ByteReader(new Uint8Array([0, 5, 6, 0, 7, 0]), 1, 5);
    expect(input.countBefore(0)).toBe(2);
    expect(input.countBefore(5)).toBe(0);
    input.readView(3);
    expect(() => input.countBefore(0)).toThrow(truncated);
    expect(input.position).toBe(4);
  });
});

describe('a read past the end', () => {
  const reads: readonly (readonly [string, (input: ByteReader) => unknown])[] = [
    ['readUint8', (input) => input.readUint8()],
    ['readUint16', (input) => input.readUint16()],
    ['readUint32', (input) => input.readUint32()],
    ['readInt32', (input) => input.readInt32()],
    ['readInt64', (input) => input.readInt64()],
    ['readSafeInteger', (input) => input.readSafeInteger()],
    ['readFloat64', (input) => input.readFloat64()],
    ['readVarint', (input) => input.readVarint()],
    ['readView', (input) => input.readView(1)],
    ['readBytes', (input) => input.readBytes(1)],
    ['readString', (input) => input.readString()],
    ['readLengthPrefixedView', (input) => input.readLengthPrefixedView()],
    ['seek', (input) => input.seek(6)],
  ];

  test.each(reads)('%s (R1)', (_name, read) => {
    const bytes = new Uint8Array(16).fill(0x80);
    expect(() => read(new ByteReader(bytes, 5, 5))).toThrow(truncated);
  });
});

describe('numbers', () => {
  test.each([0, 1, 127, 128, 16383, 16384, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 35, 2 ** 49, 2 ** 53 - 1])(
    'varint %d',
    (value) => {
      const output = new ByteWriter();
      output.writeVarint(value);
      expect(output.length).toBe(varintLength(value));
      expect(new ByteReader(output.toBytes()).readVarint()).toBe(value);
    },
  );

  test.each([
    [[0x80, 0]],
    [[0xff, 0x80, 0]],
    [[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
    [new Array(9).fill(0x80)],
  ])('the varint %j is not the one form of a number', (bytes) => {
    expect(() => new ByteReader(new Uint8Array(bytes)).readVarint()).toThrow(invalid);
  });

  test.each([0, 1, -1, 2 ** 32, -(2 ** 32), 2 ** 53 - 1, -(2 ** 53 - 1)])('safe integer %d', (value) => {
    const output = new ByteWriter();
    output.writeSafeInteger(value);
    expect(new ByteReader(output.toBytes()).readSafeInteger()).toBe(value);
    expect(new ByteReader(output.toBytes()).readInt64()).toBe(BigInt(value));
  });

  test.each([2n ** 53n, -(2n ** 53n), 2n ** 63n - 1n])('the 64-bit integer %d is no safe one', (value) => {
    const output = new ByteWriter();
    output.writeInt64(value);
    expect(() => new ByteReader(output.toBytes()).readSafeInteger()).toThrow(invalid);
  });

  test('a count is compared with what is left (R2)', () => {
    expect(() => new ByteReader(new Uint8Array([0xff, 0xff, 0x7f, 1])).readCount()).toThrow(invalid);
    expect(() => new ByteReader(new Uint8Array([2, 1, 1, 1])).readCount(2)).toThrow(invalid);
    expect(new ByteReader(new Uint8Array([2, 1, 1, 1, 1])).readCount(2)).toBe(2);
  });

  test('leftover bytes are refused where the end is expected', () => {
    expect(() => new ByteReader(new Uint8Array(1)).expectEnd()).toThrow(invalid);
    expect(() => new ByteReader(new Uint8Array(2), 3)).toThrow(RangeError);
  });
});

describe('text', () => {
  const samples = [
    '',
    'a',
    '\0',
    'é',
    '你',
    '😀',
    '\ud800',
    '\udc00',
    '\udc00\ud800',
    'x\ud83d',
    '\ufeffa',
    'a'.repeat(47),
    'a'.repeat(48),
    'é'.repeat(64),
    `${'a'.repeat(60)}\ud800`,
    `${'😀'.repeat(40)}\udfff`,
    'x'.repeat(20_000),
  ];

  test.each(samples)('%# comes back (T1), from a writer with and without room', (text) => {
    for (const capacity of [16, 100_000]) {
      const output = new ByteWriter(capacity);
      output.writeUint8(7);
      output.writeString(text);
      output.writeUint8(8);
      const input = new ByteReader(output.toBytes());
      expect([input.readUint8(), input.readString(), input.readUint8()]).toStrictEqual([7, text, 8]);
    }
  });

  test.each([
    ['a continuation byte', [0x80]],
    ['an overlong form of two bytes', [0xc0, 0x80]],
    ['an overlong form of three bytes', [0xe0, 0x80, 0x80]],
    ['an overlong form of four bytes', [0xf0, 0x80, 0x80, 0x80]],
    ['beyond U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
    ['a lead byte that is none', [0xf8, 0x80, 0x80, 0x80]],
    ['a cut sequence', [0xe2, 0x82]],
    ['an encoded pair of surrogates', [0xed, 0xa0, 0x80, 0xed, 0xb0, 0x80]],
  ])('%s is not the one form of a string (T2)', (_name, bytes) => {
    const padded = [...bytes, ...new Array<number>(60).fill(0x61)];
    for (const hostile of [bytes, padded, [...new Array<number>(60).fill(0x61), ...bytes]]) {
      expect(() => decodeWtf8(new Uint8Array(hostile), 0, hostile.length)).toThrow(invalid);
    }
  });
});
