// The shape of restoreSerializer, for the types that it builds and that need it in turn: a struct reads a removed
// field with the serializer of its stored schema.

import type { SerializerSnapshot, TypeSerializer } from './type-serializer.js';

/** What {@link RestoreSerializer} may know besides the built-in types. */
export interface RestoreOptions {
  /**
   * Serializers of one's own, or types built from them: a stored type of the same name is read by them when they are
   * compatible with it. A type that none of them knows is read as an OpaqueValue.
   */
  readonly custom?: readonly TypeSerializer<unknown>[];
}

/** Builds a serializer from its stored schema. @throws StateError `snapshot-invalid`, `serializer-missing`. */
export type RestoreSerializer = (snapshot: SerializerSnapshot, options?: RestoreOptions) => TypeSerializer<unknown>;
