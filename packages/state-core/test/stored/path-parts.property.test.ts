// Where parts of a path end, for keys of every sort: as their serializers say.

import { testRuns } from '@tidemark/config/test-runs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isStateError } from '../../src/error/state-error.js';
import { boolean } from '../../src/serialization/boolean-serializer.js';
import { bytes } from '../../src/serialization/bytes-serializer.js';
import { float64 } from '../../src/serialization/float64-serializer.js';
import { int32, int64, safeInteger } from '../../src/serialization/integer-serializers.js';
import { serializeKeyToBytes } from '../../src/serialization/key-bytes.js';
import { string } from '../../src/serialization/string-serializer.js';
import { struct } from '../../src/serialization/struct.js';
import type { KeySerializer } from '../../src/serialization/type-serializer.js';
import { VOID_NAMESPACE, voidNamespaceSerializer } from '../../src/state/namespace.js';
import { PathParts } from '../../src/stored/path-parts.js';

type Sort = readonly [KeySerializer<never>, fc.Arbitrary<unknown>];

const SORTS: readonly Sort[] = [
  [int32 as never, fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })],
  [safeInteger as never, fc.maxSafeInteger()],
  [int64 as never, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
  [float64 as never, fc.double()],
  [boolean as never, fc.boolean()],
  [string as never, fc.string({ unit: 'binary' })],
  [bytes as never, fc.uint8Array({ max: 2 })],
  [struct({ a: string, b: int32 }) as never, fc.record({ a: fc.string({ unit: 'binary' }), b: fc.nat() })],
];
const VOID: Sort = [voidNamespaceSerializer as never, fc.constant(VOID_NAMESPACE)];

const partOf = (sorts: readonly Sort[]) =>
  fc.constantFrom(...sorts).chain(([serializer, values]) => fc.tuple(fc.constant(serializer), values));

describe('the parts of a path', () => {
  test('end where their serializers end', () => {
    fc.assert(
      fc.property(partOf(SORTS), partOf([VOID, ...SORTS]), fc.option(partOf(SORTS)), (key, namespace, mapKey) => {
        const written = [key, namespace, ...(mapKey === null ? [] : [mapKey])].map(([serializer, value]) =>
          serializeKeyToBytes(serializer, value as never),
        );
        const path = Buffer.concat(written);
        const parts = new PathParts(key[0] as never, namespace[0] as never, mapKey?.[0] as never);
        parts.divide(path);
        expect(parts.keyEnd).toBe((written[0] as Uint8Array).length);
        expect(parts.namespaceEnd).toBe(parts.keyEnd + (written[1] as Uint8Array).length);
      }),
      { numRuns: testRuns(500) },
    );
  });

  test('of bytes that are no path are an error of kind corrupt', () => {
    for (const [key, path] of [
      [int32, Uint8Array.of(1, 2)],
      [string, Uint8Array.of(65, 66)],
      [string, Uint8Array.of(65, 0, 7)],
      [struct({ a: string }), Uint8Array.of(65)],
    ] as const) {
      const parts = new PathParts(key as never, voidNamespaceSerializer as never, int32 as never);
      try {
        parts.divide(path);
        expect.unreachable();
      } catch (error) {
        expect(isStateError(error) && error.kind).toBe('corrupt');
      }
    }
  });
});
