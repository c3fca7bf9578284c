// What every serializer is: values to self-contained bytes and back, copies, and a description of the schema that a
// later program can compare with its own.
//
//   S1. deserialize(serialize(v)) equals v, and leaves the reader exactly behind the value: values are self-delimiting.
//   S2. Bytes that serialize did not write give a StateError of kind `corrupt`, never another value, a hang or an
//       allocation larger than the bytes can justify.
//   S3. A serializer is immutable and holds no state between calls: one instance may serve many readers and writers.
//   S4. For keys: identity(a) === identity(b) exactly when the canonical bytes of a and b are equal, and the order of
//       canonical bytes (unsigned, lexicographic) is the order of `compare`.

import type { ByteInput } from '../bytes/byte-reader.js';
import type { ByteOutput } from '../bytes/byte-writer.js';

/** Data without behaviour, as JSON can hold it. */
export type PlainData =
  | null
  | boolean
  | number
  | string
  | readonly PlainData[]
  | { readonly [name: string]: PlainData };

/**
 * The schema of a serializer as plain data. It is stored with the state that was written, and a later serializer is
 * compared with it.
 */
export interface SerializerSnapshot {
  /** What kind of serializer wrote: `int32`, `struct`, or the name given to a serializer of one's own. */
  readonly type: string;
  /** Version of the layout that this kind writes, from 1. */
  readonly version: number;
  /** What the layout depends on: fields, element types, literals. */
  readonly parameters?: { readonly [name: string]: PlainData };
}

/**
 * How a serializer relates to bytes written under an older schema.
 *
 * - `compatible-as-is`: the serializer reads the old bytes.
 * - `compatible-after-migration`: `previous` reads the old bytes and returns values of today's shape.
 * - `compatible-with-reconfigured-serializer`: `serializer` must be used instead of the given one.
 * - `incompatible`: the values cannot be read; `reason` says why in words.
 */
export type SchemaCompatibility<T> =
  | { readonly outcome: 'compatible-as-is' }
  | { readonly outcome: 'compatible-after-migration'; readonly previous: ValueReader<T> }
  | { readonly outcome: 'compatible-with-reconfigured-serializer'; readonly serializer: TypeSerializer<T> }
  | { readonly outcome: 'incompatible'; readonly reason: string };

/** Reads values; the half of a serializer that a migration needs. */
export interface ValueReader<T> {
  deserialize(input: ByteInput): T;
}

/**
 * Turns values of one type into bytes and back.
 *
 * Implementers (guide: Serializers)
 * - MUST give back from the bytes of a value an equal value. [SER-ROUND-TRIP-01, SER-ROUND-TRIP-03]
 * - MUST write values that can be read without knowing what came before or after, and read not a byte more.
 *   [SER-ROUND-TRIP-02]
 * - MUST hold no state between calls. [SER-STATELESS-01]
 * - MUST read the bytes that an earlier version of the program wrote, and write the same ones. [SER-GOLDEN-01]
 */
export interface TypeSerializer<T> {
  /** Name for messages: `struct({ n: int32 })`. */
  readonly typeName: string;
  /**
   * Whether values can never change: then nothing is copied.
   *
   * Implementers (guide: Serializers)
   * - MUST be true only when `copy` may return the value itself. [SER-COPY-02]
   */
  readonly isImmutableType: boolean;
  /**
   * The size of every value in bytes when it is the same for all.
   *
   * Implementers (guide: Serializers)
   * - MUST be the length of every value, when it is there. [SER-LENGTH-01]
   */
  readonly fixedLength: number | undefined;

