// MessagePack out: values that plain-value.ts has checked, in the one form that msgpack-format.ts gives them.

import type { ByteWriter } from '../bytes/byte-writer.js';
import { EXTENSION, FORMAT, isMsgpackInteger } from './msgpack-format.js';
import type { MsgpackValue } from './msgpack-serializer.js';

/** Writes one checked value. @throws StateError `value-too-large`. */
export function encodeMsgpack(value: MsgpackValue, output: ByteWriter): void {
  switch (typeof value) {
    case 'boolean':
      output.writeUint8(value ? FORMAT.true : FORMAT.false);
      return;
    case 'number':
      writeNumber(value, output);
      return;
    case 'bigint':
      output.writeUint8(value > 0x7fff_ffff_ffff_ffffn ? FORMAT.uint64 : FORMAT.int64);
      output.writeInt64(BigInt.asIntN(64, value));
      return;
    case 'string':
      writeText(value, output);
      return;
    default:
      if (value === null) output.writeUint8(FORMAT.nil);
      else writeObject(value, output);
  }
}

function writeNumber(value: number, output: ByteWriter): void {
  if (!isMsgpackInteger(value)) {
    output.writeUint8(FORMAT.float64);
    output.writeFloat64(Number.isNaN(value) ? Number.NaN : value);
  } else if (value >= -32 && value <= 127) {
    output.writeUint8(value & 0xff);
  } else if (value > 0) {
    writeSize(value, FORMAT.uint8, FORMAT.uint16, FORMAT.uint32, output);
  } else if (value >= -128) {
    output.writeUint8(FORMAT.int8);
    output.writeUint8(value & 0xff);
  } else if (value >= -32768) {
    output.writeUint8(FORMAT.int16);
    output.writeUint16(value & 0xffff);
  } else {
    output.writeUint8(FORMAT.int32);
    output.writeInt32(value);
  }
}

function writeSize(size: number, format8: number, format16: number, format32: number, output: ByteWriter): void {
  if (size <= 0xff) {
    output.writeUint8(format8);
    output.writeUint8(size);
  } else if (size <= 0xffff) {
    output.writeUint8(format16);
    output.writeUint16(size);
  } else {
    output.writeUint8(format32);
    output.writeUint32(size);
  }
}

function writeText(text: string, output: ByteWriter): void {
  const size = utf8Length(text);
  if (size <= 31) output.writeUint8(0xa0 | size);
  else writeSize(size, FORMAT.str8, FORMAT.str8 + 1, FORMAT.str8 + 2, output);
  output.writeWtf8(text);
}

function utf8Length(text: string): number {
  let length = text.length;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    // A pair of surrogates takes 4 bytes: 2 for each half.
    if (code >= 0x80) length += code < 0x800 || (code & 0xf800) === 0xd800 ? 1 : 2;
  }
  return length;
}

function writeObject(value: object, output: ByteWriter): void {
  if (Array.isArray(value)) {
    writeArray(value, output);
  } else if (value instanceof Uint8Array) {
    writeSize(value.length, FORMAT.bin8, FORMAT.bin8 + 1, FORMAT.bin8 + 2, output);
    output.writeBytes(value);
  } else if (value instanceof Date) {
    writeTimestamp(value.getTime(), output);
  } else if (value instanceof Map) {
    writeExtension(EXTENSION.map, [...value].flat(1) as MsgpackValue[], output);
  } else if (value instanceof Set) {
    writeExtension(EXTENSION.set, [...value] as MsgpackValue[], output);
  } else {
    writeProperties(value, output);
  }
}

function writeProperties(value: object, output: ByteWriter): void {
  const properties = Object.entries(value) as [string, MsgpackValue][];
  if (properties.length <= 15) output.writeUint8(0x80 | properties.length);
  else writeCount(properties.length, FORMAT.map16, output);
  for (const [name, part] of properties) {
    writeText(name, output);
    encodeMsgpack(part, output);
  }
}

function writeArray(elements: readonly MsgpackValue[], output: ByteWriter): void {
  if (elements.length <= 15) output.writeUint8(0x90 | elements.length);
  else writeCount(elements.length, FORMAT.array16, output);
  for (const element of elements) encodeMsgpack(element, output);
}

function writeCount(count: number, format16: number, output: ByteWriter): void {
  if (count <= 0xffff) {
    output.writeUint8(format16);
    output.writeUint16(count);
  } else {
    output.writeUint8(format16 + 1);
    output.writeUint32(count);
  }
}

function writeExtension(type: number, elements: readonly MsgpackValue[], output: ByteWriter): void {
  output.writeUint8(FORMAT.ext32);
  const sizeAt = output.length;
  output.writeUint32(0);
  output.writeUint8(type);
  const start = output.length;
  writeArray(elements, output);
  output.setUint32(sizeAt, output.length - start);
}

function writeTimestamp(timeMs: number, output: ByteWriter): void {
  const seconds = Math.floor(timeMs / 1000);
  const nanoseconds = (timeMs - seconds * 1000) * 1_000_000;
  if (seconds < 0 || seconds >= 2 ** 34) {
    output.writeUint8(FORMAT.ext8);
    output.writeUint8(12);
    output.writeUint8(EXTENSION.timestamp & 0xff);
    output.writeUint32(nanoseconds);
    output.writeSafeInteger(seconds);
  } else if (nanoseconds === 0 && seconds < 2 ** 32) {
    output.writeUint8(FORMAT.fixext4);
    output.writeUint8(EXTENSION.timestamp & 0xff);
    output.writeUint32(seconds);
  } else {
    output.writeUint8(FORMAT.fixext8);
    output.writeUint8(EXTENSION.timestamp & 0xff);
    // 30 bits of nanoseconds, 34 bits of seconds.
    output.writeUint32(nanoseconds * 4 + Math.floor(seconds / 2 ** 32));
    output.writeUint32(seconds % 2 ** 32);
  }
}
