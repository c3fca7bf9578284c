// MessagePack in: bytes that may be hostile. Refuses whatever msgpack-encoder.ts does not write (M1), bounds the depth
// (J2), and compares every count with the bytes that are left before it allocates.

import type { ByteReader } from '../bytes/byte-reader.js';
import { EXTENSION, FORMAT, isMsgpackInteger } from './msgpack-format.js';
import type { MsgpackValue } from './msgpack-serializer.js';
import { invalidBytes, requireCanonicalNaN } from './ordered-bytes.js';
import { NESTING_MAX } from './plain-value.js';
import { defineField } from './struct-codec.js';

/** Reads one value. @throws StateError `bytes-truncated` or `bytes-invalid`. */
export function decodeMsgpack(input: ByteReader): MsgpackValue {
  return decode(input, 0);
}

function decode(input: ByteReader, depth: number): MsgpackValue {
  const position = input.position;
  const format = input.readUint8();
  if (format <= 0x7f) return format;
  if (format >= 0xe0) return format - 0x100;
  if (format <= 0x8f) return readObject(input, format & 0x0f, depth);
  if (format <= 0x9f) return readArray(input, format & 0x0f, depth);
  if (format <= 0xbf) return readText(input, format & 0x1f, position);
  return decodeByFormat(input, format, position, depth);
}

function decodeByFormat(input: ByteReader, format: number, position: number, depth: number): MsgpackValue {
  switch (format) {
    case FORMAT.nil:
      return null;
    case FORMAT.false:
      return false;
    case FORMAT.true:
      return true;
    case FORMAT.bin8:
    case FORMAT.bin8 + 1:
    case FORMAT.bin8 + 2:
      return input.readBytes(readSize(input, format - FORMAT.bin8, 0, position));
    case FORMAT.float64:
      return readFloat(input, position);
    case FORMAT.uint8:
    case FORMAT.uint16:
    case FORMAT.uint32:
      return readSize(input, format - FORMAT.uint8, 0x80, position);
    case FORMAT.uint64:
    case FORMAT.int64:
      return readBigint(input, format, position);
    case FORMAT.int8:
    case FORMAT.int16:
    case FORMAT.int32:
      return readNegative(input, format - FORMAT.int8, position);
    case FORMAT.str8:
    case FORMAT.str8 + 1:
    case FORMAT.str8 + 2:
      return readText(input, readSize(input, format - FORMAT.str8, 32, position), position);
    case FORMAT.array16:
    case FORMAT.array16 + 1:
      return readArray(input, readSize(input, format - FORMAT.array16 + 1, 16, position), depth);
    case FORMAT.map16:
    case FORMAT.map16 + 1:
      return readObject(input, readSize(input, format - FORMAT.map16 + 1, 16, position), depth);
    default:
      return readExtension(input, format, position, depth);
  }
}

/** A size of 1, 2 or 4 bytes (`width` 0, 1, 2), which a shorter form must not hold; `least` is the first of width 0. */
function readSize(input: ByteReader, width: number, least: number, position: number): number {
  const size = width === 0 ? input.readUint8() : width === 1 ? input.readUint16() : input.readUint32();
  const firstOfWidth = width === 0 ? least : width === 1 ? 0x100 : 0x10000;
  // Arrays and objects have no form of one byte: their least width is two bytes, from `least` on.
  const first = width === 1 && least === 16 ? 16 : firstOfWidth;
  if (size < first) throw invalidBytes('a MessagePack form longer than needed', position);
  return size;
}

function readFloat(input: ByteReader, position: number): number {
  const value = input.readFloat64();
  if (Number.isNaN(value)) {
    input.seek(position + 1);
    requireCanonicalNaN(input.readUint32(), input.readUint32(), position);
  } else if (isMsgpackInteger(value)) {
    throw invalidBytes('a whole number as MessagePack float', position);
  }
  return value;
}

function readBigint(input: ByteReader, format: number, position: number): bigint {
  const value = input.readInt64();
  if (format === FORMAT.int64) return value;
  if (value >= 0n) throw invalidBytes('a MessagePack form longer than needed', position);
  return BigInt.asUintN(64, value);
}

function readNegative(input: ByteReader, width: number, position: number): number {
  if (width === 0) return required((input.readUint8() << 24) >> 24, -128, -33, position);
  if (width === 1) return required((input.readUint16() << 16) >> 16, -32768, -129, position);
  return required(input.readInt32(), -2147483648, -32769, position);
}

function required(value: number, least: number, most: number, position: number): number {
  if (value < least || value > most) throw invalidBytes('a MessagePack form longer than needed', position);
  return value;
}

function readText(input: ByteReader, size: number, position: number): string {
  const text = input.readWtf8(size);
  if (!text.isWellFormed()) throw invalidBytes('text with a lone surrogate', position);
  return text;
}

