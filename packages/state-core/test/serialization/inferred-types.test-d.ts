// The TypeScript types that follow from serializers. Checked by the compiler; nothing here runs.

import { expectTypeOf } from 'vitest';
import { nullable, optional } from '../../src/serialization/absence-serializers.js';
import type { bigint } from '../../src/serialization/bigint-serializer.js';
import type { boolean } from '../../src/serialization/boolean-serializer.js';
import type { bytes } from '../../src/serialization/bytes-serializer.js';
import { serializer } from '../../src/serialization/custom-serializer.js';
import { date } from '../../src/serialization/date-serializer.js';
import { float64 } from '../../src/serialization/float64-serializer.js';
import { int32, int64, safeInteger } from '../../src/serialization/integer-serializers.js';
import { type JsonValue, json } from '../../src/serialization/json-serializer.js';
import { list } from '../../src/serialization/list-serializer.js';
import { literal } from '../../src/serialization/literal-serializer.js';
import { map } from '../../src/serialization/map-serializer.js';
import { type MsgpackValue, msgpack } from '../../src/serialization/msgpack-serializer.js';
import { set } from '../../src/serialization/set-serializer.js';
import { string } from '../../src/serialization/string-serializer.js';
import { struct } from '../../src/serialization/struct.js';
import { tuple } from '../../src/serialization/tuple-serializer.js';
import type { Infer, KeySerializer, TypeSerializer } from '../../src/serialization/type-serializer.js';
import { union } from '../../src/serialization/union-serializer.js';
import { validated } from '../../src/serialization/validated.js';
import { withMigration } from '../../src/serialization/with-migration.js';

expectTypeOf<Infer<typeof boolean>>().toEqualTypeOf<boolean>();
expectTypeOf<Infer<typeof int32>>().toEqualTypeOf<number>();
expectTypeOf<Infer<typeof safeInteger>>().toEqualTypeOf<number>();
expectTypeOf<Infer<typeof int64>>().toEqualTypeOf<bigint>();
expectTypeOf<Infer<typeof float64>>().toEqualTypeOf<number>();
expectTypeOf<Infer<typeof string>>().toEqualTypeOf<string>();
expectTypeOf<Infer<typeof bytes>>().toEqualTypeOf<Uint8Array>();
expectTypeOf<Infer<typeof date>>().toEqualTypeOf<Date>();
expectTypeOf<Infer<typeof bigint>>().toEqualTypeOf<bigint>();
expectTypeOf<Infer<typeof json>>().toEqualTypeOf<JsonValue>();
expectTypeOf<Infer<typeof msgpack>>().toEqualTypeOf<MsgpackValue>();

interface Order {
  readonly id: string;
  readonly lines: readonly string[];
}
const order = json.of<Order>();
expectTypeOf<Infer<typeof order>>().toEqualTypeOf<Order>();

const status = literal('open', 'closed', 3, true);
expectTypeOf<Infer<typeof status>>().toEqualTypeOf<'open' | 'closed' | 3 | true>();

const pair = tuple(string, int32);
expectTypeOf<Infer<typeof pair>>().toEqualTypeOf<[string, number]>();

const tags = list(string);
expectTypeOf<Infer<typeof tags>>().toEqualTypeOf<string[]>();
const ids = set(safeInteger);
expectTypeOf<Infer<typeof ids>>().toEqualTypeOf<Set<number>>();
const byDay = map(string, list(float64));
expectTypeOf<Infer<typeof byDay>>().toEqualTypeOf<Map<string, number[]>>();
const maybe = nullable(string);
expectTypeOf<Infer<typeof maybe>>().toEqualTypeOf<string | null>();

const Stat = struct({ n: int32, sum: float64, note: optional(string), tags: nullable(list(string)) });
type Stat = Infer<typeof Stat>;
expectTypeOf<Stat>().toEqualTypeOf<{ n: number; sum: number; tags: string[] | null; note?: string | undefined }>();
const nothing = struct({});
expectTypeOf<keyof Infer<typeof nothing>>().toEqualTypeOf<never>();
const assignable: Stat = { n: 1, sum: 2, tags: null };
const withUndefined: Stat = { n: 1, sum: 2, tags: null, note: undefined };
expectTypeOf(assignable).toEqualTypeOf(withUndefined);
expectTypeOf(Stat.fields.n).toEqualTypeOf<KeySerializer<number>>();

