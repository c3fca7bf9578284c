import { expect, test } from 'vitest';
import { ByteWriter } from '../../src/bytes/byte-writer.js';
import { ReusedBytes } from '../../src/stored/reused-bytes.js';

const counted = (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => index);

test.each([0, 1, 47, 48, 49, 128, 129, 511, 512, 513, 5000])('parts of %i bytes stand one after another', (length) => {
  const bytes = new ReusedBytes();
  const source = counted(length + 7);
  for (let turn = 0; turn < 2; turn++) {
    bytes.reset();
    bytes.appendByte(9);
    bytes.append(source, 3, 3 + length);
    bytes.append(source, 0, 2);
    expect([...bytes.view()]).toEqual([9, ...source.subarray(3, 3 + length), 0, 1]);
  }
});

test.each([0, 1, -1, 2 ** 32, -(2 ** 32) - 1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER])(
  'the integer %d is written as every other writer has it',
  (value) => {
    const bytes = new ReusedBytes();
    const writer = new ByteWriter();
    bytes.appendSafeInteger(value);
    writer.writeSafeInteger(value);
    expect([...bytes.view()]).toEqual([...writer.view()]);
  },
);