  /**
   * Implementers (guide: Serializers)
   * - MUST refuse values outside the type with a StateError `value-not-serializable`, and leave the output as it was.
   *   [SER-REFUSE-01]
   * - MUST leave the value as it was. [SER-ROUND-TRIP-04]
   *
   * @throws StateError `value-not-serializable` for a value outside the type, `value-too-large` past 2^31 - 1 bytes.
   */
  serialize(value: T, output: ByteOutput): void;
  /**
   * Implementers (guide: Serializers)
   * - MUST refuse bytes it did not write with a StateError of kind `corrupt`: cut ones always. [SER-HOSTILE-01]
   * - MUST give nothing but values of the type for bytes that it does take, whatever was changed in them.
   *   [SER-HOSTILE-02..SER-HOSTILE-04]
   *
   * @throws StateError `bytes-truncated` or `bytes-invalid` for bytes that `serialize` did not write.
   */
  deserialize(input: ByteInput): T;
  /**
   * A value that shares nothing mutable with `value`; `value` itself for immutable types.
   *
   * Implementers (guide: Serializers)
   * - MUST return an equal value that shares nothing mutable with its argument. [SER-COPY-01, SER-COPY-03]
   */
  copy(value: T): T;
  /**
   * The schema as plain data, to be stored with what was written.
   *
   * Implementers (guide: Schema changes)
   * - MUST be data that JSON holds without loss, the same at every call. [SER-SCHEMA-01, SER-SCHEMA-02]
   */
  snapshot(): SerializerSnapshot;
  /**
   * Decides whether state written under `previous` can be read.
   *
   * Implementers (guide: Schema changes)
   * - MUST find its own schema compatible as it is. [SER-COMPAT-01]
   * - MUST not throw, whatever the schema holds, and give a reason in words when it is incompatible. [SER-COMPAT-02]
   * - MUST read what was written under the older schemas that it finds compatible. [SER-COMPAT-03]
   */
  resolveCompatibility(previous: SerializerSnapshot): SchemaCompatibility<T>;
}

/** What a value is known by in a `Map`: equal exactly for equal keys. */
export type KeyIdentity = number | string | bigint;

/**
 * A serializer whose values may be keys, namespaces or map keys: they compare by value on every backend.
 *
 * Key serializers never migrate: the bytes decide where a key lives.
 *
 * Implementers (guide: Key serializers)
 * - MUST write canonical bytes that are read back as the key, one after the other. [SER-KEY-04]
 * - MUST refuse bytes that are not canonical. [SER-KEY-05]
 */
export interface KeySerializer<K> extends TypeSerializer<K> {
  /** Marks the capability, so that a value serializer does not type-check as a key serializer. */
  readonly isKeySerializer: true;
  /**
   * Equal for equal keys only. -0 is 0 and every NaN is one NaN.
   *
   * Implementers (guide: Key serializers)
   * - MUST be equal exactly for keys whose canonical bytes are equal. [SER-KEY-01]
   */
  identity(key: K): KeyIdentity;
  /**
   * A signed 32-bit hash; see key-hash.ts for which.
   *
   * Implementers (guide: Key serializers)
   * - MUST be a signed 32-bit integer, the same for equal keys. [SER-KEY-03]
   */
  hash(key: K): number;
  /** Writes the canonical bytes: self-delimiting, one form per value, byte order is key order. */
  serializeKey(key: K, output: ByteOutput): void;
  /** Reads canonical bytes. @throws StateError `bytes-truncated` or `bytes-invalid`. */
  deserializeKey(input: ByteInput): K;
  /**
   * Negative, zero or positive as the canonical bytes of `a` are before, equal to or after those of `b`.
   *
   * Implementers (guide: Key serializers)
   * - MUST order keys as their canonical bytes are ordered. [SER-KEY-02]
   */
  compare(a: K, b: K): number;
}

/** The TypeScript type of the values of a serializer. */
export type Infer<S> = S extends TypeSerializer<infer T> ? T : never;

/** Whether a serializer can serve as the serializer of keys. */
export function isKeySerializer<T>(serializer: TypeSerializer<T>): serializer is KeySerializer<T> {
  return (serializer as Partial<KeySerializer<T>>).isKeySerializer === true;
}
