// How values go in and out of a state: as they are, copied, or live.
//
//   VP1. Values of immutable types pass as they are.
//   VP2. Other values are copied in and out, so that nothing a program holds is ever part of the state.
//   VP3. With `state.object-reuse` they pass as they are too, and a value that a running snapshot still has to write is
//        replaced by a copy before the program gets it: the snapshot keeps the original.
//   VP4. With `state.check-mutation` as well, a live value that changed since the state took it is found when it is handed
//        out or written to a snapshot.

import type { TypeSerializer } from '@tidemark/state-core';
import { MutationCheck } from '@tidemark/state-core/support';
import type { Slots } from '../table/slots.js';

/** The settings of {@link ValuePassing}. */
export interface ValuePassingOptions {
  /** `state.object-reuse`. */
  readonly objectReuse: boolean;
  /** `state.check-mutation`. */
  readonly checkMutation: boolean;
}

/** Passes the values of one state in and out. */
export class ValuePassing<T> {
  /** Whether values are copied in and out (VP2). */
  readonly copies: boolean;
  /** Whether the program holds what the state stores, and may change it (VP3). */
  readonly isLive: boolean;
  private readonly serializer: TypeSerializer<T>;
  private readonly mutationCheck: MutationCheck<T> | undefined;

  constructor(stateName: string, serializer: TypeSerializer<T>, options: ValuePassingOptions) {
    this.serializer = serializer;
    this.copies = !serializer.isImmutableType && !options.objectReuse;
    this.isLive = !serializer.isImmutableType && options.objectReuse;
    this.mutationCheck = this.isLive && options.checkMutation ? new MutationCheck(stateName, serializer) : undefined;
  }

  /** What the state stores of a value that the program gives. */
  copyIn(value: T): T {
    if (this.copies) return this.serializer.copy(value);
    this.mutationCheck?.accept(value);
    return value;
  }

  /** What the program gets of the value in a slot. @throws StateError `mutation-detected`. */
  copyOut(value: T, slots: Slots, slot: number): T {
    if (this.copies) return this.serializer.copy(value);
    if (!this.isLive) return value;
    this.mutationCheck?.verify(value);
    if (!slots.isAwaitedBySnapshot(slot)) return value;
    slots.touch(slot);
    const copy = this.copyIn(this.serializer.copy(value));
    slots.values[slot] = copy;
    return copy;
  }

  /** A value that the state may change in place although it was in a slot that a snapshot keeps. */
  detach(value: T): T {
    return this.serializer.isImmutableType ? value : this.serializer.copy(value);
  }

  /** @throws StateError `mutation-detected`. */
  verify(value: T): void {
    this.mutationCheck?.verify(value);
  }
}
