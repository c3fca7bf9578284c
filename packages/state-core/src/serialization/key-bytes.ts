// Canonical bytes of keys in memory: the identity and the hash of every key type that has no simpler one.
//
//   K1. The writers here are lent for the length of one call and may be lent again inside it (a composite key asks its
//       parts): a stack of them, so that no two users share one.

import { ByteReader } from '../bytes/byte-reader.js';
import { ByteWriter } from '../bytes/byte-writer.js';
import { murmur3Bytes } from '../key-group/key-hash.js';
import type { KeySerializer, TypeSerializer, ValueReader } from './type-serializer.js';

/** A writer that has grown past this is not kept. */
const KEPT_CAPACITY_BYTES_MAX = 65_536;

/** The most characters per call of String.fromCharCode; the call takes them as arguments. */
const LATIN1_CHUNK = 4_096;

const idleWriters: ByteWriter[] = [];

/** Lends an empty writer to `use`, whose result must not alias the writer's buffer. */
export function withScratchWriter<R>(use: (writer: ByteWriter) => R): R {
  const writer = idleWriters.pop() ?? new ByteWriter();
  // Not kept when `use` throws: how far the buffer had grown until then cannot be seen.
  const result = use(writer);
  if (writer.length <= KEPT_CAPACITY_BYTES_MAX) {
    writer.reset();
    idleWriters.push(writer);
  }
  return result;
}

/** The canonical bytes of a key as text with one character per byte: equal exactly when the bytes are. */
export function identityOfKeyBytes<K>(serializer: KeySerializer<K>, key: K): string {
  return withScratchWriter((writer) => {
    serializer.serializeKey(key, writer);
    return latin1OfBytes(writer.view());
  });
}

/** The hash of the canonical bytes of a key. */
export function hashOfKeyBytes<K>(serializer: KeySerializer<K>, key: K): number {
  return withScratchWriter((writer) => {
    serializer.serializeKey(key, writer);
    return murmur3Bytes(writer.view());
  });
}

/** Text with one character from U+0000 to U+00FF per byte; its order is the order of the bytes. */
export function latin1OfBytes(bytes: Uint8Array): string {
  if (bytes.length <= LATIN1_CHUNK) return String.fromCharCode.apply(null, bytes as unknown as number[]);
  let text = '';
  for (let start = 0; start < bytes.length; start += LATIN1_CHUNK) {
    text += String.fromCharCode.apply(null, bytes.subarray(start, start + LATIN1_CHUNK) as unknown as number[]);
  }
  return text;
}

/** Negative, zero or positive as `a` sorts before, equal to or after `b`: unsigned bytes, a prefix first. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let index = 0; index < shared; index++) {
    const difference = (a[index] as number) - (b[index] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** As {@link compareBytes}, of parts of two arrays. */
export function compareByteRanges(
  a: Uint8Array,
  aStart: number,
  aEnd: number,
  b: Uint8Array,
  bStart: number,
  bEnd: number,
): number {
  const shared = Math.min(aEnd - aStart, bEnd - bStart);
  for (let index = 0; index < shared; index++) {
    const difference = (a[aStart + index] as number) - (b[bStart + index] as number);
    if (difference !== 0) return difference;
  }
  return aEnd - aStart - (bEnd - bStart);
}

/** The bytes of a value, on their own. @throws StateError as {@link TypeSerializer.serialize}. */
export function serializeToBytes<T>(serializer: TypeSerializer<T>, value: T): Uint8Array<ArrayBuffer> {
  return withScratchWriter((writer) => {
    serializer.serialize(value, writer);
    return writer.toBytes();
  });
}

/** The canonical bytes of a key, on their own. @throws StateError as {@link KeySerializer.serializeKey}. */
export function serializeKeyToBytes<K>(serializer: KeySerializer<K>, key: K): Uint8Array<ArrayBuffer> {
  return withScratchWriter((writer) => {
    serializer.serializeKey(key, writer);
    return writer.toBytes();
  });
}

/** The value that the bytes hold, all of them. @throws StateError `bytes-truncated` or `bytes-invalid`. */
export function deserializeFromBytes<T>(reader: ValueReader<T>, bytes: Uint8Array): T {
  const input = new ByteReader(bytes);
  const value = reader.deserialize(input);
  input.expectEnd();
  return value;
}

/** The key whose canonical bytes these are, all of them. @throws StateError `bytes-truncated` or `bytes-invalid`. */
export function deserializeKeyFromBytes<K>(serializer: KeySerializer<K>, bytes: Uint8Array): K {
  const input = new ByteReader(bytes);
  const key = serializer.deserializeKey(input);
  input.expectEnd();
  return key;
}
