// RC1 to RC3 of restored-compatibility.ts: the verdict about a restored state and the readers that follow from it.

import { describe, expect, it } from 'vitest';
import { ByteReader } from '../../src/bytes/byte-reader.js';
import { int32, int64 } from '../../src/serialization/integer-serializers.js';
import { deserializeFromBytes, serializeToBytes } from '../../src/serialization/key-bytes.js';
import { string } from '../../src/serialization/string-serializer.js';
import type { StateSchema } from '../../src/snapshot-format/segment-header.js';
import { decodeHeader, encodeHeader } from '../../src/snapshot-format/segment-header-format.js';
import { MapStateDescriptor, ValueStateDescriptor } from '../../src/state/state-descriptor.js';
import { readNamespaces, readValues } from '../../src/support/restored-compatibility.js';
import type { RestoredState } from '../../src/support/restored-keyed-state.js';
import { headerWith, schemaWith } from '../snapshot-format/segment-fixture.js';
import { EvolvingText, type TextVersion } from './evolving-text.js';

const writtenWith = (version: TextVersion): StateSchema =>
  schemaWith({ name: 'text', value: new EvolvingText(version).snapshot() });
const restored = (...schemas: readonly StateSchema[]): RestoredState => ({ name: 'text', kind: 'value', schemas });
const declared = (version: TextVersion) => new ValueStateDescriptor('text', { type: new EvolvingText(version) });
const storedBytes = (version: TextVersion): ByteReader =>
  new ByteReader(serializeToBytes(new EvolvingText(version), 'foo'));

describe('StateSerializerProviderTest', () => {
  it('testPreviousSchemaSerializerForLazilyRegisteredStateSerializerProvider: what the stored schema wrote is read', () => {
    const schema = writtenWith('v1');
    const { readers, migrates } = readValues(restored(schema), declared('v1'));
    expect(readers.get(schema)?.deserialize(storedBytes('v1'))).toBe('foo');
    expect(migrates).toBe(false);
  });

  it('testLazilyRegisterNewCompatibleAfterMigrationSerializer: read with the previous one, written with the new one', () => {
    const schema = writtenWith('v1');
    const { readers, migrates, valueSerializer } = readValues(restored(schema), declared('v2'));
    expect(migrates).toBe(true);
    expect(readers.get(schema)?.deserialize(storedBytes('v1'))).toBe('foo');
    expect(deserializeFromBytes(new EvolvingText('v2'), serializeToBytes(valueSerializer, 'bar'))).toBe('bar');
  });

  it('testLazilyRegisterNewSerializerRequiringReconfiguration: the reconfigured one is used, the given one never', () => {
    const schema = writtenWith('v1');
    const { readers, migrates, valueSerializer } = readValues(restored(schema), declared('reconfigurable'));
    expect(migrates).toBe(false);
    expect(readers.get(schema)?.deserialize(storedBytes('v1'))).toBe('foo');
    expect(deserializeFromBytes(new EvolvingText('v1'), serializeToBytes(valueSerializer, 'bar'))).toBe('bar');
  });

  it('testLazilyRegisterIncompatibleSerializer: refused with both schemas side by side', () => {
    expect(() => readValues(restored(writtenWith('v1')), declared('incompatible'))).toThrow(
      expect.objectContaining({
        code: 'value-serializer-incompatible',
        message: expect.stringMatching(/before: .*\n {2}program: .*\n {2}was v1/),
      }),
    );
  });
});

it('parts that were written under two schemas are each read with their own', () => {
  const schemas = [writtenWith('v1'), writtenWith('v2')] as const;
  const { readers, migrates } = readValues(restored(...schemas), declared('v2'));
  expect(migrates).toBe(true);
  expect(readers.get(schemas[0])?.deserialize(storedBytes('v1'))).toBe('foo');
  expect(readers.get(schemas[1])?.deserialize(storedBytes('v2'))).toBe('foo');
});

it('RC2: neither namespaces nor map keys migrate', () => {
  const schema = schemaWith({ kind: 'map', name: 'map', mapKey: int32.snapshot(), namespace: int32.snapshot() });
  const map: RestoredState = { name: 'map', kind: 'map', schemas: [schema] };
  expect(() => readValues(map, new MapStateDescriptor('map', { key: int64, value: string }))).toThrow(
    expect.objectContaining({ code: 'key-serializer-incompatible' }),
  );
  expect(() => readNamespaces(map, int64 as never)).toThrow(
    expect.objectContaining({ code: 'namespace-serializer-incompatible' }),
  );
  expect(readNamespaces(map, int32 as never)).toBe(int32);
});

it('SerializationProxiesTest.testKeyedStateMetaInfoSerialization: name, sort and schemas come back out of a header', () => {
  const states = [
    writtenWith('v2'),
    schemaWith({ id: 1, name: 'map', kind: 'map', mapKey: int64.snapshot(), namespace: string.snapshot() }),
  ];
  expect(decodeHeader(encodeHeader(headerWith({ states }))).states).toEqual(states);
});
