// `struct(...)` and the TypeScript types that follow from its fields.

import type { OptionalSerializer } from './absence-serializers.js';
import { restoreSerializer } from './restore-serializer.js';
import { StructSerializer } from './struct-serializer.js';
import type { Infer, KeySerializer, TypeSerializer } from './type-serializer.js';

/** The fields of a struct: serializers by name. */
export interface StructFields {
  readonly [name: string]: TypeSerializer<unknown>;
}

type OptionalNames<F extends StructFields> = {
  [N in keyof F]: F[N] extends OptionalSerializer<unknown> ? N : never;
}[keyof F];

type Flat<T> = { [N in keyof T]: T[N] };

/** The objects of a struct; a field of optional(...) is an optional property. */
export type StructValue<F extends StructFields> = Flat<
  { -readonly [N in Exclude<keyof F, OptionalNames<F>>]: Infer<F[N]> } & {
    -readonly [N in OptionalNames<F>]?: Infer<F[N]>;
  }
>;

/** Serializer of a struct: of keys when all its fields are. */
export type StructSerializerOf<F extends StructFields> = { readonly fields: F } & (F[keyof F] extends {
  readonly isKeySerializer: true;
}
  ? KeySerializer<StructValue<F>>
  : TypeSerializer<StructValue<F>>);

/** How a struct evolves; nothing of it is needed at first. */
export interface StructOptions<F extends StructFields> {
  /** Values for fields that stored structs do not have. */
  readonly defaults?: { readonly [N in keyof F]?: Infer<F[N]> };
  /** Version of the meaning of the fields, from 1, which is the default. Raise it together with an entry in `migrate`. */
  readonly version?: number;
  /** By stored version: makes a value of today from a stored one, whose shape is that of the stored schema. */
  readonly migrate?: { readonly [version: number]: (old: unknown) => StructValue<F> };
}

/**
 * Objects with the given fields, stored in the order of declaration.
 *
 * A struct evolves by name: fields may be reordered, removed, added (with a default, or as optional(...)) and widened
 * (int32 to safeInteger, int64, float64 or bigint; t to nullable(t) or optional(t)). For everything else there is
 * `version` with `migrate`. Properties without a field are not stored.
 *
 * @throws TypeError for a field that is no serializer, or a default that its field does not take.
 * @throws RangeError for a version below 1 or a migrate function for a version that is not older.
 * @example
 * const Stat = struct({ n: int32, sum: float64, note: optional(string) });
 * type Stat = Infer<typeof Stat>;   // { n: number; sum: number; note?: string | undefined }
 */
export function struct<F extends StructFields>(fields: F, options: StructOptions<F> = {}): StructSerializerOf<F> {
  const version = options.version ?? 1;
  if (!Number.isSafeInteger(version) || version < 1)
    throw new RangeError(`the version of a struct is an integer from 1, not ${version}`);
  const migrate = new Map<number, (old: unknown) => unknown>();
  for (const [from, migration] of Object.entries(options.migrate ?? {})) {
    if (!(Number(from) >= 1 && Number(from) < version)) {
      throw new RangeError(
        `migrate has an entry for version ${from}, which is not older than version ${version}; raise the version`,
      );
    }
    migrate.set(Number(from), migration);
  }
  const serializer = new StructSerializer<object>(
    {
      entries: Object.entries(fields),
      defaults: new Map(Object.entries(options.defaults ?? {})),
      schemaVersion: version,
      migrate,
    },
    restoreSerializer,
  );
  return serializer as unknown as StructSerializerOf<F>;
}
