// bytes: a Uint8Array, a Node Buffer included; it comes back as a Uint8Array of its own.
//
//   value bytes   [ varint: length ] [ content ]
//   key bytes     [ content, every 00 as 00 FF ] [ 00 01 ]

import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteWriter } from '../bytes/byte-writer.js';
import { compareBytes, hashOfKeyBytes, latin1OfBytes } from './key-bytes.js';
import { readEscapedBytes, writeEscapedBytes } from './ordered-bytes.js';
import { refuseValue } from './refusal.js';
import { resolveLeaf } from './schema-compatibility.js';
import type { KeySerializer, SchemaCompatibility, SerializerSnapshot } from './type-serializer.js';

const SNAPSHOT: SerializerSnapshot = Object.freeze({ type: 'bytes', version: 1 });

class BytesSerializer implements KeySerializer<Uint8Array> {
  readonly typeName = 'bytes';
  readonly isImmutableType = false;
  readonly isKeySerializer = true;
  readonly fixedLength = undefined;

  serialize(value: Uint8Array, output: ByteWriter): void {
    output.writeLengthPrefixed(checked(value));
  }

  deserialize(input: ByteReader): Uint8Array {
    return input.readBytes(input.readVarint());
  }

  copy(value: Uint8Array): Uint8Array {
    // The constructor copies; slice() of a Node Buffer would not.
    return new Uint8Array(checked(value));
  }

  snapshot(): SerializerSnapshot {
    return SNAPSHOT;
  }

  resolveCompatibility(previous: SerializerSnapshot): SchemaCompatibility<Uint8Array> {
    return resolveLeaf(SNAPSHOT, previous);
  }

  identity(key: Uint8Array): string {
    return latin1OfBytes(checked(key));
  }

  hash(key: Uint8Array): number {
    return hashOfKeyBytes(this, key);
  }

  serializeKey(key: Uint8Array, output: ByteWriter): void {
    writeEscapedBytes(checked(key), output);
  }

  deserializeKey(input: ByteReader): Uint8Array {
    return readEscapedBytes(input);
  }

  compare(a: Uint8Array, b: Uint8Array): number {
    return compareBytes(a, b);
  }
}

function checked(value: Uint8Array): Uint8Array {
  if (!(value instanceof Uint8Array)) throw refuseValue('a Uint8Array', value);
  return value;
}

/** A byte array, copied in and out. As a key it compares by content. */
export const bytes: KeySerializer<Uint8Array> = new BytesSerializer();
