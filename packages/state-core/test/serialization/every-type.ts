// One row for every built-in serializer, alone and nested: what the contract tests run over.

import fc, { type Arbitrary } from 'fast-check';
import { nullable, optional } from '../../src/serialization/absence-serializers.js';
import { bigint } from '../../src/serialization/bigint-serializer.js';
import { boolean } from '../../src/serialization/boolean-serializer.js';
import { bytes } from '../../src/serialization/bytes-serializer.js';
import { OpaqueValue, opaque, serializer } from '../../src/serialization/custom-serializer.js';
import { date } from '../../src/serialization/date-serializer.js';
import { float64 } from '../../src/serialization/float64-serializer.js';
import { int32, int64, safeInteger } from '../../src/serialization/integer-serializers.js';
import { json } from '../../src/serialization/json-serializer.js';
import { list } from '../../src/serialization/list-serializer.js';
import { literal } from '../../src/serialization/literal-serializer.js';
import { map } from '../../src/serialization/map-serializer.js';
import { msgpack } from '../../src/serialization/msgpack-serializer.js';
import { set } from '../../src/serialization/set-serializer.js';
import { string } from '../../src/serialization/string-serializer.js';
import { struct } from '../../src/serialization/struct.js';
import { tuple } from '../../src/serialization/tuple-serializer.js';
import type { KeySerializer, TypeSerializer } from '../../src/serialization/type-serializer.js';
import { union } from '../../src/serialization/union-serializer.js';
import { withMigration } from '../../src/serialization/with-migration.js';

export interface TypeRow {
  readonly name: string;
  readonly serializer: TypeSerializer<unknown>;
  /** Values, edge values first. */
  readonly examples: readonly unknown[];
  readonly arbitrary: Arbitrary<unknown>;
  /** Bytes of every value, or undefined. */
  readonly fixedLength: number | undefined;
  /** Values of other types. */
  readonly refused: readonly unknown[];
  /** Changes a value in place; left out for immutable types. */
  readonly mutate?: (value: never) => void;
}

export interface KeyRow extends TypeRow {
  readonly serializer: KeySerializer<unknown>;
}

const record: typeof fc.record = ((model: never, constraints?: object) =>
  fc.record(model, { noNullPrototype: true, ...constraints } as never)) as never;
const dictionary: typeof fc.dictionary = ((names: never, values: never, constraints?: object) =>
  fc.dictionary(names, values, { noNullPrototype: true, ...constraints } as never)) as never;

/** Any sequence of UTF-16 units: pairs, lone surrogates and zeros are frequent. */
export const anyString: Arbitrary<string> = fc.string({
  unit: fc.oneof(
    fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
    fc.constantFrom(
      '\0',
      '\x01',
      'a',
      '\x7f',
      '\x80',
      '\u07ff',
      '\u0800',
      '\ud800',
      '\ud801',
      '\udbff',
      '\udc00',
      '\udfff',
      '\ue000',
      '\uffff',
      '😀',
    ),
  ),
  maxLength: 12,
});

const anyFloat: Arbitrary<number> = fc.oneof(
  fc.double(),
  fc.constantFrom(0, -0, Number.NaN, 1, -1, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 53),
);
const anyInt32: Arbitrary<number> = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const anySafeInteger: Arbitrary<number> = fc.maxSafeInteger();
const anyInt64: Arbitrary<bigint> = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const anyBigint: Arbitrary<bigint> = fc.oneof(
  fc.bigInt(),
  fc
    .tuple(fc.integer({ min: 0, max: 1100 }), fc.integer({ min: -2, max: 2 }), fc.boolean())
    .map(([bits, off, minus]) => {
      const value = 2n ** BigInt(bits) + BigInt(off);
      return minus ? -value : value;
    }),
);
const anyDate: Arbitrary<Date> = fc.date({ noInvalidDate: true });
const anyBytes: Arbitrary<Uint8Array> = fc.uint8Array({ maxLength: 24 }).map((part) => new Uint8Array(part));
const anyJson: Arbitrary<unknown> = fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' });

const Point = struct({ x: int32, label: string });
const Wide = struct({ id: safeInteger, pos: tuple(float64, float64), seen: optional(date), tags: list(string) });
const Shape = union('kind', {
  circle: struct({ radius: float64 }),
  square: struct({ side: float64, name: optional(string) }),
  none: struct({}),
});
const KeyShape = union('kind', {
  user: struct({ id: safeInteger }),
  host: struct({ name: string, port: nullable(int32) }),
});

/** A class of one's own. */
export class Money {
  readonly cents: number;
  readonly currency: string;

  constructor(cents: number, currency: string) {
    this.cents = cents;
    this.currency = currency;
  }
}

