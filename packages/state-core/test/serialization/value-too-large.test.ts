// The limit of 2^31 - 1 bytes, provoked without 2 GiB of memory: a fresh Uint8Array of that size is address space that
// nobody touches, and the writer refuses before it allocates.

import { describe, expect, test } from 'vitest';
import { ByteReader } from '../../src/bytes/byte-reader.js';
import { ByteWriter, MAX_SERIALIZED_BYTES } from '../../src/bytes/byte-writer.js';
import { bytes } from '../../src/serialization/bytes-serializer.js';
import { serializer } from '../../src/serialization/custom-serializer.js';
import { list } from '../../src/serialization/list-serializer.js';
import { struct } from '../../src/serialization/struct.js';
import { EVERY_TYPE } from './every-type.js';

const tooLarge = expect.objectContaining({ code: 'value-too-large', kind: 'configure' });

function residentBytes(): number {
  return process.memoryUsage().rss;
}

describe('a value of more than 2^31 - 1 bytes', () => {
  const huge = new Uint8Array(2 ** 31 - 1);

  test('is refused before anything is allocated, and the writer stays as it was', () => {
    const output = new ByteWriter();
    output.writeUint8(1);
    const before = residentBytes();
    expect(() => bytes.serialize(huge, output)).toThrow(tooLarge);
    expect(() => struct({ parts: list(bytes) }).serialize({ parts: [huge] }, output)).toThrow(tooLarge);
    expect(residentBytes() - before).toBeLessThan(256 * 2 ** 20);
    expect(() => output.reserve(MAX_SERIALIZED_BYTES)).toThrow(tooLarge);
    output.writeUint8(2);
    expect(output.toBytes().at(-1)).toBe(2);
  });

  test('of a type of one’s own', () => {
    const type = serializer<number>({
      name: 'huge',
      serialize: (value, output) => {
        output.writeUint8(value);
        output.writeBytes(huge);
      },
      deserialize: () => 1,
    });
    expect(() => type.serialize(1, new ByteWriter())).toThrow(tooLarge);
  });
});

describe.each(EVERY_TYPE)('$name', ({ serializer: type }) => {
  test('a hostile length allocates nothing', () => {
    // Varints and MessagePack lengths of 2^31 and more, in front of a few bytes.
    const lengths = [
      [0xff, 0xff, 0xff, 0xff, 0x07],
      [0x80, 0x80, 0x80, 0x80, 0x08],
      [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f],
      [0xfb, 0x7f, 0xff, 0xff, 0xff],
      [0xdb, 0xff, 0xff, 0xff, 0xff],
      [0xdd, 0xff, 0xff, 0xff, 0xff],
      [0xdf, 0xff, 0xff, 0xff, 0xff],
      [0xc6, 0xff, 0xff, 0xff, 0xff],
      [0x01, 0xff, 0xff, 0xff, 0xff, 0x07],
    ];
    const before = residentBytes();
    for (const length of lengths) {
      try {
        type.deserialize(new ByteReader(new Uint8Array([...length, 1, 2, 3, 4, 5, 6, 7, 8])));
      } catch (error) {
        expect(error).toMatchObject({ kind: 'corrupt' });
      }
    }
    expect(residentBytes() - before).toBeLessThan(256 * 2 ** 20);
  });
});
