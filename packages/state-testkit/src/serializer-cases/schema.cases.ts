// Cases about schemas: plain data, and what a serializer answers about older ones.

import type { SchemaCompatibility, SerializerSnapshot } from '@tidemark/state-core';
import { ByteReader } from '@tidemark/state-core/spi';
import { assertEqual, assertTrue, ConformanceFailure, isEqual } from '../conformance/assertions.js';
import type { SerializerCase } from './serializer-case.js';
import { bytesOfHex, describe, type SerializerHarness } from './serializer-harness.js';

const OUTCOMES: readonly string[] = [
  'compatible-as-is',
  'compatible-after-migration',
  'compatible-with-reconfigured-serializer',
  'incompatible',
];

/** Cases about schemas. */
export const schemaCases: readonly SerializerCase[] = [
  {
    id: 'SER-SCHEMA-01',
    title: 'the schema is plain data that JSON holds without loss',
    run({ serializer }) {
      const schema = serializer.snapshot();
      assertTrue(typeof schema.type === 'string' && schema.type !== '', 'the schema names no type');
      assertTrue(
        Number.isSafeInteger(schema.version) && schema.version >= 1,
        `no version: ${describe(schema.version)}`,
      );
      assertEqual(JSON.parse(JSON.stringify(schema)), schema, 'the schema after a way through JSON');
      assertEqual(
        Object.keys(schema).filter((name) => !/^(type|version|parameters)$/.test(name)),
        [],
        'other parts',
      );
    },
  },
  {
    id: 'SER-SCHEMA-02',
    title: 'the schema is the same at every call, from every instance, before and after use',
    run(harness) {
      const { serializer, underTest } = harness;
      const text = JSON.stringify(serializer.snapshot());
      for (const value of harness.values) harness.serializer.deserialize(new ByteReader(harness.write(value)));
      assertEqual(JSON.stringify(serializer.snapshot()), text, 'the schema after use');
      assertEqual(JSON.stringify(underTest.create().snapshot()), text, 'the schema of another instance');
      assertTrue(serializer.typeName.trim() !== '', 'the serializer has no name for messages');
    },
  },
  {
    id: 'SER-COMPAT-01',
    title: 'its own schema is compatible as it is, also from another instance and through JSON',
    run({ serializer, underTest }) {
      for (const schema of [serializer.snapshot(), stored(serializer.snapshot()), underTest.create().snapshot()])
        assertEqual(serializer.resolveCompatibility(schema).outcome, 'compatible-as-is', describe(schema));
    },
  },
  {
    id: 'SER-COMPAT-02',
    title: 'no schema makes it throw, and what is incompatible has a reason in words',
    run({ serializer }) {
      const own = stored(serializer.snapshot());
      let deep: unknown = own;
      for (let level = 0; level < 2_000; level++)
        deep = { type: own.type, version: own.version, parameters: { of: deep } };
      const hostile: unknown[] = [
        undefined,
        null,
        7,
        'int32',
        [],
        {},
        { type: '' },
        { type: own.type },
        { type: own.type, version: 'one' },
        { type: own.type, version: Number.NaN, parameters: null },
        { type: own.type, version: own.version, parameters: [] },
        { type: own.type, version: own.version, parameters: { fields: 7, values: {}, element: null } },
        { type: own.type, version: own.version + 1_000, parameters: own.parameters },
        { type: 'x-conformance-unknown', version: 1 },
        { type: 'constructor', version: 1 },
        { type: '__proto__', version: 1 },
        JSON.parse(`{"type":${JSON.stringify(own.type)},"version":1,"parameters":{"__proto__":{"polluted":true}}}`),
        deep,
      ];
      for (const schema of hostile) {
        const what = shortened(schema);
        let answer: SchemaCompatibility<unknown>;
        try {
          answer = serializer.resolveCompatibility(schema as SerializerSnapshot);
        } catch (error) {
          throw new ConformanceFailure(
            `${what}: resolveCompatibility threw ${describe(error)}`,
            error,
            'an answer',
            error,
          );
        }
        assertTrue(OUTCOMES.includes(answer.outcome), `${what}: the outcome ${describe(answer.outcome)} is none`);
        if (answer.outcome === 'incompatible')
          assertTrue(typeof answer.reason === 'string' && answer.reason.trim() !== '', `${what}: no reason`);
      }
      assertEqual(({} as Record<string, unknown>)['polluted'], undefined, 'the prototype of all objects');
    },
  },
  {
    id: 'SER-COMPAT-03',
    title: 'older schemas have the outcome that the author says, and what was written under them is read',
    requires: ['olderSchemas'],
    run(harness) {
      for (const { schema, outcome, written = [] } of harness.underTest.older ?? []) {
        const answer = harness.serializer.resolveCompatibility(stored(schema));
        const why = answer.outcome === 'incompatible' ? ` (${answer.reason})` : '';
        assertEqual(answer.outcome, outcome, `${describe(schema)}${why}`);
        for (const { hex, value } of written) {
          const input = new ByteReader(bytesOfHex(hex));
          harness.assertSame(readerOf(harness, answer).deserialize(input), value, `${hex} under ${describe(schema)}`);
          assertEqual(input.remaining, 0, `bytes left of ${hex}`);
          harness.assertSame(
            harness.serializer.deserialize(new ByteReader(harness.write(value))),
            value,
            'the value, written anew',
          );
        }
      }
    },
  },
];

function readerOf({ serializer }: SerializerHarness, answer: SchemaCompatibility<unknown>) {
  switch (answer.outcome) {
    case 'compatible-as-is':
      return serializer;
    case 'compatible-after-migration':
      return answer.previous;
    case 'compatible-with-reconfigured-serializer':
      return answer.serializer;
    case 'incompatible':
      throw new ConformanceFailure('values written under an incompatible schema cannot be read: leave `written` out');
  }
}

/** A schema as it comes out of a snapshot. */
function stored(schema: SerializerSnapshot): SerializerSnapshot {
  const copy: unknown = JSON.parse(JSON.stringify(schema));
  if (!isEqual(copy, schema)) throw new ConformanceFailure('the schema is not data that JSON holds', copy, schema);
  return copy as SerializerSnapshot;
}

function shortened(schema: unknown): string {
  return `the schema ${describe(schema)}`;
}
