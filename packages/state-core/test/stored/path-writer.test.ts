// Paths of keys, namespaces and map keys, and what is read of them again.

import { describe, expect, test } from 'vitest';
import { ByteReader } from '../../src/bytes/byte-reader.js';
import { int32 } from '../../src/serialization/integer-serializers.js';
import { serializeKeyToBytes } from '../../src/serialization/key-bytes.js';
import { string } from '../../src/serialization/string-serializer.js';
import type { KeySerializer } from '../../src/serialization/type-serializer.js';
import { VOID_NAMESPACE, voidNamespaceSerializer } from '../../src/state/namespace.js';
import type { CellTypes } from '../../src/stored/cell-table.js';
import { PathParts } from '../../src/stored/path-parts.js';
import { PathWriter } from '../../src/stored/path-writer.js';

interface Part {
  readonly name: string;
  readonly serializer: KeySerializer<unknown>;
  readonly valueOf: (number: number) => unknown;
}

/** Of a fixed length, and of a length that says itself where it ends: two of these in a row are Flink's ambiguous case. */
const INTEGERS: Part = { name: 'int32', serializer: int32 as KeySerializer<unknown>, valueOf: (number) => number };
const TEXTS: Part = {
  name: 'string',
  serializer: string as KeySerializer<unknown>,
  valueOf: (number) => '\0'.repeat(number % 3) + String(number).repeat(number % 4),
};

const PAIRS: readonly (readonly [Part, Part])[] = [
  [INTEGERS, INTEGERS],
  [INTEGERS, TEXTS],
  [TEXTS, INTEGERS],
  [TEXTS, TEXTS],
];

function typesOf(key: Part, namespace: KeySerializer<unknown>, mapKey: Part = INTEGERS): CellTypes {
  return {
    stateId: 1,
    stateName: 'state',
    key: key.serializer,
    namespace,
    hasNamespaces: namespace !== voidNamespaceSerializer,
    mapKey: mapKey.serializer,
    isMap: true,
    isList: false,
  };
}

function read(path: Uint8Array, ...serializers: readonly KeySerializer<unknown>[]): unknown[] {
  const input = new ByteReader(path);
  const values = serializers.map((serializer) => serializer.deserializeKey(input));
  expect(input.position).toBe(path.length);
  return values;
}

describe('CompositeKeySerializationUtilsTest', () => {
  test.each([INTEGERS, TEXTS])('testKeySerializationAndDeserialization: $name alone', (key) => {
    const writer = new PathWriter();
    const types = typesOf(key, voidNamespaceSerializer as KeySerializer<unknown>);
    for (let number = 0; number < 100; number++) {
      const path = writer.path(types, key.valueOf(number), VOID_NAMESPACE);
      expect(path).toEqual(serializeKeyToBytes(key.serializer, key.valueOf(number)));
      expect(read(path, key.serializer)).toEqual([key.valueOf(number)]);
    }
  });

  test.each(PAIRS.map(([key, namespace]) => ({ key, namespace })))(
    'testNamespaceSerializationAndDeserialization: $namespace.name behind $key.name',
    ({ key, namespace }) => {
      const writer = new PathWriter();
      const types = typesOf(key, namespace.serializer);
      const paths = new Set<string>();
      for (let number = 0; number < 100; number++) {
        for (const other of [number, 99 - number]) {
          const path = writer.path(types, key.valueOf(number), namespace.valueOf(other));
          expect(read(path, key.serializer, namespace.serializer)).toEqual([
            key.valueOf(number),
            namespace.valueOf(other),
          ]);
          paths.add(`${Buffer.from(path).toString('hex')}`);
        }
      }
      const distinct = new Set(
        Array.from({ length: 100 }, (_, number) => [number, 99 - number])
          .flatMap(([number = 0, other = 0]) => [
            [number, number],
            [number, other],
          ])
          .map(([number = 0, other = 0]) => JSON.stringify([key.valueOf(number), namespace.valueOf(other)])),
      );
      expect(paths.size).toBe(distinct.size);
    },
  );
});

describe('SerializedCompositeKeyBuilderTest', () => {
  const combinations = PAIRS.flatMap(([key, namespace]) =>
    [INTEGERS, TEXTS].map((mapKey) => ({
      key,
      namespace,
      mapKey,
      title: [key, namespace, mapKey].map(({ name }) => name),
    })),
  );

  test.each(combinations)(
    'testSetKeyNamespaceUserKey: $title, from all three and from the prefix of the map',
    ({ key, namespace, mapKey }) => {
      const [writer, prefixes] = [new PathWriter(), new PathWriter()];
      const types = typesOf(key, namespace.serializer, mapKey);
      const parts = new PathParts(key.serializer, namespace.serializer, mapKey.serializer);
      for (let number = 0; number < 100; number++) {
        const values = [key.valueOf(number), namespace.valueOf(number + 1), mapKey.valueOf(number + 2)];
        const path = writer.pathOf(types, values[0], values[1], values[2]).slice();
        expect(read(path, key.serializer, namespace.serializer, mapKey.serializer)).toEqual(values);
        const prefix = prefixes.path(types, values[0], values[1]);
        expect(writer.pathOfEntry(types, prefix, values[2])).toEqual(path);
        parts.divide(path);
        expect(parts.namespaceEnd).toBe(prefix.length);
      }
    },
  );

  test('testSetKeyNamespaceUserKeyWithSet: under one key and namespace every map key in turn, also after a path that needed more room', () => {
    const writer = new PathWriter();
    const types = typesOf(TEXTS, string as KeySerializer<unknown>, TEXTS);
    const prefix = new PathWriter().path(types, 'key', 'namespace').slice();
    for (const mapKey of ['a', 'b'.repeat(100_000), 'c', '']) {
      const path = writer.pathOfEntry(types, prefix, mapKey);
      expect(read(path, types.key, types.namespace, types.mapKey)).toEqual(['key', 'namespace', mapKey]);
    }
  });
});
