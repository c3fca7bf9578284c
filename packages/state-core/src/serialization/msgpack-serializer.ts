// msgpack: plain values in MessagePack, exactly. For state whose shape is not known beforehand.
//
// Owns which values are accepted; the bytes are in msgpack-encoder.ts and msgpack-decoder.ts, their form in
// msgpack-format.ts.

import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteWriter } from '../bytes/byte-writer.js';
import { decodeMsgpack } from './msgpack-decoder.js';
import { encodeMsgpack } from './msgpack-encoder.js';
import { copyPlainValue, type PlainFormat, refuseForeign } from './plain-value.js';
import { refuse, refuseValue } from './refusal.js';
import { resolveLeaf } from './schema-compatibility.js';
import type { SchemaCompatibility, SerializerSnapshot, TypeSerializer } from './type-serializer.js';

const SNAPSHOT: SerializerSnapshot = Object.freeze({ type: 'msgpack', version: 1 });

const BIGINT_MIN = -(2n ** 63n);
const BIGINT_MAX = 2n ** 64n - 1n;

/** What the serializer `msgpack` holds. */
export type MsgpackValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Date
  | MsgpackValue[]
  | Map<MsgpackValue, MsgpackValue>
  | Set<MsgpackValue>
  | { [name: string]: MsgpackValue };

/** The serializer of MessagePack values. */
export interface MsgpackSerializer<T> extends TypeSerializer<T> {
  /** The same serializer for values that the program knows the type of; the type is not checked. */
  of<U>(): MsgpackSerializer<U>;
}

const FORMAT: PlainFormat = {
  name: 'MessagePack',
  copyLeaf(value: unknown, copyPart: (part: unknown, step: string) => unknown): unknown {
    switch (typeof value) {
      case 'number':
      case 'boolean':
        return value;
      case 'string':
        return wellFormed(value);
      case 'bigint':
        if (value < BIGINT_MIN || value > BIGINT_MAX) throw refuseValue('a bigint within 64 bits', value);
        return value;
      case 'object':
        return value === null ? null : copyBuiltIn(value, copyPart);
      default:
        throw refuseForeign('MessagePack', value);
    }
  },
  checkName: wellFormed,
};

function wellFormed(text: string): string {
  if (!text.isWellFormed()) throw refuse('text that is well-formed Unicode', 'a string with a lone surrogate');
  return text;
}

function copyBuiltIn(value: object, copyPart: (part: unknown, step: string) => unknown): unknown {
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (value instanceof Date && !Number.isNaN(value.getTime())) return new Date(value.getTime());
  if (value instanceof Set) {
    const copied = new Set<unknown>();
    for (const element of value) copied.add(copyPart(element, `[${copied.size}]`));
    return copied;
  }
  if (value instanceof Map) {
    const copied = new Map<unknown, unknown>();
    for (const [key, part] of value) {
      const entry = `.entries[${copied.size}]`;
      copied.set(copyPart(key, `${entry}.key`), copyPart(part, `${entry}.value`));
    }
    return copied;
  }
  throw refuseForeign('MessagePack', value);
}

class MsgpackValueSerializer implements MsgpackSerializer<MsgpackValue> {
  readonly typeName = 'msgpack';
  readonly isImmutableType = false;
  readonly fixedLength = undefined;

  serialize(value: MsgpackValue, output: ByteWriter): void {
    encodeMsgpack(copyPlainValue(value, FORMAT) as MsgpackValue, output);
  }

  deserialize(input: ByteReader): MsgpackValue {
    return decodeMsgpack(input);
  }

  copy(value: MsgpackValue): MsgpackValue {
    return copyPlainValue(value, FORMAT) as MsgpackValue;
  }

  snapshot(): SerializerSnapshot {
    return SNAPSHOT;
  }

  resolveCompatibility(previous: SerializerSnapshot): SchemaCompatibility<MsgpackValue> {
    return resolveLeaf(SNAPSHOT, previous);
  }

  of<U>(): MsgpackSerializer<U> {
    return this as unknown as MsgpackSerializer<U>;
  }
}

/**
 * null, booleans, numbers, bigints within 64 bits, well-formed text, Uint8Array, Date, arrays, Map, Set and plain
 * objects, each coming back as it was. Everything else is refused. Not for keys.
 */
export const msgpack: MsgpackSerializer<MsgpackValue> = new MsgpackValueSerializer();