const Shape = union('kind', {
  circle: struct({ radius: float64 }),
  named: struct({ name: optional(string) }),
  none: struct({}),
});
expectTypeOf<Infer<typeof Shape>>().toEqualTypeOf<
  { kind: 'circle'; radius: number } | { kind: 'named'; name?: string | undefined } | { kind: 'none' }
>();

const nested = struct({ at: tuple(date, nullable(int64)), shapes: list(Shape), by: map(struct({ a: string }), Stat) });
expectTypeOf<Infer<typeof nested>>().toEqualTypeOf<{
  at: [Date, bigint | null];
  shapes: Infer<typeof Shape>[];
  by: Map<{ a: string }, Stat>;
}>();

class Money {
  readonly cents: number = 0;
}
const money = serializer<Money>({ name: 'money', serialize: () => undefined, deserialize: () => new Money() });
expectTypeOf<Infer<typeof money>>().toEqualTypeOf<Money>();

// Keys: what is made of keys is a key, everything else is not.
expectTypeOf(pair).toExtend<KeySerializer<[string, number]>>();
expectTypeOf(maybe).toExtend<KeySerializer<string | null>>();
expectTypeOf(status).toExtend<KeySerializer<'open' | 'closed' | 3 | true>>();
const Key = struct({ id: safeInteger, at: date, region: optional(string), where: tuple(string, nullable(int32)) });
expectTypeOf(Key).toExtend<KeySerializer<Infer<typeof Key>>>();
const UnionKey = union('kind', { a: struct({ n: int32 }), b: struct({}) });
expectTypeOf(UnionKey).toExtend<KeySerializer<Infer<typeof UnionKey>>>();
expectTypeOf(struct({})).toExtend<KeySerializer<object>>();
expectTypeOf(validated(Key, { '~standard': { version: 1, vendor: 'x', validate: () => ({}) } })).toEqualTypeOf(Key);

declare function keyed<K>(key: KeySerializer<K>): K;
expectTypeOf(keyed(Key)).toEqualTypeOf<Infer<typeof Key>>();
keyed(tuple(string, int32));
// @ts-expect-error a list is no key
keyed(list(string));
// @ts-expect-error a set is no key
keyed(set(string));
// @ts-expect-error a map is no key
keyed(map(string, string));
// @ts-expect-error json is no key
keyed(json);
// @ts-expect-error msgpack is no key
keyed(msgpack);
// @ts-expect-error a type of one's own is no key
keyed(money);
// @ts-expect-error a struct with a list is no key
keyed(Stat);
// @ts-expect-error a tuple with json is no key
keyed(tuple(string, json));
// @ts-expect-error a nullable list is no key
keyed(nullable(list(string)));
// @ts-expect-error an optional list in a struct
keyed(struct({ tags: optional(list(string)) }));
// @ts-expect-error a union with a list
keyed(union('kind', { a: struct({ tags: list(string) }) }));
// @ts-expect-error keys never migrate
keyed(withMigration(string, String));
// @ts-expect-error the elements of a set are keys
set(json);
// @ts-expect-error the keys of a map are keys
map(list(string), string);

// undefined is never a stored element.
// @ts-expect-error optional is for fields of structs
list(optional(string));
// @ts-expect-error optional is for fields of structs
tuple(string, optional(string));
// @ts-expect-error optional is for fields of structs
nullable(optional(string));
// @ts-expect-error optional is for fields of structs
map(string, optional(string));
// @ts-expect-error optional is for fields of structs
set(optional(string));

// Options know the fields.
struct({ n: int32, tags: list(string) }, { defaults: { tags: [] } });
struct({ n: int32 }, { version: 2, migrate: { 1: (old) => ({ n: (old as { m: number }).m }) } });
// @ts-expect-error a default of another type
struct({ n: int32 }, { defaults: { n: 'x' } });
// @ts-expect-error a default of no field
struct({ n: int32 }, { defaults: { m: 1 } });
// @ts-expect-error a migration to another shape
struct({ n: int32 }, { version: 2, migrate: { 1: () => ({ m: 1 }) } });

// Values are checked where they are given.
declare const statSerializer: TypeSerializer<Stat>;
// @ts-expect-error a missing field
statSerializer.copy({ n: 1, sum: 2 });
// @ts-expect-error null where only undefined is
statSerializer.copy({ n: 1, sum: 2, tags: null, note: null });
