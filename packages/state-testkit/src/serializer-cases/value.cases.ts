// Cases about values: to bytes and back, copies, and what is refused.

import { isStateError } from '@tidemark/state-core';
import { ByteReader, ByteWriter } from '@tidemark/state-core/spi';
import { assertEqual, assertStateError, assertTrue, ConformanceFailure, isEqual } from '../conformance/assertions.js';
import type { SerializerCase } from './serializer-case.js';
import { bytesOfHex, describe, hexOf } from './serializer-harness.js';
import { sharedMutableOf } from './shared-mutable.js';

/** Cases about values. */
export const valueCases: readonly SerializerCase[] = [
  {
    id: 'SER-ROUND-TRIP-01',
    title: 'every value comes back from its bytes',
    run(harness) {
      assertTrue(harness.values.length > 0, 'no values were given: the suite has nothing to show anything with');
      for (const value of harness.values) {
        const bytes = harness.write(value);
        const read = harness.serializer.deserialize(new ByteReader(bytes));
        harness.assertSame(read, value, `read from ${hexOf(bytes)}`);
      }
    },
  },
  {
    id: 'SER-ROUND-TRIP-02',
    title: 'values are read out of the middle of other bytes, and not a byte more',
    run(harness) {
      for (const filler of [0x00, 0x2a, 0xff]) {
        const output = new ByteWriter(1);
        const ends: number[] = [];
        output.writeUint8(filler);
        for (const value of harness.values) {
          harness.serializer.serialize(value, output);
          ends.push(output.length);
        }
        for (let count = 0; count < 9; count++) output.writeUint8(filler);
        const input = new ByteReader(output.toBytes());
        input.readUint8();
        for (const [index, value] of harness.values.entries()) {
          const what = `value ${index} of several, between bytes of ${filler}`;
          harness.assertSame(harness.serializer.deserialize(input), value, what);
          assertEqual(input.position, ends[index], `where the reader stands behind ${what}`);
        }
      }
    },
  },
  {
    id: 'SER-ROUND-TRIP-03',
    title: 'values drawn at random come back from their bytes',
    requires: ['generator'],
    run(harness) {
      for (const [index, value] of harness.generated().entries()) {
        const bytes = harness.write(value);
        const input = new ByteReader(bytes);
        harness.assertSame(harness.serializer.deserialize(input), value, `value ${index}, read from ${hexOf(bytes)}`);
        assertEqual(input.remaining, 0, `bytes left behind value ${index}`);
      }
    },
  },
  {
    id: 'SER-ROUND-TRIP-04',
    title: 'writing and copying leave the value as it was',
    run(harness) {
      for (const value of harness.values) {
        const before = harness.serializer.copy(value);
        const bytes = harness.write(value);
        harness.serializer.copy(value);
        harness.assertSame(value, before, 'the value, written and copied');
        assertEqual(hexOf(harness.write(value)), hexOf(bytes), 'bytes of the value, written again');
      }
    },
  },
  {
    id: 'SER-STATELESS-01',
    title: 'writers and readers in turn, a read that fails and a value that is refused in between, disturb nothing',
    run(harness) {
      const { serializer, values, underTest } = harness;
      const alone = values.map((value) => harness.write(value));
      const writers = [new ByteWriter(), new ByteWriter()];
      for (const value of values) {
        for (const writer of writers) serializer.serialize(value, writer);
        for (const stranger of underTest.outside ?? []) {
          try {
            serializer.serialize(stranger, new ByteWriter());
          } catch {
            // Refused, as SER-REFUSE-01 asks for.
          }
        }
      }
      for (const writer of writers) {
        const wanted = alone.flatMap((bytes) => [...bytes]);
        assertTrue(isEqual([...writer.toBytes()], wanted), 'values written in turn into two outputs have other bytes');
      }
      const readers = writers.map((writer) => new ByteReader(writer.toBytes()));
      for (const [index, value] of values.entries()) {
        for (const reader of readers) harness.assertSame(serializer.deserialize(reader), value, `value ${index}`);
        harness.tryRead((alone[index] as Uint8Array).subarray(1), 'bytes without their first');
      }
      const other = underTest.create();
      for (const [index, value] of values.entries())
        assertEqual(hexOf(harness.write(value, other)), hexOf(alone[index] as Uint8Array), 'bytes of another instance');
    },
  },
  {
    id: 'SER-REFUSE-01',
    title: 'values of other types are refused with value-not-serializable, and leave the output as it was',
    requires: ['valuesOutside'],
    run({ serializer, underTest: { outside = [] } }) {
      for (const value of outside) {
        const output = new ByteWriter();
        output.writeUint8(42);
        assertStateError(() => serializer.serialize(value, output), 'value-not-serializable', describe(value));
        assertEqual(hexOf(output.toBytes()), '2a', `the output after ${describe(value)} was refused`);
      }
    },
  },
  {
    id: 'SER-COPY-01',
    title: 'a copy is equal, and shares nothing with the value that could change',
    run(harness) {
      const { serializer } = harness;
      for (const value of [...harness.values, ...harness.generated()]) {
        const copy = serializer.copy(value);
        harness.assertSame(copy, value, 'the copy');
        if (serializer.isImmutableType) continue;
        const shared = sharedMutableOf(value, copy);
        if (shared !== undefined)
          throw new ConformanceFailure(`the copy of ${describe(value)} shares ${shared} with it, which can change`);
      }
    },
  },
  {
    id: 'SER-COPY-02',
    title: 'of an immutable type the value itself is the copy',
    requires: ['immutableType'],
    run({ serializer, values }) {
      for (const value of values)
        assertTrue(Object.is(serializer.copy(value), value), `copy(${describe(value)}) gave another value`);
    },
  },
  {
    id: 'SER-COPY-03',
    title: 'changing a value leaves its copies as they were, and changing a copy leaves the others',
    requires: ['mutation'],
    run(harness) {
      const { serializer, underTest } = harness;
      assertTrue(!serializer.isImmutableType, 'a type whose values can be changed in place says that it is immutable');
      for (const value of harness.values) {
        const bytes = harness.write(value);
        // Read from bytes: a copy that is the value itself would be compared with itself.
        const check = (copy: unknown, what: string): void =>
          harness.assertSame(copy, serializer.deserialize(new ByteReader(bytes)), what);
        const original = serializer.copy(value);
        const copy = serializer.copy(original);
        const other = serializer.copy(original);
        underTest.mutate?.(original);
        check(copy, 'a copy, after the value was changed');
        underTest.mutate?.(other);
        check(copy, 'a copy, after another one was changed');
      }
    },
  },
  {
    id: 'SER-LENGTH-01',
    title: 'every value has the length that the type says',
    requires: ['fixedLength'],
    run(harness) {
      for (const value of [...harness.values, ...harness.generated()])
        assertEqual(harness.write(value).length, harness.serializer.fixedLength, `bytes of ${describe(value)}`);
    },
  },
  {
    id: 'SER-GOLDEN-01',
    title: 'bytes of an earlier version mean the same values, and are written again',
    requires: ['goldenBytes'],
    run(harness) {
      for (const { hex, value } of harness.underTest.golden ?? []) {
        const bytes = bytesOfHex(hex);
        let read: unknown;
        try {
          const input = new ByteReader(bytes);
          read = harness.serializer.deserialize(input);
          assertEqual(input.remaining, 0, `bytes left of ${hex}`);
        } catch (error) {
          if (!isStateError(error)) throw error;
          throw new ConformanceFailure(`${hex} can no longer be read: ${error.message}`, error, value, error);
        }
        harness.assertSame(read, value, hex);
        const written = harness.write(value);
        assertTrue(isEqual(written, bytes), `${describe(value)} was written as ${hex}, and is now ${hexOf(written)}`);
      }
    },
  },
];