export const money: TypeSerializer<Money> = serializer<Money>({
  name: 'money',
  immutable: true,
  serialize(value, output) {
    if (!(value instanceof Money)) throw new TypeError('no money');
    output.writeSafeInteger(value.cents);
    output.writeString(value.currency);
  },
  deserialize: (input) => new Money(input.readSafeInteger(), input.readString()),
});

export const KEY_ROWS: readonly KeyRow[] = [
  row('boolean', boolean, [true, false], fc.boolean(), 1, [0, 'true', null, undefined]),
  row('int32', int32, [0, 1, -1, 2 ** 31 - 1, -(2 ** 31)], anyInt32, 4, [
    1.5,
    2 ** 31,
    -(2 ** 31) - 1,
    Number.NaN,
    '1',
    1n,
    null,
    undefined,
  ]),
  row('safeInteger', safeInteger, [0, 1, -1, 2 ** 53 - 1, -(2 ** 53 - 1), 2 ** 32, -(2 ** 32)], anySafeInteger, 8, [
    0.5,
    2 ** 53,
    -(2 ** 53),
    Number.NaN,
    '1',
    1n,
    null,
    undefined,
  ]),
  row('int64', int64, [0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n)], anyInt64, 8, [
    2n ** 63n,
    -(2n ** 63n) - 1n,
    1,
    '1',
    null,
    undefined,
  ]),
  row(
    'float64',
    float64,
    [0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.MIN_VALUE, Number.MAX_VALUE],
    anyFloat,
    8,
    ['1', 1n, null, undefined],
  ),
  row(
    'string',
    string,
    ['', 'a', '\0', 'a\0b', '\ud800', '\udc00', '\ud83d\ude00', '\ue000', 'x'.repeat(200), `${'é'.repeat(90)}\ud800`],
    anyString,
    undefined,
    [1, null, undefined, ['a']],
  ),
  row(
    'bytes',
    bytes,
    [new Uint8Array(), new Uint8Array([0]), new Uint8Array([0, 1, 0, 255, 0])],
    anyBytes,
    undefined,
    [[1], 'a', new Uint16Array(1), null, undefined],
    (value: Uint8Array) => value.fill(7),
  ),
  row(
    'date',
    date,
    [new Date(0), new Date(-1), new Date(8.64e15), new Date(-8.64e15)],
    anyDate,
    8,
    [new Date(Number.NaN), 0, '2020-01-01', null, undefined],
    (value: Date) => value.setTime(5),
  ),
  row(
    'bigint',
    bigint,
    [0n, 1n, -1n, 255n, 256n, -256n, 2n ** 64n, 2n ** 952n - 1n, 2n ** 952n, -(2n ** 952n), 2n ** 5000n],
    anyBigint,
    undefined,
    [1, '1', null, undefined],
  ),
  row(
    'literal',
    literal('open', 'closed', 3, true, '3'),
    ['open', 'closed', 3, true, '3'],
    fc.constantFrom('open', 'closed', 3, true, '3'),
    1,
    ['other', 1, null, undefined],
  ),
  row('nullable', nullable(string), [null, '', 'a'], fc.option(anyString), undefined, [undefined, 1]),
  row(
    'tuple',
    tuple(string, int32),
    [
      ['', 0],
      ['a', -1],
    ],
    fc.tuple(anyString, anyInt32),
    undefined,
    [[], ['a'], ['a', 1, 2], { 0: 'a', 1: 1 }, ['a', 1.5], null, undefined],
    (value: unknown[]) => value.reverse(),
  ),
  row(
    'tuple of fixed parts',
    tuple(int32, float64, boolean),
    [
      [0, 0, true],
      [1, Number.NaN, false],
    ],
    fc.tuple(anyInt32, anyFloat, fc.boolean()),
    13,
    [[], null],
    (value: unknown[]) => value.fill(0),
  ),
  row('tuple of nothing', tuple(), [[]], fc.constant([]), 1, [[1], null, undefined], (value: unknown[]) =>
    value.push(1),
  ),
  row(
    'struct',
    Point,
    [{ x: 0, label: '' }],
    record({ x: anyInt32, label: anyString }),
    undefined,
    [null, undefined, 1, 'a', {}, { x: 1 }, { x: '1', label: '' }, []],
    (value: { x: number }) => (value.x = 7),
  ),
  row(
    'struct of nothing',
    struct({}),
    [{}],
    fc.constant({}),
    1,
    [null, undefined, 1, [], new Map(), new Date()],
    (value: { x?: number }) => (value.x = 7),
  ),
  row(
    'struct with an optional field',
    struct({ id: int32, note: optional(string), at: optional(date) }),
    [{ id: 1 }, { id: 1, note: '' }, { id: 1, note: 'a', at: new Date(0) }],
    record({ id: anyInt32, note: anyString, at: anyDate }, { requiredKeys: ['id'] }),
    undefined,
    [{ id: 1, note: null }, null],
    (value: { id: number }) => (value.id = 7),
  ),
  row(
    'struct with a date',
    struct({ at: date, pair: tuple(bytes, int64) }),
    [{ at: new Date(0), pair: [new Uint8Array([0]), 1n] }],
    record({ at: anyDate, pair: fc.tuple(anyBytes, anyInt64) }),
    undefined,
    [null],
    (value: { at: Date }) => value.at.setTime(1),
  ),
  row(
    'union of keys',
    KeyShape,
    [
      { kind: 'user', id: 0 },
      { kind: 'host', name: '', port: null },
    ],
    fc.oneof(
      record({ kind: fc.constant('user'), id: anySafeInteger }),
      record({ kind: fc.constant('host'), name: anyString, port: fc.option(anyInt32) }),
    ),
    undefined,
    [null, {}, { kind: 'other' }, { kind: 'user' }],
    (value: { kind: string }) => (value.kind = 'host'),
  ),
] as unknown as readonly KeyRow[];

