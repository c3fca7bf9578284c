import { describe, expect, test } from 'vitest';
import { StateError } from '../../src/error/state-error.js';
import { bytes } from '../../src/serialization/bytes-serializer.js';
import { int32 } from '../../src/serialization/integer-serializers.js';
import { string } from '../../src/serialization/string-serializer.js';
import { decodeBlock } from '../../src/snapshot-format/record-decoder.js';
import { walkRecords } from '../../src/snapshot-format/record-walk.js';
import type { RawBlock, RecordReader, RecordVisitor } from '../../src/snapshot-format/segment-contract.js';
import { stateErrorOf, voidNamespace } from './segment-fixture.js';

const entriesOnly: RecordVisitor = { put() {}, delete() {}, clear() {}, reset() {}, splice() {} };
const ignoring: RecordVisitor = { ...entriesOnly, trim() {}, touch() {} };
const reader = { key: int32, namespace: voidNamespace, value: int32, ttl: false, stateName: 'total' } as RecordReader;

function block(payload: readonly number[], entryCount = 1): RawBlock {
  return { keyGroup: 17, stateId: 3, entryCount, payload: Uint8Array.from(payload) };
}

const key = [4, 0x80, 0, 0, 1];

describe('BD2: malformed blocks name state and key group', () => {
  const cases: [string, readonly number[], string][] = [
    ['a record without an end', [1, ...key, 0, 4, 0, 0], 'bytes-truncated'],
    ['a key without an end', [1, 4, 0x80], 'bytes-truncated'],
    ['no namespace', [1, ...key], 'bytes-truncated'],
    ['op 0', [0, ...key, 0], 'bytes-invalid'],
    ['a trim without a count', [6, ...key, 0], 'bytes-truncated'],
    ['a trim of nothing', [6, ...key, 0, 0], 'bytes-invalid'],
    ['a trim of more than any list', [6, ...key, 0, 0xff, 0xff, 0xff, 0xff, 0x7f], 'bytes-invalid'],
    ['a trim with a flag', [0x0e, ...key, 0, 1], 'bytes-invalid'],
    ['a touch without a stamp', [7, ...key, 0], 'bytes-invalid'],
    ['a touch with half a stamp', [0x0f, ...key, 0, 0, 0, 0, 0], 'bytes-truncated'],
    ['a touch where there are no stamps', [0x0f, ...key, 0, 0, 0, 0, 0, 0, 0, 0, 1], 'snapshot-invalid'],
    ['a touch with a map key too many', [0x1f, ...key, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 'snapshot-invalid'],
    ['an unknown flag', [0x21, ...key, 0, 4, 0, 0, 0, 1], 'bytes-invalid'],
    ['a map key in a clear', [0x13, ...key, 0, 0], 'bytes-invalid'],
    ['a reset with a flag', [0x0c], 'bytes-invalid'],
    ['a length longer than needed', [1, 0x84, 0, 0x80, 0, 0, 1, 0, 4, 0, 0, 0, 1], 'bytes-invalid'],
    ['a length beyond the block', [1, ...key, 0, 0xff, 0xff, 0xff, 0xff, 0x0f], 'bytes-truncated'],
    ['a key that is too long for its type', [1, 5, 0x80, 0, 0, 1, 9, 0, 4, 0, 0, 0, 1], 'snapshot-invalid'],
    ['a key that is too short for its type', [1, 3, 0x80, 0, 0, 0, 4, 0, 0, 0, 1], 'snapshot-invalid'],
    ['a namespace where there is none', [1, ...key, 1, 7, 4, 0, 0, 0, 1], 'snapshot-invalid'],
    ['a value that is too long for its type', [1, ...key, 0, 5, 0, 0, 0, 1, 2], 'snapshot-invalid'],
    ['a map key too many', [0x11, ...key, 0, 1, 5, 4, 0, 0, 0, 1], 'snapshot-invalid'],
    ['a stamp too many', [9, ...key, 0, 0, 0, 0, 0, 0, 0, 0, 5, 4, 0, 0, 0, 1], 'snapshot-invalid'],
    ['a record too few', [4], 'snapshot-invalid'],
    ['more elements than bytes', [5, ...key, 0, 0, 0xff, 0xff, 3], 'bytes-invalid'],
    ['a list longer than any', [5, ...key, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0], 'bytes-invalid'],
    ['an element without an end', [5, ...key, 0, 0, 2, 4, 0, 0, 0, 1, 4], 'bytes-truncated'],
  ];
  test.each(cases)('%s', async (_, payload, code) => {
    const entryCount = payload[0] === 4 ? 2 : 1;
    const error = await stateErrorOf(() => decodeBlock(block(payload, entryCount), reader, ignoring));
    expect([error.code, error.kind]).toEqual([code, 'corrupt']);
    expect(error.message).toContain("state 'total' in key group 17 is damaged");
  });

  test('a reset behind other records, to whoever decodes and whoever walks', async () => {
    const behind = block([2, ...key, 0, 4], 2);
    for (const action of [() => decodeBlock(behind, reader, ignoring), () => walkRecords(behind, ignoring)]) {
      const error = await stateErrorOf(action);
      expect([error.code, error.details['what']]).toEqual(['snapshot-invalid', 'a RESET behind other records']);
    }
  });

  test('records of deltas that a visitor does not take', async () => {
    const stamped = { ...reader, ttl: true };
    const trim = block([6, ...key, 0, 1]);
    const touch = block([0x0f, ...key, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    for (const [refused, what] of [
      [trim, /TRIM/],
      [touch, /TOUCH/],
    ] as const) {
      decodeBlock(refused, stamped, ignoring);
      walkRecords(refused, ignoring);
      for (const action of [
        () => decodeBlock(refused, stamped, entriesOnly),
        () => walkRecords(refused, entriesOnly),
      ]) {
        const error = await stateErrorOf(action);
        expect(error.code).toBe('snapshot-invalid');
        expect(error.message).toMatch(what);
      }
    }
  });

  test('stamps beyond 53 bits, in entries and elements', async () => {
    const stamped = { ...reader, ttl: true };
    const stamp = [0x7f, 0, 0, 0, 0, 0, 0, 0];
    for (const payload of [
      [9, ...key, 0, ...stamp, 4, 0, 0, 0, 1],
      [13, ...key, 0, 0, 1, ...stamp, 4, 0, 0, 0, 1],
    ]) {
      expect((await stateErrorOf(() => decodeBlock(block(payload), stamped, ignoring))).code).toBe('bytes-invalid');
    }
  });

  test('a serializer that fails in its own way', async () => {
    const broken = { ...reader, value: { deserialize: () => (undefined as unknown as string[]).length } };
    const error = await stateErrorOf(() => decodeBlock(block([1, ...key, 0, 4, 0, 0, 0, 1]), broken, ignoring));
    expect(error.code).toBe('snapshot-invalid');
    expect(error.cause).toBeInstanceOf(TypeError);
  });

  test('a state without a name is named by its number, also in a walk', async () => {
    const { stateName: _, ...unnamed } = reader;
    for (const action of [() => decodeBlock(block([0]), unnamed, ignoring), () => walkRecords(block([0]), ignoring)]) {
      expect((await stateErrorOf(action)).message).toContain('state 3 in key group 17');
    }
  });
});

test('errors of a serializer that are not about bytes are passed on', async () => {
  const refusing = {
    ...reader,
    value: {
      deserialize() {
        throw new StateError('value-serializer-incompatible', 'write a migration');
      },
    },
  };
  const error = await stateErrorOf(() => decodeBlock(block([1, ...key, 0, 4, 0, 0, 0, 1]), refusing, ignoring));
  expect(error.message).toBe('write a migration');
});

test('what the visitor throws is passed on as it is', () => {
  const failure = new RangeError('no room');
  const visitor = {
    ...ignoring,
    reset() {
      throw failure;
    },
  };
  expect(() => decodeBlock(block([4]), reader, visitor)).toThrow(failure);
});

test('decoded values do not alias the block where their serializer copies', () => {
  const payload = [1, 1, 5, 0, 3, 2, 7, 8];
  const raw = block(payload);
  const values: unknown[] = [];
  const key = { ...string, deserializeKey: (input: { readUint8(): number }) => input.readUint8() };
  decodeBlock(
    raw,
    { ...reader, key: key as never, value: bytes },
    { ...ignoring, put: (_k, _n, _m, value) => void values.push(value) },
  );
  raw.payload.fill(0);
  expect(values).toEqual([Uint8Array.of(7, 8)]);
});
