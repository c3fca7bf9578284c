// The inner loop of a struct: reading its fields, building its objects, copying them.
//
// Owns two forms of the same thing: code generated for one struct, whose property accesses are constants that the
// engine can cache, and loops over the fields for places where code must not be generated (a Content-Security-Policy
// without `unsafe-eval`, `node --disallow-code-generation-from-strings`). docs/decisions/0010 has the figures.
//
//   G1. Both forms write the same bytes and build equal objects, properties in the same order.
//   G2. A field name enters generated code only through JSON.stringify, so it is data wherever it stands.
//   G3. No field name reaches a prototype: `__proto__` is defined, not assigned, and a name that every object inherits
//       (`constructor`, `toString`) counts only when the value has it itself.
//   G4. A field whose optional value is undefined is absent from the object.

import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteWriter } from '../bytes/byte-writer.js';
import { invalidBytes } from './ordered-bytes.js';
import { fieldStep, partRefused, refuseValue } from './refusal.js';
import type { TypeSerializer } from './type-serializer.js';

/** One field of a struct. */
export interface StructField {
  readonly name: string;
  readonly serializer: TypeSerializer<unknown>;
  readonly isOptional: boolean;
}

/** The inner loop of one struct. */
export interface StructCodec {
  serialize(value: unknown, output: ByteWriter): void;
  deserialize(input: ByteReader): object;
  copy(value: unknown): object;
}

/** The codec for these fields: generated where the surroundings allow it, else loops. */
export function structCodec(fields: readonly StructField[]): StructCodec {
  if (fields.length === 0) return EMPTY_STRUCT_CODEC;
  return generatesCode() ? generatedStructCodec(fields) : loopStructCodec(fields);
}

/** Reads the one byte of a struct without fields. @throws StateError `bytes-invalid` for another byte than 0. */
export function readEmptyStruct(input: ByteReader): void {
  const byte = input.readUint8();
  if (byte !== 0) throw invalidBytes(`the byte ${byte} as a struct without fields`, input.position - 1);
}

const EMPTY_STRUCT_CODEC: StructCodec = {
  serialize(value: unknown, output: ByteWriter): void {
    requireObject(value);
    output.writeUint8(0);
  },
  deserialize(input: ByteReader): object {
    readEmptyStruct(input);
    return {};
  },
  copy(value: unknown): object {
    requireObject(value);
    return {};
  },
};

let codeGenerationAllowed: boolean | undefined;

function generatesCode(): boolean {
  if (codeGenerationAllowed === undefined) {
    try {
      codeGenerationAllowed = new Function('return true')() === true;
    } catch {
      codeGenerationAllowed = false;
    }
  }
  return codeGenerationAllowed;
}

/** The value of a field, as far as it is the object's own (G3). */
export function fieldValue(value: object, name: string): unknown {
  return !isInherited(name) || Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

function isInherited(name: string): boolean {
  return name in Object.prototype;
}

/** Gives an object a field, whatever its name (G3). */
export function defineField(target: object, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
  } else {
    (target as Record<string, unknown>)[name] = value;
  }
}

/** An object with the given values of its fields, in order; absent where an optional one is undefined (G4). */
export function structFromValues(fields: readonly StructField[], values: readonly unknown[]): object {
  const result = {};
  // Required fields first: they are what a generated object literal holds (G1).
  for (let index = 0; index < fields.length; index++) {
    const { name, isOptional } = fields[index] as StructField;
    if (!isOptional) defineField(result, name, values[index]);
  }
  for (let index = 0; index < fields.length; index++) {
    const { name, isOptional } = fields[index] as StructField;
    if (isOptional && values[index] !== undefined) defineField(result, name, values[index]);
  }
  return result;
}

/** The codec as loops over the fields. */
export function loopStructCodec(fields: readonly StructField[]): StructCodec {
  const check: (value: unknown) => asserts value is object = objectCheck(fields);
  const read = fields.some(({ name }) => isInherited(name)) ? fieldValue : plainFieldValue;
  return {
    serialize(value: unknown, output: ByteWriter): void {
      check(value);
      const start = output.length;
      let at = 0;
      try {
        for (; at < fields.length; at++) {
          const { name, serializer } = fields[at] as StructField;
          serializer.serialize(read(value, name), output);
        }
      } catch (error) {
        throw partRefused(error, stepOf(fields, at), output, start);
      }
    },
    deserialize(input: ByteReader): object {
      const values = new Array<unknown>(fields.length);
      for (let index = 0; index < fields.length; index++) {
        values[index] = (fields[index] as StructField).serializer.deserialize(input);
      }
      return structFromValues(fields, values);
    },
    copy(value: unknown): object {
      check(value);
      const values = new Array<unknown>(fields.length);
      for (let index = 0; index < fields.length; index++) {
        const { name, serializer } = fields[index] as StructField;
        values[index] = serializer.copy(read(value, name));
      }
      return structFromValues(fields, values);
    },
  };
}

