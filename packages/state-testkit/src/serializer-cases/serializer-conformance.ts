// The suite for authors of serializers.

import { isKeySerializer } from '@tidemark/state-core/spi';
import { type ConformanceSuite, conformanceSuite } from '../conformance/conformance-case.js';
import { hostileBytesCases } from './hostile-bytes.cases.js';
import { keyCases } from './key.cases.js';
import { schemaCases } from './schema.cases.js';
import type { SerializerCase, SerializerRequirement, SerializerUnderTest } from './serializer-case.js';
import { SerializerHarness } from './serializer-harness.js';
import { valueCases } from './value.cases.js';

/** Every case about serializers. */
export const SERIALIZER_CASES: readonly SerializerCase[] = [
  ...valueCases,
  ...hostileBytesCases,
  ...schemaCases,
  ...keyCases,
];

/** What {@link serializerConformance} is given. */
export interface SerializerConformanceParameters<T> extends SerializerUnderTest<T> {
  /** Names the suite in reports. Default: the name of the type. */
  readonly name?: string;
}

/**
 * The cases that a serializer must pass. What its author does not give (a generator, values of other types, bytes of earlier
 * versions) is skipped, and the report says so.
 *
 * @example
 * ```ts
 * import { serializerConformance } from '@tidemark/state-testkit';
 * import { register } from '@tidemark/state-testkit/vitest';
 *
 * register(serializerConformance({
 *   create: () => money,
 *   values: [{ cents: 0n, currency: 'EUR' }, { cents: -5n, currency: 'USD' }],
 *   outside: [undefined, 5, { cents: 1, currency: 'EUR' }],
 *   mutate: (value) => void (value.cents += 1n),
 *   golden: [{ hex: '04 00 45 55 52', value: { cents: 0n, currency: 'EUR' } }],
 * }));
 * ```
 */
export function serializerConformance<T>(parameters: SerializerConformanceParameters<T>): ConformanceSuite {
  const serializer = parameters.create();
  const has: Readonly<Record<SerializerRequirement, boolean>> = {
    generator: parameters.generate !== undefined,
    valuesOutside: (parameters.outside?.length ?? 0) > 0,
    mutation: parameters.mutate !== undefined,
    goldenBytes: (parameters.golden?.length ?? 0) > 0,
    olderSchemas: (parameters.older?.length ?? 0) > 0,
    immutableType: serializer.isImmutableType,
    fixedLength: serializer.fixedLength !== undefined,
    keySerializer: isKeySerializer(serializer),
  };
  return conformanceSuite({
    name: `serializer ${parameters.name ?? serializer.typeName}`,
    cases: SERIALIZER_CASES,
    has: (requirement) => has[requirement],
    createContext: () => new SerializerHarness(parameters as unknown as SerializerUnderTest<unknown>),
    closeContext: (harness) => harness.close(),
  });
}
