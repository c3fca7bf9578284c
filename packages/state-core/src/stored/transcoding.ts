// Brings stored bytes of a value to today's schema.

import { ByteReader } from '../bytes/byte-reader.js';
import type { ByteOutput } from '../bytes/byte-writer.js';
import type { TypeSerializer, ValueReader } from '../serialization/type-serializer.js';
import { unreadableRestored } from './stored-damage.js';

/** Writes values that were stored under another schema as today's. */
export class Transcoding {
  constructor(
    private readonly stateName: string,
    private readonly keyGroup: number,
    private readonly serializer: TypeSerializer<unknown>,
  ) {}

  /** @throws StateError `restore-failed`, `value-invalid` for a value that cannot be read; `value-not-serializable`. */
  write(reader: ValueReader<unknown>, bytes: Uint8Array, start: number, end: number, out: ByteOutput): void {
    let value: unknown;
    try {
      const input = new ByteReader(bytes, start, end);
      value = reader.deserialize(input);
      input.expectEnd();
    } catch (error) {
      throw unreadableRestored(this.stateName, this.keyGroup, error);
    }
    this.serializer.serialize(value, out);
  }
}