function plainFieldValue(value: object, name: string): unknown {
  return (value as Record<string, unknown>)[name];
}

/** The codec as code generated for these fields. @throws EvalError where code must not be generated. */
export function generatedStructCodec(fields: readonly StructField[]): StructCodec {
  const make = new Function('fields', 'check', 'failed', 'defineField', sourceOf(fields)) as (
    fields: readonly StructField[],
    check: (value: unknown) => void,
    failed: (error: unknown, at: number, output: ByteWriter, start: number) => unknown,
    define: typeof defineField,
  ) => StructCodec;
  return make(
    fields,
    objectCheck(fields),
    (error, at, output, start) => partRefused(error, stepOf(fields, at), output, start),
    defineField,
  );
}

function stepOf(fields: readonly StructField[], index: number): string {
  return fieldStep((fields[index] as StructField).name);
}

function objectCheck(fields: readonly StructField[]): (value: unknown) => asserts value is object {
  // With a required field, something else than a struct is refused by that field; without one nothing else would.
  const mayBeEmpty = fields.every(({ isOptional }) => isOptional);
  return (value) => {
    if (mayBeEmpty) requireObject(value);
    else if (typeof value !== 'object' || value === null) throw refuseValue('an object', value);
  };
}

function requireObject(value: unknown): void {
  if (typeof value !== 'object' || value === null || isExotic(value)) throw refuseValue('an object', value);
}

function isExotic(value: object): boolean {
  return (
    Array.isArray(value) ||
    value instanceof Date ||
    value instanceof Map ||
    value instanceof Set ||
    ArrayBuffer.isView(value)
  );
}

/**
 * For `{ n: int32, tags: list(string), note: optional(string) }`:
 *
 *     const s0 = fields[0].serializer; …
 *     return {
 *       serialize(value, output) {
 *         if (typeof value !== 'object' || value === null) check(value);
 *         const start = output.length;
 *         let at = 0;
 *         try {
 *           s0.serialize(value["n"], output); at = 1;
 *           s1.serialize(value["tags"], output); at = 2;
 *           s2.serialize(value["note"], output);
 *         } catch (error) { throw failed(error, at, output, start); }
 *       },
 *       deserialize(input) {
 *         const v0 = s0.deserialize(input); …
 *         const result = { "n": v0, "tags": v1 };
 *         if (v2 !== undefined) result["note"] = v2;
 *         return result;
 *       },
 *       copy(value) { … const v0 = value["n"]; const v1 = s1.copy(value["tags"]); … }
 *     };
 */
function sourceOf(fields: readonly StructField[]): string {
  const serializers = fields.map((_, index) => `const s${index} = fields[${index}].serializer;`);
  const writes = fields.map(
    ({ name }, index) => `s${index}.serialize(${readSource(name)}, output); at = ${index + 1};`,
  );
  const reads = fields.map((_, index) => `const v${index} = s${index}.deserialize(input);`);
  const copies = fields.map(({ name, serializer }, index) => {
    const value = readSource(name);
    return `const v${index} = ${serializer.isImmutableType ? value : `s${index}.copy(${value})`};`;
  });
  const build = buildSource(fields);
  const check = fields.every(({ isOptional }) => isOptional)
    ? 'check(value);'
    : "if (typeof value !== 'object' || value === null) check(value);";
  return `'use strict';
${serializers.join('\n')}
return {
  serialize(value, output) {
    ${check}
    const start = output.length;
    let at = 0;
    try {
      ${writes.join('\n      ')}
    } catch (error) {
      throw failed(error, at, output, start);
    }
  },
  deserialize(input) {
    ${reads.join('\n    ')}
    ${build}
  },
  copy(value) {
    ${check}
    ${copies.join('\n    ')}
    ${build}
  },
};`;
}

function readSource(name: string): string {
  const quoted = JSON.stringify(name);
  return isInherited(name) ? `(Object.hasOwn(value, ${quoted}) ? value[${quoted}] : undefined)` : `value[${quoted}]`;
}

function buildSource(fields: readonly StructField[]): string {
  const required: string[] = [];
  const optional: string[] = [];
  fields.forEach(({ name, isOptional }, index) => {
    const quoted = JSON.stringify(name);
    // A computed name defines `__proto__`; a plain one would set the prototype (G3).
    if (!isOptional) required.push(`${name === '__proto__' ? `[${quoted}]` : quoted}: v${index}`);
    else if (name === '__proto__')
      optional.push(`if (v${index} !== undefined) defineField(result, ${quoted}, v${index});`);
    else optional.push(`if (v${index} !== undefined) result[${quoted}] = v${index};`);
  });
  return `const result = { ${required.join(', ')} };\n    ${optional.join('\n    ')}\n    return result;`;
}
