// The development aid `state.check-mutation`: finds live values that were changed after they had been handed over.
//
// Owns: remembering what a value looked like when the state took it, and comparing. Leaves to the backend when to ask:
// when it hands a value out and when a snapshot writes it.
//
//   MC1. A value is compared by the bytes its serializer writes; values that cannot be serialized are not watched.
//   MC2. Nothing is remembered longer than the value itself lives.

import { ByteWriter } from '../bytes/byte-writer.js';
import { StateError } from '../error/state-error.js';
import { murmur3Bytes } from '../key-group/key-hash.js';
import type { TypeSerializer } from '../serialization/type-serializer.js';

/** Watches the live values of one state. */
export class MutationCheck<T> {
  private readonly seen: WeakMap<object, string> = new WeakMap();
  private readonly writer: ByteWriter = new ByteWriter();

  constructor(
    private readonly stateName: string,
    private readonly serializer: TypeSerializer<T>,
  ) {}

  /** The state takes the value as it looks now. */
  accept(value: T): void {
    if (typeof value !== 'object' || value === null) return;
    const fingerprint = this.fingerprint(value);
    if (fingerprint === undefined) this.seen.delete(value);
    else this.seen.set(value, fingerprint);
  }

  /** @throws StateError `mutation-detected` when the value has changed since it was accepted. */
  verify(value: T): void {
    if (typeof value !== 'object' || value === null) return;
    const accepted = this.seen.get(value);
    if (accepted !== undefined && accepted !== this.fingerprint(value)) throw this.detected();
  }

  private fingerprint(value: T): string | undefined {
    this.writer.reset();
    try {
      this.serializer.serialize(value, this.writer);
    } catch {
      // The snapshot reports values that cannot be written, with their place.
      return undefined;
    }
    return `${this.writer.length}:${murmur3Bytes(this.writer.view())}`;
  }

  private detected(): StateError {
    return new StateError(
      'mutation-detected',
      `a value of state '${this.stateName}' was changed after it had been handed over; pass the changed value to update(), or let the state copy values:\n  state.object-reuse: false`,
      { details: { stateName: this.stateName } },
    );
  }
}
