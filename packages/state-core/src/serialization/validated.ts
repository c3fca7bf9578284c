// validated(type, schema): values read from bytes are also checked by a validator of the Standard Schema
// (https://standardschema.dev), as zod, valibot and arktype are. For development: off the hot path when switched off.

import type { ByteReader } from '../bytes/byte-reader.js';
import { StateError } from '../error/state-error.js';
import type { SchemaCompatibility, SerializerSnapshot, TypeSerializer, ValueReader } from './type-serializer.js';

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
 * The same type, whose values are checked by a validator whenever they are read from bytes, migrated ones included.
 *
 * What the validator returns is not used: it checks and does not transform. Values that the program writes are not
 * checked: the type itself refuses what it cannot store.
 *
 * @param when - False gives the type itself, so that nothing is left on the hot path:
 *   `validated(Stat, schema, process.env.NODE_ENV !== 'production')`.
 * @returns A serializer that throws when it reads a value that the validator refuses.
 * @throws TypeError when reading, for a validator that answers with a promise. StateError `value-invalid` when reading,
 * for a value that the validator refuses.
 */
export function validated<S extends TypeSerializer<unknown>>(type: S, schema: StandardSchema, when = true): S {
  if (!when) return type;
  const checked = (reader: ValueReader<unknown>) => (input: ByteReader) =>
    checkValue(type, schema, reader.deserialize(input));
  const resolveCompatibility = (previous: SerializerSnapshot): SchemaCompatibility<unknown> => {
    const answer = type.resolveCompatibility(previous);
    switch (answer.outcome) {
      case 'compatible-after-migration':
        return { ...answer, previous: { deserialize: checked(answer.previous) } };
      case 'compatible-with-reconfigured-serializer':
        return { ...answer, serializer: validated(answer.serializer, schema) };
      default:
        return answer;
    }
  };
  return Object.create(type, {
    deserialize: { value: checked(type) },
    // A type that copies by way of its bytes would validate every copy, on the hot path.
    copy: { value: (value: unknown) => type.copy(value) },
    resolveCompatibility: { value: resolveCompatibility },
  }) as S;
}

function checkValue(type: TypeSerializer<unknown>, schema: StandardSchema, value: unknown): unknown {
  const result = schema['~standard'].validate(value);
  if (result instanceof Promise)
    throw new TypeError(`the validator of ${type.typeName} is asynchronous; state is read synchronously`);
  if (result.issues !== undefined) throw invalidValue(type, result.issues);
  return value;
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
