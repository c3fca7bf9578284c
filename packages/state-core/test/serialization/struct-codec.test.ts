// G1 to G4 of struct-codec.ts: generated code and loops do the same, whatever the names of the fields.

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { ByteReader } from '../../src/bytes/byte-reader.js';
import { ByteWriter } from '../../src/bytes/byte-writer.js';
import { optional } from '../../src/serialization/absence-serializers.js';
import { date } from '../../src/serialization/date-serializer.js';
import { int32 } from '../../src/serialization/integer-serializers.js';
import { list } from '../../src/serialization/list-serializer.js';
import { string } from '../../src/serialization/string-serializer.js';
import { struct } from '../../src/serialization/struct.js';
import {
  generatedStructCodec,
  loopStructCodec,
  type StructCodec,
  type StructField,
} from '../../src/serialization/struct-codec.js';
import type { TypeSerializer } from '../../src/serialization/type-serializer.js';

const field = (name: string, serializer: TypeSerializer<unknown>): StructField => ({
  name,
  serializer: serializer as TypeSerializer<unknown>,
  isOptional: (serializer as { isOptional?: boolean }).isOptional === true,
});

const hostileNames: readonly string[] = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'prototype',
  '',
  'a b',
  '"];throw 1;//',
  "'",
  ['`$', '{1}`'].join(''),
  '\\',
  '\n',
  '\u2028',
  '\ud800',
  'value',
  'output',
  'at',
  's0',
  'v0',
  '0',
  'класс',
];

const forms: readonly (readonly [string, (fields: readonly StructField[]) => StructCodec])[] = [
  ['generated', generatedStructCodec],
  ['loops', loopStructCodec],
];

describe.each(forms)('%s', (_form, codecOf) => {
  test('writes fields in their order and builds the object again', () => {
    const codec = codecOf([field('n', int32), field('tags', list(string)), field('note', optional(string))]);
    const output = new ByteWriter();
    codec.serialize({ n: 1, tags: ['a'] }, output);
    expect(output.toBytes()).toStrictEqual(new Uint8Array([0, 0, 0, 1, 1, 1, 97, 0]));
    expect(codec.deserialize(new ByteReader(output.toBytes()))).toStrictEqual({ n: 1, tags: ['a'] });
  });

  test('an absent optional field and one that is undefined are the same (G4)', () => {
    const codec = codecOf([field('note', optional(string)), field('n', int32)]);
    for (const value of [{ n: 1 }, { n: 1, note: undefined }]) {
      const output = new ByteWriter();
      codec.serialize(value, output);
      expect(codec.deserialize(new ByteReader(output.toBytes()))).toStrictEqual({ n: 1 });
      expect(codec.copy(value)).toStrictEqual({ n: 1 });
    }
  });

  test.each(hostileNames)('the field name %j is data (G2, G3)', (name) => {
    for (const serializer of [string, optional(string)]) {
      const codec = codecOf([field(name, serializer), field('other', int32)]);
      const value = Object.defineProperty({ other: 1 }, name, {
        value: 'x',
        enumerable: true,
        writable: true,
        configurable: true,
      });
      const output = new ByteWriter();
      codec.serialize(value, output);
      for (const back of [codec.deserialize(new ByteReader(output.toBytes())), codec.copy(value)]) {
        expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
        expect(Object.keys(back).sort()).toStrictEqual([name, 'other'].sort());
        expect(Object.getOwnPropertyDescriptor(back, name)?.value).toBe('x');
      }
    }
    expect(Object.keys(Object.prototype)).toStrictEqual([]);
  });

  test.each(['constructor', '__proto__', 'toString'])('an inherited %s is no value of a field (G3)', (name) => {
    const withOptional = codecOf([field(name, optional(string)), field('n', int32)]);
    expect(Object.keys(withOptional.copy({ n: 1 }))).toStrictEqual(['n']);
    expect(() => codecOf([field(name, string)]).serialize({}, new ByteWriter())).toThrow(
      expect.objectContaining({
        code: 'value-not-serializable',
        message: expect.stringContaining(`$.${name} is undefined`),
      }),
    );
  });

  test('a refusal names the path and takes back what was written', () => {
    const codec = codecOf([field('a', int32), field('fields', struct({ n: list(date) }) as TypeSerializer<unknown>)]);
    const output = new ByteWriter();
    output.writeUint8(1);
    expect(() => codec.serialize({ a: 1, fields: { n: [new Date(0), new Date(Number.NaN)] } }, output)).toThrow(
      expect.objectContaining({
        code: 'value-not-serializable',
        message: 'the value at $.fields.n[1] is an invalid Date, the serializer takes a Date with a time',
        details: { path: '$.fields.n[1]', expected: 'a Date with a time', found: 'an invalid Date' },
      }),
    );
    expect(output.length).toBe(1);
  });

  test('errors of other sorts pass as they are', () => {
    const failing = {
      ...int32,
      isImmutableType: false,
      serialize: () => expect.fail('mine'),
      copy: (value: number) => value,
    };
    const codec = codecOf([field('a', failing as unknown as TypeSerializer<unknown>)]);
    expect(() => codec.serialize({ a: 1 }, new ByteWriter())).toThrow('mine');
  });

  test('something that is no object is refused, also by copy', () => {
    const codec = codecOf([field('a', int32)]);
    for (const value of [null, undefined, 1, 'a']) {
      expect(() => codec.copy(value)).toThrow(expect.objectContaining({ code: 'value-not-serializable' }));
      expect(() => codec.serialize(value, new ByteWriter())).toThrow(
        expect.objectContaining({ code: 'value-not-serializable' }),
      );
    }
  });
});

test('both forms build objects with their properties in the same order (G1)', () => {
  const fields = [
    field('b', optional(string)),
    field('a', int32),
    field('__proto__', string),
    field('c', optional(int32)),
  ];
  const value = JSON.parse('{ "a": 1, "b": "x", "c": 2, "__proto__": "y" }');
  const [generated, loops] = [generatedStructCodec(fields), loopStructCodec(fields)];
  expect(Object.keys(generated.copy(value))).toStrictEqual(Object.keys(loops.copy(value)));
});

test('structs work where code must not be generated from strings', async () => {
  const source = fileURLToPath(new URL('../../src/serialization/', import.meta.url));
  const program = `
    import { struct } from './struct.js';
    import { int32 } from './integer-serializers.js';
    import { string } from './string-serializer.js';
    import { serializeToBytes, deserializeFromBytes } from './key-bytes.js';
    const type = struct({ n: int32, s: string });
    let forbidden = false;
    try { new Function('return 1')(); } catch { forbidden = true; }
    console.log(JSON.stringify([forbidden, deserializeFromBytes(type, serializeToBytes(type, { n: 1, s: 'x' })), type.copy({ n: 2, s: 'y' })]));
  `;
  const bundle = await build({
    stdin: { contents: program, resolveDir: source, loader: 'ts' },
    bundle: true,
    write: false,
    format: 'esm',
    logLevel: 'silent',
  });
  const code = (bundle.outputFiles[0] as { text: string }).text;
  const flags = ['--disallow-code-generation-from-strings', '--input-type=module', '--eval', code];
  expect(JSON.parse(execFileSync(process.execPath, flags, { encoding: 'utf8' }))).toStrictEqual([
    true,
    { n: 1, s: 'x' },
    { n: 2, s: 'y' },
  ]);
});