export const VALUE_ROWS: readonly TypeRow[] = [
  row(
    'list',
    list(float64),
    [[], [0, -0, Number.NaN]],
    fc.array(anyFloat),
    undefined,
    [null, undefined, 'ab', [1, '2'], [undefined], new Set()],
    (value: number[]) => value.push(7),
  ),
  row(
    'list of structs',
    list(Wide),
    [[], [{ id: 1, pos: [0, 1], tags: ['a'] }]],
    fc.array(
      record(
        {
          id: anySafeInteger,
          pos: fc.tuple(anyFloat, anyFloat),
          seen: anyDate,
          tags: fc.array(anyString, { maxLength: 3 }),
        },
        { requiredKeys: ['id', 'pos', 'tags'] },
      ),
      { maxLength: 4 },
    ),
    undefined,
    [[null]],
    (value: { tags: string[] }[]) => {
      for (const part of value) part.tags.push('x');
    },
  ),
  row(
    'list of nothings',
    list(struct({})),
    [[], [{}, {}]],
    fc.array(fc.constant({})),
    undefined,
    [[null]],
    (value: object[]) => value.push({}),
  ),
  row(
    'set',
    set(string),
    [new Set(), new Set(['b', 'a'])],
    fc.uniqueArray(anyString).map((parts) => new Set(parts)),
    undefined,
    [null, ['a'], new Set([1])],
    (value: Set<string>) => value.add('x'),
  ),
  row(
    'set of dates',
    set(date),
    [new Set(), new Set([new Date(1), new Date(0)])],
    fc.uniqueArray(anyDate, { selector: (part) => part.getTime() }).map((parts) => new Set(parts)),
    undefined,
    [new Set([new Date(0), new Date(0)])],
    (value: Set<Date>) => {
      for (const part of value) part.setTime(3);
    },
  ),
  row(
    'map',
    map(string, list(int32)),
    [
      new Map(),
      new Map([
        ['b', [1]],
        ['a', []],
      ]),
    ],
    fc.array(fc.tuple(anyString, fc.array(anyInt32, { maxLength: 3 }))).map((entries) => new Map(entries)),
    undefined,
    [null, {}, new Map([['a', [0.5]]]), new Map([[1, []]])],
    (value: Map<string, number[]>) => {
      for (const part of value.values()) part.push(1);
    },
  ),
  row(
    'map with struct keys',
    map(Point, int32),
    [new Map(), new Map([[{ x: 1, label: 'a' }, 2]])],
    fc
      .uniqueArray(fc.tuple(record({ x: anyInt32, label: anyString }), anyInt32), {
        selector: ([key]) => `${key.x} ${key.label}`,
      })
      .map((entries) => new Map(entries)),
    undefined,
    [
      new Map([
        [{ x: 1, label: 'a' }, 2],
        [{ x: 1, label: 'a' }, 3],
      ]),
    ],
    (value: Map<unknown, number>) => value.clear(),
  ),
  row(
    'union',
    Shape,
    [
      { kind: 'circle', radius: 1 },
      { kind: 'square', side: 2 },
      { kind: 'square', side: 2, name: 'a' },
      { kind: 'none' },
    ],
    fc.oneof(
      record({ kind: fc.constant('circle'), radius: anyFloat }),
      record({ kind: fc.constant('square'), side: anyFloat, name: anyString }, { requiredKeys: ['kind', 'side'] }),
      fc.constant({ kind: 'none' }),
    ),
    undefined,
    [null, 1, {}, { kind: 'toString' }, { kind: 'circle' }],
    (value: { kind: string }) => (value.kind = 'x'),
  ),
  row(
    'json',
    json,
    [null, true, 0, -0, '', '\ud800', [], {}, [-0, { a: [1, { b: null }] }], { ['__proto__']: 1 }, 1e300],
    anyJson,
    undefined,
    [
      undefined,
      Number.NaN,
      1n,
      new Date(),
      new Map(),
      [undefined],
      { a: undefined },
      new Uint8Array(),
      Symbol('a'),
      () => 1,
    ],
    changePlain,
  ),
  row(
    'json object',
    json,
    [{ a: [1] }, null],
    dictionary(
      anyString.filter((name) => name !== 'toJSON'),
      anyJson,
    ),
    undefined,
    [undefined],
    changePlain,
  ),
  row(
    'msgpack',
    msgpack,
    [
      null,
      true,
      0,
      -0,
      127,
      128,
      255,
      256,
      65535,
      65536,
      2 ** 32 - 1,
      2 ** 32,
      -32,
      -33,
      -128,
      -129,
      -32768,
      -32769,
      -(2 ** 31),
      -(2 ** 31) - 1,
      Number.NaN,
      0.1,
      0n,
      5n,
      -(2n ** 63n),
      2n ** 64n - 1n,
      '',
      'x'.repeat(31),
      'é'.repeat(16),
      'x'.repeat(300),
      new Uint8Array([1]),
      new Date(0),
      new Date(1),
      new Date(-1),
      new Date(2 ** 34 * 1000),
      new Date(2 ** 32 * 1000),
      [],
      {},
      new Map(),
      new Set(),
      new Map<unknown, unknown>([[1, new Set([null])]]),
    ],
    anyMsgpack(3),
    undefined,
    [
      undefined,
      [undefined],
      '\ud800',
      { '\ud800': 1 },
      2n ** 64n,
      -(2n ** 63n) - 1n,
      new Date(Number.NaN),
      new Uint16Array(),
      Symbol('a'),
      () => 1,
      /a/,
      new (class {})(),
    ],
    changePlain,
  ),
  row(
    'custom',
    money,
    [new Money(1, 'EUR')],
    fc.tuple(anySafeInteger, anyString).map(([cents, currency]) => new Money(cents, currency)),
    undefined,
    [null, 1, {}],
  ),
  row(
    'opaque',
    opaque({ type: 'gone', version: 2, parameters: { custom: true } }),
    [new OpaqueValue('gone', 2, new Uint8Array([1, 2]))],
    anyBytes.map((part) => new OpaqueValue('gone', 2, part)),
    undefined,
    [null, {}, new OpaqueValue('gone', 1, new Uint8Array())],
    (value: OpaqueValue) => value.bytes.fill(9),
  ),
  row(
    'with a migration',
    withMigration(Point, () => ({ x: 0, label: '' })),
    [{ x: 0, label: '' }],
    record({ x: anyInt32, label: anyString }),
    undefined,
    [null],
    (value: { x: number }) => (value.x = 7),
  ),
];

