// Serializers of texts whose later versions answer in each of the four ways, as Flink's test serializers do.
//
//   ES1. `original` writes first; every other version is compared with what was written.
//   ES2. Each version writes another first byte, and reads its own only: bytes read with the wrong one are an error.
//   ES3. One that has to be reconfigured throws whenever it is used as it is.
//   ES4. What is decoded is counted, on behalf of the version that the program gave.

import {
  type KeyIdentity,
  type KeySerializer,
  type SchemaCompatibility,
  type SerializerSnapshot,
  StateError,
  string,
} from '@tidemark/state-core';
import type { ByteReader, ByteWriter } from '@tidemark/state-core/spi';

/**
 * How a version answers when it is compared with an older one.
 *
 * `migrates` reads `original`, `migrates-again` reads both; `needs-reconfiguration` goes on as `original`.
 */
export type Evolution = 'original' | 'migrates' | 'migrates-again' | 'needs-reconfiguration' | 'incompatible';

const FIRST_BYTE: Readonly<Record<Evolution, number>> = {
  original: 1,
  migrates: 2,
  'migrates-again': 3,
  'needs-reconfiguration': 0,
  incompatible: 4,
};

const READS: Readonly<Record<Evolution, readonly Evolution[]>> = {
  original: [],
  migrates: ['original'],
  'migrates-again': ['original', 'migrates'],
  'needs-reconfiguration': [],
  incompatible: [],
};

/** Texts, written by one of several versions of a program. Also usable as keys and namespaces. */
export class EvolvingSerializer implements KeySerializer<string> {
  readonly typeName: string;
  readonly isImmutableType = true;
  readonly isKeySerializer = true;
  readonly fixedLength: undefined = undefined;
  /** Values and keys decoded so far that were written by this version. */
  decoded = 0;
  /** Values and keys decoded so far that were written by an older version. */
  migrated = 0;

  /** @param readsFor - The version on whose behalf an older one reads. */
  constructor(
    readonly evolution: Evolution,
    private readonly readsFor?: EvolvingSerializer | undefined,
  ) {
    this.typeName = `evolving(${evolution})`;
  }

  serialize(value: string, output: ByteWriter): void {
    output.writeUint8(this.ownByte());
    output.writeString(value);
  }

  deserialize(input: ByteReader): string {
    this.checkByte(input);
    return input.readString();
  }

  copy(value: string): string {
    this.ownByte();
    return value;
  }

  snapshot(): SerializerSnapshot {
    return { type: 'evolving', version: 1, parameters: { evolution: this.evolution } };
  }

  resolveCompatibility(previous: SerializerSnapshot): SchemaCompatibility<string> {
    if (previous.type !== 'evolving')
      return { outcome: 'incompatible', reason: `$: was ${previous.type}, is ${this.typeName}` };
    const before = previous.parameters?.['evolution'] as Evolution;
    if (before === this.evolution) return { outcome: 'compatible-as-is' };
    if (READS[this.evolution].includes(before))
      return { outcome: 'compatible-after-migration', previous: new EvolvingSerializer(before, this) };
    if (this.evolution === 'needs-reconfiguration')
      return { outcome: 'compatible-with-reconfigured-serializer', serializer: new EvolvingSerializer(before) };
    return { outcome: 'incompatible', reason: `$: was evolving(${before}), is ${this.typeName}` };
  }

  identity(key: string): KeyIdentity {
    this.ownByte();
    return key;
  }

  hash(key: string): number {
    this.ownByte();
    return string.hash(key);
  }

  serializeKey(key: string, output: ByteWriter): void {
    output.writeUint8(this.ownByte());
    string.serializeKey(key, output);
  }

  deserializeKey(input: ByteReader): string {
    this.checkByte(input);
    return string.deserializeKey(input);
  }

  compare(a: string, b: string): number {
    this.ownByte();
    return string.compare(a, b);
  }

  private checkByte(input: ByteReader): void {
    const own = this.ownByte();
    if (this.readsFor === undefined) this.decoded++;
    else this.readsFor.migrated++;
    const byte = input.readUint8();
    if (byte !== own) throw new StateError('bytes-invalid', `written by version ${byte}, read by ${this.typeName}`);
  }

  private ownByte(): number {
    if (this.evolution === 'needs-reconfiguration') {
      throw new StateError('value-not-serializable', 'the serializer that had to be reconfigured was used as it is');
    }
    return FIRST_BYTE[this.evolution];
  }
}
