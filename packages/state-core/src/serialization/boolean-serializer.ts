// boolean: one byte, 0 or 1, as a value and as a key.

import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteWriter } from '../bytes/byte-writer.js';
import { javaBooleanHash } from '../key-group/key-hash.js';
import { invalidBytes } from './ordered-bytes.js';
import { refuseValue } from './refusal.js';
import { resolveLeaf } from './schema-compatibility.js';
import type { KeySerializer, SchemaCompatibility, SerializerSnapshot } from './type-serializer.js';

const SNAPSHOT: SerializerSnapshot = Object.freeze({ type: 'boolean', version: 1 });

class BooleanSerializer implements KeySerializer<boolean> {
  readonly typeName = 'boolean';
  readonly isImmutableType = true;
  readonly isKeySerializer = true;
  readonly fixedLength = 1;

  serialize(value: boolean, output: ByteWriter): void {
    output.writeUint8(checked(value) ? 1 : 0);
  }

  deserialize(input: ByteReader): boolean {
    const byte = input.readUint8();
    if (byte > 1) throw invalidBytes(`the byte ${byte} as a boolean`, input.position - 1);
    return byte === 1;
  }

  copy(value: boolean): boolean {
    return value;
  }

  snapshot(): SerializerSnapshot {
    return SNAPSHOT;
  }

  resolveCompatibility(previous: SerializerSnapshot): SchemaCompatibility<boolean> {
    return resolveLeaf(SNAPSHOT, previous);
  }

  identity(key: boolean): number {
    return checked(key) ? 1 : 0;
  }

  hash(key: boolean): number {
    return javaBooleanHash(checked(key));
  }

  serializeKey(key: boolean, output: ByteWriter): void {
    this.serialize(key, output);
  }

  deserializeKey(input: ByteReader): boolean {
    return this.deserialize(input);
  }

  compare(a: boolean, b: boolean): number {
    return Number(a) - Number(b);
  }
}

function checked(value: boolean): boolean {
  if (typeof value !== 'boolean') throw refuseValue('a boolean', value);
  return value;
}

/** `true` or `false`: 1 byte. As a key hashed as Java's Boolean. */
export const boolean: KeySerializer<boolean> = new BooleanSerializer();
