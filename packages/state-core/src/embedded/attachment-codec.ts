// What the program attaches to a snapshot, to bytes and back.
//
//   AC1. An attachment is turned into bytes at the freeze: what the program changes afterwards is not in it.
//   AC2. It carries its schema, so that a program with another type is told so before it reads anything.

import { ByteReader } from '../bytes/byte-reader.js';
import { ByteWriter } from '../bytes/byte-writer.js';
import type { CheckpointAttachment } from '../checkpoint/checkpoint-metadata.js';
import { StateError } from '../error/state-error.js';
import type { TypeSerializer, ValueReader } from '../serialization/type-serializer.js';
import { disregard, isThenable } from './thenable.js';

/** Turns attachments of one type into stored ones and back. */
export class AttachmentCodec<A> {
  readonly #serializer: TypeSerializer<A>;

  constructor(serializer: TypeSerializer<A>) {
    this.#serializer = serializer;
  }

  /**
   * Evaluates and serializes; `undefined` attaches nothing.
   *
   * @throws StateError `value-not-serializable`, `value-too-large`, `async-handler` for a promise. Whatever the function throws.
   */
  freeze(attachment: A | (() => A) | undefined): CheckpointAttachment | undefined {
    const value = typeof attachment === 'function' ? (attachment as () => A)() : attachment;
    if (value === undefined) return undefined;
    if (isThenable(value)) {
      disregard(value);
      throw new StateError(
        'async-handler',
        'the attachment of a checkpoint is a promise: await it first, it must belong to the moment of the freeze',
      );
    }
    const output = new ByteWriter();
    this.#serializer.serialize(value, output);
    return { serializer: this.#serializer.snapshot(), bytes: output.toBytes() };
  }

  /** @throws StateError `value-serializer-incompatible`, `bytes-truncated`, `bytes-invalid`. */
  thaw(stored: CheckpointAttachment | undefined): A | undefined {
    if (stored === undefined) return undefined;
    const input = new ByteReader(stored.bytes);
    const value = this.#readerOf(stored).deserialize(input);
    input.expectEnd();
    return value;
  }

  #readerOf(stored: CheckpointAttachment): ValueReader<A> {
    const compatibility = this.#serializer.resolveCompatibility(stored.serializer);
    switch (compatibility.outcome) {
      case 'compatible-as-is':
        return this.#serializer;
      case 'compatible-after-migration':
        return compatibility.previous;
      case 'compatible-with-reconfigured-serializer':
        return compatibility.serializer;
      case 'incompatible':
        throw new StateError(
          'value-serializer-incompatible',
          `the attachment was stored as ${stored.serializer.type} and cannot be read as ${this.#serializer.typeName}: ${compatibility.reason}. ` +
            'Give openState the attachmentSerializer that it was written with',
          { details: { stored: stored.serializer, given: this.#serializer.typeName } },
        );
    }
  }
}
