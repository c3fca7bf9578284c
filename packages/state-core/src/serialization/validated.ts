// validated(type, schema): values read from bytes are also checked by a validator of the Standard Schema
// (https://standardschema.dev), as zod, valibot and arktype are. For development: off the hot path when switched off.

import type { ByteReader } from '../bytes/byte-reader.js';
import { StateError } from '../error/state-error.js';
import type { TypeSerializer } from './type-serializer.js';

/** The part of the Standard Schema interface, version 1, that is used here. */
export interface StandardSchema {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    validate(value: unknown): StandardResult | Promise<StandardResult>;
  };
}

/** What a validator of the Standard Schema answers. */
export interface StandardResult {
  readonly issues?: readonly { readonly message: string; readonly path?: readonly unknown[] | undefined }[] | undefined;
}

/**
 * The same type, whose values are checked by a validator whenever they are read from bytes.
 *
 * What the validator returns is not used: it checks and does not transform.
 *
 * @param when - False gives the type itself, so that nothing is left on the hot path:
 *   `validated(Stat, schema, process.env.NODE_ENV !== 'production')`.
 * @returns A serializer whose `deserialize` throws StateError `value-invalid` for a value that the validator refuses.
 * @throws TypeError when reading, for a validator that answers with a promise.
 */
export function validated<S extends TypeSerializer<unknown>>(type: S, schema: StandardSchema, when = true): S {
  if (!when) return type;
  const deserialize = (input: ByteReader): unknown => {
    const value = type.deserialize(input);
    const result = schema['~standard'].validate(value);
    if (result instanceof Promise)
      throw new TypeError(`the validator of ${type.typeName} is asynchronous; state is read synchronously`);
    if (result.issues !== undefined) throw invalidValue(type, result.issues);
    return value;
  };
  return Object.create(type, { deserialize: { value: deserialize } }) as S;
}

function invalidValue(type: TypeSerializer<unknown>, issues: NonNullable<StandardResult['issues']>): StateError {
  const messages = issues.map(({ message }) => message);
  return new StateError(
    'value-invalid',
    `a stored value of ${type.typeName} does not pass its validator: ${messages.join('; ')}`,
    {
      details: { typeName: type.typeName, messages },
    },
  );
}
