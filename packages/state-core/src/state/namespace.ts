// The second dimension of keyed state. Plain keyed state lives in the one void namespace; windows have theirs.

import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteWriter } from '../bytes/byte-writer.js';
import type { KeySerializer, SchemaCompatibility, SerializerSnapshot } from '../serialization/type-serializer.js';

/** The namespace of plain keyed state. */
export const VOID_NAMESPACE: unique symbol = Symbol.for('tidemark.VoidNamespace') as never;

/** The type of {@link VOID_NAMESPACE}. */
export type VoidNamespace = typeof VOID_NAMESPACE;

/** Writes nothing at all: the void namespace costs no byte in a snapshot. */
export const voidNamespaceSerializer: KeySerializer<VoidNamespace> = Object.freeze({
  typeName: 'void-namespace',
  isImmutableType: true,
  isKeySerializer: true as const,
  fixedLength: 0,
  serialize(_value: VoidNamespace, _output: ByteWriter): void {},
  deserialize(_input: ByteReader): VoidNamespace {
    return VOID_NAMESPACE;
  },
  serializeKey(_value: VoidNamespace, _output: ByteWriter): void {},
  deserializeKey(_input: ByteReader): VoidNamespace {
    return VOID_NAMESPACE;
  },
  copy(value: VoidNamespace): VoidNamespace {
    return value;
  },
  identity(_value: VoidNamespace): number {
    return 0;
  },
  hash(_value: VoidNamespace): number {
    return 0;
  },
  compare(_a: VoidNamespace, _b: VoidNamespace): number {
    return 0;
  },
  snapshot(): SerializerSnapshot {
    return { type: 'void-namespace', version: 1 };
  },
  resolveCompatibility(previous: SerializerSnapshot): SchemaCompatibility<VoidNamespace> {
    return previous.type === 'void-namespace'
      ? { outcome: 'compatible-as-is' }
      : { outcome: 'incompatible', reason: `the state was written with namespaces of type ${previous.type}` };
  },
});
