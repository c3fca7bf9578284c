// json: what JSON holds, exactly. For state whose shape is not known beforehand; a struct is smaller, faster and evolves.
//
//   value bytes   [ varint: length ] [ JSON text as WTF-8 ]
//
//   J4. Refused: undefined, NaN, infinities, bigint, Date, Map, Set, class instances, functions, symbols, holes, cycles,
//       toJSON: whatever JSON would drop or turn into something else. -0 is kept. An object without a prototype comes
//       back as an ordinary one.

import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteWriter } from '../bytes/byte-writer.js';
import { StateError } from '../error/state-error.js';
import { invalidBytes } from './ordered-bytes.js';
import { copyPlainValue, NESTING_MAX, type PlainFormat, refuseForeign } from './plain-value.js';
import { refuse } from './refusal.js';
import { resolveLeaf } from './schema-compatibility.js';
import type { SchemaCompatibility, SerializerSnapshot, TypeSerializer } from './type-serializer.js';

const SNAPSHOT: SerializerSnapshot = Object.freeze({ type: 'json', version: 1 });

/** Exponents of three digits and runs of digits as long as the largest number; also matches inside of text. */
const MAYBE_INFINITE = /[eE]\+?\d{3}|\d{309}/;

/** What JSON holds. */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [name: string]: JsonValue };

/** The serializer of JSON values. */
export interface JsonSerializer<T> extends TypeSerializer<T> {
  /** The same serializer for values that the program knows the type of; the type is not checked. */
  of<U>(): JsonSerializer<U>;
}

const FORMAT: PlainFormat = {
  name: 'JSON',
  copyLeaf(value: unknown): unknown {
    if (typeof value === 'string' || typeof value === 'boolean' || value === null || Number.isFinite(value))
      return value;
    throw refuseForeign('JSON', value);
  },
  checkName(name: string): void {
    // A function of this name would be called by JSON.stringify; it is refused as a function anyway, but not if inherited.
    if (name === 'toJSON') throw refuse('properties of other names', 'a property toJSON');
  },
};

class JsonValueSerializer implements JsonSerializer<JsonValue> {
  readonly typeName = 'json';
  readonly isImmutableType = false;
  readonly fixedLength = undefined;

  serialize(value: JsonValue, output: ByteWriter): void {
    output.writeString(jsonText(copyPlainValue(value, FORMAT)));
  }

  deserialize(input: ByteReader): JsonValue {
    const position = input.position;
    const text = input.readString();
    requireShallow(text, position);
    let value: JsonValue;
    try {
      value = JSON.parse(text) as JsonValue;
    } catch {
      throw invalidBytes('text that is not JSON', position);
    }
    // Only these texts can hold a number that JSON.parse turns into an infinity, which is no JSON value.
    if (MAYBE_INFINITE.test(text) && jsonText(value) !== text) throw invalidBytes('a number beyond float64', position);
    return value;
  }

  copy(value: JsonValue): JsonValue {
    return copyPlainValue(value, FORMAT) as JsonValue;
  }

  snapshot(): SerializerSnapshot {
    return SNAPSHOT;
  }

  resolveCompatibility(previous: SerializerSnapshot): SchemaCompatibility<JsonValue> {
    return resolveLeaf(SNAPSHOT, previous);
  }

  of<U>(): JsonSerializer<U> {
    return this as unknown as JsonSerializer<U>;
  }
}

/** JSON text of a checked value. JSON.stringify would write -0 as 0 and call a toJSON that some library put on arrays. */
function jsonText(value: unknown): string {
  try {
    return 'toJSON' in Array.prototype || hasNegativeZero(value) ? plainJsonText(value) : JSON.stringify(value);
  } catch (error) {
    // The text is longer than a string of the engine can be.
    throw new StateError(
      'value-too-large',
      'a json value is too large to be written as text; split it into a MapState or ListState',
      {
        cause: error,
      },
    );
  }
}

function hasNegativeZero(value: unknown): boolean {
  if (typeof value === 'number') return Object.is(value, -0);
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some(hasNegativeZero);
  return Object.values(value).some(hasNegativeZero);
}

function plainJsonText(value: unknown): string {
  if (Object.is(value, -0)) return '-0';
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(plainJsonText).join(',')}]`;
  return `{${Object.entries(value)
    .map(([name, part]) => `${JSON.stringify(name)}:${plainJsonText(part)}`)
    .join(',')}}`;
}

/** Bounds the nesting of hostile text before it is parsed and later walked (J2). */
function requireShallow(text: string, position: number): void {
  if (text.length <= NESTING_MAX) return;
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (inString) {
      if (code === 0x5c) index++;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) {
      inString = true;
    } else if (code === 0x5b || code === 0x7b) {
      if (++depth > NESTING_MAX) throw invalidBytes(`JSON nested deeper than ${NESTING_MAX} levels`, position);
    } else if (code === 0x5d || code === 0x7d) {
      depth--;
    }
  }
}

/** What JSON holds: null, booleans, finite numbers, text, arrays, plain objects. Not for keys. */
export const json: JsonSerializer<JsonValue> = new JsonValueSerializer();
