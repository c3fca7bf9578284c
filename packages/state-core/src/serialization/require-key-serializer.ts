// The run-time side of what the types say already: not every type can be a key.

import { StateError } from '../error/state-error.js';
import { isKeySerializer, type KeySerializer, type TypeSerializer } from './type-serializer.js';

/**
 * The serializer as a serializer of keys.
 *
 * @param what - Whose serializer it is, for the message: `the key of keyBy("orders")`, `the keys of a map`.
 * @throws StateError `key-type-unsupported` when its values have no canonical bytes.
 */
export function requireKeySerializer<T>(serializer: TypeSerializer<T>, what: string): KeySerializer<T> {
  if (isKeySerializer(serializer)) return serializer;
  throw new StateError(
    'key-type-unsupported',
    `${what} cannot be of type ${serializer.typeName}: its values have more than one form in bytes, so that equal keys could differ; ` +
      'take a primitive (string, safeInteger, ...), or a tuple or struct of primitives',
    { details: { what, typeName: serializer.typeName } },
  );
}
