// A type of text whose later versions answer in each of the four ways. Every version writes another first letter and
// reads its own only, so that a value read with the wrong one is an error.

import type { ByteReader } from '../../src/bytes/byte-reader.js';
import type { ByteWriter } from '../../src/bytes/byte-writer.js';
import { string } from '../../src/serialization/string-serializer.js';
import type {
  SchemaCompatibility,
  SerializerSnapshot,
  TypeSerializer,
} from '../../src/serialization/type-serializer.js';

export type TextVersion = 'v1' | 'v2' | 'reconfigurable' | 'incompatible';

/** The type in one of its versions. `reconfigurable` fails when it is used before it was reconfigured. */
export class EvolvingText implements TypeSerializer<string> {
  readonly typeName: string;
  readonly isImmutableType = true;
  readonly fixedLength: undefined = undefined;

  constructor(readonly version: TextVersion) {
    this.typeName = `text ${version}`;
  }

  serialize(value: string, output: ByteWriter): void {
    string.serialize(this.mark() + value, output);
  }

  deserialize(input: ByteReader): string {
    const text = string.deserialize(input);
    if (!text.startsWith(this.mark())) throw new Error(`${this.typeName} read ${text}`);
    return text.slice(1);
  }

  copy(value: string): string {
    return value;
  }

  snapshot(): SerializerSnapshot {
    return { type: 'evolving-text', version: 1, parameters: { version: this.version } };
  }

  resolveCompatibility(previous: SerializerSnapshot): SchemaCompatibility<string> {
    if (previous.parameters?.['version'] === this.version) return { outcome: 'compatible-as-is' };
    if (this.version === 'v2') return { outcome: 'compatible-after-migration', previous: new EvolvingText('v1') };
    if (this.version === 'reconfigurable') {
      return { outcome: 'compatible-with-reconfigured-serializer', serializer: new EvolvingText('v1') };
    }
    return { outcome: 'incompatible', reason: `was ${String(previous.parameters?.['version'])}` };
  }

  private mark(): string {
    if (this.version === 'reconfigurable') throw new Error('used without having been reconfigured');
    return this.version === 'v1' ? '1' : '2';
  }
}
