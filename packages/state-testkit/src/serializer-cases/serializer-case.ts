// The sort of case that is run against a serializer, and what its author says about it.

import type { SerializerSnapshot, TypeSerializer } from '@tidemark/state-core';
import type { ConformanceCase } from '../conformance/conformance-case.js';
import type { SeededRandom } from '../fault/seeded-random.js';
import type { SerializerHarness } from './serializer-harness.js';

/** Bytes of an earlier version of the program, as hexadecimal digits, and the value that they stand for. */
export interface WrittenValue<T> {
  readonly hex: string;
  readonly value: T;
}

/** A schema that state may still be written under, and what becomes of it. */
export interface OlderSchema<T> {
  /** What `snapshot()` of the serializer gave then. */
  readonly schema: SerializerSnapshot;
  readonly outcome:
    | 'compatible-as-is'
    | 'compatible-after-migration'
    | 'compatible-with-reconfigured-serializer'
    | 'incompatible';
  /** What was written under it, and the value that it is read as today. Default: nothing is read. */
  readonly written?: readonly WrittenValue<T>[];
}

/** A serializer under test: the more an author says, the more is shown. */
export interface SerializerUnderTest<T> {
  /** Makes the serializer, as the program does. */
  create(): TypeSerializer<T>;
  /** Values of the type, no two equal: the empty one, the smallest, the largest, one with every optional part. */
  readonly values: readonly T[];
  /** Makes a value at random. Default: only `values` are looked at. */
  readonly generate?: (random: SeededRandom) => T;
  /** Values of other types, which are refused. Default: none is tried. */
  readonly outside?: readonly unknown[];
  /** Changes a value in place. Absent for types whose values cannot change. */
  readonly mutate?: (value: T) => void;
  /** Bytes that must never mean anything else. Default: none. */
  readonly golden?: readonly WrittenValue<T>[];
  /** Schemas that state may still be written under. Default: none. */
  readonly older?: readonly OlderSchema<T>[];
  /** Whether two values are equal. Default: by their structure. */
  readonly equals?: (a: T, b: T) => boolean;
}

/**
 * What a case about a serializer may require: what its author gave (`generator`, `valuesOutside`, `mutation`, `goldenBytes`,
 * `olderSchemas`), and what the serializer says of itself (`immutableType`, `fixedLength`, `keySerializer`).
 */
export type SerializerRequirement =
  | 'generator'
  | 'valuesOutside'
  | 'mutation'
  | 'goldenBytes'
  | 'olderSchemas'
  | 'immutableType'
  | 'fixedLength'
  | 'keySerializer';

/** A behaviour that every serializer must show. */
export type SerializerCase = ConformanceCase<SerializerHarness, SerializerRequirement>;
