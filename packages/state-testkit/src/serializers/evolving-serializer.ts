// Serializers of texts whose later versions answer in each of the four ways, as Flink's test serializers do.
//
//   ES1. `original` writes; every other version is compared with what it wrote.
//   ES2. Each version writes another first byte, and reads its own only: a value read with the wrong one is an error.

import {
  type KeyIdentity,
  type KeySerializer,
  type SchemaCompatibility,
  type SerializerSnapshot,
  StateError,
  string,
} from '@tidemark/state-core';
import type { ByteReader, ByteWriter } from '@tidemark/state-core/spi';

/** How a version answers when it is compared with `original`. */
export type Evolution = 'original' | 'migrates' | 'needs-reconfiguration' | 'incompatible';

const FIRST_BYTE: Readonly<Record<Evolution, number>> = {
  original: 1,
  migrates: 2,
  'needs-reconfiguration': 0,
  incompatible: 4,
};

/** Texts, written by one of several versions of a program. Also usable as keys and namespaces. */
export class EvolvingSerializer implements KeySerializer<string> {
  readonly typeName: string;
  readonly isImmutableType = true;
  readonly isKeySerializer = true;
  readonly fixedLength: undefined = undefined;
  /** Values decoded so far. */
  decoded = 0;

  constructor(readonly evolution: Evolution) {
    this.typeName = `evolving(${evolution})`;
  }

  serialize(value: string, output: ByteWriter): void {
    output.writeUint8(this.ownByte());
    output.writeString(value);
  }

  deserialize(input: ByteReader): string {
    this.decoded++;
    const byte = input.readUint8();
    if (byte !== this.ownByte())
      throw new StateError('bytes-invalid', `written by version ${byte}, read by ${this.typeName}`);
    return input.readString();
  }

  copy(value: string): string {
    return value;
  }

  snapshot(): SerializerSnapshot {
    return { type: 'evolving', version: 1, parameters: { evolution: this.evolution } };
  }

  resolveCompatibility(previous: SerializerSnapshot): SchemaCompatibility<string> {
    const before = previous.parameters?.['evolution'];
    if (previous.type !== 'evolving') return { outcome: 'incompatible', reason: `was ${previous.type}` };
    if (before === this.evolution) return { outcome: 'compatible-as-is' };
    switch (this.evolution) {
      case 'migrates':
        return { outcome: 'compatible-after-migration', previous: new EvolvingSerializer('original') };
      case 'needs-reconfiguration':
        return { outcome: 'compatible-with-reconfigured-serializer', serializer: new EvolvingSerializer('original') };
      default:
        return { outcome: 'incompatible', reason: `$: was evolving(${String(before)}), is ${this.typeName}` };
    }
  }

  identity(key: string): KeyIdentity {
    return key;
  }

  hash(key: string): number {
    return string.hash(key);
  }

  serializeKey(key: string, output: ByteWriter): void {
    output.writeUint8(this.ownByte());
    string.serializeKey(key, output);
  }

  deserializeKey(input: ByteReader): string {
    input.readUint8();
    return string.deserializeKey(input);
  }

  compare(a: string, b: string): number {
    return string.compare(a, b);
  }

  private ownByte(): number {
    if (this.evolution === 'needs-reconfiguration') {
      throw new StateError('value-not-serializable', 'the serializer that had to be reconfigured was used as it is');
    }
    return FIRST_BYTE[this.evolution];
  }
}