function readArray(input: ByteReader, count: number, depth: number): MsgpackValue[] {
  checkNesting(input, depth);
  checkCount(input, count, 1);
  const elements: MsgpackValue[] = [];
  for (let index = 0; index < count; index++) elements.push(decode(input, depth + 1));
  return elements;
}

function readObject(input: ByteReader, count: number, depth: number): { [name: string]: MsgpackValue } {
  checkNesting(input, depth);
  checkCount(input, count, 2);
  const value: { [name: string]: MsgpackValue } = {};
  for (let index = 0; index < count; index++) {
    const position = input.position;
    const name = decode(input, depth + 1);
    if (typeof name !== 'string' || Object.hasOwn(value, name))
      throw invalidBytes('a property name that is repeated or no text', position);
    defineField(value, name, decode(input, depth + 1));
  }
  return value;
}

function readExtension(input: ByteReader, format: number, position: number, depth: number): MsgpackValue {
  if (format === FORMAT.fixext4 || format === FORMAT.fixext8 || format === FORMAT.ext8)
    return readTimestamp(input, format, position);
  if (format !== FORMAT.ext32) throw invalidBytes(`the MessagePack format ${format.toString(16)}`, position);
  const size = input.readUint32();
  const type = input.readUint8();
  if (type !== EXTENSION.map && type !== EXTENSION.set)
    throw invalidBytes(`the MessagePack extension ${type}`, position);
  const end = input.position + size;
  if (size > input.remaining) throw invalidBytes('a MessagePack extension that is longer than the bytes', position);
  // A Map or Set is one level of nesting; the array that carries its parts is not another.
  const elements = readPayload(input, depth, position);
  if (input.position !== end) throw invalidBytes('a MessagePack extension of another length', position);
  return type === EXTENSION.map ? mapOf(elements, position) : setOf(elements, position);
}

function readPayload(input: ByteReader, depth: number, position: number): MsgpackValue[] {
  const payload = decode(input, depth);
  if (!Array.isArray(payload)) throw invalidBytes('a MessagePack extension without an array', position);
  return payload;
}

function mapOf(parts: readonly MsgpackValue[], position: number): Map<MsgpackValue, MsgpackValue> {
  const value = new Map<MsgpackValue, MsgpackValue>();
  for (let index = 0; index + 1 < parts.length; index += 2) {
    value.set(keyOf(parts[index] as MsgpackValue, position), parts[index + 1] as MsgpackValue);
  }
  if (value.size * 2 !== parts.length) throw invalidBytes('a repeated key of a Map', position);
  return value;
}

function setOf(parts: readonly MsgpackValue[], position: number): Set<MsgpackValue> {
  const value = new Set(parts.map((part) => keyOf(part, position)));
  if (value.size !== parts.length) throw invalidBytes('a repeated element of a Set', position);
  return value;
}

function keyOf(key: MsgpackValue, position: number): MsgpackValue {
  // Map and Set hold no -0: they turn it into 0.
  if (Object.is(key, -0)) throw invalidBytes('a negative zero in a Map or Set', position);
  return key;
}

function readTimestamp(input: ByteReader, format: number, position: number): Date {
  if (format === FORMAT.ext8 && input.readUint8() !== 12)
    throw invalidBytes('a MessagePack extension of another length', position);
  if (input.readUint8() !== (EXTENSION.timestamp & 0xff))
    throw invalidBytes('a MessagePack extension of another type', position);
  if (format === FORMAT.fixext4) return dateOf(input.readUint32(), 0, position);
  if (format === FORMAT.ext8) {
    const nanoseconds = input.readUint32();
    const seconds = input.readSafeInteger();
    if (seconds >= 0 && seconds < 2 ** 34) throw invalidBytes('a timestamp longer than needed', position);
    return dateOf(seconds, nanoseconds, position);
  }
  const high = input.readUint32();
  const seconds = (high % 4) * 2 ** 32 + input.readUint32();
  const nanoseconds = Math.floor(high / 4);
  if (nanoseconds === 0 && seconds < 2 ** 32) throw invalidBytes('a timestamp longer than needed', position);
  return dateOf(seconds, nanoseconds, position);
}

function dateOf(seconds: number, nanoseconds: number, position: number): Date {
  const value = new Date(seconds * 1000 + nanoseconds / 1_000_000);
  if (nanoseconds % 1_000_000 !== 0 || nanoseconds >= 1e9 || Number.isNaN(value.getTime())) {
    throw invalidBytes('a time that is no Date', position);
  }
  return value;
}

function checkNesting(input: ByteReader, depth: number): void {
  if (depth >= NESTING_MAX) throw invalidBytes(`MessagePack nested deeper than ${NESTING_MAX} levels`, input.position);
}

function checkCount(input: ByteReader, count: number, bytesEach: number): void {
  if (count * bytesEach > input.remaining)
    throw invalidBytes(`a count of ${count} in ${input.remaining} bytes`, input.position);
}
