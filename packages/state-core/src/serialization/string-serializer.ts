// string: every JavaScript string, lone surrogates included.
//
//   value bytes   [ varint: length in bytes ] [ WTF-8 ]
//   key bytes     [ WTF-8, every 00 as 00 FF ] [ 00 01 ]    ordered by code points: see ordered-bytes.ts

import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteWriter } from '../bytes/byte-writer.js';
import { javaStringHash } from '../key-group/key-hash.js';
import { compareText, readEscapedText, writeEscapedText } from './ordered-bytes.js';
import { refuseValue } from './refusal.js';
import { resolveLeaf } from './schema-compatibility.js';
import type { KeySerializer, SchemaCompatibility, SerializerSnapshot } from './type-serializer.js';

const SNAPSHOT: SerializerSnapshot = Object.freeze({ type: 'string', version: 1 });

class StringSerializer implements KeySerializer<string> {
  readonly typeName = 'string';
  readonly isImmutableType = true;
  readonly isKeySerializer = true;
  readonly fixedLength = undefined;

  serialize(value: string, output: ByteWriter): void {
    output.writeString(checked(value));
  }

  deserialize(input: ByteReader): string {
    return input.readString();
  }

  copy(value: string): string {
    return value;
  }

  snapshot(): SerializerSnapshot {
    return SNAPSHOT;
  }

  resolveCompatibility(previous: SerializerSnapshot): SchemaCompatibility<string> {
    return resolveLeaf(SNAPSHOT, previous);
  }

  identity(key: string): string {
    return checked(key);
  }

  hash(key: string): number {
    return javaStringHash(checked(key));
  }

  serializeKey(key: string, output: ByteWriter): void {
    writeEscapedText(checked(key), output);
  }

  deserializeKey(input: ByteReader): string {
    return readEscapedText(input);
  }

  compare(a: string, b: string): number {
    return compareText(a, b);
  }
}

function checked(value: string): string {
  if (typeof value !== 'string') throw refuseValue('a string', value);
  return value;
}

/** Text. As a key hashed as Java's String and ordered by code points. */
export const string: KeySerializer<string> = new StringSerializer();