export const EVERY_TYPE: readonly TypeRow[] = [...KEY_ROWS, ...VALUE_ROWS];

function row<T>(
  name: string,
  type: TypeSerializer<T>,
  examples: readonly unknown[],
  arbitrary: Arbitrary<unknown>,
  fixedLength: number | undefined,
  refused: readonly unknown[],
  mutate?: (value: never) => unknown,
): TypeRow {
  return {
    name,
    serializer: type as TypeSerializer<unknown>,
    examples,
    arbitrary,
    fixedLength,
    refused,
    ...(mutate === undefined ? {} : { mutate: mutate as (value: never) => void }),
  };
}

/** Changes whatever can be changed in a json or msgpack value, at every depth. */
function changePlain(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if (value instanceof Uint8Array) value.fill(7);
  else if (value instanceof Date) value.setTime(7);
  else if (value instanceof Set || value instanceof Map) {
    for (const part of value.values()) changePlain(part);
    value.clear();
  } else {
    for (const part of Object.values(value)) changePlain(part);
    if (Array.isArray(value)) value.push('changed');
    else (value as { changed?: boolean }).changed = true;
  }
}

function anyMsgpack(depth: number): Arbitrary<unknown> {
  const text = fc.string({ unit: 'binary', maxLength: 40 }).filter((part) => part.isWellFormed());
  const leaf = fc.oneof(
    fc.constantFrom(null, true, false),
    anyFloat,
    anyInt32,
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
    text,
    anyBytes,
    anyDate,
  );
  if (depth === 0) return leaf;
  const part = anyMsgpack(depth - 1);
  return fc.oneof(
    leaf,
    fc.array(part, { maxLength: 4 }),
    dictionary(text, part, { maxKeys: 4 }).map((value) => ({ ...value })),
    fc.uniqueArray(leaf, { maxLength: 4 }).map((parts) => new Set(parts)),
    fc.array(fc.tuple(leaf, part), { maxLength: 4 }).map((entries) => new Map(entries)),
  );
}
