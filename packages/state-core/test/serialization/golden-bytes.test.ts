// The bytes of version 1 of every layout. They are stored in snapshots: this file only ever grows.

import { expect, test } from 'vitest';
import { nullable, optional } from '../../src/serialization/absence-serializers.js';
import { bigint } from '../../src/serialization/bigint-serializer.js';
import { boolean } from '../../src/serialization/boolean-serializer.js';
import { bytes } from '../../src/serialization/bytes-serializer.js';
import { date } from '../../src/serialization/date-serializer.js';
import { float64 } from '../../src/serialization/float64-serializer.js';
import { int32, int64, safeInteger } from '../../src/serialization/integer-serializers.js';
import { json } from '../../src/serialization/json-serializer.js';
import { deserializeFromBytes, serializeToBytes } from '../../src/serialization/key-bytes.js';
import { list } from '../../src/serialization/list-serializer.js';
import { literal } from '../../src/serialization/literal-serializer.js';
import { map } from '../../src/serialization/map-serializer.js';
import { restoreSerializer } from '../../src/serialization/restore-serializer.js';
import { set } from '../../src/serialization/set-serializer.js';
import { string } from '../../src/serialization/string-serializer.js';
import { struct } from '../../src/serialization/struct.js';
import { tuple } from '../../src/serialization/tuple-serializer.js';
import type { TypeSerializer } from '../../src/serialization/type-serializer.js';
import { union } from '../../src/serialization/union-serializer.js';
import { Money, money } from './every-type.js';

type Row = readonly [type: TypeSerializer<unknown>, value: unknown, bytes: string, schema: string];

const rows: readonly Row[] = [
  [boolean, true, '01', '{"type":"boolean","version":1}'],
  [int32, -2, 'fffffffe', '{"type":"int32","version":1}'],
  [safeInteger, 2 ** 53 - 1, '001fffffffffffff', '{"type":"safeInteger","version":1}'],
  [int64, -2n, 'fffffffffffffffe', '{"type":"int64","version":1}'],
  [float64, -0, '8000000000000000', '{"type":"float64","version":1}'],
  [float64, Number.NaN, '7ff8000000000000', '{"type":"float64","version":1}'],
  [string, 'a\0é\ud800', '076100c3a9eda080', '{"type":"string","version":1}'],
  [bytes, new Uint8Array([0, 255]), '0200ff', '{"type":"bytes","version":1}'],
  [date, new Date(1), '0000000000000001', '{"type":"date","version":1}'],
  [bigint, -256n, '7dfeff', '{"type":"bigint","version":1}'],
  [literal('a', 2, true), 2, '01', '{"type":"literal","version":1,"parameters":{"values":["a",2,true]}}'],
  [
    nullable(int32),
    1,
    '0100000001',
    '{"type":"nullable","version":1,"parameters":{"value":{"type":"int32","version":1}}}',
  ],
  [
    tuple(boolean, string),
    [true, 'a'],
    '010161',
    '{"type":"tuple","version":1,"parameters":{"elements":[{"type":"boolean","version":1},{"type":"string","version":1}]}}',
  ],
  [
    list(boolean),
    [true, false],
    '020100',
    '{"type":"list","version":1,"parameters":{"element":{"type":"boolean","version":1}}}',
  ],
  [
    set(string),
    new Set(['b', 'a']),
    '0201620161',
    '{"type":"set","version":1,"parameters":{"element":{"type":"string","version":1}}}',
  ],
  [
    map(string, boolean),
    new Map([['k', true]]),
    '01016b01',
    '{"type":"map","version":1,"parameters":{"key":{"type":"string","version":1},"value":{"type":"boolean","version":1}}}',
  ],
  [struct({}), {}, '00', '{"type":"struct","version":1,"parameters":{"fields":[]}}'],
  [
    struct({ b: boolean, a: optional(string) }, { version: 2 }),
    { b: true, a: 'x' },
    '01010178',
    '{"type":"struct","version":1,"parameters":{"fields":[{"name":"b","type":{"type":"boolean","version":1}},{"name":"a","type":{"type":"optional","version":1,"parameters":{"value":{"type":"string","version":1}}}}],"version":2}}',
  ],
  [
    union('kind', { a: struct({}), b: struct({ n: boolean }) }),
    { kind: 'b', n: true },
    '0101',
    '{"type":"union","version":1,"parameters":{"tag":"kind","alternatives":[{"name":"a","type":{"type":"struct","version":1,"parameters":{"fields":[]}}},{"name":"b","type":{"type":"struct","version":1,"parameters":{"fields":[{"name":"n","type":{"type":"boolean","version":1}}]}}}]}}',
  ],
  [
    union('kind', { a: struct({}) }),
    { kind: 'a' },
    '0000',
    '{"type":"union","version":1,"parameters":{"tag":"kind","alternatives":[{"name":"a","type":{"type":"struct","version":1,"parameters":{"fields":[]}}}]}}',
  ],
  [json, { a: [1, null] }, '0e7b2261223a5b312c6e756c6c5d7d', '{"type":"json","version":1}'],
  [money, new Money(1, 'E'), '0a00000000000000010145', '{"type":"money","version":1,"parameters":{"custom":true}}'],
] as unknown as readonly Row[];

test.each(rows)('%# keeps its bytes and its schema', (type, value, expected, schema) => {
  const written = serializeToBytes(type, value);
  expect(Buffer.from(written).toString('hex')).toBe(expected);
  expect(JSON.stringify(type.snapshot())).toBe(schema);
  const restored = restoreSerializer(JSON.parse(schema), { custom: [money] });
  expect(deserializeFromBytes(restored, new Uint8Array(Buffer.from(expected, 'hex')))).toStrictEqual(value);
});
