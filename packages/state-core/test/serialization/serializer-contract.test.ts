// SerializerTestBase: the rows that every serializer of Flink passes, for every built-in type (S1 to S3).

import { describe, expect, test } from 'vitest';
import { ByteReader } from '../../src/bytes/byte-reader.js';
import { ByteWriter } from '../../src/bytes/byte-writer.js';
import { isStateError } from '../../src/error/state-error.js';
import { deserializeFromBytes, serializeToBytes } from '../../src/serialization/key-bytes.js';
import { restoreSerializer } from '../../src/serialization/restore-serializer.js';
import { describeSnapshot, snapshotsEqual } from '../../src/serialization/serializer-snapshot.js';
import type { SerializerSnapshot } from '../../src/serialization/type-serializer.js';
import { EVERY_TYPE, money } from './every-type.js';

describe.each(EVERY_TYPE)('$name', ({ serializer, examples, fixedLength, refused, mutate }) => {
  test('SerializerTestBase.testInstantiate', () => {
    expect(serializer.typeName).toBe(describeSnapshot(serializer.snapshot()));
    expect(typeof serializer.isImmutableType).toBe('boolean');
  });

  test('SerializerTestBase.testSnapshotConfigurationAndReconfigure', () => {
    const stored = JSON.parse(JSON.stringify(serializer.snapshot())) as SerializerSnapshot;
    expect(snapshotsEqual(stored, serializer.snapshot())).toBe(true);
    expect(serializer.resolveCompatibility(stored)).toStrictEqual({ outcome: 'compatible-as-is' });
    const restored = restoreSerializer(stored, { custom: [money] });
    expect(restored.snapshot()).toStrictEqual(stored);
    for (const value of examples) {
      const written = serializeToBytes(serializer, value);
      expect(deserializeFromBytes(restored, written)).toStrictEqual(value);
      expect(serializeToBytes(restored, value)).toStrictEqual(written);
    }
  });

  test('SerializerTestBase.testGetLength', () => {
    expect(serializer.fixedLength).toBe(fixedLength);
    for (const value of examples) {
      const { length } = serializeToBytes(serializer, value);
      expect(length).toBeGreaterThan(0);
      if (fixedLength !== undefined) expect(length).toBe(fixedLength);
    }
  });

  test('SerializerTestBase.testCopy', () => {
    for (const value of examples) {
      expect(serializer.copy(value)).toStrictEqual(value);
      if (serializer.isImmutableType) expect(serializer.copy(value)).toBe(value);
    }
  });

  test('SerializerTestBase.testCopyIndependently', () => {
    expect(mutate === undefined).toBe(serializer.isImmutableType);
    for (const value of examples) {
      const original = serializer.copy(value);
      const copied = serializer.copy(original);
      mutate?.(original as never);
      expect(copied).toStrictEqual(value);
      const changed = serializer.copy(value);
      mutate?.(changed as never);
      expect(copied).toStrictEqual(value);
    }
  });

  test('SerializerTestBase.testSerializeIndividually', () => {
    for (const value of examples)
      expect(deserializeFromBytes(serializer, serializeToBytes(serializer, value))).toStrictEqual(value);
  });

  test('SerializerTestBase.testSerializeAsSequenceNoReuse', () => {
    const output = new ByteWriter(16);
    for (const value of examples) serializer.serialize(value, output);
    const input = new ByteReader(output.toBytes());
    for (const value of examples) expect(serializer.deserialize(input)).toStrictEqual(value);
    input.expectEnd();
  });

  test('SerializerTestBase.testSerializabilityAndEquals', () => {
    const again = JSON.stringify(serializer.snapshot());
    for (const value of examples) serializer.copy(value);
    expect(JSON.stringify(serializer.snapshot())).toBe(again);
  });

  test('SerializerTestBase.testNullability', () => {
    if (examples.includes(null)) return;
    const output = new ByteWriter();
    expect(() => serializer.serialize(null, output)).toThrow(
      expect.objectContaining({ code: 'value-not-serializable' }),
    );
    expect(output.length).toBe(0);
  });

  test('refuses values of other types and leaves the writer as it was', () => {
    const output = new ByteWriter();
    output.writeUint8(42);
    for (const value of refused) {
      let thrown: unknown;
      try {
        serializer.serialize(value, output);
      } catch (error) {
        thrown = error;
      }
      expect(
        isStateError(thrown, 'value-not-serializable'),
        `${String(value === null ? null : typeof value)}: ${String(thrown)}`,
      ).toBe(true);
      expect(output.toBytes()).toStrictEqual(new Uint8Array([42]));
    }
  });

  test('a stream cut anywhere is corrupt', () => {
    for (const value of examples) {
      const written = serializeToBytes(serializer, value);
      for (let end = 0; end < written.length; end++) {
        let thrown: unknown;
        try {
          serializer.deserialize(new ByteReader(written, 0, end));
        } catch (error) {
          thrown = error;
        }
        expect(isStateError(thrown) && thrown.kind, `${end} of ${written.length} bytes: ${String(thrown)}`).toBe(
          'corrupt',
        );
      }
    }
  });
});
